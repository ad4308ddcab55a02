"""The paths of the server, as one WSGI application."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.base.errors import FiresideError
from app.base.types import ModelRef
from app.engine.backend import Backend
from app.server.api_error import ApiError, wrong
from app.server.dialect import Dialect, PromptCount, Reply, Served, openai_error
from app.server.fields import Fields, JsonObject
from app.server.pieces import Answer
from app.server.prompt_size import count
from app.server.running_answer import RunningAnswer, pieces
from app.serving import model_name

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_JSON = ("Content-Type", "application/json")


class Endpoints:
    """The application. ``dialects`` are its endpoints for answers, by their paths."""

    def __init__(
        self, engine: Backend, model: Callable[[], ModelRef], dialects: dict[str, Dialect]
    ) -> None:
        self._engine = engine
        self._model = model
        self._dialects = dialects

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        dialect = self._dialects.get(path)
        try:
            if dialect and method == "POST":
                return self._answer(dialect, environ, start)
            if method == "GET" and path == "/v1/models":
                listed = {"object": "list", "data": [_model(self.served)]}
                return _send(start, 200, listed)
            raise ApiError(404, f"Unknown path: {path}", code="unknown_url")
        except ApiError as error:
            body = dialect.error(error) if dialect else openai_error(error)
            return _send(start, error.status, body, *error.headers.items())

    @property
    def served(self) -> Served:
        """The model that is served."""
        ref = self._model()
        return Served(ref, model_name(ref))

    def _answer(
        self, dialect: Dialect, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterable[bytes]:
        body = _body(environ)
        served = self.served
        asked = Fields(body).text("model")
        if asked != served.name:
            told = f"The model '{asked[:100]}' is not served. Ask for '{served.name}'."
            raise ApiError(404, told, param="model", code="model_not_found")
        reply = dialect.read(body, served)
        if isinstance(reply, PromptCount):
            gone = environ.get("waitress.client_disconnected", lambda: False)
            return _send(start, 200, reply.written(count(self._engine, reply.request, gone)))
        client = environ.get("HTTP_USER_AGENT", "a program")[:60]
        answer = RunningAnswer(self._engine, replace(reply.request, client=client))
        if reply.streamed:
            start("200 OK", [("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache")])
            return _streamed(reply, answer)
        try:
            whole = Answer.of(piece for piece in pieces(answer) if piece)
        except FiresideError as error:
            raise ApiError(500, repr(error)) from error
        return _send(start, 200, reply.whole(whole))


def _streamed(reply: Reply, answer: RunningAnswer) -> Generator[bytes, None, None]:
    yield from reply.begun()
    try:
        for piece in pieces(answer):
            yield from reply.piece(piece) if piece else iter([reply.ping()])
    except FiresideError as error:
        yield from reply.failed(ApiError(500, repr(error)))
    finally:
        answer.stop()


def _model(served: Served) -> JsonObject:
    return {"id": served.name, "object": "model", "created": 0, "owned_by": "fireside"}


def _body(environ: WSGIEnvironment) -> JsonObject:
    try:
        body: Any = json.loads(environ["wsgi.input"].read())
    except ValueError as error:
        raise wrong("", f"The body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise wrong("", "The body must be an object.")
    return body


def _send(
    start: StartResponse, status: int, body: JsonObject, *headers: tuple[str, str]
) -> Iterator[bytes]:
    from http import HTTPStatus

    data = json.dumps(body, ensure_ascii=False).encode()
    line = f"{status} {HTTPStatus(status).phrase}"
    start(line, [_JSON, ("Content-Length", str(len(data))), *headers])
    return iter([data])
