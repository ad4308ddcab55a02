"""One call of the browser: whether it may be made, and what comes of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, zip_longest
from urllib.parse import unquote

from app.base.pages.displays import Display, displays_of
from app.base.pages.stored_page import Page, PageKind, StoredDisplay, pack
from app.base.types import Outcome, PartKind, ResultFacts
from app.tools.browser.address import AddressInvalid
from app.tools.browser.browser_functions import NAMESPACE
from app.tools.browser.finding import found_page, passage_line
from app.tools.browser.page import domain_of, lines_of, mark, neutral_line, storable, wrapped
from app.tools.browser.policy import (
    ChatFacts,
    WebVerdict,
    chat_facts,
    judge_open,
    judge_search,
    may_follow,
    web_proposal,
)
from app.tools.browser.source import WEB, Hit, PageText, Source, SourceFault
from app.tools.browser.steps import (
    FetchStep,
    FindStep,
    ScrollStep,
    SearchStep,
    Step,
    source_view,
    step_of,
)
from app.tools.browser.viewport import display_text, header, last_line, scroll_bar
from app.tools.shortening import estimate
from app.tools.tool import Call, CallContext, CallInvalid, Effect, Proposal, Result

MOST_FETCHES = 20
"""Pages of the web that are read for one answer."""
_ENOUGH = (
    f"{MOST_FETCHES} pages of the web were read for this answer, which is the most that may be. "
    "Answer with what you have found."
)
_LONGEST_SUMMARY, _LONGEST_TITLE, _LONGEST_PASSAGE = 600, 80, 400  # characters
_LONGEST_PATH = 48  # characters of a path in a result
_LONGEST_QUERY = 300  # in a title
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class _Choice:
    """The sources that a call uses, all of one name, and a note if it named another one."""

    sources: tuple[Source, ...]
    note: str = ""


class BrowserCall:
    """One call: what it means, and what comes of it."""

    def __init__(self, call: Call, context: CallContext, on: tuple[Source, ...]) -> None:
        """Raise CallInvalid for a call that means nothing."""
        self._call, self._context, self._on = call, context, on
        self._displays = displays_of(context.messages)
        if not on:
            raise CallInvalid("Error: no source of the browser is switched on in this chat.")
        self._step = _with_scheme(step_of(call, self._displays), on)
        self._choice = self._chosen()

    def proposal(self) -> Proposal:
        """Return what the call would do. Raises CallInvalid."""
        key, verdict = self._choice.sources[0].key, self._verdict()
        shown: tuple[tuple[str, str], ...] = ()
        match self._step:
            case SearchStep() | FetchStep() if verdict:
                return web_proposal(self._call, verdict)
            case SearchStep(query):
                name, shown = "search", (("query", query),)
            case FetchStep(address):
                name, shown = "open", (("address", address),)
            case ScrollStep():
                name = "open"
            case FindStep(_, pattern):
                name, shown = "find", (("pattern", pattern),)
        return Proposal(key, self._call, Effect.READS, name, shown=shown, granted=True)

    def result(self, cancel: threading.Event) -> Result:
        """Carry it out. Raises SourceFault, CallInvalid and Cancelled."""
        match self._step:
            case SearchStep():
                return self._searched(self._step, cancel)
            case FetchStep():
                return self._fetched(self._step, cancel)
            case ScrollStep(display, loc, num_lines):
                page, of = display.page, display.of
                own = page if page.kind is PageKind.FIND else None
                return self._displayed(page, loc, num_lines, StoredDisplay(own, 0, 0, of))
            case FindStep(display, pattern):
                page = found_page(display.page, pattern)
                stored = StoredDisplay(page, 0, 0, display.of)
                return self._displayed(page, 0, -1, stored, count=len(page.places))

    # --- What is sent -------------------------------------------------------------------------

    def _verdict(self) -> WebVerdict | None:
        """Judge what the call sends to the web; None if that is nothing. Raises CallInvalid."""
        if not any(source.key == WEB for source in self._choice.sources):
            return None
        try:
            match self._step:
                case SearchStep(query):
                    return judge_search(query, self._facts)
                case FetchStep(address) if not self._read_before(self._step):
                    return judge_open(address, self._facts)
        except AddressInvalid as fault:
            raise CallInvalid(f"Error fetching URL `{_short(address)}`: {fault}") from None
        return None

    @cached_property
    def _facts(self) -> ChatFacts:
        return chat_facts(self._context, self._displays)

    def _may_follow(self, target: str) -> bool:
        verdict = self._verdict()
        return verdict is None or may_follow(verdict, target, self._facts)

    # --- Sources ------------------------------------------------------------------------------

    def _chosen(self) -> _Choice:
        """Choose the sources. Raises CallInvalid if none has an address."""
        match self._step:
            case SearchStep(source=named):
                return self._named(named)
            case FetchStep(address, named):
                return self._having(address, named)
            case ScrollStep(display) | FindStep(display):
                own = [source for source in self._on if source.key == display.page.source]
                return _Choice(tuple(own) or self._on[:1])

    def _named(self, name: str) -> _Choice:
        """Return the sources with a name, else the one with that in its key, else the default."""
        wanted = name.lower()
        named = tuple(s for s in self._on if s.name.lower() == wanted)
        one = tuple(s for s in self._on if s.key.partition(":")[2].lower() == wanted)
        if name and (found := named or one):
            return _Choice(found)
        default = self._on[0].name
        sources = tuple(source for source in self._on if source.name == default)
        if not name:
            return _Choice(sources)
        names = ", ".join(dict.fromkeys(source.name for source in self._on))
        said = f"There is no source `{neutral_line(name)[:80]}` here, so `{default}` was used."
        return _Choice(sources, f"{said} The sources are: {names}.")

    def _having(self, address: str, name: str) -> _Choice:
        having = [source for source in self._on if source.has(address)]
        named = [source for source in having if source.name.lower() == name.lower()]
        if having:
            return _Choice(tuple(named or having)[:1])
        names = ", ".join(dict.fromkeys(source.name for source in self._on))
        why = f"none of the sources that are switched on has this address. They are: {names}."
        if not _SCHEME.match(address):
            why = "it is not a whole address. Search first, and open what is found by its number."
        raise CallInvalid(f"Error fetching URL `{_short(address)}`: {why}")

    # --- Search -------------------------------------------------------------------------------

    def _searched(self, search: SearchStep, cancel: threading.Event) -> Result:
        sources, faults = self._choice.sources, []
        found: list[list[tuple[Hit, Source]]] = []
        for source in sources:
            try:
                hits = source.search(search.query, search.count, cancel)
                found.append([(hit, source) for hit in hits])
            except SourceFault as fault:
                faults.append(str(fault))
        if not found:
            raise SourceFault(f"Error during search for `{search.query}`: {' '.join(faults)}")
        mixed = [pair for pair in chain(*zip_longest(*found)) if pair]
        unique = {hit.address: (hit, source) for hit, source in reversed(mixed)}
        hits_first = [unique[address] for address in dict.fromkeys(h.address for h, _ in mixed)]
        page = _results_page(search.query, hits_first[: search.count], sources[0].key)
        notes = [self._choice.note, *faults]
        if not page.links:
            text = "\n".join(filter(None, [f"No results for `{search.query}`.", *notes]))
            return Result(text, ResultFacts(count=0))
        stored = StoredDisplay(page, 0, 0)
        return self._displayed(page, 0, -1, stored, count=len(page.links), notes=notes)

    # --- Pages --------------------------------------------------------------------------------

    def _fetched(self, fetch: FetchStep, cancel: threading.Event) -> Result:
        (source,) = self._choice.sources
        if known := self._read_before(fetch):
            page = known.page
        else:
            page = self._read(fetch, source, cancel)
            # What was sent is counted by the pages of the web; see `policy`.
            known = self._known(page.address) if source.key != WEB else None
            known = known if known and known.page == page else None
        loc = fetch.loc if fetch.loc >= 0 else passage_line(page, fetch.passage)
        stored = StoredDisplay(None, 0, 0, known.of) if known else StoredDisplay(page, 0, 0)
        return self._displayed(page, loc, fetch.num_lines, stored)

    def _read(self, fetch: FetchStep, source: Source, cancel: threading.Event) -> Page:
        """Read a page from its source. Raises SourceFault and Cancelled."""
        verdict = self._verdict()
        address = verdict.sent if verdict else fetch.address
        if verdict and self._fetched_before() >= MOST_FETCHES:
            raise SourceFault(_ENOUGH)
        try:
            text = source.open(address, cancel, self._may_follow)
            return wrapped(_source_of(text) if fetch.view_source else text, source.key)
        except SourceFault as fault:
            raise SourceFault(f"Error fetching URL `{_short(address)}`: {fault}") from None

    def _fetched_before(self) -> int:
        """Return how many pages of the web were asked for in this answer, by other calls."""
        begin = len(displays_of(self._context.messages[:-1]))
        read = {
            display.of
            for display in self._displays
            if display.cursor >= begin
            and display.page.source == WEB
            and display.page.kind is PageKind.PAGE
        }
        failed = [
            part
            for part in self._context.messages[-1].parts
            if part.kind is PartKind.RESULT and part.name == f"{NAMESPACE}.open"
            if part.facts and part.facts.source == WEB and part.facts.outcome is Outcome.FAILED
        ]
        return len(read) + len(failed)

    def _read_before(self, fetch: FetchStep) -> Display | None:
        """Return the display of a page that was read in this answer, unless it is to be new."""
        address = source_view(fetch.address) if fetch.view_source else fetch.address
        begin = len(displays_of(self._context.messages[:-1]))
        return None if fetch.again else self._known(address, begin)

    def _known(self, address: str, begin: int = 0) -> Display | None:
        """Return the last display, from the cursor ``begin`` on, of a page at an address."""
        for cursor in range(len(self._displays) - 1, begin - 1, -1):
            display = self._displays.get(cursor)
            page = display.page if display else None
            if page and page.kind is PageKind.PAGE and page.address == address:
                return display
        return None

    def _displayed(
        self,
        page: Page,
        loc: int,
        num_lines: int,
        stored: StoredDisplay,
        count: int | None = None,
        notes: Sequence[str] = (),
    ) -> Result:
        """Return a display as a result. Raises CallInvalid for a line that there is not."""
        if loc >= len(page.lines):
            raise CallInvalid(
                f"Invalid location parameter: `{loc}`. "
                f"Cannot exceed page maximum of {len(page.lines) - 1}."
            )
        cursor = len(self._displays)
        last = last_line(page, loc, num_lines)
        said = "\n".join(filter(None, notes))
        room = self._context.room - estimate(said)
        text = display_text(page, cursor, loc, last)
        while last > loc and estimate(text) > room:  # of a small context
            last -= 1
            text = display_text(page, cursor, loc, last)
        short = f"{header(page, cursor)}\n{scroll_bar(page, loc, last)}"
        facts = ResultFacts(short=short, count=count)
        part = pack(replace(stored, first=loc, last=last), page.title, page.address)
        return Result(f"{text}\n\n{said}" if said else text, facts, (part,))


def _results_page(query: str, hits: Sequence[tuple[Hit, Source]], key: str) -> Page:
    """Return the page of the results of a search, as gpt-oss's reference has it."""
    lines = ["", "URL: ", "# Search Results", ""]
    for id, (hit, source) in enumerate(hits):
        title = neutral_line(hit.title or hit.address)[:_LONGEST_TITLE]
        link = mark(id, title, _where(hit.address) or source.name)
        lines += lines_of(f"  * {link} {neutral_line(hit.summary)[:_LONGEST_SUMMARY]}".rstrip())
    return Page(
        "",
        neutral_line(query)[:_LONGEST_QUERY],
        tuple(lines),
        tuple(storable(hit.address) for hit, _ in hits),
        PageKind.SEARCH,
        key,
        tuple(neutral_line(hit.passage)[:_LONGEST_PASSAGE] for hit, _ in hits),
    )


def _where(address: str) -> str:
    """Return what tells one result of a search from another: a host, or the end of a path."""
    if host := domain_of(address):
        return host
    parts = unquote(address.partition(":/")[2]).split("/")
    return "/".join(parts[-2:])[-_LONGEST_PATH:]


def _source_of(text: PageText) -> PageText:
    """Return what a page was made from, as a page. Raises SourceFault."""
    if not text.source:
        raise SourceFault("The page has no source that could be viewed.")
    return PageText(source_view(text.address), text.title, text.source, note=text.note)


def _with_scheme(step: Step, on: Sequence[Source]) -> Step:
    """Return a step whose address, if it was written as ``example.org``, is one of the web."""
    match step:
        case FetchStep(address) if not _SCHEME.match(address) and all(s.key == WEB for s in on):
            return replace(step, address=f"https://{address}")
    return step


def _short(address: str) -> str:
    address = neutral_line(address)
    return address if len(address) <= 1024 else f"{address[:1021]}..."
