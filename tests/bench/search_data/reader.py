"""A scripted model that answers questions from a folder, through the loop of tools."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from app.base.answer_events import Delta, Event, PartAdded, Prompt
from app.base.draft import Draft
from app.base.pages.cited import CitationMark, Cited
from app.base.pages.displays import Display, Displays, displays_of
from app.base.types import Message, Part, Request, Role
from app.engine.backend import Planned
from app.tools.browser.browser import Browser
from app.tools.browser.files.file_index import FileIndex
from app.tools.browser.files.index_words import plain
from app.tools.browser.files.stop_words import ASKING_WORDS, STOP_RUNS, STOP_WORDS
from app.tools.browser.page import without_marks
from app.tools.browser.source import Hit, PageText, Source, SourceFault
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from tests.bench.search_data.asked import Question
from tests.fakes.browsing import Browse, BrowsingModel, find, open_, search
from tests.fakes.tools import model

FINDS = 3
PAGES = 2
CONTEXT = 32_768
_RESULT = re.compile(r"^ +\* 【(\d+)†", re.MULTILINE)
_MARK = re.compile(r"【(\d+)†L(\d+)-L(\d+)】")


@dataclass(frozen=True)
class Read:
    """How a question went.

    ``offered``: whether a right document was in the first display. ``seen``: what showed the
    answer: the page as it "opened", "scrolled" once, what was "found" in it, or "another" page;
    empty for none.
    ``cited``: whether the cited lines have the answer.
    """

    offered: bool
    seen: str
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
    """A model that searches, opens the first right result, looks around, and cites the lines.

    It is as good at choosing as can be: it stands for a model that reads with care. In the page it
    scrolls once, and then finds the longest words of the question; then it opens another right one.
    """

    def __init__(self, question: Question) -> None:
        super().__init__(search(question.question), piece=1000)
        self._answers = {_address(path): words for path, words in question.answers.items()}
        self._words = _words_of(question.question)[:FINDS]
        self._sought: list[str] = []
        self._right: list[int] = []
        self._page = 0  # the cursor of the page that is read
        self._did = ""
        self.offered = False
        self.seen = ""
        self.draft = Draft(())

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        if not self.steps:
            self.steps = [self._next()]
        for event in super().stream(request, cancel, answer_now):
            yield replace(event, context=CONTEXT) if isinstance(event, Prompt) else event

    def _next(self) -> Browse | str:
        shown = displays_of([Message(Role.ASSISTANT, tuple(self.draft.parts))])
        last = shown.get(len(shown) - 1)
        if last is None:
            return "There is nothing."
        if len(shown) == 1:
            self._right = [n for n in _shown(last) if last.page.links[n] in self._answers][:PAGES]
            self.offered = bool(self._right)
            return self._opened(shown)
        if lines := answered(last, self._answers[last.page.address]):
            self.seen = self._did if self._page == 1 else "another"
            return f"It is so 【{last.cursor}†L{lines[0]}-L{lines[1]}】."
        if self._did == "opened" and last.last < len(last.page.lines) - 1:
            self._did = "scrolled"
            return open_(loc=last.last + 1)
        if self._sought:
            self._did = "found"
            return find(self._sought.pop(0), cursor=self._page)
        return self._opened(shown)

    def _opened(self, shown: Displays) -> Browse | str:
        if not self._right:
            return "I do not know."
        self._page, self._did, self._sought = len(shown), "opened", list(self._words)
        return open_(self._right.pop(0), cursor=0)


def _words_of(question: str) -> list[str]:
    """Return the words of a question that say something, the longest first."""
    words = dict.fromkeys(re.findall(r"[^\W_]+", STOP_RUNS.sub(" ", question)))
    said = [word for word in words if plain(word) not in STOP_WORDS | ASKING_WORDS]
    return sorted(said, key=len, reverse=True)


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
