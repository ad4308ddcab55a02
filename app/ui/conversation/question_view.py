"""Widgets that show questions."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QWidget

from app.ui.blocks.box import Style
from app.ui.controls import Button
from app.ui.conversation.attachment_view import AttachmentView
from app.ui.conversation.message_footer import VersionSwitch, menu_button
from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import GUTTER, MessageView
from app.ui.conversation.sections import SectionKind
from app.ui.theme import Theme
from app.wording.language import tr

_BUBBLE = 0.78  # of the column's width, at most
_BUBBLE_ROOM = (16, 12, 16, 12)
_SMALL = 28  # pixels of a button beside a bubble
_FILE_GAP = 8  # below each file of a question


class QuestionView(MessageView):
    """A question of the user, exactly as typed, with its attached files."""

    edit = Signal(int)
    """The id of a question that is to be edited."""
    file_toggled = Signal(int, int, bool)
    """The message, the index of the file, and whether it is opened."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._versions = VersionSwitch(theme)
        self._versions.setParent(self)
        self._versions.wanted.connect(self.version_wanted)
        self._edit = Button(
            theme, "editMessage", tr("Edit message"), icon="edit", size=16,
            clicked=lambda: self.edit.emit(self.row.id),
        )  # fmt: skip
        self._edit.setParent(self)
        self._edit.installEventFilter(self)
        self._bubble = QFrame(self)
        self._bubble.setObjectName("bubble")
        self._files: list[AttachmentView] = []
        self._text = self.make_canvas("questionText", tr("You"), self._bubble)
        self._copy = Button(
            theme, "copyQuestion", tr("Copy message"), icon="copy", size=16,
            clicked=lambda: self.copy.emit(self.row.message.text),
        )  # fmt: skip
        self._more = menu_button(theme, self.more.emit)
        for button in (self._copy, self._more):
            button.setParent(self)
            button.installEventFilter(self)

    def tab_stops(self) -> list[QWidget]:
        versions = self._versions.findChildren(Button)
        files = [each for file in self._files for each in (file.head, file.canvas)]
        return [*files, self._text, self._more, self._edit, self._copy, *versions]

    def set_choices(self, busy: bool) -> None:
        """Enable editing, unless an answer is running (``busy``)."""
        self._edit.setEnabled(not busy)
        if self.record:
            self._versions.set_record(self.record, busy)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.set_hovered(event.type() is QEvent.Type.FocusIn)
        return False

    def show_record(self, record: MessageState) -> None:
        self.record = record
        self.setAccessibleName(record.title)
        self.shown = []
        files = record.files
        while len(self._files) < len(files):
            self._files.append(self._file(len(self._files)))
        for section, file in zip(files, self._files, strict=False):
            file.show_section(section)
            if section.opened:
                self._show(file.canvas, section, file.style_of(self.pixels))
        for file in self._files[len(files) :]:
            file.hide()
        words = [section for section in record if section.kind is SectionKind.QUESTION]
        self._text.setVisible(bool(words))
        for section in words:
            self._show(self._text, section, Style(self.pixels))
        self.set_hovered(self.underMouse())

    def _file(self, number: int) -> AttachmentView:
        canvas = self.make_canvas("fileText", tr("File contents"), self._bubble)
        file = AttachmentView(self.theme, canvas, self._bubble)
        file.toggled.connect(lambda opened: self.file_toggled.emit(self.row.id, number, opened))
        return file

    def lay_out(self, width: int) -> int:
        left, top, right, bottom = _BUBBLE_ROOM
        inner = width - 2 * GUTTER
        most = round(inner * _BUBBLE) - left - right
        files = [file for file in self._files if not file.isHidden()]
        needed = [file.wanted(most) for file in files]
        if not self._text.isHidden():
            column = self._text.column
            column.lay_out(most)
            rects = column.rects(0, column.length) or [QRectF()]
            needed.append(int(max(r.right() for r in rects) - min(r.left() for r in rects)) + 2)
        wide = min(most, max(needed))
        y = top
        for file in files:
            high = file.lay_out(wide)
            file.setGeometry(left, y, wide, high)
            y += high + _FILE_GAP
        if self._text.isHidden():
            y -= _FILE_GAP
        else:
            high = self._text.height_for(wide)
            self._text.setGeometry(left, y, wide, high)
            y += high
        bubble = QRect(0, 0, wide + left + right, y + bottom)
        bubble.moveRight(width - GUTTER - 1)
        self._bubble.setGeometry(bubble)
        for number, button in enumerate((self._copy, self._edit, self._more), start=1):
            left_of = bubble.left() - number * (_SMALL + 2) - 2
            button.setGeometry(left_of, (bubble.height() - _SMALL) // 2, _SMALL, _SMALL)
        if self._versions.isHidden():
            return bubble.height()
        below = self._versions.sizeHint()
        self._versions.setGeometry(
            bubble.right() - below.width(), bubble.bottom() + 3, below.width(), below.height()
        )
        return bubble.height() + 3 + below.height()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.set_hovered(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.set_hovered(False)

    def set_hovered(self, hovered: bool) -> None:
        """Show the buttons beside the text only while the pointer is over the question."""
        for button, icon in ((self._copy, "copy"), (self._edit, "edit"), (self._more, "more")):
            shown = (hovered or button.hasFocus()) and button.isEnabled()
            button.set_icon(icon if shown else "")
