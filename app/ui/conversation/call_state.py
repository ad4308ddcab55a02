"""View state of the calls of tools in an answer, and of what they made."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from app.base.errors import FiresideError
from app.base.pages.display_reading import readable
from app.base.types import Outcome, Part, PartKind, ResultFacts
from app.tools.tool import Result
from app.tools.tool_events import Consent, Decision
from app.ui.conversation.call_text import call_text
from app.ui.conversation.figure_images import image_size
from app.ui.conversation.sections import Section, SectionKind
from app.ui.state.live_calls import MOST_OUTPUT, LiveCall
from app.wording.brief_text import brief
from app.wording.browser_words import is_open, sending_words
from app.wording.errors import explain
from app.wording.language import tr
from app.wording.quantities import gigabytes
from app.wording.tool_words import (
    CallPhase,
    call_label,
    consent_question,
    consent_reason,
    is_python,
    rerun_label,
)

_LONGEST_NAME = 200  # characters
_NOT_USED = (Outcome.REFUSED, Outcome.INVALID)


FIGURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""The media types that are shown as figures."""


@dataclass(frozen=True)
class MadeFile:
    """A figure or a file that a call has made; ``number`` counts the figures of an answer."""

    part: Part
    number: int

    @cached_property
    def size(self) -> tuple[int, int] | None:
        """The width and height of a figure that can be shown, in pixels; None for other files."""
        return image_size(self.part.data) if self.part.media_type in FIGURES else None

    @property
    def name(self) -> str:
        """The name of the file, on one line."""
        return brief(self.part.name, _LONGEST_NAME) or self.part.media_type

    def label(self) -> str:
        """Return the description of it: "Figure 1, 640 × 480", "table.csv, 12 kB"."""
        if size := self.size:
            return tr("Figure {number}, {width} × {height}").format(
                number=self.number, width=size[0], height=size[1]
            )
        return f"{self.name}, {gigabytes(len(self.part.data))}"


class RerunState:
    """View state of a call that the user runs again; it is never stored."""

    def __init__(self, recipient: str) -> None:
        self.recipient = recipient
        self.since = time.monotonic()
        self.result: Result | None = None
        self.error: FiresideError | None = None
        self.output = Section(SectionKind.OUTPUT, Part(""))
        self.output.growing = True
        self.made: list[MadeFile] = []
        self._text = ""

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self.result is None and self.error is None

    def add(self, text: str) -> None:
        """Show more output."""
        self._text = (self._text + text)[-MOST_OUTPUT:]
        self.output.set_source(self._text)

    def end(self, result: Result | None, error: FiresideError | None) -> None:
        """Show what came of it."""
        self.result, self.error = result, error
        self.output.set_source(result.text if result else self._text)
        self.output.finish()
        parts = result.made if result else ()
        figures = accumulate(int(part.media_type in FIGURES) for part in parts)
        self.made = [MadeFile(*each) for each in zip(parts, figures, strict=True)]

    def label(self) -> str:
        """Return its heading, or why it could not be run."""
        if self.error:
            return explain(self.error).sentence
        facts = self.result.facts if self.result else None
        return rerun_label(self.recipient, time.monotonic() - self.since, facts)


class CallState:
    """View state of a call: a row that opens its input and its output."""

    def __init__(self, part: Part, index: int = 0) -> None:
        self.part, self.index = part, index
        self.rerun: RerunState | None = None
        """What the user has run again, the last time."""
        self.result: Part | None = None
        self.page: Part | None = None
        """What it has displayed to the model."""
        self.live = LiveCall()
        self.before = 0
        """How many calls precede it in the answer."""
        self.last = False
        """Whether it is the last part of an answer that grows, so that more of it may come."""
        self.streaming = self.cut_off = False
        self.opened = False
        self.raw = False
        """Whether its output is shown as the model read it."""
        self.code = Section(SectionKind.CALL, Part(""))
        self.output = Section(SectionKind.OUTPUT, Part(""))
        self._written: tuple[Part, bool] | None = None

    def update(self) -> None:
        """Have its sections show its parts as they are now."""
        if (self.part, self.last) != self._written:
            self._written = self.part, self.last
            self.code.language, text = call_text(self.part, complete=not self.last)
            self.code.set_source(text)
        self.code.growing = self.last
        self.output.growing = self.running
        text = self.result.text if self.result else self.live.output
        if self.result and self.readable and not self.raw:
            text = readable(text)
        self.output.set_source(text if text.strip() else "")
        if not self.last:
            self.code.finish()
        if not self.running:
            self.output.finish()

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self.result is None and self.streaming and self.live.since is not None

    @property
    def consent(self) -> Consent | None:
        """The open question about it, if any."""
        asked = self.live.consent if self.result is None and self.streaming else None
        return asked if asked and asked.decision is None else None

    @property
    def phase(self) -> CallPhase:
        """How far it is."""
        if self.result is not None:
            return CallPhase.ENDED
        if not self.streaming:
            return CallPhase.CUT_OFF if self.cut_off else CallPhase.LEFT
        if self.running:
            return CallPhase.RUNNING
        return CallPhase.ASKED if self.consent else CallPhase.WRITTEN

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None before that."""
        if self.result is None:
            return None
        return (self.result.facts or ResultFacts()).outcome

    @property
    def used(self) -> bool:
        """Whether it ran, at least in part."""
        if self.outcome is Outcome.STOPPED:
            return bool(self.result and self.result.facts and self.result.facts.seconds)
        return self.result is not None and self.outcome not in _NOT_USED

    @property
    def repeatable(self) -> bool:
        """Whether the user may run it again: it has no effects."""
        return self.used and not self.streaming and is_python(self.part.name)

    @property
    def readable(self) -> bool:
        """Whether its output has a form for readers, beside the one that the model reads."""
        return self.page is not None

    @property
    def read_page(self) -> bool:
        """Whether it has displayed a page, rather than the results of a search in one."""
        return self.page is not None and is_open(self.part.name)

    @property
    def decision(self) -> Decision | None:
        """What the user decided about it, if that is known.

        A question that was open when the answer was stopped counts as refused, which nobody did.
        """
        stored = self.result.facts.decision if self.result and self.result.facts else ""
        known = Decision(stored) if stored in list(Decision) else self.live.decision
        refused = known in (Decision.REFUSE, Decision.NEVER)
        return None if refused and self.outcome is not Outcome.REFUSED else known

    @property
    def changes(self) -> str:
        """What it changed outside the chat; empty for nothing."""
        return self.result.facts.changes if self.result and self.result.facts else ""

    def label(self) -> str:
        """Return the text of its row."""
        since = self.live.since
        return call_label(
            self.part.name,
            self.part.text if self.phase is not CallPhase.WRITTEN else "",
            self.phase,
            seconds=0.0 if since is None else time.monotonic() - since,
            facts=self.result.facts if self.result else None,
            decision=self.decision,
            source=self.live.source,
            page=self.page,
        )

    @property
    def sections(self) -> list[Section]:
        """Its sections that have text; what its row says well enough has no input."""
        code = [] if self.readable and not self.raw else [self.code]
        again = [self.rerun.output] if self.rerun else []
        return [section for section in (*code, self.output, *again) if section.source]

    @property
    def visible(self) -> list[Section]:
        """Its sections if it is open."""
        return self.sections if self.opened else []

    def open(self) -> None:
        """Open it, with all of its output."""
        self.opened = True
        self.output.show_all()
        if self.rerun:
            self.rerun.output.show_all()

    def show_raw(self, raw: bool) -> None:
        """Show its output as the model read it, or as it is read best."""
        self.raw = raw
        self.update()

    def run_again(self) -> None:
        """Show that it runs again from now on."""
        self.rerun = RerunState(self.part.name)

    def plain_text(self) -> str:
        """Return all of its text that is visible."""
        texts = [self.label()]
        if consent := self.consent:
            texts += [consent_question(consent, self.before), consent_reason(consent)]
            sending = sending_words(consent.proposal)
            shown = consent.proposal.shown if consent.proposal else ()
            shown = sending.shown if sending else shown
            texts += [f"{name}: {text}" for name, text in shown]
        again = self.rerun if self.opened else None
        texts += [each.plain for each in self.visible if not again or each is not again.output]
        if self.opened and self.changes:
            texts.append(self.changes)
        if again:
            texts += filter(None, (again.label(), again.output.plain))
            texts += [made.label() for made in again.made]
        return "\n".join(texts)


def results_of(parts: Sequence[Part]) -> dict[int, int]:
    """Return which result belongs to which call, by their indices.

    A result is that of the open call with its id, else with its name, else of the first one.
    """
    found: dict[int, int] = {}
    open_calls: list[int] = []
    for at, part in enumerate(parts):
        if part.kind is PartKind.CALL:
            open_calls.append(at)
        elif part.kind is PartKind.RESULT and open_calls:
            call = next(
                (n for n in open_calls if part.id and parts[n].id == part.id),
                next((n for n in open_calls if parts[n].name == part.name), open_calls[0]),
            )
            open_calls.remove(call)
            found[call] = at
    return found
