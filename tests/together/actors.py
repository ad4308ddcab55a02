"""Who asks what, at random: the window, an editor, agents with tools, scripts, and the world.

Each actor's dice are its own, so that a plan can be made smaller by leaving out others.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace

from app.base.answer_events import Done, Event, Prompt, StopReason
from app.base.errors import FiresideError
from app.base.types import (
    Effort,
    Message,
    ModelRef,
    Part,
    PartKind,
    Request,
    Role,
    Sampling,
    ToolNamespace,
)

DAY = datetime.date(2026, 11, 30)
SCHEMAS = (
    '{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"enum": ["x", "yes"]}},'
    ' "required": ["a", "b"], "additionalProperties": false}',
    '{"type": "array", "items": {"type": "boolean"}, "maxItems": 4}',
    '{"enum": ["red", "green", 7, null]}',
)
_TITLE = "Write a title for this conversation: at most six words, and nothing else."


@dataclass(frozen=True)
class Ask:
    """Ask; stop, leave or hurry it so many steps after that, None: never."""

    request: Request
    stop: int | None = None
    leave: bool = False
    hurry: int | None = None


@dataclass(frozen=True)
class Prepare:
    """Read ahead."""

    request: Request
    stop: int | None = None


@dataclass(frozen=True)
class Count:
    """Have the size of a prompt counted."""

    request: Request


@dataclass(frozen=True)
class Forget:
    """Forget a chat."""

    chat: int


@dataclass(frozen=True)
class Pause:
    """Wait for so many steps of the engine."""

    steps: int


@dataclass(frozen=True)
class Disturb:
    """Something happens to the engine: "kill", "unload", "fault", "budget"."""

    what: str


Act = Ask | Prepare | Count | Forget | Pause | Disturb


@dataclass
class Outcome:
    """What came of an act. ``parts``: of an answer, behind those that it continues."""

    events: list[Event] = field(default_factory=list)
    parts: tuple[Part, ...] = ()
    error: FiresideError | None = None
    stopped: bool = False
    """Whether it was stopped or left, by the plan or for a reload."""
    hurried: bool = False
    killed: bool = False
    """Whether the engine ended meanwhile, or failed at it on purpose."""

    @property
    def done(self) -> Done | None:
        return next((e for e in self.events if isinstance(e, Done)), None)

    @property
    def prompt(self) -> Prompt | None:
        return next((e for e in self.events if isinstance(e, Prompt)), None)


Life = Generator[Act, Outcome, None]


@dataclass(frozen=True)
class Words:
    """How texts are written: by ``pieces`` of a token each. ``stops``: what may end an answer.

    ``task``: what a question ends with if there are tools, so that the model calls one.
    """

    pieces: Sequence[str]
    stops: Sequence[str]
    tools: tuple[ToolNamespace, ...]
    task: str = ""

    def text(self, dice: random.Random, tokens: int) -> str:
        """Return about so many tokens of words."""
        made = "".join(dice.choices(self.pieces, k=max(1, tokens)))
        return made.strip() or "w"


@dataclass
class Actor:
    """One who asks. ``largest``: tokens of a question at most. ``turns``: so many at most."""

    name: str
    number: int
    dice: random.Random
    model: ModelRef
    words: Words
    largest: int
    turns: int
    shared: str
    """Instructions that several have."""
    longest_answer: int | None = None
    """Answers are at most so long, where the model would write for ever."""
    _asked: int = 0

    def question(self, chat: int) -> Message:
        """Return a question with a word that no other one has."""
        self._asked += 1
        # Mostly short ones, some as long as they may be.
        size = round(self.largest ** self.dice.random())
        text = self.words.text(self.dice, size)
        canary = f" kq{chat}z{self._asked}k "
        at = self.dice.randrange(len(text) + 1)
        return Message(Role.USER, (Part(text[:at] + canary + text[at:]),))

    def sampling(self) -> Sampling:
        dice = self.dice
        most = dice.choice([None, None, None, 1, dice.randrange(1, 60)])
        seed = dice.choice([None] * 6 + [dice.randrange(100)])
        longest = self.longest_answer
        return Sampling(
            temperature=0.0, seed=seed, max_tokens=min(most, longest or most) if most else longest
        )

    def request(self, messages: Sequence[Message], chat: int, **more: object) -> Request:
        plain = Request(
            self.model,
            tuple(messages),
            Effort.LOW,
            today=DAY,
            sampling=self.sampling(),
            client=self.name if self.name != "window" else "",
            chat=chat if self.name == "window" else None,
        )
        return replace(plain, **more)  # type: ignore[arg-type]

    def how(self) -> dict[str, int | bool | None]:
        """Return how an answer is disturbed: mostly not at all."""
        dice = self.dice
        chosen = dice.random()
        if chosen < 0.12:
            return {"stop": dice.randrange(60), "leave": dice.random() < 0.5}
        return {"hurry": dice.randrange(60)} if chosen < 0.24 else {}

    def ask(self, request: Request, *, whole: bool = False) -> Generator[Act, Outcome, Outcome]:
        """Ask, and again if the engine ended meanwhile."""
        how = {} if whole else self.how()
        for _ in range(4):
            outcome = yield Ask(request, **how)  # type: ignore[arg-type]
            if not outcome.killed:
                break
        return outcome

    def stops(self) -> tuple[str, ...]:
        return self.dice.choice([(), (), (), (self.dice.choice(self.words.stops),)])


def window(actor: Actor) -> Life:
    """Talk in several chats: follow up, edit, try again, go on, read ahead, name, forget."""
    dice = actor.dice
    chats: dict[int, list[Message]] = {}
    for turn in range(actor.turns):
        yield Pause(dice.randrange(40))
        if not chats or dice.random() < 0.25:
            chat = actor.number * 100 + turn
            chats[chat] = []
        chat = dice.choice(list(chats))
        messages = chats[chat]
        chosen = dice.random()
        asked = [n for n, message in enumerate(messages) if message.role is Role.USER]
        partial: tuple[Part, ...] = ()
        if asked and chosen < 0.2:  # edit an earlier question
            messages = [*messages[: dice.choice(asked)], actor.question(chat)]
        elif asked and chosen < 0.4:  # another try
            messages = messages[: asked[-1] + 1]
        elif asked and chosen < 0.5 and (last := messages[-1].parts[-1]).kind is PartKind.TEXT:
            partial = (*messages[-1].parts[:-1], replace(last, text=last.text[:5]))
            messages = [*messages[:-1], Message(Role.ASSISTANT, partial)]
        else:
            messages = [*messages, actor.question(chat)]
        outcome = yield from actor.ask(actor.request(messages, chat, stop=actor.stops()))
        if partial:
            messages = messages[:-1]
        chats[chat] = [*messages, *_answered(outcome, partial)]
        if dice.random() < 0.7:
            yield from _reads_ahead(actor, chats[chat], chat)
        if dice.random() < 0.08:
            del chats[chat]
            yield Forget(chat)


def _answered(outcome: Outcome, before: Sequence[Part] = ()) -> list[Message]:
    """Return the answer that a chat has from now on, if there is one."""
    more = [part.text for part in outcome.parts[: len(before)]] or [""] * len(before)
    joined = [replace(p, text=p.text + text) for p, text in zip(before, more, strict=True)]
    parts = (*joined, *outcome.parts[len(before) :])
    return [Message(Role.ASSISTANT, parts)] if parts else []


def _reads_ahead(actor: Actor, messages: list[Message], chat: int) -> Life:
    dice = actor.dice
    yield Pause(dice.randrange(6))
    past = actor.request(messages, chat)
    if dice.random() < 0.2:
        yield Count(past)
    outcome = yield Prepare(past, dice.choice([None, None, dice.randrange(20)]))
    if dice.random() < 0.4 and outcome.prompt:
        title = Message(Role.USER, (Part(_TITLE),))
        sampling = Sampling(temperature=0.0, max_tokens=32)
        named = replace(
            past, messages=(*messages, title), sampling=sampling, ephemeral=True, background=True
        )
        yield Ask(named, dice.choice([None, None, dice.randrange(30)]), hurry=0)


def editor(actor: Actor) -> Life:
    """Ask for short texts, with stop texts, most of them never continued, and leave many."""
    dice = actor.dice
    for turn in range(actor.turns):
        yield Pause(dice.randrange(60))
        chat = actor.number * 100 + turn
        system = [Message(Role.SYSTEM, (Part(actor.shared),))] if dice.random() < 0.5 else []
        asked = actor.request([*system, actor.question(chat)], chat, stop=actor.stops())
        asked = replace(asked, ephemeral=dice.random() < 0.5)
        if dice.random() < 0.3:
            asked = replace(asked, response_schema=dice.choice(SCHEMAS), stop=())
        outcome = yield from actor.ask(asked)
        if outcome.error is None and dice.random() < 0.3:
            yield from actor.ask(replace(asked, sampling=actor.sampling()))


def agent(actor: Actor) -> Life:
    """Work in rounds of a tool, with instructions that others have, too; and plain turns."""
    dice = actor.dice
    chat = actor.number * 100
    messages = [Message(Role.DEVELOPER, (Part(actor.shared),))]
    for _ in range(actor.turns):
        yield Pause(dice.randrange(30))
        task = Part(actor.words.task)
        question = actor.question(chat)
        parts = (*question.parts, task) if task.text else question.parts
        messages = [*messages, replace(question, parts=parts)]
        asked = actor.request(messages, chat, tools=actor.words.tools)
        parts = ()
        request = asked
        for _ in range(8):
            outcome = yield from actor.ask(request)
            parts = tuple(outcome.parts) if not parts else (*parts, *outcome.parts[len(parts) :])
            done = outcome.done
            if done is None or done.reason is not StopReason.CALL:
                break
            result = actor.words.text(dice, dice.randrange(2, 300))
            called = next((p.name for p in reversed(parts) if p.kind is PartKind.CALL), "")
            if not called:  # the demo may end its turn as if it had called
                break
            parts = (*parts, Part(result, PartKind.RESULT, called))
            turn = Message(Role.ASSISTANT, parts)
            request = replace(asked, messages=(*messages, turn), drawn=done.drawn)
            yield Pause(dice.choice([0, 0, dice.randrange(40)]))
        if parts:
            messages = [*messages, Message(Role.ASSISTANT, parts)]


def script(actor: Actor) -> Life:
    """Ask for one thing after another: the same text with different questions, or seeds."""
    dice = actor.dice
    chat = actor.number * 100
    text = actor.question(chat)
    for _ in range(actor.turns):
        yield Pause(dice.randrange(20))
        more = actor.question(chat)
        parts = (*text.parts, *more.parts)
        asked = actor.request([Message(Role.USER, parts)], chat, stop=actor.stops())
        yield from actor.ask(replace(asked, ephemeral=dice.random() < 0.2))


def world(actor: Actor) -> Life:
    """Disturb the engine a few times."""
    dice = actor.dice
    for _ in range(dice.choice([0, 1, 1, 2])):
        yield Pause(dice.randrange(20, 600))
        yield Disturb(dice.choice(["kill", "kill", "unload", "fault", "budget"]))


KINDS: dict[str, Callable[[Actor], Life]] = {
    "window": window,
    "editor": editor,
    "agent": agent,
    "script": script,
    "world": world,
}
