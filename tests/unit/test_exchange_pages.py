"""Chats as Markdown and HTML, and file names."""

from __future__ import annotations

import contextlib
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.errors import Cancelled, ExchangeUnwritable
from app.base.types import Effort, Message, Part, PartKind, Role
from app.exchange import ExportFormat, ExportOptions, ExportWords, export
from app.exchange.file_names import file_name, same
from app.exchange.html_formula import mathml
from app.exchange.html_page import chat_html
from app.exchange.markdown_page import chat_markdown
from app.markdown import Code, parse
from app.store import ChatRow, MessageRow, State, Store, TitleBy

ANSWER = """\
# Sums

It is **ten**, _really_, ~~or nine~~ `x<y`[^1]: see [the page](https://example.org/?a=1&b="2").

```python
def total(n: int) -> int:  # <all>
    return sum(range(n))
```

| Number | Name |
| ---: | :-: |
| 1 | one & only |
| 2 |

- [x] done
- [ ] to do

3. three
4. four

> quoted

$$\\frac{a}{b}$$ and $x<1$ and $\\nonsense{$

[^1]: a note
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        yield store


def chat(store: Store, question: str, answer: str, reasoning: str = "Let me *see*.") -> int:
    number = store.chats.create(Effort.LOW).id
    asked = store.messages.add(number, None, Message(Role.USER, (Part(question),)))
    parts = (Part(reasoning, PartKind.REASONING), Part(answer))
    told = store.messages.add(
        number, asked.id, Message(Role.ASSISTANT, parts), model="/m/gpt-oss-20b.gguf"
    )
    store.messages.update(told.id, thought_s=3.4, state=State.STOPPED)
    return number


def written(store: Store, number: int, form: ExportFormat, **how: Any) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = export(store, Path(folder), "x", ExportOptions(form, **how), [number])
        return file.read_text("utf-8")


# --- Markdown -----------------------------------------------------------------------------


def test_markdown(store: Store) -> None:
    number = chat(store, "What is *it*?", "Ten.\n\n```python\nx = 1")
    text = written(store, number, ExportFormat.MARKDOWN, reasoning=True)
    assert re.sub(r"\*\d{4}-\d\d-\d\d \d\d:\d\d\*", "*then*", text) == (
        "# What is it?\n\n*then*\n\n"
        "## You\n\nWhat is *it*?\n\n"
        "## gpt-oss-20b\n\n"
        "> *Thought for 3 s*\n> \n> Let me *see*.\n\n"
        "Ten.\n\n```python\nx = 1\n```\n\n*Stopped*\n"
    )
    short = written(
        store, number, ExportFormat.MARKDOWN, words=ExportWords(you="Du", stopped="Angehalten")
    )
    assert "see" not in short
    assert "## Du" in short
    assert short.endswith("*Angehalten*\n")


@given(st.text("`~ \n>-ab", max_size=40), st.text("`~ \nab", max_size=40))
def test_code_that_does_not_end_ends(first: str, second: str) -> None:
    """A heading stays one, whatever the message above left open."""
    rows = [
        MessageRow(n, 0, None, Message(Role.USER, (Part(text),)), State.DONE, 0.0)
        for n, text in enumerate((first, second), start=1)
    ]
    head = ChatRow(0, "x", TitleBy.MODEL, Effort.LOW, 0.0, 0.0, 2)
    blocks = parse(chat_markdown(head, rows, reasoning=False, words=ExportWords()))
    assert not any(isinstance(b, Code) and "## You" in b.text for b in blocks)


def test_an_answer_names_the_host_that_it_is_from(store: Store) -> None:
    number = store.chats.create(Effort.LOW).id
    asked = store.messages.add(number, None, Message(Role.USER, (Part("Who?"),)))
    told = Message(Role.ASSISTANT, (Part("I."),))
    store.messages.add(
        number, asked.id, told, model="openai/gpt-oss-120b", host="gpu.example.org:8443"
    )
    there = "gpt-oss-120b on gpu.example.org:8443"
    assert f"## {there}\n\nI." in written(store, number, ExportFormat.MARKDOWN)
    page = written(store, number, ExportFormat.HTML)
    assert f'<p class="who">{there}</p>' in page
    assert '<p class="who">You</p>' in page
    german = ExportWords(elsewhere="{model} auf {host}")
    text = written(store, number, ExportFormat.MARKDOWN, words=german)
    assert "## gpt-oss-120b auf gpu.example.org:8443" in text


# --- HTML ---------------------------------------------------------------------------------

_VOID = {"meta", "br", "hr"}
_ALLOWED = re.compile(
    """html|head|title|style|body|header|main|article|p|div|details|summary|time|pre|code|span|h[1-6]|
    a|strong|em|s|sup|sub|kbd|ul|ol|li|blockquote|table|thead|tbody|tr|th|td|aside|meta|br|hr|
    math|mrow|mi|mo|mn|mfrac|mtext|msup|msub|msubsup|mtable|mtr|mtd|mstyle|mover|munder|mspace""",
    re.VERBOSE,
)


_PLAIN_STYLE = re.compile(
    r"(?:(?:text-align|border(?:-\w+)?|padding(?:-\w+)?|font-\w+): [\w. -]+;? ?)+"
)


class Page(HTMLParser):
    """Checks that a page is well-formed, runs no code and loads nothing."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.links: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert _ALLOWED.fullmatch(tag), tag
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in ("src", "srcset", "action", "data")
            if name == "style":  # within a formula, for alignment that MathML alone lacks
                assert "math" in self.open
                assert _PLAIN_STYLE.fullmatch(value or "")
            if name == "href":
                assert tag == "a"
                assert value is not None
                self.links.append(value)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def test_html(store: Store) -> None:
    number = chat(store, "What\n*is* it?", ANSWER)
    text = written(
        store, number, ExportFormat.HTML, reasoning=True, words=ExportWords(language="de")
    )
    read = Page(text)
    assert "What\n*is* it?" in read.text  # as it was typed
    for words in ("x<y", "one & only", "# <all>", "a note", "☑ done", "Let me see"):
        assert words in read.text
    assert read.links == ["https://example.org/?a=1&b=%222%22"]
    for piece in (
        '<html lang="de">',
        "<title>What</title>",
        "<summary>Thought for 3 s</summary>",
        '<span class="k">def</span>',
        '<td class="right">1</td><td class="center">one &amp; only</td>',
        '<td class="right">2</td><td class="center"></td>',
        '<ol start="3">',
        "<mfrac>",
        "<mo>&lt;</mo>",
        "prefers-color-scheme: dark",
        "<h2>Sums</h2>",
    ):
        assert piece in text
    assert "url(" not in text
    assert "Let me" not in written(store, number, ExportFormat.HTML)


HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[x](javascript:alert(1)) [y](data:text/html,<script>) ![z](https://example.org/z.png)",
    "[x](https://example.org/\"onmouseover='alert(1)')",
    "```<script>\n</code></pre><script>alert(1)</script>\n```",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "$\\text{<script>alert(1)</script>}$ $\\text{</math><img src=x>}$",
    "$$\\href{javascript:alert(1)}{x} \\style{background:url(//x)}{y} \\class{z}{z}$$",
    "| <b> | [x](vbscript:x) |\n|--|--|\n| </table><iframe src=//x> | `</td>` |",
    "[^<b>]\n\n[^<b>]: <svg onload=alert(1)>",
    "<details open ontoggle=alert(1)>\n\n- <base href=//x>\n  1. &lt;script&gt; &#60;b&#62;",
    "\x00\x0b\u202e\ud800 <\x00script>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_gets_out_of_its_place(text: str) -> None:
    parts = (Part(text, PartKind.REASONING), Part(text))
    row = MessageRow(1, 0, None, Message(Role.ASSISTANT, parts), State.DONE, 1.0, model=text)
    head = ChatRow(0, text, TitleBy.PERSON, Effort.LOW, 1.0, 1.0, 1)
    words = ExportWords(language='"><script>', reasoning="<b>")
    read = Page(chat_html(head, [row], reasoning=True, words=words))
    assert all(link.startswith("https://example.org/") for link in read.links)


@given(st.text("<>&\"'`*_[]()$\\{}|-#\n abx/:", max_size=60))
def test_any_text_makes_a_page(text: str) -> None:
    row = MessageRow(1, 0, None, Message(Role.ASSISTANT, (Part(text),)), State.DONE, 1.0)
    head = ChatRow(0, text, TitleBy.PERSON, Effort.LOW, 1.0, 1.0, 1)
    Page(chat_html(head, [row], reasoning=False, words=ExportWords()))


@pytest.mark.parametrize(
    "tex",
    ["", " ", "\\foo x", "{" * 900, "x" * 2000, "\\text{<b>x</b>}", "\\text{a & b}",
     "\\href{x}{y}", "\\left(" * 150,
     "x" + "^{a" * 300 + "}" * 300],
)  # fmt: skip
def test_a_formula_that_is_none(tex: str) -> None:
    assert mathml(tex, display=True) == ""


# --- Files --------------------------------------------------------------------------------


def test_a_folder_of_all_chats(store: Store, tmp_path: Path) -> None:
    for title in ("Sums", "sums", "a/b: c?", "..", "con", "Ünï", "U\u0308ni\u0308"):
        store.chats.rename(chat(store, "x", "y"), title)
    store.chats.arrange([chat(store, "Put away", "y")], archived=True)
    mine = tmp_path / "deep" / "out" / "SUMS.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", "utf-8")
    shares: list[float] = []
    options = ExportOptions(ExportFormat.MARKDOWN)
    folder = export(store, tmp_path / "deep", "out", options, on_progress=shares.append)
    assert folder == mine.parent
    written = set(folder.iterdir()) - {mine}
    assert {path.name for path in written} == {
        "Sums (2).md",
        "sums (3).md",
        "a b c.md",
        "Chat.md",
        "_con.md",
        "Ünï.md",
        "Üni (2).md".replace("i", "ï"),
        "Put away.md",
    }
    assert shares == [number / 8 for number in range(9)]
    assert mine.read_text("utf-8") == "mine"
    assert all(path.read_text("utf-8").startswith("# ") for path in written)


def test_one_file(store: Store, tmp_path: Path) -> None:
    number = chat(store, "What is it?", "Ten.")
    file = export(store, tmp_path, "a", ExportOptions(ExportFormat.HTML), [number])
    usual = tmp_path / "usual"
    usual.touch()
    assert file.stat().st_mode == usual.stat().st_mode
    for folder, name in ((usual / "deep", "x"), (usual, "x"), (tmp_path / "no\0path", "x")):
        with pytest.raises(ExchangeUnwritable):
            export(store, folder, name, ExportOptions(ExportFormat.HTML), [number])
    with pytest.raises(ExchangeUnwritable):
        export(
            store, tmp_path, "usual", ExportOptions(ExportFormat.HTML)
        )  # where a folder is needed
    with pytest.raises(KeyError):
        export(store, tmp_path, "b", ExportOptions(ExportFormat.HTML), [99])
    assert {path.name for path in tmp_path.glob("*.html")} == {"a.html"}


def test_all_branches_are_written_each_to_its_end(store: Store) -> None:
    number = chat(store, "One?", "First.")
    asked, told = store.messages.conversation(number)
    more = store.messages.add(number, told.id, Message(Role.USER, (Part("More?"),)))
    store.messages.add(number, asked.id, Message(Role.ASSISTANT, (Part("Second."),)), model="other")
    store.messages.show(more.id)
    whole = written(store, number, ExportFormat.MARKDOWN, branches=True)
    places = [whole.index(piece) for piece in (
        "## You\n\nOne?", "## gpt-oss-20b (1 of 2)\n\nFirst.", "## You\n\nMore?",
        "## other (2 of 2)\n\nSecond.",
    )]  # fmt: skip
    assert places == sorted(places)
    assert "(2 of 2)" in written(store, number, ExportFormat.HTML, branches=True)
    shown = written(store, number, ExportFormat.MARKDOWN)
    assert "Second" not in shown
    assert "of 2" not in shown


def test_nothing_is_written_over(store: Store, tmp_path: Path) -> None:
    one, two = chat(store, "One?", "1"), chat(store, "Two?", "2")
    place = tmp_path / "made" / "here"
    names = [
        export(store, place, "a/b", ExportOptions(form), [one]).name
        for form in ExportFormat
        if form is not ExportFormat.PDF
    ]
    assert names == ["a b.md", "a b.html", "a b.json"]
    assert (
        export(store, place, "a/b", ExportOptions(ExportFormat.MARKDOWN), [one]).name
        == "a b (2).md"
    )
    assert export(store, place, "All", ExportOptions(ExportFormat.JSON)).name == "All.json"
    folder = export(store, place, "All", ExportOptions(ExportFormat.HTML), [one, two])
    assert sorted(path.name for path in folder.iterdir()) == ["One.html", "Two.html"]
    shares: list[float] = []
    export(store, place, "All", ExportOptions(ExportFormat.MARKDOWN), on_progress=shares.append)
    assert shares == [0.0, 0.5, 1.0]
    assert len(list(folder.iterdir())) == 4


def test_a_pdf_is_drawn_by_somebody_else(store: Store, tmp_path: Path) -> None:
    number = chat(store, "One?", "First.")

    def draw(chat: ChatRow, messages: Sequence[MessageRow], **how: Any) -> bytes:
        return f"{chat.title} {len(messages)} {how['reasoning']} {how['words'].you}".encode()

    options = ExportOptions(ExportFormat.PDF, reasoning=True, pdf_writer=draw)
    assert export(store, tmp_path, "x", options, [number]).read_bytes() == b"One? 2 True You"


def test_what_is_cancelled_leaves_nothing(store: Store, tmp_path: Path) -> None:
    numbers = [chat(store, "One?", "1"), chat(store, "Two?", "2")]

    def seen(share: float) -> None:
        if share == 0.5:
            raise Cancelled

    for form in (ExportFormat.JSON, ExportFormat.HTML):
        with pytest.raises(Cancelled):
            export(store, tmp_path / "out", "All", ExportOptions(form), numbers, seen)
        assert list((tmp_path / "out").iterdir()) == []
    kept = tmp_path / "out" / "All" / "One.html"
    kept.parent.mkdir()
    kept.write_text("mine", "utf-8")
    with pytest.raises(Cancelled):
        export(store, tmp_path / "out", "All", ExportOptions(ExportFormat.HTML), numbers, seen)
    assert list(kept.parent.iterdir()) == [kept]


@given(st.lists(st.text(max_size=300) | st.sampled_from(["nul.txt", "COM1", "LPT¹", "aux ."])))
def test_names_are_good_everywhere(titles: list[str]) -> None:
    taken: set[str] = set()
    names = [file_name(title, ".html", taken) for title in titles]
    assert len({same(name) for name in names}) == len(names)
    for name in names:
        stem = name.removesuffix(".html")
        assert stem == stem.strip(" .")
        assert stem
        assert len(name.encode()) <= 255
        assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f]', name)
        assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt[\d¹])(\.|$)", name)
        assert unicodedata.is_normalized("NFC", name)


def test_files_are_shown_as_they_are(store: Store) -> None:
    number = store.chats.create(Effort.LOW).id
    file = Part("# <b>one</b>\n```\ntwo", PartKind.FILE, "a *b*\n<c>.md")
    row = store.messages.add(number, None, Message(Role.USER, (file, Part("What is this?"))))
    chat = store.chats.get(number)
    text = chat_markdown(chat, [row], reasoning=True, words=ExportWords())
    assert Code(file.text) in parse(text)
    assert "**a \\*b\\* \\<c\\>.md**\n" in text
    assert text.rstrip().endswith("What is this?")
    html = chat_html(chat, [row], reasoning=True, words=ExportWords())
    assert (
        "<summary>a *b*\n&lt;c&gt;.md</summary><pre># &lt;b&gt;one&lt;/b&gt;\n```\ntwo</pre>"
        in html
    )
