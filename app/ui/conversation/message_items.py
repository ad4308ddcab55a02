"""What a message consists of, in order: sections of text, calls of tools, and what these made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.base.types import DECLINED, Message, Part, PartKind
from app.store import State
from app.tools.tool_events import WAITING
from app.ui.conversation.call_state import FIGURES, CallState, MadeFile, results_of
from app.ui.conversation.sections import Section, SectionKind
from app.ui.state.live_calls import LiveCall
from app.wording.demo_words import declined_sentence
from app.wording.language import tr
from app.wording.tool_words import results_shortened

_SECTIONS = {PartKind.TEXT: SectionKind.ANSWER}

Item = Section | CallState | MadeFile
"""A section of text, a call with its row, or what a call has made."""


class MessageItems:
    """The items of a message, made of its parts; each stays the same while its part grows.

    Calls before the first text for the user are in the thought panel, between the sections of the
    reasoning; later ones stand where they were made. Figures and files are never in the panel.
    """

    def __init__(self) -> None:
        self.panel: list[Item] = []
        """What the thought panel contains."""
        self.outside: list[Item] = []
        """What follows it; of a question, all of it."""
        self.begun = False
        """Whether there is text for the user."""
        self.thinks = True
        """Whether it ends in reasoning or a call."""
        self._sections: dict[tuple[SectionKind, int], Section] = {}  # by the first part
        self._before: dict[tuple[SectionKind, int], Section] = {}
        self._latest: Section | None = None  # that of the last part
        self._calls: dict[int, CallState] = {}
        self._files: dict[int, MadeFile] = {}

    def set_question(self, own: Message) -> None:
        """Show a question."""
        self._begin()
        for at, part in enumerate(own.parts):
            if part.kind is not PartKind.TEXT:
                file, shown = self._add(self.outside, SectionKind.FILE, at), _named(part)
                file.name = shown.name
                file.set_source(shown.text)
        if own.text or not self.outside:
            self._add(self.outside, SectionKind.QUESTION, 0).set_source(own.text)

    def set_answer(
        self,
        parts: tuple[Part, ...],
        live: Mapping[int, LiveCall],
        shortened: frozenset[int],
        state: State,
    ) -> None:
        """Show an answer; the arguments are those of `MessageState.set_calls`, and its state."""
        self._begin()
        streaming = state is State.STREAMING
        results = results_of(parts)
        paired = set(results.values())
        thoughts: dict[Section, list[str]] = {}
        thought: Section | None = None  # at the end of the panel
        begun, figures, calls, last = False, 0, 0, None
        for at, part in enumerate(parts):
            place = self.outside if begun else self.panel
            if at in shortened:
                self._add_note(place, at)
                thought = thought if begun else None
            if part.kind is PartKind.PAGE or not _says(part):
                continue
            if part.kind is PartKind.REASONING:
                last = part
                thought = thought or self._add(self.panel, SectionKind.REASONING, at)
                thoughts.setdefault(thought, []).append(part.text)
                self._latest = thought
            elif part.kind is PartKind.CALL:
                last, self._latest = part, None
                call = self._call(at, part)
                call.result = parts[results[at]] if at in results else None
                call.page = _page_after(parts, results[at]) if at in results else None
                call.live, call.before, call.streaming = live.get(at, LiveCall()), calls, streaming
                call.cut_off = state is State.CUT_OFF and part.facts != WAITING
                call.last = streaming and at == len(parts) - 1
                call.update()
                place.append(call)
                calls += 1
                thought = thought if begun else None
            elif part.kind is PartKind.MEDIA and part.data:
                figures += part.media_type in FIGURES
                self.outside.append(self._made(at, part, figures))
            elif at not in paired:
                begun, last = True, part
                shown = _named(part)
                self._latest = self._add(self.outside, _section_kind(part), at)
                self._latest.name = shown.name
                self._latest.set_source(shown.text)
        if len(parts) in shortened:
            self._add_note(self.outside if begun else self.panel, len(parts))
        for section, texts in thoughts.items():
            section.set_source("\n\n".join(texts).strip("\n"))
        self._calls = {at: call for at, call in self._calls.items() if at < len(parts)}
        self.begun = begun
        self.thinks = last is None or last.kind in (PartKind.REASONING, PartKind.CALL)
        for section in self._sections.values():
            if section is self._latest and streaming:
                section.growing = True
            else:
                section.finish()

    def _begin(self) -> None:
        """Start anew, with the sections of before."""
        self.panel, self.outside, self._latest = [], [], None
        self._before, self._sections = self._sections, {}

    def _add_note(self, place: list[Item], at: int) -> None:
        """Add the line that earlier results became short here."""
        self._add(place, SectionKind.NOTE, at).set_source(results_shortened())

    def _add(self, place: list[Item], kind: SectionKind, at: int) -> Section:
        """Add the section that begins with a part; the same one as before, if there was one."""
        section = self._before.get((kind, at)) or Section(kind, Part(""))
        self._sections[kind, at] = section
        place.append(section)
        return section

    def _made(self, at: int, part: Part, number: int) -> MadeFile:
        known = self._files.get(at)
        if known is None or known.part is not part:
            known = self._files[at] = MadeFile(part, number)
        return known

    def _call(self, at: int, part: Part) -> CallState:
        call = self._calls[at] = self._calls.get(at) or CallState(part, at)
        call.part = part
        return call


def _page_after(parts: tuple[Part, ...], result: int) -> Part | None:
    """Return the page that was displayed with a result."""
    following = parts[result + 1 : result + 2]
    return next((part for part in following if part.kind is PartKind.PAGE), None)


def _says(part: Part) -> bool:
    """Return whether a part is more than blanks; those that are no text always are."""
    return part.kind not in (PartKind.REASONING, PartKind.TEXT) or bool(part.text.strip())


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
