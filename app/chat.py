"""Turns: a question is stored and asked, and its answer is stored as it grows.

A question is written on the disk's thread, which also queues it at the backend; each answer is then
generated on a thread of its own, which waits for the backend. Progress is published from those
threads as the events of `turn`; those of one turn come in order.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import replace

from app.base.answer_events import Done, Event, LoopEvent, SlowAnswer, StopReason
from app.base.draft import Draft
from app.base.errors import Cancelled, FiresideError, StoreError
from app.base.threads import report_errors
from app.base.types import Effort, Message, ModelRef, Part, Request, Role, ToolNamespace
from app.engine.backend import Backend, Planned, Steps
from app.prefiller import Prefiller
from app.running_turns import RunningTurns
from app.store import ChatSettings, MessageRow, State, Store
from app.titles import Titles
from app.tools.effective_tools import effective_tools
from app.tools.tool_events import ToolEvent
from app.turn import (
    AnsweredSlowly,
    ChatEvent,
    ContextForecast,
    ModelPlanned,
    NotSaved,
    Question,
    SavedAgain,
    SendFailed,
    Turn,
    TurnEnded,
    TurnProgress,
    TurnStarted,
    TurnWithdrawn,
    asked_on_their_days,
    both_hosts,
    day_of,
)
from app.writer import UnsavedAnswers, Writer


class Chats:
    """The service that asks questions and stores the answers, for all conversations.

    ``disk`` is an executor with one thread; ``may_prepare`` says whether the engine may work ahead
    while the user reads, ``may_name`` whether it may name chats; ``instructions`` are those for a
    chat that has none of its own; ``declared`` what a model is told of the tools with these keys.
    """

    def __init__(
        self,
        store: Store,
        backend: Backend,
        publish: Callable[[ChatEvent], None],
        disk: Executor,
        may_prepare: Callable[[], bool] = lambda: True,
        may_name: Callable[[], bool] = lambda: True,
        instructions: Callable[[], str] = lambda: "",
        declared: Callable[[Sequence[str]], tuple[ToolNamespace, ...]] = lambda keys: (),
    ) -> None:
        self._store = store
        self._backend = backend
        self._publish = publish
        self._disk = disk
        self.running = RunningTurns()
        # One after the other: any number of chats may be deleted while an answer is made, and
        # what waits for it must not take the threads of answers.
        self._forgetting = ThreadPoolExecutor(1, thread_name_prefix="forget")
        self._erasing = ThreadPoolExecutor(1, thread_name_prefix="erase")
        self._titles = Titles(store, backend, publish, may_name)
        self._prefiller = Prefiller(backend, publish, self._foresee, self._titles, may_prepare)
        self._instructions = instructions
        self._declared = declared
        self._preparing = Turn()  # the latest preparation
        self._lock = threading.Lock()  # for _preparing
        self._unsaved = UnsavedAnswers(disk, lambda *ended: publish(TurnEnded(*ended)))

    def send(self, question: Question) -> Turn:
        """Store and ask a question. Publishes TurnEnded or SendFailed at the end."""
        q = question
        asked = Message(Role.USER, q.parts)

        def write() -> tuple[MessageRow | None, MessageRow]:
            return self._store.messages.ask(
                q.chat,
                asked,
                q.effort,
                q.model.name,
                q.settings,
                host=q.model.host,
                origin=q.model.origin,
                instead=q.instead,
            )

        return self._begin(q.chat, q.parts, write, q.model)

    def regenerate(self, answer: int, effort: Effort, model: ModelRef) -> Turn:
        """Generate another version of an answer, beside the first. Ends as `send` does.

        With the id of a question, answer that.
        """

        def write() -> tuple[MessageRow | None, MessageRow]:
            row = self._store.messages.get(answer)
            if row.message.role is not Role.USER:
                assert row.parent is not None, "an answer has a question"
                row = self._store.messages.get(row.parent)
            author = model.name, model.host, model.origin
            return None, self._store.messages.answer(row, effort, *author)

        return self._begin(None, (), write, model)

    def resume(self, answer: int, model: ModelRef) -> Turn:
        """Continue an answer that was stopped or cut off, or has not begun. Ends as `send` does."""

        def write() -> tuple[MessageRow | None, MessageRow]:
            row = self._store.messages.get(answer)
            name, host, origin = model.name, model.host, model.origin
            if row.message.parts:
                name, host = row.model, both_hosts(row.host, host)
                # From no single one, so that neither gets all of it without the user's permission.
                origin = origin if row.message.origin == origin else ""
            return None, self._store.messages.update(
                answer, state=State.STREAMING, model=name, host=host, origin=origin
            )

        return self._begin(None, (), write, model)

    def prepare(self, question: Question, *, read: bool = True) -> None:
        """Have the backend process the next prompt ahead, in the background.

        That is the chat and the parts of the next question so far; without ``read``, its tokens are
        only counted. A call replaces the previous one, and a question ends it. Publishes
        ContextForecast, if the model is loaded, and ReadingAhead.
        """
        chat = question.chat

        def request() -> Request:
            path = self._store.messages.conversation(chat) if chat is not None else []
            settings, imported = question.settings, False
            if chat is not None and path:
                row = self._store.chats.get(chat)
                settings, imported = row.setup, row.imported
            parts = question.parts
            draft = [Message(Role.USER, parts, day_of(time.time()))] if parts else []
            messages = (*asked_on_their_days(path), *draft)
            effort, model = question.effort, question.model
            return self._request(chat, settings, path, messages, effort, model, imported=imported)

        self._prepare_next(chat, request, read=read)

    def stop_ahead(self) -> None:
        """Stop reading ahead."""
        with self._lock:
            self._preparing.cancel()

    def forget(self, chat: int) -> Future[None] | None:
        """Stop a chat's answers, and have the backend forget the chat after its current work.

        Returns None if everything is closing.
        """
        self.stop_ahead()
        for turn in self.running.all():
            if turn.chat == chat:
                turn.cancel()
        return self.running.start(Turn(), self._forget_chat, chat, threads=self._forgetting)

    def erase(self, chats: Collection[int]) -> Future[None]:
        """Delete chats for good, and all traces of them, also in the KV cache.

        The chats are gone at once, even if the program closes now; deleting the traces takes
        seconds, and waits for the engine's current answer. The future fails with StoreError.
        """
        forgotten = [self.forget(chat) for chat in chats]
        erased = self._disk.submit(self._store.bin.erase, chats)

        def work() -> None:
            erased.result()
            self._store.upkeep.sweep()
            wait(future for future in forgotten if future)

        return self._erasing.submit(work)

    def close(self) -> None:
        """Stop all turns, store their answers, and close the backend."""
        self.running.refuse()
        self._disk.submit(int).result()  # after whatever is being sent
        self.running.cancel()
        self._backend.close()
        self.running.join()
        self._forgetting.shutdown()
        self._erasing.shutdown()
        self._unsaved.close()

    # --- Storing a question -----------------------------------------------------------------

    def _begin(
        self,
        chat: int | None,
        parts: tuple[Part, ...],
        write: Callable[[], tuple[MessageRow | None, MessageRow]],
        model: ModelRef,
    ) -> Turn:
        """Write the question and the empty answer, and ask; all on the disk's thread."""
        turn = Turn()
        self.stop_ahead()  # the prepared prompt is asked now

        def begin() -> None:
            started: TurnStarted | None = None
            error = FiresideError()  # what a fault of ours would leave
            try:
                self._unsaved.save()  # else a continuation would miss the end
                with self._store.at_once():
                    question, answer = write()
                    path = self._store.messages.conversation(answer.chat)
                    row = self._store.chats.set_model(answer.chat, model.key)
                turn.draft = Draft(answer.message.parts, answer.thought_s)
                turn.chat = row.id
                # Ids grow along a path, which ends with the answer itself if that is continued.
                before = answer.id if answer.message.parts else answer.id - 1
                known = len([row for row in path if row.id <= before])
                messages = asked_on_their_days(path)[:known]
                effort = answer.effort or Effort.MEDIUM
                request = self._request(
                    row.id, row.setup, path, messages, effort, model, imported=row.imported
                )
                # In the queue before it is seen to wait: else the load that it is seen to wait
                # for could fail before, and be tried again by this question.
                events = self._backend.stream(request, turn.stopped, turn.hurried)
                started = TurnStarted(turn, row, question, answer)
            except StoreError as fault:
                error = fault
            finally:
                self._publish(started or SendFailed(turn, chat, parts, error))
            if started and not self.running.start(
                turn, self._answer, turn, answer, request, events
            ):
                events.close()

        self._disk.submit(report_errors, begin)
        return turn

    def _request(
        self,
        chat: int | None,
        settings: ChatSettings,
        path: Sequence[MessageRow],
        messages: tuple[Message, ...],
        effort: Effort,
        model: ModelRef,
        *,
        imported: bool,
    ) -> Request:
        return Request(
            model=model,
            messages=messages,
            effort=effort,
            instructions=settings.instructions or self._instructions(),
            today=day_of(path[0].created if path else time.time()),
            sampling=settings.sampling or model.sampling,
            chat=chat,
            tools=self._declared(effective_tools(settings, model)),
            imported=imported,
        )

    def _prepare_next(
        self,
        chat: int | None,
        request: Callable[[], Request],
        *,
        read: bool,
        instead_of: Turn | None = None,
    ) -> None:
        """Prepare a chat's next question, replacing any preparation, or only this one."""
        turn = Turn()
        with self._lock:
            if instead_of not in (None, self._preparing):
                return
            self._preparing.cancel()
            self._preparing = turn
        self.running.start(turn, self._prefiller.prepare, turn, chat, request, read)

    def _foresee(self, turn: Turn, forecast: ContextForecast) -> None:
        """Publish a forecast, unless something newer is being prepared, or a question was asked."""
        with self._lock:
            if not turn.stopped.is_set():
                self._publish(forecast)

    def _forget_chat(self, chat: int) -> None:
        with suppress(FiresideError):  # a process that is gone has nothing to forget
            self._backend.forget(chat)

    # --- Generating an answer ---------------------------------------------------------------

    def _answer(
        self, turn: Turn, row: MessageRow, request: Request, steps: Steps[Event | Planned]
    ) -> None:
        writer = Writer(self._store, row, self._told, turn.draft)
        state = State.CUT_OFF  # also if an unforeseen exception ends this
        error: FiresideError | None = None
        try:
            with closing(steps) as events:
                for event in events:
                    if isinstance(event, Planned):
                        self._publish(ModelPlanned.of(request.model, event))
                        continue
                    if isinstance(event, Done):
                        state = _STATES[event.reason]
                        writer.stats = event.stats
                        continue
                    if isinstance(event, SlowAnswer):
                        self._publish(AnsweredSlowly(row.chat, request.model, event))
                        continue
                    if isinstance(event, LoopEvent):
                        assert isinstance(event, ToolEvent)
                    writer.take(event)
                    turn.take(event)
                    self._publish(TurnProgress(row.chat, row.id, event))
        except Cancelled:
            state = State.STOPPED
        except FiresideError as fault:
            error = fault
        finally:
            if state is State.STOPPED and self.running.closing:
                state = State.CUT_OFF  # the user closed the window rather than stopping the answer
            preparing = self._preparing  # who hears of the end may prepare what is typed by then
            if not (turn.withdrawn and state is State.STOPPED and self._withdraw(turn, row)):
                ended = self._end(writer, state, error)
        if state is State.DONE and ended.error is None and not turn.stopped.is_set():
            before = request.messages[: -1 if row.message.parts else None]
            past = replace(request, messages=(*before, ended.answer.message))
            if len(past.messages) == 2 and not ended.answer.message.declined:
                self._titles.begun(row.chat, past)
            self._prepare_next(row.chat, lambda: past, read=True, instead_of=preparing)

    def _end(self, writer: Writer, state: State, error: FiresideError | None = None) -> TurnEnded:
        """Store the whole answer, and publish its end."""
        row, fault = writer.finish(state)
        ended = TurnEnded(row, error or fault)
        self._publish(ended)
        if fault:
            self._unsaved.add(writer, state, error)
        return ended

    def _withdraw(self, turn: Turn, row: MessageRow) -> bool:
        """Delete an answer of which nothing has come; return whether that was so."""
        if turn.draft.parts:
            return False
        try:
            question, chat_gone = self._store.messages.withdraw(row.id)
        except (StoreError, KeyError):  # it is kept, as one that was stopped
            return False
        self._publish(TurnWithdrawn(row, question, chat_gone))
        return True

    def _told(self, fault: StoreError | None) -> None:
        self._publish(NotSaved(fault) if fault else SavedAgain())


_STATES = {
    StopReason.END: State.DONE,
    StopReason.CALL: State.DONE,  # without a loop of tools
    StopReason.STOP_TEXT: State.DONE,
    StopReason.CANCELLED: State.STOPPED,
    StopReason.LENGTH: State.CUT_OFF,
}
