"""A conversation as a prompt: as much of it as fits into the context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.base.answer_events import Prompt
from app.base.errors import ContextFull
from app.base.types import Request, Role
from app.engine.attached_sizes import AttachedSizes
from app.engine.history import context_needed, messages_to_drop, reserved
from app.formats import ChatFormat, RenderedRequest

_OF_A_TOKEN = 16  # characters, on average, which no text reaches
Render = Callable[[Request], RenderedRequest]


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """A prompt's tokens, and the other facts for a `Prompt`.

    The next turn's prompt is sure to begin with the first ``stable`` tokens, and this turn has
    those from ``turn`` on, if that is known.
    """

    tokens: tuple[int, ...]
    stable: int
    turn: int | None
    context: int
    reserved: int
    dropped: int
    opening: int
    attached: int

    @property
    def size(self) -> Prompt:
        """The event that reports its size."""
        return Prompt(
            len(self.tokens),
            self.context,
            self.reserved,
            self.dropped,
            self.opening,
            self.attached,
        )


class Prompts:
    """A renderer of prompts for a context of ``size`` tokens, which may grow to ``longest``."""

    def __init__(self, chat_format: ChatFormat, size: int, longest: int) -> None:
        self.longest = longest
        self._format = chat_format
        self._size = size
        self._attached = AttachedSizes()

    def render(self, request: Request, render: Render) -> RenderedPrompt:
        """Render as much of a conversation as fits, leaving out the oldest messages if it may.

        It may fit into a longer context than this one; the prompt's ``context`` says so. Raises
        ContextFull if none may be left out, and it fits into no context.
        """
        longest = max(self._size, self.longest)
        if request.whole and (least := _characters(request) // _OF_A_TOKEN) >= longest:
            raise ContextFull(least, longest)  # all others would wait while it is rendered
        rendered = render(request)
        if request.whole and len(rendered.tokens) >= longest:
            raise ContextFull(len(rendered.tokens), longest)
        size, needed = self._size, context_needed(request, rendered.sizes)
        while size < min(needed, self.longest):
            size = min(2 * size, self.longest)
        room = reserved(request, size)
        first = 0
        if not request.whole:
            first = messages_to_drop(
                request.messages, rendered.sizes, size, room, grows=bool(request.drawn)
            )
        # A client's instructions stay. Everything is rendered again, since a message may have to
        # repeat something from a dropped one, such as the day, and some formats put tools into the
        # first.
        kept = [m for m in request.messages[:first] if m.role in (Role.SYSTEM, Role.DEVELOPER)]
        dropped = first - len(kept)
        shown = request
        if dropped:
            shown = replace(request, messages=(*kept, *request.messages[first:]))
            rendered = render(shown)
        attached = self._attached.total(shown.messages, self._format.tokenizer)
        return RenderedPrompt(
            tokens=rendered.tokens,
            stable=rendered.stable,
            turn=rendered.turn,
            context=size,
            reserved=room,
            dropped=dropped,
            opening=rendered.sizes[0],
            attached=attached,
        )


def _characters(request: Request) -> int:
    """Return the length of what is said in a conversation."""
    return sum(len(part.text) for message in request.messages for part in message.parts)
