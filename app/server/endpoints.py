"""The paths of the server, as one WSGI application."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from app.base import log
from app.base.errors import Cancelled, EngineError
from app.base.types import FileLocation, Request
from app.server.admission import Admission
from app.server.answers import Answers
from app.server.api_error import ApiError, unsupported
from app.server.asker import Asker
from app.server.dialect import (
    Dialect,
    PromptCount,
    Served,
    StoringDialect,
    openai_error,
    written,
)
from app.server.fields import Fields, JsonObject
from app.server.gate import HEALTH, Gate
from app.server.json_body import read_body
from app.server.request_log import RequestLog
from app.serving import ServerParts, model_name

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

SAFE_HEADERS = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
"""What every answer tells browsers: to keep nothing, and to show nothing to other pages."""

NO_HEADERS: Mapping[str, str] = {}

_MODELS = "/v1/models"


class Endpoints:
    """The application. ``dialects`` are its endpoints for answers, by their paths."""

    def __init__(self, parts: ServerParts, gate: Gate, dialects: dict[str, Dialect]) -> None:
        self._parts = parts
        self._gate = gate
        self._dialects = dialects
        self._log = RequestLog(parts.log)
        self.admission = Admission(self._log, parts.changed)
        self._answers = Answers(parts.engine, self.admission)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        dialect = self._dialects.get(path)
        sending = Sending(environ, start, self._gate.for_page(environ))
        try:
            self._check(environ)
            return self._handler(path, environ["REQUEST_METHOD"])(environ, sending)
        except ApiError as error:
            return sending.refusal(error, dialect)
        except Exception as error:  # noqa: BLE001 - the connection has to be answered
            log.report(error, "the local server")
            told = ApiError(500, "The server has failed. fireside.log has the details.")
            return sending.refusal(told, dialect)

    def _check(self, environ: WSGIEnvironment) -> None:
        try:
            self._gate.check(environ)
        except ApiError as error:
            log.note_kind(f"local server: refused, {error.code}")
            raise

    @property
    def served(self) -> Served:
        """The model that is served."""
        ref = self._parts.model()
        return Served(ref, model_name(ref))

    def _handler(self, path: str, method: str) -> Handler:
        """Return what answers a request. Raises ApiError."""
        known = self._methods(path)
        if not known:
            told = f"Unknown path: {path[:200]}"
            if self._methods(f"/v1{path}"):
                told += ". The base URL ends in /v1."
            raise ApiError(404, told, code="unknown_url")
        if method not in known:
            allowed = ", ".join(known)
            told = f"{path[:200]} knows only {allowed}."
            raise ApiError(405, told, code="method_not_allowed", headers={"Allow": allowed})
        return known[method]

    def _methods(self, path: str) -> dict[str, Handler]:
        if dialect := self._dialects.get(path):
            methods: dict[str, Handler] = {
                "POST": lambda environ, sending: self._answer(dialect, environ, sending)
            }
        elif path == HEALTH:
            methods = _read_only(self._tell_health)
        elif path == _MODELS:
            methods = _read_only(self._list_models)
        elif path.startswith(f"{_MODELS}/"):
            methods = _read_only(self._show_model)
        elif isinstance(storing := self._dialects.get(path.rpartition("/")[0]), StoringDialect):
            methods = _stored(storing)
        else:
            return {}
        return methods | {"OPTIONS": _preflight} if self._gate.has_pages else methods

    def _tell_health(self, environ: WSGIEnvironment, sending: Sending) -> Iterable[bytes]:
        if self.admission.loading:
            told = "The model is being loaded. Requests are answered afterwards."
            raise ApiError(503, told, code="loading", headers={"Retry-After": "5"})
        return sending.json({"status": "ok"})

    def _list_models(self, environ: WSGIEnvironment, sending: Sending) -> Iterable[bytes]:
        served = self.served
        pages = {"has_more": False, "first_id": served.name, "last_id": served.name}
        return sending.json({"object": "list", "data": [self._model(served)], **pages})

    def _show_model(self, environ: WSGIEnvironment, sending: Sending) -> Iterable[bytes]:
        name = environ["PATH_INFO"].removeprefix(f"{_MODELS}/").encode("latin-1")
        served = self.served
        _check_name(name.decode(errors="replace"), served)
        return sending.json(self._model(served))

    def _model(self, served: Served) -> JsonObject:
        """Return a model in OpenAI's form and, with other members, in Anthropic's.

        It has the context's length, if known, as vLLM has it: before the model is loaded, that
        which it would have now.
        """
        created = 0
        if isinstance(served.ref.location, FileLocation):
            with contextlib.suppress(OSError):
                created = int(served.ref.location.path.stat().st_mtime)
        model: JsonObject = {
            "id": served.name,
            "object": "model",
            "created": created,
            "owned_by": "fireside",
            "type": "model",
            "display_name": served.ref.name,
            "created_at": datetime.fromtimestamp(created, UTC).isoformat(),
            "lifecycle": "active",
        }
        if context := self._context(served):
            model["max_model_len"] = context
        return model

    def _context(self, served: Served) -> int:
        """Return the length of a model's context; 0 if it is not known."""
        engine = self._parts.engine
        loaded = engine.loaded()
        if loaded and loaded.location == served.ref.location:
            if context := self.admission.context(served.name):
                return context
            asked = Request(served.ref, (), background=True)
            with contextlib.suppress(EngineError, Cancelled):  # it has more urgent things to do
                if prompt := engine.count(asked, threading.Event()):
                    return prompt.context
        return self._parts.planned(served.ref)

    def _answer(
        self, dialect: Dialect, environ: WSGIEnvironment, sending: Sending
    ) -> Iterable[bytes]:
        served = self.served
        asker = Asker.of(environ, served.name)
        try:
            body = read_body(environ)
            _check_name(Fields(body).text("model"), served)
            reply = dialect.read(body, served)
        except ApiError as error:
            self._log.add(asker, error.summary)
            raise
        if isinstance(reply, PromptCount):
            return sending.json(self._answers.counted(reply, asker))
        if reply.streamed:
            return sending.events(self._answers.streamed(reply, asker))
        return sending.json(self._answers.whole(reply, asker))


class Sending:
    """How the answer to one request is sent; ``shared`` are headers for a page that may ask."""

    def __init__(
        self, environ: WSGIEnvironment, start: StartResponse, shared: list[tuple[str, str]]
    ) -> None:
        self._start = start
        self._shared = shared
        self._head = environ["REQUEST_METHOD"] == "HEAD"

    def json(
        self, body: JsonObject, status: int = 200, headers: Mapping[str, str] = NO_HEADERS
    ) -> Iterable[bytes]:
        """Send an object."""
        data = written(body).encode(errors="replace")
        own = {"Content-Type": "application/json", "Content-Length": str(len(data))}
        self._begin(status, own | {**headers})
        return [] if self._head else [data]

    def refusal(self, error: ApiError, dialect: Dialect | None) -> Iterable[bytes]:
        """Send an error in a dialect's form."""
        body = dialect.error(error) if dialect else openai_error(error)
        return self.json(body, error.status, error.headers)

    def nothing(self) -> Iterable[bytes]:
        """Send an answer without a body."""
        self._begin(204, NO_HEADERS)
        return []

    def events(self, events: Iterable[bytes]) -> Iterable[bytes]:
        """Send a stream of events."""
        self._begin(200, {"Content-Type": "text/event-stream; charset=utf-8"})
        return events

    def _begin(self, status: int, headers: Mapping[str, str]) -> None:
        line = f"{status} {HTTPStatus(status).phrase}"
        self._start(line, [*SAFE_HEADERS, *self._shared, *headers.items()])


Handler = Callable[["WSGIEnvironment", Sending], Iterable[bytes]]


def _read_only(handler: Handler) -> dict[str, Handler]:
    return {"GET": handler, "HEAD": handler}


def _stored(dialect: StoringDialect) -> dict[str, Handler]:
    """Return what answers requests for one stored answer."""

    def handler(act: Callable[[str], JsonObject]) -> Handler:
        def answered(environ: WSGIEnvironment, sending: Sending) -> Iterable[bytes]:
            if "stream=true" in environ["QUERY_STRING"].lower():
                raise unsupported("stream", "A stored answer is not streamed again.")
            return sending.json(act(environ["PATH_INFO"].rpartition("/")[2]))

        return answered

    return {**_read_only(handler(dialect.stored)), "DELETE": handler(dialect.delete)}


def _preflight(environ: WSGIEnvironment, sending: Sending) -> Iterable[bytes]:
    return sending.nothing()


def _check_name(asked: str, served: Served) -> None:
    if asked != served.name:
        told = f"The model '{asked[:100]}' is not served. Ask for '{served.name}'."
        raise ApiError(404, told, param="model", code="model_not_found")
