"""Everything can be reached by the Tab key, shows the focus, and has a name."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QWidget,
)

from app.base.types import Endpoint, Part, PartKind
from app.engine.remote.remote_server import SavedEndpoint
from app.ui.choices import Segments
from app.ui.composer.part_choice import PartChoice
from app.ui.conversation.transcript import Transcript
from app.ui.preferences.preferences_dialog import PreferencesDialog
from tests.ui.driver import Fireside, Start, answer, make, said
from tests.ui.qt import child, focused

CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit,
    QPlainTextEdit, Transcript,
)  # fmt: skip
ROUND = 22  # pixels around a control in which its focus may show


def controls(window: QWidget) -> set[QWidget]:
    """Return everything that a mouse can use.

    In a group of choices, Tab reaches the chosen one, and arrow keys the others.
    """
    found = {w for kind in CONTROLS for w in window.findChildren(kind) if w.isVisible()}

    def inner(widget: QWidget) -> bool:
        parent = widget.parentWidget()
        choice = isinstance(parent, Segments) and isinstance(widget, QAbstractButton)
        other = choice and not cast(QAbstractButton, widget).isChecked()
        return other or isinstance(widget, QScrollBar) or isinstance(
            parent, QLineEdit | QAbstractSpinBox | QAbstractItemView
        )  # fmt: skip

    def empty(widget: QWidget) -> bool:
        return isinstance(widget, QAbstractItemView) and widget.model().rowCount() == 0

    found -= {w for w in found if inner(w) or empty(w)}
    return {w for w in found if w.window() is window and w.isEnabled()}


def seen(widget: QWidget) -> QImage:
    window = widget.window()
    area = QRect(widget.mapTo(window, widget.rect().topLeft()), widget.size())
    return window.grab(area.adjusted(-ROUND, -ROUND, ROUND, ROUND)).toImage()


def walk(fireside: Fireside, window: QWidget) -> list[QWidget]:
    """Return the widgets that Tab visits in one full round."""
    stops: list[QWidget] = []
    window.activateWindow()
    fireside.until(lambda: QApplication.focusWidget() is not None)
    for _ in range(200):
        focus = focused()
        assert focus.window() is window
        QTest.keyClick(focus, Qt.Key.Key_Tab)
        focus = focused()
        assert not focus.visibleRegion().isEmpty(), describe(focus)
        if stops and focus is stops[0]:
            return stops
        stops.append(focus)
    pytest.fail(f"no end of {[describe(stop) for stop in stops[-20:]]}")


def describe(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.objectName()!r}"


def check(fireside: Fireside, window: QWidget) -> None:
    """Check this for everything in a window now."""
    stops = walk(fireside, window)
    missed = controls(window) - set(stops)
    nameless = [s for s in stops if not name_of(s)]
    unseen = []
    for stop in stops:
        stop.setFocus(Qt.FocusReason.TabFocusReason)
        for area in window.findChildren(QScrollArea):
            if area.isAncestorOf(stop):
                area.ensureWidgetVisible(stop)  # as the Tab key does, whatever has grown meanwhile
        QApplication.processEvents()
        with_it = seen(stop)
        stop.clearFocus()
        QApplication.processEvents()
        if seen(stop) == with_it:
            unseen.append(stop)
    stops[0].setFocus()
    problems = {"missed": missed, "nameless": nameless, "unseen": unseen}
    assert {k: sorted(map(describe, v)) for k, v in problems.items() if v} == {}


def name_of(widget: QWidget) -> str:
    found = QAccessible.queryAccessibleInterface(widget)
    return found.text(QAccessible.Text.Name) if found else ""


def test_an_empty_chat(fireside: Fireside) -> None:
    check(fireside, fireside.window)


def test_a_conversation(fireside: Fireside) -> None:
    make(fireside, "apples", "pears")
    fireside.ask("link", *answer("Look [here](https://a.b).\n\n" + "And on.\n\n" * 60))
    fireside.shows("And on.")
    fireside.idle()
    fireside.qtbot.wait(50)
    check(fireside, fireside.window)


@pytest.mark.qt_log_ignore("This plugin does not support")  # popups, without a screen
def test_what_is_attached(fireside: Fireside) -> None:
    window = fireside.window
    long = Part("words\n" * 200, PartKind.FILE, "long.txt")
    fireside.script(*answer("Fruit."))
    window.composer.set_parts((Part("apples", PartKind.FILE, "a.txt"), Part("What is it?")))
    fireside.find(QAbstractButton, "send").click()
    fireside.shows("Fruit.")
    fireside.idle()
    fireside.find(QAbstractButton, "file").click()
    many = tuple(Part("pears", PartKind.FILE, f"{n}.txt") for n in range(9))
    window.composer.set_parts((long, *many))
    window.composer.editor.text_pasted.emit("pasted " * 2000)
    items = window.composer.attachment_bar.items
    fireside.until(lambda: all(item.tokens for item in items))
    window.composer.attachment_bar.set_excess(30)
    window.composer.attachment_bar.tell("Something is wrong.")
    check(fireside, window)
    fireside.find(QAbstractButton, "choosePart").click()
    choice = child(window, PartChoice)
    assert QApplication.focusWidget() is choice.findChild(QAbstractSpinBox)
    check(fireside, choice)


def test_what_is_selected_can_be_read(fireside: Fireside) -> None:
    fireside.ask("link", *answer("[WWWWWWWW](https://a.b)\n\n> MMMMMMMM"))
    fireside.shows("MMMM")
    fireside.idle()
    quiet = {fireside.theme.colour(name).rgb() for name in ("link", "muted")}
    canvas = fireside.find(QWidget, "answerText")

    def pixels() -> set[int]:
        image = canvas.grab().toImage()
        return {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}

    assert quiet <= pixels()
    fireside.window.transcript.selection.select_all()
    assert not quiet & pixels()


def test_an_answer_that_was_stopped(fireside: Fireside) -> None:
    fireside.ask("count", said("one, "), fireside.hold())
    fireside.shows("one,")
    fireside.window.state.turns.stop(fireside.chat)
    fireside.shows("You stopped this answer.")
    fireside.idle()
    fireside.type("more")
    fireside.window.transcript.open_find()
    check(fireside, fireside.window)


def test_the_models(start: Start) -> None:
    fireside = start(model=False)
    fireside.window.model_area.model_picker.show_page()
    page = fireside.window.model_area.models_controller.page
    fireside.until(lambda: fireside.window.state.installed.looked)
    for tab in page.findChildren(Segments)[0].findChildren(QAbstractButton):
        tab.click()
        fireside.qtbot.wait(50)
        check(fireside, fireside.window)


def test_models_on_other_computers(fireside: Fireside) -> None:
    saved = SavedEndpoint(Endpoint("https://gpu.example.org/v1", "gpt-oss-120b"))
    fireside.host.remote.endpoints.save(saved)
    fireside.window.model_area.model_picker.show_elsewhere()
    fireside.find(QAbstractButton, "addEndpoint").click()
    form = fireside.window.model_area.models_controller.page.remote_pane.form
    QTest.keyClicks(form.address, "http://192.0.2.7:8000")
    form.unencrypted.turn(True)
    fireside.qtbot.wait(50)
    check(fireside, fireside.window)


@pytest.mark.parametrize("tab", ["archive", "bin"])
def test_archive_and_bin(fireside: Fireside, tab: str) -> None:
    make(fireside, "apples", "pears", "plums")
    fireside.window.state.index.arrange([1], archived=True)
    fireside.window.state.index.delete(2)
    fireside.window.toast.hide()
    fireside.window.library.archive.show_page(tab)
    fireside.stored(lambda store: None)
    page = fireside.window.library.archive.page
    page.table.selectRow(0)
    check(fireside, fireside.window)


@pytest.mark.parametrize("number", range(4))
def test_the_preferences(fireside: Fireside, number: int) -> None:
    fireside.window.preferences.open()
    dialog = child(fireside.window, PreferencesDialog)
    child(dialog, QAbstractItemView, "preferencePages").setCurrentIndex(
        child(dialog, QAbstractItemView, "preferencePages").model().index(number, 0)
    )
    fireside.qtbot.wait(50)
    check(fireside, dialog)
