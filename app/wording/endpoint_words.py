"""Words about the list of models on other computers, and about adding one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.base.errors import EndpointListError, EndpointsDamaged, FiresideError
from app.base.secrets import SecretPlace
from app.base.types import Endpoint
from app.engine.remote.remote_server import SavedEndpoint
from app.wording.answered_by import model_on_host
from app.wording.language import tr


def endpoint_list_sentence(error: EndpointListError) -> str:
    """Return what is wrong with the list, and what to do."""
    match error:
        case EndpointsDamaged(shared=True):
            return tr(
                "Some models that your organization set up can’t be used: {path} has mistakes. "
                "Tell your administrator."
            ).format(path=error.path)
        case EndpointsDamaged(kept=None):
            return tr("Can’t read your models on other computers from {path}.").format(
                path=error.path
            )
        case EndpointsDamaged():
            return tr(
                "Some of your models on other computers couldn’t be read. The old file was saved "
                "as {path}."
            ).format(path=error.kept)
    return tr("Couldn’t save {path}. Check the folder’s permissions and the disk.").format(
        path=error.path
    )


def leaves_sentence(endpoint: Endpoint) -> str:
    """Return whether chats with a model leave this computer."""
    if endpoint.is_here:
        return tr("Runs in another app on this computer.")
    return tr("Chats with this model are sent to {host}.").format(host=endpoint.host)


def key_place_sentence(place: SecretPlace | None) -> str:
    """Return where a server's key is kept; empty if there is none."""
    match place:
        case SecretPlace.KEYRING:
            return tr("Key saved in the system keyring.")
        case SecretPlace.FILE:
            return tr("Key saved in a file only you can read.")
    return ""


def endpoints_summary(
    path: Path, saved: Sequence[SavedEndpoint], faults: Sequence[FiresideError]
) -> str:
    """Return which models an administrator has added by the file at ``path``, for the report.

    Those of the user are only counted: their computers may be private.
    """
    shared = [model_on_host(each.model.name, each.endpoint.host) for each in saved if each.shared]
    if shared:
        told = ", ".join(shared)
    elif any(getattr(fault, "path", None) == path for fault in faults):
        told = tr("can’t be used")
    else:
        told = tr("none")
    own = tr("%Ln model(s) of your own", "", len(saved) - len(shared))
    return f"{told} ({path}), {own}"
