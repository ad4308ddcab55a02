"""What ``fireside ask --tools`` searches: folders, encyclopaedias, and the web."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NoReturn

from app.base import system_policy
from app.base.jobs import Jobs
from app.base.secrets import Secrets
from app.base.settings import Folders
from app.cli.output import say
from app.cli.reading_progress import ReadingProgress
from app.network.access import NetworkAccess
from app.tools.browser.browser import Browser
from app.tools.browser.extraction.extractor import Extractor
from app.tools.browser.files.folder_address import relative_of
from app.tools.browser.library import SourceLibrary
from app.tools.browser.source import ENCYCLOPAEDIA, FOLDER, WEB, Source
from app.tools.browser.source_status import IndexState, SourceEntry, SourceKind, SourceStatus
from app.tools.browser.web.web_opening import open_web
from app.tools.browser.web.web_source import WebSource
from app.tools.tool import Tool
from app.tools.visible import one_line
from app.wording import language
from app.wording.source_words import source_state

_KINDS = {FOLDER: SourceKind.FOLDER, ENCYCLOPAEDIA: SourceKind.ENCYCLOPAEDIA}


class AskedSources:
    """The folders and encyclopaedias of one answer.

    One that is in the window's list has its index there. Any other is read for this answer into a
    temporary folder, which ``stack`` removes. ``give_up`` is called with what is wrong with a key.
    """

    def __init__(
        self, folders: Folders, stack: ExitStack, give_up: Callable[[str], NoReturn]
    ) -> None:
        self._folders, self._stack, self._give_up = folders, stack, give_up
        self._progress = ReadingProgress()
        self._known: SourceLibrary | None = None
        if folders.sources.exists():
            self._known = self._library(folders, reads=False)
        self._other: SourceLibrary | None = None
        self._entries: dict[str, SourceEntry] = {}
        self.found: dict[str, Source] = {}
        """By key, in the order in which they were opened."""

    def open(self, key: str) -> str:
        """Open a source; ``key`` ends with its name in the window, or its path.

        Returns the key of its tool. Raises SourceError, and Cancelled.
        """
        if key == WEB:
            self.found[WEB] = self._web()
            return WEB
        prefix = FOLDER if key.startswith(FOLDER) else ENCYCLOPAEDIA
        name = key.removeprefix(prefix)
        status = self._in_window(_KINDS[prefix], name)
        if status and self._known:
            if status.state is not IndexState.READY:
                say(f"{one_line(status.entry.name)}: {source_state(status)}")
            return self._take(self._known, status.entry)
        path = Path(name).expanduser()
        if not name or not path.exists():
            self._give_up(f"there is no {prefix}{name}: give a name from Settings, or a path")
        entry = self._read(_KINDS[prefix], path.absolute())
        if entry.key in self.found:
            self._give_up(f"two of them are called {entry.name}")
        assert self._other
        return self._take(self._other, entry)

    def tools(self) -> tuple[Tool, ...]:
        """Return what was opened as tools."""
        return Browser(lambda: tuple(self.found.values())).tools()

    def where(self, tool: str, address: str) -> str:
        """Return where a page is: the path of a file, else its address."""
        entry = self._entries.get(tool)
        if entry and entry.kind is SourceKind.FOLDER:
            relative = relative_of(address, entry.name)
            return str(entry.path / relative) if relative else str(entry.path)
        return address

    def _in_window(self, kind: SourceKind, name: str) -> SourceStatus | None:
        """Return how one in the window's list stands, by its name or path."""
        path = Path(name).expanduser().absolute()
        for status in self._known.statuses() if self._known else ():
            entry = status.entry
            if entry.kind is kind and (entry.name == name or entry.path in (path, _real(path))):
                return status
        return None

    def _read(self, kind: SourceKind, path: Path) -> SourceEntry:
        """Read a folder, and show how far that is; of an encyclopaedia only the titles."""
        if self._other is None:
            folder = tempfile.TemporaryDirectory(prefix="fireside-ask-", ignore_cleanup_errors=True)
            self._other = self._library(Folders(Path(self._stack.enter_context(folder))))
        if kind is SourceKind.ENCYCLOPAEDIA:
            return self._other.add_encyclopaedia(path)
        entry = self._other.add_folder(path)
        with closing(self._progress.of(entry)):
            status = self._other.wait(entry.key, threading.Event())
        if status.problem:
            raise status.problem
        return entry

    def _web(self) -> WebSource:
        settings = system_policy.settings(self._folders)
        jobs = self._stack.enter_context(closing(Jobs("network")))
        network = NetworkAccess(self._folders.connections, jobs, offline=settings.offline)
        self._stack.callback(network.close)
        secrets = self._stack.enter_context(closing(Secrets(self._folders.data)))
        texts = self._stack.enter_context(closing(Extractor()))
        spoken = settings.language or language.system_languages()[0]
        return open_web(network.bare, secrets, lambda: settings, lambda: spoken, lambda: texts)

    def _library(self, folders: Folders, *, reads: bool = True) -> SourceLibrary:
        library = SourceLibrary(folders, self._progress.receive, reads=reads)
        self._stack.callback(library.close)
        return library

    def _take(self, library: SourceLibrary, entry: SourceEntry) -> str:
        self._entries[entry.key] = entry
        self.found[entry.key] = next(s for s in library.sources() if s.key == entry.key)
        return entry.key


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except OSError:
        return path
