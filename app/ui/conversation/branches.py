"""Other versions of messages: editing a question, going from one to another, a chat of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.base.types import Part
from app.store import MessageRow
from app.ui.store_access import StoreAccess
from app.ui.window_layout import WindowLayout

if TYPE_CHECKING:
    from app.ui.conversation.transcript import Transcript


class Branches(QObject):
    """Of the chat that is shown."""

    turned = Signal()
    """Another branch is shown."""
    forked = Signal(object)
    """A ChatRow: the new chat."""

    def __init__(self, frame: WindowLayout, disk: StoreAccess, busy: Callable[[], bool]) -> None:
        """``busy``: whether an answer is on its way in the chat that is shown."""
        super().__init__(frame)
        self._frame, self._disk, self._busy = frame, disk, busy
        self._draft: tuple[Part, ...] = ()
        self.edited: int | None = None
        """The question that what is typed is another version of."""
        frame.composer.edit_ended.connect(self.give_up)
        frame.begun.connect(self._equip)

    def _equip(self, transcript: Transcript) -> None:
        transcript.edit.connect(self.edit)
        transcript.version_wanted.connect(self.show)
        transcript.forked.connect(self._fork)

    def edit(self, question: int) -> None:
        """The person has the words of a question again, to ask it in others."""
        composer = self._frame.composer
        records = self._frame.transcript.records
        row = next((record.row for record in records if record.row.id == question), None)
        if row is None or self._busy():
            return
        if self.edited is None:
            self._draft = composer.parts()
        self.edited = question
        composer.set_editing(True)
        composer.set_parts(row.message.parts)
        composer.editor.setFocus()

    def written(self) -> tuple[Part, ...]:
        """All that the person has written: what stands in the composer, and what stood there
        before an earlier message was edited."""
        return (*self._frame.composer.parts(), *self._draft)

    def sent(self) -> None:
        """What stands in the composer has been taken: what was typed before comes back."""
        draft, self.edited, self._draft = self._draft, None, ()
        self._frame.composer.set_editing(False)
        self._frame.composer.set_parts(draft)

    def give_up(self) -> None:
        """The question stays as it was."""
        if self.edited is not None:
            self.sent()

    def show(self, message: int) -> None:
        """Another message in the place of one, with what came below it."""
        chat = self._frame.chat
        if chat is None or self._busy():
            return

        def shown(rows: list[MessageRow]) -> None:
            if chat == self._frame.chat:
                self.give_up()
                self._frame.transcript.swap(rows, message)
                self.look()
                self.turned.emit()

        self._disk.ask(lambda store: store.messages.show(message), shown)

    def look(self) -> None:
        """Which messages have other versions now."""
        if (chat := self._frame.chat) is None:
            return

        def found(branches: dict[int, tuple[int, ...]]) -> None:
            if chat == self._frame.chat and self._frame.has_transcript:
                self._frame.transcript.set_branches(branches)

        self._disk.ask(lambda store: store.messages.branches(chat), found)

    def _fork(self, message: int) -> None:
        self._disk.ask(lambda store: store.messages.fork(message), self.forked.emit)
