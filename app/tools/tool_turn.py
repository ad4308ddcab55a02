"""An answer with calls: rounds of the inner backend, and the calls between them."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from app.base.answer_events import Delta, Done, Event, PartAdded, Prompt, Stats, StopReason
from app.base.draft import Draft
from app.base.errors import Cancelled, ContextFull, FiresideError
from app.base.threads import AnyEvent
from app.base.types import Message, ModelRef, Part, PartKind, Request, Role, ToolChoice
from app.engine.backend import Backend, Planned, Steps
from app.tools import replies
from app.tools.call_runner import CallPlace, CallRunner
from app.tools.consent import ConsentStore
from app.tools.registry import Registry
from app.tools.shortening import Shortened, ShortenedParts, estimate, halve, shorten
from app.tools.tool import MADE, Result
from app.tools.tool_events import ResultsShortened

_SHARE = 8  # a result may take this part of the context
_LONGEST = 8000  # and never more tokens than these
_FREED = 4  # and this part is freed at least when results become short
_CONTEXT = 8192  # tokens, if the engine did not say
_FRUITLESS = 5  # calls in a row that do not run; then the model has to answer
_EMPTY = 3  # rounds in a row that end with a call of nothing, or with one when it has to answer
_MEASURED = 60  # characters from which a vocabulary is judged


class ToolTurn(Iterator[Event | Planned]):
    """The events of one answer, of all its rounds. Close it unless it is exhausted."""

    def __init__(
        self,
        inner: Backend,
        registry: Registry,
        consents: ConsentStore | None,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None,
    ) -> None:
        self._inner = inner
        self._request = request
        self._cancel = cancel
        self._hurry = AnyEvent(answer_now)
        last = request.messages[-1:]
        begun = last[0].parts if last and last[0].role is Role.ASSISTANT else ()
        self._before = request.messages[:-1] if begun else request.messages
        self._began = replace(last[0], parts=()) if begun else _answer_of(request.model)
        self._draft = Draft(begun)
        self._runner = CallRunner(request, self._before, registry, consents, cancel, self._hurry)
        self._sent: Shortened = {}
        self._offset = 0  # by how much places in the answer are larger than those in the request
        self._round_at = len(begun)  # the place of the round's first part
        self._recent = max(0, len(begun) - 1)  # the place of the first part that has to stay whole
        self._drawn: tuple[int, ...] = ()
        self._prompt: Prompt | None = None
        self._rounds = self._empty = 0
        self._expected: set[int] = set()
        self._stats: Stats | None = None
        self._scale = 1.0
        self._waiting = unanswered(begun)
        """The calls of the answer, by place, that an earlier run has left without a result."""
        self._steps: Steps[Event | Planned] | None = None
        if not self._waiting:
            self._ask()  # it takes its place in the queue now
        self._events = self._run()

    def __next__(self) -> Event | Planned:
        return next(self._events)

    def close(self) -> None:
        """Stop the work, even if nobody has waited for it yet."""
        self._events.close()
        if self._steps:
            self._steps.close()

    def _run(self) -> Generator[Event | Planned]:
        if self._waiting:
            self._recent = min(self._waiting)
            yield from self._answers(self._waiting, again=True)
            if self._cancel.is_set():
                raise Cancelled
            self._ask()
        while True:
            had_to_answer = self._hurry.is_set()
            calls = yield from self._round()
            if calls is None:
                return
            yield from self._answers(calls)
            self._empty = 0 if calls and not had_to_answer else self._empty + 1
            if self._cancel.is_set():
                yield self._done(StopReason.CANCELLED)
                return
            if self._tokens_left() == 0 or (had_to_answer and self._empty >= _EMPTY):
                yield self._done(StopReason.LENGTH)
                return
            if self._runner.fruitless >= _FRUITLESS or self._empty >= _EMPTY:
                self._hurry.set()
            self._ask()

    # --- A round ------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Begin a round, which takes a place in the queue."""
        parts = self._draft.parts
        sent = [self._sent.get(at, part) for at, part in enumerate(parts)]
        shown = [part for part in sent if part and part.kind not in MADE]
        self._offset = len(parts) - len(shown)
        self._round_at = len(parts)
        # What began elsewhere is from there until it was sent.
        said = _answer_of(self._request.model) if self._rounds else self._began
        answer = [replace(said, parts=tuple(shown))] if shown else []
        request = replace(
            self._request,
            messages=(*self._before, *answer),
            sampling=replace(self._request.sampling, max_tokens=self._tokens_left()),
            drawn=self._drawn,
            tool_choice=self._choice(shown),
        )
        self._steps = self._inner.stream(without_media(request), self._cancel, self._hurry)

    def _choice(self, shown: Sequence[Part]) -> ToolChoice | str:
        """Return what has to be called in a round: once something was, the model may answer."""
        called = any(part.kind is PartKind.CALL for part in shown)
        wanted = self._request.tool_choice
        return ToolChoice.AUTO if called and wanted is not ToolChoice.NONE else wanted

    def _round(self) -> Generator[Event | Planned, None, dict[int, Part] | None]:
        """Pass a round on; return its calls, or None if the answer has ended.

        Where the context is too tight, it is begun again with less.
        """
        self._rounds += 1
        while True:
            tight: Prompt | None = None
            try:
                called, tight = yield from self._streamed()
                if tight is None:
                    return self._calls() if called else None
            except Cancelled:
                yield from self._incomplete()
                if self._stats is None:
                    raise
                yield self._done(StopReason.CANCELLED)
                return None
            except ContextFull as fault:
                tight = Prompt(fault.prompt, fault.context)
                if not self._shorter(tight).parts:
                    raise
            except FiresideError:
                yield from self._incomplete()
                raise
            yield self._shortened(tight)
            self._ask()

    def _streamed(self) -> Generator[Event | Planned, None, tuple[bool, Prompt | None]]:
        """Pass on a stream of the engine.

        Returns whether it has ended with calls, and its prompt if that is too tight to go on with.
        """
        assert self._steps
        called = False
        with closing(self._steps) as events:
            for event in events:
                match event:
                    case Delta():
                        yield from self._cut_short(event)
                        event = self._grown(event)
                    case Prompt() if self._is_tight(event):
                        return False, event
                    case Prompt():
                        self._prompt = event
                    case Done():
                        self._add(event)
                        if called := self._goes_on(event.reason):
                            continue
                        yield from self._incomplete()
                        event = self._done(event.reason)
                yield event
        return called, None

    def _cut_short(self, delta: Delta) -> Generator[Event]:
        """Answer a call that was being written when the user wanted the answer, and this began."""
        begins = delta.index + self._offset == len(self._draft.parts)
        if begins and self._hurry.is_set():
            for added in self._incomplete():
                self._offset += 1
                yield added

    def _grown(self, delta: Delta) -> Delta:
        """Add a delta of a round to the answer, and return it as one of that."""
        delta = replace(delta, index=delta.index + self._offset)
        if delta.kind is PartKind.CALL and not delta.id:
            delta = replace(delta, id=f"call_{delta.index}")  # unique in the answer
        self._draft.add(delta)
        if delta.kind is PartKind.CALL and delta.name and delta.index not in self._expected:
            self._expected.add(delta.index)
            self._runner.expect(delta.name, self._draft.parts)
        return delta

    def _goes_on(self, reason: StopReason) -> bool:
        """Return whether a round's end is not the answer's."""
        ended = reason is StopReason.END and bool(unanswered(self._draft.parts))
        return reason is StopReason.CALL or ended

    def _calls(self) -> dict[int, Part]:
        """Return the calls with which a round has ended, by their places."""
        parts = list(enumerate(self._draft.parts))
        calls = {at: part for at, part in parts[self._round_at :] if part.kind is PartKind.CALL}
        self._recent = min(calls, default=len(parts))
        return calls

    # --- The calls ----------------------------------------------------------------------------

    def _answers(self, calls: dict[int, Part], *, again: bool = False) -> Generator[Event]:
        """Run calls, and add their results and what they made to the answer."""
        run = self._runner.resume if again else self._runner.run
        context = (self._prompt.context if self._prompt else 0) or _CONTEXT
        for at, call in calls.items():
            parts = enumerate(self._draft.parts)
            until = tuple(part for n, part in parts if n <= at or part.kind is not PartKind.CALL)
            place = CallPlace(at, until, min(_LONGEST, context // _SHARE), self._scale)
            result = yield from run(call, place)
            yield from self._added(call, result)

    def _incomplete(self) -> Generator[Event]:
        """Answer the calls that were being written when the answer ended."""
        for call in unanswered(self._draft.parts).values():
            yield from self._added(call, replies.incomplete())

    def _added(self, call: Part, result: Result) -> Generator[Event]:
        text = Part(result.text, PartKind.RESULT, call.name, call.id, facts=result.facts)
        made = [replace(part, id=call.id) for part in result.made]
        for part in (text, *made):
            self._draft.add_part(part)
            yield PartAdded(part)

    # --- The context --------------------------------------------------------------------------

    def _is_tight(self, prompt: Prompt) -> bool:
        """Return whether a prompt leaves too little room, and less of the turn can be sent."""
        if not prompt.context:  # a server that does not say
            return False
        dropped = self._prompt is not None and prompt.dropped > self._prompt.dropped
        full = prompt.count + prompt.reserved > prompt.context
        return (full or dropped) and bool(self._shorter(prompt).parts)

    def _shorter(self, tight: Prompt) -> ShortenedParts:
        """Return what can become short. What the model has not used yet does only if it must."""
        parts = self._draft.parts
        if not any(part.kind is PartKind.RESULT for part in parts):
            return ShortenedParts({}, 0)
        over = max(0, tight.count + tight.reserved - tight.context)
        tokens = over + tight.context // _FREED
        found = shorten(parts[: self._recent], self._sent, tokens, self._scale)
        if not found.parts and tight.count + tight.reserved // 2 > tight.context:
            found = halve(parts, self._sent, self._recent, self._scale)
        return found

    def _shortened(self, tight: Prompt) -> ResultsShortened:
        """Make the oldest results short, so that a part of the context is free."""
        found = self._shorter(tight)
        self._sent = {**self._sent, **found.parts}
        self._drawn = ()
        return ResultsShortened(len(found.parts), found.tokens)

    # --- The end ------------------------------------------------------------------------------

    def _add(self, done: Done) -> None:
        """Take note of a round's end."""
        stats = done.stats
        self._drawn = done.drawn
        self._stats = joined(self._stats, stats) if self._stats else stats
        written = "".join(part.text for part in self._draft.parts[self._round_at :])
        if len(written) >= _MEASURED:  # enough to judge the vocabulary by
            self._scale = min(8.0, max(1.0, stats.generated / max(1, estimate(written))))

    def _tokens_left(self) -> int | None:
        """Return how many tokens the answer may still have; None for any number."""
        most = self._request.sampling.max_tokens
        used = self._stats.generated if self._stats else 0
        return None if most is None else max(0, most - used)

    def _done(self, reason: StopReason) -> Done:
        assert self._stats
        return Done(reason, self._stats)


def unanswered(answer: tuple[Part, ...]) -> dict[int, Part]:
    """Return the calls at the end of an answer that have no result, by their places."""
    calls: dict[int, Part] = {}
    results: list[str] = []
    for at in range(len(answer) - 1, -1, -1):
        part = answer[at]
        if part.kind is PartKind.RESULT:
            results.append(part.id)
        elif part.kind is PartKind.CALL:
            calls[at] = part
        elif part.kind not in MADE:
            break
    waiting = dict(sorted(calls.items()))
    for id in reversed(results):
        fitting = [at for at, call in waiting.items() if call.id == id]
        if fitting:
            del waiting[fitting[0]]
    return waiting


def joined(before: Stats, last: Stats) -> Stats:
    """Return the statistics of an answer of several rounds.

    Its prompt is all that the model has read, and not written, until the end.
    """
    generated = before.generated + last.generated
    evaluated = before.evaluated + last.evaluated
    return replace(
        last,
        prompt_tokens=max(evaluated, last.prompt_tokens + last.generated - generated),
        evaluated=evaluated,
        generated=generated,
        reasoning_tokens=before.reasoning_tokens + last.reasoning_tokens,
        first_token_s=before.first_token_s,
        generation_s=before.generation_s + last.generation_s,
        peak_memory=max(before.peak_memory, last.peak_memory),
        seed=before.seed,
        restored=before.restored + last.restored,
        expected=last.expected or before.expected,
        prompt_s=before.prompt_s + last.prompt_s,
        left_out=tuple(dict.fromkeys((*before.left_out, *last.left_out))),
        cut=before.cut or last.cut,
    )


def _answer_of(model: ModelRef) -> Message:
    """Return an empty answer of a model."""
    return Message(Role.ASSISTANT, (), host=model.host, origin=model.origin)


def without_media(request: Request) -> Request:
    """Return a request without what tools made: the results say what was shown."""
    messages = tuple(
        replace(message, parts=tuple(p for p in message.parts if p.kind not in MADE))
        if message.role is Role.ASSISTANT
        else message
        for message in request.messages
    )
    return replace(request, messages=messages)
