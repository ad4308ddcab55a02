"""Chats that are dragged from the list into a folder."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QModelIndex, QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QLabel, QWidget

from app.store import ChatRow
from app.ui.sidebar.chat_model import ENTRY, FolderRow
from app.wording.language import tr

_MIME = "application/x-fireside-chats"


def drag_chats(source: QWidget, chats: Sequence[ChatRow], width: int) -> None:
    """Drag chats until they are dropped. ``width`` is what the picture of them may take."""
    data = QMimeData()
    data.setData(_MIME, b" ".join(b"%d" % chat.id for chat in chats))
    count = len(chats)
    label = QLabel(chats[0].title if count == 1 else tr("%Ln chat(s)", "", count))
    label.setObjectName("dragged")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setMaximumWidth(width)
    drag = QDrag(source)
    drag.setMimeData(data)
    drag.setPixmap(label.grab())
    drag.setHotSpot(QPoint(-10, 10))
    drag.exec(Qt.DropAction.MoveAction)


def dragged(data: QMimeData) -> tuple[int, ...]:
    """Return the ids of the chats that are dropped."""
    return tuple(map(int, bytes(data.data(_MIME).data()).split()))


def folder_at(index: QModelIndex) -> str:
    """Return the folder that chats dropped on a row go into; empty for none."""
    match index.data(ENTRY):
        case FolderRow(name=name):
            return name
        case ChatRow(folder=name):
            return name
    return ""
