"""Bare addresses in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.markdown import inline, link_allowed
from app.markdown.addresses import addresses

# The first ones are from GitHub's specification.
ADDRESSES = [
    ("www.commonmark.org", ["www.commonmark.org"]),
    ("Visit www.commonmark.org/help for more", ["www.commonmark.org/help"]),
    ("Visit www.commonmark.org.", ["www.commonmark.org"]),
    ("Visit www.commonmark.org/a.b.", ["www.commonmark.org/a.b"]),
    ("www.google.com/search?q=Markup+(business)", ["www.google.com/search?q=Markup+(business)"]),
    ("www.google.com/search?q=Markup+(business)))", ["www.google.com/search?q=Markup+(business)"]),
    ("(www.google.com/search?q=Markup+(business))", ["www.google.com/search?q=Markup+(business)"]),
    ("(www.google.com/search?q=Markup+(business)", ["www.google.com/search?q=Markup+(business)"]),
    ("www.google.com/search?q=(business))+ok", ["www.google.com/search?q=(business))+ok"]),
    ("www.google.com/search?q=commonmark&hl=en", ["www.google.com/search?q=commonmark&hl=en"]),
    ("www.google.com/search?q=commonmark&hl;", ["www.google.com/search?q=commonmark"]),
    ("www.commonmark.org/he<lp", ["www.commonmark.org/he"]),
    ("http://commonmark.org", ["http://commonmark.org"]),
    (
        "(Visit https://encrypted.google.com/search?q=Markup+(business))",
        ["https://encrypted.google.com/search?q=Markup+(business)"],
    ),
    ("foo@bar.baz", ["foo@bar.baz"]),
    (
        "hello@mail+xyz.example isn't valid, but hello+xyz@mail.example is.",
        ["hello+xyz@mail.example"],
    ),
    ("a.b-c_d@a.b", ["a.b-c_d@a.b"]),
    ("a.b-c_d@a.b.", ["a.b-c_d@a.b"]),
    ("a.b-c_d@a.b-", []),
    ("a.b-c_d@a.b_", []),
    ("mailto:foo@bar.baz", ["mailto:foo@bar.baz"]),
    ("mailto:a.b-c_d@a.b./", ["mailto:a.b-c_d@a.b"]),
    ("详见https://example.com/docs。", ["https://example.com/docs"]),
    ("访问https://example.com/docs了解更多", ["https://example.com/docs"]),
    ("（https://example.com/a）", ["https://example.com/a"]),
    ("「https://example.com/a」を", ["https://example.com/a"]),
    ("https://example.com/docsを参照", ["https://example.com/docs"]),
    ("https://example.com/를", ["https://example.com/"]),
    ("자세한 내용은 https://example.com/docs에서 확인", ["https://example.com/docs"]),
    ("https://zh.wikipedia.org/wiki/中国", ["https://zh.wikipedia.org/wiki/中国"]),
    (
        "https://ja.wikipedia.org/wiki/日本語_(曖昧)。",
        ["https://ja.wikipedia.org/wiki/日本語_(曖昧)"],
    ),
    ("https://ru.wikipedia.org/wiki/Москва, далее", ["https://ru.wikipedia.org/wiki/Москва"]),
    ("https://例え.jp/x", ["https://例え.jp/x"]),
    ("https://münchen.de", ["https://münchen.de"]),
    ("https://example.com了解", ["https://example.com"]),
    ("https://example.com，然后", ["https://example.com"]),
    ("https://example.com/a：说明", ["https://example.com/a"]),
    (
        "https://example.com/a；https://example.com/b",
        ["https://example.com/a", "https://example.com/b"],
    ),
    ("https://a.b/c,https://d.e/f", ["https://a.b/c", "https://d.e/f"]),
    ("**https://a.b/c**", ["https://a.b/c"]),
    ("_https://a.b/c_", ["https://a.b/c"]),
    ("~~https://a.b/c~~", ["https://a.b/c"]),
    ("_https://a.b_ and __http://c.d__", ["https://a.b", "http://c.d"]),
    ("http://müller.de_", ["http://müller.de"]),
    ("http://foo_/x and http://foo_bar", []),
    ("http://a_.b/x", []),
    ("[](https://a.b/c) and []()", ["https://a.b/c"]),
    ('"https://a.b/c"', ["https://a.b/c"]),
    ("'https://a.b/c', 'https://a.b/d'", ["https://a.b/c", "https://a.b/d"]),
    ("“https://a.b/c”", ["https://a.b/c"]),
    ("https://en.wikipedia.org/wiki/Murphy's_law", ["https://en.wikipedia.org/wiki/Murphy's_law"]),
    ("https://a.b/c_d_e?x=*y*&z=1#top!", ["https://a.b/c_d_e?x=*y*&z=1#top"]),
    ("http://localhost:8080/x", ["http://localhost:8080/x"]),
    ("http://127.0.0.1:5000.", ["http://127.0.0.1:5000"]),
    ("http://[::1]:80/x", ["http://[::1]:80/x"]),
    ("https://user@evil.com", []),
    ("git+https://github.com/x/y", []),
    ("git@github.com:owner/repo.git", []),
    ("npm i react@18.2.0", []),
    ("https://medium.com/@user/post", ["https://medium.com/@user/post"]),
    ("`https://a.b`", []),
    ("<https://a.b/c d>", ["https://a.b/c"]),
    ("xhttps://a.b", []),
    ("ftp://example.org and file:///etc", []),
    ("javascript://www.x.org", []),
    ("see www.", []),
    ("https://", []),
    ("https://...", []),
    ("HTTPS://EXAMPLE.COM/A", ["HTTPS://EXAMPLE.COM/A"]),
    ("https://example.com/a?", ["https://example.com/a"]),
    ("https://example.com/a…", ["https://example.com/a"]),
    ("https://example.com/a — dash", ["https://example.com/a"]),
    ("https://example.com/a|b", ["https://example.com/a"]),
    ("ดูที่ https://example.com/docsได้", ["https://example.com/docs"]),
    ("العربية https://example.com/a، ثم", ["https://example.com/a"]),
    ("हिंदी https://example.com/a।", ["https://example.com/a"]),
    ("https://foo_bar.com/x", []),
    ("Email: me@example.com, or you@例.com", ["me@example.com"]),
    ("邮箱：me@example.com。", ["me@example.com"]),
    ("contact me@example.com; bye", ["me@example.com"]),
    ("[a][https://a.b]", ["https://a.b"]),
    ("https://example.com/$x$ and $y$", ["https://example.com/$x$"]),
    (r"https\://a.b", []),
    ("https://a.b/{id}/x", ["https://a.b/{id}/x"]),
    ("{https://a.b/x}", ["https://a.b/x"]),
    ('<a href="https://a.b/x">t</a>', []),  # the text of a tag, not a link
    ("<img src=https://a.b/x>", []),
    ("export URL='https://a.b/x'", []),
    ("https://example.com/a>b", ["https://example.com/a"]),
    ("@user and a@b", []),
    ("1.www.example.com", []),
    ("见www.example.com。", ["www.example.com"]),
    ("https://a.b/c/.", ["https://a.b/c/"]),
]


@pytest.mark.parametrize(("text", "found"), ADDRESSES)
def test_what_is_a_link(text: str, found: list[str]) -> None:
    links = [span for span in inline.spans(text, inline.Definitions()) if span.link]
    assert [span.text for span in links] == found
    assert all(link_allowed(span.link) for span in links)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("www.a.b/c", "http://www.a.b/c"),
        ("https://a.b/c", "https://a.b/c"),
        ("me@a.bc", "mailto:me@a.bc"),
        ("mailto:me@a.bc", "mailto:me@a.bc"),
        ("https://a.b/ü", "https://a.b/%C3%BC"),
    ],
)
def test_where_they_lead_to(text: str, target: str) -> None:
    assert [span.link for span in inline.spans(text, inline.Definitions())] == [target]


@pytest.mark.parametrize(
    "text", ["[https://a.b/c](https://d.e)", "[see https://a.b/c_d or](https://d.e)"]
)
def test_a_link_has_no_link_inside(text: str) -> None:
    assert {span.link for span in inline.spans(text, inline.Definitions())} == {"https://d.e"}


@given(
    st.lists(st.sampled_from([*"a.-_/:@()[]，。了(,;'&?=$* ", "https://", "www.", "x.org", "é"]))
)
def test_any_text_has_addresses_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    at = 0
    for start, end, target in addresses(text):
        assert at <= start < end <= len(text)
        assert link_allowed(target)
        assert text[end - 1] not in ".,;:?!*(，。"
        at = end
