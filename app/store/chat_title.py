"""A chat's title, from its first question or from a model's reply to a request for one."""

from __future__ import annotations

import re
import unicodedata

from app.base.types import Message
from app.store.rows import clean

# Not compiled here: the window need not wait for it.
_BLOCK_MARKS = r"^(?:\s|#{1,6}\s|>|[-*+]\s|\d{1,9}[.)]\s|\[[ xX]\]\s)+"
_LINK = r"!?\[([^\]]*)\]\([^)]*\)"
_SPAN_MARKS = r"(\*{1,3}|~~|`+|(?<!\w)_{1,3})(\S(?:.*?\S)??)\1(?!(?<=_)\w)"
_LABEL = (
    r"(?i)^(?:title|titel|titre|t[ií]tulo|titolo|заголовок|название|[标標][题題]|题目|タイトル|제목)"
    r"\s*[:：]\s*"
)
_QUOTED = r"([\"'`“”„‘’‚«»「『《])([^\"`“”„«»「」『』《》]+)[\"'`“”‘’«»」』》]"
_CITATION = r"【\s*\d+(?::\d+)?\s*†[^【】]*】?"
_LAST_STOP = r"(?<!\.\w)[\s.。．:;,]+$"  # but not that of "U.S."
# The beginnings of a title's longer words, whose endings vary, or two adjacent characters in
# scripts without spaces; at least one must occur in the conversation.
_STEM = r"\b\w{4}"
_NEIGHBOURS = r"(?=([\u2e80-\u9fff\uac00-\ud7af]{2}))"
_READ = 50_000  # characters of a chat's start, and of its end, that are compared


def title_of(question: Message) -> str:
    """Return a chat's title from its first question: from its words, else from a file name."""
    names = (part.name for part in question.attached)
    return title_from(clean(question.text)) or one_line(next(names, ""))


def title_from(question: str, width: int = 48) -> str:
    """Return a title from a question's first line with words, without Markdown's marks.

    It has at most ``width`` characters, and is empty if there are no words.
    """
    for line in question.splitlines():
        if line.lstrip().startswith(("```", "~~~")):
            continue
        if line := _plain(line):
            return _cut(line, width)
    return ""


def title_out_of(said: str, about: str, width: int = 60) -> str:
    """Return a title from a model's reply when asked for one ``about`` a conversation.

    It has at most ``width`` characters, without Markdown's marks, quotes, "Title:" and a full stop.
    It is empty if the reply is not a title: several lines, twice the width, or no word (or
    beginning of one) that occurs in the conversation.
    """
    lines = said.strip().splitlines()
    if len(lines) != 1:
        return ""
    line = re.sub(_LABEL, "", _plain(lines[0]))
    line = "".join(c for c in line if c in "\u200c\u200d" or unicodedata.category(c) != "Cf")
    line = re.sub(_LAST_STOP, "", line)
    if quoted := re.fullmatch(_QUOTED, line):
        line = re.sub(_LAST_STOP, "", quoted[2])
    if not 0 < len(line) <= 2 * width or not _touches(line, about[:_READ] + about[-_READ:]):
        return ""
    return _cut(line, width)


def _touches(title: str, about: str) -> bool:
    title, about = title.casefold(), about.casefold()
    telling = {*re.findall(_STEM, title), *re.findall(_NEIGHBOURS, title)}
    return any(part in about for part in telling or re.findall(r"\w+", title))


def _plain(line: str) -> str:
    """Return a line without Markdown's marks; empty if it has no words."""
    line = line[:1000]  # the patterns are too slow for a megabyte
    line = re.sub(_CITATION, "", line)
    line = re.sub(_LINK, r"\1", re.sub(_BLOCK_MARKS, "", line))
    line = re.sub(_SPAN_MARKS, r"\2", re.sub(_SPAN_MARKS, r"\2", line))
    line = one_line(line)
    return "" if all(unicodedata.category(c)[0] in "PZ" for c in line) else line


def _cut(line: str, width: int) -> str:
    """Return at most ``width`` characters of a line, whole words if possible."""
    if len(line) <= width:
        return line
    head = line[: width - 1]
    words = head if line[width - 1].isspace() else head.rpartition(" ")[0]
    # Text without spaces, or a very long word, is cut anywhere.
    return (words if len(words) > width // 2 else head).rstrip(" ,;:.-–—") + "…"


def one_line(text: str) -> str:
    spaced = "".join(" " if unicodedata.category(c) == "Cc" else c for c in clean(text))
    return " ".join(spaced.split())
