"""The numbers and bullets of a Word file's paragraphs.

They are not in the file's text, but counted by the rules in numbering.xml (ECMA-376, part 1, 17.9).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from app.documents.docx_package import child, local, value

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
          (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
BULLET = "-"


@dataclass(slots=True)
class _Level:
    start: int = 1
    form: str = "decimal"
    text: str = ""
    legal: bool = False  # all numbers in it are decimal
    style: str = ""
    restart: int | None = None


@dataclass(slots=True)
class _List:
    """The paragraphs with one list id.

    Lists with the same pattern (abstractNum) continue each other's counts.
    """

    pattern: str
    levels: dict[int, _Level]
    starts: dict[int, int] = field(default_factory=dict)  # overrides, each used once


class Numbering:
    """A counter of list items; it must be asked about each paragraph in document order."""

    def __init__(self, root: Element | None) -> None:
        self._lists: dict[str, _List] = {}
        self._counts: dict[str, dict[int, int]] = {}  # by pattern, the last number of each level
        patterns: dict[str, dict[int, _Level]] = {}
        for element in root if root is not None else ():
            if local(element) == "abstractNum":
                number = value(element, "abstractNumId")
                patterns[number] = dict(_levels(element))
            elif local(element) == "num":
                pattern = value(child(element, "abstractNumId"))
                numbered = _List(pattern, dict(patterns.get(pattern, {})))
                for change in element:
                    if local(change) == "lvlOverride":
                        _override(numbered, change)
                self._lists[value(element, "numId")] = numbered

    def level_of(self, number: str, style: str) -> int:
        """Return the level that a list reserves for a style of paragraphs, else the first."""
        found = self._lists.get(number)
        levels = found.levels.items() if found and style else ()
        return next((n for n, level in levels if level.style == style), 0)

    def mark(self, number: str, level: int) -> str:
        """Return the number or bullet of the next paragraph of a list.

        It is empty if the list is unknown, or shows none.
        """
        found = self._lists.get(number)
        if found is None or level not in found.levels:
            return ""
        counts = self._counts.setdefault(found.pattern, {})
        for upper in range(level):
            if upper in found.levels:
                counts.setdefault(upper, found.levels[upper].start)
        current = found.levels[level]
        if level in found.starts:
            counts[level] = found.starts.pop(level)
        else:
            counts[level] = counts[level] + 1 if level in counts else current.start
        for lower in [n for n in counts if n > level]:
            restart = found.levels[lower].restart if lower in found.levels else None
            if restart is None or 0 < level + 1 <= restart:
                del counts[lower]
        if current.form == "bullet":
            return BULLET
        text = current.text
        for n, count in counts.items():
            form = found.levels[n].form if n in found.levels and not current.legal else "decimal"
            text = text.replace(f"%{n + 1}", _formatted(count, form))
        return text.strip()


def _levels(pattern: Element) -> Iterator[tuple[int, _Level]]:
    for element in pattern:
        if local(element) == "lvl":
            yield _number(value(element, "ilvl")), _level(element)


def _level(element: Element) -> _Level:
    restart = child(element, "lvlRestart")
    legal = child(element, "isLgl")
    return _Level(
        _number(value(child(element, "start")), 1),
        value(child(element, "numFmt")) or "decimal",
        value(child(element, "lvlText")),
        legal is not None and value(legal) not in ("0", "false"),
        value(child(element, "pStyle")),
        None if restart is None else _number(value(restart)),
    )


def _override(numbered: _List, change: Element) -> None:
    number = _number(value(change, "ilvl"))
    level = child(change, "lvl")
    if level is not None:
        numbered.levels[number] = _level(level)
    start = child(change, "startOverride")
    if start is not None:
        numbered.starts[number] = _number(value(start), 1)


def _number(text: str, default: int = 0) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default


def _formatted(count: int, form: str) -> str:
    match form:
        case "none":
            return ""
        case "decimalZero":
            return f"{count:02}"
        case "lowerLetter" | "upperLetter" if count > 0:  # after z comes aa, then bb
            letter = chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 9)
            return letter if form == "lowerLetter" else letter.upper()
        case "lowerRoman" | "upperRoman" if 0 < count < 4000:
            text, rest = "", count
            for worth, letters in _ROMAN:
                text += letters * (rest // worth)
                rest %= worth
            return text if form == "lowerRoman" else text.upper()
    return str(count)
