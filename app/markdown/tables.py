"""Split a table's rows into cells."""

from __future__ import annotations

import re
from itertools import pairwise

from app.markdown.blocks import Align
from app.markdown.formulas import formula_at

COLUMNS = 100
"""The most columns that a table may have."""

_PIPE = re.compile(r"(?<!\\)\|")
_TOKEN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)|\\|\$|\|")
_DELIMITER = re.compile(r"[ \t]*(:?)-+(:?)[ \t]*")
_ALIGN = {
    (False, False): Align.NONE,
    (True, False): Align.LEFT,
    (True, True): Align.CENTER,
    (False, True): Align.RIGHT,
}


def cells(text: str, columns: int) -> list[str]:
    """Return the texts of a row's cells; surplus ones are joined to the last, with their pipes."""
    return _split_row(text, columns, columns)


def split_row(text: str, columns: int) -> list[str]:
    """Split a row at its pipes.

    Pipes in code or in formulas do not count, unless there are only as many cells as columns if
    they do, as GitHub counts them.
    """
    return _split_row(text, columns, len(text) + 1)


def _split_row(text: str, columns: int, most: int) -> list[str]:
    text = text.strip(" \t")
    every = [found.start() for found in _PIPE.finditer(text)]
    marked = "`" in text or "$" in text or "\\" in text
    parts = _texts_between(text, _separators(text) if marked else every)
    if len(parts) != columns and len(others := _texts_between(text, every)) == columns:
        parts = others
    if len(parts) > most:
        parts[most - 1 :] = ["|".join(parts[most - 1 :])]
    return [part.strip(" \t").replace("\\|", "|") for part in parts]


def alignment(text: str) -> tuple[Align, ...]:
    """Return the alignments in a table's delimiter row; empty if it is none."""
    text = text.strip(" \t")
    if text[:1] not in "|-:" or text[:2] in ("", "-", "- ", "-\t", "|", ":"):
        return ()
    found = [_DELIMITER.fullmatch(part) for part in split_row(text, 0)]
    if len(found) > COLUMNS or not all(found):
        return ()
    return tuple(_ALIGN[bool(part[1]), bool(part[2])] for part in found if part)


def _texts_between(text: str, pipes: list[int]) -> list[str]:
    """Return the texts between pipes, without empty ones at the ends."""
    edges = [-1, *pipes, len(text)]
    parts = [text[a + 1 : b] for a, b in pairwise(edges)]
    if parts and not parts[0]:
        del parts[0]
    if parts and not parts[-1]:
        del parts[-1]
    return parts


def _separators(text: str) -> list[int]:
    """Return the positions of pipes that are neither in code nor in a formula."""
    pipes, at = [], 0
    while found := _TOKEN.search(text, at):
        at = found.end()
        if found[0] == "|":
            pipes.append(found.start())
        elif found[0] in "$\\":
            formula = formula_at(text, found.start())
            at = formula.end if formula else at + (found[0] == "\\")
    return pipes
