"""The status of the chat that is shown: the line below the composer, and the context's use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.answer_events import Stats
from app.turn import ContextForecast
from app.ui.composer.composer import Composer
from app.ui.composer.context_usage import ContextUsage, TokenUse
from app.ui.conversation.conversation_pane import ConversationPane
from app.ui.state.live_answer import LiveAnswer

if TYPE_CHECKING:
    from app.ui.conversation.transcript import Transcript


class StatusLine:
    """An updater of the status line, the context gauge and the context limit line."""

    def __init__(self, composer: Composer, conversation: ConversationPane) -> None:
        self._composer, self._conversation = composer, conversation
        self._usage = ContextUsage()

    @property
    def use(self) -> TokenUse:
        """The context's use in the chat that is shown."""
        return self._usage.use

    def clear(self) -> None:
        """Reset the status for another chat."""
        self._usage.clear()

    def opened(self, stats: Stats) -> None:
        """Show the context's use as of an earlier answer."""
        self._usage.answered(stats)

    def ended(self, stats: Stats) -> None:
        """Show the context's use after an answer that ended in the chat that is shown."""
        self._usage.answered(stats)

    def foresee(self, event: ContextForecast) -> None:
        """Show a forecast of the context that the next question takes."""
        self._usage.foresee(event, typed=self._typed)

    def show(
        self, live: LiveAnswer | None, loading: str, prefill: str, rest: str, *, busy: bool
    ) -> None:
        """Show the status.

        ``live`` is the running answer, ``loading`` the sentence about a model being loaded,
        ``prefill`` that about what is read ahead, and ``rest`` what is said if there is none of it.
        """
        self._composer.set_running(busy)
        if live:
            self._usage.answering(live)
        warning = "" if busy or not self._typed else self._usage.warning
        if live:
            self._composer.set_status(live.status or rest)
        elif loading:
            self._composer.set_status(loading)
        else:
            # If the attachments are too long, their bar already says so.
            shown = "" if self._composer.attachment_bar.too_long else warning
            both = " ".join(text for text in (shown, prefill) if text)
            self._composer.set_status(both or rest, "danger" if shown else "muted")
        self._composer.set_prefilling(bool(prefill) and not live and not loading)
        self._composer.gauge.set_use(self._usage.use, full=bool(warning))
        if self._conversation.has_transcript:
            self._show_in(self._conversation.transcript, live, busy)

    def _show_in(self, transcript: Transcript, live: LiveAnswer | None, busy: bool) -> None:
        transcript.messages.set_busy(busy)
        transcript.messages.set_unseen(self._usage.unseen)
        if live:
            transcript.messages.show_calls(live.answer.id, live.tools)
            transcript.messages.show_departure(live.answer.id, live.departure)
            transcript.messages.show_work(
                live.answer.id,
                live.work,
                offered=live.thinking,
                hurried=live.turn.hurried.is_set(),
            )

    @property
    def _typed(self) -> bool:
        return bool(self._composer.parts())
