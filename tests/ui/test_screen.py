"""The window and its dialogs on screens of all sizes."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QVBoxLayout, QWidget

from app.ui import screen
from app.ui.choices import Segments
from app.ui.preferences.preferences_dialog import PreferencesDialog
from app.ui.screen import FittingDialog, fit_window, fitted
from app.ui.sidebar.chat_list import ChatList
from tests.ui.driver import Fireside, Start, make
from tests.ui.qt import child

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

LAPTOP = QRect(0, 0, 1366, 768)
BESIDE = QRect(1366, 0, 1920, 1080)
SCREENS = [(1024, 600), (1366, 768), (1920, 1080), (2560, 1440)]
SCALES = [1, 1.25, 1.5, 2]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> QRect:
    """Have the smallest screen there is: 1024×600 at 200 %."""
    area = QRect(0, 0, 512, 300)
    monkeypatch.setattr(screen, "free_areas", lambda: [area])
    return area


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("size", SCREENS)
def test_the_first_window_fits_every_screen(size: tuple[int, int], scale: float) -> None:
    area = QRect(0, 24, round(size[0] / scale), round(size[1] / scale) - 24)
    assert area.contains(fitted(QRect(0, 0, 1184, 890), [area]))


def test_a_saved_place_is_on_a_screen_that_is_there() -> None:
    there = QRect(1500, 100, 1180, 860)
    assert fitted(there, [LAPTOP, BESIDE]) == there
    alone = fitted(there, [LAPTOP])  # the other screen is gone
    assert LAPTOP.contains(alone)
    assert alone.width() == 1180
    half_out = QRect(900, -50, 700, 500)
    assert fitted(half_out, [LAPTOP]) == QRect(666, 0, 700, 500)
    assert BESIDE.contains(fitted(QRect(1300, 0, 900, 500), [LAPTOP, BESIDE]))


def test_the_window_fits_a_small_screen_with_the_composer_in_sight(
    start: Start, small: QRect
) -> None:
    fireside = start()
    window = fireside.window
    fit_window(window)
    assert small.contains(window.frameGeometry())
    assert not window.sidebar.isVisible()
    fireside.until(lambda: window.rect().contains(area(window.composer, window)))
    send = fireside.find(QAbstractButton, "send")
    assert window.rect().contains(area(send, window))
    assert window.conversation.height() > 20


def narrower(widget: QWidget, width: int) -> bool:
    return widget.width() < width


def area(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def test_dialogs_shrink_and_scroll(start: Start, small: QRect) -> None:
    fireside = start()
    QTest.keyClick(fireside.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    dialog = child(fireside.window, PreferencesDialog, "preferences")
    fireside.until(dialog.isVisible)
    assert dialog.height() < small.height(), "there is room for its frame from the beginning"
    assert dialog.frameGeometry().width() <= small.width()
    assert dialog.frameGeometry().height() <= small.height()
    tall = FittingDialog(fireside.window)
    tall.setMinimumWidth(700)
    layout = QVBoxLayout(tall)
    for number in range(20):
        layout.addWidget(QLineEdit(f"line {number}"))
    tall.show()
    last = tall.findChildren(QLineEdit)[-1]
    fireside.until(lambda: tall.height() <= small.height())
    assert tall.width() <= small.width()
    last.setFocus()
    fireside.until(lambda: tall.rect().contains(area(last, tall).center()))


def test_a_narrow_window_has_the_sidebar_over_the_conversation(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    window, sidebar = fireside.window, fireside.window.sidebar
    window.resize(683, 700)
    fireside.until(lambda: not sidebar.isVisible())
    assert window.composer.width() > 600
    fireside.find(QAbstractButton, "showSidebar").click()
    shade = fireside.find(QWidget, "sidebarShade")
    assert sidebar.isVisible()
    assert sidebar.isAncestorOf(window.focusWidget())
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert not sidebar.isVisible()
    assert window.composer.editor.hasFocus()
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    QTest.mouseClick(shade, Qt.MouseButton.LeftButton, pos=QPoint(650, 300))
    assert not sidebar.isVisible()
    window.views.show_sidebar(True)
    view = child(sidebar, ChatList, "chatList")
    view.mark(view.chats.near(2))
    QTest.keyClick(view, Qt.Key.Key_Return)
    fireside.shows("About apples.")
    assert not sidebar.isVisible()
    fireside.find(QAbstractButton, "newChatHere").click()
    assert window.chat is None
    window.resize(QSize(1180, 860))
    fireside.until(sidebar.isVisible)  # as it was before
    assert not shade.isVisible()


def test_the_controls_have_room_in_a_narrow_window(fireside: Fireside) -> None:
    window = fireside.window
    window.setMinimumWidth(360)
    for width, effort in ((560, "effort"), (480, "effortShort"), (360, "effortShort")):
        window.resize(width, 500)
        fireside.until(partial(narrower, window.composer, width))
        names = ("attach", "modelPicker", "webToggle", "toolsMenu", effort, "send")
        places = [area(fireside.find(QWidget, name), window.composer) for name in names]
        assert all(map(window.composer.rect().contains, places))
        assert not any(one.intersects(next_) for one, next_ in pairwise(places))
    window.resize(680, 500)
    fireside.until(partial(narrower, window.composer, 680))
    label = window.composer._effort_label
    assert label.isVisible()
    for length in range(1, 60):
        window.composer.set_model("m" * length)
        if not label.isVisible():
            break
        assert window.composer.picker.text().strip() == "m" * length, "it goes before the name"
    assert not label.isVisible()


def test_the_efforts_are_never_cut(fireside: Fireside) -> None:
    window = fireside.window
    window.setMinimumWidth(360)
    composer, segments = window.composer, fireside.find(Segments, "effort")
    composer._effort_label.setText("Denkaufwand")
    composer.set_model("Demo-Modell")
    for width in range(480, 660, 20):
        window.resize(width, 500)
        fireside.until(partial(narrower, composer, width))
        fireside.until(lambda: segments.isHidden() or segments.size() == segments.sizeHint())
        assert composer._effort_label.isVisible() is not composer._effort_label.isHidden()


def test_what_changes_under_a_page_has_its_room_when_that_is_closed(fireside: Fireside) -> None:
    window = fireside.window
    window.model_area.model_picker.show_page()
    assert not window.composer.isVisible()
    window.composer.set_model("a model with a name as long as two others " * 3)
    window.pages.close_page()
    shown = window.composer.picker
    assert shown.text().startswith("a model")
    assert "…" in shown.text()
    assert shown.width() < window.composer.width() / 2
