"""How requests are answered: taken in, asked of the engine, and written as their dialect does.

What is wrong with a request, and that there is no place for it, is told by HTTP's status. So a
stream has its status once the model has begun to read the prompt; or, if others are answered
first, once the prompt is known to fit.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import replace

from app.base import log
from app.base.answer_events import Done, Event, Loading, Waiting
from app.base.errors import Cancelled, FiresideError
from app.engine.backend import Backend, Planned
from app.server.admission import Admission, LiveRequest
from app.server.api_error import ApiError
from app.server.asker import Asker
from app.server.dialect import PromptCount, Reply
from app.server.engine_errors import api_error
from app.server.fields import JsonObject
from app.server.piece_maker import PieceMaker
from app.server.pieces import Answer, Usage
from app.server.prompt_size import prompt_size
from app.server.remembered_turns import RememberedTurns
from app.server.running_answer import ClientGone, RunningAnswer, attended

_PING_S = 15.0
"""Seconds after which a stream that has nothing new gets a ping, and one without its status it."""
_TOGETHER = 16 * 1024  # bytes after which what is there already is sent


class Answers:
    """The answers to clients, by ``engine``."""

    def __init__(self, engine: Backend, admission: Admission) -> None:
        self._engine = engine
        self._admission = admission
        self._turns = RememberedTurns()

    def whole(self, reply: Reply, asker: Asker) -> JsonObject:
        """Return a whole answer. Raises ApiError."""
        running = self._begun(reply, asker)
        try:
            answer = running.answer()
        except BaseException as error:
            running.close(error)
            raise
        running.close()
        return reply.whole(answer)

    def streamed(self, reply: Reply, asker: Asker) -> Iterator[bytes]:
        """Return an answer as a stream that has been admitted. Raises ApiError. Close it."""
        return StreamedAnswer(self._begun(reply, asker), reply)

    def counted(self, counting: PromptCount, asker: Asker) -> JsonObject:
        """Return the number of a prompt's tokens, as the dialect has it. Raises ApiError."""
        live = self._admission.enter(asker)
        request = replace(counting.request, client=asker.client, whole=True)
        request = self._turns.goes_on(request) or request
        try:
            size = attended(
                lambda: prompt_size(self._engine, request, live), asker.gone, live.cancel
            )
        except FiresideError as error:
            told = api_error(error)
            live.fault = told.summary
            raise told from error
        else:
            live.usage = Usage(size)
        finally:
            self._admission.leave(live)
        return counting.written(size)

    def _begun(self, reply: Reply, asker: Asker) -> AdmittedAnswer:
        live = self._admission.enter(asker)
        running = AdmittedAnswer(self._engine, self._admission, self._turns, live, reply)
        try:
            running.admit()
        except BaseException as error:
            running.close(error)
            raise
        return running


class AdmittedAnswer:
    """The events of one answer. Close it, whatever happens."""

    def __init__(
        self,
        engine: Backend,
        admission: Admission,
        turns: RememberedTurns,
        live: LiveRequest,
        reply: Reply,
    ) -> None:
        self._engine = engine
        self._admission = admission
        self._live = live
        self._gone = live.asker.gone
        self._request = replace(reply.request, client=live.asker.client, whole=True)
        self._streamed = reply.streamed
        self._events = RunningAnswer(engine, self._request, live.cancel, turns)
        self._first: Event | Planned | None = None

    def admit(self) -> None:
        """Wait until it is known that the request can be answered. Raises ApiError."""
        ending, fits = time.monotonic() + _PING_S, False
        for event in self:
            if isinstance(event, Waiting):
                fits = self._wait_in_line() or fits
            elif event and not isinstance(event, Loading | Planned):
                self._first = event
                return
            if self._streamed and (fits or time.monotonic() > ending):
                return

    def __iter__(self) -> Iterator[Event | Planned | None]:
        """Yield the events, and a None for every tenth of a second without any.

        Raises ApiError.
        """
        if first := self._first:
            self._first = None
            yield first
        live = self._live
        while True:
            if self._gone():
                raise ClientGone
            try:
                event = next(self._events)
            except StopIteration:
                return
            except FiresideError as error:
                raise api_error(error) from error
            if event:
                live.note(event)
                if not isinstance(event, Waiting):
                    self._admission.begin(live)
            yield event

    def answer(self) -> Answer:
        """Return the whole answer. Raises ApiError."""
        made = PieceMaker()
        for event in self:
            if isinstance(event, Done):
                return made.answer(event)
            if event:
                for _ in made.pieces(event):
                    pass
        raise api_error(Cancelled())

    @property
    def has_more(self) -> bool:
        """Whether the next event, or the end, is there already."""
        return self._events.has_more

    def close(self, error: BaseException | None = None) -> None:
        """Stop it unless it has ended, and let the request go; ``error`` says why it failed."""
        if isinstance(error, ApiError) and not isinstance(error, ClientGone):
            self._live.fault = error.summary
        if not self._live.usage:
            self._events.close()
        self._admission.leave(self._live)

    def _wait_in_line(self) -> bool:
        """Return whether a request that has to wait is known to fit.

        Raises ApiError if the queue has no room for it, or the model cannot answer it.
        """
        if self._live.queued:
            return False
        self._admission.queue(self._live)
        cancel = self._live.cancel
        try:
            size = attended(lambda: self._engine.count(self._request, cancel), self._gone, cancel)
        except FiresideError as error:
            raise api_error(error) from error
        return size is not None


class StreamedAnswer(Iterator[bytes]):
    """A stream of an answer. Close it, even if nothing was read of it."""

    def __init__(self, running: AdmittedAnswer, reply: Reply) -> None:
        self._running = running
        self._reply = reply
        self._bytes = self._written()

    def __next__(self) -> bytes:
        """Return what there is by now, as one piece."""
        ready = b""
        for data in self._bytes:
            ready += data
            if ready and (len(ready) > _TOGETHER or not self._running.has_more):
                return ready
        if ready:
            return ready
        raise StopIteration

    def close(self) -> None:
        """Stop the answer."""
        self._bytes.close()
        self._running.close()

    def _written(self) -> Generator[bytes, None, None]:
        reply = self._reply
        try:
            yield from reply.begun()
            yield from self._events()
        except ClientGone as error:
            self._running.close(error)
        except ApiError as error:
            self._running.close(error)
            yield from reply.failed(error)
        except Exception as fault:  # noqa: BLE001 - the client has to be told
            log.report(fault, "an answer of the local server")
            told = ApiError(500, "The server has failed. fireside.log has the details.")
            self._running.close(told)
            yield from reply.failed(told)

    def _events(self) -> Iterator[bytes]:
        """Yield the stream from its beginning to its end, also what is empty. Raises ApiError."""
        made, told = PieceMaker(), time.monotonic()
        for event in self._running:
            data = b""
            if event:
                for piece in made.pieces(event):
                    data += b"".join(self._reply.piece(piece))
            now = time.monotonic()
            if not data and now - told >= _PING_S:
                data = self._reply.ping()
            if data:
                told = now
            yield data
            if isinstance(event, Done):
                return
        raise api_error(Cancelled())
