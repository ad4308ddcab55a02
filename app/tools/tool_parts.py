"""The tools of a running Fireside, and what they are made of."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from app.base.secrets import Secrets
from app.base.settings import Folders, Settings
from app.tools.tool import Tool

if TYPE_CHECKING:  # a window need not wait for them
    from app.network.client import Network
    from app.tools.browser.browser import Browser
    from app.tools.browser.extraction.extractor import Extractor
    from app.tools.browser.library import SourceLibrary
    from app.tools.browser.source import Source
    from app.tools.browser.source_status import SourcesChanged
    from app.tools.browser.web.web_source import WebSource
    from app.tools.mcp.server_status import McpServersChanged
    from app.tools.mcp.service import McpServers
    from app.tools.mcp.system_browser import SystemBrowser
    from app.tools.python.python_tool import PythonTool


class ToolParts:
    """The parts, each of which is loaded on first use, from any thread.

    ``network`` returns what requests go through, and ``settings`` those that hold now. ``publish``
    is called with the parts' events, on their threads. ``allowed``: whether tools may be used on
    this computer.
    """

    def __init__(
        self,
        folders: Folders,
        network: Callable[[], Network],
        secrets: Secrets,
        settings: Callable[[], Settings],
        publish: Callable[[McpServersChanged | SourcesChanged], None],
        *,
        allowed: bool,
    ) -> None:
        self._folders, self._network, self._secrets = folders, network, secrets
        self._settings, self._publish, self._allowed = settings, publish, allowed
        self._opening = threading.Lock()
        self._python: PythonTool | None = None
        self._mcp: McpServers | None = None
        self._source_library: SourceLibrary | None = None
        self._extractor: Extractor | None = None
        self._web: WebSource | None = None
        self.language = "en"
        """The window's language."""
        self.system_browser: SystemBrowser | None = None
        """Where the user signs in to MCP servers; to be set before these are used."""

    def tools(self) -> tuple[Tool, ...]:
        """Return all tools that there are now; without MCP servers, nothing is loaded for them."""
        from app.tools.python.python_tool import PythonTool

        with self._opening:
            if self._python is None:
                self._python = PythonTool()
        servers = self.mcp.tools() if self._mcp or self._folders.mcp.exists() else ()
        return self._python, *self.browser.tools(), *servers

    def prepare_python(self) -> None:
        """Have the model's Python compiled, where the set-up or the package has not done that."""
        self.tools()
        if self._python and self._allowed:
            self._python.prepare()

    @property
    def mcp(self) -> McpServers:
        """The MCP servers."""
        from app.tools.mcp.service import McpServers

        with self._opening:
            if self._mcp is None:
                self._mcp = McpServers(
                    self._folders,
                    self._network,
                    self._secrets,
                    self._publish,
                    offline=self._settings().offline,
                    allowed=self._allowed,
                )
                if self.system_browser:
                    self._mcp.set_browser(self.system_browser)
                # Now that `set_offline` finds it: the switch may have been turned meanwhile.
                self._mcp.set_offline(self._settings().offline)
            return self._mcp

    @cached_property
    def browser(self) -> Browser:
        """The browser of the model, over all sources that there are."""
        from app.tools.browser.browser import Browser

        return Browser(self.sources)

    def sources(self) -> tuple[Source, ...]:
        """Return the user's folders and encyclopaedias, and the web.

        Without folders or encyclopaedias, nothing is loaded for them.
        """
        own = self.source_library.sources() if self.has_sources else ()
        return *own, self.web

    @property
    def has_sources(self) -> bool:
        """Whether the user has added folders or encyclopaedias."""
        return self._source_library is not None or self._folders.sources.exists()

    @property
    def source_library(self) -> SourceLibrary:
        """The folders and encyclopaedias to search."""
        from app.tools.browser.library import SourceLibrary

        with self._opening:
            if self._source_library is None:
                self._source_library = SourceLibrary(
                    self._folders, self._publish, reads=self._allowed
                )
            return self._source_library

    @property
    def web(self) -> WebSource:
        """The web, as a source of the browser; it loads what it needs with its first call."""
        from app.tools.browser.web.web_opening import open_web

        with self._opening:
            if self._web is None:  # one, since it paces what is fetched
                self._web = open_web(
                    self._network,
                    self._secrets,
                    self._settings,
                    lambda: self.language,
                    lambda: self.extractor,
                )
            return self._web

    @property
    def extractor(self) -> Extractor:
        """What makes text of pages, in a process of its own."""
        from app.tools.browser.extraction.extractor import Extractor

        with self._opening:
            if self._extractor is None:
                self._extractor = Extractor()
            return self._extractor

    def set_offline(self, offline: bool) -> None:
        """Apply the offline switch."""
        if self._mcp:
            self._mcp.set_offline(offline)

    def close(self) -> None:
        """Close what was loaded. Tools themselves are closed by the `Registry`'s owner."""
        with self._opening:
            parts = self._mcp, self._source_library, self._extractor
        for part in parts:
            if part:
                part.close()
