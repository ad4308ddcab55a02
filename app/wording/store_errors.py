"""Explanations of errors about the chats and settings on the disk."""

from __future__ import annotations

from pathlib import Path

from app.base import errors as e
from app.wording.language import tr


def store_sentence(error: e.StoreError) -> str:
    place = _place(error.path)
    match error:
        case e.StoreNewer():
            return tr(
                "The chats in {place} were written by a newer Fireside (version {found} of "
                "the format; this one knows {known}). Update Fireside where you got it from, or "
                "restore a backup from before."
            ).format(place=place, found=error.found, known=error.known)
        case e.StoreDamaged() if error.path.parent.name == "backups":
            return tr("{name} cannot be read ({detail}). Choose another backup.").format(
                name=error.path.name, detail=error.detail
            )
        case e.StoreDamaged():
            return tr(
                "The chats in {place} are damaged ({detail}). Restore a backup, or recover what "
                "can still be read."
            ).format(place=place, detail=error.detail)
        case e.StoreFull():
            return tr(
                "The disk is full, so nothing new can be saved in {place}. Free some space."
            ).format(place=place)
        case e.StoreReadOnly():
            return tr(
                "Fireside may not write in {place}. Check who may write in this folder, and "
                "the disk."
            ).format(place=place)
        case e.NotResponding():
            return tr("Fireside is already running but isn’t responding.")
        case e.StoreLocked():
            return tr(
                "Another program is using the chats in {place}. Close it and start again."
            ).format(place=place)
    return tr("The chats in {place} cannot be used. Check the folder.").format(place=place)


def settings_sentence(error: e.SettingsDamaged) -> str:
    if error.lost == ("*",):
        said = tr("The settings could not be read. All are back to their defaults.")
    elif error.lost:
        said = tr(
            "Some settings could not be read and are back to their defaults. The others are "
            "unchanged."
        )
    else:
        said = tr("The settings file was damaged. What could be read of it is kept.")
    if error.kept:
        kept = tr("The old file is kept as {path}.").format(path=error.kept)
    else:
        kept = tr("The damaged file stays at {path}.").format(path=error.path)
    return f"{said} {kept}"


def _place(path: Path) -> str:
    return str(path.parent if path.suffix else path)
