"""What `fireside ask` is asked: its text, standard input, and attached files."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from app.base.errors import DocumentUnknown
from app.base.types import Part, PartKind
from app.cli import question
from app.documents import worker


class Missing(Exception):
    pass


def give_up(message: str) -> NoReturn:
    raise Missing(message)


def read(
    monkeypatch: pytest.MonkeyPatch, given: bytes | None, text: str | None, *files: Path
) -> tuple[Part, ...]:
    """Read a question while ``given`` comes through a pipe; None for no standard input."""
    if given is None:
        monkeypatch.setattr(sys, "stdin", None)
        return question.read(text, files, give_up)
    out, into = os.pipe()
    os.write(into, given)
    os.close(into)
    with io.TextIOWrapper(os.fdopen(out, "rb")) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        return question.read(text, files, give_up)


def test_text_alone_and_piped_text_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, None, "Hello") == (Part("Hello"),)
    assert read(monkeypatch, b"", "Hello") == (Part("Hello"),)
    for text in (None, "-"):
        assert read(monkeypatch, "Grüße\n".encode(), text) == (Part("Grüße"),)


def test_what_is_piped_is_attached_after_the_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("First.\n")
    latin = "Schöne Grüße aus Köln, es läuft für uns alle über Erwarten.".encode("cp1252")
    parts = read(monkeypatch, latin, "Summarise", notes)
    assert [(part.kind, part.name, part.text) for part in parts] == [
        (PartKind.FILE, "notes.txt", "First."),
        (PartKind.FILE, "standard input", latin.decode("cp1252")),
        (PartKind.TEXT, "", "Summarise"),
    ]
    assert "read as Windows-1252" in capsys.readouterr().err


def test_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, text in ((None, None), (b"", None), (b" \n", "-"), (None, "-")):
        with pytest.raises(Missing):
            read(monkeypatch, given, text)


def test_a_terminal_without_text_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as stream:  # a device, as a terminal is
        monkeypatch.setattr(sys, "stdin", stream)
        with pytest.raises(Missing):
            question.read(None, (), give_up)


def test_what_is_no_text_and_what_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DocumentUnknown) as found:
        read(monkeypatch, bytes(range(32)) * 100, "Hello")
    assert found.value.path.name == "standard input"
    monkeypatch.setattr(worker, "LARGEST", 1000)
    target = io.BytesIO()
    question._copy(io.BytesIO(bytes(5000)), target)
    assert len(target.getvalue()) == 1001  # enough to be refused as too large
