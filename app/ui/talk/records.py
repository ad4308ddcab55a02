"""What is known of each message of a conversation, whether it is in sight or not."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum, auto

from app.base.types import Channel, Effort, Message, Part, Role
from app.markdown import Stream, blocks_text, parse
from app.markdown.blocks import Block, Paragraph, Span
from app.store import MessageRow, State
from app.ui.blocks.box import Style
from app.ui.blocks.column import Column
from app.ui.errors import explain
from app.ui.language import number, tr
from app.ui.theme import Look
from app.ui.words import date_of

_SLICE, _LINES = 2_500, 40  # characters and lines that are read before others get their turn
_LONGEST = 2_000  # characters of one paragraph
_RECENT = 600  # characters at the end of the reasoning that tell what it is about now
_FEWEST = 6  # words that tell something


class Sort(Enum):
    """What a section of a message is."""

    QUESTION = auto()
    """The person's words, exactly as they were typed."""
    FILE = auto()
    """The text of a file that came with them."""
    THOUGHT = auto()
    SAID = auto()
    CALL = auto()
    """What the model wrote to a tool."""


class Typed:
    """What a person or a tool typed: a reader like `Stream`, for text in which nothing is
    Markdown. Long text is cut, so that no part of it gets slow to lay out and to paint."""

    def __init__(self) -> None:
        self.blocks: list[Paragraph] = []
        self._open = ""

    def feed(self, text: str) -> int:
        """More of it. The index of the first block that has changed."""
        first = max(0, len(self.blocks) - 1)
        self._open += text.replace("\r\n", "\n").replace("\r", "\n")
        del self.blocks[first:]
        while len(self._open) > _LONGEST:
            at = self._open.rfind("\n", 1, _LONGEST)
            end, rest = (at, at + 1) if at > 0 else (_LONGEST, _LONGEST)
            self._put(self._open[:end])
            self._open = self._open[rest:]
        if self._open:
            self._put(self._open)
        return first

    def finish(self) -> int:
        """Nothing changes any more."""
        return len(self.blocks)

    def _put(self, text: str) -> None:
        spans = (Span(text),) if text else ()
        self.blocks.append(Paragraph(spans, joined=bool(self.blocks)))


def _slice(source: str, start: int) -> str:
    """What is read at once."""
    end = at = start
    for _ in range(_LINES):
        at = source.find("\n", end, start + _SLICE)
        if at < 0:
            return source[start : start + _SLICE]
        end = at + 1
    return source[start:end]


class Section:
    """A stretch of a message that is read as one: its source, and its blocks once it was seen.

    A long one is read in slices, so that nobody waits for the end of what they cannot see yet.
    """

    def __init__(self, sort: Sort, part: Part) -> None:
        self.sort = sort
        self.recipient, self.name = part.recipient, part.name
        self.opened = sort is not Sort.FILE
        """Whether it can be seen, as far as that is its own matter."""
        self.source = ""
        self.growing = False
        self.repaint_from = 0.0
        """Pixels below its top from where `column` is not what it was."""
        self._reader: Stream | Typed | None = None
        self._fed = 0  # characters that the reader has
        self._finished = False
        self._changed = 0  # the first of the blocks that the column has not been given yet
        self._column: Column | None = None
        self._style = Style()
        self._plain: str | None = None
        self.set_source(part.text)

    def set_source(self, source: str) -> bool:
        """Other text; what only grew is only added to. Whether it is another."""
        old, self.source = self.source, source
        if source == old:
            return False
        self._plain = None
        if self._reader and not self._finished and source.startswith(old):
            self._feed()
        else:
            self._start()
        return True

    def finish(self) -> None:
        """No more of it comes."""
        self.growing = False
        if self._reader and self._fed == len(self.source):
            self._end()

    @property
    def heading(self) -> str:
        """What stands above a call."""
        return tr("Call to {recipient}").format(recipient=self.recipient)

    @property
    def unread(self) -> bool:
        """Whether there is more than `column` shows."""
        return self._reader is not None and self._fed < len(self.source)

    def read_on(self) -> None:
        """Another slice."""
        self._feed()

    def column(self, look: Look, style: Style) -> Column:
        """Its blocks, to be painted."""
        if self._column is None or style != self._style:
            self._column, self._style, self._changed = Column(look, style), style, 0
        blocks = self.blocks
        first = self._column.set_blocks(blocks, self._changed)
        self._changed = len(blocks)
        self.repaint_from = self._column.top_of(first)
        return self._column

    @property
    def blocks(self) -> Sequence[Block]:
        """What it consists of, as far as it was read."""
        if self._reader is None:
            self._reader = Stream() if self.sort in (Sort.SAID, Sort.THOUGHT) else Typed()
            self._feed()
        return self._reader.blocks

    @property
    def plain(self) -> str:
        """All of it as plain text."""
        if self._plain is None:
            if self.sort in (Sort.QUESTION, Sort.FILE, Sort.CALL):
                self._plain = self.source
            else:
                whole = self._reader.blocks if self._reader and self._finished else None
                self._plain = blocks_text(parse(self.source) if whole is None else whole)
        return self._plain

    def restyle(self) -> None:
        """The theme's colours are others."""
        if self._column:
            self._column.restyle()

    def forget(self) -> None:
        """It is far out of sight: what can be made again need not be kept."""
        self._column = None
        self._start()

    def _start(self) -> None:
        self._reader, self._fed, self._finished, self._changed = None, 0, False, 0

    def _feed(self) -> None:
        assert self._reader
        part = _slice(self.source, self._fed)
        self._fed += len(part)
        self._changed = min(self._changed, self._reader.feed(part))
        if self._fed == len(self.source) and not self.growing:
            self._end()

    def _end(self) -> None:
        if self._reader and not self._finished:
            self._finished = True
            self._changed = min(self._changed, self._reader.finish())


class Record:
    """A message, and how it stands with it."""

    def __init__(self, row: MessageRow) -> None:
        self.row = row
        self.error: BaseException | None = None
        self.read: float | None = None
        """How much of the prompt has been read, where that goes on."""
        self.offered = self.hurried = False
        """Whether an answer can be asked for now, and whether it was."""
        self.versions: tuple[int, ...] = ()
        """The messages in its place, it among them, where there are several."""
        self.thinking = False
        self.answered = False
        self.seconds: float | None = None
        self.measured: int | None = None
        """Its height in pixels at the present width, once it was in sight."""
        self._began = time.monotonic()
        self.sections: list[Section] = []
        self.set_row(row)

    @property
    def is_question(self) -> bool:
        return self.row.message.role is Role.USER

    @property
    def title(self) -> str:
        """Who said it, and when."""
        who = tr("You") if self.is_question else self.row.model or tr("Answer")
        effort = effort_name(self.row.effort) if self.row.effort else ""
        return ", ".join(text for text in (who, effort, when(self.row.created)) if text)

    @property
    def streaming(self) -> bool:
        return self.row.state is State.STREAMING

    def set_row(self, row: MessageRow, error: BaseException | None = None) -> None:
        """The message as it is on disk, and what cut it off."""
        self.row, self.error = row, error
        if not self.streaming and row.thought_s is not None:
            self.seconds = row.thought_s
        self.set_parts(row.message.parts)
        if not self.streaming:
            self.offered = self.hurried = False
            self.read = None
            for section in self.sections:
                section.finish()

    def set_parts(self, parts: tuple[Part, ...]) -> None:
        """The text so far."""
        self.measured = None
        if self.is_question:
            own = self.row.message
            words = [(Sort.QUESTION, Part(own.text))] if own.text or not own.attached else []
            self._set_sections([*((Sort.FILE, part) for part in own.attached), *words])
            return
        reasoning = Message(Role.ASSISTANT, parts).reasoning.strip("\n")
        others = [
            p
            for p in parts
            if (p.recipient or p.channel is not Channel.ANALYSIS) and p.text.strip()
        ]
        self.answered = bool(others)
        was, self.thinking = self.thinking, self.streaming and not others
        if not self.thinking and self.seconds is None:
            self.seconds = time.monotonic() - self._began if was else 0.0
        wanted = [(Sort.THOUGHT, Part(reasoning, Channel.ANALYSIS))] if reasoning.strip() else []
        wanted += [(Sort.CALL if p.recipient else Sort.SAID, p) for p in others]
        self._set_sections(wanted)

    def _set_sections(self, wanted: list[tuple[Sort, Part]]) -> None:
        for at, (sort, part) in enumerate(wanted):
            if at < len(self.sections) and self.sections[at].sort is sort:
                self.sections[at].recipient = part.recipient
                self.sections[at].set_source(part.text)
            else:
                self.sections[at:at] = [Section(sort, part)]
        del self.sections[len(wanted) :]
        for section in self.sections[:-1]:
            section.finish()
        if self.sections:
            self.sections[-1].growing = self.streaming

    # --- The thought --------------------------------------------------------------------------

    @property
    def thought(self) -> Section | None:
        """The reasoning, where there is any."""
        first = self.sections[0] if self.sections else None
        return first if first and first.sort is Sort.THOUGHT else None

    @property
    def has_header(self) -> bool:
        """Whether there is something to say of its reasoning."""
        return self.thought is not None or (self.streaming and not self.answered)

    @property
    def opened(self) -> bool:
        """Whether the reasoning is in sight: while there is nothing else to read, unless the
        person said otherwise."""
        wish = self.row.thought_open
        return self.thought is not None and (not self.answered if wish is None else wish)

    def label(self, reading: bool = False) -> str:
        """What stands above the reasoning; ``reading`` where that has taken a while."""
        if self.thinking:
            if reading:
                return tr("Reading…")
            doing = doing_now(self.thought.source) if self.thought and not self.opened else ""
            return tr("Thinking: {doing}").format(doing=doing) if doing else tr("Thinking…")
        return thought_for(self.seconds)

    def open(self, section: Section) -> None:
        """The person is to see this."""
        section.opened = True
        if section is self.thought:
            self.set_opened(True)

    def set_opened(self, opened: bool) -> None:
        """The person opens or closes the reasoning."""
        self.row = replace(self.row, thought_open=opened)
        self.measured = None

    @property
    def visible(self) -> list[Section]:
        """The sections that are in sight."""
        return [s for s in self.sections if (self.opened if s is self.thought else s.opened)]

    @property
    def files(self) -> list[Section]:
        """What came with a question, whether it is opened or not."""
        return [s for s in self.sections if s.sort is Sort.FILE]

    # --- What is below ------------------------------------------------------------------------

    @property
    def notice(self) -> str:
        """Why the answer is no whole one, where nothing went wrong; empty for a whole one."""
        match self.row.state:
            case State.STOPPED:
                return tr("You stopped this answer.")
            case State.CUT_OFF:
                return tr("This answer was cut off.")
        return (
            tr("The model wanted to use a tool, and Fireside has none yet.") if self._calls else ""
        )

    @property
    def _calls(self) -> bool:
        """Whether it ends in a call to a tool, which nobody answers."""
        parts = self.row.message.parts
        return self.row.state is State.DONE and bool(parts) and bool(parts[-1].recipient)

    @property
    def can_continue(self) -> bool:
        return any(part.text for part in self.row.message.parts)

    def plain_text(self) -> str:
        """All of it that is in sight."""
        texts = [self.label()] if self.has_header else []
        texts += [section.name for section in self.files]
        for section in self.visible:
            match section.sort:
                case Sort.CALL:
                    text = f"{section.heading}\n{section.source}"
                case _:
                    text = section.plain
            if section.sort is Sort.THOUGHT:
                texts[-1] += f"\n{text}"
            else:
                texts.append(text)
        if self.notice:
            texts.append(explain(self.error).sentence if self.error else self.notice)
        return "\n\n".join(text for text in texts if text)

    @property
    def characters(self) -> int:
        """Of all that is in sight, to estimate its height by."""
        return sum(len(section.source) for section in self.visible)

    @property
    def lines(self) -> int:
        """Ends of lines in what is in sight."""
        return sum(section.source.count("\n") for section in self.visible)

    def forget(self) -> None:
        """It is far out of sight."""
        for section in self.sections:
            section.forget()

    def __iter__(self) -> Iterator[Section]:
        return iter(self.sections)


def when(seconds: float) -> str:
    """The time of day, and the day where that is not today. From POSIX seconds."""
    then = datetime.fromtimestamp(seconds)
    today = then.date() == datetime.now().date()
    return f"{then:%H:%M}" if today else f"{date_of(then, year=True)}, {then:%H:%M}"


def effort_name(effort: Effort) -> str:
    """How hard the model thinks, as it is said of an answer."""
    match effort:
        case Effort.LOW:
            return tr("Low effort")
        case Effort.MEDIUM:
            return tr("Medium effort")
        case Effort.HIGH:
            return tr("High effort")


def thought_for(seconds: float | None) -> str:
    """How long the reasoning took, in words."""
    if not seconds or seconds < 1:
        return tr("Thought for less than a second")
    if seconds < 60:
        return tr("Thought for {seconds} s").format(seconds=number(seconds))
    minutes, rest = divmod(round(seconds), 60)
    return tr("Thought for {minutes} min {rest} s").format(minutes=minutes, rest=rest)


def doing_now(reasoning: str) -> str:
    """What a model is thinking about: how its last sentence begins, once that says something.
    It changes with a sentence, not with a word."""
    for sentence in reversed(re.split(r"(?<=[.!?:;])\s+|\n+", reasoning[-_RECENT:])):
        words = sentence.strip(" #*-`>").split()
        if len(words) >= _FEWEST:
            return " ".join(words[:_FEWEST]) + "…"
    return ""
