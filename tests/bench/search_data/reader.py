"""A scripted model that answers questions from a folder, through the loop of tools."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from app.base.draft import Draft
from app.base.pages.cited import CitationMark, Cited
from app.base.pages.displays import Display, Displays, displays_of
from app.base.types import (
    Delta,
    Event,
    Message,
    Part,
    PartAdded,
    Request,
    Role,
)
from app.engine.backend import Planned
from app.tools.browser.browser import Browser
from app.tools.browser.files.file_index import FileIndex
from app.tools.browser.page import without_marks
from app.tools.browser.source import Hit, PageText, Source, SourceFault
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from tests.bench.search_data.asked import Question
from tests.fakes.browsing import BrowsingModel, open_, search
from tests.fakes.tools import model

SCROLLS = 2
_RESULT = re.compile(r"^ +\* 【(\d+)†", re.MULTILINE)
_MARK = re.compile(r"【(\d+)†L(\d+)-L(\d+)】")


@dataclass(frozen=True)
class Read:
    """How a question went.

    ``offered``: whether a right document was in the first display. ``seen``: the number of displays
    until the answer was seen, the search included; 0 if it was not. ``cited``: whether the cited
    lines have the answer.
    """

    offered: bool
    seen: int
    cited: bool


class IndexSource:
    """An index as a source of the browser."""

    key, name, unavailable = "files:Docs", "files", ""

    def __init__(self, index: FileIndex) -> None:
        self.index = index

    def has(self, address: str) -> bool:
        return address.startswith("files:")

    def search(self, query: str, count: int, cancel: threading.Event) -> Sequence[Hit]:
        found = self.index.search(query, count, cancel)
        return [Hit(_address(x.relative), x.title, x.summary, x.passage) for x in found]

    def open(
        self, address: str, cancel: threading.Event, allowed: Callable[[str], bool]
    ) -> PageText:
        text = self.index.text(address.removeprefix(_address("")))
        if text is None:
            raise SourceFault("There is no such page.")
        return PageText(address, text.title, text.text, text.links)


def _address(relative: str) -> str:
    return f"files:/Docs/{relative}"


class Reader(BrowsingModel):
    """A model that searches, opens the first result it knows to be right, and cites the lines.

    It is as good at choosing as can be: it stands for a model that reads with care.
    """

    def __init__(self, question: Question) -> None:
        super().__init__(search(question.question), piece=1000)
        self._answers = {_address(path): words for path, words in question.answers.items()}
        self.offered = False
        self.seen = 0
        self.draft = Draft(())

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        if not self.steps:
            self._go_on(displays_of([Message(Role.ASSISTANT, tuple(self.draft.parts))]))
        yield from super().stream(request, cancel, answer_now)

    def _go_on(self, shown: Displays) -> None:
        last = shown.get(len(shown) - 1)
        if last is None:
            self.steps = ["There is nothing."]
        elif len(shown) == 1:
            right = [n for n in _shown(last) if last.page.links[n] in self._answers]
            self.offered = bool(right)
            self.steps = [open_(right[0])] if right else ["I do not know."]
        elif lines := answered(last, self._answers[last.page.address]):
            self.seen = len(shown)
            self.steps = [f"It is so 【{last.cursor}†L{lines[0]}-L{lines[1]}】."]
        elif len(shown) < 2 + SCROLLS and last.last < len(last.page.lines) - 1:
            self.steps = [open_(loc=last.last + 1)]
        else:
            self.steps = ["I have not seen it."]


def _shown(results: Display) -> list[int]:
    """Return the ids of the results that a display shows."""
    lines = results.page.lines[results.first : results.last + 1]
    return [int(id) for id in _RESULT.findall("\n".join(lines))]


def answered(display: Display, words: str) -> tuple[int, int] | None:
    """Return the shown lines between which an answer's words stand."""
    sought = _plain(words)
    lines = display.page.lines
    for first in range(display.first, display.last + 1):
        for last in range(first, min(first + 6, display.last + 1)):
            if sought in _plain("\n".join(lines[first : last + 1])):
                return first, last
    return None


def _plain(text: str) -> str:
    return "".join(without_marks(text).split())


def read(question: Question, source: Source) -> Read:
    """Have a question answered in a turn of its own."""
    registry = Registry(Browser(lambda: (source,)).tools)
    reader = Reader(question)
    asked = Message(Role.USER, (Part(question.question),))
    request = Request(model(), (asked,), tools=registry.declared([source.key]))
    draft = reader.draft
    for event in ToolLoop(reader, registry).stream(request, threading.Event()):
        if isinstance(event, Delta):
            draft.add(event)
        elif isinstance(event, PartAdded):
            draft.add_part(event.part)
    answer = Message(Role.ASSISTANT, tuple(draft.parts))
    shown = displays_of((asked, answer))
    marks = [CitationMark(int(c), ((int(a), int(b)),)) for c, a, b in _MARK.findall(answer.text)]
    places = Cited(marks, shown).places
    holds = all(
        place.page and any(_holds(question, place.page.lines, *lines) for lines in place.lines)
        for place in places
    )
    return Read(reader.offered, reader.seen, bool(places) and holds)


def _holds(question: Question, lines: Sequence[str], first: int, last: int) -> bool:
    cited = _plain("\n".join(lines[first : last + 1]))
    return any(_plain(words) in cited for words in question.answers.values())
