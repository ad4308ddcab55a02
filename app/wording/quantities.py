"""Times and sizes in words."""

from __future__ import annotations

import datetime

from app.wording.language import number, tr

_MONTHS = (
    lambda: tr("January"),
    lambda: tr("February"),
    lambda: tr("March"),
    lambda: tr("April"),
    lambda: tr("May"),
    lambda: tr("June"),
    lambda: tr("July"),
    lambda: tr("August"),
    lambda: tr("September"),
    lambda: tr("October"),
    lambda: tr("November"),
    lambda: tr("December"),
)


def gigabytes(size: int) -> str:
    """Return a size in bytes in the unit that fits, in decimal steps: "12.1 GB", "24 GB".

    Files and memory are both counted in thousands, so that they can be compared: a file of 12.1 GB
    takes 12.1 GB of memory. Hugging Face and macOS count files so; Windows does not, and memory is
    sold and shown by all systems and by nvidia-smi in steps of 1,024, so that what they call 16 GB
    is 17.2 GB here (outside.toml, gigabytes).
    """
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if round(size / factor, 1) >= 1:
            return f"{_short(size / factor)} {unit}"
    return tr("%n byte(s)", "", size)


def _short(value: float) -> str:
    """Return a number with one decimal, unless that is 0."""
    rounded = round(value, 1)
    return number(rounded, 0 if rounded.is_integer() else 1)


def percent(share: float) -> str:
    """Return a share from 0 to 1 as "43%", rounded down: only what is complete is 100%."""
    return tr("{count}%").format(count=number(int(100 * share + 1e-9)))


def context_length(tokens: int) -> str:
    """Return a length of context in thousands of 1,024 tokens, as models are described: "32K"."""
    return f"{tokens // 1024}K" if tokens % 1024 == 0 else number(tokens)


def duration(seconds: float) -> str:
    """Return a duration as "40 s", "12 min" or "3.5 h"."""
    if seconds < 90:
        return f"{number(seconds)} s"
    if seconds < 5400:
        return f"{number(seconds / 60)} min"
    return f"{number(seconds / 3600, 1)} h"


def month(date: datetime.date) -> str:
    """Return the name of a day's month."""
    return _MONTHS[date.month - 1]()


def month_and_year(date: datetime.date) -> str:
    """Return a day's month as "November 2024"."""
    return tr("{month} {year}").format(month=month(date), year=date.year)


def date_of(date: datetime.date, *, year: bool) -> str:
    """Return a day as "12 November", or "12 November 2024"."""
    text = tr("{day} {month} {year}") if year else tr("{day} {month}")
    return text.format(day=date.day, month=month(date), year=date.year)


def ago(when: float) -> str:
    """Return how long ago a POSIX time was: "today", "yesterday", "3 days ago"."""
    match _days_since(when):
        case days if days <= 0:
            return tr("today", "in a sentence")
        case 1:
            return tr("yesterday", "in a sentence")
        case days:
            return tr("%Ln day(s) ago", "", days)


def days_left(since: float, days: int) -> str:
    """Return when ``days`` will have passed since a POSIX time: "in 27 days", "today".

    It counts calendar days, as `ago` does, so that the two agree at any hour.
    """
    left = days - _days_since(since)
    return tr("in %Ln day(s)", "", left) if left > 0 else tr("today", "in a sentence")


def _days_since(when: float) -> int:
    return (datetime.date.today() - datetime.date.fromtimestamp(when)).days


def day(when: float, now: datetime.date | None = None) -> str:
    """Return the day of a POSIX time: "today", "yesterday", "12 November", "12 November 2024"."""
    then = datetime.date.fromtimestamp(when)
    today = now or datetime.date.today()
    match (today - then).days:
        case 0:
            return tr("today", "in a sentence")
        case 1:
            return tr("yesterday", "in a sentence")
    return date_of(then, year=then.year != today.year)
