"""A chat as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from textwrap import indent

from app.base.code_fence import code_fence
from app.base.types import Part, Role
from app.exchange.answer_steps import (
    PICTURES,
    CallHeading,
    StepKind,
    answer_steps,
    call_heading,
    data_link,
    used_tools,
)
from app.exchange.fences import closed_fence
from app.exchange.footnotes import Footnotes, FootnoteWords
from app.store import ChatRow, MessageRow, State
from app.store.chat_title import one_line

_SPECIAL = re.compile(r"([\\`*_<>\[\]#~$|&])")


@dataclass(frozen=True, slots=True)
class ExportWords:
    """The words that an export adds, in the user's language."""

    you: str = "You"
    model: str = "Answer"
    """The heading of an answer whose model is not known."""
    elsewhere: str = "{model} on {host}"
    """The heading of an answer that was generated on another computer."""
    untitled: str = "Untitled"
    reasoning: str = "Reasoning"
    thought: str = "Thought for {seconds} s"
    version: str = "{number} of {count}"
    """Marks a message that has other versions, if all of them are written."""
    stopped: str = "Stopped"
    cut_off: str = "Cut off"
    output: str = "Output"
    """The heading of what a call has returned."""
    call: CallHeading = call_heading
    footnotes: FootnoteWords = field(default_factory=FootnoteWords)
    language: str = "en"
    """A language tag for HTML."""


Versions = Mapping[int, tuple[int, ...]]
"""The versions of each message that has several, by its id; see `Store.branches`."""
NO_VERSIONS: Versions = {}


def chat_markdown(
    chat: ChatRow,
    messages: Sequence[MessageRow],
    *,
    reasoning: bool,
    words: ExportWords,
    versions: Versions = NO_VERSIONS,
    link: Callable[[Part], str] = data_link,
) -> str:
    """Return the messages, each below a heading, with reasoning as quotations.

    A message that ends within a block of code does not swallow the next one. ``link`` returns the
    address of media.
    """
    return "\n\n".join(_blocks(chat, messages, reasoning, words, versions, link)) + "\n"


def speaker(message: MessageRow, words: ExportWords, versions: Versions) -> str:
    """Return a message's heading: its author, and which of its versions it is if it has several.

    A model is named by its file, without folders and suffix, and by the host that it ran on.
    """
    who = re.split(r"[/\\]", message.model)[-1].removesuffix(".gguf") or words.model
    if message.host:
        who = words.elsewhere.format(model=who, host=message.host)
    if message.message.role is Role.USER:
        who = words.you
    if (same := versions.get(message.id)) is None:
        return who
    version = words.version.format(number=same.index(message.id) + 1, count=len(same))
    return f"{who} ({version})"


def thought(message: MessageRow, words: ExportWords) -> str:
    """Return the heading of the reasoning."""
    if message.thought_s is None:
        return words.reasoning
    return words.thought.format(seconds=f"{message.thought_s:.0f}")


def ending(message: MessageRow, words: ExportWords) -> str:
    """Return a remark on an incomplete answer, else ""."""
    endings = {State.STOPPED: words.stopped, State.CUT_OFF: words.cut_off}
    return endings.get(message.state, "")


def day(seconds: float) -> str:
    """Return a local time to the minute, or "" if it is unknown."""
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
    link: Callable[[Part], str],
) -> Iterator[str]:
    yield f"# {_escaped(chat.title or words.untitled)}"
    if date := day(chat.created):
        yield f"*{date}*"
    notes = Footnotes(messages, words.footnotes, kept=True)
    for message in map(notes.add_to, messages):
        yield f"## {_escaped(speaker(message, words, versions))}"
        steps = used_tools(message.message)
        if not steps and reasoning and (thoughts := message.message.reasoning.strip()):
            yield _quoted(thoughts, thought(message, words))
        for part in message.message.attached:
            yield f"**{_escaped(one_line(part.name))}**"
            yield code_fence(part.text)
        if steps:
            yield from _step_blocks(message, reasoning, words, link)
        elif text := message.message.text.strip("\n"):
            yield closed_fence(text)
        if end := ending(message, words):
            yield f"*{end}*"


def _step_blocks(
    message: MessageRow, reasoning: bool, words: ExportWords, link: Callable[[Part], str]
) -> Iterator[str]:
    """Yield the blocks of an answer that used tools."""
    heading = thought(message, words)
    for step in answer_steps(message.message, reasoning=reasoning):
        match step.kind:
            case StepKind.THOUGHT:
                yield _quoted(step.text, heading)
                heading = words.reasoning
            case StepKind.CALL:
                yield f"**{_escaped(one_line(words.call(step.part, step.result, step.page)))}**"
                if step.text:
                    yield code_fence(step.text, step.language)
                if step.output:
                    yield f"*{words.output}*"
                    yield code_fence(step.output)
            case StepKind.MEDIA if step.part:
                name = _escaped(one_line(step.text))
                mark = "!" if step.part.media_type in PICTURES else ""
                yield f"{mark}[{name}]({link(step.part)})"
            case _:
                yield closed_fence(step.text)


def _quoted(text: str, heading: str) -> str:
    return indent(f"*{heading}*\n\n{closed_fence(text)}", "> ", lambda line: True)


def _escaped(text: str) -> str:
    """Escape a line for Markdown."""
    return _SPECIAL.sub(r"\\\1", text)
