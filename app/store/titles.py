"""A chat's title: out of its first question, or out of what a model answered when asked for one."""

from __future__ import annotations

import re
import unicodedata

from app.base.types import Message
from app.store.rows import clean

_BLOCK_MARKS = re.compile(r"^(?:\s|#{1,6}\s|>|[-*+]\s|\d{1,9}[.)]\s|\[[ xX]\]\s)+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_SPAN_MARKS = re.compile(r"(\*{1,3}|~~|`+|(?<!\w)_{1,3})(\S(?:.*?\S)??)\1(?!(?<=_)\w)")
_LABEL = re.compile(
    r"^(?:title|titel|titre|t[ií]tulo|titolo|заголовок|название|[标標][题題]|题目|タイトル|제목)"
    r"\s*[:：]\s*",
    re.I,
)
_QUOTED = re.compile(r"([\"'`“”„‘’‚«»「『《])([^\"`“”„«»「」『』《》]+)[\"'`“”‘’«»」』》]")
_LAST_STOP = re.compile(r"(?<!\.\w)[\s.。．:;,]+$")  # but not that of "U.S."
# What a title is about is told by the first letters of its longer words, whose endings vary, or
# by two neighbours where words are not set apart.
_STEM = re.compile(r"\b\w{4}")
_NEIGHBOURS = re.compile(r"(?=([\u2e80-\u9fff\uac00-\ud7af]{2}))")
_READ = 50_000  # characters of a chat that are looked at, of its start and of its end


def title_of(question: Message) -> str:
    """The title that a question gives its chat: out of its words, else the name of a file."""
    names = (part.name for part in question.attached)
    return title_from(clean(question.text)) or one_line(next(names, ""))


def title_from(question: str, width: int = 48) -> str:
    """A title of at most ``width`` characters out of a question's first line of words, without
    Markdown's marks; empty where there are no words."""
    for line in question.splitlines():
        if line.lstrip().startswith(("```", "~~~")):
            continue
        if line := _plain(line):
            return _cut(line, width)
    return ""


def title_out_of(said: str, about: str, width: int = 60) -> str:
    """A title of at most ``width`` characters out of what a model said when it was asked for one
    ``about`` a conversation: without Markdown's marks, quotes, "Title:" and a full stop. Empty
    where it is none: it has several lines, is twice as long as it may be, or no word of it, nor
    the start of one, occurs in the conversation."""
    lines = said.strip().splitlines()
    if len(lines) != 1:
        return ""
    line = _LABEL.sub("", _plain(lines[0]))
    line = "".join(c for c in line if c in "\u200c\u200d" or unicodedata.category(c) != "Cf")
    line = _LAST_STOP.sub("", line)
    if quoted := _QUOTED.fullmatch(line):
        line = _LAST_STOP.sub("", quoted[2])
    if not 0 < len(line) <= 2 * width or not _touches(line, about[:_READ] + about[-_READ:]):
        return ""
    return _cut(line, width)


def _touches(title: str, about: str) -> bool:
    title, about = title.casefold(), about.casefold()
    telling = {*_STEM.findall(title), *_NEIGHBOURS.findall(title)}
    return any(part in about for part in telling or re.findall(r"\w+", title))


def _plain(line: str) -> str:
    """A line without Markdown's marks; empty where it has no words."""
    line = line[:1000]  # the patterns are not made for a megabyte
    line = _LINK.sub(r"\1", _BLOCK_MARKS.sub("", line))
    line = _SPAN_MARKS.sub(r"\2", _SPAN_MARKS.sub(r"\2", line))
    line = one_line(line)
    return "" if all(unicodedata.category(c)[0] in "PZ" for c in line) else line


def _cut(line: str, width: int) -> str:
    """At most ``width`` characters of it, whole words where that can be."""
    if len(line) <= width:
        return line
    head = line[: width - 1]
    words = head if line[width - 1].isspace() else head.rpartition(" ")[0]
    # A script without spaces, or a very long word, is cut where it stands.
    return (words if len(words) > width // 2 else head).rstrip(" ,;:.-–—") + "…"


def one_line(text: str) -> str:
    spaced = "".join(" " if unicodedata.category(c) == "Cc" else c for c in clean(text))
    return " ".join(spaced.split())
