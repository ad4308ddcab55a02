"""The files attached to the message being written, a chip for each."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from app.base.types import Part
from app.ui.composer.attachment import Attachment, ranges
from app.ui.composer.attachment_chip import AttachmentChip
from app.ui.controls import Button, column
from app.ui.notice import Notice
from app.ui.theme import Theme
from app.wording.language import number, tr

_HIGH, _GAP = 50, 8  # pixels of a chip, and between two
_ROWS = 2.6  # of chips shown at most; half a row hints at more
_MARGIN = 16  # tokens for the text between the parts


class _Chips(QWidget):
    """Chips in as many rows as they need."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.chips: list[AttachmentChip] = []

    def arrange(self, width: int) -> int:
        """Place the chips in a width, and return the height."""
        left = top = 0
        high, gap = self._theme.px(_HIGH), self._theme.px(_GAP)
        for chip in self.chips:
            wide = min(chip.preferred_width, width)
            if left and left + wide > width:
                left, top = 0, top + high + gap
            chip.setGeometry(QRect(left, top, wide, high))
            left += wide + gap
        return top + high if self.chips else 0


class AttachmentBar(QWidget):
    """The chips, in the order in which the files came, and notices about them."""

    changed = Signal()
    """The parts to be sent have changed, or another file is being read."""
    emptied = Signal()
    """The chip with the keyboard focus was removed."""
    opened = Signal(object)
    """An Attachment whose text is to be shown."""
    cut_wanted = Signal(object)
    """An Attachment for which the user wants to choose a part."""
    unfolded = Signal(str)
    """A pasted text that is to be turned back into typed text."""
    reread = Signal(object, str)
    """An Attachment, and the encoding it is to be read in."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._inside = _Chips(theme)
        self._area = QScrollArea()
        self._area.setObjectName("tray")
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(self._inside)
        for ground in (self._area.viewport(), self._inside):
            ground.setAutoFillBackground(False)
        self._rows = column(self, gap=_GAP)
        self._excess_notice = Notice(theme, "tooLong", "alert", "danger")
        self._cut = Button(theme, "attachWhatFits", tr("Attach what fits"), text=" ", kind="small")
        self._choose = Button(
            theme, "choosePart", tr("Choose what to attach"), text=tr("Choose…"), kind="small"
        )
        for button in (self._cut, self._choose):
            self._excess_notice.add_button(button)
        self._cut.clicked.connect(self._take_fitting)
        self._choose.clicked.connect(lambda: self.cut_wanted.emit(self._too_long))
        self._rows.addWidget(self._excess_notice)
        self._rows.addWidget(self._area)
        self._too_long: Attachment | None = None
        self._room = 0  # tokens left for it
        self._excess_notice.hide()
        self.hide()

    # --- Files --------------------------------------------------------------------------------

    @property
    def items(self) -> list[Attachment]:
        """All attachments."""
        return [chip.item for chip in self._inside.chips]

    @property
    def reading(self) -> bool:
        """Whether a file is still being read."""
        return any(item.part is None for item in self.items)

    def parts(self) -> tuple[Part, ...]:
        """Return the parts to be sent, of the files read so far."""
        return tuple(item.part for item in self.items if item.part)

    def set_parts(self, parts: tuple[Part, ...]) -> None:
        """Show these parts, and the files still being read."""
        known = {item.part: item for item in self.items if item.part}
        reading = [item for item in self.items if not item.part]
        self.set_items([known.get(part) or Attachment.of(part) for part in parts] + reading)

    def set_items(self, items: list[Attachment]) -> None:
        """Show these attachments."""
        if items == self.items:
            return
        chips = {chip.item: chip for chip in self._inside.chips}
        self._inside.chips = [
            chips.pop(item) if item in chips else self._chip(item) for item in items
        ]
        for chip in chips.values():
            self._drop(chip)
        self._order_tabs()
        self._clear_excess()
        self.changed.emit()

    def refresh(self, item: Attachment) -> None:
        """Update the chip of a changed attachment."""
        for chip in self._inside.chips:
            if chip.item is item:
                chip.refresh()
                self._arrange()

    def remove(self, item: Attachment) -> None:
        """Remove an attachment, and stop reading it."""
        item.stop.set()
        at = self.items.index(item)
        focused = self._inside.chips[at].isAncestorOf(self.focusWidget() or self)
        self.set_items([other for other in self.items if other is not item])
        left = self._inside.chips[min(at, len(self._inside.chips) - 1) :]
        if focused and left:
            left[0].remove_button.setFocus()
        elif focused:
            self.emptied.emit()

    def choose(self, item: Attachment, chosen: tuple[int, ...]) -> None:
        """Choose the sections of an attachment to be sent."""
        item.choose(chosen)
        if item is self._too_long:
            self._clear_excess()
        self.refresh(item)
        self.changed.emit()

    def _chip(self, item: Attachment) -> AttachmentChip:
        chip = AttachmentChip(self._theme, item)
        chip.setParent(self._inside)
        chip.opened.connect(lambda: self.opened.emit(item))
        chip.removed.connect(lambda: self.remove(item))
        chip.cut.connect(lambda: self.cut_wanted.emit(item))
        chip.unfolded.connect(lambda: self.unfold(item))
        chip.reread.connect(lambda encoding: self.reread.emit(item, encoding))
        for button in chip.findChildren(Button):
            button.installEventFilter(self)
        chip.show()
        return chip

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Scroll to the chip that gets the keyboard focus."""
        chip = watched.parentWidget() if isinstance(watched, QWidget) else None
        if chip and event.type() is QEvent.Type.FocusIn:
            self._area.ensureWidgetVisible(chip, 0, 0)
        return False

    def unfold(self, item: Attachment) -> None:
        """Turn a pasted text back into typed text."""
        assert item.document
        text = "".join(item.document.sections)
        self.remove(item)
        self.unfolded.emit(text)

    def _drop(self, chip: AttachmentChip) -> None:
        chip.hide()
        chip.deleteLater()

    # --- Notices -------------------------------------------------------------------------

    def tell(self, sentence: str) -> None:
        """Show why a file could not be attached."""
        notice = Notice(self._theme, "attachFailed", "alert", "danger")
        notice.set_text(sentence)
        dismiss = Button(
            self._theme, "dismissFailed", tr("Dismiss"), icon="close", size=14,
            clicked=lambda: self._dismiss(notice),
        )  # fmt: skip
        notice.add_button(dismiss)
        self._rows.insertWidget(self._rows.count() - 1, notice)
        self._order_tabs()
        self._arrange()

    @property
    def _notices(self) -> list[Notice]:
        return [n for n in self.findChildren(Notice, "attachFailed") if not n.isHidden()]

    def _dismiss(self, notice: Notice) -> None:
        notice.hide()
        notice.deleteLater()
        self._arrange()
        self.emptied.emit()

    def clear_notices(self) -> None:
        """Hide the notices."""
        for notice in self._notices:
            notice.hide()
            notice.deleteLater()
        self._arrange()

    def set_excess(self, excess: int) -> None:
        """Set by how many tokens the message is too long, 0 if it fits.

        The file that is the cause is marked once all are counted.
        """
        if excess <= 0 or not self.items or not all(item.tokens for item in self.items):
            self._clear_excess()
            return
        largest = max(self.items, key=lambda item: item.tokens or 0)
        self._room = max(0, (largest.tokens or 0) - excess - _MARGIN)
        self._too_long = largest
        fitting = largest.first(self._room)
        self._excess_notice.set_text(_excess_sentence(largest, self._room if fitting else 0))
        label = tr("Attach what fits")
        if fitting and largest.paged:
            label = tr("Attach pages {some}").format(some=ranges(fitting))
        self._cut.setText(label)
        self._cut.setAccessibleName(label)
        self._cut.setToolTip(label)
        self._cut.setVisible(bool(fitting))
        self._choose.setVisible(bool(fitting))
        self._excess_notice.show()
        self._arrange()

    @property
    def too_long(self) -> bool:
        """Whether a notice says that a file is too long."""
        return self._too_long is not None

    def room_for(self, item: Attachment) -> int:
        """Return the tokens left for an attachment if it is the one that is too long, else 0."""
        return self._room if item is self._too_long else 0

    def _take_fitting(self) -> None:
        if item := self._too_long:
            self.choose(item, item.first(self._room))

    def _clear_excess(self) -> None:
        self._too_long = None
        self._excess_notice.hide()
        self._arrange()

    def _order_tabs(self) -> None:
        """Put the chips before the editor in the tab order, from top to bottom."""
        before: QWidget = self._choose
        for group in (*self._notices, *self._inside.chips):
            for button in group.findChildren(Button):
                QWidget.setTabOrder(before, button)
                before = button

    # --- Places -------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        self.setVisible(bool(self._inside.chips or self._notices or self._too_long))
        self._area.setVisible(bool(self._inside.chips))
        most = self._theme.px(_ROWS * (_HIGH + _GAP))
        high = self._inside.arrange(self.width())
        if high > most:  # the scroll bar takes some of the width
            high = self._inside.arrange(self.width() - self._area.verticalScrollBar().width())
        self._inside.resize(self.width(), high)
        self._area.setFixedHeight(min(high, most))


def _excess_sentence(item: Attachment, room: int) -> str:
    """Return that a file is too long, or may be; ``room``: the tokens that it may have, if any."""
    if room and item.estimated:
        text = tr("{name} may be too long: about {tokens} tokens, and {room} fit.")
    elif room:
        text = tr("{name} is too long: {tokens} tokens, but only {room} fit.")
    elif item.estimated:
        text = tr("There may be no room left for {name}. Remove a file.")
    else:
        text = tr("There’s no room left for {name}. Remove a file.")
    return text.format(name=item.name, tokens=number(item.tokens or 0), room=number(room))
