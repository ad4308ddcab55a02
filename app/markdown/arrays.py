r"""The lines of arrays, ``\begin{array}{c|c} \hline``, which latex2mathml gets wrong.

They pass through it as private use characters, and become two attributes of a table: ``vertical``
and ``horizontal`` list the columns and rows that a line precedes, from 0 on; the number of columns
or rows means a line at the end.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

_ROW, _COLUMN = "\ue0ff", 0xE100
MARKS = re.compile("[\ue0ff-\ue1ff]")
_BEGIN = re.compile(r"\\begin\{array\}\s*(?:\[[tbc]\])?\s*\{([lcr|\s]*)\}")
_HLINE = re.compile(r"\\hline(?![a-zA-Z])")


def with_line_marks(tex: str) -> str:
    """Replace the lines of arrays by private use characters; double lines are left unchanged."""
    return _HLINE.sub(f" {_ROW} ", _BEGIN.sub(_begin, tex))


def _begin(found: re.Match[str]) -> str:
    columns = "".join(found[1].split())
    if "||" in columns or not columns.strip("|"):
        return found[0]
    marks, at = "", 0
    for each in columns:
        if each == "|":
            marks += chr(_COLUMN + at)
        else:
            at += 1
    return f"\\begin{{array}}{{{columns.replace('|', '')}}}{marks}"


def apply_line_marks(table: Element) -> bool:
    """Turn the marks in a table into attributes; return False if it has double lines."""
    vertical, horizontal = [], []
    for number, row in enumerate(table):
        marks = _take_marks(row[0]) if len(row) else []
        vertical += [ord(mark) - _COLUMN for mark in marks if mark != _ROW]
        rows = marks.count(_ROW)
        if rows > 1:
            return False
        horizontal += [number] * rows
        if rows and number + 1 == len(table) and not "".join(row.itertext()) and len(row) == 1:
            table.remove(row)
    for name, positions in (("vertical", vertical), ("horizontal", horizontal)):
        if positions:
            table.set(name, " ".join(map(str, positions)))
    return True


def _take_marks(cell: Element) -> list[str]:
    """Remove and return the marks at the beginning of a cell."""
    marks = []
    while len(cell) and MARKS.fullmatch(cell[0].text or ""):
        marks.append(cell[0].text or "")
        cell.remove(cell[0])
    return marks


def line_positions(table: Element, name: str) -> list[int]:
    """Return the positions in one of the attributes."""
    return list(map(int, table.get(name, "").split()))
