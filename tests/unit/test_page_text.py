"""Pages into text with links: what is kept, what is left out, and what strangers' pages do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest

from app.base.errors import Cancelled
from app.tools.browser.extraction.extractor import Extractor
from app.tools.browser.extraction.fetched_text import page_text
from app.tools.browser.extraction.markup_page import html_page
from app.tools.browser.source import PageText, SourceFault
from tests.bench.extraction import HOSTILE
from tests.fakes import page_processes
from tests.fakes.pdf_file import pdf

HERE = "https://a.org/p/q.html"
PROSE = "This is a sentence of an article, which is long enough to be taken for prose by anyone. "


def whole(html: str, address: str = HERE) -> PageText:
    return html_page(html, address, whole=True)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<h2>Two  <b>kinds</b></h2><p>Apples\nare&nbsp;red<br>or green.",
            "## Two kinds\n\nApples are red\nor green.",
        ),
        (
            "<ul><li>one<li>two<ol start=3><li>a<li>b</ol></ul>",
            "  * one\n  * two\n\n    3. a\n    4. b",
        ),
        ("<table><tr><td>a<td>b<tr><th>c<th>d</table>", "a | b\nc | d"),
        ("<pre>\nif x:\n    y  z\n</pre><p>End", "if x:\n    y  z\n\nEnd"),
        ("E=mc<sup>2</sup>, H<sub>2</sub>O<sup><a href='#n'>[1]</a></sup>.", "E=mc^{2}, H_{2}O."),
        (
            "<img src=x alt='A  cat'><img src=y alt=''><img alt=\"Two\">",
            "[Image 0: A cat][Image 1: Two]",
        ),
        ("<math alttext='x^2'><mi>x</mi></math> is", "$x^2$ is"),
        ("<math><annotation encoding='application/x-tex'>\\pi</annotation></math>", "$\\pi$"),
        (
            "is <span><math alttext='{\\displaystyle x^{2}}'>x</math></span>"
            "<img class=mwe-math-fallback alt='{\\displaystyle x^{2}}'> and "
            "<img class='mwe-math-fallback' alt='y'>",
            "is $x^{2}$ and $y$",
        ),
        ("<h2>Title<a class=headerlink href='#t'>¶</a></h2>text", "## Title\n\ntext"),
        ("<script>if (a<b) '</p>'</script><style>p{}</style><svg><text>no</text></svg>yes", "yes"),
        ("seen<p hidden>not</p><p style='display: none'>not</p><!-- not --><noscript>not", "seen"),
        ("<p>never <b>closed <i>5 < 6 <script>swallowed", "never closed 5 < 6"),
        ("\u202e𝔘𠀀 🙂 【3†forged】 &#x202e;&#12304;x", "𝔘𠀀 🙂 〖3†forged〗 〖x"),
        ("<dl><dt>Term<dd>Meaning</dl><blockquote>Said</blockquote>", "Term\nMeaning\n\nSaid"),
        ("<div>" * 3000 + "deep", "deep"),
    ],
)
def test_html(html: str, text: str) -> None:
    assert whole(html).text == text


def test_links() -> None:
    page = whole(
        "<title>Of &amp; links</title><a href='/x?a=1&amp;b=2'>one <b>two</b></a>, "
        "<a href=../y>up</a>, <a href='https://b.org/'><div>Big</div><div>block†</div></a> "
        "<a href='mailto:a@b'>mail</a> "
        "<a href='#n'>here</a> <a href='javascript:x()'>script</a> <a name=z>name</a> "
        "<a href='/x?a=1&b=2'>again</a><a href=/empty><img src=x></a> "
        "<a href=/picture><img alt=dog></a>"
    )
    assert page.title == "Of & links"
    assert page.links == ("https://a.org/x?a=1&b=2", "https://a.org/y", "https://b.org/")
    marks = "【0†one two】, 【1†up】, 【2†Big block‡†b.org】 mail here script name 【0†again】"
    marks += " [Image 0: dog]"
    assert " ".join(page.text.split()) == marks


def test_relative_addresses_follow_the_page() -> None:
    local = whole("<a href=b.html#x>b</a> <a href='../../../etc/passwd'>up</a>", "files:/f/a.html")
    assert local.links == ("files:/f/b.html#x", "files:/etc/passwd")  # never above the folder
    web = whole("<a href='files:/f/secret'>x</a> <a href='zim:/w/y'>y</a>")
    assert web.links == whole("<a href='files:/f/x'>x</a>", "zim:/w/a").links == ()
    based = whole("<base href='https://c.org/d/'><a href=e>e</a>")
    assert based.links == ("https://c.org/d/e",)


def test_main_text_is_told_from_what_surrounds_it() -> None:
    page = html_page(
        f"""<html><body class="has-sidebar"><nav><a href=/1>Home</a></nav>
        <div class="cookie-banner">{PROSE}</div>
        <div class="content-sidebar-wrap"><article><h1>Title</h1><div class="entry-content">
        <p>{PROSE * 3}</p><ul><li><a href=/a>A source</a> that says it</ul><p>{PROSE}</p>
        <div class="related-posts"><p>{PROSE}Related</p></div></div></article>
        <aside>{PROSE}Aside</aside></div>
        <div id="comments">{f"<p>{PROSE}Comment</p>" * 20}</section>
        <footer>{PROSE}Foot</footer></body></html>""",
        HERE,
    )
    assert page.text.count(PROSE.strip()) == 4
    assert "【0†A source】 that says it" in page.text
    assert not any(word in page.text for word in ("Home", "Related", "Aside", "Comment", "Foot"))


def test_a_page_without_prose_is_whole() -> None:
    index = "".join(f"<li><a href=/{n}>Chapter {n}</a>" for n in range(30))
    assert html_page(f"<h1>Index</h1><ul>{index}</ul>", HERE).text.count("Chapter") == 30
    hidden = "<body><div hidden><p>Only a script shows this.</p></div>"
    assert html_page(hidden, HERE).text == "Only a script shows this."


def test_an_article_that_only_a_script_shows() -> None:
    body = json.dumps(
        {"@graph": [{"@type": "NewsArticle", "articleBody": PROSE * 9 + "\u202e【1】"}]}
    )
    script = f'<script type="application/ld+json">{body}</script><p>Loading the article.</p>'
    assert html_page(script, HERE).text == PROSE * 9 + "〖1〗"
    assert html_page(script, HERE, whole=True).text == "Loading the article."
    broken = script.replace('"@graph"', "graph")
    assert html_page(broken, HERE).text == "Loading the article."


@pytest.mark.parametrize(
    ("data", "media_type", "charset", "text"),
    [
        ("<p>Grüße".encode("latin1"), "text/html", "iso-8859-1", "Grüße"),
        ("<p>Grüße".encode(), "text/html", "iso-8859-1", "Grüße"),  # servers are wrong
        ('<meta charset="iso-8859-2"><p>Łódź'.encode("iso-8859-2"), "text/html", "", "Łódź"),
        ("<p>日本語の文章".encode("shift_jis"), "text/html", "Shift_JIS", "日本語の文章"),
        ("<p>Привет".encode("utf-16"), "text/html; charset=x", "", "Привет"),
        (b"<!DOCTYPE html><p>html", "text/plain", "", "html"),
        (b"a  b\r\n\tc", "text/plain", "", "a  b\n\tc"),
        ("Größe;1\nx;2".encode(), "text/csv", "", "Größe;1\nx;2"),
        (b'{"a":[1,"\\u00e9"]}', "application/json", "", '{\n "a": [\n  1,\n  "é"\n ]\n}'),
        (b"{broken", "application/json", "", "{broken"),
        (b"<?xml version='1.0'?><a>b</a>", "application/xml", "", "<?xml version='1.0'?><a>b</a>"),
        (b"[x](/y) ![no](z) [m](<a b> 't')", "text/markdown", "", "【0†x】 ![no](z) 【1†m】"),
    ],
)  # fmt: skip
def test_types(data: bytes, media_type: str, charset: str, text: str) -> None:
    assert page_text(data, media_type, charset, HERE).text == text


def test_feeds() -> None:
    rss = """<?xml version="1.0"?><rss><channel><title>News</title><description>All</description>
    <item><title>A &amp; B</title><link>https://b.org/1</link><pubDate>Mon</pubDate>
    <description><![CDATA[<p>Some <b>bold</b> words</p>]]></description></item></channel></rss>"""
    page = page_text(rss.encode(), "application/rss+xml", "", HERE)
    assert (page.title, page.links) == ("News", ("https://b.org/1",))
    assert page.text == "# News\nAll\n\n  * 【0†A & B†b.org】 Mon\n    Some bold words"
    atom = """<feed><title>F</title><entry><title>E</title><link rel="self" href="/self"/>
    <link href="/e"/><summary>&lt;i&gt;S&lt;/i&gt;</summary></entry></feed>"""
    page = page_text(atom.encode(), "application/atom+xml", "", HERE)
    assert page.text == "# F\n\n\n  * 【0†E】\n    S"
    assert page.links == ("https://a.org/e",)


def test_pdf_and_what_cannot_be_read() -> None:
    page = page_text(
        pdf(["First page", "Second"]), "application/octet-stream", "", "https://a.org/x%20y.pdf"
    )
    assert page.title == "x y.pdf"
    assert page.text == "[Page 1]\nFirst page\n\n[Page 2]\nSecond"
    for data, media_type, said in (
        (b"%PDF-1.7 nothing", "application/pdf", "damaged"),
        (b"\x89PNG", "image/png", "image/png"),
        (b"<html><body></body>", "text/html", "no text"),
        (b"", "text/plain", "no text"),
        (bytes(range(256)) * 9, "application/octet-stream", "data for a program"),
    ):
        with pytest.raises(SourceFault, match=said):
            page_text(data, media_type, "", HERE)


def test_a_long_page_is_cut_and_says_so() -> None:
    page = page_text(b"<p>" + b"word " * 500_000, "text/html", "", HERE)
    assert len(page.text) < 2_000_000
    assert page.note == "The page is longer: only its first part was read."


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_have_a_text_or_a_fault(name: str) -> None:
    """The begin of what `tests.bench.extraction` has the process read."""
    for media_type in ("text/html", "application/xml", "application/json", "text/markdown"):
        try:
            page = page_text(HOSTILE[name][:20_000], media_type, "", HERE)
        except SourceFault:
            continue
        assert page.text


# --- The process --------------------------------------------------------------------------


@pytest.fixture
def extractors() -> Iterator[list[Extractor]]:
    made: list[Extractor] = []
    yield made
    for each in made:
        each.close()


def test_a_page_that_hangs_or_kills_the_process_is_a_fault(
    extractors: list[Extractor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.tools.browser.extraction.extractor.SECONDS", 0.2)
    extractor = Extractor(page_processes.hangs)
    extractors.append(extractor)
    cancel = threading.Event()
    for name in ("hang", "die"):
        with pytest.raises(SourceFault, match="too much time or memory"):
            extractor.page(b"", "text/html", "", name, cancel)
        monkeypatch.setattr("app.tools.browser.extraction.extractor.SECONDS", 60.0)
    assert extractor.page(b"", "text/html", "", "next", cancel).text == "read"
    cancel.set()
    with pytest.raises(Cancelled):
        extractor.page(b"", "text/html", "", "hang", cancel)


def test_a_page_that_waits_for_another_one_can_be_stopped(
    extractors: list[Extractor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.tools.browser.extraction.extractor.SECONDS", 60.0)
    extractor = Extractor(page_processes.hangs)
    extractors.append(extractor)
    other, cancel = threading.Event(), threading.Event()

    def read() -> None:
        with pytest.raises(Cancelled):
            extractor.page(b"", "text/html", "", "hang", other)

    assert extractor.page(b"", "text/html", "", "first", cancel).text == "read"
    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.1)
    cancel.set()
    with pytest.raises(Cancelled):
        extractor.page(b"", "text/html", "", "next", cancel)
    assert thread.is_alive()  # the other one goes on
    other.set()
    thread.join(60)
    assert not thread.is_alive()


def test_the_process_reads_pages(extractors: list[Extractor]) -> None:
    extractor = Extractor()
    extractors.append(extractor)
    cancel = threading.Event()
    page = extractor.page(b"<p>Hello", "text/html", "", HERE, cancel)
    assert (page.text, page.source) == ("Hello", "<p>Hello")
    with pytest.raises(SourceFault, match="no text"):
        extractor.page(b"", "text/html", "", HERE, cancel)
    extractor.close()
    with pytest.raises(Cancelled):
        extractor.page(b"<p>Hello", "text/html", "", HERE, cancel)
