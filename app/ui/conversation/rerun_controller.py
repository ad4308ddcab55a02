"""Controller of calls that the user runs again: starts and stops them, and shows what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.reruns import Rerun, RerunEnded, RerunEvent, Reruns
from app.ui.state.current_chat import CurrentChat

if TYPE_CHECKING:  # a window need not wait for them
    from app.ui.conversation.call_state import CallState
    from app.ui.conversation.transcript import Transcript


class RerunController(QObject):
    """A controller that runs calls of the shown chat again, until another one is shown."""

    def __init__(self, reruns: Reruns, current: CurrentChat, parent: QObject) -> None:
        super().__init__(parent)
        self._reruns, self._current = reruns, current
        self._chat: int | None = None  # whose calls run
        self._transcript: Transcript | None = None
        self._running: dict[Rerun, CallState] = {}

    def connect_transcript(self, transcript: Transcript) -> None:
        """Serve the transcript, which is created when it is first needed."""
        self._transcript = transcript
        transcript.rerun_wanted.connect(self._start)
        transcript.rerun_stopped.connect(self._stop)
        transcript.messages.reset.connect(self.stop)

    def stop(self) -> None:
        """Stop all of them: other messages are shown."""
        for rerun in self._running:
            rerun.cancel()

    def leave(self) -> None:
        """Stop them if their chat is not shown any more."""
        if self._current.id != self._chat:
            self.stop()

    def receive(self, event: RerunEvent) -> None:
        """Handle an event of a call that runs again."""
        call = self._running.get(event.rerun)
        if call is None or call.rerun is None:
            return
        known = len(call.sections)
        if isinstance(event, RerunEnded):
            del self._running[event.rerun]
            call.rerun.end(event.result, event.error)
        else:
            call.rerun.add(event.text)
        self._show(event.rerun.answer, moved=len(call.sections) != known)
        if self._transcript and not call.rerun.running:
            self._transcript.announcer.tell(call.rerun.label())

    def _start(self, answer: int, call: CallState) -> None:
        if call in self._running.values():
            return
        known, self._chat = len(call.sections), self._current.id
        call.run_again()
        self._running[self._reruns.start(answer, call.index)] = call
        self._show(answer, moved=len(call.sections) != known)

    def _stop(self, call: CallState) -> None:
        for rerun, running in self._running.items():
            if running is call:
                rerun.cancel()

    def _show(self, answer: int, *, moved: bool) -> None:
        """Show an answer as it is now; ``moved``: its sections have other numbers."""
        assert self._transcript
        messages = self._transcript.messages
        index = messages.index_of(answer)
        if moved and index is not None:
            self._transcript.selection.forget(index)
        messages.show_again(answer)
