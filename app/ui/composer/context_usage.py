"""The chat's use of the model's context, and what no longer fits."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.types import Stats
from app.turn import ContextForecast
from app.ui.state.live_turns import LiveAnswer
from app.wording.language import number, tr


@dataclass(frozen=True, slots=True)
class TokenUse:
    """Tokens of the context: used, reserved for the answer, and in all (0 if unknown)."""

    used: int = 0
    reserved: int = 0
    context: int = 0


class ContextUsage:
    """The context's use in the chat that is shown."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Reset everything for another chat."""
        self.use = TokenUse()
        self.unseen = 0
        """The number of oldest messages that the model does not see."""
        self.warning = ""
        """A sentence about what will be left out when the message is sent; empty if nothing."""

    def answering(self, live: LiveAnswer) -> None:
        """Update from a growing answer."""
        self.warning = ""
        if live.context:
            used = live.prompt + live.generated
            self.use = TokenUse(used, max(0, live.reserved - live.generated), live.context)
            self.unseen = live.dropped

    def answered(self, stats: Stats) -> None:
        """Update from the statistics of an answer that has ended."""
        self.use = TokenUse(stats.prompt_tokens + stats.generated, 0, stats.context)
        self.unseen = stats.dropped

    def foresee(self, event: ContextForecast, *, typed: bool) -> None:
        """Update from a forecast for the next question.

        Until something is typed, the messages it leaves out are those left out already.
        """
        self.use = TokenUse(event.prompt, event.reserved, event.context)
        self.warning = self._warning(event) if typed else ""
        if not typed:
            self.unseen = event.dropped

    def _warning(self, event: ContextForecast) -> str:
        room = event.context - event.reserved
        if event.prompt > room:
            return tr(
                "Too long for the model: {prompt} tokens, but only {room} fit. Shorten your "
                "message or instructions."
            ).format(prompt=number(event.prompt), room=number(room))
        if event.dropped > self.unseen:
            if event.dropped == 1:
                return tr("After sending, the oldest message will no longer fit in the context.")
            return tr(
                "After sending, the oldest %Ln message(s) will no longer fit in the context.",
                "",
                event.dropped,
            )
        return ""
