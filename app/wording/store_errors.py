"""Explanations of errors about the chats, settings and secrets that are stored."""

from __future__ import annotations

from pathlib import Path

from app.base import errors as e
from app.wording.explanation import Action, Explanation
from app.wording.language import tr


def explain_store(error: e.StoreError) -> Explanation:
    damaged = isinstance(error, e.StoreDamaged)
    return Explanation(_of_store(error), Action.REPAIR if damaged else Action.NONE)


def explain_settings(error: e.SettingsDamaged) -> Explanation:
    names = ", ".join(name for name in error.lost if name != "*")
    detail = "\n".join(filter(None, (names, error.detail)))
    return Explanation(_of_settings(error), detail=detail)


def secret_sentence(error: e.SecretError) -> str:
    if isinstance(error, e.SecretUnreadable):
        return tr("The system keyring didn’t respond. Unlock it and try again.")
    return tr(
        "Couldn’t update the system keyring or the data folder. "
        "Unlock the keyring, or check the folder’s permissions."
    )


def _of_store(error: e.StoreError) -> str:
    place = _place(error.path)
    match error:
        case e.StoreNewer():
            return tr(
                "The chats in {place} were saved by a newer version of Fireside (format {found}; "
                "this version supports {known}). Update Fireside, or restore an older backup."
            ).format(place=place, found=error.found, known=error.known)
        case e.StoreDamaged() if error.path.parent.name == "backups":
            return tr("Can’t read {name} ({detail}). Choose another backup.").format(
                name=error.path.name, detail=error.detail
            )
        case e.StoreDamaged():
            return tr(
                "The chats in {place} are damaged ({detail}). Restore a backup, or recover "
                "what’s still readable."
            ).format(place=place, detail=error.detail)
        case e.StoreFull():
            return tr(
                "The disk is full. Free up some space so Fireside can save to {place}."
            ).format(place=place)
        case e.StoreReadOnly():
            return tr(
                "Can’t write to {place}. Check the folder’s permissions and the disk."
            ).format(place=place)
        case e.NotResponding():
            return tr("Fireside is already running but isn’t responding.")
        case e.StoreLocked():
            return tr("Another app is using the chats in {place}. Close it and try again.").format(
                place=place
            )
    return tr(
        "Can’t open the chats in {place}. Check that the folder exists and that you have "
        "access to it."
    ).format(place=place)


def _of_settings(error: e.SettingsDamaged) -> str:
    if error.lost == ("*",):
        said = tr("Couldn’t read your settings. They have been reset to their defaults.")
    elif error.lost:
        said = tr("Some settings couldn’t be read and have been reset to their defaults.")
    else:
        said = tr("The settings file was damaged. All readable settings were recovered.")
    if error.kept:
        kept = tr("The old file was saved as {path}.").format(path=error.kept)
    else:
        kept = tr("The damaged file is still at {path}.").format(path=error.path)
    return f"{said} {kept}"


def _place(path: Path) -> str:
    return str(path.parent if path.suffix else path)
