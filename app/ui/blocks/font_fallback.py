"""Bold and italics in the scripts that Inter lacks, which Qt draws with a font of the system.

Inter's weight is an axis, which system fonts do not have: they are requested by weight. Qt then
takes a family's bold or italic face, and synthesizes one if there is none. Such a face may lack
characters of the upright one, as DejaVu Sans Oblique lacks Arabic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from unicodedata import category

from PySide6.QtGui import QFont, QGlyphRun, QRawFont, QTextCharFormat, QTextLayout

from app.ui.blocks.utf16 import units
from app.ui.theme import font

_FIRST = "\u0530"  # after Latin, Greek and Cyrillic, which Inter covers
_JOINER = "\u200d"
_HEAD = QFont.Tag("head")


def is_foreign(text: str) -> bool:
    """Return whether Inter lacks some of a text."""
    return not text.isascii() and max(text) >= _FIRST and not all(map(_is_known, text))


def emphasise(
    ranges: Sequence[QTextLayout.FormatRange],
    text: str,
    start: int,
    pixels: int,
    *,
    bold: bool,
    italic: bool,
) -> list[QTextLayout.FormatRange]:
    """Return the formats of a text that begins at a position.

    They are ``ranges``, which may be empty, and a bold or italic font for characters that Inter
    lacks.
    """
    if not is_foreign(text):
        return list(ranges)
    whole = ranges or [_range(start, start + units(text), QTextCharFormat())]
    found, at = [], start
    for piece, foreign in stretches(text):
        end = at + units(piece)
        face = emphasised(piece, pixels, bold=bold, italic=italic) if foreign else None
        for each in whole:
            first, last = max(at, each.start), min(end, each.start + each.length)
            if first < last:
                style = _in_face(each.format, face) if face else each.format
                found.append(_range(first, last, style))
        at = end
    return found


def stretches(text: str) -> Iterator[tuple[str, bool]]:
    """Yield a text in pieces, each with whether Inter lacks it.

    Combining marks, joiners and blanks stay with the preceding character.
    """
    start, foreign, before = 0, False, ""
    for at, character in enumerate(text):
        bound = before == _JOINER or category(character)[0] in "MZC"
        if not bound and (other := not _is_known(character)) != foreign:
            if at > start:
                yield text[start:at], foreign
            start, foreign = at, other
        before = character
    if start < len(text):
        yield text[start:], foreign


def emphasised(text: str, pixels: int, *, bold: bool, italic: bool) -> QFont:
    """Return the font for a text that Inter lacks.

    It is bold and italic unless that would lose characters.
    """
    plain = font(pixels)
    shown = _runs(text, plain)
    least = _missing(shown)
    wanted = _styled(plain, bold, italic)
    for face in (wanted, _upright(shown, wanted), _styled(plain, bold, italic=False)):
        if face and _missing(_runs(text, face)) <= least:
            return face
    return plain


def _in_face(style: QTextCharFormat, face: QFont) -> QTextCharFormat:
    face = QFont(face)
    face.setStrikeOut(style.fontStrikeOut())
    result = QTextCharFormat(style)
    result.setFont(face)
    if spacing := style.fontLetterSpacing():
        result.setFontLetterSpacingType(QFont.SpacingType.AbsoluteSpacing)
        result.setFontLetterSpacing(spacing)
    return result


def _range(start: int, end: int, style: QTextCharFormat) -> QTextLayout.FormatRange:
    result = QTextLayout.FormatRange()
    result.start, result.length, result.format = start, end - start, style
    return result


def _styled(plain: QFont, bold: bool, italic: bool) -> QFont:
    result = QFont(plain)
    result.setBold(bold)
    result.setItalic(italic)
    return result


def _upright(shown: list[QGlyphRun], wanted: QFont) -> QFont | None:
    """Return a bold and italic font that Qt derives from the face of the plain text."""
    faces = [run.rawFont() for run in shown if not _is_lost(run)]
    if not faces:
        return None
    result = QFont(wanted)
    result.setFamilies([face.familyName() for face in faces])
    result.setStyleName(faces[0].styleName())
    return result


@lru_cache(maxsize=10_000)
def _is_known(character: str) -> bool:
    return bool(_inter().supportsCharacter(ord(character)))


@cache
def _inter() -> QRawFont:
    return QRawFont.fromFont(font(15))


def _runs(text: str, face: QFont) -> list[QGlyphRun]:
    layout = QTextLayout(text, face)
    layout.beginLayout()
    layout.createLine().setLineWidth(1e6)
    layout.endLayout()
    return list(layout.glyphRuns())


def _missing(runs: list[QGlyphRun]) -> int:
    """Return how many glyphs are placeholder boxes."""
    return sum(
        len(run.glyphIndexes()) if _is_lost(run) else run.glyphIndexes().count(0) for run in runs
    )


def _is_lost(run: QGlyphRun) -> bool:
    """Return whether no font has a run's characters: Qt uses boxes from a font without tables."""
    return not run.rawFont().fontTable(_HEAD).size()
