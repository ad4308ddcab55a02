"""Measure what several agents' turns cost at once: the tokens evaluated beside their new words.

usage: python -m tests.bench.agents [--agents N] [--tasks N] [--rounds N] [--model FILE]
                                    [--places N] [--context N] [--long N] [--paces N]
                                    [--folder FOLDER]

Each agent works on tasks in rounds: a model that calls Python each time, whatever it would say
itself, and results of 2 to 300 tokens; then it answers, and gets the next task. They work at once,
with pauses, or in turn, beside a chat of the window, which reads ahead and has a table of its own
without them. "new" are the tokens of a prompt that this agent's earlier ones did not have.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from app.base import gguf
from app.base.types import Effort, Message, ModelRef, Part, PartKind, Request, Role, Sampling
from app.engine.backend import Backend
from app.engine.overrides import Overrides
from app.engine.scheduled_backend import ScheduledBackend
from app.engine.supervisor import EngineOptions, LocalBackend
from app.formats import ChatFormat, choose
from app.host import demo_model
from tests.bench.tools import PATIENCE_S, PYTHON, WORDS, ask
from tests.fakes import engine_processes
from tests.together.cost import MOST_BEYOND, Cost

_ANSWERS = Sampling(temperature=0)
_PAUSE_S = 0.3
PACES = ("at once", "with pauses", "in turn")
ROLE = "You are one of several agents. " + WORDS * 20


class Agents:
    """All that ask, and how they take turns: "at once", "with pauses" or "in turn"."""

    def __init__(self, backend: Backend, chat_format: ChatFormat, model: ModelRef) -> None:
        self._backend = backend
        self._format = chat_format
        self._model = model

    def agent(self, number: int, tasks: int, rounds: int) -> Iterator[Cost]:
        """Work on tasks; yield the cost so far after each turn."""
        dice, cost = random.Random(number), Cost()
        messages = [Message(Role.DEVELOPER, (Part(ROLE),))]
        for task in range(tasks):
            question = f"Agent {number}, task {task}: use Python to add 17 and 25."
            messages.append(Message(Role.USER, (Part(question),)))
            asked = Request(
                self._model, tuple(messages), Effort.LOW, tools=PYTHON, client=f"agent{number}"
            )
            request = asked
            for turn in range(rounds + 1):
                if turn == rounds:
                    request = replace(request, sampling=_ANSWERS)
                tokens = self._format.render(request).tokens
                said, done = ask(self._backend, request)
                cost.add(tokens, done.stats.evaluated)
                yield cost
                if turn < rounds:
                    turn_at = self._format.render(request).turn or 0
                    cost.know((*tokens[:turn_at], *done.drawn))
                    result = Part(_result(dice), PartKind.RESULT)
                    said = replace(said, parts=(*said.parts, result))
                    request = replace(asked, messages=(*messages, said), drawn=done.drawn)
            messages.append(said)

    def window(self, turns: int, long: int) -> Iterator[Cost]:
        """Talk in a chat of the window, which is read ahead after each answer."""
        cost = Cost()
        text = Part(WORDS * (long // 13 + 1))
        messages = [Message(Role.USER, (text,))]
        for turn in range(turns):
            request = Request(self._model, tuple(messages), Effort.LOW, sampling=_ANSWERS, chat=1)
            tokens = self._format.render(request).tokens
            said, done = ask(self._backend, request)
            cost.add(tokens, done.stats.evaluated)
            messages.append(said)
            past = replace(request, messages=tuple(messages))
            for _ in self._backend.prepare(past, threading.Event()):
                pass
            cost.know(self._format.ahead(past).tokens)
            messages.append(Message(Role.USER, (Part(f"And what comes after {turn}?"),)))
            yield cost


def _result(dice: random.Random) -> str:
    return " ".join(dice.choices(WORDS.split(), k=dice.randrange(2, 300)))


def together(all_: Sequence[Iterator[Cost]], pace: str) -> list[Cost]:
    """Let all go on at a pace; return their costs."""
    costs = [Cost() for _ in all_]
    if pace == "in turn":
        left = [*enumerate(all_)]
        while left:
            for each in [*left]:
                cost = next(each[1], None)
                if cost is None:
                    left.remove(each)
                else:
                    costs[each[0]] = cost
        return costs

    def live(number: int, steps: Iterator[Cost]) -> None:
        dice = random.Random(number)
        for cost in steps:
            costs[number] = cost
            if pace == "with pauses":
                time.sleep(dice.random() * _PAUSE_S)

    threads = [threading.Thread(target=live, args=each) for each in enumerate(all_)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return costs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a GGUF file; by default the demo model")
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--tasks", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--places", type=int)
    parser.add_argument("--context", type=int, default=32_768)
    parser.add_argument("--long", type=int, default=2000, help="tokens of the window's question")
    parser.add_argument("--paces", type=int, default=len(PACES), help="of the three, the first N")
    parser.add_argument("--folder", type=Path, help="where the engine writes its log")
    options = parser.parse_args()
    path = options.model
    model = ModelRef.of_file(path, path.stem) if path else demo_model()
    chat_format = choose(gguf.read(Path(model.place), arrays=True))
    overrides = Overrides(context=options.context, places=options.places)
    turns = options.tasks * (options.rounds + 1)

    def measured(pace: str, count: int) -> list[Cost]:
        with (
            tempfile.TemporaryDirectory(dir=options.folder) as folder,
            closing(_backend(Path(folder), lambda: EngineOptions(overrides))) as backend,
        ):
            agents = Agents(backend, chat_format, model)
            ones = [agents.agent(n, options.tasks, options.rounds) for n in range(1, count + 1)]
            return together([agents.window(turns, options.long), *ones], pace)

    most = 0
    print(
        "| | who | turns | new | evaluated | most beyond |\n| --- | --- | --- | --- | --- | --- |"
    )
    for pace, count in (("alone", 0), *((p, options.agents) for p in PACES[: options.paces])):
        for number, cost in enumerate(measured(pace, count)):
            beyond = max(cost.beyond, default=0)
            most = max(most, beyond)
            who = f"agent {number}" if number else "the window"
            print(
                f"| {pace} | {who} | {cost.turns} | {cost.new:,} | {cost.evaluated:,} | {beyond} |",
                flush=True,
            )
    print(f"\nmost tokens beyond the new ones: {most}, of at most {MOST_BEYOND}")
    return most > MOST_BEYOND


def _backend(folder: Path, options: Callable[[], EngineOptions]) -> ScheduledBackend:
    engine = LocalBackend(
        folder / "engine.log", None, options, target=engine_processes.calls, silence=PATIENCE_S
    )
    return ScheduledBackend(engine)


if __name__ == "__main__":
    raise SystemExit(main())
