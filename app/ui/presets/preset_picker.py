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
        self.show_preset("")

    def show_preset(self, name: str) -> None:
        """Show the preset of this name; an empty one for none."""
        label = tr("Preset: {name}").format(name=name) if name else tr("Choose a preset")
        self.setText(f" {elided(self, name, _WIDTH)}" if name else "")
        self.setAccessibleName(label)
        self.setToolTip(tip(label, PRESET_KEYS))
