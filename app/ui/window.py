"""The main window: puts the rooms together, and decides what is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent

from app.base.types import Effort, ModelRef
from app.documents import FileReading
from app.host import Host
from app.models.installed import ModelMoving
from app.store import ChatRow, MessageRow, SearchHit, State, Store, Unsent
from app.turn import (
    ContextForecast,
    ModelFailed,
    ModelLoading,
    ModelPlanned,
    ModelReady,
    NotSaved,
    ReadingAhead,
    Renamed,
    SavedAgain,
    SendFailed,
    TurnEnded,
    TurnProgress,
    TurnStarted,
)
from app.ui.archive.archive_controller import ArchiveController
from app.ui.banner_controller import BannerController
from app.ui.bridge import Bridge
from app.ui.commands import commands_of
from app.ui.composer.attachment_controller import AttachmentController
from app.ui.composer.composer_controller import ComposerController
from app.ui.composer.drafts import Drafts
from app.ui.conversation.branches import Branches
from app.ui.exchange.exchange_controller import ExchangeController
from app.ui.live_turns import LiveTurns
from app.ui.models.installed_list import InstalledList
from app.ui.models.model_choice import ModelChoice
from app.ui.models.model_picker_controller import ModelPickerController
from app.ui.models.models_controller import ModelsController
from app.ui.palette.palette_controller import PaletteController
from app.ui.preferences.hardware_probe import HardwareProbe
from app.ui.preferences.preferences_controller import PreferencesController
from app.ui.presets.chat_settings import ShownChatSettings
from app.ui.presets.preset_controller import PresetController
from app.ui.presets.preset_index import PresetIndex
from app.ui.sidebar.chat_controller import ChatController
from app.ui.sidebar.chat_index import ChatIndex
from app.ui.status_line import StatusLine
from app.ui.store_access import StoreAccess
from app.ui.theme import Theme
from app.ui.window_layout import WindowLayout
from app.wording.language import tr

if TYPE_CHECKING:
    from app.ui.conversation.transcript import Transcript

_SOON_MS = 150


class Window(WindowLayout):
    """Fireside's window."""

    def __init__(self, host: Host, bridge: Bridge, theme: Theme) -> None:
        super().__init__(theme, lambda menu: self.model_desk.fill(menu))
        self._host, self._bridge = host, bridge
        self.banner_desk = BannerController(self, host)
        self.disk = StoreAccess(host, bridge, self.banner_desk.tell)
        self.turns = LiveTurns(host.chats, self)
        self.models = ModelChoice(host, self)
        self.shelf = InstalledList(host, bridge, self)
        self.hub = ModelsController(self, theme, host, bridge, self.shelf)
        self.model_desk = ModelPickerController(
            self, self.banner_desk, self.models, self.hub, self.shelf
        )
        self.index = ChatIndex(self.disk, self.sidebar, self.toast, self)
        self.away = ArchiveController(self, theme, host, bridge, self.disk, self.index)
        self.exchange = ExchangeController(self, theme, host, bridge)
        self.order = ChatController(self, host, self.index, self.turns, self.exchange)
        self.branches = Branches(self, self.disk, lambda: self.asking.busy())
        self.drafts = Drafts(self.disk, self.composer, self.branches.written, self)
        self.exchange.told.connect(self.tell_in_banner)
        self.exchange.failed.connect(self.banner_desk.tell)
        self.exchange.imported.connect(self.index.refresh)
        self.chats_given.connect(self.exchange.bring)
        self.setup = ShownChatSettings(self.index, self.models)
        self.presets = PresetIndex(self.disk, self)
        self.begun.connect(self._equip)
        self._standing = StatusLine(self)
        self.attachments = AttachmentController(self, theme, host, bridge, self.models)
        self.attachments.arrived.connect(lambda chat, part: self.drafts.give_back(chat, (part,)))
        self.attachments.judged.connect(self._show_status)
        self._examiner = HardwareProbe(host, bridge, self.models, self)
        self.preferences = PreferencesController(
            self,
            theme,
            host,
            bridge,
            self.models,
            self._examiner,
            self.setup,
            self.presets,
            self.exchange,
        )
        self.preset_desk = PresetController(
            self, self.presets, self.setup, self.models, self.index, self.preferences
        )
        self.asking = ComposerController(self, host)
        self.preferences.again.connect(self.again)
        self.searching = PaletteController(
            self, theme, host, bridge, self.index, lambda: self.commands.all
        )
        self._connect()
        self.commands = commands_of(self)
        self.restore(host.settings.window, host.settings.splitter)
        self.index.refresh()
        self.presets.refresh()
        last = host.settings.chat
        self._show_new()
        self._turn_to_chat()
        self.disk.ask(lambda store: store.drafts.all(), lambda drafts: self._reopen(last, drafts))
        QTimer.singleShot(_SOON_MS, self, self._look_around)

    def _look_around(self) -> None:
        """What nobody waits for, once the window is in sight."""
        self.shelf.look()
        self.hub.resume()
        if self._host.settings_damage:
            self.banner_desk.tell(self._host.settings_damage)
        self._bridge.when_done(self._host.tidy(), lambda _: None, self.banner_desk.tell)

    def _connect(self) -> None:
        self._bridge.delivered.connect(self._receive)
        self.turns.started.connect(self._started)
        self.turns.grown.connect(self._grown)
        self.turns.ended.connect(self._ended)
        self.turns.refused.connect(self._refused)
        self.models.changed.connect(self._show_status)
        self.models.chosen.connect(self._chosen)
        self.model_desk.turned.connect(self._turned)
        self._examiner.examined.connect(self.hub.examined)
        self.sidebar.new_chat.connect(self.new_chat)
        self.sidebar.opened.connect(self.open_chat)
        self.index.changed.connect(self._show_title)
        self.sidebar.away.connect(self.away.show_page)
        self.away.opened.connect(self.open_chat)
        self.away.turned.connect(self._show_title)
        self.away.erased.connect(self.drafts.forget)
        self.order.left.connect(self._leave)
        self.order.back.connect(self.open_chat)
        self.sidebar.collapsed.connect(lambda: self.show_sidebar(False))
        self.sidebar.preferences.connect(self.preferences.open)
        self.searching.opened.connect(lambda found: self.open_chat(found.chat, found))
        self.banner_desk.models.connect(self.model_desk.show_page)
        self.banner_desk.new_chat.connect(self.new_chat)
        self.asking.changed.connect(self._show_status)
        self.branches.forked.connect(self._forked)
        self.composer.effort_chosen.connect(self._choose_effort)

    def _equip(self, transcript: Transcript) -> None:
        """The conversation has just been made."""
        transcript.again.connect(self.asking.again)
        transcript.resume.connect(self.asking.resume)
        transcript.conclude.connect(self.asking.conclude)
        transcript.hurried.connect(self.asking.hurry)
        transcript.act.connect(self.banner_desk.act)
        transcript.thought_toggled.connect(self._toggled_thought)

    # --- Chats ------------------------------------------------------------------------------

    def new_chat(self) -> None:
        """An empty chat. It is stored with its first question."""
        self._remember(None)
        self._show_new()
        self._turn_to_chat()

    def _show_new(self) -> None:
        self._switch(None)
        self.preset_desk.begin()
        self.conversation.setCurrentWidget(self.greeting)
        if self.has_transcript:
            self.transcript.set_rows([])

    def open_chat(self, chat: int, place: SearchHit | None = None) -> None:
        """Shows a chat: its end, or a place in it that was searched for."""
        self._remember(chat)
        self._switch(chat)
        self._turn_to_chat()
        if row := self.index.rows.get(chat):
            self.composer.set_effort(row.effort)
            self.models.show(row.model)
        message = place.message if place and not self.turns.busy(chat) else None

        def read(store: Store) -> list[MessageRow]:
            return (
                store.messages.conversation(chat)
                if message is None
                else store.messages.show(message)
            )

        self.disk.ask(read, lambda rows: self._show_rows(chat, rows, place))

    def _switch(self, chat: int | None) -> None:
        self.branches.give_up()
        self.asking.leave()
        self.drafts.leave()
        self.attachments.switch(self.chat, chat)
        self.chat = chat
        self._standing.clear()
        self.setup.show(chat)
        self.sidebar.select(chat)
        self.drafts.show(chat)
        self._show_title()
        self._show_status()
        self.asking.ahead.opened()

    def _turn_to_chat(self) -> None:
        self.pages.setCurrentWidget(self.chat_page)
        self.composer.editor.setFocus()
        self._show_title()

    def _remember(self, chat: int | None) -> None:
        """The next start shows the chat that the person chose, however this one ends."""
        if chat != self._host.settings.chat:
            self._host.change(chat=chat)

    def _reopen(self, last: int | None, drafts: dict[int | None, Unsent]) -> None:
        """The chat of the last time, unless the person has been quicker; and what was typed."""
        quicker = self.chat is not None or self.composer.parts() or self.busy()
        self.drafts.load(drafts)
        self.asking.ahead.opened()  # nobody has typed that just now
        chosen = self._host.settings.chat != last  # Ctrl+N is a choice, too
        row = self.index.rows.get(last) if last is not None else None
        if not quicker and not chosen and row and not row.archived:
            shown = self.pages.currentWidget()
            self.open_chat(row.id)
            self.pages.setCurrentWidget(shown)
            self._show_title()
        self._show_status()

    def _show_rows(self, chat: int, rows: list[MessageRow], place: SearchHit | None) -> None:
        if chat != self.chat:
            return
        # What the disk has may be older than what this session heard.
        heard = [self.turns.ended_with(row.id) for row in rows]
        rows = [
            ended.answer if ended and row.state is State.STREAMING else row
            for row, ended in zip(rows, heard, strict=True)
        ]
        transcript = self.transcript
        self.conversation.setCurrentWidget(transcript if rows else self.greeting)
        transcript.set_rows(rows, self.turns.drafts(chat))
        self.branches.look()
        if place and place.message is not None:
            transcript.go_to(place.message, place.words)
        if rows and heard[-1] and heard[-1].error and rows[-1].state is State.CUT_OFF:
            self.transcript.finish(rows[-1], heard[-1].error)
        if stats := next((row.stats for row in reversed(rows) if row.stats), None):
            self._standing.opened(stats)
        self._show_status()

    def _leave(self) -> None:
        """The chat that was shown is out of the way; what else is in sight stays there."""
        self._remember(None)
        self._show_new()

    # --- Questions and answers --------------------------------------------------------------

    def _foreseen(self, event: ContextForecast) -> None:
        if event.chat == self.chat and not self.busy():
            self._standing.foresee(event)
            self.attachments.foresee(event)
            self._show_status()

    def _started(self, event: TurnStarted, asked: int | None) -> None:
        chat = event.chat
        self.banner_desk.disk_took()
        self.index.put(chat)
        if self.asking.started(event):
            self.chat = asked = chat.id
            self._remember(chat.id)
            self.sidebar.select(chat.id)
            self.setup.show(chat.id)
        if asked is not None and asked == self.chat:
            self._standing.started()
            self.conversation.setCurrentWidget(self.transcript)
            if event.question:
                self.transcript.add(event.question)
            self.transcript.start(event.answer, self.turns.draft_of(event.answer.id))
            self.branches.look()
            self._show_title()
        self._show_status()

    def _grown(self, chat: int, message: int) -> None:
        if chat == self.chat:
            self.transcript.feed(message)
            self._show_status()

    def _ended(self, event: TurnEnded) -> None:
        answer = event.answer
        if answer.chat == self.chat:
            if answer.stats:
                self._standing.ended(answer.stats)
            self.transcript.finish(answer, event.error)
        self.asking.ended(event)
        self._show_status()
        self.index.refresh()

    def _refused(self, event: SendFailed) -> None:
        self.asking.refused(event)
        self._show_status()
        self.banner_desk.tell(event.error)

    def _choose_effort(self, effort: Effort) -> None:
        if self.chat is not None:
            self.index.set_effort(self.chat, effort)
        self.asking.ahead.changed()

    def _chosen(self, model: ModelRef) -> None:
        if self.chat is not None:
            self.index.set_model(self.chat, model.key)

    def _forked(self, chat: ChatRow) -> None:
        self.index.put(chat)
        self.open_chat(chat.id)

    def _toggled_thought(self, message: int, opened: bool) -> None:
        self.disk.ask(lambda store: store.messages.set_thought_open(message, opened))

    # --- What is shown ----------------------------------------------------------------------

    def called(self, model: Path | None) -> None:
        """Somebody started Fireside again, perhaps with a model."""
        self.raise_to_front()
        if model:
            self.model_desk.use(model)

    # --- Commands ---------------------------------------------------------------------------

    def in_chat(self) -> bool:
        """Whether a chat is shown that is stored."""
        return self.chat is not None

    def busy(self) -> bool:
        """Whether an answer is on its way in the chat that is shown."""
        return self.asking.busy()

    def _turned(self) -> None:
        self._show_title()
        if self.model_desk.shown:
            self._examiner.look()

    def _show_title(self) -> None:
        chat = self.index.rows.get(self.chat) if self.chat is not None else None
        page = tr("Models") if self.model_desk.shown else ""
        page = tr("Archive and bin") if self.away.shown else page
        self.preset_picker.setHidden(bool(page))
        title = page or (chat.title if chat else tr("New chat"))
        archived = tr("{title} (archived)").format(title=title)
        self.title.set_text(archived if chat and chat.archived and not page else title)
        self.setWindowTitle(f"{title} – Fireside" if chat and not page else "Fireside")

    def _show_status(self) -> None:
        """Everything that says whether something is going on in the chat that is shown."""
        loading = self.models.loading.name if self.models.loading else ""
        live, ahead = self.turns.running(self.chat), self.asking.ahead.sentence
        self._standing.show(live, loading, ahead, busy=self.busy())
        self.asking.queue.show(self.chat, busy=self.busy())
        self.commands.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remembers how it was."""
        self.preferences.close()
        self.drafts.keep()
        self._host.change(**self.place())
        super().closeEvent(event)

    # --- Threads ----------------------------------------------------------------------------

    def _receive(self, events: list[Any]) -> None:
        about_turns = []
        for event in events:
            match event:
                case ModelPlanned() | ModelLoading() | ModelReady() | ModelFailed():
                    self.models.receive(event)
                case ModelMoving():
                    self.shelf.receive(event)
                case FileReading():
                    self.attachments.receive(event)
                case Renamed(chat):
                    self.index.put(chat)
                case ReadingAhead():
                    self.asking.ahead.receive(event)
                case (
                    TurnStarted() | TurnProgress() | TurnEnded() | SendFailed() | ContextForecast()
                ):
                    about_turns.append(event)
                case NotSaved() | SavedAgain():
                    pass  # below
                case _:
                    self.hub.receive(event)
        self.turns.receive(about_turns)
        for event in events:  # after the answers: what is foreseen while one is on its way is old
            match event:
                case ContextForecast():
                    self._foreseen(event)
                case NotSaved(error):
                    self.banner_desk.tell(error)
                case SavedAgain():
                    self.banner_desk.disk_took()
