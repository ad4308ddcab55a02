"""The main window: its areas, what connects them, its start and its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QWheelEvent
from PySide6.QtWidgets import QMainWindow

from app.host import Host
from app.store import SearchHit
from app.tools.mcp.system_browser import SystemBrowser
from app.ui.bridge import Bridge
from app.ui.commands import Commands
from app.ui.controls import zooms
from app.ui.file_manager import open_address
from app.ui.preferences.preferences_controller import PreferencesController
from app.ui.screen import fit_window
from app.ui.state.shared_state import SharedState
from app.ui.theme import Theme
from app.ui.window.answer_notice import AnswerNotice, DesktopNotifier
from app.ui.window.chat_area import ChatArea
from app.ui.window.command_list import CommandTargets, add_commands
from app.ui.window.drop_overlay import DropOverlay
from app.ui.window.events import EventDispatcher, EventReceivers
from app.ui.window.file_drop import FileDrop
from app.ui.window.layout import WindowLayout
from app.ui.window.library_area import LibraryArea
from app.ui.window.menu_bar import add_menu_bar
from app.ui.window.model_area import ModelArea
from app.ui.window.serving_controller import ServingController
from app.ui.window.title_controller import TitleController
from app.ui.window.zoom_controller import ZoomController
from app.wording.language import tr

if TYPE_CHECKING:
    from app.tools.mcp.server_status import McpServersChanged
    from app.ui.conversation.transcript import Transcript

_SETTLED_MS = 150  # after the start, when the window is visible


class Window(QMainWindow):
    """Fireside's window: its views, their shared state, and the areas with the controllers."""

    again = Signal(object)
    """The window is to be closed and opened again.

    The argument is a Backup to restore, a StoreError to recover from, a Restart, or a Removal.
    """

    def __init__(self, host: Host, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("Fireside")
        theme.set_zoom(host.settings.zoom)
        self.setMinimumSize(480, 280)
        self.resize(1180, 860)
        self._host, self._bridge, self._theme = host, bridge, theme
        self.views = views = WindowLayout(self, theme)
        self.sidebar, self.composer, self.pages = views.sidebar, views.composer, views.pages
        self.conversation, self.title_bar = views.conversation, views.title_bar
        self.banner, self.toast = views.banner, views.toast
        self.commands = Commands(self)
        self.state = SharedState(host, bridge, self.banner.show_error, self)
        self._make_areas()
        self._make_preferences()
        self._connect()
        add_commands(self.commands, self._command_targets())
        add_menu_bar(self, self.commands)
        self.file_drop.watch(self)  # last: each command, and whatever is in it, is an event of it
        views.restore(host.settings.window, host.settings.splitter)
        self.state.index.refresh()
        self.state.presets.refresh()
        self.chat_area.begin()  # after the list of chats is read: the last one is looked up in it
        QTimer.singleShot(_SETTLED_MS, self, self._settle)

    def _make_areas(self) -> None:
        host, bridge, theme = self._host, self._bridge, self._theme
        views, state, again = self.views, self.state, self.again.emit
        self.zoom = ZoomController(theme, host, self)
        self._notifier = DesktopNotifier(self)
        self.answer_notice = AnswerNotice(
            state.turns, state.index, lambda: host.settings.notify, self._notifier.show, self
        )
        self.model_area = ModelArea(self, theme, host, bridge, views, state)
        self.chat_area = ChatArea(
            self,
            theme,
            host,
            bridge,
            views,
            state,
            self.model_area,
            self._notifier,
            self.commands,
            again,
        )
        self.library = LibraryArea(
            self, theme, host, bridge, views, state, self.chat_area, self.commands, again
        )
        self._titles = TitleController(
            self,
            views,
            state.index,
            state.current,
            self.model_area.model_picker,
            self.library.archive,
        )
        self.file_drop = FileDrop(self)
        self._drop_overlay = DropOverlay(theme, self.pages)

    def _make_preferences(self) -> None:
        state, host = self.state, self._host
        self.preferences = PreferencesController(
            self,
            self.conversation,
            self._theme,
            host,
            self._bridge,
            state.models,
            state.hardware,
            state.chat_settings,
            state.presets,
            state.tools,
            state.sources,
            state.local_server,
            self.commands,
            self.again.emit,
        )
        self.serving = ServingController(
            self,
            self._theme,
            state.local_server,
            self.sidebar,
            self.preferences,
            self.raise_to_front,
        )
        host.tool_parts.system_browser = SystemBrowser(
            lambda address: self._bridge.call(lambda: open_address(address)),
            tr("You’re signed in. You can close this page and return to Fireside."),
        )

    def _command_targets(self) -> CommandTargets:
        return CommandTargets(
            layout=self.views,
            state=self.state,
            chat=self.chat_area,
            models=self.model_area,
            library=self.library,
            preferences=self.preferences,
            zoom=self.zoom,
            quit=self.serving.quit,
        )

    # --- Connections ------------------------------------------------------------------------

    def _connect(self) -> None:
        self._connect_events()
        self._connect_drops()
        self._connect_preferences()
        self.chat_area.navigator.switched.connect(self._titles.show)
        self.chat_area.tools_controller.chats_wanted.connect(self.library.exchange.bring)
        self.library.exchange.shown.connect(self._show_imported)
        self._notifier.clicked.connect(self.raise_to_front)
        self.conversation.begun.connect(
            lambda transcript: transcript.zoomed.connect(self.zoom.wheel)
        )
        self.state.tools.changed.connect(self.commands.refresh)

    def _connect_events(self) -> None:
        chat, models, state = self.chat_area, self.model_area, self.state
        self._dispatcher = EventDispatcher(
            EventReceivers(
                model=models.receive,
                unloaded=models.receive_unloaded,
                model_moving=state.installed.receive,
                file_reading=chat.attachments.receive,
                download=models.models_controller.receive,
                renamed=state.index.put,
                reading_ahead=chat.composer_controller.prefill.receive,
                turns=state.turns.receive,
                forecast=chat.navigator.foresee,
                answered_slowly=models.load_recovery.answered_slowly,
                reruns=chat.reruns.receive,
                servers=self._servers_changed,
                sources=state.sources.receive,
                serving=state.local_server.refresh,
                not_saved=self.banner.show_error,
                saved_again=self.banner.hide_store_error,
            )
        )
        self._bridge.delivered.connect(self._dispatcher.receive)

    def _connect_drops(self) -> None:
        drop, tools = self.file_drop, self.chat_area.tools_controller
        drop.welcomed.connect(self._drop_overlay.welcome)
        drop.gone.connect(self._drop_overlay.hide)
        drop.attached.connect(self.chat_area.attachments.attach)
        drop.chats.connect(self.library.exchange.bring)
        drop.model.connect(self.model_area.model_picker.use)
        drop.folders.connect(tools.offer)
        drop.encyclopaedias.connect(tools.add)
        self.composer.editor.files_given.connect(drop.take)

    def _connect_preferences(self) -> None:
        preferences, chat = self.preferences, self.chat_area
        self.sidebar.preferences.connect(preferences.open)
        chat.preset_controller.page_wanted.connect(preferences.open)
        chat.tools_controller.page_wanted.connect(preferences.open)
        preferences.send_key_changed.connect(self.composer.set_send_key)
        preferences.effort_changed.connect(chat.preset_controller.set_effort)
        preferences.instructions_changed.connect(chat.composer_controller.prefill.changed)

    # --- The start and the end --------------------------------------------------------------

    def _settle(self) -> None:
        """Do whatever can wait until the window is visible."""
        fit_window(self)  # the system has drawn its frame by now
        self.model_area.begin()
        self.state.sources.refresh()
        self.state.tools.refresh()
        self.state.local_server.begin()
        for damage in reversed(self._host.damages()):  # the first one stays
            self.banner.show_error(damage)
        self._bridge.when_done(self._host.tidy(), lambda _: None, self.banner.show_error)
        self._host.speeds.begin()

    def called(self, model: Path | None) -> None:
        """Come to the front, since Fireside was started again, perhaps with a model."""
        self.raise_to_front()
        if model:
            self.model_area.model_picker.use(model)

    def _show_imported(self, chats: tuple[int, ...]) -> None:
        """Open a chat that was imported; if there are several, select them in the list."""
        self.preferences.close()
        self.raise_to_front()
        if len(chats) == 1:
            self.open_chat(chats[0])
        else:
            self.views.show_sidebar(True)
            self.sidebar.search.clear()
            self.sidebar.list.show_chats(chats)

    def raise_to_front(self) -> None:
        """Raise the window above all others."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.serving.keeps(event):
            return
        self.preferences.close()
        self.model_area.gpu_build.end()
        self.chat_area.end()
        self._host.change(**self.views.geometry())
        self.state.background.close()
        super().closeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if zooms(event):
            self.zoom.wheel(event.angleDelta().y())
            event.accept()
        else:
            super().wheelEvent(event)

    # --- Which chat is shown ----------------------------------------------------------------

    @property
    def chat(self) -> int | None:
        """The chat that is shown; None for a new one."""
        return self.state.current.id

    @property
    def transcript(self) -> Transcript:
        """The transcript, created on first use."""
        return self.conversation.transcript

    def new_chat(self) -> None:
        """Show a new chat."""
        self.chat_area.navigator.new_chat()

    def open_chat(self, chat: int, place: SearchHit | None = None) -> None:
        """Show a chat at its end, or at a search hit."""
        self.chat_area.navigator.open_chat(chat, place)

    def _servers_changed(self, event: McpServersChanged) -> None:
        self.state.tools.refresh()
        self.preferences.servers_changed(event)
