"""The settings of the chat that is shown."""

from __future__ import annotations

from PySide6.QtCore import Qt

from app.base.types import Sampling
from app.ui.controls import Button
from app.ui.form_fields import TextField, heading
from app.ui.form_page import FormPage
from app.ui.preferences.sampling_fields import SamplingFields
from app.ui.state.chat_settings import ShownChatSettings
from app.ui.theme import Theme
from app.wording.language import tr


class ChatPage(FormPage):
    """The page of instructions and sampling; each change applies from the next answer on."""

    def __init__(self, theme: Theme, setup: ShownChatSettings) -> None:
        super().__init__("chatPage", tr("This chat"))
        self._setup = setup
        self._shown_sampling: tuple[int | None, Sampling] | None = None
        self._shown_instructions: tuple[int | None, str] | None = None
        self._scope = self.add_note("", "samplingChat")
        self.column.addSpacing(4)
        self.column.addWidget(heading(tr("Instructions")))
        self.instructions = TextField(
            "chatInstructions",
            tr("Instructions for this chat"),
            tr("Used instead of the general instructions"),
            tr("Leave empty to use the general instructions"),
        )
        self.instructions.written.connect(setup.choose_instructions)
        self.column.addWidget(self.instructions)
        self.column.addSpacing(8)
        self._fields = SamplingFields()
        self._fields.chosen.connect(setup.choose_sampling)
        self.column.addWidget(self._fields)
        self.column.addSpacing(8)
        self._reset = Button(
            theme, "resetSampling", tr("Reset to the model’s defaults"),
            text=tr("Reset to defaults"),
            clicked=lambda: setup.choose_sampling(setup.default),
        )  # fmt: skip
        self.column.addWidget(self._reset, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addStretch(1)
        setup.changed.connect(self._show)
        self._show()

    def leave(self) -> None:
        self.instructions.finish()
        self._fields.finish()

    def _show(self) -> None:
        setup, title = self._setup, self._setup.title
        self._scope.setText(
            tr("Applies to “{title}” only, starting with the next answer.").format(title=title)
            if title
            else tr("Applies to the new chat only.")
        )
        self._reset.setEnabled(setup.own.sampling is not None)
        # Keep half-written text unless there is something else to show.
        if self._shown_instructions != (instructions := (setup.chat, setup.own.instructions)):
            self._shown_instructions = instructions
            self.instructions.show_text(setup.own.instructions)
        if self._shown_sampling != (sampling := (setup.chat, setup.sampling)):
            self._shown_sampling = sampling
            self._fields.show_value(setup.sampling)
