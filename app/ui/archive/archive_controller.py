"""Controller of the page of the archive and the bin."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.host import Host
from app.store import ChatRow, Store
from app.ui.bridge import Bridge
from app.ui.pages import Pages
from app.ui.state.chat_index import ChatIndex
from app.ui.state.store_access import StoreAccess
from app.ui.theme import Theme
from app.wording.errors import explain

if TYPE_CHECKING:
    from app.ui.archive.archive_page import ArchivePage


class ArchiveController(QObject):
    """A controller that creates the page on demand, and keeps it up to date with the store."""

    opened = Signal(int)
    """An archived chat is to be shown."""
    turned = Signal()
    """The page was shown or closed."""
    erased = Signal(tuple)
    """The ids of chats that are being deleted for good."""

    def __init__(
        self,
        pages: Pages,
        theme: Theme,
        host: Host,
        bridge: Bridge,
        store: StoreAccess,
        index: ChatIndex,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._pages, self._theme, self._index = pages, theme, index
        self._host, self._bridge, self._store = host, bridge, store
        self._page: ArchivePage | None = None
        self._removing: set[int] = set()
        index.changed.connect(self._refresh)

    @property
    def page(self) -> ArchivePage:
        """The page, created when it is first needed."""
        if self._page is None:
            from app.ui.archive.archive_page import ArchivePage

            page = self._page = ArchivePage(self._theme)
            self._pages.addWidget(page)
            page.closed.connect(self._leave)
            page.opened.connect(self.opened)
            page.unarchived.connect(lambda chats: self._index.arrange(chats, archived=False))
            page.deleted.connect(lambda chats: self._index.delete(*chats))
            page.restored.connect(self._index.restore)
            page.erased.connect(self.erase)
        return self._page

    @property
    def shown(self) -> bool:
        """Whether the page is shown."""
        return self._page is not None and self._pages.currentWidget() is self._page

    def show_page(self, tab: str = "archive") -> None:
        """Show the page at one of its tabs, "archive" or "bin"."""
        self.page.set_error("")
        self.page.turn(tab)
        self._pages.setCurrentWidget(self.page)
        self.page.filter.setFocus()
        self._refresh()
        self.turned.emit()

    def erase(self, chats: tuple[int, ...]) -> None:
        """Delete chats for good."""
        self._removing |= set(chats)
        self.erased.emit(chats)
        self.page.set_error("")
        self.page.set_removing(len(self._removing))
        self._bridge.when_done(
            self._host.chats.erase(chats),
            lambda _: self._over(chats),
            partial(self._failed, chats),
        )
        self._refresh()

    def _over(self, chats: tuple[int, ...]) -> None:
        self._removing -= set(chats)  # others may be on their way
        self.page.set_removing(len(self._removing))
        self._refresh()

    def _failed(self, chats: tuple[int, ...], error: BaseException) -> None:
        self._over(chats)
        self._tell(error)

    def _tell(self, error: BaseException) -> None:
        self.page.set_error(explain(error).sentence)

    def _refresh(self) -> None:
        if self._page is None:
            return

        def read(store: Store) -> tuple[list[ChatRow], list[ChatRow]]:
            return store.chats.archived(), store.bin.listed()

        def show(found: tuple[list[ChatRow], list[ChatRow]]) -> None:
            archived, deleted = found
            self.page.set_rows(archived, [c for c in deleted if c.id not in self._removing])

        self._store.ask(read, show, self._tell)

    def _leave(self) -> None:
        self._pages.close_page()
        self.turned.emit()
