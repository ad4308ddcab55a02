"""One plan with the real engine and a small model: a thread for each actor, and real kills."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app.base.answer_events import Delta, StopReason
from app.base.draft import Draft
from app.base.errors import Cancelled, ContextFull, EngineDied, FiresideError, OutOfMemory
from app.base.types import ModelRef, Part, Role, ToolNamespace
from app.engine.overrides import Overrides
from app.engine.scheduled_backend import ScheduledBackend
from app.engine.supervisor import EngineOptions, LocalBackend
from tests.together import alone
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
from tests.together.described import described, described_end
from tests.together.reference import Reference
from tests.together.scripted_model import CANARY

_STEP_S = 0.004
_LONGEST_ANSWER = 40
_PATIENCE_S = 240.0
CONTEXT = 8192
_NOUNS = "red green river stone house seven letter paper cold music garden window"
WORDS = Words(
    [f"{word} " for word in _NOUNS.split()],
    (" the", "a", "is", "."),
    (ToolNamespace("python"),),
    "Use Python to add 17 and 25.",
)


@dataclass
class Answered:
    """An answer, to be compared."""

    who: str
    act: Ask
    outcome: Outcome


@dataclass
class DemoPlan:
    """A plan by its seed, run with an engine of its own.

    ``only``: the numbers of the actors that take part; empty for all. ``largest``: tokens of a
    question at most.
    """

    seed: int
    model: ModelRef
    only: Sequence[int] = ()
    largest: int = 800
    tell: Callable[[str], None] = lambda line: None
    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    answers: list[Answered] = field(default_factory=list)
    _kills: int = 0

    def run(self, folder: Path) -> None:
        """Run the plan."""
        dice = random.Random(f"demo {self.seed}")
        overrides = Overrides(context=dice.choice([1024, CONTEXT]), places=dice.choice([1, 2, 4]))
        self._engine = LocalBackend(
            folder / "engine.log",
            folder / "kv" if dice.random() < 0.5 else None,
            lambda: EngineOptions(overrides, 1 << 26),
        )
        threads = {*threading.enumerate()}
        with closing(ScheduledBackend(self._engine)) as self._backend:
            self._run_actors()
            self._asks_once_more()
        self._looks_for_rests(threads)

    def _run_actors(self) -> None:
        """Let all actors live."""
        dice = random.Random(f"cast {self.seed}")
        others = dice.choices(["editor", "agent", "agent", "script"], k=dice.randrange(1, 5))
        largest = min(self.largest, dice.choice([40, 400, 800, 8000]))
        shared = WORDS.text(dice, dice.choice([5, 60, 300]))
        threads = []
        for number, kind in enumerate(["window", *others, "world"]):
            actor = Actor(
                kind if kind == "window" else f"{kind}{number}",
                number,
                random.Random(f"actor {self.seed} {number}"),
                self.model,
                WORDS,
                largest,
                dice.randrange(2, 5),
                shared,
                _LONGEST_ANSWER,
            )
            if not self.only or number in self.only:
                life = KINDS[kind](actor)
                threads.append(threading.Thread(target=self._live, args=(actor.name, life)))
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + _PATIENCE_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            self.faults.append("hangs")

    def _live(self, name: str, life: Life) -> None:
        try:
            act = next(life)
            while True:
                act = life.send(self._do(name, act))
        except StopIteration:
            pass
        except Exception as error:  # noqa: BLE001 - it is a fault, whatever it is
            self.faults.append(f"{name}: {error!r}")

    def _do(self, name: str, act: Act) -> Outcome:
        outcome = Outcome()
        if isinstance(act, Pause):
            time.sleep(act.steps * _STEP_S)
            return outcome
        if isinstance(act, Disturb):
            self._disturb(act.what)
            return outcome
        try:
            self._act(act, outcome)
        except FiresideError as error:
            outcome.error = error
            # A kill while the model is loaded is taken for the system's, which is short of memory.
            told = isinstance(error, EngineDied | OutOfMemory)
            outcome.killed = told and self._kills > 0
        self.counts[type(act).__name__.lower()] += 1
        self.counts["told of a kill"] += outcome.killed
        self.tell(f"{name} {described(act)} ended: {described_end(outcome)}")
        if isinstance(act, Ask):
            self.answers.append(Answered(name, act, outcome))
        elif outcome.error and not (isinstance(outcome.error, Cancelled) or outcome.killed):
            self.faults.append(f"{name} {described(act)}: {outcome.error!r}")
        return outcome

    def _act(self, act: Ask | Prepare | Count | Forget, outcome: Outcome) -> None:
        cancel = threading.Event()
        match act:
            case Ask():
                self._ask(act, cancel, outcome)
            case Prepare(request, stop):
                with closing(self._backend.prepare(request, cancel)) as steps:
                    for event in steps:
                        outcome.events.append(event)
                        if stop is not None and len(outcome.events) > stop:
                            cancel.set()
            case Count(request):
                self._backend.count(request, cancel)
            case Forget(chat):
                self._backend.forget(chat)

    def _ask(self, act: Ask, cancel: threading.Event, outcome: Outcome) -> None:
        now = threading.Event()
        last = act.request.messages[-1]
        count = len(last.parts) if last.role is Role.ASSISTANT else 0
        draft = Draft((Part(""),) * count)
        told = 0
        if act.hurry == 0:
            now.set()
            outcome.hurried = True
        with closing(self._backend.stream(act.request, cancel, now)) as events:
            for event in events:
                outcome.events.append(event)  # type: ignore[arg-type]
                if isinstance(event, Delta):
                    draft.add(event)
                    told += 1
                if act.stop is not None and told >= act.stop:
                    outcome.stopped = True
                    if act.leave:
                        break
                    cancel.set()
                if act.hurry is not None and told >= act.hurry:
                    outcome.hurried = True
                    now.set()
        outcome.parts = draft.parts

    def _disturb(self, what: str) -> None:
        self.tell(what)
        if what in ("kill", "fault"):
            if pid := self._engine.pid:
                self._kills += 1
                self.counts["kill"] += 1
                with suppress(ProcessLookupError, psutil.Error):
                    os.kill(pid, signal.SIGKILL)
                    while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                        time.sleep(0.01)  # what is asked from now on is asked of another
        elif what == "unload":
            self.counts["unload"] += 1
            self._backend.unload()

    def _asks_once_more(self) -> None:
        """Ask after all: the engine works, whatever has happened."""
        actor = Actor("last", 9, random.Random(1), self.model, WORDS, 20, 1, "", 5)
        asked = Ask(actor.request([actor.question(900)], 900))
        outcome = self._do("last", asked)
        if outcome.done is None:
            self.faults.append(f"the last question ended in {outcome.error!r}")

    def _looks_for_rests(self, threads: set[threading.Thread]) -> None:
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            left = [t for t in threading.enumerate() if t not in threads]
            children = [
                child
                for child in psutil.Process().children(recursive=True)
                if "resource_tracker" not in " ".join(child.cmdline())
            ]
            if not left and not children:
                return
            time.sleep(0.02)
        self.faults.append(f"left: {left} {children}")

    # --- Comparison ---------------------------------------------------------------------------

    def compare(self, reference: Reference) -> None:
        """Compare all answers to those that the model gives alone."""
        for answered in self.answers:
            for fault in self._wrong(answered, reference):
                where = f"{answered.who} {described(answered.act)}"
                self.faults.append(f"{where} ({described_end(answered.outcome)}): {fault}")

    def _wrong(self, answered: Answered, reference: Reference) -> list[str]:
        act, outcome = answered.act, answered.outcome
        request, prompt, done = act.request, outcome.prompt, outcome.done
        told = "".join(part.text for part in outcome.parts).encode()
        asked = " ".join(p.text for m in request.messages for p in m.parts).encode()
        if others := set(CANARY.findall(told)) - set(CANARY.findall(asked)):
            return [f"has words of the chats {others}"]
        if outcome.killed or (outcome.stopped and act.leave):
            return []
        if isinstance(outcome.error, Cancelled):
            return [] if outcome.stopped or request.background else ["cancelled"]
        if prompt is None:
            return [f"no prompt, ended in {outcome.error!r}"]
        tokens = alone.prompt(request, prompt.context, reference.format.render).tokens
        if isinstance(outcome.error, ContextFull) and len(tokens) >= prompt.context:
            return []
        if outcome.error or done is None:
            return [f"ended in {outcome.error!r}"]
        stats = done.stats
        if (len(tokens), len(tokens)) != (prompt.count, stats.prompt_tokens):
            return [f"a prompt of {prompt.count} tokens, alone {len(tokens)}"]
        if not stats.generated:
            return []
        hurried: list[int | None] = [None]
        if outcome.hurried:
            near = sorted(range(stats.generated), key=lambda n: abs(n - stats.reasoning_tokens))
            hurried += near[:12]
        found = reference.compare(
            request, prompt.context, outcome.parts, stats.generated, hurried=hurried
        )
        self.counts["compared"] += 1
        self.counts["with near-ties"] += bool(found.gaps) and found.same
        self.counts["near-ties"] += len(found.gaps)
        if found.same:
            return []
        self.counts["stopped"] += done.reason is StopReason.CANCELLED
        return [f"{[part.text for part in outcome.parts]}, alone {found.found!r} {found.gaps}"]
