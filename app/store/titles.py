"""A chat's title out of its first question."""

from __future__ import annotations

import re
import unicodedata

from app.base.types import Message
from app.store.rows import clean

_BLOCK_MARKS = re.compile(r"^(?:\s|#{1,6}\s|>|[-*+]\s|\d{1,9}[.)]\s|\[[ xX]\]\s)+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_SPAN_MARKS = re.compile(r"(\*{1,3}|~~|`+|(?<!\w)_{1,3})(\S(?:.*?\S)??)\1(?!(?<=_)\w)")


def title_of(question: Message) -> str:
    """The title that a question gives its chat: out of its words, else the name of a file."""
    names = (part.name for part in question.attached)
    return title_from(clean(question.text)) or one_line(next(names, ""))


def title_from(question: str, width: int = 48) -> str:
    """A title of at most ``width`` characters out of a question's first line of words, without
    Markdown's marks; empty where there are no words."""
    for line in question.splitlines():
        line = line[:1000]  # the patterns below are not made for a megabyte
        if line.lstrip().startswith(("```", "~~~")):
            continue
        line = _LINK.sub(r"\1", _BLOCK_MARKS.sub("", line))
        line = _SPAN_MARKS.sub(r"\2", _SPAN_MARKS.sub(r"\2", line))
        line = one_line(line)
        if all(unicodedata.category(c)[0] in "PZ" for c in line):
            continue  # a rule, or nothing
        if len(line) <= width:
            return line
        head = line[: width - 1]
        words = head if line[width - 1].isspace() else head.rpartition(" ")[0]
        # A script without spaces, or a very long word, is cut where it stands.
        return (words if len(words) > width // 2 else head).rstrip(" ,;:.-–—") + "…"
    return ""


def one_line(text: str) -> str:
    spaced = "".join(" " if unicodedata.category(c) == "Cc" else c for c in clean(text))
    return " ".join(spaced.split())
