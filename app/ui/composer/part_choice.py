"""A popup for choosing which part of a file is to be sent."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from app.ui.composer.attachment import Attachment, pages_of, ranges
from app.ui.controls import Button, column, muted, set_tone
from app.ui.form_fields import heading, named
from app.ui.theme import Theme
from app.wording.language import number, tr


class PartChoice(QFrame):
    """A popup to choose pages, or the length in tokens of a file's beginning if it has none."""

    chosen = Signal(object)
    """The numbers of the chosen sections, as a tuple."""

    def __init__(self, theme: Theme, item: Attachment, room: int, parent: QWidget) -> None:
        """Create the popup. ``room`` is the number of tokens left for the file; 0 if unknown."""
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("partChoice")
        self._item, self._room = item, room
        assert item.document
        self._count = len(item.document.sections)
        self._all = tuple(range(self._count))
        self._sum = item.tokens_of(self._all)
        self._result: tuple[int, ...] = ()
        layout = column(self, (18, 16, 18, 16), gap=10)
        title = tr("Which pages?") if item.paged else tr("How much to attach, from the start")
        self.setAccessibleName(title)
        layout.addWidget(heading(title, 15, 600))
        self._field = self._pages() if item.paged else self._tokens()
        self._field.setMinimumWidth(250)
        layout.addWidget(self._field)
        self._size_label = muted(name="partSize", pixels=13)
        layout.addWidget(self._size_label)
        row = QHBoxLayout()
        row.addStretch(1)
        self._done = Button(
            theme, "partDone", tr("Attach"), text=tr("Attach"),
            kind="primary", shortcut="Return", clicked=self._finish,
        )  # fmt: skip
        row.addWidget(self._done)
        layout.addLayout(row)
        self._look_again()

    def show_above(self, place: QPoint) -> None:
        """Show the popup with its lower left corner at a point."""
        self.adjustSize()
        self.move(place - QPoint(0, self.height() + 6))
        self.show()
        self._field.setFocus()
        self._field.selectAll()

    def _pages(self) -> QLineEdit:
        field = QLineEdit()
        example = tr("e.g. 1-20, 25")
        named(field, "pages", tr("Pages"), example)
        field.setProperty("kind", "field")
        field.setPlaceholderText(example)
        fits = self._item.first(self._room) if self._room else self._item.chosen
        field.setText(ranges(fits))
        field.textChanged.connect(self._look_again)
        field.returnPressed.connect(self._finish)
        return field

    def _tokens(self) -> QSpinBox:
        field = QSpinBox()
        named(field, "tokens", tr("Tokens"), tr("How much to attach, from the start"))
        field.setSuffix(tr(" tokens"))
        field.setGroupSeparatorShown(True)
        field.setRange(1, max(1, self._sum))
        field.setValue(self._room or self._item.tokens_of(self._item.chosen))
        field.valueChanged.connect(self._look_again)
        field.lineEdit().returnPressed.connect(self._finish)
        return field

    def _look_again(self) -> None:
        if isinstance(self._field, QLineEdit):
            self._result = pages_of(self._field.text(), self._count)
        else:
            tokens = self._field.value()
            some = self._all if tokens >= self._sum else self._item.first(tokens)
            self._result = some or (0,)
        size = self._item.tokens_of(self._result)
        wrong = not self._result
        if wrong:
            text = tr("Enter pages from 1 to {count}, e.g. 1-20, 25").format(
                count=number(self._count)
            )
        elif self._room and size > self._room:
            wrong = True
            text = tr("{tokens} tokens, but only {room} fit")
            if self._item.estimated:
                text = tr("About {tokens} tokens, but only {room} fit")
            text = text.format(tokens=number(size), room=number(self._room))
        else:
            text = tr("About {tokens} of {all} tokens").format(
                tokens=number(size), all=number(self._sum)
            )
        self._size_label.setText(text)
        set_tone(self._size_label, "danger" if wrong else "muted")
        self._done.setEnabled(bool(self._result))

    def _finish(self) -> None:
        if self._result:
            self.chosen.emit(self._result)
            self.close()
