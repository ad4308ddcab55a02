"""Answers' speeds beside what was predicted: they correct predictions, and a slow-down is noticed.

**The rule.** An answer of at least 48 tokens that came at less than half of the (corrected)
prediction was slow. That is told once for each time a model is loaded, with the first of these
causes that holds:

1. Other programs have taken memory of a GPU that the plan uses since it was made: 256 MiB and 2 %
   of what the model takes there, which is how exactly that is known.
2. Less than 512 MiB of the computer's memory are free.
3. The computer runs on battery power, or its system was told to save power.
4. Other programs used at least half of the processor's time during the answer.
5. None of them, but the plan uses a GPU: its prediction comes from that GPU's measured speed.

On the CPU alone, without a cause, nothing is told: the prediction may as well be wrong. Of a model
with less than 1 GiB of weights nothing is told, nor learned: its tokens take no time. Nothing is
told without a prediction, which there is only from measured speeds.

Answers of at least 64 tokens correct the predictions (see `app.engine.speed_file`), but not slow
ones that have a cause. Only answers that were alone in the engine are compared at all.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import Any

import psutil

from app.base.answer_events import Done, SlowAnswer, SlowCause, Stats
from app.base.errors import FiresideError
from app.engine import probe
from app.engine.plan import Plan
from app.engine.probe import Gpu
from app.engine.processor_time import ProcessorTime
from app.engine.speed_file import SpeedFile
from app.engine.speed_model import DEPTH

_GIB, _MIB = 1 << 30, 1 << 20
_LARGE = 1 * _GIB
_TOLD_TOKENS, _LEARNED_TOKENS = 48, 64
_SLOW = 0.5  # of the prediction
_TAKEN = 256 * _MIB
_INEXACT = 50  # the part of a plan's memory by which it may be wrong
_SCARCE = 512 * _MIB
_BUSY = 0.5  # of the processor's time


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What may have made an answer slow.

    ``gpus`` as they are now, with the model in their memory. ``others_busy``: the share of the
    processor's time that other programs used.
    """

    gpus: tuple[Gpu, ...] = ()
    free_memory: int = 64 * _GIB
    on_battery: bool = False
    saves_power: bool = False
    others_busy: float = 0.0


def is_slow(stats: Stats, expected: float) -> bool:
    """Return whether an answer is long enough to say so, and slow."""
    return stats.generated >= _TOLD_TOKENS and stats.tokens_per_second < _SLOW * expected


def judge(
    plan: Plan, stats: Stats, expected: float, circumstances: Circumstances
) -> SlowAnswer | None:
    """Return the likely cause of a slow answer; None if nothing is to be told."""
    told = SlowAnswer(stats.tokens_per_second, expected)
    now = {gpu.name: gpu for gpu in circumstances.gpus}
    for share in plan.shares:
        gpu, ours = share.gpu, share.use.total
        if gpu.unified or gpu.name not in now:
            continue
        free = now[gpu.name].available
        if gpu.available - ours - free >= _TAKEN + ours // _INEXACT:
            others = max(0, gpu.memory - free - ours)
            return replace(told, gpu=gpu.description, others=others, cause=SlowCause.GPU_MEMORY)
    c = circumstances
    causes = {
        SlowCause.MEMORY: c.free_memory < _SCARCE,
        SlowCause.BATTERY: c.on_battery,
        SlowCause.POWER_MODE: c.saves_power,
        SlowCause.PROCESSOR: c.others_busy >= _BUSY,
        SlowCause.UNKNOWN: plan.gpu is not None,
    }
    cause = next((cause for cause, holds in causes.items() if holds), None)
    return replace(told, cause=cause) if cause else None


def token_s(plan: Plan, correction: float, depth: float) -> float:
    """Return the predicted time for a token behind ``depth`` others, not corrected.

    ``correction`` is that with which the plan was made.
    """
    return correction / plan.tokens_s + (depth - min(DEPTH, plan.context)) * plan.deeper_s


class AnswerWatch:
    """A watcher of the answers of a model that is loaded by ``plan``, in the process ``pid``.

    The plan predicts its speed, with ``correction``; ``file`` learns from the answers. ``gpus``
    returns the GPUs as they are now.
    """

    def __init__(
        self,
        plan: Plan,
        correction: float,
        file: SpeedFile,
        pid: int | None,
        gpus: Callable[[], tuple[Gpu, ...]],
    ) -> None:
        self._plan, self._correction, self._file = plan, correction, file
        self._pid, self._gpus = pid, gpus
        self._large = plan.host.weights + plan.device.weights >= _LARGE
        self._told = False

    def watched(
        self, events: Generator[Any, None, None], alone: Callable[[], bool]
    ) -> Generator[Any, None, None]:
        """Yield the events of an answer, with its expected speed, and perhaps a SlowAnswer.

        ``alone`` returns whether it has been the only one; no speed is expected of any other.
        """
        if not self._large:
            yield from events
            return
        before = ProcessorTime(self._pid)
        stats: Stats | None = None
        with closing(events):
            for event in events:
                if isinstance(event, Done) and alone():
                    stats = replace(event.stats, expected=self._expected(event.stats))
                    event = replace(event, stats=stats)
                yield event
        if stats and (slow := self._learn(stats, before)):
            yield slow

    def _token_s(self, stats: Stats) -> float:
        return token_s(self._plan, self._correction, stats.prompt_tokens + stats.generated / 2)

    def _expected(self, stats: Stats) -> float:
        return self._file.correction / self._token_s(stats)

    def _learn(self, stats: Stats, before: ProcessorTime) -> SlowAnswer | None:
        """Correct the predictions by an answer, and return what is to be told of it."""
        slow: SlowAnswer | None = None
        if is_slow(stats, stats.expected):
            slow = judge(self._plan, stats, stats.expected, self._circumstances(before))
        if stats.generated >= _LEARNED_TOKENS and (slow is None or slow.cause is SlowCause.UNKNOWN):
            self._file.learn(stats.tokens_per_second * self._token_s(stats))
        if slow and not self._told:
            self._told = True
            return slow
        return None

    def _circumstances(self, before: ProcessorTime) -> Circumstances:
        gpus: tuple[Gpu, ...] = ()
        if self._plan.shares:
            with suppress(FiresideError):
                gpus = self._gpus()
        return Circumstances(
            gpus,
            psutil.virtual_memory().available,
            probe.on_battery(),
            probe.saves_power(),
            ProcessorTime(self._pid).by_others_since(before),
        )
