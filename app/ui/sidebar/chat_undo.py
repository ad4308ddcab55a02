"""The toast that reports a change to chats, and undoes it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject

from app.store import ChatRow
from app.ui.state.chat_index import Change, ChatIndex
from app.ui.toast import Toast, ToastAction
from app.wording.language import tr

_SHOWN_TITLE = 40  # characters of a title in the toast
_ICONS = {
    Change.DELETE: "trash",
    Change.ARCHIVE: "archive",
    Change.UNARCHIVE: "archive",
    Change.MOVE: "folder",
    Change.TAKE_OUT: "folder",
}


class ChatUndo(QObject):
    """The last change to the chats, for as long as the toast offers to undo it."""

    def __init__(self, toast: Toast, index: ChatIndex) -> None:
        super().__init__(index)
        self._toast, self._index = toast, index
        self._change: tuple[Change, str] | None = None  # with the destination folder
        self._before: dict[int, ChatRow] = {}
        index.undoable.connect(self._tell)
        index.refused.connect(self.forget)
        index.from_bin.connect(self._taken_out)

    def undo(self) -> None:
        """Undo the last delete, archive or move."""
        if not self._toast.shows(self):
            return
        self._toast.hide()
        before, self._before = list(self._before.values()), {}
        self._index.put_back(before)

    def forget(self) -> None:
        """Hide the toast; the change can no longer be undone."""
        self._before = {}
        if self._toast.shows(self):
            self._toast.hide()

    def _taken_out(self, chats: list[int]) -> None:
        """Forget the change if its chats are restored in another way."""
        if self._before.keys() & set(chats):
            self.forget()

    def _tell(self, change: Change, rows: Iterable[ChatRow], folder: str) -> None:
        """Show a change, merged with the same kind of change made just before."""
        if (change, folder) != self._change or not self._toast.shows(self):
            self._change, self._before = (change, folder), {}
        for row in rows:
            self._before.setdefault(row.id, row)
        first = next(iter(self._before.values()))
        sentence = _sentence(change, len(self._before))
        self._toast.tell(
            sentence.format(title=_short(first.title), folder=_short(folder)),
            _ICONS[change],
            [ToastAction("undo", tr("Undo"), self.undo, "Ctrl+Z")],
            owner=self,
        )


def _sentence(change: Change, count: int) -> str:
    one = count == 1
    match change:
        case Change.ARCHIVE:
            return tr("Archived “{title}”") if one else tr("Archived %Ln chat(s)", "", count)
        case Change.UNARCHIVE:
            if one:
                return tr("Restored “{title}”")
            return tr("Restored %Ln chat(s)", "", count)
        case Change.MOVE:
            if one:
                return tr("Moved “{title}” to “{folder}”")
            return tr("Moved %Ln chat(s) to “{folder}”", "", count)
        case Change.TAKE_OUT:
            if one:
                return tr("Removed “{title}” from its folder")
            return tr("Removed %Ln chat(s) from folders", "", count)
        case Change.DELETE:
            return tr("Deleted “{title}”") if one else tr("Deleted %Ln chat(s)", "", count)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_TITLE else f"{text[: _SHOWN_TITLE - 1].rstrip()}…"
