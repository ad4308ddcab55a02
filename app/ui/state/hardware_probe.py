"""Probe of this computer's hardware, and of what its models need."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.host import Host
from app.ui.bridge import Bridge
from app.ui.state.model_choice import ModelChoice


class HardwareProbe(QObject):
    """A probe that has the hardware and the known models examined."""

    examined = Signal(object)
    """An Examined."""
    failed = Signal(object)
    """The error because of which llama.cpp could not list the devices."""

    def __init__(self, host: Host, bridge: Bridge, models: ModelChoice, parent: QObject) -> None:
        super().__init__(parent)
        self._host, self._bridge, self._models = host, bridge, models

    def look(self) -> None:
        """Examine the hardware and all known models."""
        known = self._models.known()
        asked = self._models.asked
        models = known if asked is None or asked in known else [asked, *known]
        self._bridge.when_done(
            self._host.examiner.examine(models), self.examined.emit, self.failed.emit
        )
