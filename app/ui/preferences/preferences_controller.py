"""Controller of the preferences: opens them and applies every change."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QWidget
from shiboken6 import isValid

from app.base.secrets import HUB_TOKEN
from app.base.settings import ThemeChoice
from app.base.types import Effort
from app.host import Host
from app.ui.bridge import Bridge
from app.ui.commands import Commands
from app.ui.conversation.conversation_pane import ConversationPane
from app.ui.restart import Again, Removal, Restart
from app.ui.state.chat_settings import ShownChatSettings
from app.ui.state.chat_tools import ChatTools
from app.ui.state.hardware_probe import HardwareProbe
from app.ui.state.local_serving import LocalServing
from app.ui.state.model_choice import ModelChoice
from app.ui.state.preset_index import PresetIndex
from app.ui.state.source_list import SourceList
from app.ui.theme import Theme

if TYPE_CHECKING:
    from app.engine.overrides import Overrides
    from app.tools.mcp.server_status import McpServersChanged
    from app.ui.conversation.transcript import Transcript
    from app.ui.preferences.about_page import AboutPage
    from app.ui.preferences.backup_pane import BackupPane
    from app.ui.preferences.chats_page import ChatsPage
    from app.ui.preferences.general_page import GeneralPage
    from app.ui.preferences.hub_page import HubPage
    from app.ui.preferences.local_server_page import LocalServerPage
    from app.ui.preferences.mcp_servers_controller import McpServersController
    from app.ui.preferences.memory_page import MemoryPage
    from app.ui.preferences.preferences_dialog import PreferencesDialog
    from app.ui.preferences.tools_page import ToolsPage

T = TypeVar("T")


class PreferencesController(QObject):
    """A controller that connects the preferences with the host and the conversation."""

    instructions_changed = Signal()
    """The general instructions to the model have changed."""
    send_key_changed = Signal(bool)
    """Whether Ctrl+Enter sends now, rather than Enter."""
    effort_changed = Signal(Effort)
    """New chats have another effort now."""

    def __init__(
        self,
        window: QWidget,
        conversation: ConversationPane,
        theme: Theme,
        host: Host,
        bridge: Bridge,
        models: ModelChoice,
        hardware: HardwareProbe,
        settings: ShownChatSettings,
        presets: PresetIndex,
        tools: ChatTools,
        sources: SourceList,
        serving: LocalServing,
        commands: Commands,
        again: Again,
    ) -> None:
        super().__init__(window)
        self._window, self._conversation = window, conversation
        self._theme, self._host, self._bridge = theme, host, bridge
        self._models, self._hardware = models, hardware
        self._settings, self._presets, self._tools = settings, presets, tools
        self._sources, self._serving = sources, serving
        self._commands, self._again = commands, again
        self._dialog: PreferencesDialog | None = None
        self._general: GeneralPage | None = None
        self._servers: McpServersController | None = None
        conversation.begun.connect(self._apply_to_transcript)

    def open(self, page: str = "", field: str = "") -> None:
        """Show the preferences at a page, with the keyboard in its ``field``."""
        dialog = self._dialog or self._make()
        if page:
            dialog.show_page(page)
        dialog.show()
        dialog.activateWindow()
        if widget := dialog.findChild(QWidget, field) if field else None:
            widget.setFocus()

    def about(self) -> None:
        """Show the versions and licences."""
        from app.ui.preferences.about_page import AboutPage

        shown = self._window.findChild(QDialog, "about")
        dialog = shown or self._make_about(AboutPage(self._theme, self._window))
        dialog.show()
        dialog.activateWindow()

    def remove_data(self) -> None:
        """Ask which data is to be removed."""
        from app import removal
        from app.ui.preferences.removal_dialog import RemovalDialog

        dialog = RemovalDialog(self._theme, self._dialog or self._window)
        dialog.wanted.connect(lambda kinds: self._again(Removal(kinds)))
        dialog.open()
        found = self._host.jobs.submit(lambda: removal.find(self._host.folders))
        self._deliver(dialog, found, dialog.show_found, dialog.show_error)

    def _make_about(self, dialog: AboutPage) -> AboutPage:
        from app.base import licences

        self._deliver(
            dialog,
            self._host.disk(lambda _: licences.load()),
            dialog.set_components,
            dialog.show_load_error,
        )
        dialog.check_requested.connect(
            lambda: self._deliver(
                dialog,
                self._host.network.latest_release(),
                dialog.show_release,
                dialog.show_check_error,
            )
        )
        return dialog

    def _deliver(
        self,
        view: QObject,
        future: Future[T],
        done: Callable[[T], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Deliver a result or an error to a view, unless it has been closed."""

        def deliver(result: T) -> None:
            if isValid(view):
                done(result)

        def fail(error: BaseException) -> None:
            if isValid(view):
                failed(error)

        self._bridge.when_done(future, deliver, fail)

    def close(self) -> None:
        """Close the preferences, committing half-written values."""
        if self._dialog:
            self._dialog.close()

    def _make(self) -> PreferencesDialog:
        # Imported late: most runs never show them.
        from app.ui.preferences.backup_pane import BackupPane
        from app.ui.preferences.chat_page import ChatPage
        from app.ui.preferences.chats_page import ChatsPage
        from app.ui.preferences.data_page import DataPage
        from app.ui.preferences.diagnosis_controller import DiagnosisController
        from app.ui.preferences.diagnosis_page import DiagnosisPage
        from app.ui.preferences.general_page import GeneralPage
        from app.ui.preferences.hub_page import HubPage
        from app.ui.preferences.memory_page import MemoryPage
        from app.ui.preferences.preferences_dialog import PreferencesDialog
        from app.ui.preferences.presets_page import PresetsPage

        settings = self._host.settings
        general = self._general = GeneralPage(self._theme, settings)
        self._connect_general(general)
        chats = ChatsPage(settings)
        self._connect_chats(chats)
        chat = ChatPage(self._theme, self._settings)
        presets = PresetsPage(self._theme, self._presets, self._models, self._tools)
        backups = BackupPane(self._theme)
        self._connect_backups(backups)
        data = DataPage(self._theme, self._host.folders.data, backups, self._commands)
        memory = MemoryPage(
            self._theme,
            self._host.overrides,
            settings.kept_gb,
            settings.unload_minutes,
            self._models,
            self._hardware,
        )
        self._connect_memory(memory)
        text = DiagnosisController(self._host, self._tools, self._sources)
        diagnosis = DiagnosisPage(self._theme, self._hardware, text.report, text.end_of_log)
        tools = self._make_tools()
        hub = HubPage(self._theme, settings.hub_address)
        self._connect_hub(hub)
        server = self._make_server()
        pages = (general, chats, chat, presets, tools, server, data, hub, memory, diagnosis)
        self._dialog = dialog = PreferencesDialog(pages, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._closed)
        return dialog

    def _make_tools(self) -> ToolsPage:
        from urllib.request import getproxies

        from app.ui.preferences.mcp_servers_controller import McpServersController
        from app.ui.preferences.sources_controller import SourcesController
        from app.ui.preferences.tools_page import ToolsPage
        from app.ui.preferences.web_search_controller import WebSearchController
        from app.ui.preferences.web_search_part import WebSearchPart

        settings = self._host.settings
        web = WebSearchPart(
            self._theme,
            settings.web_search,
            settings.searxng_address,
            proxy=bool(getproxies().keys() & {"http", "https", "all"}),
            by_proxy=settings.web_by_proxy,
        )
        WebSearchController(web, self._host, self._bridge, self._tools)
        allowed = self._host.policy.tools
        page = ToolsPage(self._theme, self._tools, web, python=settings.python, allowed=allowed)
        page.python_chosen.connect(self._choose_python)
        self._servers = McpServersController(page, self._theme, self._host, self._bridge)
        SourcesController(page, self._theme, self._sources)
        return page

    def _make_server(self) -> LocalServerPage:
        from app.ui.preferences.local_server_controller import LocalServerController
        from app.ui.preferences.local_server_page import LocalServerPage

        locked = not self._host.policy.server
        page = LocalServerPage(self._theme, self._serving.port, locked=locked)
        LocalServerController(page, self._theme, self._serving, self._models)
        return page

    def _connect_general(self, page: GeneralPage) -> None:
        page.theme_chosen.connect(lambda value: self.apply_theme(ThemeChoice(value)))
        page.language_chosen.connect(lambda code: self._host.change(language=code))
        page.restart_wanted.connect(lambda: self._again(Restart()))
        page.text_size_chosen.connect(self._set_text_size)
        page.notify_chosen.connect(lambda on: self._host.change(notify=on))
        page.export_folder_chosen.connect(lambda folder: self._host.change(exports=folder))
        page.export_folder_chosen.connect(page.show_export_folder)
        page.about.connect(self.about)

    def _connect_chats(self, page: ChatsPage) -> None:
        page.send_key_chosen.connect(self._choose_send_key)
        page.effort_chosen.connect(self._choose_effort)
        page.read_ahead_chosen.connect(lambda on: self._host.change(prepare=on))
        page.name_chats_chosen.connect(lambda on: self._host.change(name_chats=on))
        page.instructions_written.connect(self._change_instructions)
        page.copy_format_chosen.connect(self._choose_copy_format)

    def _connect_memory(self, page: MemoryPage) -> None:
        page.plan_applied.connect(self._apply_plan)
        page.cache_limit_chosen.connect(lambda size: self._host.change(kept_gb=size))
        page.idle_time_chosen.connect(lambda minutes: self._host.change(unload_minutes=minutes))
        page.speeds.wanted.connect(
            lambda: self._deliver(
                page, self._host.speeds.measure(), page.show_measured, page.show_measuring_failed
            )
        )

    def _connect_hub(self, page: HubPage) -> None:
        page.address_chosen.connect(lambda address: self._host.change(hub_address=address))
        page.token_given.connect(
            lambda token: self._deliver(
                page, self._host.keep_hub_token(token), page.show_place, page.show_error
            )
        )
        place = self._host.keeping.submit(lambda: self._host.secrets.place(HUB_TOKEN))
        self._deliver(page, place, page.show_place, page.show_error)

    def _connect_backups(self, pane: BackupPane) -> None:
        def load(*, make: bool) -> None:
            pane.set_busy()
            self._deliver(
                pane, self._host.backups.listed(make=make), pane.set_backups, pane.show_error
            )

        pane.make_requested.connect(lambda: load(make=True))
        pane.restore_requested.connect(self._again)
        load(make=False)

    def _choose_send_key(self, ctrl: bool) -> None:
        self._host.change(send_with_ctrl=ctrl)
        self.send_key_changed.emit(ctrl)

    def servers_changed(self, event: McpServersChanged) -> None:
        """Show how the servers stand now, if the preferences are open."""
        if self._servers and self._dialog:
            self._servers.receive(event)

    def _choose_python(self, on: bool) -> None:
        self._host.change(python=on)
        self._settings.set_python(on)

    def _choose_effort(self, effort: Effort) -> None:
        self._host.change(effort=effort)
        self.effort_changed.emit(effort)

    def _change_instructions(self, text: str) -> None:
        self._host.change(instructions=text.strip())
        self.instructions_changed.emit()

    def _apply_plan(self, overrides: Overrides) -> None:
        self._host.override(overrides)
        if self._models.asked:
            self._models.choose(self._models.asked)

    def _closed(self) -> None:
        self._dialog = self._general = self._servers = None

    def _apply_to_transcript(self, transcript: Transcript) -> None:
        transcript.list.set_pixels(self._host.settings.text_size)
        transcript.selection.markdown = self._host.settings.copy_markdown

    def _set_text_size(self, size: int) -> None:
        self._host.change(text_size=size)
        if self._general:
            self._general.show_text_size(size)
        if self._conversation.has_transcript:
            self._conversation.transcript.list.set_pixels(size)

    def apply_theme(self, theme: ThemeChoice) -> None:
        """Apply a theme and remember it."""
        self._theme.choose(theme)
        self._host.change(theme=theme)

    def _choose_copy_format(self, markdown: bool) -> None:
        self._host.change(copy_markdown=markdown)
        if self._conversation.has_transcript:
            self._conversation.transcript.selection.markdown = markdown
