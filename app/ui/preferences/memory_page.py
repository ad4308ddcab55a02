"""The page about how the model is run, and the memory that takes, updated live."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent

from app.base.errors import ModelError
from app.base.gguf import GgufHeader
from app.engine.devices import each_once
from app.engine.memory_model import CacheType
from app.engine.overrides import Overrides
from app.engine.plan import Plan
from app.engine.plan_choices import PlanChoices
from app.engine.probe import Examined, Machine
from app.ui.choices import Segments
from app.ui.controls import Button, set_tone
from app.ui.form_fields import ChoiceField
from app.ui.form_page import FormFoot, FormPage, FormRow
from app.ui.preferences.context_field import ContextField
from app.ui.preferences.gpu_cards import GpuCards
from app.ui.preferences.hint_note import HintNote
from app.ui.preferences.memory_bar import MemoryBar, segments
from app.ui.preferences.speed_line import SpeedLine
from app.ui.state.hardware_probe import HardwareProbe
from app.ui.state.model_choice import ModelChoice
from app.ui.theme import Theme
from app.wording.answered_by import memory_elsewhere
from app.wording.answers_at_once import PLACES, places_cost
from app.wording.diagnosis import summary
from app.wording.errors import explain
from app.wording.gpu_hint import gpu_hint
from app.wording.language import number, tr
from app.wording.quantities import duration, gigabytes

_CACHE_SIZES_GB = (0, 1, 2, 4, 8, 16, 32, 64)
_IDLE_MINUTES = (0, 5, 15, 30, 60)


class MemoryPage(FormPage):
    """The page with context, cache and GPU layers, each automatic or fixed, and memory bars."""

    plan_applied = Signal(object)
    """The Overrides to run the model with from now on."""
    cache_limit_chosen = Signal(int)
    """The limit of the cache on disk in gigabytes; 0 for none."""
    idle_time_chosen = Signal(int)
    """After how many minutes without use the model is unloaded; 0 for never."""

    def __init__(
        self,
        theme: Theme,
        saved: Overrides,
        cache_gb: int,
        unload_minutes: int,
        models: ModelChoice,
        hardware: HardwareProbe,
    ) -> None:
        super().__init__("memoryPage", tr("Memory"))
        self._theme, self._models, self._hardware = theme, models, hardware
        self._saved = saved
        self._header: GgufHeader | None = None
        self._machine: Machine | None = None
        self._choices: PlanChoices | None = None
        self._looked = False  # whether the fields are set, so that they are not set back
        self._status = self.add_note(tr("Checking your computer…"), "planSummary")
        self._hint = HintNote(theme, "gpuHint")
        self.column.addWidget(self._hint)
        self._context = ContextField()
        self._context.turned.connect(self._show_plan)
        self.column.addWidget(self._context)
        self.column.addSpacing(4)
        self._host_bar = MemoryBar(theme, "hostMemory")
        self._host_bar.hide()
        self._cards = GpuCards(theme, self._context.slider)
        self._cards.set_unused(saved.unused_gpus)
        self._cards.switched.connect(self._turned)
        self.speeds = SpeedLine(theme)
        for part in (self._host_bar, self._cards, self.speeds):
            self.column.addWidget(part)
            self.column.addSpacing(6)
        self._add_fields()
        self._add_buttons()
        self.column.addSpacing(10)
        self._add_cache_limit(cache_gb)
        self._add_idle_time(unload_minutes)
        self.column.addStretch(1)
        hardware.examined.connect(self._show_hardware)
        hardware.failed.connect(self._show_failure)
        hardware.planned.connect(self._show_choices)
        models.ready.connect(self._probe_again)
        self._show_fields()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._probe_again()

    def _probe_again(self) -> None:
        if self.isVisible():
            self._hardware.look(drivers=True)

    def _add_fields(self) -> None:
        self._cache = Segments(
            "cacheType",
            tr("Cache"),
            [
                ("", tr("Automatic"), "cacheAutomatic", ""),
                (CacheType.F16, tr("Full"), "cacheF16", ""),
                (CacheType.Q8_0, tr("Compact"), "cacheQ8", ""),
            ],
        )
        self._weights = Segments(
            "weights",
            tr("Weights"),
            [
                ("", tr("Automatic"), "weightsAutomatic", ""),
                ("mapped", tr("On disk"), "weightsMapped", ""),
            ],
        )
        self._places = ChoiceField(
            "answersAtOnce", tr("Answers at once"), tr("How many answers other apps get at a time")
        )
        self._layers = ChoiceField(
            "gpuLayers", tr("GPU layers"), tr("Number of layers that run on the GPU")
        )
        self._experts = ChoiceField(
            "cpuExperts",
            tr("Expert layers on the CPU"),
            tr("Number of layers whose experts stay on the CPU"),
        )
        overrides = self._saved
        for field, value in self._choice_fields(overrides):
            field.set_stops([(None, tr("Automatic"))], value)
        self._places.set_stops(_place_stops(), overrides.places)
        for field in (self._layers, self._experts, self._places):
            field.turned.connect(self._turned)
        self._cache.chosen.connect(self._turned)
        self._weights.chosen.connect(self._turned)
        self._set_fields(overrides)
        self._add_rows()

    def _add_rows(self) -> None:
        self._gpu_rows = [
            FormRow(
                tr("GPU layers"),
                tr("More layers are faster, as long as they fit in GPU memory."),
                self._layers,
            ),
            FormRow(
                tr("Expert layers on the CPU"),
                tr("Saves GPU memory by keeping the experts of these layers on the CPU."),
                self._experts,
            ),
        ]
        self._places_row = FormRow(tr("Answers at once"), _about_places(), self._places)
        rows = [
            FormRow(tr("Cache"), tr("Compact: half the memory, almost the same quality."),
                self._cache),
            FormRow(tr("Weights"), tr("On disk: uses less memory, but may be slower."),
                self._weights),
            *self._gpu_rows,
            self._places_row,
        ]  # fmt: skip
        for row in rows:
            self.column.addWidget(row)
        for row in self._gpu_rows:
            row.hide()

    def _choice_fields(self, overrides: Overrides) -> tuple[tuple[ChoiceField, int | None], ...]:
        """Return the fields with their values."""
        return (
            (self._layers, overrides.gpu_layers),
            (self._experts, overrides.cpu_experts),
        )

    def _add_buttons(self) -> None:
        self._apply = Button(
            self._theme, "applyPlan", tr("Reload the model with these settings"),
            text=tr("Apply and reload"), kind="primary", clicked=self._apply_plan,
        )  # fmt: skip
        self._reset = Button(
            self._theme, "resetPlan", tr("Reset to automatic"), text=tr("Reset to automatic"),
            clicked=self._reset_plan,
        )  # fmt: skip
        self.foot = FormFoot("memoryFoot", (self._apply, self._reset))
        self.foot.hide()

    def _add_cache_limit(self, cache_gb: int) -> None:
        self._cache_limit = ChoiceField(
            "keptGb", tr("Disk cache"), tr("Maximum size of the disk cache")
        )
        words = [
            (size, tr("{size} GB").format(size=size) if size else tr("Off"))
            for size in _CACHE_SIZES_GB
        ]
        self._cache_limit.set_stops(words, cache_gb)
        self._cache_limit.turned.connect(self._choose_cache_limit)
        self.column.addWidget(
            FormRow(
                tr("Disk cache"),
                tr("Saves processed chats, so you can return to a long chat without waiting."),
                self._cache_limit,
            )
        )

    def _add_idle_time(self, minutes: int) -> None:
        self._idle_time = ChoiceField(
            "unloadIdle", tr("Unload when idle"), tr("After how long the model is unloaded")
        )
        words = [(each, _after(each)) for each in _IDLE_MINUTES]
        self._idle_time.set_stops(words, minutes)
        self._idle_time.turned.connect(lambda: self.idle_time_chosen.emit(self._idle_time.value))
        self.column.addWidget(
            FormRow(
                tr("Unload when idle"),
                tr("Frees the model’s memory. Your next message loads it again."),
                self._idle_time,
            )
        )

    @property
    def _overrides(self) -> Overrides:
        cache = CacheType(self._cache.value) if self._cache.value else None
        mapped = self._weights.value == "mapped"
        return Overrides(
            self._context.value,
            self._layers.value,
            self._experts.value,
            cache,
            mapped,
            self._cards.unused,
            self._places.value,
        )

    def _set_fields(self, overrides: Overrides) -> None:
        """Set what does not depend on the model."""
        self._context.set_value(overrides.context)
        self._cache.set_value(overrides.cache or "")
        self._weights.set_value("mapped" if overrides.mapped else "")
        self._cards.set_unused(overrides.unused_gpus)
        self._places.set_stops(_place_stops(), overrides.places)

    def _set_stops(self, header: GgufHeader, overrides: Overrides) -> None:
        layers = header.number("block_count")
        automatic = (None, tr("Automatic"))
        stops = ([automatic, *_shares(layers + 1)], [automatic, *_shares(layers)])
        for (field, value), choices in zip(self._choice_fields(overrides), stops, strict=True):
            field.set_stops(choices, value)

    def _show_hardware(self, examined: Examined) -> None:
        asked = self._models.asked
        found = dict(examined.models).get(asked) if asked else None
        self._machine = examined.machine
        self.speeds.show_machine(examined.machine)
        self._hint.show_hint(gpu_hint(examined))
        self._header = found if isinstance(found, GgufHeader) else None
        if isinstance(found, ModelError):
            self._show_status(explain(found).sentence, "danger")
        elif asked and asked.host:
            self._show_status(memory_elsewhere(asked))
        elif self._header is None:
            self._show_status(tr("Choose a model to see how much memory it needs."))
        else:
            self._set_stops(self._header, self._overrides if self._looked else self._saved)
            self._looked = True
        self._turned()

    def show_measured(self, _: object) -> None:
        """Show new speeds, and what follows from them."""
        self.speeds.end()
        self._probe_again()

    def show_measuring_failed(self, error: BaseException) -> None:
        """Show why the speeds could not be measured."""
        self.speeds.end(explain(error).sentence)

    def _show_failure(self, error: Exception) -> None:
        self._show_status(explain(error).sentence, "danger")

    def _turned(self) -> None:
        """Show the fields, and have the plans made that follow from them."""
        self._show_fields()
        if self._header and self._machine:
            self._hardware.plan(self._header, self._machine, self._overrides)

    def _show_choices(self, choices: PlanChoices) -> None:
        self._choices = choices
        self._context.set_choices(choices)
        self._show_plan()

    def _show_fields(self) -> None:
        """Show which fields can be changed, and whether something has been."""
        ready = self._header is not None and self._machine is not None
        fields = (self._cache, self._weights, self._layers, self._experts, self._places)
        for widget in (self._context, *fields):
            widget.setEnabled(ready)
        self._apply.setEnabled(ready and self._overrides != self._saved)
        self._reset.setEnabled(ready and self._overrides != Overrides())
        if self.foot:
            self.foot.setVisible(self._apply.isEnabled() or self._reset.isEnabled())

    def _show_plan(self) -> None:
        """Show the plan for the current fields, once it is known."""
        self._show_fields()
        machine = self._machine
        if self._choices is None or machine is None or self._header is None:
            return
        plan = self._choices.plan(self._context.value)
        self._layers.set_words(None, _automatic(_share(plan.gpu_layers, plan.layers + 1)))
        self._experts.set_words(None, _automatic(_share(plan.cpu_experts, plan.layers)))
        fixed = self._places.value is not None
        self._places.set_words(None, tr("Automatic") if fixed else _automatic(number(plan.places)))
        cost = places_cost(self._header, plan, fixed=fixed)
        self._places_row.explain(" ".join(filter(None, (_about_places(), cost))))
        for row in self._gpu_rows:
            row.setVisible(bool(each_once(machine.devices.gpus)))
        shared = any(share.gpu.unified for share in plan.shares)  # it uses the computer's memory
        use = plan.host + plan.device if shared else plan.host
        self._host_bar.set_parts(
            tr("This computer"), machine.memory, segments(use, machine.memory - plan.host_room)
        )
        self._host_bar.show()
        self._cards.show_plan(machine, plan, self._overrides)
        self._show_summary(plan)

    def _show_summary(self, plan: Plan) -> None:
        if plan.fits:
            self._show_status(summary(plan))
            return
        on_gpus = sum(max(0, share.use.total - share.room) for share in plan.shares)
        short = max(plan.needed - plan.host_room, on_gpus)
        self._show_status(
            tr(
                "Needs {short} more free memory. Close other apps, or choose a shorter context."
            ).format(short=gigabytes(short)),
            "danger",
        )

    def _show_status(self, text: str, tone: str = "muted") -> None:
        self._status.setText(text)
        set_tone(self._status, tone)

    def _apply_plan(self) -> None:
        self._saved = self._overrides
        self.plan_applied.emit(self._saved)
        self._show_fields()

    def _choose_cache_limit(self) -> None:
        self.cache_limit_chosen.emit(self._cache_limit.value or 0)

    def _reset_plan(self) -> None:
        if self._header is not None:
            self._set_fields(Overrides())
            self._set_stops(self._header, Overrides())
            self._turned()


def _after(minutes: int) -> str:
    if minutes == 0:
        return tr("Off")
    return tr("After {time}").format(time=duration(60 * minutes))


def _about_places() -> str:
    return tr("For other apps, and one more for you. All share the context.")


def _place_stops() -> list[tuple[int | None, str]]:
    return [(None, tr("Automatic")), *((count, number(count)) for count in PLACES)]


def _shares(most: int) -> list[tuple[int, str]]:
    """Return the choices from none to all."""
    words = {0: tr("None", "of the layers"), most: tr("All {count}").format(count=most)}
    return [(n, words.get(n) or _share(n, most)) for n in range(most + 1)]


def _share(count: int, most: int) -> str:
    return tr("{count} of {all}").format(count=count, all=most)


def _automatic(chosen: str) -> str:
    return tr("Automatic ({chosen})").format(chosen=chosen)
