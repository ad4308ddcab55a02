"""What the window says of files of its own that are damaged, and goes on."""

from __future__ import annotations

from pathlib import Path

from app.base.settings import Theme
from tests.ui.driver import Start


def test_lost_settings_are_told_once(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"theme": "dark", "model": "demo", "context": 16k', encoding="utf-8")
    fireside = start()
    fireside.until(fireside.window.banner.isVisible)
    assert fireside.window.banner.label.text() == (
        "Some settings could not be read and have their defaults again: context. The others are "
        f"as they were. The old file is kept as {path}.1.old."
    )
    assert fireside.host.settings.theme is Theme.DARK
    fireside = start()
    fireside.stored(lambda store: None)
    assert not fireside.window.banner.isVisible()
