"""The graphics cards with what a plan puts on each, and a switch that leaves one out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.engine.devices import each_once
from app.engine.memory_model import MemoryUse
from app.engine.overrides import Overrides
from app.engine.plan import Plan
from app.engine.probe import Gpu, Machine
from app.ui.choices import Switch
from app.ui.controls import column
from app.ui.form_fields import heading, note
from app.ui.form_page import FormPart
from app.ui.preferences.memory_bar import MemoryBar, segments
from app.ui.theme import Theme
from app.wording.gpu_use import why_unused
from app.wording.language import tr


class GpuCards(QWidget):
    """A row for each card."""

    switched = Signal()
    """The user has switched a card on or off."""

    def __init__(self, theme: Theme, before: QWidget) -> None:
        """Create the list; Tab comes to it after the control ``before``."""
        super().__init__()
        self.setObjectName("gpuCards")
        self._theme, self._before = theme, before
        self._rows: list[_Card] = []
        self._unused: tuple[str, ...] = ()
        self._column = column(self, gap=10)
        self.hide()

    @property
    def unused(self) -> tuple[str, ...]:
        """The cards that are switched off, also those that are not in this computer now."""
        return self._unused

    def set_unused(self, unused: Sequence[str]) -> None:
        """Show which cards are switched off, without emitting `switched`."""
        self._unused = tuple(unused)
        for row in self._rows:
            row.switch.setChecked(not row.gpu.is_among(self._unused))

    def show_plan(self, machine: Machine, plan: Plan, overrides: Overrides) -> None:
        """Show what a plan puts on the cards of a machine."""
        cards = each_once(machine.devices.gpus)
        if [gpu.key for gpu in cards] != [row.gpu.key for row in self._rows]:
            self._make_rows(cards)
        for row, gpu in zip(self._rows, cards, strict=True):
            row.show_plan(gpu, machine, plan, overrides)
        self.setVisible(bool(cards))

    def _make_rows(self, cards: Sequence[Gpu]) -> None:
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = []
        for number, gpu in enumerate(cards):
            row = _Card(self._theme, number, gpu)
            row.switch.turned.connect(lambda on, row=row: self._switch(row.gpu, on=on))
            self._column.addWidget(row)
            before = self._rows[-1].switch if self._rows else self._before
            QWidget.setTabOrder(before, row.switch)
            self._rows.append(row)

    def _switch(self, gpu: Gpu, *, on: bool) -> None:
        others = tuple(each for each in self._unused if each not in (gpu.pci, gpu.name))
        self._unused = others if on else (*others, gpu.key)
        self.switched.emit()


class _Card(FormPart):
    """A card: its bar, or its name if it has no memory of its own, and its switch."""

    def __init__(self, theme: Theme, number: int, gpu: Gpu) -> None:
        super().__init__()
        self.gpu = gpu
        self.switch = Switch(
            f"useGpu{number}", tr("Use {gpu}").format(gpu=gpu.description), on=True
        )
        self._bar = MemoryBar(theme, f"gpuMemory{number}")
        self._name = heading(gpu.description, 13, 550)
        self._name.setWordWrap(True)
        self._note = note("", f"gpuNote{number}")
        words = QVBoxLayout()
        words.setSpacing(0)
        for part in (self._bar, self._name, self._note):
            words.addWidget(part)
            part.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addLayout(words, 1)
        row.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignTop)

    def show_plan(self, gpu: Gpu, machine: Machine, plan: Plan, overrides: Overrides) -> None:
        self.gpu = gpu
        share = next((s for s in plan.shares if s.gpu.name == gpu.name), None)
        self._bar.setVisible(not gpu.unified)
        self._name.setVisible(gpu.unified)
        if not gpu.unified:
            use = share.use if share else MemoryUse()
            self._bar.set_parts(
                gpu.description, gpu.memory, segments(use, gpu.memory - gpu.available)
            )
        told = [tr("Shares this computer’s memory")] if gpu.unified else []
        told += filter(None, [why_unused(gpu, plan, machine, overrides)])
        if share and len(plan.shares) > 1:
            told.append(tr("%n layer(s)", "", share.layers))
        self._note.setText(" · ".join(told))
        self.switch.setAccessibleDescription(self._note.text())
        self._note.setVisible(bool(told))
        self.switch.setChecked(not gpu.is_among(overrides.unused_gpus))
