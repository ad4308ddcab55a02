"""`fireside ask --tools`: calls that are asked about on a terminal, and what is printed of them."""

from __future__ import annotations

import codecs
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.base.settings import Folders
from app.store import Store
from app.store.consents import decided_for_all

DRIVER = [sys.executable, "-m", "tests.e2e.ask_tools_driver"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")


def on_terminal(typed: list[tuple[str, str]], *arguments: str) -> tuple[int, str]:
    """Run the command on a terminal of its own, and type an answer after each prompt."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.execv(DRIVER[0], [*DRIVER, *arguments])
    said, seen = "", 0
    decoder = codecs.getincrementaldecoder("utf-8")()  # what is read may end within a letter
    waiting = list(typed)
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:  # it has ended
            break
        if not data:
            break
        said += decoder.decode(data)
        if waiting and (at := said.find(waiting[0][0], seen)) >= 0:
            seen = at + 1
            os.write(terminal, waiting.pop(0)[1].encode())
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert waiting == []
    return os.waitstatus_to_exitcode(status), said.replace("\r\n", "\n")


def test_a_call_is_asked_about_on_the_terminal(tmp_path: Path) -> None:
    folder = str(tmp_path / "made")
    code, said = on_terminal(
        [("answer", "maybe\na\n")], "Search", "--tools", "mcp:files", "--save", folder
    )
    assert code == 0
    assert said.count("Allow “files__search” from “files”?") == 1  # then for the whole answer
    assert 'arguments: {"query": "a\\u001b[2Jb"}' in said
    assert said.count("  found ⟨U+001B⟩[31mit") == 2
    assert "\x1b" not in said
    assert said.rstrip().endswith("Two found.")
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == [
        "figure 1 (2).png", "figure 1.png"
    ]  # fmt: skip
    assert f"Saved {folder}" in said


def test_what_is_not_allowed_is_not_run() -> None:
    code, said = on_terminal(
        [("Don’t allow", "n\n"), ("Don’t allow", "n\n")], "Search", "--tools", "mcp:files"
    )
    assert code == 0
    assert "found" not in said.replace("Two found.", "")


def test_what_is_never_allowed_is_refused_unasked(tmp_path: Path) -> None:
    store = Store(Folders.find(tmp_path).chats)
    for decision, function in (("never", "files__search"), ("always", "files__list")):
        store.consents.set(None, "mcp:files", function, "an older pin", decision)
    rows = decided_for_all(store.path)  # while the window has it open
    assert sorted(row.function for row in rows) == ["files__list", "files__search"]
    store.close()
    code, said = on_terminal([], "--data-dir", str(tmp_path), "Search", "--tools", "mcp:files")
    assert code == 0
    assert "Allow" not in said
    assert said.count("The user does not allow this function, so it was not run.") == 2
    assert decided_for_all(tmp_path / "none.db") == []


def test_a_model_that_cannot_use_tools_says_so() -> None:
    code, said = on_terminal([], "Hi", "--tools", "mcp:files", "--unable")
    assert code == 0
    assert said == "This model can’t use tools. It answers without them.\nHi.\n"


def test_without_a_terminal_it_is_refused_in_words() -> None:
    done = subprocess.run(
        [*DRIVER, "Search", "--tools", "mcp:files", "--json"],
        capture_output=True, text=True, timeout=60, check=False, start_new_session=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0
    assert "no terminal to ask for your permission" in done.stderr
    said = json.loads(done.stdout)
    assert set(said) == {"reasoning", "answer", "citations", "calls", "stats", "model", "host"}
    assert [call["outcome"] for call in said["calls"]] == ["refused", "refused"]
    assert "no terminal" in said["calls"][0]["result"]
