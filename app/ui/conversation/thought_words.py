"""Words about a message: when it was written, and what its reasoning is about."""

from __future__ import annotations

import re
from datetime import datetime

from app.wording.language import number, tr
from app.wording.quantities import date_of

_RECENT = 600  # characters at the end of the reasoning that are searched for the present topic
_FEWEST = 6  # the fewest words of a sentence that is shown as the topic


def when(seconds: float) -> str:
    """Return the time of day, with the date unless that is today.

    ``seconds`` are POSIX seconds.
    """
    then = datetime.fromtimestamp(seconds)
    today = then.date() == datetime.now().date()
    return f"{then:%H:%M}" if today else f"{date_of(then, year=True)}, {then:%H:%M}"


def thought_for(seconds: float | None) -> str:
    """Return in words how long the reasoning took; None if that is unknown."""
    if seconds is None:
        return tr("Reasoning")
    if seconds < 1:
        return tr("Thought for less than a second")
    if seconds < 60:
        return tr("Thought for {seconds} s").format(seconds=number(seconds))
    minutes, rest = divmod(round(seconds), 60)
    return tr("Thought for {minutes} min {rest} s").format(minutes=minutes, rest=rest)


def doing_now(reasoning: str) -> str:
    """Return what a model is thinking about.

    That is the beginning of its last sentence that is long enough. It changes with each sentence,
    not each word.
    """
    for sentence in reversed(re.split(r"(?<=[.!?:;])\s+|\n+", reasoning[-_RECENT:])):
        words = sentence.strip(" #*-`>").split()
        if len(words) >= _FEWEST:
            return " ".join(words[:_FEWEST]) + "…"
    return ""
