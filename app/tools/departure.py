"""Departures: what of a chat leaves this computer, or goes to another host, with a request. Pure.

A request to another computer has the whole conversation in it. What the user has not typed for the
model that is asked is a departure, and needs his permission before it is sent:

==========  =====================================================  ==============================
kind        what                                                   allowed by
==========  =====================================================  ==============================
turn        a question and an answer that another origin           its content
            generated, or this computer
attachment  a file of a question, also of the one asked now        its content
result      what a tool returned here: a page, output, data        the tool's key
==========  =====================================================  ==============================

The question that is asked now was typed for this model, and the instructions for whichever is
asked: they are no departures. Nor are sentences of the program in the place of a result. To another
program on this computer nothing departs. A turn is known where this program had it answered
(`Message.origin`); what the file of an imported chat says is only shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.base.types import Message, Part, PartKind, Role, is_this_computer
from app.tools.tool import MADE, ran


class DepartureKind(StrEnum):
    """The kind of what leaves."""

    TURN = "turn"
    ATTACHMENT = "attachment"
    RESULT = "result"


Permission = tuple[str, str]
"""A kind, and an item of it; an empty item stands for all of that kind."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Something that would leave with a request.

    ``item`` is what a permission is about: of a result the key of its tool, else a hash of the
    content. ``name`` is that of a file. ``host`` is where a turn was answered (`Message.host`),
    empty for this computer, and ``messages`` how many it has.
    """

    kind: DepartureKind
    item: str
    name: str = field(default="", compare=False)
    host: str = field(default="", compare=False)
    messages: int = field(default=0, compare=False)

    @property
    def permission(self) -> Permission:
        """What allows exactly this."""
        return self.kind.value, self.item

    @property
    def lasting(self) -> Permission:
        """What allows this and its like in every chat."""
        return self.kind.value, self.item if self.kind is DepartureKind.RESULT else ""


def departures(messages: Sequence[Message], origin: str) -> tuple[Departure, ...]:
    """Return what leaves if these messages are sent to ``origin`` (`ModelRef.origin`), each once.

    An answer at the end is one that goes on.
    """
    found: dict[Departure, None] = {}
    asked: list[Message] = []  # what has no answer so far
    for message in messages:
        found |= dict.fromkeys(_attachments(message))
        if message.role is not Role.ASSISTANT:
            asked.append(message)
            continue
        if message.origin != origin:
            found |= dict.fromkeys(_turn((*asked, message), message.host))
        found |= dict.fromkeys(_results(message))
        asked = []
    found |= dict.fromkeys(_turn(asked[:-1], ""))  # all but what is asked now
    return tuple(found)


def unpermitted(found: Collection[Departure], allowed: Collection[Permission]) -> list[Departure]:
    """Return those of some departures that are not allowed."""
    return [
        each for each in found if each.permission not in allowed and each.lasting not in allowed
    ]


def _turn(turn: Sequence[Message], host: str) -> Iterator[Departure]:
    said = [message for message in turn if _sent(message)]
    if said:
        where = "" if is_this_computer(host) else host
        yield Departure(DepartureKind.TURN, _digest(said), host=where, messages=len(said))


def _attachments(message: Message) -> Iterator[Departure]:
    """Yield what the user did not type of a question, whatever it is."""
    if message.role is Role.ASSISTANT:
        return
    for part in message.parts:
        if part.kind is not PartKind.TEXT:
            item = _digest([Message(Role.USER, (part,))])
            yield Departure(DepartureKind.ATTACHMENT, item, part.name)


def _results(message: Message) -> Iterator[Departure]:
    for part in message.parts:
        if part.kind is PartKind.RESULT and ran(part):
            source = part.facts.source if part.facts else ""
            yield Departure(DepartureKind.RESULT, source or part.name)


def _sent(message: Message) -> tuple[Part, ...]:
    """Return the parts that may be sent; what tools made for the user never is."""
    if message.role is not Role.ASSISTANT:
        return message.parts
    return tuple(part for part in message.parts if part.kind not in MADE)


def _digest(messages: Sequence[Message]) -> str:
    """Return a hash of all that may be sent of some messages."""
    import hashlib  # imported late: the window need not wait for it

    digest = hashlib.sha256()
    for message in messages:
        for part in _sent(message):
            texts = (message.role, part.kind, part.name, part.id, part.text)
            for raw in (*(text.encode("utf-8", "surrogatepass") for text in texts), part.data):
                digest.update(b"%d " % len(raw) + raw)
        digest.update(b".")
    return digest.hexdigest()[:32]
