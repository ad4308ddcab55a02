"""A chat as Markdown, to be read or put into notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import indent

from app.base.code_fence import code_fence
from app.base.types import Role
from app.store import ChatRow, MessageRow, State
from app.store.chat_title import one_line

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_SPECIAL = re.compile(r"([\\`*_<>\[\]#~$|&])")


@dataclass(frozen=True, slots=True)
class ExportWords:
    """What an export says by itself, in the person's language."""

    you: str = "You"
    model: str = "Answer"
    """Above an answer of which the model is not known."""
    untitled: str = "Untitled"
    reasoning: str = "Reasoning"
    thought: str = "Thought for {seconds} s"
    version: str = "{number} of {count}"
    """Of a message of which there are several, where all of them are written."""
    stopped: str = "Stopped"
    cut_off: str = "Cut off"
    language: str = "en"
    """As HTML names it."""


Versions = Mapping[int, tuple[int, ...]]
"""By a message that has others in its place, all of them; see `Store.branches`."""
ALONE: Versions = {}


def chat_markdown(
    chat: ChatRow,
    messages: Sequence[MessageRow],
    *,
    reasoning: bool,
    words: ExportWords,
    versions: Versions = ALONE,
) -> str:
    """The messages, each below a heading; reasoning as quotations. A message that ends within a
    block of code does not draw the next one into it."""
    return "\n\n".join(_blocks(chat, messages, reasoning, words, versions)) + "\n"


def speaker(message: MessageRow, words: ExportWords, versions: Versions) -> str:
    """Who is named above a message: a model's file without folders and ending. And which of its
    versions it is, where it has some."""
    who = re.split(r"[/\\]", message.model)[-1].removesuffix(".gguf") or words.model
    if message.message.role is Role.USER:
        who = words.you
    if (same := versions.get(message.id)) is None:
        return who
    version = words.version.format(number=same.index(message.id) + 1, count=len(same))
    return f"{who} ({version})"


def thought(message: MessageRow, words: ExportWords) -> str:
    """The heading of its reasoning."""
    if message.thought_s is None:
        return words.reasoning
    return words.thought.format(seconds=f"{message.thought_s:.0f}")


def ending(message: MessageRow, words: ExportWords) -> str:
    """What is said of an answer that is not whole, else nothing."""
    endings = {State.STOPPED: words.stopped, State.CUT_OFF: words.cut_off}
    return endings.get(message.state, "")


def day(seconds: float) -> str:
    """A time in this computer's zone, to the minute; empty where it is not known."""
    if seconds <= 0:
        return ""
    try:
        return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, OSError, ValueError):
        return ""


def _blocks(
    chat: ChatRow,
    messages: Sequence[MessageRow],
    reasoning: bool,
    words: ExportWords,
    versions: Versions,
) -> Iterator[str]:
    yield f"# {_plain(chat.title or words.untitled)}"
    if date := day(chat.created):
        yield f"*{date}*"
    for message in messages:
        yield f"## {_plain(speaker(message, words, versions))}"
        if reasoning and (thoughts := message.message.reasoning.strip()):
            text = f"*{thought(message, words)}*\n\n{_closed(thoughts)}"
            yield indent(text, "> ", lambda line: True)
        for part in message.message.attached:
            yield f"**{_plain(one_line(part.name))}**"
            yield code_fence(part.text)
        if text := message.message.text.strip("\n"):
            yield _closed(text)
        if end := ending(message, words):
            yield f"*{end}*"


def _plain(text: str) -> str:
    """A text of one line so that Markdown shows it as it is."""
    return _SPECIAL.sub(r"\\\1", text)


def _closed(text: str) -> str:
    """The text with the end of its last block of code."""
    fence = ""
    for line in text.splitlines():
        found = _FENCE.match(line)
        if not found:
            continue
        marks, rest = found[1], found[2]
        if not fence:
            fence = "" if "`" in rest and marks[0] == "`" else marks
        elif marks[0] == fence[0] and len(marks) >= len(fence) and not rest.strip():
            fence = ""
    return f"{text}\n{fence}" if fence else text
