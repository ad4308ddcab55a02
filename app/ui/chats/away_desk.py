"""What the window does about archive and bin: their page, and what is wished on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.host import Host
from app.store import ChatRow, Store
from app.ui.bridge import Bridge
from app.ui.chats.index import ChatIndex
from app.ui.disk import Disk
from app.ui.errors import explain
from app.ui.frame import Frame
from app.ui.theme import Look

if TYPE_CHECKING:
    from app.ui.chats.away_page import AwayPage


class AwayDesk(QObject):
    """Makes the page when it is first wanted, and keeps it as the store is."""

    opened = Signal(int)
    """An archived chat is to be shown."""
    turned = Signal()
    """The page has come into sight, or left it."""
    erased = Signal(tuple)
    """These chats are being removed for good."""

    def __init__(
        self,
        frame: Frame,
        look: Look,
        host: Host,
        bridge: Bridge,
        disk: Disk,
        index: ChatIndex,
    ) -> None:
        super().__init__(frame)
        self._look, self._frame, self._index = look, frame, index
        self._host, self._bridge, self._disk = host, bridge, disk
        self._page: AwayPage | None = None
        self._removing: set[int] = set()
        index.changed.connect(self._refresh)

    @property
    def page(self) -> AwayPage:
        """The page. Most starts of Fireside never see it, and need not wait for it."""
        if self._page is None:
            from app.ui.chats.away_page import AwayPage

            page = self._page = AwayPage(self._look)
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
        self._bridge.when_done(self._host.erase(chats), lambda _: self._over(), self._failed)
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
            return store.archived(), store.bin()

        def show(found: tuple[list[ChatRow], list[ChatRow]]) -> None:
            archived, deleted = found
            self.page.set_rows(archived, [c for c in deleted if c.id not in self._removing])

        self._disk.ask(read, show, self._tell)

    def _leave(self) -> None:
        self._frame.pages.setCurrentWidget(self._frame.chat_page)
        self._frame.composer.editor.setFocus()
        self.turned.emit()
