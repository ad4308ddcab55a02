"""Explanations of errors about the hub and the network."""

from __future__ import annotations

from app.base import errors as e
from app.wording.explanation import Action, Explanation
from app.wording.language import tr
from app.wording.quantities import gigabytes


def explain_hub(error: e.HubError) -> Explanation:
    reason = error.reason if isinstance(error, e.HubUnreachable) else ""
    return Explanation(_of_hub(error), Action.RETRY, reason)


def explain_network(error: e.Offline | e.UpdatesUnknown) -> Explanation:
    match error:
        case e.Offline():
            return Explanation(
                tr("Fireside is offline. Go online under Models > Network."), Action.GO_ONLINE
            )
        case e.UpdatesUnknown():
            return Explanation(
                tr(
                    "Couldn’t check for updates: no response from {host} ({reason}). Check your "
                    "internet connection, or try again later."
                ).format(host=error.host, reason=error.reason)
            )


def _of_hub(error: e.HubError) -> str:
    name = error.file or error.repository
    match error:
        case e.HubUnreachable() if "HF_HUB_OFFLINE" in error.reason:
            return tr("HF_HUB_OFFLINE is set. Unset it and restart Fireside to download.")
        case e.HubFailed():
            return tr("Hugging Face returned an error ({reason}). Try again later.").format(
                reason=error.reason
            )
        case e.HubUnreachable():
            return tr("Can’t reach Hugging Face. Check your internet connection.")
        case e.HubRefused() if not error.file:
            return tr(
                "Can’t access {name} on Hugging Face (status {status}). It may be private or "
                "misspelled, or your access token may be invalid."
            ).format(name=name, status=error.status)
        case e.HubNotFound() if not error.file:
            return tr("{name} isn’t on Hugging Face. Choose another repository.").format(name=name)
        case e.HubRefused():
            return tr(
                "Access to {name} denied (status {status}). Accept the terms of {repository} on "
                "Hugging Face, then add your access token in Settings."
            ).format(name=name, status=error.status, repository=error.repository)
        case e.HubNotFound():
            return tr("{name} isn’t in {repository} on Hugging Face. Choose another file.").format(
                name=name, repository=error.repository
            )
        case e.HubChanged():
            return tr(
                "{name} has changed on Hugging Face since you chose it. Search for it again."
            ).format(name=name)
        case e.NotOnHub():
            return tr(
                "{repository} no longer offers {name} in a format Fireside can run. Update "
                "Fireside, or choose another version below."
            ).format(name=error.name, repository=error.repository)
        case e.DownloadDamaged():
            return tr(
                "{name} doesn’t match its checksum. Try again later, or on another network."
            ).format(name=name)
        case e.NoRoom() | e.DriveMissing() | e.CacheUnwritable():
            return _no_place(error)
    return tr("Couldn’t download {name}.").format(name=name)


def _no_place(error: e.NoRoom | e.DriveMissing | e.CacheUnwritable) -> str:
    """Return why the file cannot be written to the disk."""
    match error:
        case e.NoRoom():
            return tr(
                "Not enough disk space for {name}: {needed} more needed, {free} free in {path}. "
                "Free up some space to continue."
            ).format(
                name=error.file or error.repository,
                needed=gigabytes(error.needed),
                free=gigabytes(error.free),
                path=error.path,
            )
        case e.DriveMissing():
            return tr(
                "Can’t find {path}. Reconnect the drive, or choose another download folder under "
                "Models > Network."
            ).format(path=error.path)
        case e.CacheUnwritable():
            return tr(
                "Can’t download to {path} ({reason}). Check that you have permission to write "
                "there."
            ).format(path=error.path, reason=error.reason)
