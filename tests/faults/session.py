"""Chat at random, and print what the screen would have confirmed; for the fault plans.

usage: python -m tests.faults.session FOLDER SEED

It prints ``["open"]``, or ``["refused", error]`` if Fireside did not start, then lines: ``begin``
with the keys of what may change, ``done`` with facts, ``failed`` with an error after which nothing
has changed. For a growing answer: ``shown`` with the text on screen and the time, ``refused`` and
``saved`` as the disk accepts it. It ends in order when a line comes in.
"""

from __future__ import annotations

import functools
import json
import os
import queue
import random
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import app.host
from app.base.answer_events import Delta, Done, Event, Prompt, Stats, StopReason
from app.base.errors import StoreError
from app.base.settings import Folders
from app.base.types import Effort, Message, ModelRef, Part, PartKind, Request, Role
from app.engine.backend import ScriptedBackend
from app.host import Host
from app.store import Store
from app.turn import (
    NotSaved,
    Question,
    SavedAgain,
    SendFailed,
    TurnEnded,
    TurnProgress,
    TurnStarted,
)

MODEL = ModelRef.of_file(Path("m.gguf"), "m")
STATS = Stats(10, 10, 5, 2, 0.1, 0.5, 1000, 7, 4096)
_BACKUP = 8  # the step that makes one, awaited by many plans; other steps make some, too


def tell(kind: str, *what: object) -> None:
    print(json.dumps([kind, *what]), flush=True)


class Talks(ScriptedBackend):
    """A backend that writes words, sometimes slowly."""

    def __init__(self, seed: str) -> None:
        super().__init__()
        self._dice = random.Random(f"backend {seed}")

    def stream(
        self, request: Request, cancel: threading.Event, answer_now: Any = None
    ) -> Generator[Event, None, None]:
        yield Prompt(2, 100)
        for number in range(self._dice.randrange(1, 40)):
            if cancel.wait(self._dice.choice([0.0, 0.0, 0.01, 0.1])):
                yield Done(StopReason.CANCELLED, STATS)
                return
            channel = PartKind.REASONING if number < 3 else PartKind.TEXT
            yield Delta(number // 3 and 1, f"said{number} " * self._dice.choice([1, 9]), channel)
        yield Done(StopReason.END, STATS)


class Person:
    def __init__(self, folder: Path, seed: str) -> None:
        self.events: queue.Queue[Any] = queue.Queue()
        self.host = Host(Folders(folder), self.events.put, backend=Talks(seed))
        self.dice = random.Random(seed)
        self.seed = "".join(c if c.isalnum() else "q" for c in seed)
        self.count = 0
        self.steps = 0
        self.saved = True

    def text(self) -> str:
        self.count += 1
        return f"word{self.seed}n{self.count}z " + "more words " * self.dice.randrange(200)

    def step(self) -> None:
        try:
            chats = [chat.id for chat in self.disk(lambda store: store.chats.listed())]
            work: Callable[[int], None]
            (work,) = self.dice.choices(
                (self.ask, self.again, self.name, self.draft, self.bin, self.pin, self.fork,
                 self.show, self.erase, self.setting, self.keep),
                (8, 2, 3, 5, 1, 2, 1, 2, 1, 2, 1),
            )  # fmt: skip
            self.steps += 1
            if self.steps == _BACKUP:
                self.keep(0)
            elif not chats or self.dice.random() < 0.15:
                self.send(None, None)
            else:
                work(self.dice.choice(chats))
        except StoreError as error:
            tell("failed", type(error).__name__)
            time.sleep(0.05)  # the pace of a person

    def disk(self, work: Callable[[Store], Any]) -> Any:
        return self.host.disk(work).result()

    # --- Questions ------------------------------------------------------------------------

    def ask(self, chat: int) -> None:
        path = self.disk(lambda store: store.messages.conversation(chat))
        asked = [row.id for row in path if row.message.role is Role.USER]
        self.send(chat, self.dice.choice([None, None, *asked]))

    def send(self, chat: int | None, instead: int | None) -> None:
        text = self.text()
        tell("begin", [f"leaf {chat}"])
        self.follow(
            self.host.chats.send(Question(chat, (Part(text),), Effort.LOW, MODEL, instead=instead)),
            text,
        )

    def again(self, chat: int) -> None:
        path = self.disk(lambda store: store.messages.conversation(chat))
        answers = [row.id for row in path if row.message.role is Role.ASSISTANT]
        if answers:
            tell("begin", [f"leaf {chat}"])
            self.follow(self.host.chats.regenerate(self.dice.choice(answers), Effort.LOW, MODEL))

    def follow(self, turn: Any, text: str = "") -> None:
        """Handle the events of a turn, as the window does."""
        stop_after = self.dice.choice([10**9, 10**9, 10**9, 5])
        shown, last, mine = "", 0.0, 0
        while True:
            event = self.events.get()
            self.receive(event)
            match event:
                case TurnStarted(_, row, question, answer):
                    mine = answer.id
                    told: dict[str, object] = {f"leaf {row.id}": answer.id}
                    if question:
                        assert question.message.text == text
                        told |= {
                            f"text {question.id}": text,
                            f"found {question.id}": text.split()[0],
                        }
                    tell("done", told)
                case TurnProgress(_, message, Delta() as delta):
                    shown += delta.text
                    stop_after -= 1
                    if stop_after == 0:
                        turn.cancel()
                    if self.saved and time.time() > last + 0.1:
                        last = time.time()
                        tell("shown", message, shown, last)
                case SendFailed(_, _, parts, error):
                    assert "".join(part.text for part in parts) == text, "the words come back"
                    tell("failed", type(error).__name__)
                    time.sleep(0.05)
                    return
                case TurnEnded(answer) if answer.id == mine:
                    assert "".join(part.text for part in answer.message.parts) == shown
                    return

    def receive(self, event: Any) -> None:
        match event:
            case NotSaved(error):
                self.saved = False
                tell("refused", type(error).__name__)
            case SavedAgain():
                self.saved = True
                tell("saved")
            case TurnEnded(answer, None):
                text = "".join(part.text for part in answer.message.parts)
                tell("done", {f"said {answer.id}": text})

    # --- Everything else ------------------------------------------------------------------

    def name(self, chat: int) -> None:
        tell("begin", [f"title {chat}"])
        row = self.disk(lambda store: store.chats.rename(chat, f"title {self.seed} {self.count}"))
        tell("done", {f"title {chat}": row.title})

    def draft(self, chat: int) -> None:
        number, text = self.dice.choice([0, chat]), self.text()
        tell("begin", [f"draft {number}"])
        self.disk(lambda store: store.drafts.set(number or None, (Part(text),)))
        tell("done", {f"draft {number}": text})

    def bin(self, chat: int) -> None:
        tell("begin", [f"deleted {chat}"])
        self.disk(lambda store: store.bin.put(chat))
        tell("done", {f"deleted {chat}": True})
        tell("begin", [f"deleted {chat}"])
        self.disk(lambda store: store.bin.restore(chat))
        tell("done", {f"deleted {chat}": False})

    def pin(self, chat: int) -> None:
        pinned = self.dice.random() < 0.5
        tell("begin", [f"pinned {chat}"])
        self.disk(lambda store: store.chats.arrange([chat], pinned=pinned))
        tell("done", {f"pinned {chat}": pinned})

    def fork(self, chat: int) -> None:
        path = self.disk(lambda store: store.messages.conversation(chat))
        tell("begin", [])
        new = self.disk(lambda store: store.messages.fork(path[-1].id))
        tell("done", {f"leaf {new.id}": new.leaf})

    def show(self, chat: int) -> None:
        path = self.disk(lambda store: store.messages.conversation(chat))
        if path:
            message = self.dice.choice(path).id
            other = self.dice.choice(self.disk(lambda store: store.messages.versions(message)))
            tell("begin", [f"leaf {chat}"])
            shown = self.disk(lambda store: store.messages.show(other))
            tell("done", {f"leaf {chat}": shown[-1].id})

    def erase(self, _: int) -> None:
        tell("begin", [])
        question = Message(Role.USER, (Part(self.text()),))
        asked, _ = self.disk(lambda store: store.messages.ask(None, question, Effort.LOW, "m"))
        self.host.chats.erase([asked.chat]).result()
        tell("done", {f"erased {asked.chat}": True})

    def setting(self, _: int) -> None:
        self.count += 1
        tell("begin", ["setting instructions"])
        self.host.change(instructions=str(self.count))
        self.disk(lambda store: None)
        events = []
        while not self.events.empty():
            events.append(self.events.get())
            if isinstance(events[-1], NotSaved):
                tell("failed", type(events[-1].error).__name__)
            else:
                self.receive(events[-1])
        if not any(isinstance(event, NotSaved) for event in events):
            tell("done", {"setting instructions": str(self.count)})

    def keep(self, _: int) -> None:
        tell("begin", [])
        made = self.disk(lambda store: store.upkeep.backup())
        tell("done", {})
        tell("backup", str(made.path))


def main() -> None:
    # A person waits 5 seconds; the plans have less time.
    vars(app.host)["Store"] = functools.partial(Store, patience=0.3)
    try:
        person = Person(Path(sys.argv[1]), sys.argv[2])
    except StoreError as error:
        tell("refused", type(error).__name__)
        return
    tell("open")
    ending = threading.Event()

    def listen() -> None:
        sys.stdin.read(1)
        ending.set()

    threading.Thread(target=listen, daemon=True).start()
    while not ending.is_set():
        person.step()
        while not person.events.empty():
            person.receive(person.events.get())
    tell("begin", ["said"])  # unsaved text is retried once
    person.host.close()
    while not person.events.empty():
        person.receive(person.events.get())
    tell("closed")
    os._exit(0)  # the listener may still wait


if __name__ == "__main__":
    main()
