"""The menus of the list of chats: of chats, one or several, and of a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from app.store import ChatRow
from app.ui.controls import keyed, menu_of, plain
from app.ui.sidebar.chat_model import FolderRow
from app.wording.language import tr

if TYPE_CHECKING:
    from app.ui.sidebar.chat_list import ChatList


def menu_for(view: ChatList, entry: object) -> QMenu | None:
    """What can be done with a row, and with the others that are selected; None with a heading."""
    match entry:
        case ChatRow():
            return _of_chats(view, view.chosen())
        case FolderRow():
            return _of_folder(view, entry)
    return None


def _of_chats(view: ChatList, chats: Sequence[ChatRow]) -> QMenu:
    menu = menu_of(view, "chatMenu")
    ids = tuple(chat.id for chat in chats)
    count = len(chats)
    one = count == 1

    def arrange(**changes: object) -> Callable[[], None]:
        return lambda: view.arranged.emit(ids, changes)

    if one:
        menu.addAction(keyed(tr("Rename"), "F2"), view.rename)
    if all(chat.pinned for chat in chats):
        menu.addAction(tr("Unpin"), arrange(pinned=False))
    else:
        menu.addAction(tr("Pin"), arrange(pinned=True))
    menu.addMenu(_folders(view, chats, menu))
    archive = tr("Archive") if one else tr("Archive %Ln chat(s)", "", count)
    menu.addAction(archive, arrange(archived=True))
    export = tr("Export…") if one else tr("Export %Ln chat(s)…", "", count)
    menu.addAction(export, lambda: view.exported.emit(ids))
    menu.addSeparator()
    delete = tr("Delete") if one else tr("Delete %Ln chat(s)", "", count)
    menu.addAction(keyed(delete, "Del"), lambda: view.deleted.emit(ids))
    return menu


def _folders(view: ChatList, chats: Sequence[ChatRow], parent: QMenu) -> QMenu:
    """Where they can be put."""
    menu = QMenu(tr("Move to folder"), parent)
    menu.setObjectName("folderChoices")
    ids = tuple(chat.id for chat in chats)
    now = {chat.folder for chat in chats}

    def move(name: str) -> None:
        view.arranged.emit(ids, {"folder": name})

    for name in view.folders:
        action = menu.addAction(plain(name), lambda name=name: move(name))
        action.setCheckable(True)
        action.setChecked(now == {name})
    if view.folders:
        menu.addSeparator()
    menu.addAction(tr("New folder…"), lambda: view.ask_folder(move))
    none = menu.addAction(tr("No folder"), lambda: move(""))
    none.setEnabled(now != {""})
    return menu


def _of_folder(view: ChatList, folder: FolderRow) -> QMenu:
    menu = menu_of(view, "folderMenu")
    menu.addAction(keyed(tr("Rename folder"), "F2"), view.rename)
    turn = tr("Close folder") if folder.open else tr("Open folder", "in the list of chats")
    menu.addAction(turn, lambda: view.fold(folder.name, closed=folder.open))
    menu.addSeparator()
    menu.addAction(
        tr("Dissolve folder, keep its chats"), lambda: view.folder_renamed.emit(folder.name, "")
    )
    return menu
