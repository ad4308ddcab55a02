"""The chat's use of the model's context, and what no longer fits."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.answer_events import Stats
from app.turn import ContextForecast
from app.ui.state.live_answer import LiveAnswer
from app.wording.language import number, tr


@dataclass(frozen=True, slots=True)
class TokenUse:
    """Tokens of the context: used, reserved for the answer, and in all (0 if unknown).

    Of those used, ``opening`` precede the messages, ``attached`` are of files, and ``answer`` of
    the answer that grows. ``estimated``: the counts are not exact.
    """

    used: int = 0
    reserved: int = 0
    context: int = 0
    opening: int = 0
    attached: int = 0
    answer: int = 0
    estimated: bool = False

    @property
    def messages(self) -> int:
        """The tokens of the messages without their files."""
        return max(0, self.used - self.opening - self.attached - self.answer)

    @property
    def free(self) -> int:
        """The tokens that are neither used nor reserved."""
        return max(0, self.context - self.used - self.reserved)


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
        if live.asked:
            used = live.prompt + live.generated
            self.use = TokenUse(
                used,
                max(0, live.reserved - live.generated),
                live.context,
                live.opening,
                live.attached,
                live.generated,
                live.estimated,
            )
            self.unseen = live.dropped

    def answered(self, stats: Stats) -> None:
        """Update from the statistics of an answer that has ended."""
        used = stats.prompt_tokens + stats.generated
        before = self.use  # the statistics do not tell what the prompt consists of
        self.use = TokenUse(used, 0, stats.context, before.opening, before.attached)
        self.unseen = stats.dropped

    def foresee(self, event: ContextForecast, *, typed: bool) -> None:
        """Update from a forecast for the next question.

        Until something is typed, the messages it leaves out are those left out already.
        """
        self.use = TokenUse(
            event.prompt,
            event.reserved,
            event.context,
            event.opening,
            event.attached,
            estimated=event.estimated,
        )
        self.warning = self._warning(event) if typed else ""
        if not typed:
            self.unseen = event.dropped

    def _warning(self, event: ContextForecast) -> str:
        room = event.context - event.reserved
        if event.context and event.prompt > room:
            if event.estimated:
                text = tr(
                    "This may be too long for the model: about {prompt} tokens, and {room} fit. "
                    "Shorten your message or instructions."
                )
            else:
                text = tr(
                    "Too long for the model: {prompt} tokens, but only {room} fit. Shorten your "
                    "message or instructions."
                )
            return text.format(prompt=number(event.prompt), room=number(room))
        if event.dropped > self.unseen:
            if event.dropped == 1:
                return tr("After sending, the oldest message will no longer fit in the context.")
            return tr(
                "After sending, the oldest %Ln message(s) will no longer fit in the context.",
                "",
                event.dropped,
            )
        return ""
