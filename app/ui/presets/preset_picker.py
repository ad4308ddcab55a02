"""The button that shows the preset of the chat."""

from __future__ import annotations

from app.ui.controls import Button, elided, tip
from app.ui.theme import Theme
from app.wording.language import tr

PRESET_KEYS = "Ctrl+Shift+P"
_WIDTH = 180  # pixels of the preset's name


class PresetPicker(Button):
    """A button that names the preset and opens the menu of presets."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme, "presetPicker", "", icon="preset", kind="ghost", shortcut=PRESET_KEYS, weight=400
        )
        self._preset, self._short = "", False
        self.show_preset("")

    def set_short(self, short: bool) -> None:
        """Set whether there is only room for the icon."""
        if short != self._short:
            self._short = short
            self.show_preset(self._preset)

    def show_preset(self, name: str) -> None:
        """Show the preset of this name; an empty one for none."""
        self._preset = name
        label = tr("Preset: {name}").format(name=name) if name else tr("Choose a preset")
        self.setText(f" {elided(self, name, _WIDTH)}" if name and not self._short else "")
        self.setAccessibleName(label)
        self.setToolTip(tip(label, PRESET_KEYS))
