"""Switching between chats, and what the turns in the shown chat change."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from app.base.types import Effort, ModelRef, Part
from app.host import Host
from app.store import ChatRow, SearchHit, StoredDraft
from app.turn import ContextForecast, SendFailed, TurnEnded, TurnStarted, TurnWithdrawn
from app.ui.composer.attachment_controller import AttachmentController
from app.ui.composer.composer_controller import ComposerController
from app.ui.composer.draft_keeper import DraftKeeper
from app.ui.conversation.branches import Branches
from app.ui.presets.preset_controller import PresetController
from app.ui.state.chat_index import ChatIndex
from app.ui.state.chat_settings import ShownChatSettings
from app.ui.state.current_chat import CurrentChat
from app.ui.state.live_turns import LiveTurns
from app.ui.state.model_choice import ModelChoice
from app.ui.window.chat_presenter import ChatPresenter
from app.ui.window.layout import WindowLayout
from app.ui.window.status_line import StatusLine


class ChatNavigator(QObject):
    """A navigator between chats: it saves the state of one view and shows that of the other."""

    switched = Signal()
    """Another chat is shown, or the new one has been stored."""
    progressed = Signal()
    """Something has happened in the chat that is shown."""

    def __init__(
        self,
        *,
        host: Host,
        views: WindowLayout,
        current: CurrentChat,
        index: ChatIndex,
        models: ModelChoice,
        settings: ShownChatSettings,
        turns: LiveTurns,
        branches: Branches,
        drafts: DraftKeeper,
        attachments: AttachmentController,
        composer: ComposerController,
        presets: PresetController,
        presenter: ChatPresenter,
        status: StatusLine,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._host, self._views, self._current = host, views, current
        self._index, self._models, self._settings = index, models, settings
        self._branches, self._drafts, self._attachments = branches, drafts, attachments
        self._composer, self._presets = composer, presets
        self._presenter, self._status = presenter, status
        branches.forked.connect(self._forked)
        presenter.shown.connect(self.progressed)
        turns.started.connect(self._started)
        turns.grown.connect(self._grown)
        turns.ended.connect(self._ended)
        turns.withdrawn.connect(self._withdrawn)
        turns.refused.connect(self._refused)
        models.chosen.connect(self._choose_model)
        views.composer.effort_chosen.connect(self._choose_effort)

    # --- Which chat is shown ----------------------------------------------------------------

    def new_chat(self) -> None:
        """Show a new chat, which is stored with its first question."""
        self._remember(None)
        self.begin()

    def begin(self) -> None:
        """Show a new chat at the start, without the user having chosen it."""
        self._show_new()
        if self._host.settings.chat is not None:  # `reopen` will show it
            self._views.conversation.show_blank()
        self._show_chat_page()

    def open_chat(self, chat: int, place: SearchHit | None = None) -> None:
        """Show a chat at its end, or at a search hit."""
        self._remember(chat)
        self._switch(chat)
        self._show_chat_page()
        if row := self._index.rows.get(chat):
            self._views.composer.set_effort(row.effort)
            self._models.show(row.model)
        self._presenter.load(chat, place)

    def leave_chat(self) -> None:
        """Replace a chat that was archived or deleted by a new one, whatever page is shown."""
        self._remember(None)
        self._show_new()

    def reopen(self, last: int | None, drafts: dict[int | None, StoredDraft]) -> None:
        """Restore the drafts, and show the chat of the last session.

        The user may have been quicker: whatever they have chosen or begun stays.
        """
        current, pages = self._current, self._views.pages
        begun = current.is_stored() or self._views.composer.parts() or current.busy()
        self._drafts.load(drafts)
        self._composer.prefill.opened()  # the text was not typed just now
        chosen = self._host.settings.chat != last  # a new chat counts, too
        row = self._index.rows.get(last) if last is not None else None
        if not begun and not chosen and row and not row.archived:
            page = pages.currentWidget()
            self.open_chat(row.id)
            if page:
                pages.setCurrentWidget(page)
            self.switched.emit()
        elif not current.is_stored() and not current.busy():
            self._views.conversation.show_greeting()
        self.progressed.emit()

    def _show_new(self) -> None:
        self._switch(None)
        self._presets.begin()
        self._views.conversation.show_greeting()

    def _switch(self, chat: int | None) -> None:
        self._branches.give_up()
        self._composer.leave()
        self._drafts.leave()
        self._attachments.switch(self._current.id, chat)
        self._current.id = chat
        self._status.clear()
        self._settings.refresh()
        self._drafts.show(chat)
        self.switched.emit()
        self.progressed.emit()
        self._composer.prefill.opened()

    def _show_chat_page(self) -> None:
        self._views.pages.show_chat()
        self._views.focus_editor()
        self.switched.emit()

    def _remember(self, chat: int | None) -> None:
        """Save which chat the user chose, so that the next start shows it, even after a crash."""
        if chat != self._host.settings.chat:
            self._host.change(chat=chat)

    def _forked(self, chat: ChatRow) -> None:
        self._index.put(chat)
        self.open_chat(chat.id)

    # --- Events -----------------------------------------------------------------------------

    def foresee(self, event: ContextForecast) -> None:
        """Show the context that the next question will take, unless an answer is running."""
        if event.chat == self._current.id and not self._current.busy():
            self._status.foresee(event)
            self._attachments.foresee(event)
            self.progressed.emit()

    def _started(self, event: TurnStarted, asked: int | None) -> None:
        chat = event.chat
        self._views.banner.hide_store_error()
        self._index.put(chat)
        if self._composer.started(event):
            self._current.id = asked = chat.id
            self._remember(chat.id)
            self._settings.refresh()
        if asked is not None and asked == self._current.id:
            self._presenter.start(event)
            self.switched.emit()
        self.progressed.emit()

    def _grown(self, chat: int, message: int) -> None:
        if chat == self._current.id:
            self._presenter.grow(message)
            self.progressed.emit()

    def _ended(self, event: TurnEnded) -> None:
        self._presenter.finish(event)
        self._composer.ended(event)
        self.progressed.emit()
        self._index.refresh()

    def _withdrawn(self, event: TurnWithdrawn, instead: int | None) -> None:
        chat = event.answer.chat
        shown = chat == self._current.id
        asked = event.question.message.parts if event.question else ()
        edits = shown and instead is not None and bool(asked)
        if not edits:
            self._composer.withdrawn(event)
        if shown and event.chat_gone:
            self._remember(None)
            self._current.id = None
            self._views.sidebar.select(None)
            self._views.conversation.show_greeting()
            self._settings.refresh()
            self.switched.emit()
        elif shown:
            self._presenter.load(chat, then=partial(self._edit_again, instead, asked))
        if shown:
            self._views.focus_editor()
        self.progressed.emit()
        self._index.refresh()
        self._composer.prefill.opened()

    def _edit_again(self, question: int | None, parts: tuple[Part, ...]) -> None:
        """Go on editing a question, if its other version was taken back."""
        if question is not None and parts:
            self._branches.edit(question)
            if self._branches.edited is None:
                self._drafts.give_back(self._current.id, parts)
            else:
                self._views.composer.set_parts(parts)

    def _refused(self, event: SendFailed) -> None:
        self._composer.refused(event)
        self.progressed.emit()
        self._views.banner.show_error(event.error)

    def _choose_effort(self, effort: Effort) -> None:
        if self._current.id is not None:
            self._index.set_effort(self._current.id, effort)
        self._composer.prefill.changed()

    def _choose_model(self, model: ModelRef) -> None:
        if self._current.id is not None:
            self._index.set_model(self._current.id, model.key)
