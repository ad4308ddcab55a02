"""The main window: puts the rooms together, and decides what is shown."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QShortcut
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.base.types import Effort, Stats
from app.chat import ModelFailed, ModelLoading, ModelReady, SendFailed, Turn, TurnEnded, TurnStarted
from app.host import Host, NotSaved
from app.store import ChatRow, MessageRow, State, Store
from app.ui.bridge import Bridge
from app.ui.chat_index import ChatIndex
from app.ui.composer import NEW_CHAT_EFFORT
from app.ui.errors import Action, explain
from app.ui.frame import Frame
from app.ui.model_choice import ModelChoice
from app.ui.preferences import Preferences
from app.ui.theme import Look
from app.ui.turns import Turns

T = TypeVar("T")


class Window(Frame):
    """Fireside's window."""

    def __init__(self, host: Host, bridge: Bridge, look: Look) -> None:
        super().__init__(look, self._fill_models)
        self._host, self._bridge, self._look = host, bridge, look
        self._chat: int | None = None
        self._waits_for: Turn | None = None  # which will make a chat of the new one that is shown
        self._drafts: dict[int | None, str] = {}
        self._last = ""  # the status line of the answer that ended last, here
        self.turns = Turns(host.chats, self)
        self.models = ModelChoice(host, self)
        self.index = ChatIndex(self._ask_disk, self.sidebar, self.toast, self)
        self._connect()
        self.restore(host.settings.window, host.settings.splitter)
        self._model_changed()
        self.index.refresh()
        last = host.settings.chat
        self._show_new()
        self._ask_disk(Store.chats, lambda chats: self._reopen(last, chats))

    def _connect(self) -> None:
        self._bridge.delivered.connect(self._receive)
        self.turns.started.connect(self._started)
        self.turns.grown.connect(self._grown)
        self.turns.ended.connect(self._ended)
        self.turns.refused.connect(self._refused)
        self.models.changed.connect(self._model_changed)
        self.models.progressed.connect(self._model_progress)
        self.models.ready.connect(self._model_ready)
        self.models.failed.connect(self._model_failed)
        self.sidebar.new_chat.connect(self.new_chat)
        self.sidebar.opened.connect(self.open_chat)
        self.index.changed.connect(self._show_title)
        self.index.deleted.connect(self._deleted)
        self.index.restored.connect(self.open_chat)
        self.sidebar.collapsed.connect(lambda: self.show_sidebar(False))
        self.sidebar.preferences.connect(self._open_preferences)
        self.composer.sent.connect(self._send)
        self.composer.stopped.connect(self._stop)
        self.composer.effort_chosen.connect(self._choose_effort)
        self.greeting.asked.connect(self._send)
        self.transcript.again.connect(self._again)
        self.transcript.resume.connect(self._resume)
        self.transcript.act.connect(self._act)
        self.transcript.thought_toggled.connect(self._toggled_thought)
        self.models_page.demo.connect(self._use_demo)
        self.models_page.open_file.connect(self.open_file)
        self.models_page.closed.connect(self._leave_models)
        self.banner_step.clicked.connect(self.show_models)
        self.dropped.connect(self.use_file)
        for keys, work in {
            "Ctrl+N": self.new_chat,
            "Ctrl+K": self._focus_search,
            "Ctrl+B": lambda: self.show_sidebar(self.sidebar.isHidden()),
            "Ctrl+O": self.open_file,
            "F2": self._rename_shown,
            "Ctrl+,": self._open_preferences,
        }.items():
            QShortcut(keys, self).activated.connect(work)

    # --- Chats ------------------------------------------------------------------------------

    def new_chat(self) -> None:
        """An empty chat. It is stored with its first question."""
        self._remember(None)
        self._show_new()

    def _show_new(self) -> None:
        self._switch(None)
        self.composer.set_effort(NEW_CHAT_EFFORT)
        self.conversation.setCurrentWidget(self.greeting)
        self.transcript.set_rows([])

    def open_chat(self, chat: int) -> None:
        """Shows a chat."""
        self._remember(chat)
        self._switch(chat)
        if row := self.index.rows.get(chat):
            self.composer.set_effort(row.effort)
        self._ask_disk(
            lambda store: store.conversation(chat), lambda rows: self._show_rows(chat, rows)
        )

    def _switch(self, chat: int | None) -> None:
        self._drafts[self._chat] = self.composer.text()
        self._chat = chat
        self._waits_for = None
        self._last = ""
        self.pages.setCurrentWidget(self.chat_page)
        self.sidebar.select(chat)
        self.composer.set_text(self._drafts.pop(chat, ""))
        self.composer.editor.setFocus()
        self.composer.gauge.set_use(0, 0)
        self._show_title()
        self._show_status()

    def _remember(self, chat: int | None) -> None:
        """The next start shows the chat that the person chose, however this one ends."""
        if chat != self._host.settings.chat:
            self._host.change(chat=chat)

    def _reopen(self, last: int | None, chats: list[ChatRow]) -> None:
        """The chat of the last time, unless the person has been quicker."""
        quicker = self._chat is not None or self.composer.text() or self.busy()
        if not quicker and last in [chat.id for chat in chats]:
            shown = self.pages.currentWidget()
            self.open_chat(last)
            self.pages.setCurrentWidget(shown)
            self._show_title()

    def _show_rows(self, chat: int, rows: list[MessageRow]) -> None:
        if chat != self._chat:
            return
        # What the disk has may be older than what this session heard.
        heard = [self.turns.ended_with(row.id) for row in rows]
        rows = [
            ended.answer if ended and row.state is State.STREAMING else row
            for row, ended in zip(rows, heard, strict=True)
        ]
        self.conversation.setCurrentWidget(self.transcript if rows else self.greeting)
        self.transcript.set_rows(rows, self.turns.drafts(chat))
        if rows and heard[-1] and heard[-1].error and rows[-1].state is State.CUT_OFF:
            self.transcript.finish(rows[-1], heard[-1].error)
        if rows and rows[-1].stats:
            self._show_use(rows[-1].stats)
        self._show_status()

    def _deleted(self, chat: int) -> None:
        self.turns.stop(chat)
        self._host.chats.forget(chat)
        if chat == self._chat:
            self.new_chat()

    # --- Questions and answers --------------------------------------------------------------

    def _send(self, text: str) -> None:
        if (model := self.models.asked) is None or self.busy():
            return
        self.composer.set_text("")
        turn = self.turns.send(
            self._chat, text, self.composer.effort, model, self._host.settings.instructions
        )
        if self._chat is None:
            self._waits_for = turn
        self._show_status()

    def _stop(self) -> None:
        if self._waits_for:
            self._waits_for.cancel()
        elif self._chat is not None:
            self.turns.stop(self._chat)

    def _again(self, answer: int, effort: Effort) -> None:
        if (model := self.models.asked) and self._chat is not None:
            self.turns.again(self._chat, answer, effort, model, self._host.settings.instructions)
            self._show_status()
            self.composer.editor.setFocus()

    def _resume(self, answer: int) -> None:
        if (model := self.models.asked) and self._chat is not None:
            self.turns.resume(self._chat, answer, model, self._host.settings.instructions)
            self._show_status()
            self.composer.editor.setFocus()

    def _started(self, event: TurnStarted, asked: int | None) -> None:
        chat = event.chat
        self.index.put(chat)
        if event.turn is self._waits_for:
            self._waits_for = None
            self._chat = asked = chat.id
            self._remember(chat.id)
            self.sidebar.select(chat.id)
        if asked is not None and asked == self._chat:
            self._last = ""
            self.conversation.setCurrentWidget(self.transcript)
            if event.question:
                self.transcript.add(event.question)
            self.transcript.start(event.answer, self.turns.draft_of(event.answer.id))
            self._show_title()
        self._show_status()

    def _grown(self, chat: int, message: int) -> None:
        if chat == self._chat:
            self.transcript.feed(message)
            self._show_status()

    def _ended(self, event: TurnEnded) -> None:
        answer = event.answer
        if answer.chat == self._chat:
            if answer.stats:
                self._last = _summary(answer.stats)
                self._show_use(answer.stats)
            self.transcript.finish(answer, event.error)
        self._show_status()
        self.index.refresh()

    def _refused(self, event: SendFailed) -> None:
        """Nothing was stored: the words come back."""
        text = "\n\n".join(part.text for part in event.parts)
        if event.turn is self._waits_for:
            self._waits_for = None
        if text and event.chat == self._chat:
            self.composer.set_text(_joined(text, self.composer.text()))
        elif text:
            self._drafts[event.chat] = _joined(text, self._drafts.get(event.chat, ""))
        self._show_status()
        self._tell(event.error)

    def _choose_effort(self, effort: Effort) -> None:
        if self._chat is not None:
            self.index.set_effort(self._chat, effort)

    def _toggled_thought(self, message: int, opened: bool) -> None:
        self._ask_disk(lambda store: store.set_thought_open(message, opened), lambda _: None)

    # --- Models -----------------------------------------------------------------------------

    def show_models(self) -> None:
        """The page with the ways to get a model."""
        self.banner.hide()
        self.models_page.set_first(self.models.current is None)
        self.pages.setCurrentWidget(self.models_page)
        self.models_page.findChild(QWidget, "tryDemo").setFocus()
        self._show_title()

    def called(self, model: Path | None) -> None:
        """Somebody started Fireside again, perhaps with a model."""
        self.raise_to_front()
        if model:
            self.use_file(model)

    def open_file(self) -> None:
        """Asks for a GGUF file."""
        dialog = QFileDialog(self, "Open a GGUF file", "", "GGUF models (*.gguf);;All files (*)")
        dialog.setObjectName("openDialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.use_file(Path(path)))
        dialog.open()

    def use_file(self, path: Path) -> None:
        """Loads a GGUF file, to be the chosen model."""
        self.banner.hide()
        self.models_page.set_error("")
        self.models.open(path)

    def _use_demo(self) -> None:
        self.models_page.set_error("")
        self.models.choose(self.models.demo)

    def _fill_models(self, menu: QMenu) -> None:
        for model in self.models.known():
            action = menu.addAction(model.name)
            action.setCheckable(True)
            action.setChecked(model == self.models.asked)
            action.setToolTip(str(model.path))
            action.triggered.connect(lambda _=False, model=model: self.models.choose(model))
        menu.addSeparator()
        menu.addAction("Open a GGUF file…\tCtrl+O", self.open_file)
        menu.addAction("Get gpt-oss-20b…", self.show_models)

    def _model_changed(self) -> None:
        asked = self.models.asked
        self.composer.set_model(asked.name if asked else "Choose a model", asked is not None)
        self.model_name.setText(asked.name if asked else "No model yet")
        if not self.models.loading:
            self.models_page.set_progress("")
        self._show_status()

    def _model_progress(self, fraction: float) -> None:
        if self.models.loading:
            text = f"Loading {self.models.loading.name} {100 * fraction:.0f} %"
            self.models_page.set_progress(text)
            self.composer.set_status(text)

    def _model_ready(self) -> None:
        if self.pages.currentWidget() is self.models_page:
            self._leave_models()

    def _leave_models(self) -> None:
        self.models_page.set_error("")
        self.pages.setCurrentWidget(self.chat_page)
        self.composer.editor.setFocus()
        self._show_title()

    def _model_failed(self, error: Exception) -> None:
        if self.models.current is None and self.pages.currentWidget() is self.chat_page:
            self.show_models()
        if self.pages.currentWidget() is self.models_page:
            self.models_page.set_error(explain(error).sentence)
        else:
            self._tell(error)

    # --- What is shown ----------------------------------------------------------------------

    def busy(self) -> bool:
        """Whether an answer is on its way in the chat that is shown."""
        if self._chat is None:
            return self._waits_for is not None
        return self.turns.busy(self._chat)

    def _show_title(self) -> None:
        chat = self.index.rows.get(self._chat) if self._chat is not None else None
        models = self.pages.currentWidget() is self.models_page
        title = "Models" if models else chat.title if chat else "New chat"
        self.title.set_text(title)
        self.setWindowTitle(f"{title} – Fireside" if chat and not models else "Fireside")

    def _show_status(self) -> None:
        """Everything that says whether something is going on in the chat that is shown."""
        busy = self.busy()
        live = self.turns.running(self._chat)
        self.composer.set_running(busy)
        self.transcript.set_busy(busy)
        if live:
            self.composer.set_status(live.status)
            if live.context:
                self.composer.gauge.set_use(live.prompt + live.generated, live.context)
        elif self.models.loading:
            self.composer.set_status(f"Loading {self.models.loading.name}…")
        else:
            self.composer.set_status(self._last)

    def _show_use(self, stats: Stats) -> None:
        self.composer.gauge.set_use(stats.prompt_tokens + stats.generated, stats.context)

    def _tell(self, error: BaseException) -> None:
        """A line above the conversation."""
        explanation = explain(error)
        self.show_banner(explanation.sentence, explanation.action)

    def _act(self, action: Action) -> None:
        self.show_models() if action is Action.CHOOSE_MODEL else self.new_chat()

    def _open_preferences(self) -> None:
        dialog = self.findChild(Preferences) or Preferences(self._look, self._host, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()
        dialog.activateWindow()

    def _rename_shown(self) -> None:
        self.show_sidebar(True)
        self.sidebar.rename()

    def _focus_search(self) -> None:
        self.show_sidebar(True)
        self.sidebar.search.setFocus()
        self.sidebar.search.selectAll()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remembers how it was."""
        if dialog := self.findChild(Preferences):
            dialog.close()
        self._host.change(**self.place())
        super().closeEvent(event)

    # --- Threads ----------------------------------------------------------------------------

    def _ask_disk(self, work: Callable[[Store], T], done: Callable[[T], None]) -> None:
        """Runs ``work`` where the disk is, and ``done`` here."""
        future: Future[T] = self._host.disk(work)
        self._bridge.when_done(future, done, self._tell)

    def _receive(self, events: list[Any]) -> None:
        about_turns = []
        for event in events:
            match event:
                case ModelLoading() | ModelReady() | ModelFailed():
                    self.models.receive(event)
                case NotSaved(error):
                    self._tell(error)
                case _:
                    about_turns.append(event)
        self.turns.receive(about_turns)


def _joined(returned: str, typed: str) -> str:
    """Words that come back, before what was typed since."""
    return "\n\n".join(text for text in (returned, typed) if text)


def _summary(stats: Stats) -> str:
    return (
        f"{stats.tokens_per_second:,.0f} tokens/s · first token after {stats.first_token_s:.2f} s"
    )
