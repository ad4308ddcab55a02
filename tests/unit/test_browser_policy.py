"""What the browser may send to the web without asking."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.pages.displays import displays_of
from app.base.pages.stored_page import Page, PageKind, StoredDisplay, pack
from app.base.types import Message, Outcome, Part, PartKind, ResultFacts, Role
from app.tools.browser.address import AddressInvalid, web_address
from app.tools.browser.policy import (
    ChatFacts,
    WebVerdict,
    chat_facts,
    hides_something,
    judge_open,
    judge_search,
    may_follow,
    web_proposal,
)
from app.tools.browser.typed_addresses import typed_addresses
from app.tools.tool import Call, CallContext, ConsentReason, Effect

SECRET = "hunter2"


def said(text: str) -> Message:
    return Message(Role.USER, (Part(text),))


def attached(text: str = "secret") -> Message:
    file = Part(text, PartKind.FILE, "notes.txt")
    return Message(Role.USER, (file, Part("What is in it?")))


def displayed(
    address: str,
    *links: str,
    source: str = "web",
    kind: PageKind = PageKind.PAGE,
    decision: str = "",
    cursor: int = -1,
) -> Message:
    """Return an answer in which a page was displayed, or an earlier one again."""
    page = None if cursor >= 0 else Page(address, "A page", ("", "text"), links, kind, source)
    name = "browser.search" if kind is PageKind.SEARCH else "browser.open"
    facts = ResultFacts(source=source, decision=decision)
    result = Part("[0] …", PartKind.RESULT, name, "1", facts=facts)
    return Message(Role.ASSISTANT, (result, pack(StoredDisplay(page, 0, 1, cursor), "A page")))


def found(*links: str) -> Message:
    return displayed("", *links, kind=PageKind.SEARCH)


def returned(name: str, text: str, source: str) -> Message:
    facts = ResultFacts(source=source)
    return Message(Role.ASSISTANT, (Part(text, PartKind.RESULT, name, "1", facts=facts),))


def facts_of(*messages: Message, imported: bool = False) -> ChatFacts:
    return chat_facts(CallContext(1, messages, imported=imported), displays_of(messages))


def reason(address: str, *messages: Message, imported: bool = False) -> ConsentReason | None:
    """Return why the user is asked about an address, None if he is not."""
    verdict = judge_open(address, facts_of(*messages, imported=imported))
    assert verdict.granted == (verdict.reason is None)
    return verdict.reason


# --- Addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("HTTPS://WWW.Example.ORG:443/%7eme/%c3%a9#part", "https://www.example.org/~me/%C3%A9"),
        (" example.org ", "https://example.org/"),
        ("//example.org", "https://example.org/"),
        ("example.org:8080/x", "https://example.org:8080/x"),
        ("http://example.org./a/./b/../c", "http://example.org/a/c"),
        ("http://example.org/%2e%2e/../a/.", "http://example.org/a/"),
        ("http://example.org/100%?q=%zz", "http://example.org/100%25?q=%25zz"),
        ("http://bücher.example/ä ö", "http://xn--bcher-kva.example/%C3%A4%20%C3%B6"),
        ("http://１２７。0。0。1", "http://127.0.0.1/"),
        ("http://ex\u200bample.org", "http://example.org/"),
        ("http://[::FFFF:1]:80/", "http://[::ffff:1]/"),
        ("http://example.org?", "http://example.org/?"),
    ],
)
def test_spellings_of_an_address_have_one_form(text: str, normal: str) -> None:
    assert web_address(text).text == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "files:/a.txt",
        "javascript:alert(1)",
        "mailto:me@example.org",
        "file:///etc/passwd",
        "https:/example.org",
        "https:example.org",
        "https://me@example.org",
        "https://good.example@evil.example/",
        "https://good.example\\@evil.example/",
        "https://good.example\t.evil.example/",
        "https://good.example%2f.evil.example/",
        "http://127.1",
        "http://2130706433",
        "http://0x7f000001",
        "http://example.0",
        "http://a..b",
        "http://[::1",
        "http://a:0",
        "http://a:99999",
        "http://a:8\u0661/",
        "http://a:b",
        "http://\ud800.example",
        "http://example.org/" + "a" * 2000,
        "http://example.org/" + "ä" * 500,
    ],
)
def test_what_clients_may_read_differently_is_no_address(text: str) -> None:
    with pytest.raises(AddressInvalid):
        web_address(text)


HOSTS = st.sampled_from(("example.org", "www.a.example", "bücher.example", "127.0.0.1", "[::1]"))
ANY = st.text(st.characters(exclude_characters="#"), max_size=20)


@given(HOSTS, ANY, ANY)
def test_a_normal_form_stays_as_it_is_and_is_what_a_client_sends(
    host: str, path: str, query: str
) -> None:
    import httpx2

    try:
        found = web_address(f"https://{host}/{path}?{query}")
    except AddressInvalid:
        return
    assert web_address(found.text) == found
    assert found.text.isascii()
    sent = httpx2.URL(found.text)
    assert sent.host in (found.host.strip("[]"), found.plain_site)
    target = found.path if found.query is None else f"{found.path}?{found.query}"
    assert sent.raw_path.decode().replace("%27", "'") == target.replace("%27", "'")


def test_a_query_and_a_name_are_shown_as_they_read() -> None:
    address = web_address("https://xn--80ak6aa92e.com/a%20b?d=my%20s%C3%A9cret+key&x&%FF=%00")
    assert address.site == "xn--80ak6aa92e.com"
    assert address.plain_site == "аррӏе.com"
    assert address.decoded_path == "/a b"
    assert address.decoded_query == (("d", "my sécret key"), ("x", ""), ("\\xff", "\x00"))
    assert web_address("https://www.example.org").site == "example.org"
    assert web_address("https://www.org").site == "www.org"
    assert web_address("https://example.org").plain_site == ""


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Read https://example.org/a.", "https://example.org/a"),
        ("Read example.org/a!", "https://example.org/a"),
        ("(see http://example.org/x_(y))", "http://example.org/x_(y)"),
        ("<https://example.org/>", "https://example.org/"),
        ("[it](https://example.org/a)", "https://example.org/a"),
        ("请看https://example.org/a，谢谢", "https://example.org/a"),
        ("https://例え.example/ページ を読んで", "https://例え.example/ページ"),
        ("انظر https://example.org/a؟", "https://example.org/a"),
        ("bücher.example", "http://bücher.example"),
        ("请看https://example.org/a谢谢", "https://example.org/a"),
        ("请打开example.org/a谢谢", "https://example.org/a"),
        ("www.example.org/a", "http://www.example.org/a"),
        ("`https://example.org/a`", "https://example.org/a"),
        ("“https://example.org/a?b=c&d=e”", "https://example.org/a?b=c&d=e"),
        ("**https://example.org/a**", "https://example.org/a"),
    ],
)
def test_an_address_is_found_in_what_was_typed(text: str, address: str) -> None:
    assert web_address(address).text in typed_addresses(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.org/a/b", "https://example.org/a"),
        ("https://example.org/a?b=c", "https://example.org/a"),
        ("https://example.org/a", "https://example.org/a?b=c"),
        ("https://example.org/a", "http://example.org/a"),
        ("https://good.example/?next=https://evil.example/", "https://evil.example/"),
        ("me@example.org", "https://example.org/"),
        ("myexample.org", "https://example.org/"),
        ("gооd.example", "https://d.example/"),
        ("https://example.orgänger.example/", "https://example.org/"),
        ("https://bücher.example/", "https://b/"),
        ("example.org.evil.example", "https://example.org/"),
        ("https://example.org@evil.example/", "https://evil.example/"),
        ("https://example.org@evil.example/", "https://example.org/"),
    ],
)
def test_only_a_whole_address_was_typed(text: str, address: str) -> None:
    assert web_address(address).text not in typed_addresses(text)


# --- Provenance -------------------------------------------------------------------------------


def test_addresses_that_were_typed_found_or_linked_need_no_question() -> None:
    chat = (
        said("Compare https://typed.example/a with what you find."),
        found("https://found.example/b"),
        displayed("https://typed.example/a", "HTTP://Linked.example:80/c%7E#top", "mailto:a@b"),
    )
    for address in (
        "https://typed.example/a",
        "https://TYPED.example/%61#x",
        "https://found.example/b",
        "http://linked.example/c~",
        "https://linked.example/c~",
    ):
        assert reason(address, *chat) is None
    for address in (
        "https://typed.example/",
        "https://typed.example/a?d=hunter2",
        "https://found.example/b/hunter2",
        "http://found.example/b",  # which everybody on the way could read
        "https://evil.example/",
        "https://linked.example.evil.example/c~",
        "http://xn--lnked-vsa.example/c~",
    ):
        assert reason(address, *chat) is ConsentReason.ADDRESS


@pytest.mark.parametrize(
    "message",
    [
        Message(Role.USER, (Part("https://evil.example/", PartKind.FILE, "a.txt"), Part("Hi"))),
        Message(Role.ASSISTANT, (Part("Read https://evil.example/"),)),
        Message(Role.ASSISTANT, (Part("https://evil.example/", PartKind.REASONING),)),
        Message(Role.SYSTEM, (Part("https://evil.example/"),)),
        returned("python", "https://evil.example/", ""),
        returned("functions.files__read", "https://evil.example/", "mcp:files"),
        returned("browser.open", "https://evil.example/", "web"),
        displayed("files:/a.html", "https://evil.example/", source="files:Notes"),
        displayed("zim:/w/A", "https://evil.example/", source="zim:Wikipedia"),
        displayed("https://page.example/", source="web"),
        displayed("", "https://evil.example/", kind=PageKind.FIND),
        displayed("https://page.example/", "files:/a", "javascript:x", "https://evil.example:1/"),
        found("https://evil.example/a", "https://evil.example/?d="),
        Message(Role.ASSISTANT, (Part("", PartKind.PAGE, "A page", data=b"not packed"),)),
    ],
)
def test_nothing_else_is_a_provenance(message: Message) -> None:
    assert reason("https://evil.example/", said("Hi"), message) is ConsentReason.ADDRESS


def test_in_an_imported_chat_nothing_is() -> None:
    chat = said("Read https://a.example/"), found("https://b.example/")
    for address in ("https://a.example/", "https://b.example/"):
        assert reason(address, *chat, imported=True) is ConsentReason.IMPORTED
    facts = facts_of(*chat, imported=True)
    assert judge_search("copper prices", facts).granted
    assert not judge_search("4111 1111 1111 1111", facts).granted


# --- Private chats ----------------------------------------------------------------------------

PRIVATE = [
    attached(),
    Message(Role.USER, (Part("", PartKind.MEDIA, "a.png", data=b"1"), Part("Look"))),
    Message(Role.USER, (Part("?", PartKind.UNKNOWN, "video"), Part("Look"))),
    displayed("files:/a.txt", source="files:Notes"),
    displayed("", "files:/a.txt", source="files:Notes", kind=PageKind.SEARCH),
    returned("functions.mail__read", "secret", "mcp:mail"),
    returned("functions.f", "secret", ""),
    Message(Role.ASSISTANT, (Part("secret", PartKind.RESULT, "python", "1"),)),
]


@pytest.mark.parametrize("private", PRIVATE)
def test_a_private_chat_asks_about_each_new_site(private: Message) -> None:
    chat = said("Look at https://typed.example/"), private, found("https://new.example/")
    assert reason("https://new.example/", *chat) is ConsentReason.NEW_SITE
    assert reason("https://typed.example/", *chat) is None
    for decision, expected in (("once", None), ("", ConsentReason.NEW_SITE)):
        opened = displayed("https://new.example/", "https://new.example/2", decision=decision)
        assert reason("https://new.example/2", *chat, opened) is expected


@pytest.mark.parametrize(
    "public",
    [
        displayed("zim:/w/A", source="zim:Wikipedia"),
        returned("python", "42", ""),
        Message(
            Role.ASSISTANT,
            (Part("no", PartKind.RESULT, "functions.x__y", facts=ResultFacts(Outcome.REFUSED)),),
        ),
    ],
)
def test_other_chats_are_not_private(public: Message) -> None:
    chat = said("Hi"), public, found("https://new.example/")
    assert reason("https://new.example/", *chat) is None
    assert judge_search("x" * 500, facts_of(*chat)).granted


def test_letters_spelled_by_links_end_after_three() -> None:
    letters = [f"https://evil.example/{letter}" for letter in string.ascii_lowercase]
    chat = [attached(), displayed("https://evil.example/", *letters, decision="once")]
    for letter in letters[:3]:
        assert reason(letter, *chat) is None
        chat.append(displayed(letter))
    assert reason(letters[3], *chat) is ConsentReason.FOLLOW_UPS
    asked = [*chat, displayed(letters[3], decision="once")]
    assert reason(letters[4], *asked) is ConsentReason.FOLLOW_UPS
    assert reason(letters[3], *chat, said("Go on")) is None
    scrolled = [
        *chat[:2],
        displayed("", cursor=0),
        displayed("", cursor=0),
        displayed("", cursor=0),
    ]
    assert reason(letters[3], *scrolled) is None


def test_pages_that_cannot_be_read_any_more_count_as_letters() -> None:
    letters = [f"https://evil.example/{letter}" for letter in string.ascii_lowercase]
    chat = [attached(), displayed("https://evil.example/", *letters, decision="once")]
    for letter in letters[:3]:
        result, page = displayed(letter).parts
        chat.append(Message(Role.ASSISTANT, (result, replace(page, text=letter, data=b"?"))))
    assert reason(letters[3], *chat) is ConsentReason.FOLLOW_UPS


def test_pages_that_do_not_exist_count_as_letters() -> None:
    letters = [f"https://evil.example/{letter}" for letter in string.ascii_lowercase]
    failed = Part(
        "Not found.", PartKind.RESULT, "browser.open", "1",
        facts=ResultFacts(Outcome.FAILED, source="web"),
    )  # fmt: skip
    chat = [attached(), displayed("https://evil.example/", *letters, decision="once")]
    assert reason(letters[0], *chat, *[Message(Role.ASSISTANT, (failed,))] * 2) is None
    many = [*chat, *[Message(Role.ASSISTANT, (failed,))] * 3]
    assert reason(letters[0], *many) is ConsentReason.FOLLOW_UPS
    for other in (
        replace(failed, name="browser.search"),
        replace(failed, name="functions.m__f", facts=ResultFacts(source="mcp:m")),
        replace(failed, facts=ResultFacts(Outcome.REFUSED, source="web")),
    ):
        assert reason(letters[0], *chat, *[Message(Role.ASSISTANT, (other,))] * 3) is None


@pytest.mark.parametrize(
    "query",
    [
        "what my notes say: " + "word " * 50,
        "4111111111111111",
        "call +49 170 1234 567",
        "order 12 34 56 78 9",
        "٤١١١١١١١١١١١",
        "aHVudGVyMg1234567890",
        "AbCdEfGhIjKlMnOp",
        "deadbeefdeadbeef1",
        "q" * 60,
        "copper\u200b price",
        "copper \U000e0041\U000e0042",
        "copper\u202e price",
        "a\t\tb",
        "https://evil.example/?d=hunter2",
        "evil.example/?d=hunter2",
    ],
)
def test_a_query_that_can_hide_something_is_shown(query: str) -> None:
    assert hides_something(query)
    private, public = facts_of(attached()), facts_of(said("Hi"))
    if "\t" not in query:  # blanks are sent as one
        assert judge_search(query, private).reason is ConsentReason.QUERY
    assert judge_search(query, public).granted


@pytest.mark.parametrize(
    "query",
    [
        "copper price per tonne 2026",
        "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
        "Donaudampfschifffahrtsgesellschaftskapitän",
        "東京の天気 2026年11月30日",
        "python 3.15.1 release notes",
        "JavaScriptCore vs WebKit",
        "👩‍👩‍👧 emoji meaning",
        "ISO 8601 date 2026-11-30",
    ],
)
def test_an_everyday_query_is_not(query: str) -> None:
    assert judge_search(query, facts_of(attached())).granted


def test_what_hides_something_cannot_be_allowed_for_good() -> None:
    private, public = facts_of(attached()), facts_of(said("Hi"))
    for address in (
        "https://a.example/?d=4111111111111111",
        "https://a.example/aHVudGVyMg12345678",
    ):
        assert not judge_open(address, private).lasting
        assert judge_open(address, public).lasting
    assert judge_open("https://a.example/docs/python-3/library?page=2", private).lasting
    linked = "https://a.example/?id=4111111111111111"
    chat = attached(), displayed("https://a.example/", linked, decision="once")
    verdict = judge_open(linked, facts_of(*chat))
    assert (verdict.reason, verdict.lasting) == (ConsentReason.QUERY, True)
    assert (verdict.sent, verdict.site) == (linked, "a.example")


# --- Redirects, and what is asked about -------------------------------------------------------


def test_a_redirect_leads_to_another_site_only_where_nothing_can_leak() -> None:
    facts = facts_of(said("Read https://short.example/x"))
    typed, chosen = (
        judge_open(address, facts)
        for address in ("https://short.example/x", "https://short.example/?to=evil")
    )
    assert may_follow(typed, "https://evil.example/?d=1", facts)
    assert may_follow(chosen, "https://www.short.example/y", facts)
    assert may_follow(chosen, "https://short.example/x", facts)
    assert not may_follow(chosen, "https://evil.example/?d=1", facts)
    for address in ("file:///etc/passwd", "https://a@short.example/", "http://127.1/"):
        assert not may_follow(typed, address, facts)
    private = facts_of(said("Read https://short.example/x and https://b.example/"), attached())
    begun = judge_open("https://short.example/x", private)
    assert begun.granted
    assert may_follow(begun, "https://b.example/", private)
    assert not may_follow(begun, "https://c.example/", private)
    letter = WebVerdict("https://short.example/a", "short.example")  # a link that spells data out
    assert may_follow(letter, "https://short.example/y", private)
    assert not may_follow(letter, "https://b.example/", private)
    assert may_follow(replace(letter, granted=False), "https://b.example/", private)


def test_a_proposal_has_all_that_is_sent_and_is_bound_to_the_site() -> None:
    call = Call("1", "browser.open", '{"id": "https://WWW.a.example/?d=x"}')
    proposal = web_proposal(call, judge_open("https://WWW.a.example/?d=x", ChatFacts()))
    assert proposal.shown == (("address", "https://www.a.example/?d=x"),)
    assert (proposal.tool, proposal.function, proposal.pin) == (
        "web",
        "open a.example",
        "a.example",
    )
    assert (proposal.granted, proposal.reason) == (False, ConsentReason.ADDRESS)
    assert (proposal.lasting, proposal.effect) == (True, Effect.READS)
    found = web_proposal(call, judge_search(" a \t b\n", ChatFacts()))
    assert (found.function, found.shown, found.granted) == ("search", (("query", "a b"),), True)


# --- Any history ------------------------------------------------------------------------------

ADDRESSES = [
    f"https://{site}.example/{page}" for site in "abc" for page in ("", "1", "2?d=x", f"?{SECRET}")
]
SOME = st.lists(st.sampled_from(ADDRESSES), max_size=3)
MESSAGES = st.one_of(
    st.builds(lambda found: said("Look: " + " ".join(found)), SOME),
    st.builds(lambda found: attached(" ".join(found)), SOME),
    st.builds(lambda links: found(*links), SOME),
    st.builds(
        lambda at, links, source: displayed(at, *links, source=source),
        st.sampled_from(ADDRESSES), SOME, st.sampled_from(("web", "files:Notes", "zim:W")),
    ),
    st.builds(lambda found: returned("functions.m__f", " ".join(found), "mcp:m"), SOME),
    st.builds(lambda found: returned("python", " ".join(found), ""), SOME),
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(MESSAGES, max_size=8), st.sampled_from(ADDRESSES), st.booleans())
def test_what_is_granted_has_a_provenance(
    chat: list[Message], address: str, imported: bool
) -> None:
    verdict = judge_open(address, facts_of(*chat, imported=imported))
    typed = any(address in m.text.split() for m in chat if m.role is Role.USER)
    pages = [d.page for d in displays_of(chat) if d.page.source == "web"]
    linked = any(address in page.links for page in pages)
    files = [m for m in chat if m.attached or any(p.name == "functions.m__f" for p in m.parts)]
    private = files or any(d.page.source == "files:Notes" for d in displays_of(chat))
    assert not (imported and verdict.granted)
    if verdict.granted:
        assert typed or linked
        named = {word[:18] for m in chat if m.role is Role.USER for word in m.text.split()}
        assert typed or not private or address[:18] in named
    elif not imported:
        assert verdict.reason
        assert not typed
        assert private or not linked
