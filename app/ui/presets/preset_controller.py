"""Controller of the chat's preset: shows which it is, and applies another."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from app.base.types import Effort
from app.store import ChatSettings, Preset
from app.tools.browser.source import WEB
from app.ui.controls import elided, menu_of
from app.ui.presets.preset_picker import PresetPicker
from app.ui.state.chat_index import ChatIndex
from app.ui.state.chat_settings import ShownChatSettings
from app.ui.state.chat_tools import ChatTools
from app.ui.state.model_choice import ModelChoice
from app.ui.state.preset_index import PresetIndex
from app.wording.language import tr
from app.wording.tool_settings import missing_sources

_NAME_WIDTH = 320  # pixels of a preset's name in the menu


class PresetController(QObject):
    """A controller that connects the presets, their button, and the chat that is shown."""

    effort_set = Signal(Effort)
    """A new chat begins with this effort."""
    effort_chosen = Signal(Effort)
    """The user chose a preset with this effort."""
    page_wanted = Signal(str, str)
    """The names of a page of the preferences to be shown, and of the field to focus on it."""
    notice = Signal(str)
    """A sentence about a preset whose model or folders are not on this computer."""

    def __init__(
        self,
        picker: PresetPicker,
        presets: PresetIndex,
        settings: ShownChatSettings,
        models: ModelChoice,
        index: ChatIndex,
        tools: ChatTools,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._tools = tools
        self._picker, self._presets, self._settings = picker, presets, settings
        self._models, self._index, self._parent = models, index, parent
        self._begun: Preset | None = None  # the one that the new chat began with
        picker.clicked.connect(self.pick)
        settings.changed.connect(self._show)
        presets.changed.connect(self._changed)
        self._show()

    def begin(self) -> None:
        """Apply the default preset to the new chat that is shown."""
        preset = self._begun = self._presets.default
        self._settings.begin(self._setup(preset))
        self.effort_set.emit(preset.effort if preset else self._settings.effort)
        self._models.show(preset.model if preset else "")

    def set_effort(self, effort: Effort) -> None:
        """Set the effort that new chats begin with, also the one that is shown."""
        self._settings.effort = effort
        if self._settings.chat is None and self._begun is None:
            self.effort_set.emit(effort)

    def choose(self, preset: Preset) -> None:
        """Apply a preset to the chat that is shown."""
        self._settings.choose(preset.setup)
        self.effort_chosen.emit(preset.effort)
        missing = missing_sources(preset.name, self._tools.missing(preset.tools))
        if told := " ".join(filter(None, (self._choose_model(preset), missing))):
            self.notice.emit(told)

    def _choose_model(self, preset: Preset) -> str:
        """Show the preset's model, if it has one; return why that is not possible."""
        if not preset.model:
            return ""
        model = self._models.find(preset.model)
        if model is None:
            return tr(
                "“{preset}” uses {model}, which isn’t installed. The chat keeps its current model."
            ).format(preset=preset.name, model=self._models.name_of(preset.model))
        self._models.show(model.key)
        if self._settings.chat is not None:
            self._index.set_model(self._settings.chat, model.key)
        return ""

    def pick(self) -> None:
        """Open the menu of presets."""
        picker, own = self._picker, self._settings.own
        if not picker.isVisible():
            return
        menu = menu_of(self._parent, "presetMenu")
        for preset in self._presets.rows:
            action = menu.addAction(elided(menu, preset.name, _NAME_WIDTH))
            action.setCheckable(True)
            action.setChecked(preset.name == own.preset)
            action.triggered.connect(lambda _=False, preset=preset: self.choose(preset))
        bare = ChatSettings(tools=own.tools)
        none = menu.addAction(tr("None"), lambda: self._settings.choose(bare))
        none.setCheckable(True)
        none.setChecked(own == bare)
        menu.addSeparator()
        menu.addAction(tr("Instructions for this chat…"), self.instruct)
        menu.addAction(tr("Manage presets…"), self.manage)
        below = picker.mapToGlobal(QPoint(picker.width(), picker.height() + 4))
        menu.popup(below - QPoint(menu.sizeHint().width(), 0))

    def instruct(self) -> None:
        """Open the preferences at the chat's instructions."""
        self.page_wanted.emit("chatPage", "chatInstructions")

    def manage(self) -> None:
        """Open the preferences at the presets."""
        self.page_wanted.emit("presetsPage", "presetList")

    def _changed(self) -> None:
        """Apply a changed default preset to a new chat for which nothing was chosen."""
        untouched = self._settings.fresh == self._setup(self._begun)
        if self._settings.chat is None and untouched and self._presets.default != self._begun:
            self.begin()

    def _show(self) -> None:
        own = self._settings.own
        name = own.preset or (tr("Custom instructions") if own.instructions else "")
        self._picker.show_preset(name)

    def _setup(self, preset: Preset | None) -> ChatSettings:
        """Return what a new chat begins with: the web is always off until it is switched on."""
        setup = preset.setup if preset else self._settings.plain
        return replace(setup, tools=tuple(key for key in setup.tools if key != WEB))
