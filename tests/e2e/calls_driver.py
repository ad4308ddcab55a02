"""Run turns with calls, without a window, for tests that kill them.

usage: calls_driver.py FOLDER SEED [real]

The engine is scripted: it dies now and then. With ``real``, so does the process of Python, which is
the real one. The tool ``notes`` writes the key of each call into
``effects.log``, which survives. Answers that an earlier run left unfinished are continued first.
Lines are printed as JSON when something is confirmed: ``{"asked": TEXT}``, ``{"result": TEXT}`` for
a call with effects, ``{"ended": [ID, [TEXTS]]}``.
"""

from __future__ import annotations

import json
import os
import queue
import random
import sys
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from app.base.answer_events import Delta, Done, Event, PartAdded, Prompt, StopReason
from app.base.errors import Cancelled, EngineFailed
from app.base.settings import Folders
from app.base.types import Effort, ModelRef, Part, PartKind, Request, Role
from app.engine.backend import ScriptedBackend
from app.host import Host
from app.store import ChatSettings, State, Store
from app.tools.python.python_tool import PythonTool
from app.tools.tool import Effect, Proposal, Result, Tool
from app.tools.tool_events import ConsentAsked, Decision
from app.tools.tool_parts import ToolParts
from app.turn import Question, TurnEnded, TurnProgress, TurnStarted
from tests.fakes.tools import STATS, FakeTool, server

MODEL = ModelRef.of_file(Path("m.gguf"), "m")
SETTINGS = ChatSettings(tools=("python", "mcp:notes"))
CALLED = ("python", "functions.notes__add", "functions.notes__send")


class Engine(ScriptedBackend):
    """An engine that thinks, calls tools some times, and answers."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event, None, None]:
        chance, last = self._chance, request.messages[-1]
        parts = last.parts if last.role is Role.ASSISTANT else ()
        made = sum(part.kind is PartKind.CALL for part in parts)
        yield Prompt(10, 4096, 100)
        at = len(parts)
        for _ in range(chance.randrange(3)):
            yield from self._drawn(Delta(at, "thinks ", PartKind.REASONING), cancel)
        at += len(request.messages) and chance.randrange(2)
        if made < chance.randrange(4):
            key = f"{time.time_ns()}"
            name = chance.choice(CALLED)
            for text in ('{"key": ', f'"{key}"', "}"):
                yield from self._drawn(Delta(at, text, PartKind.CALL, name), cancel)
            yield Done(StopReason.CALL, STATS, (1,))
        else:
            for word in ("It ", "is ", "done."):
                yield from self._drawn(Delta(at, word), cancel)
            yield Done(StopReason.END, STATS)

    def _drawn(self, delta: Delta, cancel: threading.Event) -> Iterable[Event]:
        if cancel.wait(self._chance.uniform(0.0, 0.004)):
            raise Cancelled
        if self._chance.random() < 0.01:
            raise EngineFailed("it died")
        yield delta


def main() -> int:
    folders, seed = Folders.find(Path(sys.argv[1])), int(sys.argv[2])
    chance = random.Random(seed)
    effects = folders.data / "effects.log"

    def noted(proposal: Proposal, cancel: threading.Event) -> Iterable[str | Result]:
        key = json.loads(proposal.call.arguments)["key"]
        time.sleep(chance.uniform(0.0, 0.01))
        with effects.open("a") as file:
            file.write(f"{key}\n")
            file.flush()
            os.fsync(file.fileno())
        time.sleep(chance.uniform(0.0, 0.01))
        yield Result(f"noted {key}")

    notes = server("notes", Effect.CHANGES, "add", "send")
    notes.answer = noted
    python: Tool = PythonTool() if "real" in sys.argv else FakeTool()
    if "real" in sys.argv:
        threading.Thread(target=_kill_children, args=(chance.random(),), daemon=True).start()
    ToolParts.tools = lambda self: (python, notes)  # type: ignore[method-assign]
    events: queue.Queue[Any] = queue.Queue()
    host = Host(folders, events.put, backend=Engine(chance))
    turns = {}
    unfinished = host.disk(_unfinished).result()
    number = 0
    while True:
        number += 1
        if unfinished:
            turn = host.chats.resume(unfinished.pop(), MODEL)
        else:
            text = f"Question {seed}.{number}"
            asked = Question(None, (Part(text),), Effort.LOW, MODEL, SETTINGS)
            turn = host.chats.send(asked)
        while True:
            event = events.get(timeout=100)
            if isinstance(event, TurnStarted):
                turns[event.answer.id] = event.turn
                if event.question:
                    say(asked=event.question.message.text)
            elif isinstance(event, TurnProgress) and isinstance(event.event, ConsentAsked):
                turn.decide(event.event.consent.id, Decision.ONCE)
            elif isinstance(event, TurnProgress) and isinstance(event.event, PartAdded):
                part = event.event.part
                if part.facts and part.facts.source:
                    say(result=part.text)
            elif isinstance(event, TurnEnded):
                say(ended=[event.answer.id, [part.text for part in event.answer.message.parts]])
                if event.answer.state is State.CUT_OFF:
                    unfinished.append(event.answer.id)
                break


def _unfinished(store: Store) -> list[int]:
    rows = [store.messages.conversation(chat.id)[-1] for chat in store.chats.listed()]
    return [row.id for row in rows if row.state is State.CUT_OFF]


def _kill_children(seed: float) -> None:
    """Kill the processes of tools, now and then."""
    chance = random.Random(seed)
    while True:
        time.sleep(chance.uniform(0.0, 1.5))
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    sys.exit(main())
