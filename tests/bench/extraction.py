"""Measure what is taken from web pages: how much of articles, and how much of what is around them.

usage: python -m tests.bench.extraction [--articles FOLDER] [--documents FOLDER] [--hostile]

``--articles`` is a clone of github.com/scrapinghub/article-extraction-benchmark: 181 pages of which
people said what the article is. Its measure is used: shingles of four words, F1 of the means; the
words of links and the descriptions of images count. ``--documents`` is any folder with HTML of
documentation, such as unpacked packages of Debian: of 8 files of each folder in it, how many words
outside of navigation are kept. ``--hostile`` has pages that hang parsers read by the real process.
Without options, one made page is read.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lxml.html

from app.tools.browser.extraction.extractor import Extractor
from app.tools.browser.extraction.markup_page import html_page
from app.tools.browser.page import without_marks
from app.tools.browser.source import SourceFault

ADDRESS = "https://example.org/a/b"
_WORD = re.compile(r"\w+")
_NAVIGATION = " | ".join(
    f"//{each}"
    for each in (
        *("nav", "header", "footer", "aside", "script", "style", "noscript", "template"),
        *("svg", "head"),
        "*[@role='navigation']",
        "*[@id='tocframe']",
        *(
            f"*[contains(concat(' ', @class, ' '), ' {name} ')]"
            for name in ("sphinxsidebar", "related", "navheader", "navfooter", "sidebar")
        ),
    )
)


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Return the runs of four words of a text."""
    words = _WORD.findall(text)
    return Counter(tuple(words[n : n + 4]) for n in range(max(1, len(words) - 3)) if words)


def articles(folder: Path) -> tuple[float, float, float]:
    """Return precision, recall and F1 over the set of articles."""
    truth = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    precisions, recalls, spent = [], [], []
    for name, case in truth.items():
        html = gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes()).decode()
        begin = time.process_time()
        page = html_page(html, ADDRESS)
        spent.append(time.process_time() - begin)
        wanted, got = shingles(case["articleBody"]), shingles(without_marks(page.text))
        same = (wanted & got).total()
        precisions.append(same / (got.total() or 1))
        recalls.append(same / (wanted.total() or 1))
    precision, recall = statistics.mean(precisions), statistics.mean(recalls)
    spent.sort()
    milliseconds = spent[len(spent) // 2] * 1000, spent[len(spent) * 95 // 100] * 1000
    f1 = 2 * precision * recall / (precision + recall)
    print(
        f"{len(truth)} articles: F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}; ",
        end="",
    )
    print(f"median {milliseconds[0]:.1f} ms, p95 {milliseconds[1]:.1f} ms")
    return precision, recall, f1


def documents(folder: Path, seed: int = 7) -> tuple[float, int]:
    """Return the share of words kept that nine of ten pages have, and how many pages are empty."""
    dice = random.Random(seed)
    kept, empty, size, begin_whole, spent = [], 0, 0, 0.0, 0.0
    for html, words in _documents(folder, dice):
        got = Counter(_WORD.findall(without_marks(html_page(html, ADDRESS).text).lower()))
        begin_whole = time.process_time()
        html_page(html, ADDRESS, whole=True)
        spent += time.process_time() - begin_whole
        size += len(html)
        kept.append((words & got).total() / words.total())
        empty += not got
    kept.sort()
    tenth = kept[len(kept) // 10]
    print(f"{len(kept)} documents: p10 {tenth:.3f}, median {statistics.median(kept):.3f}, ", end="")
    print(f"{empty} empty; whole texts {size / spent / 1e6:.1f} MB/s")
    return tenth, empty


def _documents(folder: Path, dice: random.Random) -> Iterator[tuple[str, Counter[str]]]:
    for part in sorted(folder.iterdir()):
        files = sorted(
            path
            for path in part.rglob("*.htm*")
            if path.is_file() and 2500 < path.stat().st_size < 600_000
        )
        for path in dice.sample(files, min(8, len(files))):
            data = path.read_bytes()
            tree: Any = lxml.html.fromstring(data)
            for element in tree.xpath(_NAVIGATION):
                if element.getparent() is not None:
                    element.drop_tree()
            words = Counter(_WORD.findall(" ".join(tree.itertext()).lower()))
            if words.total() >= 30:
                yield data.decode("utf-8", errors="replace"), words


HOSTILE: dict[str, bytes] = {
    "200,000 nested elements": b"<html><body>" + b"<div>" * 200_000 + b"deep",
    "200,000 links": b"".join(b'<a href="/%d">l%d</a> ' % (n, n) for n in range(200_000)),
    "20 MB of text": b"<html><p>" + b"word " * 4_000_000,
    "a word of 20 MB": b"<html><p>" + b"w" * 20_000_000,
    "NULs": b"<html><p>" + b"a\0" * 1_000_000,
    "entities of entities": b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "l">'
    + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><html><p>&l9;</p></html>",
    "noise": b"<html><meta charset=utf-7><p>" + random.Random(1).randbytes(500_000),
    "comments without end": b"<html>" + b"<!-- " * 300_000,
    "attributes without end": b"<html>" + b'<a href="' * 200_000,
    "scripts without end": b"<html>" + b"<script>" * 200_000,
    "lists in lists": b"<ul>" + b"<li>x<ul>" * 200_000,
    "raised and raised": b"<sup>" * 200_000 + b"x" + b"</sup>" * 200_000,
    "ends without begins": b"<b>" * 200_000 + b"</i>" * 200_000,
    "one long name": b'<div class="' + b"side-" * 300_000 + b'">some text</div>',
    "brackets": b"<" * 2_000_000,
}


def hostile(pages: dict[str, bytes] = HOSTILE) -> float:
    """Return the seconds that the slowest page took."""
    extractor, cancel, slowest = Extractor(), threading.Event(), 0.0
    try:
        extractor.page(b"<p>first", "text/html", "", ADDRESS, cancel)
        for name, data in pages.items():
            begin = time.monotonic()
            try:
                page = extractor.page(data, "text/html", "", ADDRESS, cancel)
                said = f"{len(page.text)} characters"
            except SourceFault as error:
                said = str(error)
            took = time.monotonic() - begin
            slowest = max(slowest, took)
            print(f"{name}: {took:.2f} s, {said}")
    finally:
        extractor.close()
    return slowest


def made(paragraphs: int = 400) -> None:
    """Read a page with an article between a menu and a footer."""
    sentence = "This is <b>a sentence</b> of an article with <a href='/{n}'>a link</a> in it. " * 3
    article = "".join(f"<p>{sentence.format(n=n)}</p>" for n in range(paragraphs))
    menu = "".join(f"<li><a href='/m{n}'>Menu {n}</a>" for n in range(50))
    html = f"<nav><ul>{menu}</ul></nav><main><article>{article}</article></main><footer>{menu}"
    begin = time.process_time()
    page = html_page(html, ADDRESS)
    speed = len(html) / (time.process_time() - begin) / 1e6
    kept = without_marks(page.text).count("a sentence")
    print(
        f"a made page: {kept} of {3 * paragraphs} sentences, {page.text.count('Menu')} of the ",
        end="",
    )
    print(f"menu, {speed:.1f} MB/s")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.extraction")
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--hostile", action="store_true")
    options = parser.parse_args()
    if options.articles:
        articles(options.articles)
    if options.documents:
        documents(options.documents)
    if options.hostile:
        hostile()
    if not (options.articles or options.documents or options.hostile):
        made()


if __name__ == "__main__":
    main()
