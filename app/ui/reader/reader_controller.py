"""Controller of the reader: opens citations in it, and their sources outside of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

from app.base.pages.cited import Cited, CitedPlace
from app.base.pages.stored_page import Page
from app.tools.browser.source import FOLDER
from app.ui.conversation.file_saver import DOCUMENTS
from app.ui.file_manager import open_address, open_file, reveal
from app.ui.reader.page_on_screen import PageOnScreen, page_on_screen
from app.ui.reader.reader_place import ReaderPlace
from app.ui.theme import Theme
from app.ui.toast import Toast
from app.ui.work_thread import WorkThread
from app.wording.citation_words import source_title
from app.wording.language import tr

if TYPE_CHECKING:
    from app.host import Host
    from app.ui.reader.reader_pane import ReaderPane

_DOCUMENTS = {*DOCUMENTS, ".docx", ".htm", ".html", ".log", ".rst"}
"""Endings of files that are opened; others may be programs."""
_LONG = 2000  # lines; a longer page is prepared in the background


class ReaderController(QObject):
    """A controller of the reader, which is created when it is first needed."""

    def __init__(
        self,
        place: ReaderPlace,
        theme: Theme,
        host: Host,
        background: WorkThread,
        toast: Toast,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._place, self._theme, self._host = place, theme, host
        self._background, self._toast = background, toast
        place.given_up.connect(self.close)
        self._pane: ReaderPane | None = None
        self._page: Page | None = None
        self._on_screen = PageOnScreen()
        self._places: list[CitedPlace] = []
        self._at = 0
        self._before: QWidget | None = None

    @property
    def shown(self) -> bool:
        """Whether it is open."""
        return self._pane is not None and not self._pane.isHidden()

    def open(self, cited: Cited, place: CitedPlace) -> None:
        """Show the page that one of the citations leads to; if it leads nowhere, do nothing."""
        if place.source is None:
            return
        if not self.shown:
            self._before = QApplication.focusWidget()
        self._places = [each for each in cited.places if each.source]
        if place not in self._places:
            self._places.append(place)
        self._at = self._places.index(place)
        self._show()
        self._made().view.setFocus(Qt.FocusReason.OtherFocusReason)

    def close(self) -> None:
        """Close it; the keyboard focus returns to where it was."""
        if self._pane is None or self._pane.isHidden():
            return
        focused = self._pane.isAncestorOf(QApplication.focusWidget() or self._place)
        self._pane.hide()
        self._place.place()
        if focused and self._before is not None:
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def _made(self) -> ReaderPane:
        if self._pane is None:
            from app.ui.reader.reader_pane import ReaderPane  # most sessions open none

            self._pane = pane = ReaderPane(self._theme)
            pane.closed.connect(self.close)
            pane.stepped.connect(self._step)
            pane.opened.connect(self._open_source)
            pane.copied.connect(self._copy)
        return self._pane

    def _show(self) -> None:
        pane, place = self._made(), self._places[self._at]
        self._place.show_reader(pane)
        pane.show_place(place, self._at, len(self._places), self._door(place))
        assert place.page
        page, lines = place.page, place.lines
        if page is self._page:
            pane.view.show_page(self._on_screen, lines)
            return
        self._page, self._on_screen = page, PageOnScreen()
        if len(page.lines) <= _LONG:
            self._show_text(page, page_on_screen(page))
            return
        pane.view.show_page(self._on_screen, ())
        self._background.do(
            lambda: page_on_screen(page), lambda shown: self._show_text(page, shown)
        )

    def _show_text(self, page: Page, shown: PageOnScreen) -> None:
        """Show the text of a page at the citation that is shown, if that leads to it."""
        if page is self._page:
            self._on_screen = shown
            self._made().view.show_page(shown, self._places[self._at].lines)

    def _step(self, by: int) -> None:
        self._at = (self._at + by) % len(self._places)
        self._show()

    def _door(self, place: CitedPlace) -> str:
        """Return what the button says that opens the page itself; empty if it cannot be."""
        assert place.source
        if place.source.is_web:
            return tr("Open in browser")
        return tr("Open file") if place.source.tool.startswith(FOLDER) else ""

    def _open_source(self) -> None:
        source = self._places[self._at].source
        assert source
        if source.is_web:
            open_address(source.address)
            return
        host, tool, address = self._host, source.tool, source.address

        def find() -> Path | None:
            from app.tools.browser.files.cited_file import cited_file

            statuses = (
                host.tool_parts.source_library.statuses() if host.tool_parts.has_sources else ()
            )
            return cited_file((status.entry for status in statuses), tool, address)

        self._background.do(find, self._open_file)

    def _open_file(self, path: Path | None) -> None:
        """Open a document; of other files, show where they are."""
        if path is None:
            self._toast.tell(tr("This file is no longer there."), "alert", (), self)
        elif path.suffix.lower() in _DOCUMENTS:
            open_file(path)
        else:
            reveal(path)

    def _copy(self) -> None:
        from app.ui.clipboard import copy_text  # a window that copies nothing needs no Markdown

        view, place = self._made().view, self._places[self._at]
        assert place.source
        chosen = view.textCursor().selectedText().replace("\u2029", "\n")
        text = chosen or view.cited_text
        where = "\n".join(dict.fromkeys((source_title(place.source), place.source.address)))
        copy_text("\n\n".join(filter(None, (text, where))))
