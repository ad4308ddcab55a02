"""The turn: a question is stored, asked, and its answer stored as it grows.

A question is written on the disk's thread, an answer is made on the engine's own, one at a
time. What happened is published as the events of `turn`, from those threads; those of one turn
come in order.
"""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import replace

from app.base.errors import Cancelled, FiresideError, StoreError
from app.base.threads import report_errors
from app.base.types import (
    Delta,
    Done,
    Draft,
    Effort,
    Message,
    ModelRef,
    Part,
    Prefill,
    Prompt,
    Request,
    Role,
    StopReason,
)
from app.engine.backend import Backend, Planned
from app.store import PLAIN, ChatSettings, MessageRow, State, Store
from app.titles import Titles
from app.turn import (
    ChatEvent,
    ContextForecast,
    ModelFailed,
    ModelLoading,
    ModelPlanned,
    ModelReady,
    NotSaved,
    ReadingAhead,
    SavedAgain,
    SendFailed,
    Turn,
    TurnEnded,
    TurnProgress,
    TurnStarted,
)
from app.writer import Unsaved, Writer

_CLOSE_S = 0.7  # for the answer that runs to end by itself


class Chats:
    """All conversations. ``disk`` is an executor with one thread; ``may_prepare`` says whether
    the engine may work ahead while the person reads, ``may_name`` whether it may name chats;
    ``instructions`` are those for a chat that has none of its own."""

    def __init__(
        self,
        store: Store,
        backend: Backend,
        publish: Callable[[ChatEvent], None],
        disk: Executor,
        may_prepare: Callable[[], bool] = lambda: True,
        may_name: Callable[[], bool] = lambda: True,
        instructions: Callable[[], str] = lambda: "",
    ) -> None:
        self._store = store
        self._backend = backend
        self._publish = publish
        self._disk = disk
        self._engine = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._may_prepare = may_prepare
        self._titles = Titles(store, backend, publish, may_name)
        self._instructions = instructions
        self._preparing = Turn()
        self._running: dict[Turn, Future[None]] = {}
        self._lock = threading.Lock()  # for _preparing, and what is behind it in the queue
        self._unsaved = Unsaved(disk, lambda *ended: publish(TurnEnded(*ended)))
        self._closing = False

    def load(self, model: ModelRef) -> Turn:
        """Makes a model ready; ends in ModelReady or ModelFailed, or in neither where it was
        cancelled."""
        turn = Turn()
        self._on_engine(turn, self._load, turn, model)
        return turn

    def send(
        self,
        chat: int | None,
        parts: tuple[Part, ...],
        effort: Effort,
        model: ModelRef,
        setup: ChatSettings = PLAIN,
        instead: int | None = None,
    ) -> Turn:
        """Asks; ``chat=None`` starts a new one, with ``setup`` for all its answers; ``instead``
        is the question that this one is another version of. Ends in TurnEnded or SendFailed."""
        asked = Message(Role.USER, parts)

        def write() -> tuple[MessageRow | None, MessageRow]:
            return self._store.ask(chat, asked, effort, model.name, setup, instead=instead)

        return self._begin(chat, parts, write, model)

    def regenerate(self, answer: int, effort: Effort, model: ModelRef) -> Turn:
        """Another try at an answer, beside the first. Ends as `send` does."""

        def write() -> tuple[MessageRow | None, MessageRow]:
            parent = self._store.message(answer).parent
            assert parent is not None, "an answer has a question"
            return None, self._store.answer(self._store.message(parent), effort, model.name)

        return self._begin(None, (), write, model)

    def resume(self, answer: int, model: ModelRef) -> Turn:
        """Goes on with an answer that was stopped or cut off. Ends as `send` does."""

        def write() -> tuple[MessageRow | None, MessageRow]:
            return None, self._store.update(answer, state=State.STREAMING)

        return self._begin(None, (), write, model)

    def prepare(
        self,
        chat: int | None,
        parts: tuple[Part, ...],
        effort: Effort,
        model: ModelRef,
        setup: ChatSettings = PLAIN,
        *,
        read: bool = True,
    ) -> None:
        """Has the engine read what it will be asked with: the chat (None for a new one, which
        gets ``setup``), and the ``parts`` that there are so far of the next question; or only
        count that, without ``read``. Whatever is asked for next ends it. Publishes Foreseen, where
        the model is loaded, and ReadingAhead."""
        turn = Turn()

        def request() -> Request:
            path = self._store.conversation(chat) if chat is not None else []
            given = self._store.chat(chat).setup if chat is not None and path else setup
            draft = [Message(Role.USER, parts, _day(time.time()))] if parts else []
            messages = (*_asked_on_their_days(path), *draft)
            return self._request(chat, given, path, messages, effort, model)

        self._on_engine(turn, self._prepare, turn, chat, request, read, ahead=True)

    def stop_ahead(self) -> None:
        """Ends what the engine does ahead of time."""
        with self._lock:
            self._preparing.cancel()

    def forget(self, chat: int) -> Future[None] | None:
        """Stops what is said in a chat, and has the engine throw away what it has read of it,
        after what it is at. None where everything ends."""
        with self._lock:
            running = list(self._running)
        for turn in running:
            if turn.chat == chat:
                turn.cancel()
        return self._on_engine(Turn(), self._throw_away, chat)

    def close(self) -> None:
        """Stops what runs, stores what it said, and ends the engine."""
        with self._lock:
            self._closing = True
        self._disk.submit(int).result()  # behind whatever is being sent just now
        with self._lock:
            running = dict(self._running)
        for turn in running:
            turn.cancel()
        wait(running.values(), timeout=_CLOSE_S)
        self._backend.close()
        self._engine.shutdown()
        self._unsaved.close()

    # --- A question is stored ---------------------------------------------------------------

    def _begin(
        self,
        chat: int | None,
        parts: tuple[Part, ...],
        write: Callable[[], tuple[MessageRow | None, MessageRow]],
        model: ModelRef,
    ) -> Turn:
        """Writes the question and the empty answer, and asks; all on the disk's thread."""
        turn = Turn()

        def begin() -> None:
            started: TurnStarted | None = None
            error = FiresideError()  # what a fault of ours would leave
            try:
                self._unsaved.save()  # else a continuation would begin in the middle
                with self._store.at_once():
                    question, answer = write()
                    path = self._store.conversation(answer.chat)
                    row = self._store.set_model(answer.chat, model.key)
                turn.draft = Draft(answer.message.parts)
                started = TurnStarted(turn, row, question, answer)
            except StoreError as fault:
                error = fault
            finally:
                self._publish(started or SendFailed(turn, chat, parts, error))
            if not started:
                return
            turn.chat = row.id
            # Ids grow along a path, and the answer itself is on it where it is continued.
            before = answer.id if answer.message.parts else answer.id - 1
            known = len([row for row in path if row.id <= before])
            messages = _asked_on_their_days(path)[:known]
            effort = answer.effort or Effort.MEDIUM
            request = self._request(row.id, row.setup, path, messages, effort, model)
            if future := self._on_engine(turn, self._answer, turn, answer, request):
                turn.queued(lambda: self._withdraw(future, answer))

        self._disk.submit(report_errors, begin)
        return turn

    def _request(
        self,
        chat: int | None,
        setup: ChatSettings,
        path: Sequence[MessageRow],
        messages: tuple[Message, ...],
        effort: Effort,
        model: ModelRef,
    ) -> Request:
        return Request(
            model=model,
            messages=messages,
            effort=effort,
            instructions=setup.instructions or self._instructions(),
            today=_day(path[0].created if path else time.time()),
            sampling=setup.sampling or model.sampling,
            chat=chat,
        )

    def _on_engine(
        self, turn: Turn, work: Callable[..., None], *arguments: object, ahead: bool = False
    ) -> Future[None] | None:
        """Has the engine's thread do ``work`` after what it is at, but for what it does ahead
        of time, which ends. None where everything ends."""
        with self._lock:
            self._preparing.cancel()
            if self._closing:
                return None
            if ahead:
                self._preparing = turn
            future = self._engine.submit(report_errors, work, *arguments)
            self._running[turn] = future
        future.add_done_callback(lambda _: self._is_over(turn))
        return future

    def _is_over(self, turn: Turn) -> None:
        with self._lock:
            del self._running[turn]

    def _withdraw(self, future: Future[None], answer: MessageRow) -> None:
        """Ends an answer that has not begun: nobody waits for its turn."""
        if future.cancel():
            state = State.CUT_OFF if self._closing else State.STOPPED
            writer = Writer(self._store, answer, self._told)
            self._disk.submit(report_errors, lambda: self._end(writer, state))

    def _throw_away(self, chat: int) -> None:
        with suppress(FiresideError):  # a child that is gone holds nothing
            self._backend.forget(chat)

    # --- An answer is made ------------------------------------------------------------------

    def _load(self, turn: Turn, model: ModelRef) -> None:
        outcome: ModelReady | ModelFailed | None = ModelFailed(model, FiresideError())
        try:
            with closing(self._backend.load(model, turn.stopped)) as events:
                for event in events:
                    if isinstance(event, Planned):
                        self._publish(ModelPlanned(model, event.plan, event.reduced))
                    else:
                        self._publish(ModelLoading(model, event.fraction))
            outcome = ModelReady(model)
        except Cancelled:
            outcome = None
        except FiresideError as error:
            outcome = ModelFailed(model, error)
        finally:
            if outcome:
                self._publish(outcome)

    def _answer(self, turn: Turn, row: MessageRow, request: Request) -> None:
        writer = Writer(self._store, row, self._told, turn.draft)
        state = State.CUT_OFF  # what a fault of ours would leave, too
        error: FiresideError | None = None
        try:
            if turn.stopped.is_set():  # while it waited for another
                raise Cancelled
            with closing(self._backend.stream(request, turn.stopped, turn.hurried)) as events:
                for event in events:
                    if isinstance(event, Planned):
                        self._publish(ModelPlanned(request.model, event.plan, event.reduced))
                        continue
                    if isinstance(event, Done):
                        state = _STATES[event.reason]
                        writer.stats = event.stats
                        continue
                    if isinstance(event, Delta):
                        writer.add(event)
                    self._publish(TurnProgress(row.chat, row.id, event))
        except Cancelled:
            state = State.STOPPED
        except FiresideError as fault:
            error = fault
        finally:
            if state is State.STOPPED and self._closing:
                state = State.CUT_OFF  # the person closed the window, and did not stop the answer
            ended = self._end(writer, state, error)
        if state is State.DONE and ended.error is None and not turn.stopped.is_set():
            before = request.messages[: -1 if row.message.parts else None]
            past = replace(request, messages=(*before, ended.answer.message))
            if len(past.messages) == 2:
                self._titles.begun(row.chat)
            turn = Turn()
            self._on_engine(turn, self._prepare, turn, row.chat, lambda: past, True, ahead=True)

    def _end(self, writer: Writer, state: State, error: FiresideError | None = None) -> TurnEnded:
        """Stores the whole of an answer, and tells."""
        row, fault = writer.finish(state)
        ended = TurnEnded(row, error or fault)
        self._publish(ended)
        if fault:
            self._unsaved.add(writer, state, error)
        return ended

    def _told(self, fault: StoreError | None) -> None:
        self._publish(NotSaved(fault) if fault else SavedAgain())

    def _prepare(
        self, turn: Turn, chat: int | None, request: Callable[[], Request], read: bool
    ) -> None:
        """What can be done of the next question's work, and then a title. Whatever goes wrong
        with it goes wrong again where somebody waits for it, and is told there."""
        if turn.stopped.is_set():
            return
        with suppress(FiresideError):
            past = request()
            prompt: Prompt | None = None  # stays so where the model is not loaded
            reading = False
            work = self._backend.prepare(past, turn.stopped, read=read and self._may_prepare())
            try:
                with closing(work) as events:
                    for event in events:
                        if isinstance(event, Prompt):
                            prompt = event
                            use = (len(event.tokens), event.reserved, event.context, event.dropped)
                            self._publish(ContextForecast(chat, *use))
                        elif isinstance(event, Prefill):
                            reading = True
                            self._publish(ReadingAhead(event))
            finally:
                if reading:
                    self._publish(ReadingAhead(None))
            if prompt and not turn.stopped.is_set():
                self._titles.idle(past, prompt, turn.stopped)


def _asked_on_their_days(path: Sequence[MessageRow]) -> tuple[Message, ...]:
    """The messages of a path. A question was asked when its answer was begun: another try is of
    another day. So what the model was told stays the same whenever it is told again."""
    answers = [*path[1:], None]
    return tuple(
        replace(row.message, day=_day((answer or row).created))
        if row.message.role is Role.USER
        else row.message
        for row, answer in zip(path, answers, strict=False)
    )


def _day(seconds: float) -> datetime.date:
    """The day where the person is. From POSIX seconds; what another program wrote may be none."""
    try:
        return datetime.date.fromtimestamp(seconds)
    except (ValueError, OverflowError, OSError):
        return datetime.date(1970, 1, 1)


_STATES = {
    StopReason.END: State.DONE,
    StopReason.CALL: State.DONE,
    StopReason.CANCELLED: State.STOPPED,
    StopReason.LENGTH: State.CUT_OFF,
}
