"""Asks one server through Fireside's remote backend and tool loop, and measures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.base.answer_events import Delta, Done, PartAdded
from app.base.draft import Draft
from app.base.errors import Cancelled, FiresideError
from app.base.secrets import Secrets
from app.base.types import (
    Effort,
    Endpoint,
    Message,
    ModelRef,
    Part,
    PartKind,
    Request,
    Role,
    Sampling,
    ToolFunction,
    ToolNamespace,
)
from app.engine.remote.detection import examine
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.remote_backend import RemoteBackend
from app.engine.remote.remote_server import RemoteServer, SavedEndpoint, ServerKind
from app.network.client import Network
from app.network.endpoint_client import EndpointClient
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool import Effect, Result
from app.wording.errors import explain
from tests.clients.servers.kinds import RealServer, Running
from tests.fakes.tools import FakeTool

_LOCATION = (
    '{"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}'
)


@dataclass
class Heard:
    """An answer, and how it came.

    ``deltas`` is how many of its pieces were text; times are in seconds since it was asked:
    ``first_s`` of the first piece of any kind, 0 if none came, and ``ended_s`` of the end. If
    something was done to it, ``stopped_s`` is how long it went on.
    """

    parts: tuple[Part, ...] = ()
    done: Done | None = None
    error: FiresideError | None = None
    deltas: int = 0
    first_s: float = 0.0
    ended_s: float = 0.0
    stopped_s: float = 0.0

    def text(self, kind: PartKind = PartKind.TEXT) -> str:
        """Return the text of all parts of a kind."""
        return "".join(part.text for part in self.parts if part.kind is kind)

    @property
    def fault(self) -> str:
        return type(self.error).__name__ if self.error else ""

    @property
    def sentence(self) -> str:
        return explain(self.error).sentence if self.error else ""


@dataclass
class Bench:
    """One server that runs, as it was found, and the backend that asks it.

    ``stop_s`` is how long an answer may go on after it was stopped, in seconds.
    """

    server: RealServer
    running: Running
    folder: Path
    stop_s: float = 0.1
    tool: FakeTool = field(init=False)
    found: RemoteServer = field(init=False)
    model: ModelRef = field(init=False)

    def __post_init__(self) -> None:
        network = Network(self.folder / "connections.log")
        client = EndpointClient(lambda: network)
        weather = ToolFunction("get_weather", "The weather at a place.", _LOCATION)
        self.tool = FakeTool("weather", Effect.NONE, [weather])
        self.tool.answer = lambda proposal, cancel: [Result('{"temperature": 7, "sky": "rainy"}')]
        self._list = EndpointList(self.folder / "endpoints.json", Secrets(self.folder))
        self._client = client
        self._backend = ToolLoop(
            RemoteBackend(lambda: client, self._list), Registry(lambda: [self.tool])
        )

    def detect(self) -> RemoteServer:
        """Find out what it is, and use it from now on."""
        url = self.running.url
        self.found = examine(self._client, url, self.running.key, threading.Event())
        self.use()
        return self.found

    def use(self, url: str = "", kind: ServerKind | None = None) -> None:
        """Use it at another address, or as another kind; without both, as it was found."""
        endpoint = Endpoint(url or self.running.url, self.running.model)
        self._list.keep_key(endpoint.url, self.running.key)
        context = next((m.context for m in self.found.models if m.id == endpoint.model), 0)
        saved = SavedEndpoint(endpoint, kind or self.found.kind, self.found.version, context)
        self._list.save(saved)
        self.model = saved.model

    def ask(
        self,
        text: str,
        *,
        effort: Effort = Effort.MEDIUM,
        tools: bool = False,
        most: int | None = None,
        when: Callable[[Heard], bool] | None = None,
        act: Callable[[threading.Event], object] = threading.Event.set,
    ) -> Heard:
        """Ask; once ``when`` holds for what has come, ``act``, which stops it by default."""
        request = Request(
            self.model,
            (Message(Role.USER, (Part(text),)),),
            effort,
            sampling=Sampling(temperature=0.0, max_tokens=most),
            tools=self.tool_declared() if tools else (),
        )
        asking = _Asking(when, act)
        return asking.run(lambda: self._backend.stream(request, asking.cancel))

    def tool_declared(self) -> tuple[ToolNamespace, ...]:
        return Registry(lambda: [self.tool]).declared((self.tool.key,))


class _Asking:
    """An answer while it comes."""

    def __init__(
        self, when: Callable[[Heard], bool] | None, act: Callable[[threading.Event], object]
    ) -> None:
        self.cancel = threading.Event()
        self._when, self._act = when, act
        self._acted = 0.0
        self._ended = threading.Event()
        self._heard, self._draft = Heard(), Draft()
        self._begun = time.monotonic()

    def run(self, stream: Callable[[], object]) -> Heard:
        watching = threading.Thread(target=self._watch)
        watching.start()
        heard = self._heard
        try:
            for event in stream():  # type: ignore[attr-defined]
                if isinstance(event, Delta):
                    heard.first_s = heard.first_s or time.monotonic() - self._begun
                    heard.deltas += event.kind is PartKind.TEXT
                    self._draft.add(event)
                elif isinstance(event, PartAdded):
                    self._draft.add_part(event.part)
                elif isinstance(event, Done):
                    heard.done = event
                heard.parts = self._draft.parts
        except Cancelled:
            pass
        except FiresideError as error:
            heard.error = error
        finally:
            self._ended.set()
            watching.join()
        now = time.monotonic()
        stopped = now - self._acted if self._acted else 0.0
        return replace(heard, ended_s=now - self._begun, stopped_s=stopped)

    def _watch(self) -> None:
        """Act once it is time; on another thread, since the answer's may wait for the server."""
        while self._when and not self._ended.wait(0.002):
            if self._when(self._heard):
                self._acted = time.monotonic()
                self._act(self.cancel)
                return
