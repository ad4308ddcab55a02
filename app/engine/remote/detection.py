"""Which server is at an address, which models it has, and how large their contexts are.

What is asked first is the list of models, which nearly all have, and which names its owner. Then
come one to three requests to what only that program has. Nothing that is said there can do more
than name a kind, a version and a number. A model that is on no list is asked for one token.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.base import errors as e
from app.engine.remote.remote_server import RemoteServer, ServedHere, ServerKind, server_url
from app.engine.remote.server_faults import fault
from app.engine.remote.server_reply import (
    context_of,
    json_of,
    member,
    models_of,
    objects,
    owners,
    version_of,
)
from app.network.connection_log import Purpose

if TYPE_CHECKING:  # a window need not wait for it
    from app.network.endpoint_client import EndpointClient

_SECONDS = 20.0
"""How long all of it may take; longer than a server that is just waking up."""
_LOADING_S = 600.0
_TRIAL_S = 60.0
"""How long a model may take for one token, for which it may have to be loaded."""
_NO_LIST = {404, 405, 501}
"""What servers answer where there is nothing, or nothing to be read."""
_MOST_SHOWN = 8
"""Of Ollama's models that are not loaded, those whose settings are looked at."""
_NUM_CTX = re.compile(r"^num_ctx\s+(\d{1,9})\s*$", re.MULTILINE)
_OWNERS = {
    "fireside": ServerKind.FIRESIDE,
    "vllm": ServerKind.VLLM,
    "sglang": ServerKind.SGLANG,
    "llamacpp": ServerKind.LLAMA_SERVER,
    "organization_owner": ServerKind.LM_STUDIO,
}
_SERVICES = {"openrouter.ai": ServerKind.OPENROUTER, "api.openai.com": ServerKind.OPENAI}


def find_server(
    client: EndpointClient,
    text: str,
    key: str,
    cancel: threading.Event,
    *,
    unencrypted: bool = False,
    model: str = "",
) -> RemoteServer:
    """Find the server at an address as somebody has typed it; see `examine`.

    Another computer is asked with TLS unless the address says otherwise. Raises ServerUnencrypted,
    with the address without TLS, if it has none: that has to be accepted first.
    """
    url = server_url(text)
    if url is None:
        raise e.ServerAddressInvalid(text)
    try:
        return examine(client, url, key, cancel, unencrypted=unencrypted, model=model)
    except e.ServerWithoutTls:
        if "://" in text:
            raise
        raise e.ServerUnencrypted(url.replace("https://", "http://", 1)) from None


def examine(
    client: EndpointClient,
    url: str,
    key: str,
    cancel: threading.Event,
    *,
    unencrypted: bool = False,
    seconds: float = _SECONDS,
    model: str = "",
) -> RemoteServer:
    """Ask a server what it is and which models it has.

    The interface may be at another path than the address says, such as below ``/v1``: then the
    result's ``url`` is another one on the same host. ``seconds`` is for all of it.

    A ``model`` that the server does not list is asked for one token, which may take longer, and is
    the first of the result's. Raises RemoteError (ModelListMissing if there is no list, and no
    ``model``), Offline, Cancelled.
    """
    asking = _Asking(client, url, key, cancel, unencrypted, time.monotonic() + seconds)
    try:
        base, listed = _listed(asking)
    except e.ModelListMissing:
        if not model:
            raise
        return _tried(asking, RemoteServer(url, _kind_by_list(url, None)), model)
    models = models_of(listed)
    assert models is not None
    server = RemoteServer(base, _kind_by_list(base, listed), "", models)
    try:
        server = _completed(asking, server)
    except e.KeyRefused:
        raise
    except e.RemoteError:
        pass  # the list is there; what it lacks can be asked for another time
    unlisted = model and all(each.id != model for each in server.models)
    return _tried(asking, server, model) if unlisted else server


def load_into_memory(
    client: EndpointClient,
    server: RemoteServer,
    model: str,
    key: str,
    cancel: threading.Event,
    *,
    unencrypted: bool = False,
) -> RemoteServer:
    """Have Ollama load a model, and return it with the context that the model got.

    Ollama decides on it only then, and cuts what does not fit without a word. Nothing of a chat is
    sent. Raises RemoteError, Offline, Cancelled.
    """
    end = time.monotonic() + _LOADING_S
    asking = _Asking(client, server.url, key, cancel, unencrypted, end)
    root = root_of(server.url)
    status, body = asking.ask(f"{root}/api/generate", {"model": model, "stream": False})
    if status >= 500:  # else it is behind something that has only OpenAI's interface
        raise fault(server.url, model, status, body)
    return _ollama(asking, root, server) if status == 200 else server


def root_of(url: str) -> str:
    """Return the address that is above an endpoint's interface of OpenAI."""
    return re.sub(r"/(api/)?v\d+$", "", url)


@dataclass(frozen=True, slots=True)
class _Asking:
    """How a server is asked, until ``end``."""

    client: EndpointClient
    url: str
    key: str
    cancel: threading.Event
    unencrypted: bool
    end: float

    def ask(
        self, address: str, body: Any = None, what: str = Purpose.LIST_SERVED
    ) -> tuple[int, bytes]:
        """Return the status and the body of an answer. Raises RemoteError, Offline, Cancelled."""
        left = max(self.end - time.monotonic(), 0.05)
        with self.client.send(
            self.url,
            address,
            self.cancel,
            key=self.key,
            body=body,
            seconds=left,
            whole=left,
            what=what,
            unencrypted=self.unencrypted,
        ) as response:
            return response.status, response.read()

    def json(self, address: str, body: Any = None) -> Any:
        """Return the JSON value of an answer with the status 200, else None."""
        status, found = self.ask(address, body)
        return json_of(found) if status == 200 else None


def _bases(url: str) -> tuple[str, ...]:
    """Return where the interface may be: at the address, below it, or beside it."""
    parts = urlsplit(url)
    below = () if re.search(r"/v\d+$", url) else (f"{url}/v1",)
    return tuple(dict.fromkeys((url, *below, f"{parts.scheme}://{parts.netloc}/v1")))


def _listed(asking: _Asking) -> tuple[str, Any]:
    """Return the base of the interface, and its list of models."""
    first: e.FiresideError | None = None
    statuses = set()
    for base in _bases(asking.url):
        status, body = asking.ask(f"{base}/models")
        listed = json_of(body)
        if status == 200 and models_of(listed) is not None:
            return base, listed
        statuses.add(status)
        error = fault(asking.url, "", status, body)
        first = first or error
        if not isinstance(error, e.ServerForeign | e.RemoteModelMissing | e.KeyRefused):
            raise error
    assert first
    if statuses <= _NO_LIST:
        raise e.ModelListMissing(asking.url, getattr(first, "received", ""))
    if isinstance(first, e.RemoteModelMissing):
        first = e.ServerForeign(asking.url, first.message)
    raise first


def _tried(asking: _Asking, server: RemoteServer, model: str) -> RemoteServer:
    """Return a server with a model that it does not list, once that has answered with a token."""
    asking = replace(asking, end=time.monotonic() + _TRIAL_S)
    first: e.FiresideError | None = None
    for base in _bases(server.url):
        error = _fault_of_trial(asking, base, model, "max_tokens")
        if isinstance(error, e.RequestRefused) and "max_tokens" in error.parameter:
            error = _fault_of_trial(asking, base, model, "max_completion_tokens")
        if error is None:
            models = (ServedHere(model, unlisted=True), *server.models)
            return replace(server, url=base, models=models)
        first = first or error
        if not isinstance(error, e.ServerForeign):
            raise error
    assert first
    raise first


def _fault_of_trial(asking: _Asking, base: str, model: str, limit: str) -> e.FiresideError | None:
    """Ask a model for one token; return what is wrong, None if it answers."""
    question = [{"role": "user", "content": "Hi"}]
    body = {"model": model, "messages": question, limit: 1, "stream": False}
    status, answer = asking.ask(f"{base}/chat/completions", body, f"{Purpose.TRY}{model}")
    if status == 200 and isinstance(member(json_of(answer), "choices"), list):
        return None
    return fault(asking.url, model, status, answer)


def _kind_by_list(base: str, listed: Any) -> ServerKind:
    host = urlsplit(base).hostname or ""
    if host in _SERVICES:
        return _SERVICES[host]
    models = list(objects(member(listed, "data")))
    for owner in owners(listed):
        if owner in _OWNERS:
            return _OWNERS[owner]
    if models and all(each.get("owned_by") == "me" and "permissions" in each for each in models):
        return ServerKind.LLAMA_CPP_PYTHON
    if models and all("status" in each and "meta" not in each for each in models):
        return ServerKind.TRANSFORMERS
    if models and all("canonical_slug" in each for each in models):
        return ServerKind.OPENROUTER
    return ServerKind.OTHER


def _completed(asking: _Asking, server: RemoteServer) -> RemoteServer:
    """Return a server with what only its kind can say. Raises RemoteError.

    That is KeyRefused only if the server is of a kind whose list needs no key.
    """
    root = root_of(server.url)
    match server.kind:
        case ServerKind.VLLM:
            found = member(asking.json(f"{root}/version"), "version")
            return replace(server, version=version_of(found))
        case ServerKind.SGLANG:
            found = member(asking.json(f"{root}/server_info"), "version")
            return replace(server, version=version_of(found))
        case ServerKind.LLAMA_SERVER:
            return _llama_server(asking.json(f"{root}/props"), server)
        case ServerKind.LM_STUDIO:
            return _lm_studio(asking, root, server)
        case ServerKind.OPENROUTER:
            status, body = asking.ask(f"{server.url}/key")
            if status == 401:
                raise fault(server.url, "", status, body)
        case ServerKind.OTHER:
            return _ollama(asking, root, server)
    return server


def _llama_server(props: Any, server: RemoteServer) -> RemoteServer:
    version = version_of(member(props, "build_info"))
    context = context_of(member(props, "default_generation_settings", "n_ctx"))
    models = tuple(replace(each, context=each.context or context) for each in server.models)
    return replace(server, version=version.partition("-")[0], models=models)


def _lm_studio(asking: _Asking, root: str, server: RemoteServer) -> RemoteServer:
    """Take the contexts with which models are loaded: from 0.4 on, or before."""
    sizes: dict[str, int] = {}
    for each in objects(member(asking.json(f"{root}/api/v1/models"), "models")):
        for loaded in objects(each.get("loaded_instances")):
            size = context_of(member(loaded, "config", "context_length"))
            sizes |= dict.fromkeys(_names(loaded.get("id"), each.get("key")), size)
    if not sizes:
        for each in objects(member(asking.json(f"{root}/api/v0/models"), "data")):
            sizes |= dict.fromkeys(_names(each.get("id")), context_of(each.get(_LOADED)))
    return replace(server, models=_sized(server.models, sizes))


_LOADED = "loaded_context_length"


def _ollama(asking: _Asking, root: str, server: RemoteServer) -> RemoteServer:
    """Find out whether it is Ollama, and if so the contexts of models that are loaded.

    A model that is not, gets one by the memory that will be free, unless its settings have one.
    """
    version = version_of(member(asking.json(f"{root}/api/version"), "version"))
    tags = member(asking.json(f"{root}/api/tags"), "models") if version else None
    if not version or not isinstance(tags, list):
        return server
    server = replace(server, kind=ServerKind.OLLAMA, version=version)
    sizes: dict[str, int] = {}
    with contextlib.suppress(e.RemoteError):  # what is known by then counts
        for each in objects(member(asking.json(f"{root}/api/ps"), "models")):
            size = context_of(each.get("context_length"))
            sizes |= dict.fromkeys(_names(each.get("name"), each.get("model")), size)
        unknown = [each.id for each in server.models if not sizes.get(each.id)]
        for id in unknown[:_MOST_SHOWN]:
            text = member(asking.json(f"{root}/api/show", {"model": id}), "parameters")
            found = _NUM_CTX.search(text) if isinstance(text, str) else None
            sizes[id] = context_of(int(found[1])) if found else 0
    return replace(server, models=_sized(server.models, sizes))


def _names(*values: Any) -> list[str]:
    return [each for each in values if isinstance(each, str)]


def _sized(models: Iterable[ServedHere], sizes: dict[str, int]) -> tuple[ServedHere, ...]:
    return tuple(replace(each, context=sizes.get(each.id, 0)) for each in models)
