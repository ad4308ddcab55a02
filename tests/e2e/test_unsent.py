"""`kill -9` of the whole app: queued messages and drafts survive it.

After the next start, the real engine answers the queued messages one after another.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.base.types import Role
from app.store import State, Store
from tests.program import command

DRAFT = "What is the capital of"
WAITS = ["What is the capital of France?", "What is the capital of Spain?"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")


@contextmanager
def driven(work: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command("tests.e2e.unsent_driver", work, str(folder)),
        stdout=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(240, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        watchdog.join()
        process.kill()
        process.communicate()


def seen(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "it ended, or did nothing for four minutes"
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_kill_loses_neither_what_waits_nor_what_is_half_written(tmp_path: Path) -> None:
    with driven("write", tmp_path) as process:
        before = seen(process)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    psutil.wait_procs(children, timeout=30)
    assert before["waits"] == WAITS
    assert before["typed"] == DRAFT
    with driven("send", tmp_path) as process:
        found, after = seen(process), seen(process)
        assert process.wait(240) == 0
    assert found["waits"] == WAITS
    assert found["typed"] == DRAFT
    assert after["waits"] == []
    assert after["typed"] == DRAFT
    store = Store(tmp_path / "chats.db")
    (chat,) = store.chats.listed()
    rows = store.messages.conversation(chat.id)
    drafts = store.drafts.all()
    store.close()
    asked = [row.message.text for row in rows if row.message.role is Role.USER]
    assert asked == ["Count to 100.", *WAITS]
    states = [row.state for row in rows if row.message.role is Role.ASSISTANT]
    assert states == [State.CUT_OFF, State.DONE, State.DONE]
    (draft,) = drafts.values()
    assert "".join(part.text for part in draft.parts) == DRAFT
    assert draft.queue == ()
    assert after["shown"].index("France") < after["shown"].index("Spain")
