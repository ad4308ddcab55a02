"""Controller of the page about tools: MCP servers, and what the user has allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject
from shiboken6 import isValid

from app.host import Host
from app.store import ConsentRow, DepartureRow, Store
from app.tools.consent import remembered
from app.tools.mcp.server_status import (
    FunctionStatus,
    McpServersChanged,
    McpServerStatus,
    StartReview,
)
from app.tools.mcp.servers import Server, parse
from app.tools.visible import one_line
from app.ui.bridge import Bridge
from app.ui.dialogs import ask_file, confirm
from app.ui.file_manager import open_file
from app.ui.preferences.mcp_server_dialog import ASK
from app.ui.theme import Theme
from app.wording.language import tr
from app.wording.tool_settings import SERVER

if TYPE_CHECKING:
    from app.tools.mcp.other_programs import FoundServers
    from app.ui.preferences.mcp_server_dialog import McpServerDialog
    from app.ui.preferences.tools_page import ToolsPage

T = TypeVar("T")


class McpServersController(QObject):
    """A controller that connects a `ToolsPage` with the servers and the store."""

    def __init__(self, page: ToolsPage, theme: Theme, host: Host, bridge: Bridge) -> None:
        super().__init__(page)
        self._page, self._theme, self._host, self._bridge = page, theme, host, bridge
        self._servers: tuple[McpServerStatus, ...] = ()
        self._consents: list[ConsentRow] = []
        self._dialog: McpServerDialog | None = None
        page.switched.connect(lambda name, on: self._switch(name, on=on))
        page.opened.connect(self._open)
        page.add_wanted.connect(self._add)
        page.import_wanted.connect(self._import)
        page.revoked.connect(self._revoke)
        self._do(lambda: host.tool_parts.mcp.tell())  # to `receive`, in order with changes
        self._read_consents()

    def receive(self, event: McpServersChanged) -> None:
        """Show the servers as they are now."""
        self._show(event.servers)

    # --- Showing ------------------------------------------------------------------------------

    def _show(self, servers: Sequence[McpServerStatus]) -> None:
        self._servers = tuple(servers)
        self._page.show_servers(servers)
        self._show_dialog()

    def _show_dialog(self) -> None:
        if self._dialog is None or not isValid(self._dialog):
            return
        name = self._dialog.server.name
        status = next((s for s in self._servers if s.server.name == name), None)
        if status is None:
            self._dialog.close()
            return
        decisions = {f.declaration.name: self._decision(name, f) for f in status.functions}
        self._dialog.show_status(status, decisions)

    def _decision(self, server: str, function: FunctionStatus) -> str:
        name, tool = function.declaration.name, SERVER + server
        own = (row for row in self._consents if row.chat is None)
        rows = [row for row in own if (row.tool, row.function) == (tool, name)]
        return remembered(rows, function.pin) or ASK

    def _read_consents(self) -> None:
        def read(store: Store) -> tuple[list[ConsentRow], dict[int, str], list[DepartureRow]]:
            rows = store.consents.all()
            chats = {row.chat for row in rows if row.chat is not None}
            titles = {chat: store.chats.get(chat).title for chat in chats}
            return rows, titles, store.departures.everywhere()

        def show(found: tuple[list[ConsentRow], dict[int, str], list[DepartureRow]]) -> None:
            self._consents, titles, sent = found
            self._page.show_permissions(self._consents, titles, sent)
            self._show_dialog()

        self._when(self._host.disk(read), show)

    # --- What the user does -------------------------------------------------------------------

    def _switch(self, name: str, *, on: bool) -> None:
        """Switch a server off, or show how it starts, to be switched on."""
        if on:
            self._when(self._host.tool_parts.mcp.review(name), partial(self._review, name))
        else:
            self._when(self._host.tool_parts.mcp.revoke(name))

    def _review(self, name: str, review: StartReview) -> None:
        from app.ui.preferences.mcp_server_review import McpServerReview

        parent = self._dialog if self._dialog and isValid(self._dialog) else self._page
        dialog = McpServerReview(self._theme, name, review, parent)
        dialog.approved.connect(
            lambda pin: self._when(
                self._host.tool_parts.mcp.approve(name, pin), lambda _: self._start(name)
            )
        )
        dialog.open()

    def _start(self, name: str) -> None:
        self._when(
            self._host.tool_parts.mcp.start(name), failed=lambda error: None
        )  # its row says why

    def _open(self, name: str) -> None:
        from app.ui.preferences.mcp_server_dialog import McpServerDialog

        status = next((s for s in self._servers if s.server.name == name), None)
        if status is None:
            return
        mcp = self._host.tool_parts.mcp
        dialog = self._dialog = McpServerDialog(self._theme, status, self._page)
        dialog.started.connect(lambda: self._start(name))
        dialog.review_wanted.connect(lambda: self._switch(name, on=True))
        dialog.stopped.connect(lambda: self._when(mcp.stop(name)))
        dialog.signed_out.connect(lambda: self._when(mcp.sign_out(name)))
        dialog.log_wanted.connect(lambda: self._open_log(mcp.log_of(name)))
        dialog.edit_wanted.connect(lambda: self._add(status.server))
        dialog.removed.connect(lambda: self._ask_removal(name))
        dialog.given.connect(lambda id, value: self._when(mcp.set_input(name, id, value)))
        dialog.decided.connect(
            lambda function, decision: self._decide(
                None, SERVER + name, function.declaration.name, function.pin, decision
            )
        )
        dialog.approved.connect(
            lambda function: self._when(
                mcp.approve_function(name, function.declaration.name, function.seen)
            )
        )
        self._show_dialog()
        dialog.open()

    def _open_log(self, path: Path) -> None:
        if path.exists():
            open_file(path)

    def _ask_removal(self, name: str) -> None:
        confirm(
            self._dialog or self._page,
            self._theme,
            tr("Remove {name}?").format(name=one_line(name)),
            tr("Its settings, what you allowed, and its saved values are deleted."),
            tr("Remove"),
            lambda: self._remove(name),
        )

    def _remove(self, name: str) -> None:
        def forget(store: Store) -> None:
            for row in store.consents.all():
                if row.tool == SERVER + name:
                    store.consents.remove(row.chat, row.tool, row.function)

        self._when(self._host.tool_parts.mcp.remove(name))
        self._when(self._host.disk(forget), lambda _: self._read_consents())

    def _revoke(self, row: ConsentRow | DepartureRow) -> None:
        """Forget what the user has decided, so that he is asked again."""

        def write(store: Store) -> None:
            if isinstance(row, DepartureRow):
                store.departures.remove(row)
            else:
                store.consents.remove(row.chat, row.tool, row.function)

        self._when(self._host.disk(write), lambda _: self._read_consents())

    def _decide(self, chat: int | None, tool: str, function: str, pin: str, decision: str) -> None:
        """Keep what the user decides about a function, or forget it."""

        def write(store: Store) -> None:
            if decision == ASK:
                store.consents.remove(chat, tool, function)
            else:
                store.consents.set(chat, tool, function, pin, decision)

        self._when(self._host.disk(write), lambda _: self._read_consents())

    # --- Adding -------------------------------------------------------------------------------

    def _add(self, edited: Server | None = None) -> None:
        from app.ui.preferences.add_mcp_server_dialog import AddMcpServerDialog

        parent = self._dialog if edited and self._dialog else self._page
        dialog = AddMcpServerDialog(self._theme, parent, edited)
        dialog.added.connect(
            lambda servers, secrets: self._keep(servers, secrets, edited.name if edited else "")
        )
        dialog.open()

    def _keep(self, servers: tuple[Server, ...], secrets: Mapping[str, str], old: str) -> None:
        """Add servers, or change the one called ``old``; their secrets go to the keyring."""
        mcp = self._host.tool_parts.mcp
        if old and servers:
            self._when(mcp.put(servers[0], instead=old))
        else:
            self._when(mcp.add(servers, secrets))

    def _import(self) -> None:
        """Offer the servers of other programs."""
        from app.tools.mcp import other_programs

        self._do(other_programs.find, self._offer)

    def _offer(self, found: tuple[FoundServers, ...]) -> None:
        from app.ui.preferences.import_mcp_servers_dialog import ImportMcpServersDialog

        known = [status.server for status in self._servers]
        dialog = ImportMcpServersDialog(self._theme, found, known, self._page)
        dialog.wanted.connect(lambda servers: self._keep(servers, {}, ""))
        dialog.file_wanted.connect(self._choose_file)
        dialog.open()

    def _choose_file(self) -> None:
        def add(path: Path) -> None:
            self._do(
                lambda: parse(path.read_text("utf-8-sig")).servers,
                lambda servers: self._keep(servers, {}, ""),
            )

        kinds = tr("MCP servers (*.json);;All files (*)")
        ask_file(self._page, "serversFileDialog", tr("Import servers"), add, kinds)

    # --- Threads ------------------------------------------------------------------------------

    def _do(self, work: Callable[[], T], done: Callable[[T], object] = lambda _: None) -> None:
        """Do what may take long on another thread."""
        self._when(self._host.jobs.submit(work), done)

    def _when(
        self,
        future: Future[T],
        done: Callable[[T], object] = lambda _: None,
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        def deliver(result: T) -> None:
            if isValid(self._page):
                done(result)

        def fail(error: BaseException) -> None:
            if isValid(self._page):
                (failed or self._page.show_error)(error)

        self._bridge.when_done(future, deliver, fail)
