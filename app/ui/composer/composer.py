"""The composer: where a question is written, with its model and effort."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPlainTextEdit, QWidget

from app.base.types import Effort, Part, PartKind
from app.ui.composer.attachment import Attachment
from app.ui.composer.attachment_bar import AttachmentBar
from app.ui.composer.context_gauge import ContextGauge
from app.ui.composer.effort_picker import EffortPicker
from app.ui.composer.message_queue_rows import MessageQueueRows
from app.ui.controls import (
    Button,
    column,
    elided,
    menu_of,
    muted,
    send_keys,
    set_tone,
    tip,
)
from app.ui.theme import Theme, font
from app.wording.language import tr

WIDTH = 764
_LINES = 9  # the most lines that the editor grows to
_ROOMY = 520  # pixels from which the effort has a label
_LONG = 8000  # characters from which a pasted text is attached
_GAP = 8
_STATUS = 24  # pixels of the status line, with or without buttons
_LEAST = 62  # pixels that the model's name needs beside the effort, else that becomes a menu
_AROUND = 76  # pixels: the card's margins, and the button's padding around the model's name


class Editor(QPlainTextEdit):
    """A plain text editor that grows with its text."""

    submitted = Signal()
    focus_changed = Signal(bool)
    files_given = Signal(object)
    """Files were pasted or dropped: a list of their paths."""
    text_pasted = Signal(str)
    """A pasted text that is too long to be shown in a message."""
    picture_pasted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("composer")
        self.setAccessibleName(tr("Message"))
        self.setPlaceholderText(_placeholder())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFont(font(15))
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(2)
        self.viewport().setAutoFillBackground(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # `textChanged` is emitted before the text is laid out.
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._grow()
        self.send_with_ctrl = False
        """Whether Ctrl+Enter sends, rather than Enter."""
        self.take_back: Callable[[], bool] = lambda: False
        """Undo calls this first. It undoes the last action unless that was an edit of the text.

        Returns whether it did.
        """

    def _sends(self, event: QKeyEvent) -> bool:
        """Return whether a key sends the message, and does not confirm what is composed."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return False
        if self.textCursor().block().layout().preeditAreaText():
            return False
        held = event.modifiers()
        if self.send_with_ctrl:
            return bool(held & Qt.KeyboardModifier.ControlModifier)
        return not held & Qt.KeyboardModifier.ShiftModifier

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._sends(event):
            self.submitted.emit()
        elif event.matches(QKeySequence.StandardKey.Undo) and self.take_back():
            pass
        else:
            super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Hide the placeholder behind what is composed, which is no text of the document yet."""
        super().inputMethodEvent(event)
        self.setPlaceholderText("" if event.preeditString() else _placeholder())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the window while Ctrl is held, which zooms everything."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
        else:
            super().wheelEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Accept text, files and pictures."""
        return source.hasUrls() or source.hasImage() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Insert text, or emit a signal for files or pictures.

        If the source also offers text, the text is taken.
        """
        if files := files_in(source):
            self.files_given.emit(files)
        elif source.hasImage() and not source.hasText():
            self.picture_pasted.emit()
        elif len(source.text()) > _LONG:
            self.text_pasted.emit(source.text())
        else:
            super().insertFromMimeData(source)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Leave files to the window, wherever they are dropped."""
        if files_in(event.mimeData()):
            event.ignore()
        else:
            super().dragEnterEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._grow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def _grow(self) -> None:
        lines = max(1, round(self.document().size().height()))  # QPlainTextEdit counts in lines
        high = self.fontMetrics().lineSpacing() * min(lines, _LINES) + 8
        if high != self.height():
            self.setFixedHeight(max(high, 32))
        policy = Qt.ScrollBarPolicy
        bar = policy.ScrollBarAsNeeded if lines > _LINES else policy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(bar)


def _placeholder() -> str:
    return tr("Ask anything")


def files_in(data: QMimeData) -> list[Path]:
    """Return the local files in dropped or pasted data."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


class Composer(QWidget):
    """The card with the text, the model, the effort, and send or stop; a status line below."""

    sent = Signal(object)
    """The parts of a message, as a tuple."""
    attach_wanted = Signal()
    stopped = Signal()
    prefill_stopped = Signal()
    prefill_disabled = Signal()
    effort_chosen = Signal(Effort)
    typed = Signal()
    edit_ended = Signal()
    """Editing an earlier message was cancelled."""
    model_menu_opened = Signal(QMenu)
    """The menu of models, to be filled."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._running = False
        self._model = ""
        self._pasted: tuple[Attachment, int] | None = None  # and the document's revision after it
        self.take_back: Callable[[], bool] = lambda: False
        """Undo calls this first, for an action beyond the composer; see `Editor.take_back`."""
        self.setMaximumWidth(WIDTH)
        self.queue = MessageQueueRows(theme)
        self.editor = Editor()
        self.editor.submitted.connect(self._submit)
        self.editor.textChanged.connect(self._show_buttons)
        self.editor.textChanged.connect(self.typed)
        self.editor.focus_changed.connect(self._focused)
        self.editor.take_back = self._take_back
        self.attachment_bar = AttachmentBar(theme)
        self.attachment_bar.changed.connect(self._show_buttons)
        self.attachment_bar.changed.connect(self.typed)
        self.attachment_bar.emptied.connect(self.editor.setFocus)
        self.attachment_bar.unfolded.connect(self._unfold)

        self._card = QFrame()
        self._card.setObjectName("composerCard")
        card = column(self._card, (16, 12, 10, 10), gap=8)
        card.addWidget(self._edit_line(theme))
        card.addWidget(self.attachment_bar)
        card.addWidget(self.editor)
        card.addLayout(self._controls(theme))

        layout = column(self, gap=7)
        above = QHBoxLayout()
        above.setContentsMargins(14, 0, 14, 0)
        above.addWidget(self.queue)
        layout.addLayout(above)
        layout.addWidget(self._card)
        layout.addLayout(self._line_below(theme))
        self.queue.follow(self._end_edit)  # then the editor
        self._show_buttons()
        self.set_status("")

    def _line_below(self, theme: Theme) -> QHBoxLayout:
        self.status = muted(name="statusLine")
        self.status.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.status.setWordWrap(True)
        self.status.setMinimumHeight(_STATUS)
        self.gauge = ContextGauge(theme)
        self._prefill_buttons = [
            Button(
                theme, "stopAhead", tr("Stop precomputing context"), text=tr("Stop"), kind="small",
                pixels=12, weight=400, clicked=self.prefill_stopped.emit,
            ),
            Button(
                theme, "neverAhead", tr("Never precompute context"), text=tr("Turn off"),
                kind="small", pixels=12, weight=400, clicked=self.prefill_disabled.emit,
            ),
        ]  # fmt: skip
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 12, 0)
        row.addWidget(self.status, 1)
        for button in self._prefill_buttons:
            button.hide()
            row.addWidget(button)
        row.addWidget(self.gauge)
        return row

    @property
    def effort(self) -> Effort:
        """The effort for the next message."""
        return self._effort.effort

    def set_effort(self, effort: Effort) -> None:
        """Show the effort of a chat."""
        self._effort.set_effort(effort)

    def choose_effort(self, effort: Effort) -> None:
        """Choose an effort as if the user had."""
        self._effort.choose(effort)

    def set_model(self, name: str) -> None:
        """Show the name of the model."""
        self._model = name
        self.picker.setAccessibleName(tr("Model: {name}").format(name=name))
        self._show_buttons()

    def set_running(self, running: bool) -> None:
        """Show the stop button, and that messages will wait for the answer to end."""
        self._running = running
        send = tr("Send when the answer is done") if running else tr("Send")
        self._send.setAccessibleName(send)
        self._send.setToolTip(tip(send, send_keys(self.editor.send_with_ctrl)))
        self._show_buttons()

    def set_send_key(self, ctrl: bool) -> None:
        """Set whether Ctrl+Enter sends, rather than Enter."""
        self.editor.send_with_ctrl = ctrl
        self.set_running(self._running)

    def set_status(self, text: str, tone: str = "muted") -> None:
        """Set the status line; empty for the usual hint. ``tone`` is ``muted`` or ``danger``."""
        self.status.setText(text or tr("Runs on your computer. Answers may contain mistakes."))
        set_tone(self.status, tone)

    def set_prefilling(self, reading: bool) -> None:
        """Show the buttons that stop reading ahead, while the status line reports it."""
        focused = any(button.hasFocus() for button in self._prefill_buttons)
        side = Qt.AlignmentFlag.AlignRight if reading else Qt.AlignmentFlag.AlignHCenter
        self.status.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        for button in self._prefill_buttons:
            button.setVisible(reading)
        if focused and not reading:
            self.editor.setFocus()

    def set_editing(self, editing: bool) -> None:
        """Show whether an earlier message is being edited."""
        self._editing.setVisible(editing)

    def set_parts(self, parts: tuple[Part, ...]) -> None:
        """Replace the message being written by these parts."""
        self.attachment_bar.set_parts(tuple(part for part in parts if part.kind is PartKind.FILE))
        self.editor.setPlainText(
            "\n\n".join(part.text for part in parts if part.kind is not PartKind.FILE)
        )
        self.editor.moveCursor(self.editor.textCursor().MoveOperation.End)
        self._show_buttons()

    def parts(self) -> tuple[Part, ...]:
        """Return the message so far, files first; empty if there is nothing to send.

        The typed text comes last, so that whatever was read ahead stays valid while it grows.
        """
        words = self.editor.toPlainText()
        return (*self.attachment_bar.parts(), *((Part(words),) if words.strip() else ()))

    def pasted(self, item: Attachment) -> None:
        """Record that a pasted text was attached; undo turns it back into typed text."""
        self._pasted = item, self.editor.document().revision()

    def _take_back(self) -> bool:
        return self.take_back() or self._unpaste()

    def _unpaste(self) -> bool:
        item, revision = self._pasted or (None, 0)
        if item not in self.attachment_bar.items or revision != self.editor.document().revision():
            return False
        self.attachment_bar.unfold(item)
        return True

    def _unfold(self, text: str) -> None:
        self.editor.insertPlainText(text)
        self.editor.ensureCursorVisible()
        self.editor.setFocus()

    def focus_editor(self) -> None:
        """Give the keyboard focus to the editor."""
        self.editor.setFocus()

    def _edit_line(self, theme: Theme) -> QWidget:
        self._editing = QWidget()
        row = QHBoxLayout(self._editing)
        row.setContentsMargins(0, 0, 0, 0)
        label = muted(
            tr("Editing a message. The original stays available as a previous version."),
            "editing",
            13,
        )
        label.setWordWrap(True)
        row.addWidget(label, 1)
        self._end_edit = Button(
            theme, "endEdit", tr("Cancel editing"), icon="close", size=14,
            clicked=self.edit_ended.emit,
        )  # fmt: skip
        row.addWidget(self._end_edit)
        self._editing.hide()
        return self._editing

    def _controls(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(_GAP)
        self.picker = Button(
            theme, "modelPicker", tr("Choose a model"), icon="chevron-down", text=tr("No model"),
            kind="pill", size=14, weight=400, shortcut="Ctrl+M", clicked=self.pick_model,
        )  # fmt: skip
        self.picker.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._effort = EffortPicker(theme, Effort.MEDIUM)
        self._effort.chosen.connect(self.effort_chosen)
        self._send = Button(
            theme, "send", tr("Send"), icon="send", kind="round", colour="on_accent",
            shortcut="Return", clicked=self._submit,
        )  # fmt: skip
        self._stop = Button(
            theme, "stop", tr("Stop"), icon="stop", kind="round", colour="on_accent", size=16,
            shortcut="Esc", clicked=self.stopped.emit,
        )  # fmt: skip
        for button in (self._send, self._stop):
            button.setFixedSize(34, 34)
        self._attach = Button(
            theme, "attach", tr("Attach files"), icon="paperclip", shortcut="Ctrl+Shift+A",
            clicked=self.attach_wanted.emit,
        )  # fmt: skip
        row.addWidget(self._attach)
        row.addWidget(self.picker)
        row.addStretch(1)
        self._effort_label = muted(tr("Effort"), pixels=13)
        row.addWidget(self._effort_label)
        row.addWidget(self._effort)
        row.addWidget(self._send)
        row.addWidget(self._stop)
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_controls()

    def _fit_controls(self) -> None:
        """Show the effort as wide as there is room, and shorten the model's name to the rest."""
        px = self._theme.px
        label = self._effort_label
        label.setVisible(self.width() >= px(_ROOMY))
        shown = [w for w in (self._attach, label, self._send, self._stop) if not w.isHidden()]
        taken = sum(w.sizeHint().expandedTo(w.minimumSize()).width() + px(_GAP) for w in shown)
        room = self.width() - taken - px(_GAP + _AROUND)
        short = room - self._effort.full_width < px(_LEAST)
        self._effort.set_short(short)
        room -= self._effort.sizeHint().width() if short else self._effort.full_width
        room = min(px(230), max(px(30), room))
        name = elided(self.picker, self._model, room, Qt.TextElideMode.ElideMiddle)
        self.picker.setText(f"{name}  ")  # room before the arrow

    def _submit(self) -> None:
        parts = self.parts()
        if self._send.isEnabled():
            self.sent.emit(
                tuple(
                    p if p.kind is PartKind.FILE else replace(p, text=p.text.strip("\n"))
                    for p in parts
                )
            )

    def _show_buttons(self) -> None:
        stop_focused = self._stop.hasFocus()
        parts = bool(self.parts())
        self._stop.setVisible(self._running)
        ready = parts and not self.attachment_bar.reading
        self._send.setVisible(parts or not self._running)
        self._send.setEnabled(ready)
        self._fit_controls()
        if stop_focused and not self._running:
            self.editor.setFocus()

    def _focused(self, focused: bool) -> None:
        self._card.setProperty("focused", focused)
        self._card.style().unpolish(self._card)
        self._card.style().polish(self._card)

    def pick_model(self) -> None:
        """Open the menu of models."""
        menu = menu_of(self, "modelMenu")
        self.model_menu_opened.emit(menu)
        above = self.picker.mapToGlobal(self.picker.rect().topLeft())
        above.setY(above.y() - menu.sizeHint().height() - 6)
        menu.popup(above)
