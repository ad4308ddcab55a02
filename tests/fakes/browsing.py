"""A scripted model that browses, and sources in memory, for the window, citations and policy."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.base.answer_events import Delta, Done, Event, Prompt, StopReason
from app.base.types import Outcome, Part, PartKind, Request, Role
from app.engine.backend import Planned, ScriptedBackend
from app.tools.browser.page import LinkTable, without_marks
from app.tools.browser.source import Hit, PageText, Redirected, SourceFault
from tests.fakes.tools import STATS

Said = str | Callable[[Request], str]


@dataclass(frozen=True)
class Browse:
    """A call of a function of the browser, perhaps with a thought before it."""

    function: str
    arguments: Mapping[str, Any]
    thinks: str = ""


def search(query: str, thinks: str = "", **more: Any) -> Browse:
    """Return a call that searches."""
    return Browse("search", {"query": query, **more}, thinks)


def open_(id: int | str | None = None, thinks: str = "", **more: Any) -> Browse:
    """Return a call that opens a link or an address, or scrolls."""
    return Browse("open", ({} if id is None else {"id": id}) | more, thinks)


def find(pattern: str, thinks: str = "", **more: Any) -> Browse:
    """Return a call that finds a text in a page."""
    return Browse("find", {"pattern": pattern, **more}, thinks)


class BrowsingModel(ScriptedBackend):
    """A model that makes one call in each round, and then answers.

    ``steps``: calls and answers in their order, of one turn after another. An answer may be made
    from the request, in which the results stand; it comes in pieces of ``piece`` characters.
    """

    def __init__(self, *steps: Browse | Said, piece: int = 7) -> None:
        super().__init__()
        self.steps = list(steps)
        self.piece = piece

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        self.requests.append(request)
        last = request.messages[-1]
        at = len(last.parts) if last.role is Role.ASSISTANT else 0
        yield Prompt(20, 4096, 100)
        if request.ephemeral:  # it gives the chat a title
            yield Delta(at, "A title")
            yield Done(StopReason.END, STATS)
            return
        step = self.steps.pop(0)
        if isinstance(step, Browse):
            if step.thinks:
                yield Delta(at, step.thinks, PartKind.REASONING)
                at += 1
            arguments = json.dumps(step.arguments, ensure_ascii=False)
            yield Delta(at, arguments, PartKind.CALL, f"browser.{step.function}")
            yield Done(StopReason.CALL, STATS, (*request.drawn, 1))
            return
        text = step if isinstance(step, str) else step(request)
        for begin in range(0, len(text), self.piece):
            yield Delta(at, text[begin : begin + self.piece])
        yield Done(StopReason.END, STATS)


def displays(request: Request) -> list[Part]:
    """Return the results of the browser in a request that are displays, in their order."""
    parts = (part for message in request.messages for part in message.parts)
    return [
        part
        for part in parts
        if part.kind is PartKind.RESULT
        and part.name.startswith("browser")
        and part.text.startswith("[")
        and (part.facts is None or part.facts.outcome is Outcome.DONE)
    ]


def cites(text: str) -> Callable[[Request], str]:
    """Return an answer that cites the line of the last display with a text in it.

    ``{}`` in the text is where the mark goes; what precedes it is looked for.
    """
    sought = text.partition("{}")[0].strip(" .")

    def answer(request: Request) -> str:
        shown = displays(request)[-1].text
        cursor = shown[1 : shown.index("]")]
        lines = shown.split("\n")[3:]
        line = next((line for line in lines if sought.lower() in line.lower()), "L0: ")
        return text.replace("{}", f"【{cursor}†{line.partition(':')[0]}】")

    return answer


class MemorySource:
    """A source of pages in memory, by their addresses; a page that is an error is raised.

    A search finds the pages in which all of its words stand. ``asked`` records what it was asked.
    ``redirects`` are addresses that lead to others.
    """

    def __init__(
        self, key: str = "files:Notes", name: str = "files", pages: Sequence[PageText] = ()
    ) -> None:
        self.key, self.name = key, name
        self.unavailable = ""
        self.strict = False  # then it has no address but those of its pages
        self.pages: dict[str, PageText | SourceFault] = {page.address: page for page in pages}
        self.redirects: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        self.fault: SourceFault | None = None

    def has(self, address: str) -> bool:
        if self.key == "web":
            return address.startswith(("http://", "https://"))
        own = address.startswith(f"{self.key.partition(':')[0]}:") and not self.strict
        return own or address in self.pages

    def search(self, query: str, count: int, cancel: threading.Event) -> Sequence[Hit]:
        self.asked.append(("search", query))
        if self.fault:
            raise self.fault
        words = query.lower().split()
        found = []
        for address, page in self.pages.items():
            if isinstance(page, PageText) and all(word in page.text.lower() for word in words):
                text = without_marks(page.text)
                lines = text.split("\n")
                line = next((x for x in lines if words and words[0] in x.lower()), lines[0])
                found.append(Hit(address, page.title, line, line))
        return found[:count]

    def open(
        self, address: str, cancel: threading.Event, allowed: Callable[[str], bool]
    ) -> PageText:
        self.asked.append(("open", address))
        if target := self.redirects.get(address):
            if not allowed(target):
                raise Redirected(target)
            address = target
        page = self.pages.get(address)
        if page is None:
            raise SourceFault("There is no such page.")
        if isinstance(page, SourceFault):
            raise page
        return page


def page(address: str, title: str, *paragraphs: str, **links: str) -> PageText:
    """Return a page. ``{name}`` in a paragraph becomes a link to the address of that name."""
    table = LinkTable(address)
    marks = {name: table.mark(name.replace("_", " "), target) for name, target in links.items()}
    text = "\n\n".join(paragraphs)
    for name, mark in marks.items():
        text = text.replace(f"{{{name}}}", mark)
    return PageText(address, title, text, table.addresses, f"<p>{text}</p>")


NOTES = MemorySource(
    pages=(
        page(
            "files:/copper.md",
            "Copper",
            "Copper is a kind of metal. It conducts electricity well, and its colour is that of "
            "a sunset.",
            "People have used it for ten thousand years: see {history} and {tin}.",
            history="history.md",
            tin="tin.md",
        ),
        page("files:/history.md", "History of metals", "The Bronze Age came after copper."),
        page("files:/tin.md", "Tin", "Tin melts at 232 degrees. With copper it becomes bronze."),
    )
)
"""A folder with three notes. It is shared: do not change it."""
