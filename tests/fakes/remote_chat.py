"""A chat with a server of models, by the backend for them and over HTTP."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.base.answer_events import Delta, Done, Event, PartAdded
from app.base.draft import Draft
from app.base.errors import FiresideError
from app.base.secrets import Secrets
from app.base.types import Endpoint, Message, Part, PartKind, Request, Role
from app.engine.backend import Planned
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.remote_backend import RemoteBackend
from app.engine.remote.remote_server import SavedEndpoint, ServerKind
from app.network.client import Network
from app.network.endpoint_client import EndpointClient

_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _NoKeyring(Secrets):
    """Secrets in memory: a keyring is asked in a process of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.known: dict[str, str] = {}

    def get(self, name: str, stop: threading.Event | None = None) -> str | None:
        return self.known.get(name)


class RemoteChat:
    """A chat with the model ``model`` of the server at ``url``, and its settings in ``folder``."""

    def __init__(self, folder: Path, url: str, model: str, kind: ServerKind, key: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.network = Network(folder / "connections.log")
        self.network.certificates = _CERTIFICATES  # to read those of the system takes long
        self.client = EndpointClient(lambda: self.network)
        secrets = _NoKeyring(folder)
        endpoints = EndpointList(folder / "endpoints.json", secrets, folder / "none.toml")
        self.saved = SavedEndpoint(Endpoint(url, model), kind)
        endpoints.save(self.saved)
        secrets.known[f"endpoint {url}"] = key
        self.backend = RemoteBackend(lambda: self.client, endpoints)
        self.messages: tuple[Message, ...] = ()
        self.cancel, self.spoken = threading.Event(), threading.Event()
        """The latter is set once the model has begun to answer."""
        self.events: list[Event | Planned] = []
        self.error: FiresideError | None = None

    @property
    def model(self) -> Any:
        return self.saved.model

    def request(self, **more: Any) -> Request:
        """Return a request with the messages so far."""
        return replace(Request(self.model, self.messages), **more)

    def ask(self, *question: str, **more: Any) -> Message:
        """Ask, and add the answer. Raises what the backend raises; ``events`` are what came."""
        if question:
            self.messages += (Message(Role.USER, tuple(map(Part, question))),)
        return self.go_on(**more)

    def go_on(self, **more: Any) -> Message:
        """Have the model go on after the messages, and add what it writes."""
        last = self.messages[-1] if self.messages else None
        begun = last.parts if last and last.role is Role.ASSISTANT else ()
        draft = Draft(begun)
        self.events = []
        try:
            for event in self.backend.stream(self.request(**more), self.cancel):
                self.events.append(event)
                if isinstance(event, Delta):
                    assert event.index <= len(draft.parts)
                    draft.add(event)
                    self.spoken.set()
        finally:
            answer = Message(Role.ASSISTANT, draft.parts)
            if draft.parts:
                self.messages = (*(self.messages[:-1] if begun else self.messages), answer)
        return answer

    def results(self, *texts: str) -> None:
        """Add the results of the last calls, as the loop of tools does."""
        *before, last = self.messages
        calls = [part for part in last.parts if part.kind is PartKind.CALL][-len(texts) :]
        added = [
            PartAdded(Part(text, PartKind.RESULT, call.name, call.id))
            for call, text in zip(calls, texts, strict=True)
        ]
        parts = (*last.parts, *(each.part for each in added))
        self.messages = (*before, replace(last, parts=parts))

    @property
    def done(self) -> Done:
        """The end of the last answer."""
        last = self.events[-1]
        assert isinstance(last, Done)
        return last


def of_kind(message: Message, kind: PartKind) -> Sequence[Part]:
    """Return the parts of a kind."""
    return [part for part in message.parts if part.kind is kind]
