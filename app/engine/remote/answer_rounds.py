"""A conversation as all servers' interfaces have it: what was told, and rounds of answers.

A round of an answer is what the model writes until it gets results: reasoning, text, and calls.
Each call has an id that no other has, and a result; servers refuse anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby

from app.base.errors import RequestUnsupported
from app.base.types import Endpoint, Message, Part, PartKind, Request, Role
from app.engine.remote.server_dialect import is_gpt_oss
from app.formats import question_text

UNANSWERED = "Error: this call was interrupted. It is not known whether it was carried out."
"""The result of a call that has none."""

_INSTRUCTIONS = (Role.SYSTEM, Role.DEVELOPER)
_ANSWERS = (Role.ASSISTANT, Role.TOOL)
_WRITTEN = (PartKind.REASONING, PartKind.TEXT, PartKind.CALL)


@dataclass(frozen=True, slots=True)
class Told:
    """What the user says, or instructions after the beginning."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class AnswerRound:
    """A round of an answer: what the model wrote, and the results of its calls, by their ids.

    ``open``: it belongs to the turn in progress, so that its reasoning is still needed.
    """

    parts: tuple[Part, ...]
    results: tuple[tuple[str, str], ...] = ()
    open: bool = False

    @property
    def text(self) -> str:
        """The text for the user."""
        return "\n\n".join(p.text for p in self.parts if p.kind is PartKind.TEXT and p.text)

    @property
    def calls(self) -> tuple[Part, ...]:
        """The calls."""
        return tuple(part for part in self.parts if part.kind is PartKind.CALL)

    @property
    def reasoning(self) -> tuple[Part, ...]:
        """The reasoning, if the round belongs to the turn in progress."""
        return tuple(p for p in self.parts if p.kind is PartKind.REASONING and self.open)


def instructions(request: Request) -> str:
    """Return what comes before the conversation: all instructions at its beginning, and the day.

    Servers tell gpt-oss the day themselves.
    """
    texts = [request.instructions, *(m.text for m in request.messages[: _leading(request)])]
    assert isinstance(request.model.location, Endpoint)
    if not is_gpt_oss(request.model.location.model):
        days = [m.day for m in request.messages if m.role is Role.USER and m.day]
        texts.append(f"Current date: {max([request.today, *days]).isoformat()}")
    return "\n\n".join(filter(None, texts))


def conversation(request: Request) -> list[Told | AnswerRound]:
    """Return the conversation after the instructions. Raises RequestUnsupported."""
    found: list[Told | AnswerRound] = []
    ids = _Ids(request)
    messages = request.messages[_leading(request) :]
    for answers, group in groupby(messages, key=lambda message: message.role in _ANSWERS):
        turn = tuple(group)
        if answers:
            found += _rounds(turn, ids, open=turn[-1] is messages[-1])
        else:
            found += map(_told, turn)
    return found


def _leading(request: Request) -> int:
    """Count the instructions with which the messages begin."""
    roles = [message.role for message in request.messages]
    return next((n for n, role in enumerate(roles) if role not in _INSTRUCTIONS), len(roles))


def _told(message: Message) -> Told:
    if any(part.kind is PartKind.MEDIA for part in message.parts):
        raise RequestUnsupported("media")
    role = Role.SYSTEM if message.role in _INSTRUCTIONS else Role.USER
    return Told(role, "\n\n".join(map(question_text, message.parts)))


class _Ids:
    """Ids of calls. Those of the turn in progress stay as the server has given them.

    The others may be missing, or there twice; they get nine letters and digits, since some models
    take no others (vLLM 0.33, tokenizers/mistral.py).
    """

    def __init__(self, request: Request) -> None:
        parts = (part for message in request.messages for part in message.parts)
        self._taken = {part.id for part in parts}
        self._given: set[str] = set()
        self._numbers = count(1)

    def of(self, call: Part, *, open: bool) -> str:
        """Return the id of one more call."""
        id = call.id
        while not (open and id) or id in self._given:
            id, open = self._free(), True
        self._given.add(id)
        return id

    def _free(self) -> str:
        while (id := f"call{next(self._numbers):05}") in self._taken:
            pass
        return id


def _rounds(turn: Sequence[Message], ids: _Ids, *, open: bool) -> Iterator[AnswerRound]:
    """Yield the rounds of a turn, without those in which nothing remains."""
    parts = list(_parts(turn))
    results = _results(parts)
    answers = set(results.values())
    now: list[Part] = []
    given: list[tuple[str, str]] = []
    answered = False
    for at, part in enumerate(parts):
        if answered and part.kind is not PartKind.RESULT:
            yield AnswerRound(tuple(now), tuple(given), open)
            now, given, answered = [], [], False
        if part.kind is PartKind.RESULT:
            answered = True
            if at in answers:
                continue
            results[at] = at
            part = Part("{}", PartKind.CALL, part.name or "tool")  # it has lost its call
        if part.kind is PartKind.CALL:
            part = replace(part, id=ids.of(part, open=open))
            result = parts[results[at]].text if at in results else UNANSWERED
            given.append((part.id, result))
        now.append(part)
    if given or any(part.text for part in now if open or part.kind is PartKind.TEXT):
        yield AnswerRound(tuple(now), tuple(given), open)


def _parts(turn: Sequence[Message]) -> Iterator[Part]:
    """Yield what the model has written or read; everything in a tool's message is a result."""
    for message in turn:
        for part in message.parts:
            if message.role is Role.TOOL:
                yield replace(part, kind=PartKind.RESULT)
            elif part.kind in (*_WRITTEN, PartKind.RESULT):
                yield part


def _results(parts: Sequence[Part]) -> dict[int, int]:
    """Return the place of each call's result: by id, else by name, else in their order."""
    found: dict[int, int] = {}
    waiting: dict[int, Part] = {}
    for at, part in enumerate(parts):
        if part.kind is PartKind.CALL:
            waiting[at] = part
        elif part.kind is PartKind.RESULT:
            fitting = [n for n, call in waiting.items() if part.id and call.id == part.id]
            if not fitting:
                alike = {n: call for n, call in waiting.items() if not (part.id and call.id)}
                fitting = [n for n, call in alike.items() if part.name in ("", call.name)]
            if fitting:
                found[fitting[0]] = at
                del waiting[fitting[0]]
    return found
