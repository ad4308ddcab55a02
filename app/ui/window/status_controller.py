"""Controller of the status line: what is under way in the chat that is shown, and elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.ui.commands import Commands
from app.ui.composer.composer_controller import ComposerController
from app.ui.state.client_watch import ClientWatch
from app.ui.state.current_chat import CurrentChat
from app.ui.state.live_answer import loading_sentence
from app.ui.state.live_turns import LiveTurns
from app.ui.state.model_choice import ModelChoice, memory_sentence
from app.ui.window.status_line import StatusLine
from app.wording.queue_words import in_use_by


class StatusController(QObject):
    """A controller that shows the status whenever a part of it changes.

    ``clients`` returns the other programs that the engine answers.
    """

    def __init__(
        self,
        line: StatusLine,
        models: ModelChoice,
        turns: LiveTurns,
        current: CurrentChat,
        clients: Callable[[], frozenset[str]],
        composer: ComposerController,
        commands: Commands,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._line, self._models, self._turns, self._current = line, models, turns, current
        self._clients = watch = ClientWatch(clients, self)
        self._composer, self._commands = composer, commands
        for changed in (models.changed, models.progressed, watch.changed, composer.changed):
            changed.connect(lambda *_: self.show())

    def show(self) -> None:
        """Show the status, the queue, and which commands there are."""
        models, chat = self._models, self._current
        loading = ""
        if models.loading:
            waits = not models.fraction and self._turns.begun
            loading = loading_sentence(models.loading, models.fraction, waits=waits)
        live, busy = self._turns.running(chat.id), chat.busy()
        others = in_use_by(self._clients.clients)
        rest = memory_sentence(models, idle=self._turns.idle and not others)
        if not models.is_elsewhere:
            rest = rest or others
        self._line.show(live, loading, self._composer.prefill.sentence, rest, busy=busy)
        self._composer.queue.show(chat.id, busy=busy)
        self._commands.refresh()
