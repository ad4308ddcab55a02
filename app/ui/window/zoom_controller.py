"""Zoom of the whole window, by keys and by the wheel."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.host import Host
from app.ui.theme import Theme
from app.ui.zoom import next_level

_NOTCH = 120  # eighths of a degree, by which a wheel turns at a time


class ZoomController(QObject):
    """A controller that zooms everything and remembers how much."""

    def __init__(self, theme: Theme, host: Host, parent: QObject) -> None:
        super().__init__(parent)
        self._theme, self._host = theme, host
        self._turned = 0  # of a wheel or touchpad, since the last step

    def step(self, step: int) -> None:
        """Show everything larger (1) or smaller (-1); for 0 as usual."""
        percent = next_level(self._host.settings.zoom, step)
        if percent != self._host.settings.zoom:
            self._host.change(zoom=percent)
            self._theme.set_zoom(percent)

    def wheel(self, turned: int) -> None:
        """Zoom by a wheel that was turned; a touchpad sends many small turns."""
        self._turned += turned
        if abs(self._turned) >= _NOTCH:
            self.step(1 if self._turned > 0 else -1)
            self._turned = 0
