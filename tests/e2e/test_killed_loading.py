"""`kill -9` of the engine, twice, while it loads: the chat stays, and less memory helps."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.base import settings
from app.store import State, Store
from tests.program import command

ASKED = "What is the capital of France?"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")


def test_the_engine_is_killed_twice_while_a_question_waits(tmp_path: Path) -> None:
    done = subprocess.run(
        command("tests.e2e.loading_driver", str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=400,
        check=True,
    )
    waits, refused, answered = map(json.loads, done.stdout.splitlines())
    assert waits["header"] == "Loading Demo model… 50%"
    assert ASKED in waits["shown"]
    assert "Loading" not in "".join(waits["status"]), "once is enough"
    assert refused["chat"], "it is not the page of models"
    assert ASKED in refused["shown"]
    assert "probably because memory ran out" in refused["shown"]
    assert refused["buttons"] == ["Load again", "Use less memory", "Choose another model"]
    assert not refused["banner"]
    assert answered["banner"].startswith("Demo model now uses less memory: ")
    assert "memory ran out" not in answered["shown"]
    chosen = settings.load(tmp_path / "settings.json")
    assert chosen.map_weights
    assert chosen.context
    with closing(Store(tmp_path / "chats.db")) as store:
        (chat,) = store.chats.listed()
        question, answer = store.messages.conversation(chat.id)
    assert question.message.text == ASKED
    assert answer.state is State.DONE
    assert "Paris" in answer.message.text
    assert "Paris" in answered["shown"]
