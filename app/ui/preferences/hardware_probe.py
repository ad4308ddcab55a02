"""Looks at this machine and its models, for whoever shows them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.host import Host
from app.ui.bridge import Bridge
from app.ui.models.model_choice import ModelChoice


class HardwareProbe(QObject):
    """Asks elsewhere, and tells here. It lives as long as the window."""

    examined = Signal(object)
    """An Examined."""
    failed = Signal(object)
    """Why llama.cpp did not say what it finds."""

    def __init__(self, host: Host, bridge: Bridge, models: ModelChoice, parent: QObject) -> None:
        super().__init__(parent)
        self._host, self._bridge, self._models = host, bridge, models

    def look(self) -> None:
        """At the machine as it is now, and at all models that are known."""
        known = self._models.known()
        asked = self._models.asked
        models = known if asked is None or asked in known else [asked, *known]
        self._bridge.when_done(
            self._host.examiner.examine(models), self.examined.emit, self.failed.emit
        )
