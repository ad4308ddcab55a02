"""View state of the messages of a conversation, visible or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from app.base.draft import Draft
from app.base.types import DECLINED, Message, Part, PartKind, Role
from app.store import MessageRow, State
from app.ui.conversation.sections import Section, SectionKind
from app.ui.state.live_turns import Work
from app.wording.demo_words import declined_sentence, model_name
from app.wording.efforts import effort_name
from app.wording.errors import explain
from app.wording.language import number, tr
from app.wording.quantities import date_of

_RECENT = 600  # characters at the end of the reasoning that are searched for the present topic
_FEWEST = 6  # the fewest words of a sentence that is shown as the topic
_SECTIONS = {PartKind.TEXT: SectionKind.ANSWER, PartKind.CALL: SectionKind.CALL}


class MessageState:
    """View state of one message."""

    def __init__(self, row: MessageRow) -> None:
        self.row = row
        self.error: BaseException | None = None
        self.work: Work | None = None
        """What the answer waits for: the model, or the reading of the prompt."""
        self.offered = self.hurried = False
        """Whether “Answer now” is available, and whether it was used."""
        self.versions: tuple[int, ...] = ()
        """The ids of all its versions, if there are several."""
        self.thinking = False
        self.answered = False
        self.seconds: float | None = None
        """Seconds of reasoning so far; None if unknown."""
        self.measured: int | None = None
        """Its height in pixels at the present width; None until it is laid out."""
        self.sections: list[Section] = []
        self.set_row(row)

    @property
    def is_question(self) -> bool:
        return self.row.message.role is Role.USER

    @property
    def title(self) -> str:
        """The message's author, effort and time, for screen readers."""
        who = tr("You") if self.is_question else model_name(self.row.model) or tr("Answer")
        effort = effort_name(self.row.effort) if self.row.effort else ""
        return ", ".join(text for text in (who, effort, when(self.row.created)) if text)

    @property
    def streaming(self) -> bool:
        return self.row.state is State.STREAMING

    def set_row(self, row: MessageRow, error: BaseException | None = None) -> None:
        """Set the message as it is on disk, and the error that cut it off."""
        self.row, self.error = row, error
        self.seconds = row.thought_s
        self.set_parts(row.message.parts)
        if not self.streaming:
            self.offered = self.hurried = False
            self.work = None
            for section in self.sections:
                section.finish()

    def set_draft(self, draft: Draft) -> None:
        """Set the parts of an answer so far, and how long it has reasoned."""
        self.seconds = draft.thought_s
        self.set_parts(draft.parts)

    def set_parts(self, parts: tuple[Part, ...]) -> None:
        """Set the parts of an answer so far."""
        self.measured = None
        if self.is_question:
            own = self.row.message
            shown = [
                (SectionKind.FILE, _named(p)) for p in own.parts if p.kind is not PartKind.TEXT
            ]
            if own.text or not shown:
                shown.append((SectionKind.QUESTION, Part(own.text)))
            self._set_sections(shown)
            return
        reasoning = Message(Role.ASSISTANT, parts).reasoning.strip("\n")
        others = [
            p
            for p in parts
            if p.kind is not PartKind.REASONING and (p.kind is not PartKind.TEXT or p.text.strip())
        ]
        self.answered = bool(others)
        self.thinking = self.streaming and not others
        wanted = (
            [(SectionKind.REASONING, Part(reasoning, PartKind.REASONING))]
            if reasoning.strip()
            else []
        )
        wanted += [(_section_kind(p), _named(p)) for p in others]
        self._set_sections(wanted)

    def _set_sections(self, wanted: list[tuple[SectionKind, Part]]) -> None:
        for at, (kind, part) in enumerate(wanted):
            if at < len(self.sections) and self.sections[at].kind is kind:
                self.sections[at].name = part.name
                self.sections[at].set_source(part.text)
            else:
                self.sections[at:at] = [Section(kind, part)]
        del self.sections[len(wanted) :]
        for section in self.sections[:-1]:
            section.finish()
        if self.sections:
            self.sections[-1].growing = self.streaming

    # --- The thought --------------------------------------------------------------------------

    @property
    def thought(self) -> Section | None:
        """The section of the reasoning, if there is any."""
        first = self.sections[0] if self.sections else None
        return first if first and first.kind is SectionKind.REASONING else None

    @property
    def has_header(self) -> bool:
        """Whether it has a header for its reasoning."""
        return self.thought is not None or (self.streaming and not self.answered)

    @property
    def opened(self) -> bool:
        """Whether the reasoning is visible.

        It is while there is nothing else to read, unless the user chose otherwise.
        """
        wish = self.row.thought_open
        return self.thought is not None and (not self.answered if wish is None else wish)

    def label(self, calm: bool = False) -> str:
        """Return the header's text; ``calm``: whether the present work has taken a while."""
        if self.thinking:
            if self.work and calm:
                return self.work.label
            doing = doing_now(self.thought.source) if self.thought and not self.opened else ""
            return tr("Thinking: {doing}").format(doing=doing) if doing else tr("Thinking…")
        return thought_for(self.seconds)

    def open(self, section: Section) -> None:
        """Open a section."""
        section.opened = True
        if section is self.thought:
            self.set_opened(True)

    def set_opened(self, opened: bool) -> None:
        """Open or close the reasoning."""
        self.row = replace(self.row, thought_open=opened)
        self.measured = None

    @property
    def visible(self) -> list[Section]:
        """The visible sections."""
        return [s for s in self.sections if (self.opened if s is self.thought else s.opened)]

    @property
    def files(self) -> list[Section]:
        """The sections of a question's attachments, open or not."""
        return [s for s in self.sections if s.kind is SectionKind.FILE]

    # --- Below the message --------------------------------------------------------------------

    @property
    def notice(self) -> str:
        """Why the answer is incomplete without an error; empty if it is complete."""
        match self.row.state:
            case State.STOPPED:
                return tr("You stopped this answer.")
            case State.CUT_OFF:
                if not self.row.message.parts:
                    return tr("This message hasn’t been answered yet.")
                if self.unanswered and self.thought:
                    return tr("This answer was cut off during reasoning.")
                return tr("This answer was cut off.")
            case State.DONE if self._calls:
                return tr("The model tried to call a tool. Fireside doesn’t support tools yet.")
            case State.DONE if self.unanswered and self.thought:
                return tr("The model finished reasoning but didn’t answer.")
            case State.DONE if self.unanswered:
                return tr("The model didn’t answer.")
        return ""

    @property
    def unanswered(self) -> bool:
        """Whether it has ended without any text for the user."""
        if self.is_question or self.streaming:
            return False
        parts = self.row.message.parts
        kinds = {part.kind for part in parts if part.kind is not PartKind.TEXT or part.text.strip()}
        return not kinds - {PartKind.REASONING, PartKind.CALL}

    @property
    def _calls(self) -> bool:
        """Whether it ends in a tool call, which has no result."""
        parts = self.row.message.parts
        return self.row.state is State.DONE and bool(parts) and parts[-1].kind is PartKind.CALL

    @property
    def can_continue(self) -> bool:
        return any(part.text for part in self.row.message.parts)

    def plain_text(self) -> str:
        """Return all visible text of the message."""
        waits = self.work is not None and self.work.withdrawable
        texts = [self.label(calm=waits)] if self.has_header else []
        texts += [section.name for section in self.files]
        for section in self.visible:
            text = section.plain
            if section.kind in (SectionKind.CALL, SectionKind.OTHER):
                text = f"{section.heading}\n{text}"
            if section.kind is SectionKind.REASONING:
                texts[-1] += f"\n{text}"
            else:
                texts.append(text)
        if self.notice:
            texts.append(explain(self.error).sentence if self.error else self.notice)
        return "\n\n".join(text for text in texts if text)

    @property
    def characters(self) -> int:
        """The number of visible characters, for estimating the height."""
        return sum(len(section.source) for section in self.visible)

    @property
    def lines(self) -> int:
        """The number of line breaks in the visible text."""
        return sum(section.source.count("\n") for section in self.visible)

    def hiding(self, words: str) -> Section | None:
        """Return the first closed section that has the words, if no visible one has them."""
        wanted = words.casefold()
        if any(wanted in section.plain.casefold() for section in self.visible):
            return None
        return next((s for s in self.sections if wanted in s.plain.casefold()), None)

    def restyle(self) -> None:
        """Adopt the theme's changed colours."""
        for section in self.sections:
            section.restyle()

    def forget(self) -> None:
        """Drop whatever can be rebuilt, since the message is far out of sight."""
        for section in self.sections:
            section.forget()

    def __iter__(self) -> Iterator[Section]:
        return iter(self.sections)


def _section_kind(part: Part) -> SectionKind:
    if part.kind is PartKind.TEXT and part.name == DECLINED:
        return SectionKind.DECLINED
    return _SECTIONS.get(part.kind, SectionKind.OTHER)


def _named(part: Part) -> Part:
    """Return a part with its display name, and the program's own words in the user's language."""
    match part.kind:
        case PartKind.TEXT if part.name == DECLINED:
            return replace(part, text=declined_sentence())
        case PartKind.UNKNOWN:
            return replace(
                part, name=tr("This content was created by a newer version of Fireside.")
            )
        case PartKind.MEDIA:
            return replace(part, name=part.name or part.media_type)
    return part


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
