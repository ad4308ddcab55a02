"""The chat that is shown: its messages, the composer, its calls, and the reader beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow

from app.host import Host
from app.ui.bridge import Bridge
from app.ui.commands import Commands
from app.ui.composer.attachment_controller import AttachmentController
from app.ui.composer.composer_controller import ComposerController
from app.ui.composer.draft_keeper import DraftKeeper
from app.ui.composer.tools_controller import ToolsController
from app.ui.conversation.branches import Branches
from app.ui.conversation.file_saver import FileSaver
from app.ui.conversation.message_undo import MessageUndo
from app.ui.conversation.rerun_controller import RerunController
from app.ui.presets.preset_controller import PresetController
from app.ui.reader.reader_controller import ReaderController
from app.ui.restart import Again
from app.ui.state.shared_state import SharedState
from app.ui.theme import Theme
from app.ui.window.answer_notice import DesktopNotifier
from app.ui.window.chat_navigator import ChatNavigator
from app.ui.window.chat_presenter import ChatPresenter
from app.ui.window.consent_controller import ConsentController
from app.ui.window.error_actions import ErrorActions
from app.ui.window.layout import WindowLayout
from app.ui.window.model_area import ModelArea
from app.ui.window.status_controller import StatusController
from app.ui.window.status_line import StatusLine

if TYPE_CHECKING:
    from app.ui.conversation.transcript import Transcript


class ChatArea:
    """The controllers of the conversation and the composer.

    ``again`` closes the window and opens another.
    """

    def __init__(
        self,
        window: QMainWindow,
        theme: Theme,
        host: Host,
        bridge: Bridge,
        views: WindowLayout,
        state: SharedState,
        models: ModelArea,
        notifier: DesktopNotifier,
        commands: Commands,
        again: Again,
    ) -> None:
        self._window, self._theme, self._host, self._bridge = window, theme, host, bridge
        self._views, self._state, self._models = views, state, models
        self._make_messages()
        self._make_composer()
        self._make_navigator(commands)
        self._make_calls(notifier)
        self._error_actions = ErrorActions(
            views.banner,
            models.load_recovery,
            models.model_picker,
            self.navigator,
            host.folders.chats,
            again,
            window,
        )
        self._connect_messages()
        self._connect_composer()

    def _make_messages(self) -> None:
        window, views, state = self._window, self._views, self._state
        self.branches = Branches(
            views.conversation, views.composer, state.store, state.current, window
        )
        self._message_undo = MessageUndo(views.toast, self.branches)
        self._status_line = StatusLine(views.composer, views.conversation)
        self._presenter = ChatPresenter(
            views.conversation,
            self._status_line,
            state.store,
            state.turns,
            self.branches,
            state.current,
            window,
        )

    def _make_composer(self) -> None:
        window, theme, host, state = self._window, self._theme, self._host, self._state
        views, composer = self._views, self._views.composer
        self.preset_controller = PresetController(
            views.title_bar.preset_picker,
            state.presets,
            state.chat_settings,
            state.models,
            state.index,
            state.tools,
            window,
        )
        self.drafts = DraftKeeper(state.store, composer, self.branches.written, window)
        self.tools_controller = ToolsController(
            composer,
            state.tools,
            state.sources,
            state.chat_settings,
            state.models,
            state.turns,
            lambda: self._status_line.use,
            theme,
            window,
        )
        self.attachments = AttachmentController(
            composer, views.pages, theme, host, self._bridge, state.models, window
        )
        self.composer_controller = ComposerController(
            composer,
            views.conversation,
            host,
            state.turns,
            state.models,
            state.index,
            state.chat_settings,
            self.drafts,
            self.branches,
            state.current,
            window,
        )

    def _make_navigator(self, commands: Commands) -> None:
        state = self._state
        self.navigator = ChatNavigator(
            host=self._host,
            views=self._views,
            current=state.current,
            index=state.index,
            models=state.models,
            settings=state.chat_settings,
            turns=state.turns,
            branches=self.branches,
            drafts=self.drafts,
            attachments=self.attachments,
            composer=self.composer_controller,
            presets=self.preset_controller,
            presenter=self._presenter,
            status=self._status_line,
            parent=self._window,
        )
        self._status = StatusController(
            self._status_line,
            state.models,
            state.turns,
            state.current,
            self._host.engine.clients,
            self.composer_controller,
            commands,
            self._window,
        )

    def _make_calls(self, notifier: DesktopNotifier) -> None:
        window, host, views, state = self._window, self._host, self._views, self._state
        self.consents = ConsentController(
            state.turns,
            state.index,
            state.current,
            views.conversation,
            views.toast,
            self.navigator.open_chat,
            views.focus_editor,
            notifier.show,
            lambda: host.settings.notify,
            window,
        )
        self.reruns = RerunController(host.reruns, state.current, window)
        self.file_saver = FileSaver(window, views.toast, state.background)
        self.reader = ReaderController(
            views.reading, self._theme, host, state.background, views.toast, window
        )

    # --- Connections ------------------------------------------------------------------------

    def _connect_messages(self) -> None:
        views, navigator = self._views, self.navigator
        views.title_bar.new_chat.connect(navigator.new_chat)
        navigator.switched.connect(self.reruns.leave)
        navigator.switched.connect(self.reader.close)
        navigator.progressed.connect(self._status.show)
        self._models.load_recovery.tried.connect(self._status.show)
        views.conversation.begun.connect(self._connect_transcript)
        self.file_saver.failed.connect(views.banner.show_error)

    def _connect_transcript(self, transcript: Transcript) -> None:
        """Connect the transcript, which is created when it is first needed."""
        composer, state = self.composer_controller, self._state
        transcript.again.connect(composer.again)
        transcript.other_models = state.models.others
        transcript.resume.connect(composer.resume)
        transcript.conclude.connect(composer.conclude)
        transcript.hurried.connect(composer.hurry)
        transcript.withdrawn.connect(composer.stop)
        transcript.stopped.connect(composer.stop)
        transcript.decided.connect(self.consents.decide)
        self.reruns.connect_transcript(transcript)
        transcript.save_wanted.connect(self.file_saver.save)
        transcript.sought.connect(self._views.reading.uncover)
        transcript.cited.connect(
            lambda labels, mark: self.reader.open(labels.cited, labels.place(mark))
        )
        transcript.views.images.in_background = state.background.do
        transcript.act.connect(self._error_actions.act)
        transcript.thought_toggled.connect(self._set_thought_open)

    def _connect_composer(self) -> None:
        host, views, composer, state = self._host, self._views, self._views.composer, self._state
        composer.edit_ended.connect(self.branches.give_up)
        composer.take_back = self._message_undo.undo_last
        composer.typed.connect(self._message_undo.typed)
        state.turns.started.connect(self._message_undo.started)
        composer.set_send_key(host.settings.send_with_ctrl)
        self.composer_controller.model_wanted.connect(self._models.model_picker.show_page)
        self.attachments.arrived.connect(lambda chat, part: self.drafts.give_back(chat, (part,)))
        self.attachments.fit_changed.connect(self._status.show)
        self.tools_controller.told.connect(lambda text: views.toast.tell(text, "folder"))
        self.tools_controller.server_wanted.connect(lambda name: host.tool_parts.mcp.start(name))
        self.preset_controller.effort_set.connect(composer.set_effort)
        self.preset_controller.effort_chosen.connect(composer.choose_effort)
        self.preset_controller.notice.connect(views.banner.show_sentence)

    # --- The start and the end --------------------------------------------------------------

    def begin(self) -> None:
        """Show a new chat, and then the one of the last session with the drafts that were left."""
        last = self._host.settings.chat
        self.navigator.begin()
        self._state.store.ask(
            lambda store: store.drafts.all(), lambda drafts: self.navigator.reopen(last, drafts)
        )

    def end(self) -> None:
        """Keep what was typed, and stop what was run again."""
        self.drafts.keep()
        self.reruns.stop()

    def _set_thought_open(self, message: int, opened: bool) -> None:
        self._state.store.ask(lambda store: store.messages.set_thought_open(message, opened))
