"""The bar of the search in the chat that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QHideEvent,
    QKeyEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

from app.ui.controls import Button, muted, tip
from app.ui.conversation.find_search import FindHit, FindSearch
from app.ui.conversation.message_state import MessageState
from app.ui.form_fields import named
from app.ui.theme import Theme
from app.wording.language import number, tr

_FIELD, _NARROWEST = 210, 96  # pixels of the field


class FindBar(QFrame):
    """The search field, the number of hits, and buttons to go from one to the next."""

    closed = Signal(Qt.FocusReason)
    """It was closed while it had the keyboard focus: with the mouse, or a shortcut."""
    resized = Signal()
    """Its preferred size has changed."""
    shown = Signal(bool)
    """It was opened, or closed."""

    def __init__(self, theme: Theme, parent: QWidget, start: Callable[[str], FindHit]) -> None:
        """Create the bar. ``start`` says where in the conversation a search for a text begins."""
        super().__init__(parent)
        self.setObjectName("findBar")
        self.setAccessibleName(tr("Find in chat"))
        self._start = start
        self._records: Sequence[MessageState] = ()
        self.results = FindSearch(self)
        self.results.changed.connect(self._show_count)
        self.field = QLineEdit()
        named(self.field, "findText", tr("Find in chat"), tip(tr("Find in chat"), "Ctrl+F"))
        self.field.setPlaceholderText(tr("Find in chat"))
        self.field.setMaximumWidth(_FIELD)
        self.field.setMinimumWidth(_NARROWEST)
        self.field.textChanged.connect(self.search)
        self.field.installEventFilter(self)
        self._count = muted("", "findCount", pixels=12)
        self._count.setMinimumWidth(64)
        self._count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._everywhere = Button(
            theme, "findEverywhere", tr("Also search collapsed reasoning and attachments"),
            text=tr("Include collapsed text"), kind="toggle", pixels=12, shortcut="Alt+R",
        )  # fmt: skip
        self._everywhere.setCheckable(True)
        self._everywhere.toggled.connect(self._search_everywhere)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 6, 6)
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addWidget(self._count)
        row.addWidget(self._everywhere)
        self._steps: list[Button] = []
        for name, label, icon, keys, work in (
            ("findPrevious", tr("Previous match"), "chevron-up", "Shift+F3", self.previous),
            ("findNext", tr("Next match"), "chevron-down", "F3", self.next),
            ("closeFind", tr("Close"), "close", "Esc", self._close),
        ):
            button = Button(theme, name, label, icon=icon, size=16, shortcut=keys, clicked=work)
            row.addWidget(button)
            self._steps.append(button)
        del self._steps[2:]
        self.hide()
        self._show_count()

    def open(
        self, records: Sequence[MessageState], words: str = "", message: int | None = None
    ) -> None:
        """Open the bar, with ``words``, such as the selection, filled in.

        Go to the first hit in ``message``, if one is given.
        """
        self._records = records
        if words and "\n" not in words:
            self.field.blockSignals(True)
            self.field.setText(words)
            self.field.blockSignals(False)
        self.show()
        self.raise_()
        self.shown.emit(True)
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        if message is None:
            self.search()
        else:
            target = FindHit(message, 0, 0)
            self.results.start(records, self.field.text(), target, here_only=True)

    def search(self) -> None:
        """Search from the beginning, and go to the first hit from what is in view on."""
        words = self.field.text() if self.isVisible() else ""
        self.results.start(self._records, words, self._start(words))

    def refresh(self, records: Sequence[MessageState]) -> None:
        """Search again, since the conversation has changed."""
        self._records = records
        if self.isVisible():
            self.results.refresh(records)

    def next(self) -> None:
        """Go to the next hit, or from the last to the first."""
        self.results.step(1)

    def previous(self) -> None:
        """Go to the previous hit, or from the first to the last."""
        self.results.step(-1)

    def dismiss(self, reason: Qt.FocusReason = Qt.FocusReason.ShortcutFocusReason) -> None:
        """Close the bar."""
        focused = self.isAncestorOf(self.window().focusWidget() or self.window())
        self.hide()
        self.shown.emit(False)
        self._everywhere.setChecked(False)
        self.results.start((), "", FindHit(0, 0, 0))
        if focused:
            self.closed.emit(reason)

    def forget(self) -> None:
        """Close the bar, and forget what was searched for: another chat is shown."""
        if not self.isHidden():
            self.dismiss()
        self.field.clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() is not QEvent.Type.KeyPress:
            return False
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        match Qt.Key(event.key()):
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.previous() if shift else self.next()
            case Qt.Key.Key_Escape:
                self.dismiss()
            case Qt.Key.Key_R if event.modifiers() == Qt.KeyboardModifier.AltModifier:
                if not self._everywhere.isHidden():
                    self._everywhere.click()
            case _:
                return False
        return True

    def hideEvent(self, event: QHideEvent) -> None:
        """Search no further while another page covers the conversation."""
        super().hideEvent(event)
        self.results.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.results.refresh(self._records)

    def _close(self) -> None:
        by_mouse = self.field.hasFocus()  # a click leaves it there
        reason = Qt.FocusReason
        self.dismiss(reason.MouseFocusReason if by_mouse else reason.ShortcutFocusReason)

    def _search_everywhere(self, everywhere: bool) -> None:
        self.results.everywhere = everywhere
        self.search()

    def _show_count(self) -> None:
        found, count = self.results, len(self.results.hits)
        more = "" if found.complete else "+"
        if not found.words:
            text = ""
        elif not count:
            text = "…" if more else tr("No results")
        elif found.current < 0:
            text = f"{number(count)}{more}"
        else:
            text = tr("{current} of {count}").format(
                current=number(found.current + 1), count=f"{number(count)}{more}"
            )
        if found.complete and text and text != self._count.text() and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))
        self._count.setText(text)
        self._count.setAccessibleName(text)
        for button in self._steps:
            button.setEnabled(bool(count))
        offered = bool(found.words) and (found.collapsed or self._everywhere.isChecked())
        if offered == self._everywhere.isHidden():
            self._everywhere.setVisible(offered)
            self.resized.emit()
