"""Times, as people say them. Without Qt."""

from __future__ import annotations

import datetime


def duration(seconds: float) -> str:
    """How long something takes: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def day(when: float, now: datetime.date | None = None) -> str:
    """The day of a POSIX time: "today", "yesterday", "12 November", "12 November 2024"."""
    then = datetime.date.fromtimestamp(when)
    today = now or datetime.date.today()
    days = (today - then).days
    if days in (0, 1):
        return ("today", "yesterday")[days]
    year = "" if then.year == today.year else f" {then.year}"
    return f"{then.day} {then:%B}{year}"
