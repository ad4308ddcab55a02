"""The words for the purposes in the log of connections."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app
from app.network.connection_log import ConnectionLog
from app.server.asker import Asker
from app.server.pieces import Usage
from app.server.request_log import RequestLog
from app.wording.connection_words import purpose_words

LOGGED = re.compile(
    r"""(?:\bpurpose\(|\bwhat(?::\ str)?\ ?=\ ?|\b_WHAT\ =\ |\.log\([\w.]+,\ )f?"([^"]+)\"""",
    re.VERBOSE,
)
"""Where a purpose is given in the code."""


def purposes() -> set[str]:
    """Return all purposes of requests that the code makes, with an "x" for what varies."""
    found = set()
    for folder in ("engine", "models", "network", "tools"):
        for file in (Path(app.__file__).parent / folder).rglob("*.py"):
            found |= set(LOGGED.findall(file.read_text("utf-8")))
    return {re.sub(r"{[^}]+}", "x", each) for each in found}


def test_each_purpose_has_words() -> None:
    logged = purposes()
    assert {"check for updates", "MCP x: call x", "answer by x", "start x"} <= logged
    assert {each: purpose_words(each) for each in logged if purpose_words(each) == each} == {}
    assert purpose_words("list models in openai/gpt-oss") == "List the models in openai/gpt-oss"
    assert purpose_words("MCP files: call read_file") == "MCP server files: call read_file"
    assert purpose_words("answer by {name}") == "Answer by {name}"


@pytest.mark.parametrize("old", ["", "of another version", "MCP", "check for updates, twice"])
def test_what_is_not_known_is_shown_as_it_is(old: str) -> None:
    assert purpose_words(old) == old


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (Usage(3000, 0, 40), "Local server: a, b/1, /v1/responses, m, 3,000 + 40 tokens"),
        ("the client left", "Local server: a, b/1, /v1/responses, m, the app disconnected"),
        ("400 too_long", "Local server: a, b/1, /v1/responses, m, 400 too_long"),
    ],
)
def test_requests_to_the_local_server(tmp_path: Path, what: Usage | str, words: str) -> None:
    path = tmp_path / "connections.log"
    RequestLog(path).add(Asker("a, b/1", "/v1/responses", "m"), what)
    (logged,) = ConnectionLog(path).read()
    assert purpose_words(logged.purpose) == words
