"""The choice between speed and a long memory: the model's context."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from app.engine.plan import Plan
from app.engine.plan_choices import PlanChoices
from app.ui.choices import Switch
from app.ui.controls import column, muted, tip
from app.ui.form_fields import heading, named, note
from app.ui.form_page import FormPart
from app.ui.theme import font
from app.wording.language import number, tr


class ContextField(FormPart):
    """A slider with a stop for each context that fits, and a switch that leaves it to the plan."""

    turned = Signal()
    """The user has chosen another context, or that it is automatic or no longer is."""

    def __init__(self) -> None:
        super().__init__()
        self._choices: PlanChoices | None = None
        self._stops: tuple[int, ...] = ()
        self._value: int | None = None
        self.slider = _Slider(Qt.Orientation.Horizontal)
        named(
            self.slider,
            "context",
            tr("Context length"),
            tr("How many tokens of a chat the model can see."),
        )
        self.slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.slider.setPageStep(1)
        self.slider.valueChanged.connect(self._moved)
        self.switch = Switch("contextAutomatic", tr("Automatic context length"), on=True)
        self.switch.turned.connect(self._switched)
        self._words = QLabel()
        self._words.setObjectName("contextWords")
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setFont(font(13))
        self._words.setWordWrap(True)
        self._explanation = note(tr("How many tokens of a chat the model can see."))
        self._lay_out()
        QWidget.setTabOrder(self.switch, self.slider)

    def _lay_out(self) -> None:
        head, ends = QHBoxLayout(), QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(heading(tr("Context length"), 14, 550), 1)
        head.addWidget(muted(tr("Automatic"), pixels=13))
        head.addWidget(self.switch)
        ends.addWidget(muted(tr("Faster")), 1, Qt.AlignmentFlag.AlignLeft)
        ends.addWidget(muted(tr("Longer memory")), 0, Qt.AlignmentFlag.AlignRight)
        layout = column(self, (0, 6, 0, 6), gap=2)
        layout.addLayout(head)
        layout.addWidget(self._explanation)
        layout.addSpacing(6)
        layout.addWidget(self._words)
        layout.addWidget(self.slider)
        layout.addLayout(ends)

    @property
    def value(self) -> int | None:
        """The chosen context in tokens; None if it is automatic."""
        return self._value

    def set_value(self, value: int | None) -> None:
        """Show a context, without emitting `turned`."""
        self._value = value
        self._set_stops()

    def set_choices(self, choices: PlanChoices) -> None:
        """Set what can be chosen, without emitting `turned`."""
        self._choices = choices
        self._set_stops()

    def _set_stops(self) -> None:
        if self._choices:
            self._stops = self._choices.stops(self._value)
            with QSignalBlocker(self.slider):
                self.slider.setRange(0, len(self._stops) - 1)
        self._show()

    def _show(self) -> None:
        self.switch.setChecked(self._value is None)
        if self._choices is None:
            return
        plan = self._choices.plan(self._value)
        shown = self._value or plan.context
        with QSignalBlocker(self.slider):
            self.slider.setValue(max(0, sum(stop <= shown for stop in self._stops) - 1))
        self._say(plan)

    def _say(self, plan: Plan) -> None:
        text = _figures(plan)
        self._words.setText(text)
        self.slider.setAccessibleDescription(text)
        told = [tr("How many tokens of a chat the model can see.")]
        if plan.prompt_tokens_s:
            speed = number(plan.prompt_tokens_s)
            told.append(tr("Prompts: about {speed} tokens per second").format(speed=speed))
        self.slider.setToolTip(tip("\n".join(told)))
        grows = self._value is None and plan.longest > plan.context
        self._explanation.setText(
            tr("Grows up to {tokens} tokens when a chat needs it.").format(
                tokens=number(plan.longest)
            )
            if grows
            else told[0]
        )

    def _moved(self, stop: int) -> None:
        self._value = self._stops[stop] if self._stops else None
        self._show()
        self.turned.emit()

    def _switched(self, automatic: bool) -> None:
        shown = self._stops[self.slider.value()] if self._stops else None
        self.set_value(None if automatic else shown)
        self.turned.emit()


class _Slider(QSlider):
    """A slider that leaves the wheel to the page."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def _figures(plan: Plan) -> str:
    """Return a plan's context and speed: "16,384 tokens · about 43 tokens per second"."""
    tokens = tr("%Ln token(s)", "", plan.context)
    if not plan.tokens_s:
        return tokens
    speed = number(plan.tokens_s, 0 if plan.tokens_s >= 9.95 else 1)
    return tr("{tokens} · about {speed} tokens per second").format(tokens=tokens, speed=speed)
