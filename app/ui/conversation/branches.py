"""Controller of message versions: editing a question, switching versions, forking a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from app.base.types import Part
from app.store import MessageRow
from app.ui.conversation.conversation_pane import ConversationPane
from app.ui.state.current_chat import CurrentChat
from app.ui.state.store_access import StoreAccess

if TYPE_CHECKING:
    from app.ui.conversation.transcript import Transcript


class MessageInput(Protocol):
    """The part of the composer that is needed here."""

    def parts(self) -> tuple[Part, ...]:
        """Return the message so far."""

    def set_parts(self, parts: tuple[Part, ...]) -> None:
        """Replace the message being written."""

    def set_editing(self, editing: bool) -> None:
        """Show whether an earlier message is being edited."""

    def focus_editor(self) -> None:
        """Take the keyboard focus."""


class Branches(QObject):
    """The versions of the messages of the chat that is shown."""

    turned = Signal()
    """Another branch has been shown."""
    forked = Signal(object)
    """A chat was forked; the ChatRow of the new one."""
    deleted = Signal(int, int, int)
    """Messages were deleted: the chat, the first of them, and how many that were shown."""

    def __init__(
        self,
        conversation: ConversationPane,
        composer: MessageInput,
        store: StoreAccess,
        current: CurrentChat,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._conversation, self._composer = conversation, composer
        self._store, self._current = store, current
        self._draft: tuple[Part, ...] = ()
        self.edited: int | None = None
        """The id of the question being edited, if any."""
        conversation.begun.connect(self._connect)

    def _connect(self, transcript: Transcript) -> None:
        transcript.edit.connect(self.edit)
        transcript.version_wanted.connect(self.show)
        transcript.forked.connect(self._fork)
        transcript.deleted.connect(self.delete)

    def edit(self, question: int) -> None:
        """Put a question into the composer, to be edited and asked again."""
        records = self._conversation.transcript.messages.records
        row = next((record.row for record in records if record.row.id == question), None)
        if row is None or self._current.busy():
            return
        if self.edited is None:
            self._draft = self._composer.parts()
        self.edited = question
        self._composer.set_editing(True)
        self._composer.set_parts(row.message.parts)
        self._composer.focus_editor()

    def written(self) -> tuple[Part, ...]:
        """Return the draft: the composer's content, or while editing, that from before."""
        return (*self._composer.parts(), *self._draft)

    def sent(self) -> None:
        """Restore the draft, since the edited message has been sent."""
        draft, self.edited, self._draft = self._draft, None, ()
        self._composer.set_editing(False)
        self._composer.set_parts(draft)

    def give_up(self) -> None:
        """Stop editing and restore the draft."""
        if self.edited is not None:
            self.sent()

    def show(self, message: int) -> None:
        """Show another version of a message, with what follows it."""
        chat = self._current.id
        if chat is None or self._current.busy():
            return

        def shown(rows: list[MessageRow]) -> None:
            if chat == self._current.id:
                self.give_up()
                self._conversation.transcript.messages.swap(rows, message)
                self.refresh()
                self.turned.emit()

        self._store.ask(lambda store: store.messages.show(message), shown)

    def delete(self, message: int) -> None:
        """Delete a message with all that follows it; another version is shown, if there is one."""
        chat = self._current.id
        if chat is None or self._current.busy():
            return
        messages = self._conversation.transcript.messages
        index = messages.index_of(message)
        gone = len(messages.records) - index if index is not None else 0

        def deleted(rows: list[MessageRow]) -> None:
            if chat == self._current.id:
                self.give_up()
                if index is not None and len(rows) > index:
                    messages.swap(rows, rows[index].id)
                else:
                    messages.shorten(rows)
                self._conversation.show_transcript(bool(rows))
                self._composer.focus_editor()
                self.refresh()
                self.turned.emit()
            self.deleted.emit(chat, message, gone)

        self._store.ask(lambda store: store.messages.delete(message), deleted)

    def restore(self, chat: int, message: int) -> None:
        """Take back the deletion of a message."""

        def restored(rows: list[MessageRow]) -> None:
            if chat == self._current.id:
                self.give_up()
                self._conversation.show_transcript()
                transcript = self._conversation.transcript
                transcript.messages.set_rows(rows)
                if (index := transcript.messages.index_of(message)) is not None:
                    transcript.list.show_message(index)
                self.refresh()
                self.turned.emit()

        self._store.ask(lambda store: store.messages.restore(message), restored)

    def refresh(self) -> None:
        """Read from the store which messages have other versions."""
        if (chat := self._current.id) is None:
            return

        def found(branches: dict[int, tuple[int, ...]]) -> None:
            if chat == self._current.id and self._conversation.has_transcript:
                self._conversation.transcript.messages.set_branches(branches)

        self._store.ask(lambda store: store.messages.branches(chat), found)

    def _fork(self, message: int) -> None:
        self._store.ask(lambda store: store.messages.fork(message), self.forked.emit)
