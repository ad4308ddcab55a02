"""The interface of a tool, and the values around it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.base.types import Message, Outcome, Part, PartKind, ResultFacts, ToolNamespace

MADE = (PartKind.MEDIA, PartKind.PAGE)
"""The kinds of what a tool makes for the user, beside its result; no model reads them."""


class Effect(StrEnum):
    """What a call may do outside the chat, from the least to the most."""

    NONE = "none"
    """It only computes, in a sandbox."""
    READS = "reads"
    """It reads what the user has granted."""
    UNDOABLE = "undoable"
    """It changes what the user has granted, and that can be undone."""
    CHANGES = "changes"
    """Anything else, and whatever is not known to be less."""


class ConsentReason(StrEnum):
    """Why the user is asked."""

    FIRST = "first"
    """Nothing was decided about this function yet."""
    EFFECT = "effect"
    """It changes something, so it is asked about each time."""
    TAINTED = "tainted"
    """The context holds text that the user did not type: a file, an import, a page, a result."""
    OTHER_SERVER = "other server"
    """The output of another tool is in this turn or, if something would change, in the chat."""
    LIMIT = "limit"
    """The turn has as many calls as it may have: whether to go on."""
    ADDRESS = "address"
    """An address that is neither the user's, nor of a search's result, nor a displayed link."""
    IMPORTED = "imported"
    """An address in a chat that came from a file, in which nothing need be the user's."""
    NEW_SITE = "new site"
    """A site that the user has not named or allowed, in a chat with private text."""
    FOLLOW_UPS = "follow-ups"
    """More pages of one site, in a chat with private text, than fit what the user has asked."""
    QUERY = "query"
    """Words for a search engine, in a chat with private text, that may carry some of it."""
    REMOTE = "remote"
    """The model is behind an endpoint, and the call would change something."""
    DEPARTURE = "departure"
    """It is not about a call: something is about to be sent to another computer."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call, as the model wrote it.

    ``id`` is unique in its answer. ``name`` is the recipient, such as ``python`` or
    ``functions.files__search``.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class CallContext:
    """Where a call stands: ``messages`` are the path of the chat, the answer so far the last one.

    ``chat`` is None outside the store (``fireside ask``). Of the answer's calls, this one is the
    last; if it was written together with others, their results may follow it. ``declared`` is what
    the model was told of the tools that are on. ``again``: it is the user who runs it once more, so
    nothing of it may reach the calls that the model makes. ``imported``: the chat came from a file,
    so that no text in it need be the user's. ``room``: about how many tokens a result may have, as
    `app.tools.shortening.estimate` counts them.
    """

    chat: int | None
    messages: tuple[Message, ...]
    declared: tuple[ToolNamespace, ...] = ()
    again: bool = False
    imported: bool = False
    room: int = 8000


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a call would do: what the user is asked about, and what then runs, and nothing else.

    ``tool`` is the tool's key, ``function`` its function's own name, ``server`` what offers it, as
    the user named it; empty for a built-in tool. ``shown`` are the names and texts that a card
    shows, untruncated, in this order. ``pin`` is the hash of what a decision is bound to: the
    function's declaration, and the command or address of its server.

    A tool with rules of its own sets ``granted``, if what the user has typed or switched on allows
    the call, or else ``reason``, why he is asked; ``lasting`` then says whether he may allow
    all with this ``function`` and ``pin`` for the chat.
    """

    tool: str
    call: Call
    effect: Effect
    function: str = ""
    server: str = ""
    description: str = ""
    shown: tuple[tuple[str, str], ...] = ()
    pin: str = ""
    granted: bool = False
    reason: ConsentReason | None = None
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What a call has returned. ``text`` is what the model reads; the loop cuts what is too long.

    ``made`` are figures, files and pages for the user: parts of media, with their names, or pages.
    """

    text: str
    facts: ResultFacts = field(default_factory=ResultFacts)
    made: tuple[Part, ...] = ()


def ran(result: Part) -> bool:
    """Return whether a result may hold a tool's words, rather than a sentence of the program."""
    ours = Outcome.INVALID, Outcome.REFUSED
    return result.facts is None or result.facts.outcome not in ours


class CallInvalid(Exception):
    """A call that cannot be run as it was written; the message is a sentence for the model."""


class Tool(Protocol):
    """A tool. Any method may be called from any thread.

    One call at a time runs in a chat, beside what the user runs again.
    """

    @property
    def key(self) -> str:
        """The key by which settings refer to it: ``python``, or ``mcp:`` and a server's name."""

    @property
    def most_calls(self) -> int:
        """The calls in one turn after which the user is asked whether to go on."""

    @property
    def unavailable(self) -> str:
        """A word for why it cannot be used now, for `app.wording.tool_words`; empty if it can."""

    def declaration(self) -> ToolNamespace | None:
        """Return what the model is told of it, without waiting; None if it has no functions."""

    def names(self, name: str) -> bool:
        """Return whether a recipient, as a model wrote it, names this tool or a function of it."""

    def expect(self, context: CallContext) -> None:
        """Get ready, since the header of a call was drawn; the arguments are still to come."""

    def propose(self, call: Call, context: CallContext) -> Proposal:
        """Return what a call would do, without doing anything. Raises CallInvalid."""

    def run(
        self, proposal: Proposal, context: CallContext, cancel: threading.Event
    ) -> Iterator[str | Result]:
        """Carry a proposal out: yield any output so far, and at last the Result.

        Once ``cancel`` is set it ends soon, with a Result whose outcome is STOPPED. Never raises.
        """

    def forget(self, chat: int) -> None:
        """Drop whatever is kept for a chat that was deleted."""

    def close(self) -> None:
        """End everything that it has started."""
