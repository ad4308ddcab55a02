"""The words for the purposes in the log of connections."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.network.connection_log import LEFT, ConnectionLog, Purpose
from app.server.asker import Asker
from app.server.pieces import Usage
from app.server.request_log import RequestLog
from app.wording.connection_words import purpose_words


def test_each_purpose_has_words() -> None:
    for each in Purpose:
        logged = f"{each}some-name" if each.endswith(" ") else each
        assert purpose_words(logged) not in (logged, "")
    assert purpose_words("list models in openai/gpt-oss") == "List the models in openai/gpt-oss"
    assert purpose_words("MCP my files: call read_file") == "MCP server my files: call read_file"
    assert purpose_words("answer by {name}") == "Answer by {name}"


@pytest.mark.parametrize("old", ["", "of another version", "MCP", "check for updates, twice"])
def test_what_is_not_known_is_shown_as_it_is(old: str) -> None:
    assert purpose_words(old) == old


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (Usage(3000, 0, 40), "Local server: a, b/1, /v1/responses, m, 3,000 + 40 tokens"),
        (LEFT, "Local server: a, b/1, /v1/responses, m, the app disconnected"),
        ("400 too_long", "Local server: a, b/1, /v1/responses, m, 400 too_long"),
    ],
)
def test_requests_to_the_local_server(tmp_path: Path, what: Usage | str, words: str) -> None:
    path = tmp_path / "connections.log"
    RequestLog(path).add(Asker("a, b/1", "/v1/responses", "m"), what)
    (logged,) = ConnectionLog(path).read()
    assert purpose_words(logged.purpose) == words
