"""What ``fireside ask`` says while other answers come first."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest

from app.base.answer_events import Delta, Waiting
from app.base.types import PartKind
from app.cli.answer_printer import AnswerPrinter

NEXT = "Waiting for another answer · next in line"
SECOND = "Waiting for other answers · number 2 in line"
HERE = Delta(0, "Here.", PartKind.TEXT)


def printed(
    capsys: pytest.CaptureFixture[str], events: Sequence[object], *, quiet: bool = False
) -> tuple[str, str]:
    printer = AnswerPrinter(quiet=quiet, save=None)
    for event in events:
        printer.receive(event)
    printer.finish()
    told = capsys.readouterr()
    return told.out, told.err


def test_the_place_in_the_queue_is_told_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = printed(capsys, (Waiting(2), Waiting(1), HERE))
    assert (out, err) == ("Here.", f"{SECOND}\n{NEXT}\n")
    assert printed(capsys, (Waiting(2), HERE), quiet=True) == ("", "")


def test_a_terminal_has_one_line_that_goes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "50")
    out, err = printed(capsys, (Waiting(2), Waiting(1), HERE))
    assert out == "Here."
    lines = err.split("\r")
    assert [line.rstrip() for line in lines] == ["", SECOND, NEXT, "", ""]
    assert all(len(line) == 49 for line in lines[1:-1]), "each covers the one before"
