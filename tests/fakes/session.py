"""A session that does random things to a store, and says of each before and after; for a test
that kills it.

usage: python -m tests.fakes.session FILE SEED

It prints ``open``, then lines of JSON: ["begin", keys of what may change], ["done", facts].
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from app.base.types import Effort, Message, Part, Role
from app.store import State, Store


def tell(kind: str, what: object) -> None:
    print(json.dumps([kind, what]), flush=True)


class Session:
    def __init__(self, path: Path, seed: str) -> None:
        self.store = Store(path)
        self.dice = random.Random(seed)
        self.seed = seed.replace("-", "q")
        self.count = 0

    def text(self) -> str:
        self.count += 1
        return f"word{self.seed}n{self.count}z " + "more words " * self.dice.randrange(200)

    def step(self) -> None:
        chats = self.store.chats()
        if not chats or self.dice.random() < 0.1:
            tell("begin", [])
            asked, _ = self.store.ask(None, Message(Role.USER, (Part(text := self.text()),)),
                                      Effort.LOW, "m")  # fmt: skip
            told = {f"text {asked.id}": text, f"found {asked.id}": text.split()[0]}
            tell("done", told)
            return
        chat = self.dice.choice(chats).id
        work = self.dice.choices(
            (self.ask, self.stream, self.show, self.name, self.draft, self.bin, self.erase,
             self.keep),
            (5, 8, 4, 3, 5, 1, 1, 1),
        )[0]  # fmt: skip
        work(chat)

    def ask(self, chat: int) -> None:
        tell("begin", [f"leaf {chat}"])
        path = self.store.conversation(chat)
        instead = self.dice.choice([None, *(r.id for r in path if r.message.role is Role.USER)])
        question = Message(Role.USER, (Part(text := self.text()),))
        asked, said = self.store.ask(chat, question, Effort.LOW, "m", instead=instead)
        told = {f"text {asked.id}": text, f"found {asked.id}": text.split()[0]}
        tell("done", {**told, f"leaf {chat}": said.id})

    def stream(self, chat: int) -> None:
        row = self.store.conversation(chat)[-1]
        if row.message.role is Role.USER:
            return
        tell("begin", [f"text {row.id}", f"found {row.id}"])
        self.store.update(row.id, parts=(Part(text := self.text()),))
        self.store.update(row.id, state=self.dice.choice([State.DONE, State.STOPPED]))
        tell("done", {f"text {row.id}": text, f"found {row.id}": text.split()[0]})

    def show(self, chat: int) -> None:
        message = self.dice.choice(self.store.conversation(chat))
        other = self.dice.choice(self.store.versions(message.id))
        tell("begin", [f"leaf {chat}"])
        path = self.store.show(other)
        tell("done", {f"leaf {chat}": path[-1].id})
        if self.dice.random() < 0.3:
            tell("begin", [])
            new = self.store.fork(path[-1].id)
            tell("done", {f"leaf {new.id}": new.leaf, f"title {new.id}": new.title})

    def name(self, chat: int) -> None:
        tell("begin", [f"title {chat}"])
        tell("done", {f"title {chat}": self.store.rename(chat, f"title {self.count}").title})

    def draft(self, chat: int) -> None:
        number = self.dice.choice([0, chat])
        tell("begin", [f"draft {number}"])
        self.store.set_draft(number or None, (Part(text := self.text()),))
        tell("done", {f"draft {number}": text})

    def bin(self, chat: int) -> None:
        tell("begin", [f"deleted {chat}", "found"])
        self.store.delete(chat)
        self.store.restore(chat)
        tell("done", {f"deleted {chat}": False})

    def erase(self, _: int) -> None:
        tell("begin", [])
        new = self.store.create_chat(Effort.LOW).id
        self.store.add(new, None, Message(Role.USER, (Part(self.text()),)))
        self.store.erase([new])
        tell("done", {f"erased {new}": True})

    def keep(self, _: int) -> None:
        tell("begin", [])
        self.store.backup()
        self.store.tidy()
        tell("done", {})


def main() -> None:
    session = Session(Path(sys.argv[1]), sys.argv[2])
    print("open", flush=True)
    while True:
        session.step()


if __name__ == "__main__":
    main()
