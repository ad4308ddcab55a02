"""A filter of the demo model: its answers are shown only if they are answers to the question.

So small a model calls tools that nobody offered, and answers other questions than those that were
asked. `DemoFilter` holds an answer back until it can be judged, which takes a fraction of a second:
only a long count is shown while it grows. In the place of an answer that is unfit, or a refusal, it
puts one sentence. A call of a tool that is declared goes on if the question asks for it; then the
answer has to say what the tool returned.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from app.base.answer_events import Delta, Done, Event, Loading, Prompt, StopReason, Waiting
from app.base.draft import Draft
from app.base.errors import FiresideError
from app.base.types import DECLINED, Message, ModelRef, Part, PartKind, Request, Role
from app.engine.backend import Backend, Planned, Steps
from app.engine.demo_answers import SORRY, begins, fits
from app.engine.demo_calls import is_asked_for, is_declared, is_from_results, mended

if TYPE_CHECKING:  # a window need not wait for them
    from app.engine.probe import Devices, Speeds
    from app.formats import Abilities

SENTENCE = "The demo model cannot answer this."
_HELD = 120  # characters, after which a long answer is known as one
_LONGEST = 600  # characters of any other answer: a story has 380
_TRIES = 3
_LONGEST_THOUGHT = 1200  # characters; its longest one in training has 330


class DemoFilter:
    """A backend around ``engine`` that judges the answers of ``demo``, and of no other model.

    Answers of a given shape are not judged: nobody reads them as a person's words.
    """

    def __init__(self, engine: Backend, demo: ModelRef) -> None:
        self._engine = engine
        self._demo = demo.location

    def load(self, model: ModelRef, cancel: threading.Event) -> Steps[Waiting | Loading | Planned]:
        return self._engine.load(model, cancel)

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Steps[Event | Planned]:
        if request.model.location != self._demo or request.response_schema:
            return self._engine.stream(request, cancel, answer_now)
        return self._judged(request, cancel, answer_now)

    def prepare(self, request: Request, cancel: threading.Event) -> Steps[Event]:
        return self._engine.prepare(self._as_drawn(request), cancel)

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        return self._engine.count(self._as_drawn(request), cancel)

    def abilities(self, model: ModelRef) -> Abilities:
        return self._engine.abilities(model)

    def devices(self) -> Devices:
        return self._engine.devices()

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        return self._engine.measure(cancel, again=again)

    def forget(self, chat: int) -> None:
        self._engine.forget(chat)

    def unload(self, cancel: threading.Event | None = None) -> None:
        self._engine.unload(cancel)

    def loaded(self) -> ModelRef | None:
        return self._engine.loaded()

    def close(self) -> None:
        self._engine.close()

    def _as_drawn(self, request: Request) -> Request:
        """Return a request in which the demo finds its own words where it could not answer.

        It was trained to give titles where no tools are declared, and reads a chat again in no
        time.
        """
        if request.model.location != self._demo:
            return request
        messages = (
            replace(message, parts=(Part(SORRY),)) if message.declined else message
            for message in request.messages
        )
        tools = () if request.ephemeral else request.tools
        return replace(request, messages=tuple(messages), tools=tools)

    def _judged(
        self, request: Request, cancel: threading.Event, answer_now: threading.Event | None
    ) -> Generator[Event | Planned, None, None]:
        """Answer, with another attempt where the model strays rather than declines."""
        for attempt in range(1, _TRIES + 1):
            verdict = Verdict(request)
            last = attempt == _TRIES or request.sampling.seed is not None
            yield from self._attempt(request, verdict, cancel, answer_now, last=last)
            if last or not verdict.strayed or cancel.is_set():
                return

    def _attempt(
        self,
        request: Request,
        verdict: Verdict,
        cancel: threading.Event,
        answer_now: threading.Event | None,
        *,
        last: bool,
    ) -> Generator[Event | Planned, None, None]:
        ending = _Ending(cancel)
        steps = self._engine.stream(self._as_drawn(request), ending, answer_now)
        with closing(steps) as events:
            try:
                for event in events:
                    match event:
                        case Delta():
                            verdict.add(event)
                            if verdict.fits is False:
                                ending.set()
                            yield from verdict.shown()
                        case Done():
                            reason = verdict.end(event.reason)
                            if last or not verdict.strayed or cancel.is_set():
                                yield from verdict.rest()
                                drawn = event.drawn if reason is StopReason.CALL else ()
                                yield replace(event, reason=reason, drawn=drawn)
                        case _:
                            yield event
            except FiresideError:
                yield from verdict.rest()
                raise


class Verdict:
    """The judgement of one answer. ``fits`` is None until it is made."""

    def __init__(self, request: Request) -> None:
        last = request.messages[-1:]
        begun = last[0].parts if last and last[0].role is Role.ASSISTANT else ()
        self._request = request
        # Programs also ask by instructions alone.
        self._questions = [m.text for m in request.messages if m.role is Role.USER] or [""]
        self._draft = Draft(begun)
        self._held: list[Delta] = []
        self._index = len(begun)
        results = [at for at, part in enumerate(begun) if part.kind is PartKind.RESULT]
        self._after = max(results, default=-1) + 1  # where the answer from results begins
        self.fits: bool | None = None
        self._declined = False

    @property
    def strayed(self) -> bool:
        """Whether it does not fit, although the model did not say that it cannot answer."""
        return self.fits is False and not self._declined

    @property
    def _said(self) -> str:
        return Message(Role.ASSISTANT, self._draft.parts[self._after :]).text.strip()

    @property
    def _calls(self) -> list[Part]:
        """The calls of this round."""
        return [part for part in self._draft.parts[self._index :] if part.kind is PartKind.CALL]

    def add(self, delta: Delta) -> None:
        """Hold a delta back, and judge what there is so far if that is enough."""
        if self.fits is False:
            return
        self._draft.add(delta)
        self._held.append(delta)
        if delta.kind is PartKind.CALL and not is_declared(self._request, delta.name):
            self.fits = False
        elif delta.kind in (PartKind.REASONING, PartKind.CALL):
            if self._draft.length(delta.index) > _LONGEST_THOUGHT:
                self.fits = False
        elif self.fits is None and len(said := self._said) >= _HELD:
            if begins(self._questions, said):
                self.fits = True
            elif len(said) > _LONGEST:
                self.fits = False

    def end(self, reason: StopReason) -> StopReason:
        """Judge the whole answer; return why it ended, as far as the user is concerned."""
        if self.fits is False:
            return StopReason.END
        if reason is StopReason.CANCELLED:
            return reason
        if reason is StopReason.CALL or self._calls:
            asked = reason is StopReason.CALL and self._calls
            self.fits = bool(asked) and all(map(self._is_asked_for, self._calls))
            return StopReason.CALL if self.fits else StopReason.END
        self._mend()
        said = self._said
        if self.fits is None:
            self._declined = said.startswith(SORRY[:_HELD])
            self.fits = self._is_from_results(said) or fits(self._questions, said)
            return StopReason.END
        # What has been shown stays; if it ended too early, it can be continued.
        short = begins(self._questions, said) and not fits(self._questions, said)
        return StopReason.LENGTH if short else reason

    def _is_asked_for(self, call: Part) -> bool:
        return is_asked_for(self._questions[-1], call)

    def _mend(self) -> None:
        """Correct the numbers of an answer that copies the result of a sum."""
        parts = self._draft.parts
        if self._after and (text := mended(parts[: self._after], self._said)):
            at = len(parts) - 1
            self._held = [delta for delta in self._held if delta.index < at] + [Delta(at, text)]
            self._draft = Draft((*parts[:at], Part(text)))

    def _is_from_results(self, said: str) -> bool:
        results = self._draft.parts[: self._after]
        return bool(results) and is_from_results(self._questions[-1], results, said)

    def shown(self) -> list[Delta]:
        """Return what may be shown now."""
        return self.rest() if self.fits else []

    def rest(self) -> list[Delta]:
        """Return what was held back, or the sentence in the place of an answer that is unfit."""
        held, self._held = self._held, []
        return [Delta(self._index, SENTENCE, name=DECLINED)] if self.fits is False else held


class _Ending(threading.Event):
    """An event that is also set if the caller's is."""

    def __init__(self, cancel: threading.Event) -> None:
        super().__init__()
        self._cancel = cancel

    def is_set(self) -> bool:
        return super().is_set() or self._cancel.is_set()
