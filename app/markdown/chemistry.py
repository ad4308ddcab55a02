r"""Chemical equations of mhchem, ``\ce{2H2 + O2 -> 2H2O}``, as TeX.

The most common forms are converted, anything else is left unchanged. The rules are those of mhchem
4 (https://mhchem.github.io/MathJax-mhchem/): a number in front counts molecules, one after an
element or a bracket is an index, a sign at the end is a charge.
"""

from __future__ import annotations

import re

_PIECES = re.compile(
    r"""
    (?P<arrow><=>|<->|->|<-)(?:\[(?P<above>[^\[\]]*)\])?
    | (?P<isotope>\^\{?\d+\}?_\{?\d+\}?(?=[A-Z]))
    | (?P<state>\((?:aq|s|l|g)\))
    | (?P<charge>\^\{?\d*[+-]\}?)
    | (?P<sign>[+-](?=\s|$|\)|\]))
    | (?P<many>(?<![A-Za-z)\]\d])(?:\d+/\d+|\d+(?:\.\d+)?)(?=\s*(?:[A-Z(\[]|e[-^])))
    | (?P<index>(?<=[A-Za-z)\]])\d+)
    | (?P<element>[A-Z][a-z]?|e(?=[-^]))
    | (?P<bracket>[()\[\]])
    | (?P<bond>(?<=[A-Za-z0-9)\]])[-=\#](?=[A-Z(]))
    | (?P<with>\s*[.*·]\s*(?=[\dA-Z(]))
    | (?P<blank>\s+)
    """,
    re.VERBOSE,
)
_ARROWS = {"->": "rightarrow", "<-": "leftarrow", "<->": "leftrightarrow"}
_ARROWS["<=>"] = "rightleftharpoons"
_BONDS = {"-": "{-}", "=": "{=}", "#": r"{\equiv}"}
_CALL = re.compile(r"\\ce\s*\{((?:[^{}]|\{[^{}]*\})*)\}")


def without_chemistry(tex: str) -> str:
    r"""Replace the equations in a formula by TeX, except those that are not understood."""
    return _CALL.sub(lambda found: _equation(found[1]) or found[0], tex)


def _equation(text: str) -> str:
    """Return an equation as TeX; empty if it is not understood."""
    pieces, at = [], 0
    text = text.strip()
    while at < len(text):
        found = _PIECES.match(text, at)
        if not found:
            return ""
        piece = _piece(found, text)
        if not piece:
            return ""
        pieces.append(piece)
        at = found.end()
    return rf"\mathrm {{{''.join(pieces)}}}" if pieces else ""


def _arrow(name: str, above: str) -> str:
    """Return an arrow with what is above it: a substance, or a condition in words."""
    if not above:
        return r"\;\rightleftharpoons\;" if name == "rightleftharpoons" else rf"\;\long{name}\;"
    if above != r"\Delta":
        words = re.fullmatch(r"[a-z]{2,}[a-z ,.]*|\d+ ?°C", above)
        above = rf"\text{{{above}}}" if words else _equation(above)
    return rf"\;\x{name}{{{above}}}\;" if above else ""


def _piece(found: re.Match[str], text: str) -> str:
    """Return a token as TeX; empty if it is not understood."""
    token = found[0]
    match found.lastgroup:
        case "arrow" | "above":
            return _arrow(_ARROWS[found["arrow"]], (found["above"] or "").strip())
        case "isotope":
            return "{}" + re.sub(r"\^\{?(\d+)\}?_\{?(\d+)\}?", r"^{\1}_{\2}", token)
        case "charge":
            return f"^{{{token.strip('^{}')}}}"
        case "sign":
            behind = found.start() and not text[found.start() - 1].isspace()
            return f"^{{{token}}}" if behind else f" {token} "
        case "many":
            return token + r"\,"
        case "index":
            return f"_{{{token}}}"
        case "bond":
            return _BONDS[token]
        case "with":
            return r"\cdot "
        case "blank":
            return " "
    return token
