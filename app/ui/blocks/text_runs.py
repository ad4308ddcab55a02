"""Spans in the form that Qt lays out: one string, and formats for ranges of it.

Positions are Qt's: UTF-16 code units. A formula is one invisible character, as wide as its picture.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QTextCharFormat,
    QTextLayout,
)

from app.markdown import Span, SpanKind, Spans, VerticalAlign
from app.markdown.direction import spans_leftwards
from app.ui.blocks.box import CitationLabels
from app.ui.blocks.citation_chip import bracketed, chip_width
from app.ui.blocks.font_fallback import emphasise
from app.ui.blocks.utf16 import has_rtl, part, units
from app.ui.theme import font, mono

if TYPE_CHECKING:  # imported with the first formula
    from app.ui.blocks.formula_image import FormulaImage

ROOM = 4
"""Pixels of padding at either end of inline code's background."""
BOLD = 640
"""The weight of bold text on Inter's axis."""

_PLACEHOLDER = "\u00a0"  # invisible, and no line breaks beside it
_FORMULAS = (SpanKind.MATH, SpanKind.DISPLAY)
_WITH_BACKGROUND = (SpanKind.CODE, SpanKind.KEY)
_PLAIN = (SpanKind.TEXT, SpanKind.BREAK, SpanKind.SOFT)
_RISES = {
    VerticalAlign.NONE: QTextCharFormat.VerticalAlignment.AlignNormal,
    VerticalAlign.ABOVE: QTextCharFormat.VerticalAlignment.AlignSuperScript,
    VerticalAlign.BELOW: QTextCharFormat.VerticalAlignment.AlignSubScript,
}
_SHOWN = str.maketrans({"\n": "\u2028", "\u2029": "\u2028", "\ufffc": "\ufffd"})


@dataclass(frozen=True, slots=True)
class TextFace:
    """The default look of a box's text, unless a span differs."""

    pixels: int
    weight: int
    colour: str
    """Formula colour as a Qt string. Other text without a colour of its own is in the pen's."""
    link: str
    mono: bool = False

    def font(self) -> QFont:
        return mono(self.pixels) if self.mono else font(self.pixels, self.weight)


@dataclass(frozen=True, slots=True)
class TextRun:
    """A span, and its range of positions."""

    span: Span
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FormulaRun(TextRun):
    """A formula that could be typeset."""

    picture: FormulaImage


@dataclass(frozen=True, slots=True)
class CitationRun(TextRun):
    """A citation, shown as a chip; ``number`` is its source's, 0 if it leads nowhere.

    It has as many positions as its label in brackets, as which it is copied and found.
    """

    number: int


class TextRuns:
    """The spans of a box in order.

    ``text`` is the string for Qt to lay out. Runs of equal spans at the beginning are taken from
    ``before``. ``in_rtl`` is `Box.in_rtl`, ``labels`` is `Style.citations`.
    """

    def __init__(
        self,
        spans: Spans,
        face: TextFace,
        before: TextRuns | None = None,
        in_rtl: bool = False,
        labels: CitationLabels | None = None,
    ) -> None:
        self.face = face
        same = _same(before.runs, spans) if before and before.face == face else 0
        self.runs: list[TextRun] = before.runs[:same] if before else []
        # The end of the last equal run may look different next to new text.
        self._ranges: list[list[QTextLayout.FormatRange]] = (
            before._ranges[: max(same - 1, 0)] if before else []
        )
        at = self.runs[-1].end if self.runs else 0
        self._shown: list[str] = before._shown[:same] if before else []
        shown = self._shown
        for number, span in enumerate(spans[same:], same):
            found = _picture(span, face) if span.kind in _FORMULAS else None
            if span.kind is SpanKind.CITATION:
                cited = labels.number(span.text) if labels else 0
                text = _PLACEHOLDER * len(bracketed(cited))
                run: TextRun = CitationRun(span, at, at + len(text), cited)
                if number and shown[-1].endswith(" "):  # a chip stays beside its word
                    shown[-1] = shown[-1][:-1] + _PLACEHOLDER
            else:
                text = _PLACEHOLDER if found else span.text.translate(_SHOWN)
                end = at + units(text)
                run = FormulaRun(span, at, end, found) if found else TextRun(span, at, end)
            self.runs.append(run)
            shown.append(text)
            at = run.end
        self.text = "".join(shown)
        self.length = at
        self.has_rtl = has_rtl(self.text)
        self.leftwards = (self.has_rtl or in_rtl) and spans_leftwards(spans, in_rtl)
        self.codes = [(r.start, r.end) for r in self.runs if r.span.kind in _WITH_BACKGROUND]
        self.keys = {(r.start, r.end) for r in self.runs if r.span.kind is SpanKind.KEY}
        self.formulas = [r for r in self.runs if isinstance(r, FormulaRun)]
        self.citations = [r for r in self.runs if isinstance(r, CitationRun)]
        self.links = [r for r in self.runs if r.span.link]

    def cut(self, start: int, end: int) -> Spans:
        """Return the content between two positions as spans.

        A part of a formula's source becomes code, a part of a label text.
        """
        return tuple(
            run.span
            if start <= run.start and run.end <= end
            else _part(run, max(start - run.start, 0), end - run.start)
            for run in self.runs
            if run.start < end and start < run.end
        )

    def formats(self, width: float) -> list[QTextLayout.FormatRange]:
        """Return the formats of runs that differ from the default look, for lines of a width."""
        known = 0 if self.formulas else len(self._ranges)
        self._ranges[known:] = [self._formats_of(at, width) for at in range(known, len(self.runs))]
        return list(chain.from_iterable(self._ranges))

    def _formats_of(self, number: int, width: float) -> list[QTextLayout.FormatRange]:
        """Return the formats of one run. The padding before code is part of the preceding run."""
        run = self.runs[number]
        found = self._own_formats(number, width)
        bold, italic = run.span.bold or self.face.weight >= BOLD, run.span.italic
        plain = isinstance(run, FormulaRun | CitationRun) or run.span.kind is SpanKind.CODE
        if not (bold or italic) or plain:
            return found
        return emphasise(
            found, self._shown[number], run.start, self.face.pixels, bold=bold, italic=italic
        )

    def _own_formats(self, number: int, width: float) -> list[QTextLayout.FormatRange]:
        run = self.runs[number]
        # In a right-to-left line, what follows code is to its left.
        after = self._has_background(number + 1) and not self.leftwards
        before = self._has_background(number - 1) and self.leftwards and run.span.text[:1] == " "
        room = ROOM * (self._has_background(number) + after)
        if isinstance(run, FormulaRun):
            step = _width(run, width) - _placeholder_width(self.face.pixels, self.face.weight)
            return [_range(run.start, run.end, self._format(run.span, step + room))]
        if isinstance(run, CitationRun):
            count, wide = run.end - run.start, chip_width(run.number, self.face.pixels)
            step = wide / count - _placeholder_width(self.face.pixels, self.face.weight)
            plain = Span("")
            return [
                _range(run.start, run.end - 1, self._format(plain, step)),
                _range(run.end - 1, run.end, self._format(plain, step + room)),
            ]
        found = []
        last = run.end - 1 if room and _can_be_split_off(run.span.text) else run.end
        style = self._format(run.span, 0)
        if before:
            found.append(_range(run.start, run.start + 1, self._format(run.span, ROOM)))
        if style is not None and run.start + before < last:
            found.append(_range(run.start + before, last, style))
        if last < run.end:
            found.append(_range(last, run.end, self._format(run.span, room)))
        return found

    def _has_background(self, number: int) -> bool:
        """Return whether there is a run of that number that has a background."""
        return 0 <= number < len(self.runs) and self.runs[number].span.kind in _WITH_BACKGROUND

    def _format(self, span: Span, spacing: float) -> QTextCharFormat | None:
        plain = span.kind in _PLAIN and span.vertical_align is VerticalAlign.NONE
        styled = span.bold or span.italic or span.strike or span.link
        if plain and not styled and not spacing:
            return None
        code = span.kind is SpanKind.CODE or (span.kind in _FORMULAS and not spacing)
        note = span.kind is SpanKind.NOTE
        return _format(
            self.face.pixels - 2 if code or span.kind is SpanKind.KEY else self.face.pixels,
            max(BOLD, self.face.weight) if span.bold else self.face.weight,
            code,
            VerticalAlign.ABOVE if note else span.vertical_align,
            span.italic,
            span.strike,
            self.face.link if span.link or note else "",
            spacing,
            span.link,
        )


def scale(run: FormulaRun, width: float) -> float:
    """Return the factor by which a formula is scaled down to fit into lines of a width."""
    return min(1.0, width / run.picture.width)


def _same(runs: list[TextRun], spans: Spans) -> int:
    """Return how many runs equal the spans, from the first on."""
    pairs = zip(runs, spans, strict=False)
    most = min(len(runs), len(spans))
    return next((at for at, (run, span) in enumerate(pairs) if run.span != span), most)


def _part(run: TextRun, start: int, end: int) -> Span:
    if isinstance(run, CitationRun):
        return Span(bracketed(run.number)[start:end])
    kind = SpanKind.CODE if run.span.kind in _FORMULAS else run.span.kind
    kind = SpanKind.TEXT if kind is SpanKind.NOTE else kind
    return replace(run.span, text=part(run.span.text, start, end), kind=kind)


def _picture(span: Span, face: TextFace) -> FormulaImage | None:
    from app.ui.blocks.formula_image import picture

    application = QGuiApplication.instance()
    assert isinstance(application, QGuiApplication)
    ratio = application.devicePixelRatio()
    return picture(span.text, face.pixels, face.colour, ratio, span.kind is SpanKind.DISPLAY)


def _width(run: FormulaRun, width: float) -> float:
    """Return the width of a formula; a displayed one takes the whole line."""
    return width if run.span.kind is SpanKind.DISPLAY else min(width, run.picture.width)


def _can_be_split_off(text: str) -> bool:
    """Return whether a text's last character can be styled alone.

    Combining marks and the parts of an emoji belong to the preceding character.
    """
    return text[-1:].isascii() or (text[-1:].isalpha() and units(text[-1:]) == 1)


def _range(start: int, end: int, style: QTextCharFormat | None) -> QTextLayout.FormatRange:
    result = QTextLayout.FormatRange()
    result.start, result.length = start, end - start
    result.format = style or QTextCharFormat()
    return result


@lru_cache(maxsize=64)
def _placeholder_width(pixels: int, weight: int) -> float:
    return QFontMetricsF(font(pixels, weight)).horizontalAdvance(_PLACEHOLDER)


@lru_cache(maxsize=512)
def _format(
    pixels: int,
    weight: int,
    code: bool,
    vertical_align: VerticalAlign,
    italic: bool,
    strike: bool,
    colour: str,
    spacing: float,
    link: str,
) -> QTextCharFormat:
    face = mono(pixels) if code else font(pixels, weight, italic=italic)
    face.setItalic(italic)
    face.setStrikeOut(strike)
    result = QTextCharFormat()
    result.setFont(face)
    if colour:
        result.setForeground(QColor(colour))
    if link:  # becomes a link in a PDF
        result.setAnchor(True)
        result.setAnchorHref(link)
    if vertical_align is not VerticalAlign.NONE:
        result.setVerticalAlignment(_RISES[vertical_align])
    if spacing:
        result.setFontLetterSpacingType(QFont.SpacingType.AbsoluteSpacing)
        result.setFontLetterSpacing(spacing)
    return result


def first_at(runs: Sequence[TextRun], position: int) -> int:
    """Return the index of the first run that ends after a position."""
    return bisect_right(runs, position, key=lambda run: run.end)
