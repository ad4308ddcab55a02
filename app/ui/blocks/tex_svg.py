"""Conversion of TeX to SVG, by ziamath."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cache, lru_cache
from types import ModuleType
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from PySide6.QtCore import QRectF

from app.markdown.arrays import line_positions
from app.markdown.tex import math_element
from app.ui.blocks.array_rules import rule_table

INK = "currentColor"
"""The placeholder for a formula's colour."""

_LONGEST = 1000  # characters; ziamath takes seconds over a few thousand
_DEAREST = 3500  # of `_cost`: about 100 ms
_SCALE = 1.1  # its letters are smaller than Inter's
_WIDEST, _HIGHEST = 16_000, 2_000  # pixels; \hspace and \rule ask for any size
_FLAT = ("↑", "↓", "⟨", "⟩")
_BETWEEN = tuple("∧∨∪∩⊔⊓⊎∖⧵⊕⊗⊙∘")
_FLAT_ACCENTS = {"^": "ˆ"}
_ACCENTS = {"^": "\u0302", "~": "\u0303"}
_DRAWN = {"svg", "g", "path", "rect", "line", "polyline", "polygon", "symbol", "use", "title"}


@dataclass(frozen=True, slots=True)
class SvgDrawing:
    """A formula as SVG in the colour `INK`.

    ``view`` is its visible part, with y growing downwards from the baseline; ``tex`` its source.
    """

    svg: str
    view: QRectF
    tex: str


@lru_cache(maxsize=512)
def draw(tex: str, pixels: int, *, display: bool) -> SvgDrawing | None:
    """Return a formula for text of a size.

    None if it is too long, too large, or not TeX that ziamath understands.
    """
    if len(tex) > _LONGEST or not tex.strip():
        return None
    mathml = math_element(tex, display=display, padded=True)
    if mathml is None or _cost(mathml) > _DEAREST:
        return None
    # Imported late: a window without formulas need not wait for it.
    ziamath = _ziamath()
    try:
        _adapt(mathml)
        mathml.set("mathcolor", INK)
        formula = ziamath.Math(mathml, size=pixels * _SCALE, margin=0)
        if not all(map(formula.font.glyphindex, "".join(mathml.itertext()).replace("\n", ""))):
            return None
        svg, box = formula.svgxml(), formula.node.bbox
    except Exception:  # noqa: BLE001 - ziamath raises errors of any type
        return None
    if not all(map(_is_harmless, svg.iter())):
        return None
    if not (0 < box.xmax - box.xmin <= _WIDEST and 0 < box.ymax - box.ymin <= _HIGHEST):
        return None
    left, right = math.floor(box.xmin - 0.5), math.ceil(box.xmax + 0.5)
    top, bottom = math.floor(-box.ymax), math.ceil(-box.ymin)
    view = QRectF(left, top, right - left, bottom - top)
    return SvgDrawing(ElementTree.tostring(svg, encoding="unicode"), view, tex)


def _adapt(mathml: Element) -> None:
    """Rewrite elements that ziamath draws differently from MathML's rules.

    Arrows stretch only if marked so, and accents and brackets must be other characters.
    """
    for element in mathml.iter():
        text = element.text or ""
        for child in element[1:-1]:
            if child.tag == "mo" and child.text in _BETWEEN:
                child.attrib |= {"lspace": "0.222em", "rspace": "0.222em"}
        if text in _FLAT and "stretchy" not in element.attrib:
            element.set("stretchy", "false")
        if element.tag in ("mover", "munder") and len(element) == 2 and element[1].tag == "mo":
            over = element[1]
            flat = over.get("stretchy") == "false" or element.get("accent") == "true"
            over.text = (_FLAT_ACCENTS if flat else _ACCENTS).get(over.text or "", over.text)


def _is_harmless(element: Element) -> bool:
    """Return whether an element is only drawn by Qt, which would load an image's file."""
    return element.tag in _DRAWN and not any("url" in value for value in element.attrib.values())


@cache
def _ziamath() -> ModuleType:
    """Import ziamath, and replace methods of it that are slow or wrong."""
    with warnings.catch_warnings():  # it finds its font in a deprecated way
        warnings.simplefilter("ignore", DeprecationWarning)
        import ziamath
        from ziamath.config import config
        from ziamath.nodes.moperator import Moperator
        from ziamath.nodes.mrow import Mrow
        from ziamath.nodes.mtable import Mtable

    # Typed as Any, since methods are replaced.
    mrow: Any = Mrow
    moperator: Any = Moperator
    mtable: Any = Mtable
    measured, made, set_table = mrow._get_height_nostretch, moperator._setup, mtable._setup

    def measured_once(row: Any, line: Any, **how: Any) -> tuple[float, float]:
        """Measure a row without stretching parts, except while it is being set.

        Otherwise every inner row would be measured again for nothing: n nested ones would take
        2**n.
        """
        return (0.0, 0.0) if how.get("nostretch") else measured(row, line, **how)

    def made_flat(operator: Any, **how: Any) -> None:
        """Correct the box of an empty operator.

        It would be 999 pixels too low, and a superscript of it as much too high.
        """
        made(operator, **how)
        box = operator.bbox
        if box.ymin > box.ymax:
            operator.bbox = box._replace(ymin=0, ymax=0)

    def made_ruled(table: Any, **how: Any) -> None:
        """Draw a table with the lines of an array, and the room for them."""
        if vertical := line_positions(table.element, "vertical"):
            table.element.set("columnspacing", "1em")
        if horizontal := line_positions(table.element, "horizontal"):
            table.element.set("rowspacing", "0.6em")
        set_table(table, **how)
        if vertical or horizontal:
            rule_table(table, vertical, horizontal)

    mtable._setup = made_ruled
    mrow._get_height_nostretch, moperator._setup = measured_once, made_flat
    config.svg2 = False  # Qt draws little of SVG 2
    return ziamath


def _cost(element: Element, depth: int = 1) -> int:
    """Estimate how long a formula takes to typeset, in units of 30 µs."""
    own = (8 + depth) * max(1, len(element.text or ""))
    return own + sum(_cost(child, depth + 1) for child in element)
