"""How the model is run, and what that takes of the memory: live, as the person turns a knob."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout

from app.base.errors import ModelError
from app.base.gguf import GgufHeader
from app.engine.plan import CONTEXTS, CacheType, MemoryUse, Overrides, Plan, propose
from app.engine.probe import Examined, Machine
from app.host import Host
from app.ui.controls import Button, Segments, set_tone
from app.ui.form_fields import ChoiceField, FormPage, FormRow
from app.ui.models.model_choice import ModelChoice
from app.ui.preferences.hardware_probe import HardwareProbe
from app.ui.preferences.memory_bar import MemoryBar, MemorySegment
from app.ui.theme import Theme
from app.wording.diagnosis import summary
from app.wording.errors import explain
from app.wording.language import number, tr
from app.wording.quantities import gigabytes

_KEPT_GB = (0, 1, 2, 4, 8, 16, 32, 64)


class MemoryPage(FormPage):
    """Context, cache and GPU, each automatic or as the person says, and the bars."""

    def __init__(
        self, theme: Theme, host: Host, models: ModelChoice, examiner: HardwareProbe
    ) -> None:
        super().__init__("memoryPage", tr("Memory"))
        self._theme, self._host, self._models, self._examiner = theme, host, models, examiner
        self._header: GgufHeader | None = None
        self._machine: Machine | None = None
        self.plan: Plan | None = None
        """What the knobs come to; None before the machine is known."""
        self._said = self.add_note(tr("Looking at this computer…"), "planSummary")
        self.column.addSpacing(4)
        self._host_bar, self._gpu_bar = (
            MemoryBar(theme, "hostMemory"),
            MemoryBar(theme, "gpuMemory"),
        )
        for bar in (self._host_bar, self._gpu_bar):
            self.column.addWidget(bar)
            self.column.addSpacing(6)
            bar.hide()
        self._add_knobs()
        self._add_buttons()
        self.column.addSpacing(10)
        self._add_kept()
        self.column.addStretch(1)
        examiner.examined.connect(self._examined)
        examiner.failed.connect(self._not_examined)
        models.ready.connect(self._look_again)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_again()

    def _look_again(self) -> None:
        if self.isVisible():
            self._examiner.look()

    def _add_knobs(self) -> None:
        self._context = ChoiceField(
            "context", tr("Context"), tr("How much of a chat the model sees")
        )
        self._cache = Segments(
            "cacheType",
            tr("Cache"),
            [
                ("", tr("Automatic"), "cacheAutomatic", ""),
                (CacheType.F16, tr("Full"), "cacheF16", ""),
                (CacheType.Q8_0, tr("Compact"), "cacheQ8", ""),
            ],
        )
        self._layers = ChoiceField(
            "gpuLayers", tr("Layers on the GPU"), tr("How much of the model the GPU runs")
        )
        self._experts = ChoiceField(
            "cpuExperts", tr("Experts on the processor"), tr("What of those layers stays in memory")
        )
        wishes = Overrides.of(self._host.settings)
        for knob, value in self._knobs(wishes):
            knob.set_stops([(None, tr("Automatic"))], value)
            knob.turned.connect(self._show)
        self._cache.set_value(wishes.cache or "")
        self._cache.chosen.connect(self._show)
        self._gpu_rows = [
            FormRow(
                tr("Layers on the GPU"),
                tr("The more, the faster, as long as they fit."),
                self._layers,
            ),
            FormRow(
                tr("Experts on the processor"),
                tr("The largest part of so many layers stays off the GPU."),
                self._experts,
            ),
        ]
        rows = [
            FormRow(tr("Context"), tr("How much of a chat the model sees, in tokens."),
                self._context),
            FormRow(tr("Cache"), tr("Compact takes half, for nearly the same answers."),
                self._cache),
            *self._gpu_rows,
        ]  # fmt: skip
        for row in rows:
            self.column.addWidget(row)
        for row in self._gpu_rows:
            row.hide()

    def _knobs(self, wishes: Overrides) -> tuple[tuple[ChoiceField, int | None], ...]:
        """The knobs that turn, with their values."""
        return (
            (self._context, wishes.context),
            (self._layers, wishes.gpu_layers),
            (self._experts, wishes.cpu_experts),
        )

    def _add_buttons(self) -> None:
        self._apply = Button(
            self._theme, "applyPlan", tr("Load the model anew with these settings"),
            text=tr("Apply and reload the model"), kind="primary", clicked=self._apply_plan,
        )  # fmt: skip
        self._reset = Button(
            self._theme, "resetPlan", tr("Leave all of it to Fireside"), text=tr("All automatic"),
            clicked=self._reset_plan,
        )  # fmt: skip
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._apply)
        row.addWidget(self._reset)
        row.addStretch(1)
        self.column.addLayout(row)

    def _add_kept(self) -> None:
        self._kept = ChoiceField("keptGb", tr("Kept on disk"), tr("How much disk it may take"))
        words = [
            (size, tr("{size} GB").format(size=size) if size else tr("Off")) for size in _KEPT_GB
        ]
        self._kept.set_stops(words, self._host.settings.kept_gb)
        self._kept.turned.connect(lambda: self._host.change(kept_gb=self._kept.value))
        self.column.addWidget(
            FormRow(
                tr("Kept on disk"),
                tr("What was read of your chats, so that long ones open at once."),
                self._kept,
            )
        )

    @property
    def _wishes(self) -> Overrides:
        cache = CacheType(self._cache.value) if self._cache.value else None
        return Overrides(self._context.value, self._layers.value, self._experts.value, cache)

    def _examined(self, examined: Examined) -> None:
        found = dict(examined.models).get(self._models.asked)
        self._machine = examined.machine
        self._header = found if isinstance(found, GgufHeader) else None
        if isinstance(found, ModelError):
            self._say(explain(found).sentence, "danger")
        elif self._header is None:
            self._say(tr("Choose a model to see what it takes."))
        else:
            self._set_stops(
                self._header, self._wishes if self.plan else Overrides.of(self._host.settings)
            )
        self._show()

    def _not_examined(self, error: Exception) -> None:
        self._say(explain(error).sentence, "danger")

    def _set_stops(self, header: GgufHeader, wishes: Overrides) -> None:
        most, layers = header.number("context_length"), header.number("block_count")
        contexts = sorted(c for c in CONTEXTS if c <= most) or [most]
        automatic = (None, tr("Automatic"))
        stops = (
            [automatic, *((c, tr("%Ln token(s)", "", c)) for c in contexts)],
            [automatic, *_shares(layers + 1)],
            [automatic, *_shares(layers)],
        )
        for (knob, value), choices in zip(self._knobs(wishes), stops, strict=True):
            knob.set_stops(choices, value)
        self._cache.set_value(wishes.cache or "")

    def _show(self) -> None:
        """The plan that the knobs come to."""
        wishes = self._wishes
        ready = self._header is not None and self._machine is not None
        for widget in (self._context, self._cache, self._layers, self._experts):
            widget.setEnabled(ready)
        self._apply.setEnabled(ready and wishes != Overrides.of(self._host.settings))
        self._reset.setEnabled(ready and wishes != Overrides())
        if not ready:
            return
        plan = self.plan = propose(self._header, self._machine, wishes)
        self._context.set_words(None, _automatic(number(plan.context)))
        self._layers.set_words(None, _automatic(_share(plan.gpu_layers, plan.layers + 1)))
        self._experts.set_words(None, _automatic(_share(plan.cpu_experts, plan.layers)))
        for row in self._gpu_rows:
            row.setVisible(bool(self._machine.devices.gpus))
        self._show_bars(plan, self._machine)
        self._show_words(plan)

    def _show_bars(self, plan: Plan, machine: Machine) -> None:
        gpu = plan.gpu or max(machine.devices.gpus, key=lambda g: g.available, default=None)
        shared = gpu is not None and gpu.unified  # then its memory is the computer's
        use = _sum(plan.host, plan.device) if shared else plan.host
        self._host_bar.set_parts(
            tr("This computer"), machine.memory, _parts(use, machine.memory - plan.host_room)
        )
        self._host_bar.show()
        if gpu and not shared:
            parts = _parts(plan.device, gpu.memory - gpu.available)
            self._gpu_bar.set_parts(gpu.description, gpu.memory, parts)
        self._gpu_bar.setVisible(gpu is not None and not shared)

    def _show_words(self, plan: Plan) -> None:
        if plan.fits:
            self._say(summary(plan))
            return
        short = max(plan.needed - plan.host_room, plan.device.total - plan.device_room)
        self._say(
            tr(
                "This takes {short} more than is free now. Close other programs, or choose "
                "a shorter context."
            ).format(short=gigabytes(short)),
            "danger",
        )

    def _say(self, text: str, tone: str = "muted") -> None:
        self._said.setText(text)
        set_tone(self._said, tone)

    def _apply_plan(self) -> None:
        wishes = self._wishes
        self._host.change(
            context=wishes.context,
            gpu_layers=wishes.gpu_layers,
            cpu_experts=wishes.cpu_experts,
            cache_type=wishes.cache or "",
        )
        if self._models.asked:
            self._models.choose(self._models.asked)
        self._show()

    def _reset_plan(self) -> None:
        self._set_stops(self._header, Overrides())
        self._show()


def _shares(most: int) -> list[tuple[int, str]]:
    """None to all of so many."""
    words = {0: tr("None", "of the layers"), most: tr("All {count}").format(count=most)}
    return [(n, words.get(n) or _share(n, most)) for n in range(most + 1)]


def _share(count: int, most: int) -> str:
    return tr("{count} of {all}").format(count=count, all=most)


def _automatic(chosen: str) -> str:
    return tr("Automatic: {chosen}").format(chosen=chosen)


def _sum(one: MemoryUse, other: MemoryUse) -> MemoryUse:
    return MemoryUse(
        one.weights + other.weights,
        one.cache + other.cache,
        one.compute + other.compute,
        one.runtime + other.runtime,
    )


def _parts(use: MemoryUse, others: int) -> list[MemorySegment]:
    """Of a memory of which ``others`` bytes cannot be had."""
    return [
        MemorySegment(tr("Weights"), use.weights, "accent"),
        MemorySegment(tr("Cache"), use.cache, "link"),
        MemorySegment(tr("Buffers"), use.compute, "warning"),
        MemorySegment(tr("Program"), use.runtime, "muted"),
        MemorySegment(tr("Other programs"), others, "scroll"),
    ]
