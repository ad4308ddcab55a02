"""Prefill: what is known of the next question is processed ahead, while the user reads or types."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress

from app.base.answer_events import Prefill, Prompt
from app.base.errors import FiresideError
from app.base.types import Request
from app.engine.backend import Backend
from app.titles import Titles
from app.turn import ContextForecast, ReadingAhead, Turn


class Prefiller:
    """A worker that has the backend process prompts ahead; ``may`` says whether it may now.

    ``foresee`` is called with the size of the next prompt, and with what it was prepared for.
    """

    def __init__(
        self,
        backend: Backend,
        publish: Callable[[ReadingAhead], None],
        foresee: Callable[[Turn, ContextForecast], None],
        titles: Titles,
        may: Callable[[], bool],
    ) -> None:
        self._backend, self._publish, self._foresee = backend, publish, foresee
        self._titles, self._may = titles, may

    def prepare(
        self, turn: Turn, chat: int | None, request: Callable[[], Request], read: bool
    ) -> None:
        """Process what is known of the next question, then generate a title.

        Errors are dropped: they recur, and are reported, when the question is really asked.
        """
        if turn.stopped.is_set():
            return
        with suppress(FiresideError):
            past = request()
            if read and self._may():
                prompt = self._read_ahead(turn, chat, past)
            elif prompt := self._backend.count(past, turn.stopped):
                self._forecast(turn, chat, prompt)
            if prompt and not turn.stopped.is_set():
                self._titles.idle(past, prompt, turn.stopped)

    def _read_ahead(self, turn: Turn, chat: int | None, past: Request) -> Prompt | None:
        """Read ahead; return the size of the prompt, None if the model is not loaded."""
        prompt: Prompt | None = None
        reading = False
        try:
            with closing(self._backend.prepare(past, turn.stopped)) as events:
                for event in events:
                    if isinstance(event, Prompt):
                        prompt = event
                        self._forecast(turn, chat, prompt)
                    elif isinstance(event, Prefill):
                        reading = True
                        self._publish(ReadingAhead(event))
        finally:
            if reading:
                self._publish(ReadingAhead(None))
        return prompt

    def _forecast(self, turn: Turn, chat: int | None, prompt: Prompt) -> None:
        p = prompt
        self._foresee(
            turn,
            ContextForecast(
                chat,
                p.count,
                p.reserved,
                p.context,
                p.dropped,
                p.opening,
                p.attached,
                p.estimated,
            ),
        )
