"""The toast that reports that messages were deleted, and undoes it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.turn import TurnStarted
from app.ui.conversation.branches import Branches
from app.ui.toast import Toast, ToastAction
from app.wording.language import tr


class MessageUndo(QObject):
    """The last deletion of messages, for as long as the toast offers to undo it."""

    def __init__(self, toast: Toast, branches: Branches) -> None:
        super().__init__(branches)
        self._toast, self._branches = toast, branches
        self._deleted: tuple[int, int] | None = None  # the chat, and the message
        self._last = False  # whether nothing was typed since
        branches.deleted.connect(self._tell)

    def undo(self) -> bool:
        """Undo the last deletion. Return whether that was possible."""
        if self._deleted is None or not self._toast.shows(self):
            return False
        self._toast.hide()
        self._branches.restore(*self._deleted)
        self._deleted = None
        return True

    def undo_last(self) -> bool:
        """Undo the last deletion, unless something was typed since."""
        return self._last and self.undo()

    def typed(self) -> None:
        """Leave the key for undoing to what is typed."""
        self._last = False

    def started(self, event: TurnStarted) -> None:
        """Forget the deletion once its chat goes on: it has another end now."""
        if self._deleted and self._deleted[0] == event.chat.id:
            self._deleted = None
            if self._toast.shows(self):
                self._toast.hide()

    def _tell(self, chat: int, message: int, count: int) -> None:
        self._deleted, self._last = (chat, message), True
        text = tr("Deleted %Ln message(s)", "", count)
        self._toast.tell(
            text, "trash", [ToastAction("undo", tr("Undo"), self.undo, "Ctrl+Z")], owner=self
        )
