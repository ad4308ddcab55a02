"""Fields for sampling."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from app.base.types import Sampling
from app.ui.controls import column
from app.ui.form_fields import CountField, DecimalField, DigitsField
from app.ui.form_page import FormRow
from app.wording.language import tr

_LONGEST = 131_072  # tokens, the context of gpt-oss


class SamplingFields(QWidget):
    """Fields for temperature, top-p, min-p, seed and length."""

    chosen = Signal(object)
    """The Sampling after the user's change."""

    def __init__(self, prefix: str = "") -> None:
        """Create the fields; ``prefix`` is prepended to their objectNames."""
        super().__init__()
        self._value = Sampling()

        def name(field: str) -> str:
            return f"{prefix}{field[0].upper()}{field[1:]}" if prefix else field

        self._temperature = DecimalField(
            name("temperature"), tr("Temperature"), tr("0 to 2"), most=2, step=0.1, decimals=2
        )
        self._top_p = DecimalField(
            name("topP"), tr("Top-p"), tr("0 to 1"), most=1, step=0.05, decimals=2
        )
        self._min_p = DecimalField(
            name("minP"), tr("Min-p"), tr("0 to 1"), most=1, step=0.01, decimals=3
        )
        self._seed = DigitsField(
            name("seed"), tr("Seed"), tr("A whole number"), most=10, none=tr("Random")
        )
        self._length = CountField(
            name("answerLength"), tr("Max. answer length"),
            tr("Maximum number of tokens, including reasoning"),
            most=_LONGEST, step=256, none=tr("No limit", "the length of an answer"),
        )  # fmt: skip
        self._temperature.valueChanged.connect(lambda value: self._choose(temperature=value))
        self._top_p.valueChanged.connect(lambda value: self._choose(top_p=value))
        self._min_p.valueChanged.connect(lambda value: self._choose(min_p=value))
        self._seed.editingFinished.connect(self._seed_written)
        self._length.valueChanged.connect(lambda value: self._choose(max_tokens=value or None))
        self._add_rows()

    def _add_rows(self) -> None:
        rows = column(self, gap=8)
        for title, why, field in (
            (
                tr("Temperature"),
                tr("Higher is more random; 0 always picks the most likely token."),
                self._temperature,
            ),
            (
                tr("Top-p"),
                tr("Sample only from the most likely tokens up to this total probability."),
                self._top_p,
            ),
            (
                tr("Min-p"),
                tr("Skip tokens much less likely than the most likely one."),
                self._min_p,
            ),
            (
                tr("Seed"),
                tr("Same seed, same answer. Slower: the chat is reprocessed every time."),
                self._seed,
            ),
            (
                tr("Max. answer length"),
                tr("In tokens, including reasoning."),
                self._length,
            ),
        ):
            rows.addWidget(FormRow(title, why, field))

    def show_value(self, value: Sampling) -> None:
        """Show these values without emitting a signal."""
        self._value = value
        for field, shown in (
            (self._temperature, value.temperature),
            (self._top_p, value.top_p),
            (self._min_p, value.min_p),
        ):
            with QSignalBlocker(field):
                field.setValue(shown)
        with QSignalBlocker(self._length):
            self._length.setValue(value.max_tokens or 0)
        self._seed.setText("" if value.seed is None else str(value.seed))

    def finish(self) -> None:
        """Commit half-written values."""
        for field in (self._temperature, self._top_p, self._min_p, self._length):
            field.interpretText()
        self._seed_written()

    def _seed_written(self) -> None:
        self._choose(seed=self._seed.value)

    def _choose(self, **changes: Any) -> None:
        value = replace(self._value, **changes)
        if value != self._value:
            self._value = value
            self.chosen.emit(value)
