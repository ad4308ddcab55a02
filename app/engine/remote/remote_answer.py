"""The events of an answer, made of what comes of a server's stream."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.base.answer_events import Delta, Done, Prompt, Stats, StopReason
from app.base.errors import ServerForeign
from app.base.types import Endpoint, ModelRef, Part, PartKind, Request, Role
from app.engine.remote.tool_names import ToolNames
from app.engine.remote.wire_events import (
    AnswerEnd,
    AnswerText,
    CallText,
    ReasoningEcho,
    ReasoningText,
    UsageReport,
    WireEvent,
)
from app.engine.stop_texts import StopTexts
from app.formats.harmony.stored_parts import ALONG_THE_WAY

_BYTES = 4  # of a token, where nobody has counted
_MOST_PARTS = 256  # of one round: a window takes some milliseconds for each
_FASTEST = 10_000  # tokens per second; more come at once only if they were held back


class RemoteAnswer:
    """An answer while it comes: `feed` makes deltas of wire events, `done` ends it.

    ``size`` is the size of its prompt as it was counted here. ``continued`` is the part at the
    request's end with which the model goes on, if there is one.
    """

    def __init__(
        self, request: Request, names: ToolNames, size: Prompt, continued: Part | None = None
    ) -> None:
        self._names, self._size = names, size
        self._seed = request.sampling.seed or 0
        last = request.messages[-1:]
        begun = last[0].parts if last and last[0].role is Role.ASSISTANT else ()
        self._parts = _Parts(begun, continued, request.model)
        self._ids = {part.id for part in begun}
        self._stops = StopTexts(request.stop)
        self._calls: dict[int, _Call] = {}
        self._sealed: list[str] = []
        self._echoes: dict[int, Delta] = {}  # by the places of parts
        self._bytes = dict.fromkeys(PartKind, 0)
        self._at_once = 0  # bytes of the first text
        self._usage = UsageReport()
        self._reason: StopReason | None = None
        self._asked = time.monotonic()
        self._first = self._last = 0.0
        self.left_out: tuple[str, ...] = ()
        """The parameters that the server does not take."""
        self.cut = False
        """Whether the server has read only a part of the prompt."""

    @property
    def ended(self) -> bool:
        """Whether the server has said so, or it ends here, before a stop text."""
        return self._reason is not None or self._stops.found

    @property
    def stopped(self) -> bool:
        """Whether it ends here, before a stop text."""
        return self._stops.found

    @property
    def empty(self) -> bool:
        """Whether nothing has come: no reasoning, no text, no call."""
        return not (any(self._bytes.values()) or self._calls or self._sealed)

    @property
    def prompt(self) -> int | None:
        """The size of the prompt in tokens, as the server has counted it."""
        return self._usage.prompt

    def asked(self) -> None:
        """Measure from now on: the request is being sent."""
        self._asked = time.monotonic()

    def feed(self, event: WireEvent) -> Iterator[Delta]:
        """Yield the deltas of an event."""
        for delta in self._deltas(event):
            size = len(delta.text.encode())
            self._bytes[delta.kind] += size
            self._at_once = self._at_once or size
            yield from self._stops.feed(delta)

    def rest(self) -> Iterator[Delta]:
        """Yield what was held back until the end, whatever kind of end that is."""
        for delta in self._whole_calls():
            yield from self._stops.feed(delta)
        yield from self._stops.rest()
        if self._calls:
            yield from self._echoes.values()
            yield from self._unsaid()

    def done(self, reason: StopReason | None = None) -> Done:
        """Return the answer's end, for the server's reason unless there is another."""
        reason = reason or self._reason or StopReason.END
        if self._stops.found:
            reason = StopReason.STOP_TEXT
        elif reason in (StopReason.END, StopReason.CALL):
            reason = StopReason.CALL if self._calls else StopReason.END
        return Done(reason, self._stats(), stop_text=self._stops.text)

    # --- Parts --------------------------------------------------------------------------------

    def _deltas(self, event: WireEvent) -> Iterator[Delta]:
        match event:
            case UsageReport():
                self._usage = event
            case AnswerEnd(reason):
                self._reason = reason
            case ReasoningEcho(echo):
                self._note_echo(echo)
            case ReasoningText(text, echo):
                self._tick()
                yield from self._whole_calls()
                yield self._parts.reasoning(text, echo)
            case AnswerText(text):
                self._tick()
                yield from self._whole_calls()
                yield self._parts.text(text)
            case CallText():
                self._tick()
                yield from self._call(event)

    def _tick(self) -> None:
        self._last = time.monotonic()
        self._first = self._first or self._last

    def _note_echo(self, echo: str) -> None:
        """Keep how the reasoning is sent back; that is needed only if a call follows."""
        if part := self._parts.thought():
            self._echoes[part.index] = replace(part, text="", format_data=echo)
        else:
            self._sealed.append(echo)

    def _unsaid(self) -> Iterator[Delta]:
        """Yield a part without text for each reasoning that came only encrypted."""
        for echo in self._sealed:
            yield self._parts.new(Delta(0, "", PartKind.REASONING, format_data=echo))
        self._sealed.clear()

    def _call(self, event: CallText) -> Iterator[Delta]:
        call = self._calls.get(event.at)
        if call is None:
            yield from self._whole_calls()
            if not self._calls:
                yield from self._parts.aside()
            yield from self._unsaid()  # it precedes the call for which it was made
            part = self._parts.new(Delta(0, "", PartKind.CALL, self._names.here(event.name)))
            part = replace(part, id=self._id(event.id, part))
            call = self._calls[event.at] = _Call(part)
            yield part
        yield from call.grown(self._names, event.name, event.arguments)

    def _whole_calls(self) -> Iterator[Delta]:
        """Yield what can be told of calls only once they are whole."""
        for call in self._calls.values():
            yield from call.whole(self._names)

    def _id(self, id: str, part: Delta) -> str:
        """Return an id for a call that no other of the answer has."""
        plain, number = id or f"call_{part.index}", 1
        id = plain
        while id in self._ids:
            number += 1
            id = f"{plain}_{number}"
        self._ids.add(id)
        return id

    # --- Numbers ------------------------------------------------------------------------------

    def _stats(self) -> Stats:
        usage, size = self._usage, self._size
        now = time.monotonic()
        first = self._first or now
        generated = usage.generated
        if generated is None:
            generated = _tokens(sum(self._bytes.values()))
        thought = usage.reasoning
        if not thought:  # some servers say 0 of any answer
            thought = min(generated, _tokens(self._bytes[PartKind.REASONING]))
        prompt = size.count if usage.prompt is None else usage.prompt
        waited = first - self._asked
        took = usage.generation_s
        if took is None:
            took = self._took(generated)
        return Stats(
            prompt_tokens=prompt,
            evaluated=max(0, prompt - (usage.cached or 0)),
            generated=generated,
            reasoning_tokens=thought,
            first_token_s=waited,
            generation_s=took,
            peak_memory=0,
            seed=self._seed,
            context=size.context,
            dropped=size.dropped,
            prompt_s=waited if usage.prompt_s is None else usage.prompt_s,
            left_out=self.left_out,
            cut=self.cut,
        )

    def _took(self, generated: int) -> float:
        """Return how long it took to generate, as seen from here; 0 if that cannot be said.

        What comes at once, as the whole reasoning does from some servers, was generated before.
        """
        total = sum(self._bytes.values())
        if total <= self._at_once:
            return 0.0
        took = (self._last - self._first) * total / (total - self._at_once)
        return took if generated <= took * _FASTEST else 0.0


class _Parts:
    """The places of an answer's parts, after those with which it was ``begun``.

    The first text goes on with the part that is ``continued``, if it is of its kind. So many parts
    that a window could not show them raise ServerForeign.
    """

    def __init__(self, begun: Sequence[Part], continued: Part | None, model: ModelRef) -> None:
        self._next = len(begun)
        self._end = self._next + _MOST_PARTS
        self._model = model
        self._texts: dict[int, Delta] = {}
        self._thoughts: list[Delta] = []
        self._last: Delta | None = None
        self._open: Delta | None = None
        if continued and begun[-1] is continued:
            c = continued
            self._open = Delta(self._next - 1, "", c.kind, format_data=c.format_data)

    def new(self, delta: Delta) -> Delta:
        """Return a delta as one of a new part."""
        if self._next >= self._end:
            assert isinstance(self._model.location, Endpoint)
            raise ServerForeign(self._model.location.url, "")
        self._last, self._open = replace(delta, index=self._next), None
        self._next += 1
        return self._last

    def reasoning(self, text: str, echo: str) -> Delta:
        """Return more of the reasoning."""
        return self._grown(Delta(0, text, PartKind.REASONING, format_data=echo))

    def text(self, text: str) -> Delta:
        """Return more text for the user."""
        return self._grown(Delta(0, text))

    def thought(self) -> Delta | None:
        """Return the last reasoning that was written, once; what follows it is another part."""
        thought = self._thoughts.pop() if self._thoughts else None
        if thought and self._last and self._last.index == thought.index:
            self._last = None
        return thought

    def aside(self) -> Iterator[Delta]:
        """Mark the text before a call: it is not the answer yet."""
        for text in self._texts.values():
            yield replace(text, format_data=ALONG_THE_WAY)

    def _grown(self, delta: Delta) -> Delta:
        last = self._last or self._open
        grown = replace(last, text=delta.text) if last and last.kind is delta.kind else None
        grown = grown or self.new(delta)
        self._last, self._open = replace(grown, text=""), None
        if grown.kind is PartKind.TEXT:
            self._texts[grown.index] = self._last
        elif last is None or last.index != grown.index:
            self._thoughts.append(self._last)
        return grown


class _Call:
    """A call while it is written."""

    def __init__(self, delta: Delta) -> None:
        self._delta = delta
        self._left: list[str] = []  # of its arguments as the server sends them
        self._begun = False

    def grown(self, names: ToolNames, name: str, arguments: str) -> Iterator[Delta]:
        """Yield what has come; of plain text, nothing before it is whole."""
        here = names.here(name)
        named = here != self._delta.name  # the name has come only now
        self._delta = replace(self._delta, name=here)
        if arguments:
            self._left.append(arguments)
        text = "" if names.is_plain(here) else self._taken()
        if text or named:
            yield replace(self._delta, text=text)

    def whole(self, names: ToolNames) -> Iterator[Delta]:
        """Yield what is left, now that no more comes."""
        is_first = not self._begun
        left = self._taken()
        if is_first:
            left = names.arguments_here(self._delta.name, left)
        if left:
            yield replace(self._delta, text=left)

    def _taken(self) -> str:
        text = "".join(self._left)
        self._left.clear()
        self._begun = self._begun or bool(text)
        return text


def _tokens(bytes: int) -> int:
    """Return about how many tokens a text has."""
    return -(-bytes // _BYTES)
