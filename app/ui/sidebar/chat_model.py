"""The rows of the list of chats: headings, folders and chats, in order."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.store import ChatRow, SearchHit
from app.wording.language import tr
from app.wording.quantities import month, month_and_year
from app.wording.tool_words import waiting_for_user

Index = QModelIndex | QPersistentModelIndex
ENTRY = Qt.ItemDataRole.UserRole
"""The role whose data is the Entry itself."""
PLACE = Qt.ItemDataRole.UserRole + 1
"""The role whose data is the SearchHit for which a chat is listed, if there is one."""

WAITING = Qt.ItemDataRole.UserRole + 2
"""The role whose data is whether a chat, or one in a closed folder, waits for a decision."""
ANSWERED = Qt.ItemDataRole.UserRole + 3
"""The role whose data is whether a chat, or one in a closed folder, is being answered."""


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder with the number of its chats, and whether they are shown below it."""

    name: str
    count: int
    open: bool


Entry = str | FolderRow | ChatRow
"""A row: a heading, a folder or a chat."""
Key = int | str | None
"""The key of a row: a chat's id or a folder's name; None for a heading."""


def key_of(entry: Entry | None) -> Key:
    """Return the key that identifies an entry while rows come and go."""
    match entry:
        case ChatRow():
            return entry.id
        case FolderRow():
            return entry.name
    return None


def group_of(updated: float, today: datetime.date) -> str:
    """Return the heading for a chat that was last used at this time."""
    day = datetime.date.fromtimestamp(updated)
    match (today - day).days:
        case age if age <= 0:
            return tr("Today")
        case 1:
            return tr("Yesterday")
        case age if age <= 7:
            return tr("Previous 7 days")
        case age if age <= 30:
            return tr("Previous 30 days")
    return month(day) if day.year == today.year else month_and_year(day)


class ChatModel(QAbstractListModel):
    """Pinned chats, folders with their chats, and the others, newest first.

    Each chat is in one place only. Inside a folder, pinned chats come first. The results of a
    search are a plain list, each with the place where it was found.
    """

    renamed = Signal(int, str)
    folder_renamed = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.open: frozenset[str] = frozenset()
        """The folders whose chats are shown."""
        self._chats: list[ChatRow] = []
        self._waiting: frozenset[int] = frozenset()
        self._answered: frozenset[int] = frozenset()
        self._places: Mapping[int, SearchHit] | None = None
        self._entries: list[Entry] = []
        self._heads: list[int] = []  # the rows of headings and folders
        self._rows: dict[Key, int] = {}

    def set_chats(
        self, chats: Iterable[ChatRow], places: Mapping[int, SearchHit] | None = None
    ) -> None:
        """Show these chats; with ``places`` by chat, as results of a search."""
        self._chats = sorted(chats, key=lambda chat: (not chat.pinned, -chat.updated))
        changed = places != self._places
        self._places = places
        self._arrange(changed=changed)

    def mark(self, *, waiting: frozenset[int], answered: frozenset[int]) -> None:
        """Mark the chats that are being answered, and those that wait for the user in that."""
        if (waiting, answered) != (self._waiting, self._answered):
            self._waiting, self._answered = waiting, answered
            if self._entries:
                self.dataChanged.emit(self.index(0), self.index(len(self._entries) - 1))

    @property
    def found(self) -> bool:
        """Whether the chats are the results of a search."""
        return self._places is not None

    def open_folders(self, folders: Iterable[str]) -> None:
        """Open these folders and close all others."""
        self.open = frozenset(folders)
        self._arrange()

    def folders_of(self, chats: Container[int]) -> frozenset[str]:
        """Return the folders that chats are in."""
        return frozenset(row.folder for row in self._chats if row.id in chats and row.folder)

    def _arrange(self, *, changed: bool = False) -> None:
        entries = list(self._chats if self.found else self._arranged())
        if changed or entries != self._entries:
            self.beginResetModel()
            self._entries = entries
            self._heads = [
                row for row, entry in enumerate(entries) if not isinstance(entry, ChatRow)
            ]
            self._rows = {key_of(entry): row for row, entry in enumerate(entries)}
            self.endResetModel()

    def _arranged(self) -> Iterator[Entry]:
        folders: dict[str, list[ChatRow]] = {}
        for chat in self._chats:
            folders.setdefault(chat.folder, []).append(chat)
        loose = folders.pop("", [])
        pinned = [chat for chat in loose if chat.pinned]
        if pinned:
            yield tr("Pinned")
            yield from pinned
        if folders:
            yield tr("Folders")
        for name in sorted(folders, key=lambda name: (name.casefold(), name)):
            yield FolderRow(name, len(folders[name]), name in self.open)
            if name in self.open:
                yield from folders[name]
        today = datetime.date.today()
        groups = groupby(loose[len(pinned) :], lambda chat: group_of(chat.updated, today))
        for heading, chats in groups:
            yield heading
            yield from chats

    def index_of(self, key: Key) -> QModelIndex:
        """Return the row of a chat or folder; an invalid index if it is not shown."""
        row = None if key is None else self._rows.get(key)
        return QModelIndex() if row is None else self.index(row)

    def selection_of(self, chats: Iterable[int]) -> QItemSelection:
        """Return the rows of chats, in as few ranges as possible."""
        rows = sorted(index.row() for index in map(self.index_of, chats) if index.isValid())
        ranges = QItemSelection()
        for _, group in groupby(enumerate(rows), lambda pair: pair[1] - pair[0]):
            run = [row for _, row in group]
            ranges.select(self.index(run[0]), self.index(run[-1]))
        return ranges

    def head_of(self, row: int) -> QModelIndex:
        """Return the heading or folder that a row is under, or is."""
        at = bisect_right(self._heads, row)
        return self.index(self._heads[at - 1]) if at else QModelIndex()

    def next_head(self, row: int) -> QModelIndex:
        """Return the first heading or folder below a row."""
        at = bisect_right(self._heads, row)
        return self.index(self._heads[at]) if at < len(self._heads) else QModelIndex()

    def near(self, row: int) -> QModelIndex:
        """Return the first chat from a row on, or else the last one before it."""
        after, before = range(row, len(self._entries)), range(min(row, len(self._entries)))
        for number in (*after, *reversed(before)):
            if isinstance(self._entries[number], ChatRow):
                return self.index(number)
        return QModelIndex()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return _text(entry)
            case Qt.ItemDataRole.AccessibleTextRole:
                place = self._place(entry)
                said = [_spoken(entry)]
                if self._has(entry, self._waiting):
                    said.append(waiting_for_user())
                elif self._has(entry, self._answered):
                    said.append(tr("Answering"))
                if place and place.message is not None:
                    said.append(place.snippet)
                return ", ".join(filter(None, said))
            case Qt.ItemDataRole.UserRole:
                return entry
        if role == WAITING:
            return self._has(entry, self._waiting)
        if role == ANSWERED:
            return self._has(entry, self._answered)
        return self._place(entry) if role == PLACE else None

    def _has(self, entry: Entry, chats: frozenset[int]) -> bool:
        """Return whether a row is that of one of these chats, or of a closed folder with one."""
        match entry:
            case ChatRow():
                return entry.id in chats
            case FolderRow(open=False):
                inside = (row.id for row in self._chats if row.folder == entry.name)
                return not chats.isdisjoint(inside)
        return False

    def _place(self, entry: Entry) -> SearchHit | None:
        if self._places is None or not isinstance(entry, ChatRow):
            return None
        return self._places.get(entry.id)

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        name = " ".join(str(value).split())
        entry = self._entries[index.row()]
        if not name or name == _text(entry):
            return False
        match entry:
            case ChatRow():
                self.renamed.emit(entry.id, name)
            case FolderRow():
                self.folder_renamed.emit(entry.name, name)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        match self._entries[index.row()] if index.isValid() else "":
            case ChatRow():
                return (
                    flag.ItemIsEnabled
                    | flag.ItemIsSelectable
                    | flag.ItemIsEditable
                    | flag.ItemIsDragEnabled
                )
            case FolderRow():
                return flag.ItemIsEnabled | flag.ItemIsEditable
        return flag.NoItemFlags


def _text(entry: Entry) -> str:
    match entry:
        case ChatRow():
            return entry.title
        case FolderRow():
            return entry.name
    return entry


def _spoken(entry: Entry) -> str:
    """Return an entry's text for a screen reader, including what is only drawn."""
    match entry:
        case ChatRow(pinned=True):
            return tr("{title}, pinned").format(title=entry.title)
        case FolderRow(open=True):
            sentence = tr("Folder {name}, expanded, %Ln chat(s)", "", entry.count)
            return sentence.format(name=entry.name)
        case FolderRow():
            sentence = tr("Folder {name}, collapsed, %Ln chat(s)", "", entry.count)
            return sentence.format(name=entry.name)
    return _text(entry)
