"""A form for one preset."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.base.types import Effort, Sampling
from app.store import Preset
from app.ui.choices import Segments
from app.ui.controls import Button, column, elided, menu_of, pop_up_below
from app.ui.form_fields import TextField, heading, named
from app.ui.form_page import FormRow
from app.ui.preferences.sampling_fields import SamplingFields
from app.ui.preferences.tool_switches import ToolSwitches
from app.ui.state.chat_tools import ChatTools
from app.ui.state.model_choice import ModelChoice
from app.ui.theme import Theme
from app.wording.efforts import effort_label
from app.wording.language import tr

_MODEL_WIDTH = 190  # pixels of a model's name
_MENU_WIDTH = 320
_ON, _OFF = "on", "off"


class PresetForm(QWidget):
    """A field for each value of ``preset``, which is None while nothing is shown."""

    edited = Signal(object)
    """The Preset with the user's changes."""

    def __init__(self, theme: Theme, models: ModelChoice, tools: ChatTools) -> None:
        super().__init__()
        self.preset: Preset | None = None
        self._models = models
        self.name = QLineEdit()
        named(self.name, "presetName", tr("Name"), tr("Preset name"))
        self.name.setProperty("kind", "field")
        self.name.editingFinished.connect(self._name_written)
        self._add_fields(theme)
        self._tools = ToolSwitches(tools)
        self._tools.chosen.connect(lambda keys: self._edit(tools=keys))
        self._arrange()

    def _add_fields(self, theme: Theme) -> None:
        self._instructions = TextField(
            "presetInstructions",
            tr("Instructions"),
            tr("Applied to every chat that uses this preset"),
            tr("Leave empty to use the general instructions"),
        )
        self._instructions.written.connect(lambda text: self._edit(instructions=text.strip()))
        self._effort = Segments(
            "presetEffort",
            tr("Effort"),
            [
                (effort, effort_label(effort), f"presetEffort{effort.capitalize()}", "")
                for effort in Effort
            ],
        )
        self._effort.chosen.connect(lambda value: self._edit(effort=Effort(value)))
        self._model = Button(
            theme, "presetModel", tr("Choose a model"), icon="chevron-down", text="-",
            kind="pill", size=14, weight=400, clicked=self._pick_model,
        )  # fmt: skip
        self._model.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._default = Segments(
            "presetDefault",
            tr("Use for new chats"),
            [
                (_ON, tr("Yes"), "presetDefaultOn", ""),
                (_OFF, tr("No"), "presetDefaultOff", ""),
            ],
        )
        self._default.chosen.connect(lambda value: self._edit(default=value == _ON))
        self._own_sampling = Segments(
            "presetSampling",
            tr("Sampling"),
            [
                (_ON, tr("Custom"), "presetSamplingOn", ""),
                (_OFF, tr("Model default"), "presetSamplingOff", ""),
            ],
        )
        self._own_sampling.chosen.connect(lambda value: self._choose_own_sampling(value == _ON))
        self._fields = SamplingFields("preset")
        self._fields.chosen.connect(lambda value: self._edit(sampling=value))

    def _arrange(self) -> None:
        rows = column(self, gap=6)
        rows.addWidget(heading(tr("Name")))
        rows.addWidget(self.name)
        rows.addSpacing(6)
        rows.addWidget(heading(tr("Instructions")))
        rows.addWidget(self._instructions)
        rows.addSpacing(4)
        for title, why, field in (
            (tr("Effort"), "", self._effort),
            (tr("Model"), tr("Switch to this model if it’s installed."), self._model),
            (tr("Use for new chats"), "", self._default),
            (tr("Sampling"), "", self._own_sampling),
        ):
            rows.addWidget(FormRow(title, why, field))
        rows.addWidget(self._fields)
        rows.addSpacing(6)
        rows.addWidget(heading(tr("Tools")))
        rows.addWidget(self._tools)
        rows.addStretch(1)

    def show_preset(self, preset: Preset | None) -> None:
        """Show another preset, or new values of the same one, keeping half-written text."""
        before, self.preset = self.preset, preset
        self.setVisible(preset is not None)
        if preset is None:
            return
        other = before is None or before.id != preset.id
        if other:
            self._instructions.show_text(preset.instructions)
            self._fields.show_value(preset.sampling or Sampling())
        if other or before is None or before.name != preset.name:
            self.name.setText(preset.name)
        self._effort.set_value(preset.effort)
        self._default.set_value(_ON if preset.default else _OFF)
        self._own_sampling.set_value(_OFF if preset.sampling is None else _ON)
        self._fields.setVisible(preset.sampling is not None)
        self._show_model(preset.model)
        self._tools.show_tools(preset.tools)

    def finish(self) -> None:
        """Commit half-written text."""
        if self.preset:
            self._name_written()
            self._instructions.finish()
        if self.preset and self.preset.sampling is not None:
            self._fields.finish()

    def _edit(self, **changes: Any) -> None:
        if self.preset and (changed := replace(self.preset, **changes)) != self.preset:
            self.show_preset(changed)
            self.edited.emit(changed)

    def _name_written(self) -> None:
        if name := " ".join(self.name.text().split()):
            self._edit(name=name)
        elif self.preset:
            self.name.setText(self.preset.name)

    def _choose_own_sampling(self, on: bool) -> None:
        self._fields.show_value(Sampling())
        self._edit(sampling=Sampling() if on else None)

    def _show_model(self, key: str) -> None:
        model = self._models.find(key)
        name = tr("Any")
        if model:
            name = self._models.name_of(key)
        elif key:
            name = tr("{name} (not installed)").format(name=self._models.name_of(key))
        middle = Qt.TextElideMode.ElideMiddle
        self._model.setText(f"{elided(self._model, name, _MODEL_WIDTH, middle)}  ")
        self._model.setAccessibleName(tr("Model: {name}").format(name=name))

    def _pick_model(self) -> None:
        menu = menu_of(self, "presetModelMenu")
        now = self.preset.model if self.preset else ""
        choices = [
            ("", tr("Any")),
            *((model.key, self._models.name_of(model.key)) for model in self._models.here()),
        ]
        for key, name in choices:
            action = menu.addAction(elided(menu, name, _MENU_WIDTH))
            action.setCheckable(True)
            action.setChecked(key == now)
            action.triggered.connect(lambda _=False, key=key: self._edit(model=key))
        pop_up_below(menu, self._model)
