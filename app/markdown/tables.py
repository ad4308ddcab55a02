"""A table's rows into cells."""

from __future__ import annotations

import re
from itertools import pairwise

from app.markdown.blocks import Align
from app.markdown.formulas import formula_at

COLUMNS = 100
"""Of the widest table."""

_PIPE = re.compile(r"(?<!\\)\|")
_WHOLE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)|\\|\$|\|")
_DELIMITER = re.compile(r"[ \t]*(:?)-+(:?)[ \t]*")
_ALIGN = {
    (False, False): Align.NONE,
    (True, False): Align.LEFT,
    (True, True): Align.CENTER,
    (False, True): Align.RIGHT,
}


def cells(text: str, columns: int) -> list[str]:
    """The texts of a row's cells. What is surplus is in the last one, with its pipes."""
    return _parted(text, columns, columns)


def parted(text: str, columns: int) -> list[str]:
    """The texts between the pipes of a row. A pipe in code or in a formula is none, unless only
    with it there are as many cells as columns, as GitHub would have it."""
    return _parted(text, columns, len(text) + 1)


def _parted(text: str, columns: int, most: int) -> list[str]:
    text = text.strip(" \t")
    every = [found.start() for found in _PIPE.finditer(text)]
    marked = "`" in text or "$" in text or "\\" in text
    parts = _between(text, _outside(text) if marked else every)
    if len(parts) != columns and len(others := _between(text, every)) == columns:
        parts = others
    if len(parts) > most:
        parts[most - 1 :] = ["|".join(parts[most - 1 :])]
    return [part.strip(" \t").replace("\\|", "|") for part in parts]


def alignment(text: str) -> tuple[Align, ...]:
    """What the line under a table's header says of its columns; nothing where it is no such."""
    text = text.strip(" \t")
    if text[:1] not in "|-:" or text[:2] in ("", "-", "- ", "-\t", "|", ":"):
        return ()
    found = [_DELIMITER.fullmatch(part) for part in parted(text, 0)]
    if len(found) > COLUMNS or not all(found):
        return ()
    return tuple(_ALIGN[bool(part[1]), bool(part[2])] for part in found if part)


def _between(text: str, pipes: list[int]) -> list[str]:
    """What is between pipes; before the first and behind the last one only where there is more
    than nothing."""
    edges = [-1, *pipes, len(text)]
    parts = [text[a + 1 : b] for a, b in pairwise(edges)]
    if parts and not parts[0]:
        del parts[0]
    if parts and not parts[-1]:
        del parts[-1]
    return parts


def _outside(text: str) -> list[int]:
    """Where the pipes are that are neither in code nor in a formula."""
    pipes, at = [], 0
    while found := _WHOLE.search(text, at):
        at = found.end()
        if found[0] == "|":
            pipes.append(found.start())
        elif found[0] in "$\\":
            formula = formula_at(text, found.start())
            at = formula.end if formula else at + (found[0] == "\\")
    return pipes
