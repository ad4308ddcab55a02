r"""The lines of arrays, ``\begin{array}{c|c} \hline``, of which latex2mathml makes a mess.

They go through it as characters of private use, and come out as two attributes of a table:
``vertical`` and ``horizontal`` say in front of which columns and rows a line is, from 0 on; behind
the last, it is that of none.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

_ROW, _COLUMN = "\ue0ff", 0xE100
MARKS = re.compile("[\ue0ff-\ue1ff]")
_BEGIN = re.compile(r"\\begin\{array\}\s*(?:\[[tbc]\])?\s*\{([lcr|\s]*)\}")
_HLINE = re.compile(r"\\hline(?![a-zA-Z])")


def marked(tex: str) -> str:
    """A formula in which the lines of arrays are marks. Double ones stay as they are."""
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


def rule(table: Element) -> bool:
    """Makes attributes of the marks in a table. Whether there are no double lines in it."""
    vertical, horizontal = [], []
    for number, row in enumerate(table):
        marks = _taken(row[0]) if len(row) else []
        vertical += [ord(mark) - _COLUMN for mark in marks if mark != _ROW]
        rows = marks.count(_ROW)
        if rows > 1:
            return False
        horizontal += [number] * rows
        if rows and number + 1 == len(table) and not "".join(row.itertext()) and len(row) == 1:
            table.remove(row)
    for name, places in (("vertical", vertical), ("horizontal", horizontal)):
        if places:
            table.set(name, " ".join(map(str, places)))
    return True


def _taken(cell: Element) -> list[str]:
    """The marks at the beginning of a cell, taken off it."""
    marks = []
    while len(cell) and MARKS.fullmatch(cell[0].text or ""):
        marks.append(cell[0].text or "")
        cell.remove(cell[0])
    return marks


def places(table: Element, name: str) -> list[int]:
    """What one of the attributes says."""
    return list(map(int, table.get(name, "").split()))
