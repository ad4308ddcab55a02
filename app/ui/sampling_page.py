"""How the answers of the chat that is shown are drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt

from app.base.types import Sampling
from app.ui.chat_sampling import ChatSampling
from app.ui.controls import Button
from app.ui.fields import Count, Decimal, Digits, Page, Row
from app.ui.language import tr
from app.ui.theme import Look

_LONGEST = 131_072  # tokens that gpt-oss was made for


class SamplingPage(Page):
    """Temperature and the like. Each change counts from the next answer on."""

    def __init__(self, look: Look, sampling: ChatSampling) -> None:
        super().__init__("chatPage", tr("This chat"))
        self._sampling = sampling
        self._shown: tuple[int | None, Sampling] | None = None
        self._whose = self.add_note("", "samplingChat")
        self.column.addSpacing(4)
        self._add_fields()
        self.column.addSpacing(8)
        self._reset = Button(
            look, "resetSampling", tr("Back to the values that the model was made for"),
            text=tr("Reset to the model’s own"), clicked=lambda: sampling.choose(sampling.default),
        )  # fmt: skip
        self.column.addWidget(self._reset, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addStretch(1)
        sampling.changed.connect(self._show)
        self._show()

    def leave(self) -> None:
        for field in (self._temperature, self._top_p, self._min_p, self._length):
            field.interpretText()
        self._seed_written()

    def _add_fields(self) -> None:
        self._temperature = Decimal(
            "temperature", tr("Temperature"), tr("0 to 2"), most=2, step=0.1, decimals=2
        )
        self._top_p = Decimal("topP", tr("Top-p"), tr("0 to 1"), most=1, step=0.05, decimals=2)
        self._min_p = Decimal("minP", tr("Min-p"), tr("0 to 1"), most=1, step=0.01, decimals=3)
        self._seed = Digits("seed", tr("Seed"), tr("A whole number"), most=10, none=tr("Random"))
        self._length = Count(
            "answerLength", tr("Answer length"), tr("Tokens, at most"),
            most=_LONGEST, step=256, none=tr("Open"),
        )  # fmt: skip
        self._temperature.valueChanged.connect(lambda value: self._choose(temperature=value))
        self._top_p.valueChanged.connect(lambda value: self._choose(top_p=value))
        self._min_p.valueChanged.connect(lambda value: self._choose(min_p=value))
        self._seed.editingFinished.connect(self._seed_written)
        self._length.valueChanged.connect(lambda value: self._choose(max_tokens=value or None))
        for row in (
            Row(
                tr("Temperature"),
                tr("How freely words are chosen. At 0 it is always the likeliest."),
                self._temperature,
            ),
            Row(
                tr("Top-p"),
                tr("Only the likeliest words, up to this share of all chances."),
                self._top_p,
            ),
            Row(
                tr("Min-p"),
                tr("Leaves out words far less likely than the likeliest one."),
                self._min_p,
            ),
            Row(
                tr("Seed"),
                tr(
                    "The same number repeats an answer. The whole chat is then read anew for "
                    "each one."
                ),
                self._seed,
            ),
            Row(
                tr("Answer length"),
                tr("In tokens, with the reasoning. Open: until the context is full."),
                self._length,
            ),
        ):
            self.column.addWidget(row)

    def _seed_written(self) -> None:
        self._choose(seed=self._seed.value)

    def _choose(self, **changes: Any) -> None:
        self._sampling.choose(replace(self._sampling.value, **changes))

    def _show(self) -> None:
        title = self._sampling.title
        self._whose.setText(
            tr("For “{title}” only, from its next answer on.").format(title=title)
            if title
            else tr("For the new chat only.")
        )
        self._reset.setEnabled(self._sampling.own is not None)
        value = self._sampling.value
        if (self._sampling.chat, value) == self._shown:
            return  # what is half written stays
        self._shown = self._sampling.chat, value
        for field, shown in (
            (self._temperature, value.temperature),
            (self._top_p, value.top_p),
            (self._min_p, value.min_p),
            (self._length, value.max_tokens or 0),
        ):
            with QSignalBlocker(field):
                field.setValue(shown)
        self._seed.setText("" if value.seed is None else str(value.seed))
