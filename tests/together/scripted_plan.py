"""One plan against the scripted engine: the real worker, in this process, step by step.

Within each batch the worker waits until everybody has done what is due: a plan runs in the same way
each time, as far as the worker does not look at the clock.
"""

from __future__ import annotations

import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.base.answer_events import Delta
from app.base.draft import Draft
from app.base.errors import Cancelled, EngineDied, EngineFailed, FiresideError
from app.base.types import ModelRef, Part, Role, ToolFunction, ToolNamespace
from app.engine import kv_disk_cache, plan, probe
from app.engine.delta_wire import unpack
from app.engine.engine_protocol import NeedsContext, Piece
from app.engine.overrides import Overrides
from app.engine.worker import Worker
from tests.fakes import gpt_oss
from tests.fakes.engine import FORMAT
from tests.together.actors import (
    KINDS,
    Act,
    Actor,
    Ask,
    Count,
    Disturb,
    Forget,
    Life,
    Outcome,
    Pause,
    Prepare,
    Words,
)
from tests.together.compared import wrong_answer
from tests.together.described import described, described_end
from tests.together.exchange import PATIENCE_S, Exchange, Hung
from tests.together.scripted_model import ScriptedEngine

_GIB = 1 << 30
_CHECKPOINTS = 32
_ON_PURPOSE = "a fault on purpose"
PLAN = plan.make(
    gpt_oss.header("20b"), probe.Machine(64 * _GIB, 64 * _GIB, 8), Overrides(context=4096)
)
LETTERS = "abcdefgh ijklm no"
WORDS = Words(
    LETTERS,
    [one + other for one in "abcdefgh" for other in "ijklmno"],
    (ToolNamespace("functions", (ToolFunction("f", "Looks something up."),)),),
)


@dataclass
class Running:
    """An act that goes on."""

    actor: int
    act: Ask | Prepare | Count | Forget
    began: int
    outcome: Outcome = field(default_factory=Outcome)
    needs: int = 0
    asked_again: bool = False
    alone: bool = True
    """Whether nothing else has run meanwhile."""


@dataclass(frozen=True)
class Settings:
    """What a plan runs with, by its seed."""

    context: int
    longest: int
    places: int
    asynchronous: bool
    disk: bool
    limited: bool
    """Whether no more than the places are taken at a time, as the scheduler does it."""

    @classmethod
    def drawn(cls, seed: int) -> Settings:
        dice = random.Random(f"settings {seed}")
        context = dice.choice([900, 2048, 4096, 12_000])
        return cls(
            context,
            context * dice.choice([1, 1, 2, 4]),
            dice.choice([1, 2, 2, 4, 4, 7]),
            dice.random() < 0.3,
            dice.random() < 0.7,
            dice.random() < 0.7,
        )


class ScriptedPlan:
    """A plan by its seed. ``only``: the numbers of the actors that take part; all by default."""

    def __init__(
        self,
        seed: int,
        folder: Path,
        *,
        only: Sequence[int] = (),
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.seed = seed
        self.settings = self._settings()
        self.faults: list[str] = []
        self.counts: Counter[str] = Counter()
        self._tell = tell
        self._file = folder / "model.gguf"
        self._file.write_bytes(b"weights")
        self._keep = folder / "kv" if self.settings.disk else None
        self._context = self.settings.context
        self._now = 0
        self._last_step = 0
        self._number = 0
        self._chats: set[int] = set()
        self._lives: dict[int, Life] = {}
        self._names: dict[int, str] = {}
        self._sleeping: dict[int, int] = {}
        self._queue: deque[Running] = deque()
        self._running: dict[int, Running] = {}
        self._reload = ""
        """Why the model is to be loaded again, once nothing runs."""
        self._fails_next = False
        self._may_keep_context = True
        for number, (name, life) in enumerate(self._cast().items()):
            if not only or number in only:
                self._names[number], self._lives[number] = name, life
        self._begin()

    def _settings(self) -> Settings:
        return Settings.drawn(self.seed)

    def _cast(self) -> dict[str, Life]:
        """Return all that take part, and what they do."""
        dice = random.Random(f"cast {self.seed}")
        others = dice.choices(["editor", "agent", "agent", "script"], k=dice.randrange(1, 6))
        largest = dice.choice([40, 400, 2000, 8000])
        shared = WORDS.text(dice, dice.choice([20, 300, 1500]))
        lives = {}
        for number, kind in enumerate(["window", *others, "world"]):
            actor = Actor(
                kind if kind == "window" else f"{kind}{number}",
                number,
                random.Random(f"actor {self.seed} {number}"),
                ModelRef.of_file(Path("model.gguf"), "Scripted"),
                WORDS,
                min(largest, self.settings.longest),
                dice.randrange(2, 7),
                shared,
            )
            lives[actor.name] = KINDS[kind](actor)
        return lives

    # --- The worker ---------------------------------------------------------------------------

    def _begin(self) -> None:
        self.engine = ScriptedEngine(asynchronous=self.settings.asynchronous)
        self.engine.faults = self.faults
        self.pipe = Exchange()
        self._last_step = 0
        self.engine.on_decode = self._decodes
        self.worker = Worker(self.pipe, self.engine)  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self.worker.serve, name="scripted worker")
        self._thread.start()
        self._load()

    def _load(self) -> None:
        made = replace(
            PLAN,
            context=self._context,
            longest=self.settings.longest if self._may_keep_context else self._context,
            places=self.settings.places,
        )
        self._number += 1
        self.pipe.command("load", self._number, self._file, made, self._keep)
        while True:
            heard = self.pipe.heard()
            if heard and heard == (self._number, None):
                return
            if heard and isinstance(heard[1], FiresideError):
                raise heard[1]

    def _decodes(self, pieces: Sequence[Piece]) -> None:
        self.counts["batches"] += 1
        self.counts["together"] += len(pieces) > 1
        self.pipe.step()
        if self._fails_next:
            self._fails_next = False
            raise EngineFailed(_ON_PURPOSE)

    def _end(self, *, close: bool) -> None:
        """End the worker, in order or not."""
        if close:
            self.pipe.command("close", 0)
            while self._thread.is_alive():
                self._thread.join(0.005)
                with self.pipe.changed:
                    self.pipe.payloads.clear()
        self.pipe.end()
        self._thread.join(PATIENCE_S)
        if self._thread.is_alive():
            self.faults.append("the worker does not end")

    # --- The actors ---------------------------------------------------------------------------

    def run(self) -> None:
        """Run the whole plan; `faults` then says what went wrong."""
        try:
            for number in [*self._lives]:
                self._resume(number, None)
            while self._lives:
                self._go_on()
            self._finish()
        except Hung:
            waiting = [(r.act, r.outcome.events[-2:]) for r in self._running.values()]
            self.faults.append(f"hangs at step {self._now} with {waiting}"[:600])
        finally:
            self._end(close=False)

    def _go_on(self) -> None:
        """Handle what comes next: a payload, a step, or the end of a pause."""
        self._start_queued()
        if self._sleeping and not self._running and not self._queue:
            self._now = max(self._now, min(self._sleeping.values()))  # nothing happens until then
            self._wake()
            return
        heard = self.pipe.heard()
        self._now += self.pipe.steps - self._last_step
        self._last_step = self.pipe.steps
        if heard:
            self._hear(*heard)
        self._wake()
        self._interrupt()

    def _wake(self) -> None:
        for number, due in [*self._sleeping.items()]:
            if due <= self._now:
                del self._sleeping[number]
                self._resume(number, Outcome())

    def _resume(self, number: int, outcome: Outcome | None) -> None:
        """Let an actor do the next thing."""
        while number in self._lives:
            try:
                act = self._lives[number].send(outcome) if outcome else next(self._lives[number])
            except StopIteration:
                del self._lives[number]
                return
            if isinstance(act, Pause):
                self._sleeping[number] = self._now + act.steps
                return
            if isinstance(act, Disturb):
                self._disturb(act.what)
                outcome = Outcome()
                continue
            self._queue.append(Running(number, act, self._now))
            self._start_queued()
            return

    def _disturb(self, what: str) -> None:
        self._tell(f"{self._now:6} {what}")
        self.counts[what] += 1
        match what:
            case "kill":
                self._reload = self._reload or "kill"
                self._kill()
            case "unload":
                self._reload = self._reload or "unload"
                self._stop_background()
            case "fault":
                self._fails_next = bool(self._running)
            case "budget":
                self._send("budget", random.Random(self._now).choice([0, 10_000, 1 << 30]))

    def _send(self, name: str, *arguments: Any) -> int:
        self._number += 1
        self.pipe.command(name, self._number, *arguments)
        return self._number

    def _kill(self) -> None:
        self._end(close=False)
        ended, self._running = self._running, {}
        for running in ended.values():
            running.outcome.killed = True
            running.outcome.error = EngineDied(-9, "")
            self._check(running)
        self._reload = ""
        self._begin()
        for running in ended.values():
            self._resume(running.actor, running.outcome)

    def _stop_background(self) -> None:
        """Stop what nobody waits for, as before a load."""
        for number, running in self._running.items():
            if isinstance(running.act, Prepare) or (
                isinstance(running.act, Ask) and running.act.request.background
            ):
                self._cancel(number, running)

    def _start_queued(self) -> None:
        if self._reload:
            if self._running:
                return
            if self._reload == "unload":
                self._end(close=True)
                self._begin()
            else:
                self._load()
            self._reload = ""
        for _ in range(len(self._queue)):
            running = self._queue.popleft()
            if self._has_place(running.act):
                self._start(running)
            else:
                self._queue.append(running)

    def _has_place(self, act: Act) -> bool:
        if not self.settings.limited or not isinstance(act, Ask | Prepare):
            return True
        going = [r.act.request for r in self._running.values() if isinstance(r.act, Ask | Prepare)]
        if not act.request.client:
            return not any(request.client == "" for request in going)
        return sum(request.client != "" for request in going) < self.settings.places

    def _start(self, running: Running) -> None:
        running.began = self._now
        match running.act:
            case Ask(request):
                number = self._send("ask", request, not running.asked_again)
            case Prepare(request):
                number = self._send("prepare", request)
            case Count(request):
                number = self._send("count", request)
            case Forget(chat):
                number = self._send("forget", chat)
        self._running[number] = running
        if isinstance(running.act, Ask | Prepare) and running.act.request.chat is not None:
            self._chats.add(running.act.request.chat)
        if len(self._running) > 1:
            for each in self._running.values():
                each.alone = False
        self.counts[type(running.act).__name__.lower()] += 1
        self._tell(f"{self._now:6} {self._names[running.actor]} #{number} {described(running.act)}")

    def _interrupt(self) -> None:
        """Stop and hurry what is to be stopped and hurried by now."""
        for number, running in self._running.items():
            act, since = running.act, self._now - running.began
            stop = act.stop if isinstance(act, Ask | Prepare) else None
            if stop is not None and since >= stop:
                self._cancel(number, running)
            hurry = act.hurry if isinstance(act, Ask) else None
            if hurry is not None and since >= hurry and not running.outcome.hurried:
                running.outcome.hurried = True
                self.pipe.command("hurry", number)

    def _cancel(self, number: int, running: Running) -> None:
        if not running.outcome.stopped:
            running.outcome.stopped = True
            self.pipe.command("cancel", number)

    # --- What comes back ----------------------------------------------------------------------

    def _hear(self, number: int, payload: object) -> None:
        running = self._running.get(number)
        if running is None:
            if payload is not None:  # of a budget
                self.faults.append(f"told to nobody: {payload}")
            return
        if isinstance(payload, NeedsContext):
            running.needs = payload.tokens
        elif isinstance(payload, FiresideError):
            running.outcome.error = payload
        elif payload is not None:
            running.outcome.events.append(unpack(payload))
            return
        if payload is None or isinstance(payload, FiresideError):
            self._ended(number, running)

    def _ended(self, number: int, running: Running) -> None:
        del self._running[number]
        self._tell(f"{self._now:6} #{number} ended: {described_end(running.outcome)}")
        if running.needs:
            self._context = max(self._context, running.needs)
            self._reload = self._reload or "grow"
            self._stop_background()
            running.needs, running.asked_again = 0, True
            if not running.outcome.stopped:
                self.counts["grown"] += 1
                running.outcome = Outcome()
                self._queue.append(running)
                return
        act = running.act
        if isinstance(act, Ask):
            before = act.request.messages[-1]
            count = len(before.parts) if before.role is Role.ASSISTANT else 0
            draft = Draft((Part(""),) * count)
            for event in running.outcome.events:
                if isinstance(event, Delta):
                    draft.add(event)
            running.outcome.parts = draft.parts
        if (
            isinstance(running.outcome.error, EngineFailed)
            and running.outcome.error.detail == "a fault on purpose"
        ):
            running.outcome.killed = True
        self._check(running)
        self._resume(running.actor, running.outcome)

    def _forget_on_disk(self, chat: int) -> None:
        """Delete what a chat has on disk, as the window's process does it."""
        if self._keep:
            kv_disk_cache.forget(self._keep, chat)

    def _check(self, running: Running) -> None:
        act, found = running.act, []
        if not running.outcome.killed and isinstance(act, Ask):
            found = wrong_answer(act, running.outcome, FORMAT)
            found += _reuses_with_seed(running)
        elif not running.outcome.killed:
            found = _ended_well(running)
        who = self._names[running.actor]
        self.faults += [f"step {self._now} {who}: {described(act)}: {fault}" for fault in found]
        if isinstance(act, Ask):
            self.counts["compared"] += 1
            self.counts["of a schema"] += bool(act.request.response_schema)

    def _finish(self) -> None:
        """Forget all chats; then nothing of them may be left, and nothing runs."""
        for chat in sorted(self._chats):
            forgotten = Running(0, Forget(chat), self._now)
            self._start(forgotten)
            while self._running:
                if heard := self.pipe.heard():
                    number, payload = heard
                    self._running.pop(number, None)
                    self.faults += [f"forget {chat}: {payload!r}"] if payload else []
            self._forget_on_disk(chat)
        self.faults += _rests(self.worker, self.engine)
        if self._keep and (kept := kv_disk_cache.chats(self._keep)):
            self.faults.append(f"not forgotten on disk: {kept}")
        self._end(close=True)


def _rests(worker: Worker, engine: ScriptedEngine) -> list[str]:
    """Return what is left that should not be, after all has ended and was forgotten."""
    loaded, model = worker._model, engine.model
    assert loaded
    assert model
    pool, found = loaded.pool, []
    if model.open or loaded.steps.streams or pool._busy:
        found.append(f"still there: {model.open} {loaded.steps.streams} {pool._busy}")
    held = pool._held()
    if chats := {each.chat for each in held} - {None}:
        found.append(f"not forgotten: {chats}")
    windows = {id(window) for each in held for window in each.windows.values()}
    if len(windows) > _CHECKPOINTS + len(held):
        found.append(f"{len(windows)} checkpoints of {len(held)} conversations")
    idle = {sequence.number for sequence in pool._idle}
    used = {number for number, held in enumerate(model.memory.sequences) if held.cells}
    if used - idle:
        found.append(f"cells of no conversation in the sequences {used - idle}")
    return found


def _reuses_with_seed(running: Running) -> list[str]:
    """Return what is wrong about the answer with a fixed seed, if nothing else ran meanwhile."""
    act, done = running.act, running.outcome.done
    if not (isinstance(act, Ask) and done and running.alone):
        return []
    seed = act.request.sampling.seed
    reused = 0 if seed is None or act.request.drawn else done.stats.reused
    return [f"a fixed seed, and {reused} tokens reused"] if reused else []


def _ended_well(running: Running) -> list[str]:
    """Return what is wrong about the end of what is no answer."""
    error = running.outcome.error
    stopped = running.outcome.stopped and isinstance(error, Cancelled)
    return [f"ended in {error!r}"] if error and not stopped else []
