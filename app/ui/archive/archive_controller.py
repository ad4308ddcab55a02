"""What the window does about archive and bin: their page, and what is wished on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.host import Host
from app.store import ChatRow, Store
from app.ui.bridge import Bridge
from app.ui.sidebar.chat_index import ChatIndex
from app.ui.store_access import StoreAccess
from app.ui.theme import Theme
from app.ui.window_layout import WindowLayout
from app.wording.errors import explain

if TYPE_CHECKING:
    from app.ui.archive.archive_page import ArchivePage


class ArchiveController(QObject):
    """Makes the page when it is first wanted, and keeps it as the store is."""

    opened = Signal(int)
    """An archived chat is to be shown."""
    turned = Signal()
    """The page has come into sight, or left it."""
    erased = Signal(tuple)
    """These chats are being removed for good."""

    def __init__(
        self,
        frame: WindowLayout,
        theme: Theme,
        host: Host,
        bridge: Bridge,
        disk: StoreAccess,
        index: ChatIndex,
    ) -> None:
        super().__init__(frame)
        self._theme, self._frame, self._index = theme, frame, index
        self._host, self._bridge, self._disk = host, bridge, disk
        self._page: ArchivePage | None = None
        self._removing: set[int] = set()
        index.changed.connect(self._refresh)

    @property
    def page(self) -> ArchivePage:
        """The page. Most starts of Fireside never see it, and need not wait for it."""
        if self._page is None:
            from app.ui.archive.archive_page import ArchivePage

            page = self._page = ArchivePage(self._theme)
            self._frame.pages.addWidget(page)
            page.closed.connect(self._leave)
            page.opened.connect(self.opened)
            page.unarchived.connect(lambda chats: self._index.arrange(chats, archived=False))
            page.deleted.connect(lambda chats: self._index.delete(*chats))
            page.restored.connect(self._index.restore)
            page.erased.connect(self.erase)
        return self._page

    @property
    def shown(self) -> bool:
        """Whether the page is in sight."""
        return self._page is not None and self._frame.pages.currentWidget() is self._page

    def show_page(self, tab: str = "archive") -> None:
        """Shows one of "archive" and "bin"."""
        self.page.set_error("")
        self.page.turn(tab)
        self._frame.pages.setCurrentWidget(self.page)
        self.page.filter.setFocus()
        self._refresh()
        self.turned.emit()

    def erase(self, chats: tuple[int, ...]) -> None:
        """Removes chats for good."""
        self._removing |= set(chats)
        self._index.forget()
        self.erased.emit(chats)
        self.page.set_error("")
        self.page.set_removing(len(self._removing))
        self._bridge.when_done(self._host.chats.erase(chats), lambda _: self._over(), self._failed)
        self._refresh()

    def _over(self) -> None:
        self._removing.clear()
        self.page.set_removing(0)
        self._refresh()

    def _failed(self, error: BaseException) -> None:
        self._over()
        self._tell(error)

    def _tell(self, error: BaseException) -> None:
        self.page.set_error(explain(error).sentence)

    def _refresh(self) -> None:
        if self._page is None:
            return

        def read(store: Store) -> tuple[list[ChatRow], list[ChatRow]]:
            return store.chats.archived(), store.chats.binned()

        def show(found: tuple[list[ChatRow], list[ChatRow]]) -> None:
            archived, deleted = found
            self.page.set_rows(archived, [c for c in deleted if c.id not in self._removing])

        self._disk.ask(read, show, self._tell)

    def _leave(self) -> None:
        self._frame.pages.setCurrentWidget(self._frame.chat_page)
        self._frame.composer.editor.setFocus()
        self.turned.emit()
