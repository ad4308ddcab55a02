"""The title of what is shown: in the title bar with its menu, the window's frame, the sidebar."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.ui.archive.archive_controller import ArchiveController
from app.ui.models.model_picker_controller import ModelPickerController
from app.ui.state.chat_index import ChatIndex
from app.ui.state.current_chat import CurrentChat
from app.ui.window.layout import WindowLayout
from app.wording.language import tr


class TitleController(QObject):
    """A controller that shows the title and highlights the chat, and handles the title's menu."""

    def __init__(
        self,
        window: QMainWindow,
        views: WindowLayout,
        index: ChatIndex,
        current: CurrentChat,
        models: ModelPickerController,
        archive: ArchiveController,
    ) -> None:
        super().__init__(window)
        self._window, self._views, self._index, self._current = window, views, index, current
        self._models, self._archive = models, archive
        index.changed.connect(self.show)
        views.pages.currentChanged.connect(self.show)
        views.title_bar.menu_wanted.connect(self._open_menu)
        views.title_bar.renamed.connect(self._rename)

    def show(self) -> None:
        """Show the title of the chat, or of the page in its place."""
        chat = self._index.rows.get(self._current.id or 0)
        page = tr("Models") if self._models.shown else ""
        page = tr("Archive and bin") if self._archive.shown else page
        shown = None if page else chat
        title = page or (chat.title if chat else tr("New chat"))
        bar = self._views.title_bar
        bar.preset_picker.setHidden(bool(page))
        archived = tr("{title} (archived)").format(title=title)
        name = shown.title if shown else ""
        bar.show_title(archived if shown and shown.archived else title, name)
        self._window.setWindowTitle(f"{title} – Fireside" if shown else "Fireside")
        sidebar = self._views.sidebar
        sidebar.select(shown.id if shown else None, shown.folder if shown else "")

    def _open_menu(self) -> None:
        if chat := self._index.rows.get(self._current.id or 0):
            bar = self._views.title_bar
            bar.pop_up(self._views.sidebar.list.menu_for(bar, chat, bar.rename))

    def _rename(self, title: str) -> None:
        if self._current.id in self._index.rows:
            self._index.rename(self._current.id, title)
