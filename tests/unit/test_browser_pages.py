"""Pages: their lines, links and characters; how displays are stored; what a display costs."""

from __future__ import annotations

import json
import re
import textwrap
import time
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.pages.displays import displays_of
from app.base.pages.stored_page import (
    MEDIA_TYPE,
    Page,
    PageKind,
    StoredDisplay,
    pack,
    unpack,
)
from app.base.types import Message, Part, PartKind, Role
from app.tools.browser.finding import PageFinder, found_page, passage_line
from app.tools.browser.page import LinkTable, lines_of, neutral, wrapped
from app.tools.browser.source import PageText
from app.tools.browser.viewport import VIEW_TOKENS, display_text, last_line
from tests.fakes import vocabulary

WORDS = st.lists(
    st.sampled_from(
        ["a", "word", "-", "--", " ", "  ", ".", "1", "é", "中文", "\t", "well-known", "(",
         "x" * 79, "x" * 81, "ab-" * 40, "“", "&", "🦊"]
    ),
    max_size=90,
)  # fmt: skip


@given(WORDS)
def test_lines_are_those_of_textwrap(words: list[str]) -> None:
    line = "".join(words)
    wanted = textwrap.wrap(line, 80, replace_whitespace=False, drop_whitespace=False)
    assert list(lines_of(line)) == (wanted if line else [""])


@given(st.text())
def test_neutral_text_has_nothing_hidden_and_stays_as_it_is(text: str) -> None:
    once = neutral(text)
    assert neutral(once) == once
    assert not set("【】\u202e\u200b\x00\x1b\r") & set(once)


@pytest.mark.parametrize(
    "text",
    ["naïve Straße", "می‌خواهم", "क्‍ष", "❤️‍🔥 👩‍🔬", "𠮷野家", "a\tb\nc", "ᠮᠣᠩᠭᠣᠯ", "e\u0301"],
)
def test_what_scripts_need_stays(text: str) -> None:
    assert neutral(text) == text


def test_links_have_numbers_and_domains_and_only_those_that_lead_somewhere() -> None:
    table = LinkTable("https://a.example/docs/page.html?x=1")
    marks = [
        table.mark(text, address)
        for text, address in (
            ("Home", "/"), ("Next †\n page", "next.html"), ("Other 【x】", "//b.example/y"),
            ("Home again", "https://a.example/"), ("Mail", "mailto:a@b.example"),
            ("Run", "javascript:alert(1)"), ("Below", "#below"), ("  ", "picture.html"),
            ("Data", "data:text/plain,x"), ("Long", "x" * 3000), ("Odd", "http://[::1"),
            ("File", "file:///etc/passwd"), ("Mine", "files:/Notes/a.md"),
        )
    ]  # fmt: skip
    assert marks == [
        "【0†Home】", "【1†Next ‡ page】", "【2†Other 〖x〗†b.example】", "【0†Home again】",
        "Mail", "Run", "Below", "", "Data", "Long", "Odd", "File", "Mine",
    ]  # fmt: skip
    assert table.addresses == (
        "https://a.example/",
        "https://a.example/docs/next.html",
        "https://b.example/y",
    )


def test_a_page_has_no_more_links_than_can_be_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.tools.browser.page.MOST_LINKS", 2)
    table = LinkTable("https://a.example/")
    marks = [table.mark(f"to {n}", f"/{n}") for n in (1, 2, 3, 1)]
    assert marks == ["【0†to 1】", "【1†to 2】", "to 3", "【0†to 1】"]


@pytest.mark.parametrize(
    ("base", "link", "whole"),
    [
        ("files:/Notes/sub/a.md", "b.md", "files:/Notes/sub/b.md"),
        ("files:/Notes/sub/a.md", "../c.md#part", "files:/Notes/c.md#part"),
        ("files:/a.md", "../../../etc/passwd", "files:/etc/passwd"),
        ("zim:/A/Cat", "./Dog", "zim:/A/Dog"),
        ("files:/a.md", "https://x.example/", "https://x.example/"),
        ("files:/ä 1/b.md", "ö.md", "files:/ä 1/ö.md"),
    ],
)
def test_links_of_local_pages_stay_below_their_root(base: str, link: str, whole: str) -> None:
    table = LinkTable(base)
    table.mark("x", link)
    assert table.addresses == (whole,)


def test_a_page_has_its_address_and_folded_lines_and_no_forged_marks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "【0†One】 and 【7†forged】\r\n   \n\n\n\tindented\x0bnext  \n"
    page = wrapped(
        PageText("https://a.example/", "A  title\n", text, ("https://b.example/",)), "web"
    )
    assert page.lines == (
        "", "URL: https://a.example/", "【0†One】 and 〖7†forged〗", "", "        indented", "next",
    )  # fmt: skip
    assert (page.title, page.source) == ("A title", "web")
    assert wrapped(PageText("https://a.example/x", "", "")).title == "a.example"
    monkeypatch.setattr("app.tools.browser.page.LONGEST", 1000)
    long = wrapped(PageText("files:/x", "", "word " * 500, note="It is long."))
    assert sum(map(len, long.lines)) < 1100
    assert long.lines[-3:] == ("[The page is longer: its end is left out.]", "", "It is long.")


@pytest.mark.parametrize("piece", ["x", "-", "a-", ".-", "a1--", "1", "【", "【1†", "[", "\t", " "])
def test_hostile_text_takes_no_longer_than_other_text(piece: str) -> None:
    text = PageText("https://a.example/", "x", piece * (200_000 // len(piece)))
    begun = time.process_time()
    page = wrapped(text)
    PageFinder(page.lines).first("no such text")
    assert time.process_time() - begun < 5  # a quadratic one takes minutes


# Finding


LINES = (
    "",
    "URL: https://a.example/",
    "The quick brown fox jumps over the lazy dog, and then it goes on to ",
    "sleep. Self-",
    "contained 【0†links with a",
    "long name†b.example】 are read. CAPITALS",
    "İstanbul 【1†and†c.",
    "example】 more",
    "after",
)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("goes on to sleep", 2),
        ("QUICK  brown", 2),
        ("on to\nsleep", 2),
        ("links with a long name are", 4),
        ("name are read", 5),
        ("capitals i̇stanbul", 5),
        ("b.example", None),
        ("†", None),
        ("and more", 6),
        ("after", 8),
        ("sleep. self- contained", 3),
    ],
)
def test_a_text_is_found_across_the_ends_of_lines(pattern: str, line: int | None) -> None:
    assert PageFinder(LINES).first(pattern) == line


def test_a_word_that_was_broken_is_found() -> None:
    page = wrapped(PageText("https://a.example/", "x", f"{'y' * 70} self-contained {'z' * 200}end"))
    assert PageFinder(page.lines).first("self-contained") == 2
    assert PageFinder(page.lines).first("zzend") == len(page.lines) - 1
    assert passage_line(page, "self-contained") == 2
    assert passage_line(page, "no such text") == passage_line(page, "") == 0


def test_at_most_fifty_places_are_shown() -> None:
    page = wrapped(PageText("https://a.example/", "x", "same\n" * 1000))
    found = found_page(page, "same")
    assert len(found.places) == 50
    assert found.places[:3] == (2, 6, 10)
    assert found.lines[:7] == ("# 【0†match at L2】", *["same"] * 4, "", "# 【1†match at L6】")


# Storing


PAGE = Page(
    "https://a.example/", "Title", ("", "URL: x", "one"), ("https://b.example/",), source="web"
)


def path(*parts: Part) -> list[Message]:
    return [Message(Role.ASSISTANT, parts)]


def packed(fields: object) -> Part:
    data = zlib.compress(json.dumps(fields).encode())
    return Part("", PartKind.PAGE, media_type=MEDIA_TYPE, data=data)


@given(st.text(), st.text(), st.lists(st.text(), max_size=3), st.text())
def test_whatever_a_page_says_it_has_lines_that_can_be_stored(
    text: str, title: str, links: list[str], address: str
) -> None:
    marked = f"{text} 【0†{text}】 【1†x†y】 【9†x】"
    page = wrapped(PageText(address, title, marked, tuple(links), note=title), "web")
    assert all(len(line) <= 80 and "\n" not in line for line in page.lines)
    whole = "".join(page.lines)
    assert whole.count("【") == whole.count("】") <= whole.count("†")
    assert {int(id) for id in re.findall(r"【(\d+)†", whole)} <= set(range(len(links)))
    assert "\n" not in page.title
    read = unpack(pack(StoredDisplay(page, 0, 1), page.title, page.address))
    assert read == StoredDisplay(page, 0, 1)


def test_a_page_with_whatever_address_can_be_read_again() -> None:
    odd = "files:/N/a  b\u200b\n\x00\ud800" + "x" * 9000
    page = wrapped(PageText(odd, "", "text", (odd, "files:/N/two  spaces.md")))
    assert page.address.startswith("files:/N/a  b\u200b")
    assert page.lines[1].startswith("URL: files:/N/a bxx")
    assert page.links[1] == "files:/N/two  spaces.md"
    read = unpack(pack(StoredDisplay(page, 0, 1), page.title, page.address))
    assert read
    assert read.page
    assert read.page == page


def test_a_page_of_the_longest_links_can_be_read_again() -> None:
    table = LinkTable("https://a.example/")
    marks = [table.mark(f"to {n}", f"/{n}?{'x' * 1900}") for n in range(1500)]
    page = wrapped(PageText("https://a.example/", "", "\n".join(marks), table.addresses))
    assert 1000 < len(page.links) < 1500
    read = unpack(pack(StoredDisplay(page, 0, 1), page.title, page.address))
    assert read
    assert read.page == page
    assert [line for line in page.lines if "to 1499" in line] == ["〖1499†to 1499〗"]


def test_a_display_is_read_as_it_was_stored() -> None:
    search = replace(PAGE, kind=PageKind.SEARCH, passages=("one",), address="")
    found = replace(PAGE, kind=PageKind.FIND, places=(2,))
    for stored in (
        StoredDisplay(PAGE, 0, 2), StoredDisplay(search, 1, 2), StoredDisplay(found, 0, 1, 0),
        StoredDisplay(None, 1, 1, 4),
    ):  # fmt: skip
        assert unpack(pack(stored, "Title", "https://a.example/")) == stored


FIELDS = {
    "first": 0, "last": 2, "address": "", "title": "", "kind": "page", "source": "",
    "lines": ["x"], "links": [],
}  # fmt: skip


@pytest.mark.parametrize(
    "part",
    [
        Part("", PartKind.PAGE, media_type=MEDIA_TYPE),
        Part("", PartKind.PAGE, media_type=MEDIA_TYPE, data=b"nonsense"),
        Part(
            "",
            PartKind.PAGE,
            media_type="image/png",
            data=pack(StoredDisplay(PAGE, 0, 1), "", "").data,
        ),
        Part("", PartKind.PAGE, media_type=MEDIA_TYPE, data=zlib.compress(b"[" * 100_000)),
        Part(
            "", PartKind.PAGE, media_type=MEDIA_TYPE, data=zlib.compress(b'"' + b"x" * 30_000_000)
        ),
        Part("", PartKind.PAGE, media_type=MEDIA_TYPE, data=zlib.compress(b"9" * 100_000)),
        packed([]),
        packed({}),
        packed({"first": 0, "last": 0}),
        packed(FIELDS | {"first": "0"}),
        packed(FIELDS | {"first": True}),
        packed(FIELDS | {"last": 10**30}),
        packed(FIELDS | {"of": 1.5}),
        packed(FIELDS | {"lines": []}),
        packed(FIELDS | {"lines": "abc"}),
        packed(FIELDS | {"lines": [1]}),
        packed(FIELDS | {"lines": ["a\nb"]}),
        packed(FIELDS | {"lines": ["x" * 5000]}),
        packed(FIELDS | {"lines": ["\ud800"]}),
        packed(FIELDS | {"links": ["x"] * 30_000}),
        packed(FIELDS | {"kind": "film"}),
        packed(FIELDS | {"places": [-1]}),
        packed(FIELDS | {"places": {"a": 1}}),
        packed(FIELDS | {"title": None}),
    ],
)
def test_what_a_stranger_has_packed_is_nothing(part: Part) -> None:
    begun = time.process_time()
    assert unpack(part) is None
    assert time.process_time() - begun < 2
    displays = displays_of(path(part, pack(StoredDisplay(PAGE, 0, 9), "Title", "")))
    assert displays.get(0) is None
    after = displays.get(1)  # its cursor counts all the same
    assert after
    assert (after.cursor, after.last) == (1, 2)


@pytest.mark.parametrize("piece", ['["["]', "{}", "1," * 50])
def test_what_would_take_long_to_read_is_not_read(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ",".join([piece] * 100_000)
    data = zlib.compress(f'{{"first": 0, "last": 0, "lines": [{lines}]}}'.encode())
    monkeypatch.setattr("json.loads", lambda _: pytest.fail("it was read"))
    assert unpack(Part("", PartKind.PAGE, "", media_type=MEDIA_TYPE, data=data)) is None


SIMPLE = st.none() | st.booleans() | st.integers(-2, 10**9) | st.floats() | st.text(max_size=3)
ANYTHING = SIMPLE | st.lists(SIMPLE, max_size=3) | st.just({"a": [None]})


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from([*FIELDS, "of", "passages", "places"]), ANYTHING, max_size=3
        ),
        max_size=3,
    )
)
def test_no_packed_fields_are_an_error(stored: list[dict[str, object]]) -> None:
    displays = displays_of(path(*(packed(FIELDS | fields) for fields in stored)))
    for display in displays:
        assert 0 <= display.first <= display.last < len(display.page.lines)
        displays.origin(display, 1)


def test_displays_that_lead_in_circles_or_nowhere_are_nothing() -> None:
    parts = [pack(StoredDisplay(None, 0, 0, of), "", "") for of in (0, 0, 9)]
    parts.append(pack(StoredDisplay(PAGE, 5, 1), "", ""))
    parts.append(
        pack(StoredDisplay(replace(PAGE, kind=PageKind.FIND, places=(99,)), 0, 1, 3), "", "")
    )
    displays = displays_of(path(*parts))
    assert [display.cursor for display in displays] == [3, 4]
    page, found = displays.get(3), displays.get(4)
    assert page
    assert found
    assert (page.first, page.last) == (1, 1)
    assert displays.origin(found, 1) is None
    assert displays.origin(page, 2) == (page, 2)
    assert displays.origin(page, 3) is None
    assert displays.get(-1) is None


# What a display costs


SAMPLES = {
    "English": "The quick brown fox jumps over the lazy dog, which is asleep in the sun. ",
    "German": "Die Würde des Menschen ist unantastbar; sie zu achten und zu schützen ist Pflicht. ",
    "Finnish": "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. ",
    "Turkish": "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. ",
    "Russian": "Все люди рождаются свободными и равными в своём достоинстве и правах. ",
    "Greek": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια. ",
    "Arabic": "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق وقد وهبوا عقلا. ",
    "Hebrew": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. ",
    "Hindi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता है। ",
    "Tamil": "மனிதப் பிறவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர். ",
    "Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ",
    "Chinese": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。",
    "Japanese": "すべての人間は、生まれながらにして自由であり、平等である。",
    "Korean": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. ",
    "Amharic": "የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው። ",
    "emoji": "🦊👩‍🔬❤️‍🔥🏳️‍🌈🇩🇪👍🏽🎉🚀",
    "rare": "𠮷𡈽𢌞𣗄𤭯𥝱𦥑𧨾𨳝𩸽𪚲",
    "code": "for (size_t i = 0; i < n; ++i) { sum += weights[i] * inputs[i]; }\n",
    "base64": "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24s",
    "numbers": "0.123, 45.678, 90, 12345, 6.7e-8, 99.9 %, 2026-11-30\n",
    "table": "| a | b |\n| --- | --- |\n",
    "blank": "\n",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_display_has_at_most_1024_tokens_in_any_script(name: str) -> None:
    text = SAMPLES[name] * (30_000 // len(SAMPLES[name]))
    page = wrapped(PageText(f"https://a.example/{name}", SAMPLES[name][:40], f"begin\n{text}\nend"))
    encode = vocabulary.tokenizer().encode
    counts: list[int] = []
    first = 0
    while first < len(page.lines) and len(counts) < 4:
        last = last_line(page, first)
        counts.append(len(encode(display_text(page, 17, first, last))))
        first = last + 1
    assert max(counts) <= VIEW_TOKENS
    whole = first == len(page.lines)
    assert whole or min(counts) > VIEW_TOKENS / 4


def test_the_language_of_what_is_shown_decides_and_not_that_of_all() -> None:
    english, other = SAMPLES["English"] * 200, "Bonke abantu bazalwa bekhululekile. " * 200
    page = wrapped(PageText("https://a.example/", "x", f"{english}\n\n{other}"))
    begin = next(n for n, line in enumerate(page.lines) if "Bonke" in line)
    shown = [last_line(page, first) - first for first in (2, begin)]
    assert shown[0] > shown[1]
    encode = vocabulary.tokenizer().encode
    text = display_text(page, 1, begin, last_line(page, begin))
    assert len(encode(text)) <= VIEW_TOKENS


def test_the_longest_header_leaves_room_for_a_line() -> None:
    for char in ("x", "%F0%A0%AE%B7", "𓀀"):
        page = wrapped(PageText(f"https://a.example/{char * 1500}", "𓀀" * 500, "𓀀" * 500))
        shown = display_text(page, 999, 3, last_line(page, 3))
        assert len(vocabulary.tokenizer().encode(shown)) <= VIEW_TOKENS
