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
from app.tools.browser.page import without_marks
from app.tools.browser.source import Source
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from tests.bench.search_data.asked import Question
from tests.fakes.browsing import BrowsingModel, open_, search
from tests.fakes.tools import model

SCROLLS = 2
_MARK = re.compile(r"【(\d+)†L(\d+)-L(\d+)】")


@dataclass(frozen=True)
class Read:
    """How a question went: in which display the answer was seen, and whether its citation holds.

    ``seen``: 0 for none, 1 for the results of the search, 2 for the page as it opened, 3 and more
    after scrolling. ``tokens`` is the length of the longest display, as it was estimated.
    """

    seen: int
    cited: bool
    longest: str


class Reader(BrowsingModel):
    """A model that searches, opens the first result it knows to be right, and cites the lines.

    It is as good at choosing as can be: it stands for a model that reads with care. ``address``
    returns the address of a document.
    """

    def __init__(self, question: Question, address: Callable[[str], str]) -> None:
        super().__init__(search(question.question), piece=1000)
        self._answers = {address(path): words for path, words in question.answers.items()}
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
            right = (n for n, link in enumerate(last.page.links) if link in self._answers)
            number = next(right, None)
            self.steps = ["I do not know."] if number is None else [open_(number)]
        elif lines := answered(last, self._answers[last.page.address]):
            self.seen = len(shown)
            self.steps = [f"It is so 【{last.cursor}†L{lines[0]}-L{lines[1]}】."]
        elif len(shown) < 2 + SCROLLS and last.last < len(last.page.lines) - 1:
            self.steps = [open_(loc=last.last + 1)]
        else:
            self.steps = ["I have not seen it."]


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


def read(question: Question, source: Source, address: Callable[[str], str]) -> Read:
    """Have a question answered in a turn of its own."""
    registry = Registry(Browser(lambda: (source,)).tools)
    reader = Reader(question, address)
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
    longest = max((part.text for part in answer.parts if part.name), key=len, default="")
    marks = [CitationMark(int(c), ((int(a), int(b)),)) for c, a, b in _MARK.findall(answer.text)]
    places = Cited(marks, shown).places
    holds = all(
        place.page and any(_holds(question, place.page.lines, *lines) for lines in place.lines)
        for place in places
    )
    return Read(reader.seen, bool(places) and holds, longest)


def _holds(question: Question, lines: Sequence[str], first: int, last: int) -> bool:
    cited = _plain("\n".join(lines[first : last + 1]))
    return any(_plain(words) in cited for words in question.answers.values())
