"""Words about citations: what their sources are called, and why one leads nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from app.base.pages.cited import CitationFault, CitedPlace, CitedSource, LineRange
from app.tools.browser.source import LOCAL
from app.wording.brief_text import brief
from app.wording.language import tr

if TYPE_CHECKING:
    from app.exchange.footnotes import FootnoteWords

_LONGEST_TITLE = 120


def source_title(source: CitedSource) -> str:
    """Return the title of a source on one line."""
    title = brief(source.title, _LONGEST_TITLE) or brief(source.address, _LONGEST_TITLE)
    return tr("Search for “{words}”").format(words=title) if source.searched else title


def source_place(address: str) -> str:
    """Return where a page is, to be read: "docs.example.org", or the path of a file."""
    for scheme in LOCAL:
        if address.startswith(scheme):
            return unquote(address[len(scheme) :]).lstrip("/")
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    return (parts.hostname or address) if parts.scheme in ("http", "https") else address


def lines_words(lines: Sequence[LineRange]) -> str:
    """Return ranges of lines: "line 3", "lines 9–11, 20"; empty for none."""
    if not lines:
        return ""
    shown = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in lines)
    alone = len(lines) == 1 and lines[0][0] == lines[0][1]
    return (tr("line {lines}") if alone else tr("lines {lines}")).format(lines=shown)


def citation_name(place: CitedPlace) -> str:
    """Return a citation for screen readers: "Source 2: Title, lines 9 to 11"."""
    if place.source is None:
        return citation_fault(place.fault)
    name = tr("Source {number}: {title}").format(
        number=place.source.number, title=source_title(place.source)
    )
    return ", ".join(filter(None, (name, _spoken_lines(place.lines))))


def _spoken_lines(lines: Sequence[LineRange]) -> str:
    if not lines:
        return ""
    (first, last), *others = lines
    if first == last:
        said = tr("line {line}").format(line=first)
    else:
        said = tr("lines {first} to {last}").format(first=first, last=last)
    return " ".join(filter(None, (said, lines_words(others))))


def citation_fault(fault: CitationFault | None) -> str:
    """Return why a citation leads nowhere."""
    match fault:
        case CitationFault.NO_LINES:
            return tr("This citation is invalid: the page doesn’t have these lines.")
        case CitationFault.NO_DISPLAY:
            return tr("This citation is invalid: the model never saw this page.")
    return tr("This citation is incomplete.")


def invalid_citations(count: int) -> str:
    """Return how many citations of an answer lead nowhere."""
    return tr("%Ln invalid citation(s)", "", count)


def footnote_words() -> FootnoteWords:
    """Return what footnotes say, in the user's language."""
    from app.exchange.footnotes import FootnoteWords  # a window that copies nothing needs none

    return FootnoteWords(title=source_title, lines=lines_words, astray=invalid_citations)
