"""The context menus of the list of chats: of one or several chats, and of a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QMenu, QWidget

from app.store import ChatRow
from app.ui.controls import keyed, menu_of, plain
from app.ui.sidebar.chat_model import FolderRow
from app.wording.language import tr


@dataclass(frozen=True, slots=True)
class ListActions:
    """The actions of the menus. Chats are given by their ids."""

    rename: Callable[[], None]
    """Rename the current row in place."""
    arrange: Callable[[tuple[int, ...], dict[str, object]], None]
    """Pin, archive or move chats; the arguments of `ChatTable.arrange`."""
    export: Callable[[tuple[int, ...]], None]
    delete: Callable[[tuple[int, ...]], None]
    ask_folder: Callable[[Callable[[str], None]], None]
    """Ask for the name of a new folder."""
    toggle_folder: Callable[[FolderRow], None]
    """Open a closed folder, or close an open one."""
    dissolve_folder: Callable[[FolderRow], None]


def chat_menu(
    parent: QWidget,
    chats: Sequence[ChatRow],
    folders: Iterable[str],
    actions: ListActions,
    *,
    delete_key: str = "Del",
) -> QMenu:
    """Return the menu of the selected chats. ``folders`` are possible destinations."""
    menu = menu_of(parent, "chatMenu")
    ids = tuple(chat.id for chat in chats)
    count = len(chats)
    one = count == 1

    def arrange(**changes: object) -> Callable[[], None]:
        return lambda: actions.arrange(ids, changes)

    if one:
        menu.addAction(keyed(tr("Rename"), "F2"), actions.rename)
    if all(chat.pinned for chat in chats):
        menu.addAction(tr("Unpin"), arrange(pinned=False))
    else:
        menu.addAction(tr("Pin"), arrange(pinned=True))
    menu.addMenu(_folder_menu(chats, folders, actions, menu))
    if all(chat.archived for chat in chats):
        menu.addAction(tr("Unarchive"), arrange(archived=False))
    else:
        archive = tr("Archive") if one else tr("Archive %Ln chat(s)", "", count)
        menu.addAction(archive, arrange(archived=True))
    export = tr("Export…") if one else tr("Export %Ln chat(s)…", "", count)
    menu.addAction(export, lambda: actions.export(ids))
    menu.addSeparator()
    delete = tr("Delete") if one else tr("Delete %Ln chat(s)", "", count)
    menu.addAction(keyed(delete, delete_key), lambda: actions.delete(ids))
    return menu


def _folder_menu(
    chats: Sequence[ChatRow], folders: Iterable[str], actions: ListActions, parent: QMenu
) -> QMenu:
    menu = QMenu(tr("Move to folder"), parent)
    menu.setObjectName("folderChoices")
    ids = tuple(chat.id for chat in chats)
    now = {chat.folder for chat in chats}

    def move_to(name: str) -> None:
        actions.arrange(ids, {"folder": name})

    def mover(name: str) -> Callable[[], None]:
        return lambda: move_to(name)

    for name in folders:
        action = menu.addAction(plain(name), mover(name))
        action.setCheckable(True)
        action.setChecked(now == {name})
    if not menu.isEmpty():
        menu.addSeparator()
    menu.addAction(tr("New folder…"), lambda: actions.ask_folder(move_to))
    none = menu.addAction(tr("No folder"), mover(""))
    none.setEnabled(now != {""})
    return menu


def folder_menu(parent: QWidget, folder: FolderRow, actions: ListActions) -> QMenu:
    """Return the menu of a folder."""
    menu = menu_of(parent, "folderMenu")
    menu.addAction(keyed(tr("Rename folder"), "F2"), actions.rename)
    turn = tr("Collapse folder") if folder.open else tr("Expand folder", "in the list of chats")
    menu.addAction(turn, lambda: actions.toggle_folder(folder))
    menu.addSeparator()
    menu.addAction(tr("Remove folder (keep chats)"), lambda: actions.dissolve_folder(folder))
    return menu
