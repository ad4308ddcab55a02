"""What is said about the chat that is shown: its status, its room, and how far an answer is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.types import Stats
from app.turn import ContextForecast
from app.ui.composer.context_usage import ContextUsage
from app.ui.live_turns import LiveAnswer
from app.ui.window_layout import WindowLayout
from app.wording.language import number, tr

if TYPE_CHECKING:
    from app.ui.conversation.transcript import Transcript


class StatusLine:
    """Keeps the line of status, the gauge and the line of what is unseen as things are."""

    def __init__(self, frame: WindowLayout) -> None:
        self._frame, self._composer = frame, frame.composer
        self._room = ContextUsage()
        self._last = ""  # what is said of the answer that ended last

    def clear(self) -> None:
        """Another chat is shown."""
        self._room.clear()
        self._last = ""

    def opened(self, stats: Stats) -> None:
        """As an earlier answer left it."""
        self._room.answered(stats)

    def started(self) -> None:
        """An answer begins."""
        self._last = ""

    def ended(self, stats: Stats) -> None:
        """An answer ended in sight."""
        self._room.answered(stats)
        self._last = tr(
            "{tokens_per_second} tokens/s · first token after {first_token_s} s"
        ).format(
            tokens_per_second=number(stats.tokens_per_second),
            first_token_s=number(stats.first_token_s, 2),
        )

    def foresee(self, event: ContextForecast) -> None:
        """What the next question will find."""
        self._room.foresee(event, typed=self._typed)

    def show(self, live: LiveAnswer | None, loading: str, ahead: str, *, busy: bool) -> None:
        """With the answer on its way, the name of the model that is being loaded, and what is
        said of what is read ahead."""
        self._composer.set_running(busy)
        if live:
            self._room.answering(live)
        warning = "" if busy or not self._typed else self._room.warning
        if live:
            self._composer.set_status(live.status)
        elif loading:
            self._composer.set_status(tr("Loading {loading}…").format(loading=loading))
        else:
            said = "" if self._composer.tray.too_long else warning  # there it is said already
            both = " ".join(text for text in (said, ahead) if text)
            self._composer.set_status(both or self._last, "danger" if said else "muted")
        self._composer.set_reading_ahead(bool(ahead) and not live and not loading)
        self._composer.gauge.set_use(self._room.use, full=bool(warning))
        if self._frame.has_transcript:
            self._show_in(self._frame.transcript, live, busy)

    def _show_in(self, transcript: Transcript, live: LiveAnswer | None, busy: bool) -> None:
        transcript.messages.set_busy(busy)
        transcript.messages.set_unseen(self._room.unseen)
        if live:
            transcript.messages.show_work(
                live.answer.id,
                live.reading.fraction if live.reading else None,
                offered=live.thinking,
                hurried=live.turn.hurried.is_set(),
            )

    @property
    def _typed(self) -> bool:
        return bool(self._composer.parts())
