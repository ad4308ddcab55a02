"""Claude Code, as its documentation has it asked by scripts, without an account.

It works in a folder of its own, and asks nobody but the server.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from checks import FOLDER, MODEL, TOKEN, URL, check

BASE = FOLDER / "node_modules" / "@anthropic-ai"
WORK = Path.cwd() / "project"
ENVIRONMENT = os.environ | {
    "ANTHROPIC_BASE_URL": URL.removesuffix("/v1"),
    "ANTHROPIC_AUTH_TOKEN": TOKEN,
    "ANTHROPIC_MODEL": MODEL,
    "ANTHROPIC_DEFAULT_HAIKU_MODEL": MODEL,
    "ANTHROPIC_DEFAULT_SONNET_MODEL": MODEL,
    "ANTHROPIC_DEFAULT_OPUS_MODEL": MODEL,
    "DISABLE_AUTOUPDATER": "1",
    "IS_SANDBOX": "1",
    "TERM": "dumb",
}


def program() -> list[str]:
    """Return how it is started: its binary, without what npm would have done after installing."""
    found = sorted(path for path in BASE.glob("claude-code-*/claude*") if path.is_file())
    if found:
        return [str(found[0])]
    return [shutil.which("node") or "node", str(BASE / "claude-code" / "cli-wrapper.cjs")]


def told(question: str, *more: str) -> list[Any]:
    """Return what it reports while it answers a question."""
    WORK.mkdir(exist_ok=True)
    done = subprocess.run(
        [*program(), "-p", question, "--verbose", "--output-format", "stream-json", *more],
        cwd=WORK, env=ENVIRONMENT, capture_output=True, text=True, timeout=120,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert lines, f"it said nothing: {done.stdout[-500:]} {done.stderr[-500:]}"
    return lines


def results(lines: list[Any]) -> list[Any]:
    """Return what its tools said."""
    return [
        block["content"]
        for line in lines
        if line["type"] == "user"
        for block in line["message"]["content"]
        if block["type"] == "tool_result"
    ]


@check
def plain() -> None:
    end = told('say "Hello from here"')[-1]
    assert end["subtype"] == "success", end
    assert end["result"] == "Hello from here", end
    assert end["usage"]["input_tokens"] + end["usage"]["cache_read_input_tokens"] > 1000, end
    assert end["usage"]["output_tokens"] > 0, end


@check
def its_tools_work() -> None:
    WORK.mkdir(exist_ok=True)
    notes = WORK / "notes.txt"
    notes.write_text("The word is marzipan.\n", "utf-8")
    made = WORK / "made.txt"
    question = (
        f'call Read {{"file_path": "{notes}"}} and Write '
        f'{{"file_path": "{made}", "content": "Made by the model"}} and Bash '
        '{"command": "echo marker-$((40+2))", "description": "Count"}'
    )
    lines = told(question, "--dangerously-skip-permissions")
    said = [str(result) for result in results(lines)]
    assert len(said) == 3, said
    assert "marzipan" in said[0], said
    assert "marker-42" in said[2], said
    assert made.read_text("utf-8") == "Made by the model"
    end = lines[-1]
    assert "marker-42" in end["result"], end
    assert end["num_turns"] == 4, end


@check
def tools_at_once() -> None:
    question = (
        'both Bash {"command": "echo one-$((1))", "description": "One"} '
        'and Bash {"command": "echo two-$((2))", "description": "Two"}'
    )
    said = results(told(question, "--dangerously-skip-permissions"))
    assert said == ["one-1", "two-2"], said


@check
def another_model_is_refused_in_words() -> None:
    end = told("Hello", "--model", "claude-nope")[-1]
    assert end["is_error"], end
    assert "claude-nope" in end["result"], end
