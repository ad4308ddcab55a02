"""The window reports damaged files of its own, and continues."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton

from app.base.errors import StoreFull
from app.base.settings import ThemeChoice
from app.base.types import Part
from app.store.database import Database
from tests.ui.driver import Start, answer, make


def test_lost_settings_are_told_once(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"theme": "dark", "model": "demo", "context": 16k', encoding="utf-8")
    fireside = start()
    fireside.until(fireside.window.banner.isVisible)
    assert fireside.window.banner.label.text() == (
        "Some settings couldn’t be read and have been reset to their defaults. "
        f"The old file was saved as {path}.1.old."
    )
    assert fireside.host.settings.theme is ThemeChoice.DARK
    fireside = start()
    fireside.stored(lambda store: None)
    assert not fireside.window.banner.isVisible()


def test_on_a_full_disk_chats_are_read_and_go_on_when_there_is_room(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(start(), "herons", "owls")
    opened = Database._open

    def full(store: Database) -> None:
        if not store._copied:
            raise StoreFull(store.path)
        opened(store)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "_open", full)
        fireside = start()
        window = fireside.window
        fireside.until(window.banner.isVisible)
        assert window.banner.label.text().startswith("The disk is full. Free up some space")
        fireside.shows("About owls.")
        window.open_chat(fireside.stored(lambda store: store.find("herons"))[0])
        fireside.shows("About herons.")
        fireside.ask("Is it saved?")
        fireside.until(lambda: window.composer.parts() == (Part("Is it saved?"),))
        assert fireside.backend.requests == []
        assert window.banner.isVisible()
    fireside.script(*answer("It is."))
    fireside.find(QAbstractButton, "send").click()
    fireside.shows("It is.")
    fireside.idle()
    assert not window.banner.isVisible()
    fireside = start()
    fireside.shows("It is.")


def test_a_place_that_is_no_place(start: Start) -> None:
    assert start(model=False, window="\ud800", splitter="\ud800").window.isVisible()
