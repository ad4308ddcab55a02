"""Answers with citations of every kind, made by chance from a seed, and the pages they cite."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import dataclass, replace
from functools import cache

from app.base.pages.displays import displays_of
from app.base.pages.stored_page import Page, PageKind
from app.base.types import Message, Part, PartKind, Role, ToolNamespace, ToolSource
from app.tools.browser.browser import Browser
from app.tools.tool import Call, CallContext, Result
from tests.fakes.browsing import MemorySource, page

WORDS = "copper tin bronze melts at 232 degrees and conducts heat; 铜是一种金属 النحاس فلز".split()  # noqa: SIM905

WEB = page(
    "https://metals.example/copper",
    "Copper",
    "Copper is a kind of metal. " * 9,
    "It conducts electricity well: see {tin} and {history}.",
    "Bronze is copper with tin.",
    tin="https://metals.example/tin",
    history="https://history.example/bronze",
)
TIN = page("https://news.example/tin", "Tin & <b>copper</b>", "Copper with tin is bronze.")
FILE = page(
    "files:/notes/prices of 2026.md", "Prices *of* 2026", "March: 9,800.", "June: 10,450 [USD]."
)
FORMS = ("L{a}-L{b}", "L{a}", "L{a}–L{b}", "L{a}-{b}", "source", "L{a}, L{b}", "L{a}†words")
CALLS = (
    ("search", {"query": "copper", "source": "web"}),
    ("open", {"id": 0}),
    ("open", {"id": FILE.address}),
    ("find", {"pattern": "bronze", "cursor": 1}),
    ("open", {"cursor": 1, "loc": 4}),
)


@cache
def browsed() -> tuple[Message, ...]:
    """Return a question, and what the browser has displayed after it.

    Cursor 0 is a search with two results, 1 is `WEB`, 2 is `FILE`, 3 what was found in `WEB`, and 4
    is more of `WEB`.
    """
    web = MemorySource("web", "web", (WEB, TIN))
    browser = Browser(lambda: [web, MemorySource(pages=(FILE,))])
    tool = browser.tools()[0]
    sources = tuple(ToolSource(each.key, each.name) for each in browser.sources())
    declared = (ToolNamespace("browser", sources=sources),)
    question = Message(Role.USER, (Part(f"What is copper? See {FILE.address}"),))
    parts: tuple[Part, ...] = ()
    for number, (name, arguments) in enumerate(CALLS):
        call = Part(json.dumps(arguments), PartKind.CALL, f"browser.{name}", f"call {number}")
        parts = (*parts, call)
        context = CallContext(1, (question, Message(Role.ASSISTANT, parts)), declared)
        proposal = tool.propose(Call(call.id, call.name, call.text), context)
        (result,) = tool.run(proposal, context, threading.Event())
        assert isinstance(result, Result)
        assert result.made, result.text
        parts = (
            *parts,
            Part(result.text, PartKind.RESULT, call.name, call.id, facts=result.facts),
            *(replace(made, id=call.id) for made in result.made),
        )
    return question, Message(Role.ASSISTANT, parts)


@cache
def pages() -> tuple[Page, ...]:
    """Return the pages of `browsed`, by cursor."""
    return tuple(display.page for display in displays_of(browsed()))


@dataclass(frozen=True)
class CitingAnswer:
    """An answer in pieces: ``good`` and ``bad`` marks, in order, and brackets that must stay."""

    pieces: tuple[str, ...]
    good: tuple[str, ...]
    bad: tuple[str, ...]
    brackets: tuple[str, ...]

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def citing_answer(seed: int) -> CitingAnswer:
    """Return an answer with marks that are whole, nested, invalid and out of range, split up."""
    chance = random.Random(seed)
    known = pages()
    good: list[str] = []
    bad: list[str] = []
    brackets: list[str] = []

    def mark() -> str:
        cursor = chance.randrange(len(known))
        last = len(known[cursor].lines) - 1
        kind = chance.randrange(10)
        if kind < 6:
            first = _citable(known[cursor], chance)
            end = min(first + chance.randrange(3), last)
            form = chance.choice(
                ("L{a}-L{b}", "L{a}", "L{a}–L{b}", "L{a}-{b}", "source", "L{a}, L{b}")
            )
            good.append(f"【{cursor}†{form.format(a=first, b=end)}】")
            return good[-1]
        if kind == 6:
            bad.append(f"【{cursor}†L{last + 1 + chance.randrange(90)}】")
            return bad[-1]
        if kind == 7:
            bad.append(f"【{len(known) + chance.randrange(90)}†L3】")
            return bad[-1]
        if kind == 8:
            bad.append(f"【{cursor}†L1")
            good.append("【2†L4】")
            return f"{bad[-1]}{good[-1]}"
        brackets.append(chance.choice(("【注意】", "【1】", "【见下文", "【】")))
        return brackets[-1] + ("" if brackets[-1][-1] == "】" else " ")

    blocks = []
    for _ in range(chance.randrange(2, 6)):
        words = [chance.choice(WORDS) for _ in range(chance.randrange(3, 20))]
        for _ in range(chance.randrange(1, 4)):
            words.insert(chance.randrange(1, len(words) + 1), mark())
        text = " ".join(words)
        style = chance.randrange(7)
        if style == 1:
            text = f"**{text}**"
        elif style == 2:
            text = f"- {text}\n- {chance.choice(WORDS)}"
        elif style == 3:
            text = f"| A | B |\n| --- | --- |\n| {text} | {chance.choice(WORDS)} |"
        elif style == 4:
            text = f"## {text}"
        elif style == 5:
            text = f"> {text}"
        blocks.append(text)
    whole = "\n\n".join(blocks) + chance.choice(("", ".", "\n\n```\n【7†L777】 in code\n```"))
    pieces, at = [], 0
    while at < len(whole):
        size = chance.choice((1, 1, 2, 3, 7, 30))
        pieces.append(whole[at : at + size])
        at += size
    return CitingAnswer(tuple(pieces), tuple(good), tuple(bad), tuple(brackets))


def _citable(page: Page, chance: random.Random) -> int:
    """Return a line that can be cited."""
    if page.kind is PageKind.FIND:
        return 1 + chance.randrange(len(page.lines) - 1)
    return chance.randrange(len(page.lines))
