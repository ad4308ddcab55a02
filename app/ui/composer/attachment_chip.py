"""A file attached to the message being written: its name, its size, and buttons."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from app.documents.document import encoding_label
from app.ui.composer.attachment import Attachment
from app.ui.controls import Button, Elided, IconView, column, menu_of, plain, pop_up_below, tip
from app.ui.theme import Theme, font
from app.wording.language import tr

_NARROW, _WIDE = 180, 480  # pixels


class ChipHead(Button):
    """The part of a chip with the file's name and size, a button that shows its text."""

    def __init__(self, theme: Theme, opened: Callable[[], object]) -> None:
        super().__init__(theme, "openAttached", "", kind="chip", shortcut="Return", clicked=opened)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 2, 4, 2)
        row.setSpacing(7)
        words = QWidget()
        lines = column(words, gap=1)
        self.name, self.detail = Elided("chipName"), Elided("chipDetail")
        self.name.setFont(font(13, 550))
        self.detail.setFont(font(12))
        self.detail.setProperty("tone", "muted")
        lines.addWidget(self.name)
        lines.addWidget(self.detail)
        row.addWidget(IconView(theme, "file", "muted", 20))
        row.addWidget(words, 1)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)

    def show_item(self, item: Attachment) -> None:
        """Show the name and the size of an attachment."""
        self.name.set_text(item.name)
        self.detail.set_text(item.detail)
        label = tr("Preview {name}").format(name=item.name)
        self.setAccessibleName(label)
        self.setAccessibleDescription(item.detail)
        self.setToolTip(tip(label, "Return"))
        self.setEnabled(item.part is not None)


class AttachmentChip(QFrame):
    """A file: its name, its size, and buttons."""

    opened = Signal()
    """The text of the file is to be shown."""
    removed = Signal()
    cut = Signal()
    """The user wants to choose another part of the file."""
    unfolded = Signal()
    """The pasted text is to be turned back into typed text."""
    reread = Signal(str)
    """The file is to be read in another encoding, given by name."""

    def __init__(self, theme: Theme, item: Attachment) -> None:
        super().__init__()
        self.item = item
        self.setObjectName("chip")
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 3, 5, 3)
        self._head = ChipHead(theme, self.opened.emit)
        self.detail = self._head.detail
        row.addWidget(self._head, 1)
        self._unfold = Button(
            theme, "unfoldAttached", tr("Insert as text"), icon="edit", size=14,
            clicked=self.unfolded.emit,
        )  # fmt: skip
        self._read_as = Button(
            theme, "readAs", tr("Change encoding"), kind="ghost",
            text=tr("Aa", "letters, on a button"), clicked=self._ask_encoding,
        )  # fmt: skip
        self._cut = Button(
            theme, "cutAttached", tr("Choose what to attach"), icon="chevron-down", size=14,
            clicked=self.cut.emit,
        )  # fmt: skip
        self.remove_button = Button(
            theme, "removeAttached", tr("Remove"), icon="close", size=14, shortcut="Del",
            clicked=self.removed.emit,
        )  # fmt: skip
        self._buttons = (self._unfold, self._read_as, self._cut, self.remove_button)
        for button in self._buttons:
            button.setFixedSize(34 if button.text() else 26, 26)
            row.addWidget(button)
        row.setSpacing(1)
        self.refresh()

    def refresh(self) -> None:
        """Update the chip from its attachment."""
        item = self.item
        self._head.show_item(item)
        self._unfold.setVisible(item.pasted)
        self._read_as.setVisible(item.readable_as)
        self._cut.setVisible(bool(item.document and len(item.document.sections) > 1))
        self.remove_button.setAccessibleName(tr("Remove {name}").format(name=item.name))
        self.setAccessibleName(f"{item.name}: {item.detail}")

    @property
    def preferred_width(self) -> int:
        """The preferred width in pixels."""
        text = max(
            self._head.name.fontMetrics().horizontalAdvance(self.item.name),
            self.detail.fontMetrics().horizontalAdvance(self.item.detail),
        )
        buttons = sum(button.width() + 1 for button in self._buttons if not button.isHidden())
        return min(max(_NARROW, text + 56 + buttons), _WIDE)

    def _ask_encoding(self) -> None:
        """Open a menu of encodings, each with a sample of how the file reads in it."""
        assert self.item.document
        menu = menu_of(self, "encodings")
        for reading in self.item.document.readings:
            action = menu.addAction(plain(f"{encoding_label(reading.encoding)}: {reading.example}"))
            action.setCheckable(True)
            action.setChecked(reading.encoding == self.item.document.encoding)
            action.triggered.connect(lambda _, to=reading.encoding: self.reread.emit(to))
        pop_up_below(menu, self._read_as)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit()
        else:
            super().keyPressEvent(event)
