"""The preset of the chat that is shown: says which it is, and gives it another."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QPoint

from app.store import PLAIN, ChatSettings, Preset
from app.ui.composer.composer import NEW_CHAT_EFFORT
from app.ui.controls import elided, menu_of
from app.ui.models.model_choice import ModelChoice
from app.ui.preferences.preferences_controller import PreferencesController
from app.ui.presets.chat_settings import ShownChatSettings
from app.ui.presets.preset_index import PresetIndex
from app.ui.sidebar.chat_index import ChatIndex
from app.ui.window_layout import WindowLayout
from app.wording.errors import Action
from app.wording.language import tr

_NAME_WIDTH = 320  # pixels of a preset's, in the menu


class PresetController(QObject):
    """Between the presets, the button for them, and the chat."""

    def __init__(
        self,
        frame: WindowLayout,
        presets: PresetIndex,
        setup: ShownChatSettings,
        models: ModelChoice,
        index: ChatIndex,
        preferences: PreferencesController,
    ) -> None:
        super().__init__(frame)
        self._frame, self._presets, self._setup = frame, presets, setup
        self._models, self._index, self._preferences = models, index, preferences
        self._begun: Preset | None = None
        frame.preset_picker.clicked.connect(self.pick)
        setup.changed.connect(self._show)
        presets.changed.connect(self._changed)
        self._show()

    def begin(self) -> None:
        """A new chat is shown: it has what the default preset says."""
        preset = self._begun = self._presets.default
        self._setup.begin(_setup(preset))
        self._frame.composer.set_effort(preset.effort if preset else NEW_CHAT_EFFORT)
        self._models.show(preset.model if preset else "")

    def choose(self, preset: Preset) -> None:
        """The person wishes it for the chat that is shown."""
        self._setup.choose(preset.setup)
        self._frame.composer.choose_effort(preset.effort)
        if not preset.model:
            return
        if model := self._models.find(preset.model):
            self._models.show(model.key)
            if self._setup.chat is not None:
                self._index.set_model(self._setup.chat, model.key)
        else:
            self._frame.show_banner(
                tr(
                    "The model of “{preset}”, {model}, is not on this computer. The chat keeps "
                    "the one that it has."
                ).format(preset=preset.name, model=Path(preset.model).stem),
                Action.NONE,
            )

    def pick(self) -> None:
        """Shows the presets to choose from."""
        picker, own = self._frame.preset_picker, self._setup.own
        if not picker.isVisible():
            return
        menu = menu_of(self._frame, "presetMenu")
        for preset in self._presets.rows:
            action = menu.addAction(elided(menu, preset.name, _NAME_WIDTH))
            action.setCheckable(True)
            action.setChecked(preset.name == own.preset)
            action.triggered.connect(lambda _=False, preset=preset: self.choose(preset))
        none = menu.addAction(tr("None"), lambda: self._setup.choose(PLAIN))
        none.setCheckable(True)
        none.setChecked(own == PLAIN)
        menu.addSeparator()
        menu.addAction(tr("Instructions for this chat…"), self.instruct)
        menu.addAction(tr("Manage presets…"), self.manage)
        below = picker.mapToGlobal(QPoint(picker.width(), picker.height() + 4))
        menu.popup(below - QPoint(menu.sizeHint().width(), 0))

    def instruct(self) -> None:
        """Where the chat's own instructions are written."""
        self._preferences.open("chatPage", "chatInstructions")

    def manage(self) -> None:
        """Where presets are made."""
        self._preferences.open("presetsPage", "presetList")

    def _changed(self) -> None:
        """A new chat that nothing was chosen for begins with the default of now."""
        untouched = self._setup.chat is None and self._setup.fresh == _setup(self._begun)
        if untouched and self._presets.default != self._begun:
            self.begin()

    def _show(self) -> None:
        own = self._setup.own
        name = own.preset or (tr("Own instructions") if own.instructions else "")
        self._frame.show_preset(name)


def _setup(preset: Preset | None) -> ChatSettings:
    return preset.setup if preset else PLAIN
