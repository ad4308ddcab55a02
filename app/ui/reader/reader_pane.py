"""The pane of the reader: what the source is, its text, and what can be done with it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit

from app.base.pages.cited import CitedPlace
from app.tools.visible import one_line
from app.ui.controls import Button, Elided, column, muted, plain_tip, tip
from app.ui.form_fields import named
from app.ui.reader.page_view import PageView
from app.ui.theme import Theme, font
from app.wording.citation_words import citation_name, lines_words, source_place, source_title
from app.wording.language import number, tr


class ReaderPane(QFrame):
    """A page that an answer cites, at the cited lines."""

    closed = Signal()
    stepped = Signal(int)
    """Another citation is wanted: the next one (1), or the one before (-1)."""
    opened = Signal()
    """The page itself is to be opened, in the browser or in the program for its file."""
    copied = Signal()
    """The selection, or else the cited lines are to be copied."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("reader")
        self.setAccessibleName(tr("Source"))
        layout = column(self, (16, 10, 10, 12), gap=4)
        layout.addLayout(self._make_head(theme))
        layout.addLayout(self._make_place())
        layout.addLayout(self._make_buttons(theme))
        self.view = PageView(theme)
        layout.addWidget(self.view, 1)
        self.field.installEventFilter(self)
        self.view.installEventFilter(self)

    def _make_head(self, theme: Theme) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(8)
        self._number = QLabel()
        self._number.setObjectName("readerNumber")
        self._number.setFont(font(12, 600))
        head.addWidget(self._number)
        self._title = Elided("readerTitle")
        self._title.setFont(font(15, 600))
        head.addWidget(self._title, 1)
        close = Button(
            theme, "closeReader", tr("Close"), icon="close", size=16, shortcut="Esc",
            clicked=self.closed.emit,
        )  # fmt: skip
        head.addWidget(close)
        return head

    def _make_place(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self._address = Elided("readerAddress")
        self._address.setFont(font(12))
        self._address.setProperty("tone", "muted")
        row.addWidget(self._address, 1)
        self._lines = muted("", "readerLines")
        row.addWidget(self._lines)
        return row

    def _make_buttons(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(0, 4, 6, 6)
        row.setSpacing(4)
        self.open = Button(
            theme, "openSource", "", text=" ", kind="small", pixels=12, clicked=self.opened.emit
        )
        row.addWidget(self.open)
        self.copy = Button(
            theme, "copySource", tr("Copy the selection or the cited lines"), text=tr("Copy"),
            kind="small", pixels=12, clicked=self.copied.emit,
        )  # fmt: skip
        row.addWidget(self.copy)
        self.field = QLineEdit()
        named(self.field, "readerFind", tr("Find in this page"), tip(tr("Find in this page")))
        self.field.setPlaceholderText(tr("Find"))
        self.field.setMinimumWidth(72)
        self.field.setMaximumWidth(150)
        self.field.setFont(font(12))
        row.addWidget(self.field, 1)
        row.addStretch(1)
        self._count = muted("", "citationCount")
        row.addWidget(self._count)
        self._steps = [
            Button(
                theme, name, label, icon=icon, size=16, shortcut=keys,
                clicked=partial(self.stepped.emit, by),
            )
            for name, label, icon, keys, by in (
                ("previousCitation", tr("Previous citation"), "chevron-up", "Alt+Up", -1),
                ("nextCitation", tr("Next citation"), "chevron-down", "Alt+Down", 1),
            )
        ]  # fmt: skip
        for button in self._steps:
            row.addWidget(button)
        return row

    def show_place(self, place: CitedPlace, at: int, count: int, door: str) -> None:
        """Show what a page is, as citation ``at`` of ``count``; `view` then shows its text.

        ``door`` is the text of the button that opens the page itself; empty if it cannot.
        """
        assert place.source
        self._number.setText(str(place.source.number))
        self._title.set_text(source_title(place.source))
        address = one_line(place.source.address)
        web = address.startswith(("http://", "https://"))
        self._address.set_text(address if web else one_line(source_place(address)))
        self._lines.setText(lines_words(place.lines))
        self.open.setVisible(bool(door))
        self.open.setText(door)
        self.open.setAccessibleName(door)
        self.open.setToolTip(plain_tip(address))
        self._count.setText(
            tr("{number} of {count}").format(number=number(at + 1), count=number(count))
        )
        for widget in (self._count, *self._steps):
            widget.setVisible(count > 1)
        self.view.setAccessibleName(citation_name(place))

    def find_words(self, *, back: bool) -> None:
        """Select the next place, or the one before, with the words in the field."""
        words = self.field.text()
        missed = bool(words) and not self.view.find_words(words, back=back)
        self.field.setProperty("missed", missed)
        self.field.style().unpolish(self.field)
        self.field.style().polish(self.field)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the pane's own keys from the field and the text."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if watched is self.field and enter:
            self.find_words(back=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
            return True
        return self._press(event)

    def event(self, event: QEvent) -> bool:
        """Keep its keys from the window, whose Esc stops an answer."""
        ours = isinstance(event, QKeyEvent) and _key_of(event) is not None
        if event.type() == QEvent.Type.ShortcutOverride and ours:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._press(event):
            super().keyPressEvent(event)

    def _press(self, event: QKeyEvent) -> bool:
        """Do what a key is for; return whether it is one of the pane's."""
        step = _key_of(event)
        if step:
            self.stepped.emit(step)
        elif step == 0:
            self.closed.emit()
        return step is not None


def _key_of(event: QKeyEvent) -> int | None:
    """Return the citations to go on by; 0 to close it, None for other keys."""
    if event.key() == Qt.Key.Key_Escape:
        return 0
    if event.modifiers() & Qt.KeyboardModifier.AltModifier:
        return {Qt.Key.Key_Up.value: -1, Qt.Key.Key_Down.value: 1}.get(event.key())
    return None
