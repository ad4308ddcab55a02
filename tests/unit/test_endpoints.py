"""The server's paths over an engine: what they tell of the model, and each dialect's errors."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from app.base import log
from app.base.answer_events import Prompt
from app.base.errors import Cancelled
from app.base.types import ModelRef, Request
from app.server.dialect import event
from tests.fakes.api import MODEL, NAME, Api
from tests.fakes.served_engine import CONTEXT, ServedEngine

ASKED: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": NAME, "messages": [{"role": "user", "content": "Hello"}]},
    "/v1/responses": {"model": NAME, "input": "Hello"},
    "/v1/messages": {
        "model": NAME,
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "Hello"}],
    },
    "/v1/messages/count_tokens": {
        "model": NAME,
        "messages": [{"role": "user", "content": "Hello"}],
    },
}
PATHS = [*ASKED]


def body(path: str, **more: Any) -> dict[str, Any]:
    return {**ASKED[path], **more}


@pytest.mark.parametrize("path", PATHS)
def test_every_path_answers_posts_and_nothing_else(path: str) -> None:
    api = Api.over(ServedEngine(model=MODEL))
    assert api.post(path, body(path)).status == 200
    for method in ("GET", "HEAD", "PUT", "DELETE", "TRACE", "OPTIONS"):
        answer = api.ask(method, path, {} if method == "PUT" else None)
        assert (answer.status, answer.headers["allow"]) == (405, "POST"), method


@pytest.mark.parametrize("path", PATHS)
def test_errors_have_the_dialects_form(path: str) -> None:
    api = Api.over(ServedEngine(model=MODEL))
    faults: list[tuple[int, object, dict[str, str | None]]] = [
        (401, body(path), {"Authorization": None}),
        (403, body(path), {"Origin": "https://evil.example"}),
        (404, body(path, model="nope"), {}),
        (404, body(path, model="../../etc/passwd"), {}),
        (400, body(path, model=None), {}),
        (400, body(path, model=["x"]), {}),
        (400, b"{", {}),
        (400, b"[]", {}),
        (415, body(path), {"Content-Type": "text/plain"}),
        (415, body(path), {"Content-Encoding": "gzip"}),
    ]
    for status, asked, headers in faults:
        answer = api.post(path, asked, headers)
        assert answer.status == status, asked
        assert answer.error["message"].endswith((".", "'")), "a sentence"
        assert answer.error["type"]
        anthropic = path.startswith("/v1/messages")
        assert answer.json.get("type") == ("error" if anthropic else None)
        assert ("code" in answer.error) is not anthropic
    unknown = api.post(path, body(path, model="nope"))
    assert NAME in unknown.error["message"], "it tells which model there is"


def test_no_path_reaches_files_or_the_engines_other_abilities() -> None:
    api = Api.over(engine := ServedEngine(model=MODEL))
    for path in (
        "/v1/models/..%2f..%2fetc%2fpasswd",
        "/v1/files",
        "/v1/images/generations",
        "/v1/embeddings",
        "/v1/completions",
        "/api/pull",
        "/api/create",
        "/api/tags",
        "/props",
        "/slots",
        "/metrics",
        "/..%2f",
        "/%00",
    ):
        assert api.get(path).status == 404, path
        assert api.post(path, {"model": NAME}).status in (404, 405), path
    assert not engine.requests
    assert not engine.loads


def test_the_length_of_the_context_is_told_once_it_is_known() -> None:
    engine = ServedEngine(loaded=False)
    api = Api.over(engine)
    assert "max_model_len" not in api.get(f"/v1/models/{NAME}").json
    assert api.post(PATHS[0], body(PATHS[0])).status == 200
    assert api.get(f"/v1/models/{NAME}").json["max_model_len"] == CONTEXT
    engine._loaded = False
    assert "max_model_len" not in api.get("/v1/models").json["data"][0]


def test_the_length_of_the_context_is_told_before_the_first_answer() -> None:
    asked = []

    def planned(model: ModelRef) -> int:
        asked.append(model)
        return 32_768

    api = Api.over(ServedEngine(loaded=False), planned=planned)
    assert api.get(f"/v1/models/{NAME}").json["max_model_len"] == 32_768
    assert asked == [MODEL]
    engine = ServedEngine(model=MODEL)  # the window has loaded it, and nobody has asked here yet
    api = Api.over(engine, planned=planned)
    assert api.get(f"/v1/models/{NAME}").json["max_model_len"] == CONTEXT
    assert not engine.requests
    engine.count = busy  # type: ignore[method-assign]
    assert api.get(f"/v1/models/{NAME}").json["max_model_len"] == 32_768


def busy(request: Request, cancel: threading.Event) -> Prompt | None:
    raise Cancelled


def test_the_health_says_when_the_model_is_being_loaded() -> None:
    engine = ServedEngine(loaded=False)
    engine.loading = 30.0
    api, gone = Api.over(engine), threading.Event()
    answered = threading.Thread(target=lambda: api.post(PATHS[0], body(PATHS[0]), gone=gone))
    answered.start()
    while (answer := api.get("/health", {"Authorization": None})).status == 200:
        answered.join(0.005)
    assert (answer.status, answer.error["code"]) == (503, "loading")
    assert answer.headers["retry-after"] == "5"
    assert NAME.encode() not in answer.body
    gone.set()
    answered.join()
    assert api.get("/health").status == 200


def test_requests_that_cannot_be_read_are_logged_without_their_texts(tmp_path: Path) -> None:
    log = tmp_path / "connections.log"
    api = Api.over(ServedEngine(model=MODEL), log=log)
    for path in PATHS:
        api.post(path, body(path, model="secret"))
        api.post(path, b"secret")
        api.post(path, body(path, secret=1))
    text = log.read_text(encoding="utf-8")
    assert "secret" not in text
    for path in PATHS:
        assert text.count(f"tests/1, {path}, {NAME}, 40") == 3, text


def test_a_model_is_as_old_as_its_file(tmp_path: Path) -> None:
    file = tmp_path / f"{NAME}.gguf"
    model = ModelRef.of_file(file, NAME)
    api = Api.over(ServedEngine(), model=model)
    assert api.get(f"/v1/models/{NAME}").json["created"] == 0
    file.touch()
    os.utime(file, (2e9, 2e9))
    assert api.get(f"/v1/models/{NAME}").json["created"] == 2_000_000_000


@pytest.mark.parametrize("path", PATHS[:3])
def test_a_stream_is_sent_as_events(path: str) -> None:
    answer = Api.over(ServedEngine(model=MODEL)).post(path, body(path, stream=True))
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert len([*answer.events()]) > 3


def test_an_event_has_no_other_line_end() -> None:
    text = "a\x85b\u2028c\u2029d\ne"
    sent = event({"text": text}, "said").decode()
    head, data, *rest = sent.splitlines()  # as clients over httpx do
    assert (head, rest) == ("event: said", [""])
    assert json.loads(data.removeprefix("data: ")) == {"text": text}


def test_a_fault_is_the_servers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ServedEngine(model=MODEL)
    monkeypatch.setattr(engine, "loaded", lambda: 1 / 0)
    reported: list[BaseException] = []
    monkeypatch.setattr(log, "report", lambda error, where="": reported.append(error))
    answer = Api.over(engine).get("/v1/models")
    assert (answer.status, answer.error["type"]) == (500, "server_error")
    assert [type(error) for error in reported] == [ZeroDivisionError]
