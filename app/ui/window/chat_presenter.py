"""Presenter of the chat's messages: as read from the store, and as answers grow."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.store import MessageRow, SearchHit, State, Store
from app.turn import TurnEnded, TurnStarted
from app.ui.conversation.branches import Branches
from app.ui.conversation.conversation_pane import ConversationPane
from app.ui.state.current_chat import CurrentChat
from app.ui.state.live_turns import LiveTurns
from app.ui.state.store_access import StoreAccess
from app.ui.window.status_line import StatusLine


class ChatPresenter(QObject):
    """A presenter that fills the transcript of the conversation."""

    shown = Signal()
    """The messages of a chat have been read and are shown."""

    def __init__(
        self,
        conversation: ConversationPane,
        status: StatusLine,
        store: StoreAccess,
        turns: LiveTurns,
        branches: Branches,
        current: CurrentChat,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._conversation, self._status, self._store = conversation, status, store
        self._turns, self._branches, self._current = turns, branches, current

    def load(
        self,
        chat: int,
        place: SearchHit | None = None,
        then: Callable[[], object] = lambda: None,
    ) -> None:
        """Read a chat and show it at its end, or at a search hit; ``then`` is called afterwards."""
        message = place.message if place and not self._turns.busy(chat) else None

        def read(store: Store) -> list[MessageRow]:
            if message is None:
                return store.messages.conversation(chat)
            return store.messages.show(message)

        def show(rows: list[MessageRow]) -> None:
            if chat == self._current.id:
                self._show(chat, rows, place)
                then()

        self._conversation.show_blank()
        self._store.ask(read, show)

    def _show(self, chat: int, rows: list[MessageRow], place: SearchHit | None) -> None:
        # The store may lag behind the events of this session.
        ended = [self._turns.ended_with(row.id) for row in rows]
        rows = [
            turn.answer if turn and row.state is State.STREAMING else row
            for row, turn in zip(rows, ended, strict=True)
        ]
        transcript = self._conversation.transcript
        self._conversation.show_transcript(bool(rows))
        transcript.messages.set_rows(rows, self._turns.drafts(chat))
        for row in rows:
            self._show_calls(row.id)
        self._branches.refresh()
        if place and place.message is not None:
            transcript.go_to(place.message, place.words)
        if rows and ended[-1] and ended[-1].error and rows[-1].state is State.CUT_OFF:
            transcript.messages.finish(rows[-1], ended[-1].error)
        if stats := next((row.stats for row in reversed(rows) if row.stats), None):
            self._status.opened(stats)
        self.shown.emit()

    def start(self, event: TurnStarted) -> None:
        """Show a question, if it is new, and the answer that begins."""
        self._conversation.show_transcript()
        transcript = self._conversation.transcript
        if event.question:
            transcript.messages.add(event.question)
        live = self._turns.running(event.chat.id)
        work = live.work if live else None
        transcript.messages.start(event.answer, self._turns.draft_of(event.answer.id), work)
        self._branches.refresh()

    def grow(self, message: int) -> None:
        """Show how an answer has grown."""
        self._conversation.transcript.messages.feed(message)

    def finish(self, event: TurnEnded) -> None:
        """Show an answer that has ended."""
        answer = event.answer
        if answer.chat == self._current.id:
            if answer.stats:
                self._status.ended(answer.stats)
            self._show_calls(answer.id)
            self._conversation.transcript.messages.finish(answer, event.error)

    def _show_calls(self, message: int) -> None:
        """Show what is known of the calls of an answer besides its parts."""
        if (tools := self._turns.calls_of(message)) and (tools.calls or tools.shortened):
            self._conversation.transcript.messages.show_calls(message, tools)
