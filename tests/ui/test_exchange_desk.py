"""Chats to files and back, through the window."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel

from tests.ui.driver import Fireside, Start, answer, make

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def banner(fireside: Fireside) -> str:
    return fireside.window.findChild(QLabel, "bannerText").text()


def choose(fireside: Fireside, name: str, path: Path, form: str = "") -> None:
    dialog = fireside.window.findChild(QFileDialog, name)
    if form:
        dialog.selectNameFilter(form)
    dialog.fileSelected.emit(str(path))
    dialog.close()


@pytest.mark.parametrize(
    ("name", "form", "file"),
    [
        ("apples.md", "", "apples.md"),
        ("apples", "Web page (*.html)", "apples.html"),
        ("apples", "Everything, as JSON (*.json)", "apples.json"),
    ],
)
def test_a_chat_is_exported(
    fireside: Fireside, tmp_path: Path, name: str, form: str, file: str
) -> None:
    fireside.ask("apples?", *answer("They are **red**.", "Fruit."))
    fireside.shows("They are red.")
    fireside.idle()
    chat = fireside.window._chat
    fireside.window._export(chat)
    choose(fireside, "exportDialog", tmp_path / name, form)
    fireside.until(lambda: "apples?" in banner(fireside))
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert "red" in text
    assert "apples?" in text


def test_all_chats_go_out_and_come_in_again(start: Start, tmp_path: Path) -> None:
    fireside = start()
    make(fireside, "apples", "pears")
    fireside.window.preferences.open()
    fireside.find(QAbstractButton, "exportAll").click()
    choose(fireside, "exportDialog", tmp_path / "all.json")
    fireside.until(lambda: "All chats are in" in banner(fireside))
    assert len(json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))["chats"]) == 2
    for chat in list(fireside.window.index.rows):
        fireside.window.index.delete(chat)
    fireside.stored(lambda store: store.purge(0))
    fireside.find(QAbstractButton, "importChats").click()
    choose(fireside, "importDialog", tmp_path / "all.json")
    fireside.until(lambda: "2 chats with 4 messages came from Fireside." in banner(fireside))
    fireside.until(lambda: len(fireside.window.index.rows) == 2)


def test_what_is_no_file_of_chats_says_so(fireside: Fireside, tmp_path: Path) -> None:
    wrong = tmp_path / "notes.json"
    wrong.write_text("[1, 2]", encoding="utf-8")
    fireside.window.exchange.bring(wrong)
    fireside.until(lambda: "notes.json” " in banner(fireside) or "“notes.json”" in banner(fireside))
    assert "did not expect" not in banner(fireside)
