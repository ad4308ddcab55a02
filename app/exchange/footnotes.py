"""The citations of an answer as footnotes, with the numbers of the window.

In Markdown that is kept, they are footnotes (``[^2]``). Where it is only read, they are numbers
above the line, and a list of the sources follows. A citation that leads nowhere is struck through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from app.base.pages.cited import CitationMark, Cited, CitedSource, LineRange
from app.base.pages.displays import Displays
from app.base.types import Message, Part, PartKind, Role
from app.exchange.fences import closed_fence
from app.markdown.citations import marks_in, may_cite, with_citations
from app.store import MessageRow

_ASTRAY = "<sup>~~[?]~~</sup>"  # within the tag, the line is drawn beside a letter, too
_SPECIAL = re.compile(r"([\\`*_<>\[\]#~$|&])")
_NOTE = re.compile(r"\[\^([^\]\s]+)\]")
_IN_ADDRESS = re.compile(r"[<>\s\\]")


def _lines(lines: Sequence[LineRange]) -> str:
    """Return ranges of lines in English."""
    shown = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in lines)
    alone = len(lines) == 1 and lines[0][0] == lines[0][1]
    return f"{'line' if alone else 'lines'} {shown}" if shown else ""


def _title(source: CitedSource) -> str:
    return f"Search for “{source.title}”" if source.searched else source.title


def _astray(count: int) -> str:
    return f"Invalid citations: {count}"


@dataclass(frozen=True, slots=True)
class FootnoteWords:
    """What footnotes say, in the user's language."""

    title: Callable[[CitedSource], str] = _title
    lines: Callable[[Sequence[LineRange]], str] = _lines
    """The lines that are cited; empty for none."""
    astray: Callable[[int], str] = _astray
    """How many citations lead nowhere."""


class Footnotes:
    """The footnotes of the answers among some messages, which are one conversation or a tree.

    ``kept``: for Markdown that is kept; else for what is only read.
    """

    def __init__(self, messages: Sequence[MessageRow], words: FootnoteWords, *, kept: bool) -> None:
        self._rows = {row.id: row for row in messages}
        self._words, self._kept = words, kept
        self._taken: set[str] = set()
        if kept and any(may_cite(row.message.text) for row in messages):
            self._taken = {label for row in messages for label in _NOTE.findall(row.message.text)}

    def add_to(self, row: MessageRow) -> MessageRow:
        """Return a message with its citations as footnotes."""
        message = row.message
        if message.role is Role.USER or not any(may_cite(part.text) for part in message.parts):
            return row
        parts = list(message.parts)
        displays = Displays([*self._path(row), message])
        for kind in (PartKind.REASONING, PartKind.TEXT):
            self._note(parts, kind, displays)
        return replace(row, message=replace(message, parts=tuple(parts)))

    def _note(self, parts: list[Part], kind: PartKind, displays: Displays) -> None:
        places = [at for at, part in enumerate(parts) if part.kind is kind and part.text.strip()]
        cited = cited_in([parts[at].text for at in places], displays)
        if not cited:
            return
        texts = [parts[at].text.rstrip("\n") for at in places]
        if self._kept:
            texts, sources = footnotes(texts, cited, self._words, self._taken)
        else:
            texts, sources = (
                [with_numbers(t, cited) for t in texts],
                source_list(cited, self._words),
            )
        texts[-1] = f"{closed_fence(texts[-1])}\n\n{sources}"
        for at, text in zip(places, texts, strict=True):
            parts[at] = replace(parts[at], text=text)

    def _path(self, row: MessageRow) -> list[Message]:
        """Return the messages above one."""
        path: list[Message] = []
        while row.parent is not None and (above := self._rows.get(row.parent)):
            path.append(above.message)
            row = above
        return path[::-1]


def cited_in(texts: Sequence[str], displays: Displays) -> Cited | None:
    """Return the citations in texts of one answer; None if there are none."""
    marks = [mark for text in texts for mark in marks_in(text)]
    return Cited(marks, displays) if marks else None


def with_numbers(text: str, cited: Cited) -> str:
    """Return Markdown with the numbers of its sources above the line."""

    def number(mark: CitationMark) -> str:
        source = cited.place(mark).source
        return f"<sup>{bracketed(source.number)}</sup>" if source else _ASTRAY

    return with_citations(text, number)


def bracketed(label: object) -> str:
    """Return Markdown of a label in brackets, which is neither a link nor a formula."""
    return f"&#91;{label}]"


def source_list(cited: Cited, words: FootnoteWords, texts: Iterable[str] | None = None) -> str:
    """Return the list of the sources as Markdown; with ``texts``, only of those cited in them."""
    places = list(cited.places)
    if texts is not None:
        places = [cited.place(mark) for text in texts for mark in marks_in(text)]
    numbers = {place.source.number for place in places if place.source}
    lines = [
        f"{bracketed(source.number)} {_described(source, words)}"
        for source in cited.sources
        if source.number in numbers
    ]
    if astray := sum(place.fault is not None for place in places):
        lines.append(f"{_ASTRAY} {_escaped(words.astray(astray))}")
    return "\\\n".join(lines)


def footnotes(
    texts: Sequence[str], cited: Cited, words: FootnoteWords, taken: set[str] | None = None
) -> tuple[list[str], str]:
    """Return texts of an answer with footnotes, and the definitions of these.

    ``taken`` are labels of footnotes that the document has; those of this answer are added.
    """
    taken = set() if taken is None else taken
    taken |= {label for text in texts for label in _NOTE.findall(text)}
    labels: dict[int, str] = {}
    astray = 0

    def note(mark: CitationMark) -> str:
        nonlocal astray
        source = cited.place(mark).source
        if source is None:
            astray += 1
            return _ASTRAY
        if source.number not in labels:
            labels[source.number] = _free(source.number, taken)
        return f"[^{labels[source.number]}]"

    noted = [with_citations(text, note) for text in texts]
    lines = [
        f"[^{labels[source.number]}]: {_described(source, words)}"
        for source in cited.sources
        if source.number in labels
    ]
    if astray:
        lines.append(f"{_ASTRAY} {_escaped(words.astray(astray))}")
    return noted, "\n\n".join(lines)


def _free(number: int, taken: set[str]) -> str:
    """Return a label that no footnote of the document has."""
    label, again = str(number), 1
    while label in taken:
        again += 1
        label = f"{number}-{again}"
    taken.add(label)
    return label


def _described(source: CitedSource, words: FootnoteWords) -> str:
    """Return a source: its title, which links to its address, and the cited lines."""
    title = _escaped(words.title(source))
    lines = _escaped(words.lines(source.lines))
    address = source.address
    if not address:
        said = title
    elif source.is_web:
        address = _IN_ADDRESS.sub(lambda found: f"%{ord(found[0]):02X}", address)
        said = f"[{title}](<{address}>), <{address}>"
    else:
        said = f"{title}, {_escaped(address)}" if title != _escaped(address) else title
    return f"{said}, {lines}" if lines else said


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
