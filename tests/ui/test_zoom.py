"""Zoom of the whole window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMargins, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from app.base import settings as settings_file
from app.ui.blocks.canvas import Canvas
from app.ui.preferences.preferences_dialog import PreferencesDialog
from app.ui.theme import Theme
from app.ui.zoom import LEVELS, next_level, scaled
from tests.ui.driver import Start, answer
from tests.ui.qt import child

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(autouse=True)
def usual(theme: Theme) -> Iterator[None]:
    yield
    theme.set_zoom(100)


def sizes(window: QWidget) -> dict[QWidget, tuple[object, ...]]:
    """Return what zoom changes of every widget that is shown: font, limits, icon, margins."""
    found = {}
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and not widget.objectName().startswith("qt_"):
            icon = widget.iconSize().toTuple() if isinstance(widget, QAbstractButton) else ()
            limits = (*widget.minimumSize().toTuple(), *widget.maximumSize().toTuple())
            margins = layout.contentsMargins() if (layout := widget.layout()) else QMargins()
            sides = margins.left(), margins.top(), margins.right(), margins.bottom()
            found[widget] = (widget.font().pixelSize(), *limits, *icon, *sides)
    return found


def test_levels() -> None:
    assert [next_level(percent, 1) for percent in LEVELS] == [*LEVELS[1:], LEVELS[-1]]
    assert next_level(93, 1) == 100
    assert next_level(80, -1) == 80
    assert next_level(175, 0) == 100
    assert settings_file._LIMITS["zoom"] == (LEVELS[0], LEVELS[-1])


def test_everything_is_zoomed_and_comes_back(start: Start) -> None:
    fireside = start()
    fireside.ask("hello", *answer("Some text.\n\n```python\nx = 1\n```"))
    fireside.shows("Some text.")
    fireside.idle()
    window = fireside.window
    texts = ("newChat", "chatSearch", "composer", "statusLine", "effortLow", "made", "title")
    wide = window.sidebar.width()
    before, canvas = sizes(window), fireside.find(Canvas, "answerText")
    fonts = {name: child(window, QWidget, name).font().pixelSize() for name in texts}
    low, row = canvas.height(), window.sidebar.list.sizeHintForRow(0)
    fireside.host.change(zoom=125)
    QTest.keyClick(window, Qt.Key.Key_Plus, CTRL)
    assert fireside.host.settings.zoom == 150
    for name, pixels in fonts.items():
        assert child(window, QWidget, name).font().pixelSize() == scaled(pixels, 1.5), name
    assert child(window, QWidget, "send").minimumWidth() == 51
    assert window.sidebar.list.sizeHintForRow(0) == scaled(row, 1.5)
    assert window.title_bar.height() == 72
    fireside.until(lambda: window.sidebar.width() == scaled(wide, 1.5))
    fireside.until(lambda: canvas.height() > 1.3 * low)
    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        CTRL, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(window, wheel)
    assert fireside.host.settings.zoom == 125
    QTest.keyClick(window, Qt.Key.Key_0, CTRL)
    assert sizes(window) == before
    fireside.until(lambda: canvas.height() == low)
    fireside.until(lambda: window.sidebar.width() == wide)


def test_the_sidebar_has_its_width_again_after_a_zoom_without_room(start: Start) -> None:
    fireside = start()
    window = fireside.window
    window.resize(1024, 600)
    window.views.side.splitter.setSizes([288, 736])
    fireside.until(lambda: window.sidebar.width() == 288)
    fireside.host.change(zoom=125)
    window.zoom.step(1)
    fireside.until(lambda: window.views.side.narrow)
    window.zoom.step(0)
    fireside.until(lambda: window.sidebar.width() == 288)
    assert not window.views.side.narrow


def test_what_is_made_later_is_zoomed_and_the_zoom_is_kept(start: Start) -> None:
    fireside = start()
    fireside.window.zoom.step(1)
    fireside = start()
    assert fireside.theme.zoom == 1.1
    assert fireside.host.settings.zoom == 110
    fireside.window.views.show_sidebar(True)
    assert fireside.find(QLabel, "brand").font().pixelSize() == scaled(15, 1.1)
    fireside.host.change(zoom=175)
    fireside.window.zoom.step(1)
    QTest.keyClick(fireside.window, Qt.Key.Key_Comma, CTRL)
    dialog = child(fireside.window, PreferencesDialog, "preferences")
    fireside.until(dialog.isVisible)
    switch = child(dialog, QWidget, "notify")
    assert switch.width() == 80
    fireside.window.zoom.step(0)
    assert switch.width() == 40
    assert fireside.window.composer.editor.viewport().font().pixelSize() == 15
