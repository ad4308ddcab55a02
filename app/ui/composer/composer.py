"""The composer: where a question is written, with its model and effort."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QWidget

from app.base.types import Effort, ModelRef, Part, PartKind
from app.ui.composer.attachment import Attachment
from app.ui.composer.attachment_bar import AttachmentBar
from app.ui.composer.context_gauge import ContextGauge
from app.ui.composer.editor import Editor
from app.ui.composer.effort_picker import EffortPicker
from app.ui.composer.message_queue_rows import MessageQueueRows
from app.ui.controls import (
    Button,
    column,
    elided,
    menu_of,
    muted,
    pop_up_above,
    send_keys,
    set_tone,
    tip,
)
from app.ui.theme import Theme
from app.wording.answered_by import model_on_host, place_hint
from app.wording.language import tr
from app.wording.tool_settings import tools_label, web_label

WIDTH = 764
TOOLS_KEYS = "Ctrl+Shift+T"
WEB_KEYS = "Ctrl+Shift+S"
_ROOMY = 520  # pixels from which the effort has a label, if the model's name is whole
_LONGEST = 230  # pixels of the model's name
_GAP = 8
_STATUS = 24  # pixels of the status line, with or without buttons
_LEAST = 62  # pixels that the model's name needs beside the effort, else that becomes a menu
_AROUND = 76  # pixels: the card's margins, and the button's padding around the model's name


class Composer(QWidget):
    """The card with the text, the model, the effort, and send or stop; a status line below."""

    sent = Signal(object)
    """The parts of a message, as a tuple."""
    attach_wanted = Signal()
    tools_wanted = Signal()
    """The tools are to be shown, to switch them on or off."""
    web_wanted = Signal()
    """The web is to be switched on or off in this chat."""
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
        self._model = self._tools = self._said = ""
        self._tool_keys: list[str] | None = None  # None: not known yet
        self._web: tuple[str | None, bool] | None = None
        self._hint = place_hint(None)
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
        self.editor.edit_left.connect(self.edit_ended)
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
        row = self._below = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 0)
        row.addWidget(self.status, 1)
        for button in self._prefill_buttons:
            button.hide()
            row.addWidget(button)
        row.addWidget(self.gauge)
        self.gauge.installEventFilter(self)
        return row

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the status in the middle when the gauge beside it has changed."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide):
            self._centre_status()
        return False

    def _centre_status(self) -> None:
        """Leave as much room to the left of the status as the gauge takes to its right."""
        roomy = self.width() >= self._theme.px(_ROOMY) and self._prefill_buttons[0].isHidden()
        taken = roomy and not self.gauge.isHidden()
        gap = self.gauge.width() + self._below.spacing() if taken else 0
        side = self._theme.px(12)
        self._below.setContentsMargins(side + gap, 0, side, 0)

    @property
    def effort(self) -> Effort:
        """The effort for the next message."""
        return self._effort.effort

    def set_effort(self, effort: Effort) -> None:
        """Show the effort of a chat."""
        self._effort.set_effort(effort)

    def set_efforts(self, refused: Mapping[Effort, str]) -> None:
        """Set which efforts the model is known not to take, and why."""
        self._effort.set_refused(refused)

    def choose_effort(self, effort: Effort) -> None:
        """Choose an effort as if the user had."""
        self._effort.choose(effort)

    def set_model(self, name: str, model: ModelRef | None = None) -> None:
        """Show the name of the model, and where it runs."""
        self._model, self._hint = name, place_hint(model)
        spoken = model_on_host(name, model.host) if model else name
        self.picker.setAccessibleName(tr("Model: {name}").format(name=spoken))
        if not self._said:
            self.set_status("")
        self._show_buttons()

    def set_tools(self, keys: list[str]) -> None:
        """Show how many tools are on in the chat, and their names in the tooltip."""
        if keys == self._tool_keys:
            return
        self._tool_keys = keys
        label = tools_label(keys)
        self._tools = f" {len(keys)}" if keys else ""
        self.tools_button.setAccessibleName(label)
        self.tools_button.setToolTip(tip(label, TOOLS_KEYS))
        self._fit_controls()

    def set_web(self, word: str | None, *, on: bool) -> None:
        """Show whether the web is on; ``word`` says why it cannot be, None that there is none."""
        button = self.web_button
        if (word, on) == self._web and button.isChecked() == on:  # a click checks it first
            return
        self._web = word, on
        label = web_label(word or "", on=on)
        button.setVisible(word is not None)
        button.setEnabled(not word)
        button.setChecked(on)
        button.set_icon("globe", "accent" if on else "muted")
        button.setAccessibleDescription(label)
        button.setToolTip(tip(label, "" if word else WEB_KEYS))
        if not self._said:
            self.set_status("")
        self._fit_controls()

    def set_running(self, running: bool) -> None:
        """Show the stop button, and that messages will wait for the answer to end."""
        if running != self._running:
            self._running = running
            self._show_running()

    def _show_running(self) -> None:
        running = self._running
        send = tr("Send when the answer is done") if running else tr("Send")
        self._send.setAccessibleName(send)
        self._send.setToolTip(tip(send, send_keys(self.editor.send_with_ctrl)))
        self._show_buttons()

    def set_send_key(self, ctrl: bool) -> None:
        """Set whether Ctrl+Enter sends, rather than Enter."""
        self.editor.send_with_ctrl = ctrl
        self._show_running()

    def set_status(self, text: str, tone: str = "muted") -> None:
        """Set the status line; empty for the usual hint. ``tone`` is ``muted`` or ``danger``."""
        self._said = text
        hint = self._hint
        if self.web_button.isChecked():
            hint = tr("Web search is on: what the model searches for leaves your computer.")
        self.status.setText(text or hint)
        set_tone(self.status, tone)

    def set_prefilling(self, reading: bool) -> None:
        """Show the buttons that stop reading ahead, while the status line reports it."""
        focused = any(button.hasFocus() for button in self._prefill_buttons)
        side = Qt.AlignmentFlag.AlignRight if reading else Qt.AlignmentFlag.AlignHCenter
        self.status.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        for button in self._prefill_buttons:
            button.setVisible(reading)
        self._centre_status()
        if focused and not reading:
            self.editor.setFocus()

    def set_editing(self, editing: bool) -> None:
        """Show whether an earlier message is being edited."""
        self._editing.setVisible(editing)
        self.editor.editing = editing

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
            tr("Editing a message. The original is kept as a previous version."),
            "editing",
            13,
        )
        label.setWordWrap(True)
        row.addWidget(label, 1)
        self._end_edit = Button(
            theme, "endEdit", tr("Cancel editing"), icon="close", size=14, shortcut="Esc",
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
        self.web_button = Button(
            theme, "webToggle", tr("Web search"), icon="globe", kind="ghost", shortcut=WEB_KEYS,
            clicked=self.web_wanted.emit,
        )  # fmt: skip
        self.web_button.setCheckable(True)
        self.web_button.hide()
        row.addWidget(self.web_button)
        self.tools_button = Button(
            theme, "toolsMenu", tr("Tools"), icon="wrench", kind="ghost", shortcut=TOOLS_KEYS,
            weight=400, clicked=self.tools_wanted.emit,
        )  # fmt: skip
        row.addWidget(self.tools_button)
        self._effort_label = muted(tr("Effort"), pixels=13)
        row.addWidget(self._effort_label)
        row.addWidget(self._effort)
        row.addWidget(self._send)
        row.addWidget(self._stop)
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_controls()
        self._centre_status()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit_controls()

    def _fit_controls(self) -> None:
        """Give the effort its full width if there is room, and the model's name the rest."""
        if not self.isVisible():  # it will be shown; until then each part comes here several times
            return
        px = self._theme.px
        is_roomy = self.width() >= px(_ROOMY)
        self.tools_button.setText(self._tools if is_roomy else "")
        wanted = min(px(_LONGEST), self.picker.fontMetrics().horizontalAdvance(self._model))
        room = self._room()
        label = self._effort_label.sizeHint().width() + px(_GAP)
        is_labelled = is_roomy and room - self._effort.full_width - label >= wanted
        # Shown once all is known: to show a part lays all out, and that may come here again.
        self._effort_label.setVisible(is_labelled)
        room -= label if is_labelled else 0
        short = room - self._effort.full_width < px(_LEAST)
        self._effort.set_short(short)
        room -= self._effort.sizeHint().width() if short else self._effort.full_width
        room = min(px(_LONGEST), max(px(30), room))
        name = elided(self.picker, self._model, room, Qt.TextElideMode.ElideMiddle)
        self.picker.setText(f"{name}  ")  # room before the arrow

    def _room(self) -> int:
        """Return how many pixels there are for the effort, its label and the model's name."""
        px = self._theme.px
        controls = (self._attach, self.web_button, self.tools_button, self._send, self._stop)
        shown = [w for w in controls if not w.isHidden()]
        taken = sum(w.sizeHint().expandedTo(w.minimumSize()).width() + px(_GAP) for w in shown)
        return self.width() - taken - px(_GAP + _AROUND)

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
        pop_up_above(menu, self.picker)
