"""All chats: the sidebar, the archive, the palette, export and import."""

from __future__ import annotations

from PySide6.QtWidgets import QMainWindow

from app.host import Host
from app.ui.archive.archive_controller import ArchiveController
from app.ui.bridge import Bridge
from app.ui.commands import Commands
from app.ui.exchange.everything_controller import EverythingController
from app.ui.exchange.exchange_controller import ExchangeController
from app.ui.palette.palette_controller import PaletteController
from app.ui.restart import Again
from app.ui.sidebar.chat_controller import ChatController
from app.ui.sidebar.chat_undo import ChatUndo
from app.ui.state.shared_state import SharedState
from app.ui.theme import Theme
from app.ui.window.chat_area import ChatArea
from app.ui.window.layout import WindowLayout


class LibraryArea:
    """The controllers of what lists chats, finds them, and moves them in and out.

    They lead to the chat that is shown. ``again`` closes the window and opens another.
    """

    def __init__(
        self,
        window: QMainWindow,
        theme: Theme,
        host: Host,
        bridge: Bridge,
        views: WindowLayout,
        state: SharedState,
        shown: ChatArea,
        commands: Commands,
        again: Again,
    ) -> None:
        self._views, self._state, self._shown, self._commands = views, state, shown, commands
        index, sidebar, pages = state.index, views.sidebar, views.pages
        self.undo = ChatUndo(views.toast, index)
        self.archive = ArchiveController(pages, theme, host, bridge, state.store, index, window)
        self.exchange = ExchangeController(window, views.toast, theme, host, bridge, index)
        self.everything = EverythingController(window, theme, host, bridge, again)
        self.chats = ChatController(
            sidebar, pages, host, index, self.undo, state.turns, state.current, window
        )
        self.palette_controller = PaletteController(window, theme, host, bridge, index, commands)
        self._connect()

    def _connect(self) -> None:
        sidebar, state, navigator = self._views.sidebar, self._state, self._shown.navigator
        sidebar.new_chat.connect(navigator.new_chat)
        sidebar.opened.connect(self._open_listed)
        sidebar.away.connect(self.archive.show_page)
        self.chats.left.connect(navigator.leave_chat)
        self.chats.returned.connect(navigator.open_chat)
        self.chats.exported.connect(self.exchange.export_chats)
        self.archive.opened.connect(navigator.open_chat)
        self.archive.erased.connect(self.undo.forget)
        self.archive.erased.connect(self._shown.drafts.forget)
        self.palette_controller.opened.connect(lambda hit: navigator.open_chat(hit.chat, hit))
        self.exchange.failed.connect(self._views.banner.show_error)
        self.everything.imported.connect(state.index.refresh)
        self.everything.imported.connect(state.presets.refresh)
        turns = state.turns
        for changed in (turns.asked, turns.decided, turns.started, turns.ended, turns.withdrawn):
            changed.connect(lambda *_: self._mark_chats())

    def _open_listed(self, chat: int) -> None:
        """Open a chat of the sidebar, at the place for which the search lists it."""
        place = self._state.index.places.get(chat)
        at = place if place and place.message is not None else None
        self._shown.navigator.open_chat(chat, at)

    def _mark_chats(self) -> None:
        """Show which chats are answered, and which wait for a decision of the user."""
        turns = self._state.turns
        self._views.sidebar.list.chats.mark(waiting=turns.asking, answered=turns.answered)
        self._commands.refresh()
