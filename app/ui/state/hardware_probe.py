"""Probe of this computer's hardware, and of what its models need."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QObject, Signal

from app.host import Host
from app.ui.bridge import Bridge, Newest
from app.ui.state.model_choice import ModelChoice

if TYPE_CHECKING:
    from app.base.gguf import GgufHeader
    from app.engine.overrides import Overrides
    from app.engine.plan_choices import PlanChoices
    from app.engine.probe import Machine

    _Question: TypeAlias = tuple[GgufHeader, Machine, Overrides]


class HardwareProbe(QObject):
    """A probe that has the hardware and the known models examined."""

    examined = Signal(object)
    """An Examined."""
    failed = Signal(object)
    """The error because of which llama.cpp could not list the devices."""
    planned = Signal(object)
    """PlanChoices, for what `plan` was called with last."""

    def __init__(self, host: Host, bridge: Bridge, models: ModelChoice, parent: QObject) -> None:
        super().__init__(parent)
        self._host, self._bridge, self._models = host, bridge, models
        self._looks = Newest(bridge)
        self._drivers = False  # whether they were asked for once
        self._wanted: _Question | None = None
        self._asked: _Question | None = None  # while it is being answered

    def look(self, *, drivers: bool = False) -> None:
        """Examine the hardware and all known models; ``drivers``: ask the graphics drivers, too."""
        known = self._models.known()
        asked = self._models.asked
        models = known if asked is None or asked.host or asked in known else [asked, *known]
        self._drivers = self._drivers or drivers  # so that the newest look knows the most
        self._looks.when_done(
            self._host.examiner.examine(models, drivers=self._drivers),
            self.examined.emit,
            self.failed.emit,
        )

    @property
    def planning(self) -> bool:
        """Whether plans are being made."""
        return self._asked is not None

    def plan(self, header: GgufHeader, machine: Machine, overrides: Overrides) -> None:
        """Find the plans for these settings, in the background; only the last call counts."""
        self._wanted = header, machine, overrides
        if self._asked is None:
            self._ask(self._wanted)

    def _ask(self, question: _Question) -> None:
        self._asked = question
        self._bridge.when_done(
            self._host.examiner.choices(*question), self._planned, self._not_planned
        )

    def _planned(self, found: PlanChoices) -> None:
        asked, self._asked = self._asked, None
        if self._wanted is not None and self._wanted is not asked:
            self._ask(self._wanted)
        else:
            self.planned.emit(found)

    def _not_planned(self, error: BaseException) -> None:
        self._asked = None
        raise error
