"""What the browser may send out without asking: pure rules over what stands in a chat.

An address has a *provenance* if it stands, whole, in what the user has typed, in the results of a
search of the web, or among the links of a page of the web that was displayed. What stands in the
text of pages, files, results of other tools, or in an imported chat is none; neither are links of
the user's files or of an encyclopaedia.

A chat is *private* once it holds an attachment, a page of the user's files, or what a server has
returned. (What Python makes of these is private as they are.)

===========================  ===================  ==================================================
what is sent                 in other chats       in private ones
===========================  ===================  ==================================================
an address that was typed    is opened            is opened, again up to `FOLLOW_UPS` times
one of a result or a link    is opened            is opened if its site was typed, or a page of it
                                                  allowed, up to `FOLLOW_UPS` times between two
                                                  messages of the user, and if its query can hide
                                                  nothing
any other address            is asked about       is asked about
a query to a search engine   is sent              is sent if it can hide nothing
a redirect to another site   is followed, from an is followed if that address was typed
                             address that needed
                             no question
===========================  ===================  ==================================================

Text that pages can control gets into a chat only by pages that were displayed; so a private chat
needs no second state for that. No name is resolved before an address is allowed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest

from app.base.pages.displays import Display, Displays
from app.base.pages.stored_page import PageKind
from app.base.types import Message, Outcome, Part, PartKind, Role
from app.tools.browser.address import (
    AddressInvalid,
    WebAddress,
    decoded,
    web_address,
)
from app.tools.browser.browser_functions import ADDRESS, OPEN, QUERY
from app.tools.browser.source import ENCYCLOPAEDIA, WEB
from app.tools.browser.steps import SOURCE_VIEW
from app.tools.browser.typed_addresses import typed_addresses
from app.tools.tool import Call, CallContext, ConsentReason, Effect, Proposal
from app.tools.visible import visible

FOLLOW_UPS = 3
"""Pages of one site that are opened between two messages of the user, in a private chat."""
LONGEST_QUERY = 200
"""Characters of a query that are sent unseen, in a private chat."""

_OURS = (Outcome.INVALID, Outcome.REFUSED)
_PUBLIC = (WEB, ENCYCLOPAEDIA)
_SPACES = re.compile(r"\s+")
_GAP = re.compile(r"\s{2,}|[^\S ]")  # blanks can be a code, too
_DIGITS = re.compile(r"\d(?:[ .,/_-]?\d){8,}")
_ADDRESS_IN_IT = re.compile(r"://|\?[\w.-]+=")
_RUN = re.compile(r"[A-Za-z0-9]{16,}")
_ENDLESS = 48  # letters without a blank that are no word of any language


@dataclass(frozen=True, slots=True)
class ChatFacts:
    """What of a chat decides about what is sent.

    ``typed`` are addresses in their normal form, ``linked`` are as they stand in their pages.
    ``known`` are the sites that the user has typed, or let open when he was asked. Since his last
    message, ``opened`` are the addresses that were opened; ``followed`` counts the pages of each
    site that were opened unasked, those that were typed from the second time on, and ``failed``
    those of any site that could not be read, but were asked for.
    """

    typed: frozenset[str] = frozenset()
    linked: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()
    followed: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    private: bool = False
    imported: bool = False


@dataclass(frozen=True, slots=True)
class WebVerdict:
    """Whether something may be sent: ``granted``, or else ``reason`` says why the user is asked.

    ``lasting``: whether the user may allow all of the ``site`` for the chat. ``sent`` is exactly
    what may be sent, an address in its normal form or a query.
    """

    sent: str
    site: str = ""
    granted: bool = True
    reason: ConsentReason | None = None
    lasting: bool = False


def chat_facts(context: CallContext, displays: Displays) -> ChatFacts:
    """Return the facts of a chat; ``displays`` are those on the path."""
    if context.imported:
        return ChatFacts(private=True, imported=True)
    typed: set[str] = set()
    for message in context.messages:
        if message.role is Role.USER:
            parts = (part for part in message.parts if part.kind is PartKind.TEXT)
            typed.update(*(typed_addresses(part.text) for part in parts))
    known = {site for address in typed if (site := _site(address))}
    linked: set[str] = set()
    for display in displays:
        page = display.page
        if page.source == WEB and page.kind is not PageKind.FIND and display.of == display.cursor:
            linked.update(page.links)
    opened, failed, allowed = _opened(context.messages, displays)
    followed: Counter[str] = Counter()
    for address, count in opened.items():
        followed[_site(address)] += max(0, count - (address in typed))
    private = any(_is_private(part, m.role) for m in context.messages for part in m.parts)
    return ChatFacts(
        frozenset(typed),
        frozenset(linked),
        frozenset(known | allowed),
        frozenset(opened),
        followed,
        failed,
        private,
    )


def judge_open(address: str, facts: ChatFacts) -> WebVerdict:
    """Judge the opening of an address of the web. Raises AddressInvalid."""
    asked = web_address(address)
    sent, site = asked.text, asked.site
    spent = facts.followed[site] + facts.failed >= FOLLOW_UPS
    if _among(asked, facts.typed):
        again = sent in facts.opened or facts.failed > 0
        if facts.private and spent and again:
            return WebVerdict(sent, site, False, ConsentReason.FOLLOW_UPS, lasting=True)
        return WebVerdict(sent, site)
    hides = facts.private and hides_something(decoded(asked.query or ""))
    if not _is_linked(asked, facts.linked):
        hides = hides or (
            facts.private and any(map(hides_something, asked.decoded_path.split("/")))
        )
        reason = ConsentReason.IMPORTED if facts.imported else ConsentReason.ADDRESS
        return WebVerdict(sent, site, False, reason, not hides)
    if not facts.private:
        return WebVerdict(sent, site)
    if site not in facts.known:
        return WebVerdict(sent, site, False, ConsentReason.NEW_SITE, lasting=True)
    if hides:
        return WebVerdict(sent, site, False, ConsentReason.QUERY, lasting=True)
    if spent:
        return WebVerdict(sent, site, False, ConsentReason.FOLLOW_UPS, lasting=True)
    return WebVerdict(sent, site)


def judge_search(query: str, facts: ChatFacts) -> WebVerdict:
    """Judge a query to a search engine on the web."""
    query = _SPACES.sub(" ", query.strip())
    if facts.private and hides_something(query):
        return WebVerdict(query, "", False, ConsentReason.QUERY)
    return WebVerdict(query)


def may_follow(begun: WebVerdict, target: str, facts: ChatFacts) -> bool:
    """Return whether a redirect may be followed, from a page that was allowed to another address.

    A server can only send on what was sent to it: an address that needed no question has none of
    the model's words.
    """
    try:
        judged = judge_open(target, facts)
    except AddressInvalid:
        return False
    if judged.site == begun.site or judged.sent in facts.typed:
        return True
    return not facts.private and (begun.granted or judged.granted)


def web_proposal(call: Call, verdict: WebVerdict) -> Proposal:
    """Return what a call would send: what the user is asked about, if he is.

    What he is shown is all that is sent; its names are `ADDRESS` and `QUERY`.
    """
    if verdict.site:
        function, shown = f"{OPEN}{verdict.site}", ((ADDRESS, verdict.sent),)
    else:
        function, shown = "search", ((QUERY, verdict.sent),)
    return Proposal(
        WEB, call, Effect.READS, function, shown=shown, pin=verdict.site,
        granted=verdict.granted, reason=verdict.reason, lasting=verdict.lasting,
    )  # fmt: skip


def hides_something(text: str) -> bool:
    """Return whether a query could carry text of the chat that nobody would notice in it."""
    return (
        len(text) > LONGEST_QUERY
        or visible(text) != text
        or any(pattern.search(text) for pattern in (_GAP, _DIGITS, _ADDRESS_IN_IT))
        or any(_is_encoded(run.group()) for run in _RUN.finditer(text))
    )


def _is_encoded(run: str) -> bool:
    """Return whether letters and digits without a blank look like encoded data, not like words."""
    changes = sum(a.islower() and b.isupper() for a, b in pairwise(run))
    both = any(map(str.isdigit, run)) and any(map(str.isalpha, run))
    return both or changes > 2 or len(run) >= _ENDLESS


def _is_linked(address: WebAddress, links: Collection[str]) -> bool:
    """Return whether an address is one of some links; few of them need be looked at closely."""
    near = (link for link in links if not link.isascii() or address.host in link.lower())
    return any(_among(address, (_normal(link),)) for link in near)


def _among(address: WebAddress, known: Collection[str]) -> bool:
    """Return whether an address is among others, or http's counterpart of one of https is."""
    text = address.text
    return text in known or (
        address.scheme == "https" and text.replace("https", "http", 1) in known
    )


def _opened(messages: Sequence[Message], displays: Displays) -> tuple[Counter[str], int, set[str]]:
    """Return how often each address was opened unasked since the user's last message.

    The other number is that of the pages that were asked for, and could not be read. The sites are
    those of which the user let a page open when he was asked, at any time.
    """
    found: Counter[str] = Counter()
    allowed: set[str] = set()
    cursor, failed, asked = 0, 0, False
    for message in messages:
        if message.role is Role.USER:
            found, failed = Counter(), 0
        for part, after in zip_longest(message.parts, message.parts[1:]):
            if part.kind is PartKind.RESULT:
                asked = bool(part.facts and part.facts.decision)
                shown = after is not None and after.kind is PartKind.PAGE
                failed += _sent_address(part) and not shown and not asked
            elif part.kind is PartKind.PAGE:
                display = displays.get(cursor)
                cursor += 1
                if display is None or _was_opened(display):  # one that cannot be read counts, too
                    address = display.page.address if display else part.text
                    found[_normal(address)] += not asked
                    allowed |= {_site(address)} if asked else set()
    return found, failed, allowed


def _was_opened(display: Display) -> bool:
    """Return whether a display is of a page that came from the web for it."""
    page = display.page
    own = display.of == display.cursor
    return own and page.source == WEB and page.kind is PageKind.PAGE


def _sent_address(result: Part) -> bool:
    """Return whether a result is of a call that may have sent an address."""
    facts = result.facts
    of_web = facts is not None and facts.source == WEB and facts.outcome not in _OURS
    return of_web and not result.name.endswith((".search", ".find"))


def _is_private(part: Part, role: Role) -> bool:
    match part.kind:
        case PartKind.TEXT | PartKind.REASONING | PartKind.CALL:
            return False
        case PartKind.MEDIA | PartKind.PAGE:  # of a tool's, its result says it
            return role is not Role.ASSISTANT
        case PartKind.RESULT:
            facts = part.facts
            if facts is None or facts.outcome in _OURS:
                return facts is None
            return not facts.source.startswith(_PUBLIC) if facts.source else part.name != "python"
    return True


def _normal(address: str) -> str:
    try:
        return web_address(address.removeprefix(SOURCE_VIEW)).text
    except AddressInvalid:
        return ""


def _site(address: str) -> str:
    try:
        return web_address(address.removeprefix(SOURCE_VIEW)).site
    except AddressInvalid:
        return ""
