"""The search in the preferences."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QStackedWidget, QWidget

from app.ui import qt_language
from app.ui.form_page import FormPage
from app.ui.preferences.preferences_dialog import PreferencesDialog
from tests.ui.driver import Fireside, Start
from tests.ui.qt import child, focused

# Dialogs, without a screen.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def opened(fireside: Fireside) -> PreferencesDialog:
    fireside.window.preferences.open()
    dialog = child(fireside.window, PreferencesDialog, "preferences")
    QTest.keyClick(dialog, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    fireside.until(dialog.search.hasFocus)
    return dialog


def pages(dialog: PreferencesDialog) -> list[str]:
    list_ = child(dialog, QListWidget, "preferencePages")
    return [list_.item(n).text() for n in range(list_.count()) if not list_.isRowHidden(n)]


def shown(dialog: PreferencesDialog) -> str:
    area = child(dialog, QStackedWidget).currentWidget()
    assert area is not None
    return child(area, FormPage).objectName()


def test_rows_are_found_by_label_and_by_help(fireside: Fireside) -> None:
    dialog = opened(fireside)
    everything = pages(dialog)
    QTest.keyClicks(dialog.search, "BATTERY")
    assert (pages(dialog), shown(dialog)) == (["Chats"], "chatsPage")
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)
    assert focused().objectName() == "prepare"
    QTest.keyClick(dialog, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(dialog.search, "hugging token")  # what is there is selected
    assert (pages(dialog), shown(dialog)) == (["Hugging Face"], "hubPage")
    QTest.keyClick(dialog, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(dialog.search, "idle")
    page, slider = child(dialog, FormPage, "memoryPage"), child(dialog, QWidget, "unloadIdle")
    above = QWidget()
    above.setFixedHeight(3000)
    page.column.insertWidget(0, above)  # as what is found of the computer later
    fireside.until(lambda: page.height() > 3000 and not slider.visibleRegion().isEmpty())
    QTest.keyClicks(dialog.search, " zzz")
    assert pages(dialog) == []
    assert child(dialog, QLabel, "noPreferences").isVisible()
    QTest.keyClick(dialog.search, Qt.Key.Key_Escape)
    assert pages(dialog) == everything
    assert not child(dialog, QLabel, "noPreferences").isVisible()
    QTest.keyClick(dialog.search, Qt.Key.Key_Down)
    assert focused().objectName() == "preferencePages"
    dialog.search.setFocus()
    QTest.keyClick(dialog.search, Qt.Key.Key_Escape)
    fireside.until(
        lambda: (
            not any(
                isinstance(w, PreferencesDialog) and w.isVisible()
                for w in QApplication.topLevelWidgets()
            )
        )
    )


def test_it_is_found_in_the_language_that_is_shown(start: Start, qapp: QApplication) -> None:
    qt_language.install(qapp, "de")
    dialog = opened(start())
    QTest.keyClicks(dialog.search, "sprache")
    assert shown(dialog) == "generalPage"
    marked = dialog._found[0]
    assert [child(part, QWidget, "languageDe").isVisible() for part in marked] == [True]
