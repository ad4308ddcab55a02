"""The main window: creates and connects the controllers, and decides which chat is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QWheelEvent
from PySide6.QtWidgets import QMainWindow

from app.host import Host
from app.store import SearchHit
from app.tools.mcp.system_browser import SystemBrowser
from app.turn import ModelUnloaded, UnloadFailed
from app.ui.archive.archive_controller import ArchiveController
from app.ui.bridge import Bridge
from app.ui.commands import Commands
from app.ui.composer.attachment_controller import AttachmentController
from app.ui.composer.composer_controller import ComposerController
from app.ui.composer.draft_keeper import DraftKeeper
from app.ui.composer.tools_controller import ToolsController
from app.ui.controls import zooms
from app.ui.conversation.branches import Branches
from app.ui.conversation.file_saver import FileSaver
from app.ui.conversation.message_undo import MessageUndo
from app.ui.conversation.rerun_controller import RerunController
from app.ui.exchange.everything_controller import EverythingController
from app.ui.exchange.exchange_controller import ExchangeController
from app.ui.file_manager import open_address
from app.ui.models.gpu_build_controller import GpuBuildController
from app.ui.models.load_recovery_controller import LoadRecoveryController
from app.ui.models.model_picker_controller import ModelPickerController
from app.ui.models.models_controller import ModelsController
from app.ui.palette.palette_controller import PaletteController
from app.ui.preferences.preferences_controller import PreferencesController
from app.ui.presets.preset_controller import PresetController
from app.ui.reader.reader_controller import ReaderController
from app.ui.screen import fit_window
from app.ui.sidebar.chat_controller import ChatController
from app.ui.sidebar.chat_undo import ChatUndo
from app.ui.state.chat_index import ChatIndex
from app.ui.state.chat_settings import ShownChatSettings
from app.ui.state.chat_tools import ChatTools
from app.ui.state.current_chat import CurrentChat
from app.ui.state.hardware_probe import HardwareProbe
from app.ui.state.installed_list import InstalledList
from app.ui.state.live_turns import LiveTurns
from app.ui.state.local_serving import LocalServing
from app.ui.state.model_choice import ModelChoice
from app.ui.state.preset_index import PresetIndex
from app.ui.state.source_list import SourceList
from app.ui.state.store_access import StoreAccess
from app.ui.theme import Theme
from app.ui.window.answer_notice import AnswerNotice, DesktopNotifier
from app.ui.window.chat_navigator import ChatNavigator
from app.ui.window.chat_presenter import ChatPresenter
from app.ui.window.command_list import CommandTargets, add_commands
from app.ui.window.consent_controller import ConsentController
from app.ui.window.drop_overlay import DropOverlay
from app.ui.window.error_actions import ErrorActions
from app.ui.window.events import EventDispatcher, EventReceivers, ModelEvent
from app.ui.window.file_drop import FileDrop
from app.ui.window.layout import WindowLayout
from app.ui.window.menu_bar import add_menu_bar
from app.ui.window.model_labels import ModelLabels
from app.ui.window.restart import Removal, Restart
from app.ui.window.serving_controller import ServingController
from app.ui.window.status_controller import StatusController
from app.ui.window.status_line import StatusLine
from app.ui.window.title_controller import TitleController
from app.ui.window.zoom_controller import ZoomController
from app.ui.work_thread import WorkThread
from app.wording.errors import explain
from app.wording.language import tr

if TYPE_CHECKING:
    from app.tools.mcp.server_status import McpServersChanged
    from app.ui.conversation.transcript import Transcript

_SETTLED_MS = 150  # after the start, when the window is visible


class Window(QMainWindow):
    """Fireside's window. It holds its views, their shared state, and a controller per package."""

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
        self._make_views()
        self._make_state()
        self._make_rooms()
        self._make_chat()
        self._connect()
        add_commands(self.commands, self._command_targets())
        add_menu_bar(self, self.commands)
        self.file_drop.watch(self)  # last: each command, and whatever is in it, is an event of it
        self.views.restore(host.settings.window, host.settings.splitter)
        self._begin()

    def _make_views(self) -> None:
        self.views = views = WindowLayout(self, self._theme)
        self.sidebar, self.composer, self.pages = views.sidebar, views.composer, views.pages
        self.conversation, self.title_bar = views.conversation, views.title_bar
        self.banner, self.toast = views.banner, views.toast
        self.commands = Commands(self)
        self.zoom = ZoomController(self._theme, self._host, self)

    def _make_state(self) -> None:
        host, bridge = self._host, self._bridge
        self.background = WorkThread(bridge)
        self.store = StoreAccess(host, bridge, self.banner.show_error)
        self.turns = LiveTurns(host.chats, self)
        self.current = CurrentChat(self.turns)
        self.models = ModelChoice(host, self, self.turns.waits_for)
        self.installed = InstalledList(host, bridge, self)
        self.hardware = HardwareProbe(host, bridge, self.models, self)
        self.local_server = LocalServing(host, bridge, self)
        self.index = ChatIndex(self.store, self)
        self.chat_settings = ShownChatSettings(self.index, self.models, self.current)
        self.chat_settings.effort = host.settings.effort
        self.chat_settings.python = host.settings.python
        self.presets = PresetIndex(self.store, self)
        host.tool_parts.system_browser = SystemBrowser(
            lambda address: bridge.call(lambda: open_address(address)),
            tr("You’re signed in. You can close this page and return to Fireside."),
        )
        self.sources = SourceList(
            lambda: host.tool_parts.source_library,
            lambda: host.tool_parts.has_sources,
            host.jobs,
            bridge,
            self,
        )
        self.tools = ChatTools(
            lambda: host.tools.all(),
            lambda name: host.tool_parts.mcp.status(name),
            self.sources,
            host.tool_costs,
            host.jobs.submit,
            self.chat_settings,
            self.models,
            bridge,
        )

    def _make_rooms(self) -> None:
        """Create the controllers that do not depend on the chat."""
        host, bridge, theme, views = self._host, self._bridge, self._theme, self.views
        self.models_controller = ModelsController(theme, host, bridge, self.installed, self)
        self.sidebar.add_foot(self.models_controller.bar)
        self.model_picker = ModelPickerController(
            self, self.pages, self.banner, self.models, self.models_controller, self.installed
        )
        self.model_labels = ModelLabels(
            self.models, self.tools, self.turns, host.backend.abilities, views, self
        )
        self.undo = ChatUndo(self.toast, self.index)
        self.archive = ArchiveController(
            self.pages, theme, host, bridge, self.store, self.index, self
        )
        self.exchange = ExchangeController(self, self.toast, theme, host, bridge, self.index)
        self.everything = EverythingController(self, theme, host, bridge)
        self.chats = ChatController(
            self.sidebar, self.pages, host, self.index, self.undo, self.turns, self.current, self
        )
        self.load_recovery = LoadRecoveryController(
            host, bridge, self.pages, self.banner, self.models, self.turns, self.current, self
        )
        self.gpu_build = GpuBuildController(
            theme, host, bridge, self.toast, self.models, self.load_recovery, self
        )
        self.sidebar.add_foot(self.gpu_build.card)
        self.preferences = PreferencesController(
            self,
            self.conversation,
            theme,
            host,
            bridge,
            self.models,
            self.hardware,
            self.chat_settings,
            self.presets,
            self.tools,
            self.sources,
            self.local_server,
        )
        self.serving = ServingController(
            self, theme, self.local_server, self.sidebar, self.preferences, self.raise_to_front
        )
        self.preset_controller = PresetController(
            self.title_bar.preset_picker,
            self.presets,
            self.chat_settings,
            self.models,
            self.index,
            self.tools,
            self,
        )
        self.palette_controller = PaletteController(
            self, theme, host, bridge, self.index, self.commands
        )
        self.file_drop = FileDrop(self)
        self.drop_overlay = DropOverlay(theme, self.pages)
        self.file_drop.welcomed.connect(self.drop_overlay.welcome)
        self.file_drop.gone.connect(self.drop_overlay.hide)
        self.titles = TitleController(
            self, self.views, self.index, self.current, self.model_picker, self.archive
        )
        self.notifier = DesktopNotifier(self)
        self.notifier.clicked.connect(self.raise_to_front)
        self.answer_notice = AnswerNotice(
            self.turns, self.index, lambda: host.settings.notify, self.notifier.show, self
        )

    def _make_chat(self) -> None:
        """Create the controllers of the chat that is shown."""
        host, bridge, theme = self._host, self._bridge, self._theme
        self.branches = Branches(self.conversation, self.composer, self.store, self.current, self)
        self.message_undo = MessageUndo(self.toast, self.branches)
        self.drafts = DraftKeeper(self.store, self.composer, self.branches.written, self)
        self.status_line = StatusLine(self.composer, self.conversation)
        self.presenter = ChatPresenter(
            self.conversation,
            self.status_line,
            self.store,
            self.turns,
            self.branches,
            self.current,
            self,
        )
        self.tools_controller = ToolsController(
            self.composer,
            self.tools,
            self.sources,
            self.chat_settings,
            self.models,
            self.turns,
            lambda: self.status_line.use,
            theme,
            self,
        )
        self.attachments = AttachmentController(
            self.composer, self.pages, theme, host, bridge, self.models, self
        )
        self.composer_controller = ComposerController(
            self.composer,
            self.conversation,
            host,
            self.turns,
            self.models,
            self.index,
            self.chat_settings,
            self.drafts,
            self.branches,
            self.current,
            self,
        )
        self.navigator = ChatNavigator(
            host=host,
            views=self.views,
            current=self.current,
            index=self.index,
            models=self.models,
            settings=self.chat_settings,
            turns=self.turns,
            branches=self.branches,
            drafts=self.drafts,
            attachments=self.attachments,
            composer=self.composer_controller,
            presets=self.preset_controller,
            presenter=self.presenter,
            status=self.status_line,
            parent=self,
        )
        self.status = StatusController(
            self.status_line,
            self.models,
            self.turns,
            self.current,
            host.clients,
            self.composer_controller,
            self.commands,
            self,
        )
        self._make_calls()
        self.error_actions = ErrorActions(
            self.banner,
            self.load_recovery,
            self.model_picker,
            self.navigator,
            host.folders.chats,
            self,
        )

    def _make_calls(self) -> None:
        """Create the controllers of the calls in the chat that is shown."""
        host = self._host
        self.consents = ConsentController(
            self.turns,
            self.index,
            self.current,
            self.conversation,
            self.toast,
            self.navigator.open_chat,
            self.views.focus_editor,
            self.notifier.show,
            lambda: host.settings.notify,
            self,
        )
        self.reruns = RerunController(host.reruns, self.current, self)
        self.file_saver = FileSaver(self, self.toast, self.background)
        self.reader = ReaderController(
            self.views.reading, self._theme, host, self.background, self.toast, self
        )

    def _command_targets(self) -> CommandTargets:
        return CommandTargets(
            new_chat=self.navigator.new_chat,
            quit=self.serving.quit,
            layout=self.views,
            current=self.current,
            chats=self.chats,
            composer=self.composer_controller,
            consents=self.consents,
            attachments=self.attachments,
            archive=self.archive,
            models=self.model_picker,
            choice=self.models,
            presets=self.preset_controller,
            tools=self.tools_controller,
            preferences=self.preferences,
            exchange=self.exchange,
            everything=self.everything,
            palette=self.palette_controller,
            zoom=self.zoom,
        )

    # --- Connections ------------------------------------------------------------------------

    def _connect(self) -> None:
        self._connect_events()
        self._connect_chats()
        self._connect_composer()
        self._connect_models()
        self._connect_rooms()

    def _connect_events(self) -> None:
        self._dispatcher = EventDispatcher(
            EventReceivers(
                model=self._receive_model,
                unloaded=self._receive_unloaded,
                model_moving=self.installed.receive,
                file_reading=self.attachments.receive,
                download=self.models_controller.receive,
                renamed=self.index.put,
                reading_ahead=self.composer_controller.prefill.receive,
                turns=self.turns.receive,
                forecast=self.navigator.foresee,
                answered_slowly=self.load_recovery.answered_slowly,
                reruns=self.reruns.receive,
                servers=self._servers_changed,
                sources=self.sources.receive,
                serving=self.local_server.refresh,
                not_saved=self.banner.show_error,
                saved_again=self.banner.hide_store_error,
            )
        )
        self._bridge.delivered.connect(self._dispatcher.receive)

    def _connect_chats(self) -> None:
        self.sidebar.new_chat.connect(self.navigator.new_chat)
        self.title_bar.new_chat.connect(self.navigator.new_chat)
        self.sidebar.opened.connect(self._open_listed)
        self.sidebar.collapsed.connect(lambda: self.views.show_sidebar(False))
        self.chats.left.connect(self.navigator.leave_chat)
        self.chats.returned.connect(self.navigator.open_chat)
        self.chats.exported.connect(self.exchange.export_chats)
        self.sidebar.away.connect(self.archive.show_page)
        self.archive.opened.connect(self.navigator.open_chat)
        self.archive.erased.connect(self.undo.forget)
        self.archive.erased.connect(self.drafts.forget)
        self.navigator.switched.connect(self.titles.show)
        self.navigator.switched.connect(self.reruns.leave)
        self.navigator.switched.connect(self.reader.close)
        self.navigator.progressed.connect(self.status.show)
        turns = self.turns
        for changed in (turns.asked, turns.decided, turns.started, turns.ended, turns.withdrawn):
            changed.connect(lambda *_: self._mark_chats())
        self.conversation.begun.connect(self._connect_transcript)
        self.palette_controller.opened.connect(lambda hit: self.navigator.open_chat(hit.chat, hit))

    def _connect_transcript(self, transcript: Transcript) -> None:
        """Connect the transcript, which is created when it is first needed."""
        transcript.again.connect(self.composer_controller.again)
        transcript.other_models = self.models.others
        transcript.resume.connect(self.composer_controller.resume)
        transcript.conclude.connect(self.composer_controller.conclude)
        transcript.hurried.connect(self.composer_controller.hurry)
        transcript.withdrawn.connect(self.composer_controller.stop)
        transcript.stopped.connect(self.composer_controller.stop)
        transcript.decided.connect(self.consents.decide)
        self.reruns.connect_transcript(transcript)
        transcript.save_wanted.connect(self.file_saver.save)
        transcript.sought.connect(self.views.reading.uncover)
        transcript.cited.connect(
            lambda labels, mark: self.reader.open(labels.cited, labels.place(mark))
        )
        transcript.views.images.in_background = self.background.do
        transcript.act.connect(self.error_actions.act)
        transcript.thought_toggled.connect(self._set_thought_open)
        transcript.zoomed.connect(self.zoom.wheel)

    def _connect_composer(self) -> None:
        self.composer.edit_ended.connect(self.branches.give_up)
        self.composer.take_back = self.message_undo.undo_last
        self.composer.typed.connect(self.message_undo.typed)
        self.turns.started.connect(self.message_undo.started)
        self.composer.model_menu_opened.connect(self.model_picker.fill)
        self.composer_controller.model_wanted.connect(self.model_picker.show_page)
        self.composer.editor.files_given.connect(self.file_drop.take)
        self.pages.closed.connect(self.views.focus_editor)
        self.attachments.arrived.connect(lambda chat, part: self.drafts.give_back(chat, (part,)))
        self.attachments.fit_changed.connect(self.status.show)
        self.file_drop.attached.connect(self.attachments.attach)
        self.file_drop.chats.connect(self.exchange.bring)
        self.file_drop.model.connect(self.model_picker.use)
        self.file_drop.folders.connect(self.tools_controller.offer)
        self.file_drop.encyclopaedias.connect(self.tools_controller.add)
        self.tools_controller.chats_wanted.connect(self.exchange.bring)

    def _connect_models(self) -> None:
        self.models_controller.bar.opened.connect(self.model_picker.show_page)
        self.turns.started.connect(lambda *_: self.models.use())
        self.views.demo_line.wanted.connect(self.model_picker.choose_first)
        self.model_picker.turned.connect(self._models_page_turned)
        self.load_recovery.menu_wanted.connect(self.composer.pick_model)
        self.load_recovery.tried.connect(self.status.show)
        self.load_recovery.tried.connect(self.views.focus_editor)
        self.hardware.examined.connect(self.models_controller.examined)

    def _connect_rooms(self) -> None:
        self.error_actions.repair_wanted.connect(self.again)
        self.exchange.failed.connect(self.banner.show_error)
        self.file_saver.failed.connect(self.banner.show_error)
        self.exchange.imported.connect(self.index.refresh)
        self.exchange.shown.connect(self._show_imported)
        self.sidebar.preferences.connect(self.preferences.open)
        self.preferences.restore_requested.connect(self.again)
        self.everything.imported.connect(self.index.refresh)
        self.everything.imported.connect(self.presets.refresh)
        self.everything.restart_wanted.connect(lambda: self.again.emit(Restart()))
        self.preferences.restart_wanted.connect(lambda: self.again.emit(Restart()))
        self.preferences.removal_wanted.connect(lambda kinds: self.again.emit(Removal(kinds)))
        self.preferences.export_everything.connect(self.everything.export_all)
        self.preferences.import_everything.connect(self.everything.import_all)
        self.composer.set_send_key(self._host.settings.send_with_ctrl)
        self.preferences.send_key_changed.connect(self.composer.set_send_key)
        self.preferences.effort_changed.connect(self.preset_controller.set_effort)
        self.preferences.python_changed.connect(self.preset_controller.set_python)
        self.preferences.instructions_changed.connect(self.composer_controller.prefill.changed)
        self.preferences.export_all.connect(self.exchange.export_all)
        self.preferences.import_chats.connect(self.exchange.import_chats)
        self.preferences.import_folder.connect(self.exchange.import_folder)
        self.preset_controller.effort_set.connect(self.composer.set_effort)
        self.preset_controller.effort_chosen.connect(self.composer.choose_effort)
        self.preset_controller.page_wanted.connect(self.preferences.open)
        self.tools_controller.page_wanted.connect(self.preferences.open)
        self.sources.failed.connect(self.banner.show_error)
        self.tools_controller.told.connect(lambda text: self.toast.tell(text, "folder"))
        self.models_controller.offline_changed.connect(self.tools.refresh)
        self.tools.changed.connect(self.commands.refresh)
        self.tools_controller.server_wanted.connect(
            lambda name: self._host.tool_parts.mcp.start(name)
        )
        self.preset_controller.notice.connect(self.banner.show_sentence)

    # --- The start and the end --------------------------------------------------------------

    def _begin(self) -> None:
        self.index.refresh()
        self.presets.refresh()
        last = self._host.settings.chat
        self.navigator.begin()
        self.store.ask(
            lambda store: store.drafts.all(), lambda drafts: self.navigator.reopen(last, drafts)
        )
        QTimer.singleShot(_SETTLED_MS, self, self._settle)

    def _settle(self) -> None:
        """Do whatever can wait until the window is visible."""
        fit_window(self)  # the system has drawn its frame by now
        self.installed.look()
        self.sources.refresh()
        self.tools.refresh()
        self.models_controller.resume()
        self.gpu_build.begin()
        self.local_server.begin()
        for damage in reversed(self._host.damages()):  # the first one stays
            self.banner.show_error(damage)
        self._bridge.when_done(self._host.tidy(), lambda _: None, self.banner.show_error)
        self._host.speeds.begin()

    def called(self, model: Path | None) -> None:
        """Come to the front, since Fireside was started again, perhaps with a model."""
        self.raise_to_front()
        if model:
            self.model_picker.use(model)

    def _show_imported(self, chats: tuple[int, ...]) -> None:
        """Open a chat that was imported; if there are several, select them in the list."""
        self.preferences.close()
        self.raise_to_front()
        if len(chats) == 1:
            self.navigator.open_chat(chats[0])
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
        self.drafts.keep()
        self.gpu_build.end()
        self.reruns.stop()
        self._host.change(**self.views.geometry())
        self.background.close()
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
        return self.current.id

    @property
    def transcript(self) -> Transcript:
        """The transcript, created on first use."""
        return self.conversation.transcript

    def new_chat(self) -> None:
        """Show a new chat."""
        self.navigator.new_chat()

    def open_chat(self, chat: int, place: SearchHit | None = None) -> None:
        """Show a chat at its end, or at a search hit."""
        self.navigator.open_chat(chat, place)

    def _open_listed(self, chat: int) -> None:
        """Open a chat of the sidebar, at the place for which the search lists it."""
        place = self.index.places.get(chat)
        self.navigator.open_chat(chat, place if place and place.message is not None else None)

    def _mark_chats(self) -> None:
        """Show which chats are answered, and which wait for a decision of the user."""
        self.sidebar.list.chats.mark(waiting=self.turns.asking, answered=self.turns.answered)
        self.commands.refresh()

    def _receive_model(self, event: ModelEvent) -> None:
        self.turns.receive_model(event)
        self.models.receive(event)

    def _receive_unloaded(self, event: ModelUnloaded | UnloadFailed) -> None:
        self.models.receive_unloaded(event)
        if isinstance(event, UnloadFailed):
            self.toast.tell(explain(event.error).sentence, "alert")

    def _servers_changed(self, event: McpServersChanged) -> None:
        self.tools.refresh()
        self.preferences.servers_changed(event)

    def _set_thought_open(self, message: int, opened: bool) -> None:
        self.store.ask(lambda store: store.messages.set_thought_open(message, opened))

    def _models_page_turned(self) -> None:
        if self.model_picker.shown:
            self.hardware.look()
