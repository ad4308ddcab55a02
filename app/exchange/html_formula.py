"""TeX as MathML, which browsers draw by themselves.

They draw MathML Core, the common part: without ``menclose``, and with CSS for a column's alignment.
https://www.w3.org/TR/mathml-core/
"""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from app.markdown.arrays import line_positions
from app.markdown.tex import math_element

_LONGEST = 1000  # characters
_ELEMENTS = re.compile(
    """math|merror|mfrac|mi|mmultiscripts|mn|mo|mover|mpadded|mphantom|mprescripts|mroot|
    mrow|mspace|msqrt|mstyle|msub|msubsup|msup|mtable|mtd|mtext|mtr|munder|munderover""",
    re.VERBOSE,
)
_ATTRIBUTES = re.compile(
    """accent|accentunder|align|columnalign|columnlines|columnspacing|depth|display|displaystyle|
    fence|form|height|largeop|linethickness|lspace|mathcolor|mathsize|mathvariant|maxsize|minsize|
    movablelimits|notation|rowlines|rowspacing|rspace|scriptlevel|separator|stretchy|style|symmetric|
    voffset|width""",
    re.VERBOSE,
)
_TEXT_STYLES = {
    "bold": "font-weight: bold",
    "italic": "font-style: italic",
    "monospace": "font-family: monospace",
    "sans-serif": "font-family: sans-serif",
}
_VALUE = re.compile(r"[\w .,#%+:;-]*")


def mathml(tex: str, *, display: bool) -> str:
    """Return a formula as an element ``math`` of MathML Core only.

    It is empty if the formula is too long or not known to come out right. ``display`` sets it in
    display style, as on a line of its own.
    """
    if len(tex) > _LONGEST or not tex.strip():
        return ""
    root = math_element(tex, display=display)
    if root is None:
        return ""
    for element in root.iter():
        _adapt(element)
    if not all(map(_is_harmless, root.iter())):
        return ""
    return ElementTree.tostring(root, encoding="unicode")


def _adapt(element: Element) -> None:
    """Replace what MathML Core lacks by CSS."""
    style = element.get("style", "")
    if element.tag == "mtable":
        _draw_lines(element)
        _close_gaps(element)
    if element.tag == "mtd" and (side := element.attrib.pop("columnalign", "")):
        style += f"text-align: {side}"
    if element.tag == "menclose" and element.attrib == {"notation": "box"}:
        element.tag, style = "mrow", "border: 1px solid; padding: .2em"
        del element.attrib["notation"]
    if element.tag == "mtext" and (variant := element.attrib.pop("mathvariant", "")):
        style = _TEXT_STYLES.get(variant, "")
    if style:
        element.set("style", style)


def _close_gaps(table: Element) -> None:
    """Close the gap between the two sides of each equation in a table of them."""
    if not table.get("columnspacing", "").startswith("0em"):
        return
    for row in table:
        for column, cell in enumerate(row):
            side = "left" if column % 2 else "right"
            cell.set("style", f"{cell.get('style', '')}padding-{side}: 0; ")


def _draw_lines(table: Element) -> None:
    """Draw a table's lines as borders of its cells."""
    vertical, horizontal = line_positions(table, "vertical"), line_positions(table, "horizontal")
    for row, cells in enumerate(table):
        for column, cell in enumerate(cells):
            edges = {
                "top": row in horizontal,
                "bottom": row + 1 == len(table) and row + 1 in horizontal,
                "left": column in vertical,
                "right": column + 1 == len(cells) and column + 1 in vertical,
            }
            lines = [f"border-{edge}: 1px solid; " for edge, drawn in edges.items() if drawn]
            if lines:
                cell.set("style", "".join(lines))
    table.attrib.pop("vertical", None)
    table.attrib.pop("horizontal", None)


def _is_harmless(element: Element) -> bool:
    """Return whether an element only draws, and has known attributes and values.

    Values on several lines are refused: browsers may read them differently.
    """
    return (
        bool(_ELEMENTS.fullmatch(element.tag))
        and all(map(_ATTRIBUTES.fullmatch, element.attrib))
        and all(map(_VALUE.fullmatch, element.attrib.values()))
    )
