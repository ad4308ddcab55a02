"""Controller of the page about tools: the user's folders and encyclopaedias."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from shiboken6 import isValid

from app.tools.browser.source_status import SourceStatus
from app.tools.visible import one_line
from app.ui.dialogs import ask_encyclopaedia, ask_folder, confirm
from app.ui.file_manager import open_file, reveal
from app.ui.state.source_list import SourceList
from app.ui.theme import Theme
from app.wording.language import tr
from app.wording.source_words import removal_sentence

if TYPE_CHECKING:
    from app.ui.preferences.source_dialog import SourceDialog
    from app.ui.preferences.tools_page import ToolsPage


class SourcesController(QObject):
    """A controller that connects a `ToolsPage` with the list of sources."""

    def __init__(self, page: ToolsPage, theme: Theme, sources: SourceList) -> None:
        super().__init__(page)
        self._page, self._theme, self._sources = page, theme, sources
        self._dialog: SourceDialog | None = None
        page.folders.add_wanted.connect(self._choose_folder)
        page.encyclopaedias.add_wanted.connect(self._choose_encyclopaedia)
        for part in (page.folders, page.encyclopaedias):
            part.opened.connect(self._open)
        sources.changed.connect(self._show)  # methods: they end with the page
        self._show()
        sources.refresh()

    def _show(self) -> None:
        self._page.show_sources(self._sources.statuses)
        if self._dialog is not None and isValid(self._dialog):
            if status := self._sources.status(self._dialog.key):
                self._dialog.show_status(status)
            else:
                self._dialog.close()

    def _choose_folder(self) -> None:
        ask_folder(self._page, tr("Add folder"), self._add)

    def _choose_encyclopaedia(self) -> None:
        ask_encyclopaedia(self._page, self._add)

    def _add(self, path: Path) -> None:
        self._page.show_source_error(None)
        self._sources.add(path, failed=self._refused)

    def _refused(self, error: BaseException) -> None:
        if isValid(self._page):
            self._page.show_source_error(error)

    def _open(self, key: str) -> None:
        from app.ui.preferences.source_dialog import SourceDialog

        status = self._sources.status(key)
        if status is None:
            return
        dialog = self._dialog = SourceDialog(self._theme, status, self._page)
        path = status.entry.path
        dialog.paused.connect(lambda paused: self._sources.pause(key, paused=paused))
        dialog.look_wanted.connect(lambda: self._sources.look(key))
        dialog.shown_in_folder.connect(lambda: open_file(path) if path.is_dir() else reveal(path))
        dialog.removal_wanted.connect(lambda: self._ask_removal(status))
        dialog.open()

    def _ask_removal(self, status: SourceStatus) -> None:
        now = self._sources.status(status.entry.key) or status
        confirm(
            self._dialog or self._page,
            self._theme,
            tr("Remove {name}?").format(name=one_line(now.entry.name)),
            removal_sentence(now),
            tr("Remove"),
            lambda: self._sources.remove(now.entry.key),
        )
