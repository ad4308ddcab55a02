"""Words about the list of models on other computers, and about adding one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.base.errors import EndpointListError, EndpointsDamaged, FiresideError
from app.base.secrets import SecretPlace
from app.base.types import Endpoint
from app.engine.remote.remote_server import (
    RemoteServer,
    SavedEndpoint,
    ServedHere,
    ServerKind,
    is_exposed,
)
from app.wording.answered_by import model_on_host, served_name
from app.wording.language import number, tr


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
    """Return whether chats with a model leave this computer, and whether encrypted."""
    if endpoint.is_here:
        return tr("Runs in another app on this computer.")
    if is_exposed(endpoint.url):
        return tr("Chats with this model are sent to {host} without encryption.").format(
            host=endpoint.host
        )
    return tr("Chats with this model are sent to {host}.").format(host=endpoint.host)


def key_place_sentence(place: SecretPlace | None) -> str:
    """Return where a server's key is kept; empty if there is none."""
    match place:
        case SecretPlace.KEYRING:
            return tr("Key saved in the system keyring.")
        case SecretPlace.FILE:
            return tr("Key saved in a file only you can read.")
    return ""


def remote_intro() -> str:
    """Return what models on other computers are, and what using one means."""
    return tr(
        "Use a model that runs on another computer, such as a server with vLLM, Ollama or LM "
        "Studio. Chats with such a model leave this computer and are sent to that server."
    )


def exposed_sentence() -> str:
    """Return why to think twice before something is sent without encryption."""
    return tr("Anyone on the network in between can read your chats and your key.")


def unlisted_sentence(url: str) -> str:
    """Return that the server at ``url`` does not say which models it has, and what to do."""
    return tr(
        "{host} has no list of models. Check the address, or enter the model’s ID, then test it."
    ).format(host=Endpoint(url, "").host)


def found_here_sentence(count: int) -> str:
    """Return how many servers were found on this computer."""
    if not count:
        return tr("No servers found. Start one, then look again.")
    return tr("%n server(s) found", "", count)


def endpoint_facts(saved: SavedEndpoint) -> str:
    """Return where a model runs, on what, and how much it can read, on one line."""
    facts = (saved.endpoint.host, _program(saved.kind, saved.version), _tokens(saved.context))
    return " · ".join(filter(None, facts))


def found_words(server: RemoteServer, model: ServedHere) -> str:
    """Return what was found, such as "vLLM 0.33, gpt-oss-120b, 131,072 tokens"."""
    name = served_name(SavedEndpoint(Endpoint(server.url, model.id)).model.name)
    return ", ".join(
        filter(None, (_program(server.kind, server.version), name, _tokens(model.context)))
    )


def server_title(server: RemoteServer) -> str:
    """Return a server's program and host."""
    host = Endpoint(server.url, "").host
    program = _program(server.kind, server.version)
    return f"{program} · {host}" if program else host


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


def _program(kind: ServerKind, version: str) -> str:
    return f"{_PROGRAMS.get(kind, '')} {version}".strip() if kind in _PROGRAMS else ""


def _tokens(context: int) -> str:
    return tr("{count} tokens").format(count=number(context)) if context else ""


_PROGRAMS = {
    ServerKind.VLLM: "vLLM",
    ServerKind.SGLANG: "SGLang",
    ServerKind.LLAMA_SERVER: "llama.cpp",
    ServerKind.LLAMA_CPP_PYTHON: "llama-cpp-python",
    ServerKind.OLLAMA: "Ollama",
    ServerKind.LM_STUDIO: "LM Studio",
    ServerKind.TRANSFORMERS: "Transformers",
    ServerKind.FIRESIDE: "Fireside",
    ServerKind.OPENROUTER: "OpenRouter",
    ServerKind.OPENAI: "OpenAI",
}
