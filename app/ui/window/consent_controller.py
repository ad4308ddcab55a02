"""Controller of the questions about calls: passes answers on, and says where one is open."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from app.tools.tool_events import Decision
from app.ui.commands import QUESTION_KEY
from app.ui.conversation.conversation_pane import ConversationPane
from app.ui.state.chat_index import ChatIndex
from app.ui.state.current_chat import CurrentChat
from app.ui.state.live_turns import LiveTurns
from app.ui.toast import Toast, ToastAction
from app.wording.language import tr
from app.wording.tool_words import waiting_for_user

_LONGEST = 40  # characters of a chat's title in a message
_SHOWN_MS = 200  # until a question is in the transcript


class ConsentController(QObject):
    """A controller that connects the questions about calls with the running answers.

    ``open_chat`` shows a chat; ``notify`` shows a title and a sentence on the desktop, and
    ``wanted`` returns whether the user wants that.
    """

    def __init__(
        self,
        turns: LiveTurns,
        index: ChatIndex,
        current: CurrentChat,
        conversation: ConversationPane,
        toast: Toast,
        open_chat: Callable[[int], object],
        focus_editor: Callable[[], object],
        notify: Callable[[str, str], object],
        wanted: Callable[[], bool],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._turns, self._index, self._current = turns, index, current
        self._conversation, self._toast, self._open_chat = conversation, toast, open_chat
        self._focus_editor, self._notify, self._wanted = focus_editor, notify, wanted
        self.in_front: Callable[[], bool] = lambda: QApplication.activeWindow() is not None
        turns.asked.connect(self._asked)
        turns.decided.connect(self._decided)

    def decide(self, consent: str, decision: Decision, words: str) -> None:
        """Answer a question of the chat that is shown.

        If the keyboard was in it, the message editor has it again.
        """
        focus = QApplication.focusWidget()
        inside = focus is not None and self._conversation.isAncestorOf(focus)
        if self._current.id is not None:
            self._turns.decide(self._current.id, consent, decision, words)
        if inside:
            self._focus_editor()

    def waits(self) -> bool:
        """Return whether any answer waits for a decision."""
        return bool(self._turns.asking)

    def go(self) -> None:
        """Lead the keyboard to the question in the chat that is shown, or to another chat's."""
        asking = self._turns.asking
        if self._toast.shows(self):  # it could cover the question
            self._toast.hide()
        if self._current.id in asking:
            self._conversation.transcript.go_to_question()
        elif asking:
            self._open_chat(min(asking))

    def _asked(self, chat: int) -> None:
        row = self._index.rows.get(chat)
        title = row.title if row else "Fireside"
        if chat == self._current.id:
            QTimer.singleShot(_SHOWN_MS, self, lambda: self._look(chat))
        else:
            short = title if len(title) <= _LONGEST else title[: _LONGEST - 1].rstrip() + "…"
            show = self._show_action(lambda: self._open_chat(chat))
            text = tr("“{title}” is waiting for your permission.").format(title=short)
            self._toast.tell(text, "wrench", [show], self)
        if not self.in_front() and self._wanted():
            self._notify(title, waiting_for_user())

    def _look(self, chat: int) -> None:
        """Tell of a question in the chat that is shown if it was scrolled out of sight."""
        if chat != self._current.id or chat not in self._turns.asking:
            return
        if not self._conversation.transcript.question_in_sight:
            self._toast.tell(waiting_for_user(), "wrench", [self._show_action(self.go)], self)

    def _show_action(self, show: Callable[[], object]) -> ToastAction:
        return ToastAction("showQuestion", tr("Show"), show, QUESTION_KEY)

    def _decided(self, _: int) -> None:
        if self._toast.shows(self) and not self.waits():
            self._toast.hide()
