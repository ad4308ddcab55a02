"""Explanations of errors about models on the hub, and about their files on this disk."""

from __future__ import annotations

from app.base import errors as e
from app.wording.language import tr
from app.wording.quantities import gigabytes


def hub_sentence(error: e.HubError) -> str:
    name = error.file or error.repository
    match error:
        case e.HubUnreachable():
            return tr(
                "Hugging Face cannot be reached ({reason}). Check the connection, or try "
                "again later."
            ).format(reason=error.reason)
        case e.HubRefused() if not error.file:
            return tr(
                "Hugging Face does not show “{name}” (status {status}): it is private, or "
                "not there, or the token in HF_TOKEN is wrong."
            ).format(name=name, status=error.status)
        case e.HubNotFound() if not error.file:
            return tr(
                "There is no “{name}” on Hugging Face any more. Choose another repository."
            ).format(name=name)
        case e.HubRefused():
            return tr(
                "Hugging Face does not give out “{name}” (status {status}). Accept the "
                "terms of {repository} on its web page, and set HF_TOKEN to a token of "
                "yours."
            ).format(name=name, status=error.status, repository=error.repository)
        case e.HubNotFound():
            return tr(
                "There is no “{name}” in {repository} on Hugging Face. Choose another file."
            ).format(name=name, repository=error.repository)
        case e.HubChanged():
            return tr(
                "Hugging Face has another file as “{name}” now than the one that was chosen. "
                "Search for it again."
            ).format(name=name)
        case e.NotOnHub():
            return tr(
                "Hugging Face no longer has {name} in {repository}, in any form that Fireside can "
                "run. Update Fireside, or choose another version below."
            ).format(name=error.name, repository=error.repository)
        case e.DownloadDamaged():
            return tr(
                "What Hugging Face sends as “{name}” does not have the checksum that it "
                "promises. Try again later, or on another network."
            ).format(name=name)
        case e.NoRoom() | e.DriveMissing() | e.CacheUnwritable():
            return _no_place(error)
    return tr("“{name}” could not be downloaded.").format(name=name)


def _no_place(error: e.NoRoom | e.DriveMissing | e.CacheUnwritable) -> str:
    """Return why the file cannot be written to the disk."""
    match error:
        case e.NoRoom():
            return tr(
                "“{name}” needs {needed} more on the disk, and {free} is free in {path}. "
                "Free some space: what is there already is kept."
            ).format(
                name=error.file or error.repository,
                needed=gigabytes(error.needed),
                free=gigabytes(error.free),
                path=error.path,
            )
        case e.DriveMissing():
            return tr(
                "The drive with {path} is not connected, or the folder is gone, so nothing is "
                "downloaded. Connect the drive, or choose another folder (Network)."
            ).format(path=error.path)
        case e.CacheUnwritable():
            return tr(
                "Fireside may not write in {path} ({reason}), so nothing is downloaded. "
                "Check who may write there."
            ).format(path=error.path, reason=error.reason)


def library_sentence(error: e.LibraryError) -> str:
    name = error.path.name
    match error:
        case e.FileRefused():
            return tr(
                "“{name}” could not be changed ({reason}). Nothing was lost. Check who may "
                "write in its folder, and whether another program uses it."
            ).format(name=name, reason=error.reason)
        case e.TargetExists():
            return tr("There is another “{name}” in {parent}. Choose another folder.").format(
                name=name, parent=error.path.parent
            )
        case e.TargetFull():
            return tr(
                "“{name}” needs {needed}, and {free} is free in {parent}. Free some space "
                "or choose another folder; the model is where it was."
            ).format(
                name=name,
                needed=gigabytes(error.needed),
                free=gigabytes(error.free),
                parent=error.path.parent,
            )
        case e.CopyDiffers():
            return tr(
                "The copy of “{name}” in {parent} reads back differently, so it was "
                "removed; the model is where it was. The disk may be failing: choose "
                "another."
            ).format(name=name, parent=error.path.parent)
    return tr("“{name}” could not be changed. It is as it was.").format(name=name)
