"""Answers of a given shape, by the real engine; `tests.long.test_shaped_answers` has more."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.answer_events import StopReason
from app.base.errors import SchemaUnsupported
from app.base.types import PartKind, Request, ToolChoice
from app.engine.supervisor import LocalBackend
from tests.e2e.engine import answer, ask
from tests.e2e.shaped import Verdict, fifty, is_valid
from tests.e2e.shaped import ask as ask_shaped
from tests.unit.test_turn_grammar import TOOLS

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 12}, "big": {"type": "boolean"}},
    "required": ["city", "big"],
    "additionalProperties": False,
}


def test_shapes(tmp_path: Path) -> None:
    with closing(LocalBackend(tmp_path / "log")) as backend:
        verdicts = [ask_shaped(backend, fifty()[n], n) for n in (11, 13, 25, 30, 39, 49)]
        assert Verdict.INVALID not in verdicts
        assert verdicts.count(Verdict.VALID) >= 4

        # One that is bad touches nothing.
        with pytest.raises(SchemaUnsupported):
            answer(backend, ask("Hello", response_schema='{"contains": {}}'))

        # A call that has to come, in the shape of the function's arguments.
        forced = ask("Hello", tools=TOOLS, tool_choice=ToolChoice.REQUIRED, max_tokens=300)
        said, done = answer(backend, forced)
        assert done.reason is StopReason.CALL
        assert said.parts[-1].kind is PartKind.CALL
        assert said.parts[-1].name in ("functions.get", "functions.get_all", "python")

        # Told to answer now, it goes on in the shape.
        now = threading.Event()
        now.set()
        said, done = answer(backend, ask("Why?", response_schema=json.dumps(CITY)), now)
        assert (done.reason, said.reasoning) == (StopReason.END, "")
        assert is_valid(CITY, said.text)


def test_beside_others(tmp_path: Path) -> None:
    """One that is free is answered as alone, while another has to be of a shape."""
    free, shaped = ask("Count to 20.", seed=None), ask("Hi", response_schema=json.dumps(CITY))
    free = replace(free, sampling=replace(free.sampling, temperature=0.0), ephemeral=True)
    with closing(LocalBackend(tmp_path / "log")) as backend:
        alone, _ = answer(backend, free)
        found: list[str] = []

        def run(request: Request) -> None:
            found.append(answer(backend, request)[0].text)

        threads = [threading.Thread(target=run, args=(each,)) for each in (free, shaped)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert alone.text in found
    assert any(is_valid(CITY, text) for text in found)


def test_the_command(tmp_path: Path) -> None:
    schema = tmp_path / "city.json"
    schema.write_text(json.dumps(CITY), "utf-8")
    asked = [sys.executable, "-m", "app", "ask", "What is the capital of Spain?", "--schema"]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*asked, str(schema)], capture_output=True, text=True, timeout=60, check=False
        )

    plain = run()
    assert plain.returncode == 0, plain.stderr
    assert is_valid(CITY, plain.stdout)
    assert plain.stderr.strip()
    assert "next in line" not in plain.stderr  # it waited for its own grammar only
    schema.write_text('{"properties": {"a": {"contains": {}}}}', "utf-8")
    refused = run()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "“contains”" in refused.stderr
    assert "#/properties/a/contains" in refused.stderr
