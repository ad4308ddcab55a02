"""TeX into MathML, which browsers draw by themselves."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_LONGEST = 1000  # characters
_SPACE = "{http://www.w3.org/1998/Math/MathML}"
_DRAWN = re.compile(
    """math|menclose|merror|mfrac|mi|mmultiscripts|mn|mo|mover|mpadded|mphantom|mprescripts|mroot|
    mrow|mspace|msqrt|mstyle|msub|msubsup|msup|mtable|mtd|mtext|mtr|munder|munderover""",
    re.VERBOSE,
)
_SAID = re.compile(
    """accent|accentunder|align|columnalign|columnlines|columnspacing|depth|display|displaystyle|
    fence|form|height|largeop|linethickness|lspace|mathcolor|mathsize|mathvariant|maxsize|minsize|
    movablelimits|notation|rowlines|rowspacing|rspace|scriptlevel|separator|stretchy|symmetric|
    voffset|width""",
    re.VERBOSE,
)
_VALUE = re.compile(r"[\w .,#%+-]*")


def mathml(tex: str, *, display: bool) -> str:
    """A formula as an element ``math``, which has nothing but what MathML draws; empty where it is
    too long or no TeX that latex2mathml understands. ``display`` sets it as on a line of its own.
    """
    # Imported here: a chat without formulas need not wait for it.
    from latex2mathml.converter import convert

    if len(tex) > _LONGEST or not tex.strip():
        return ""
    try:
        # latex2mathml puts a text into its XML as it is: what looks like elements is some now.
        root = ElementTree.fromstring(convert(tex, display="block" if display else "inline"))
        if not all(map(_is_harmless, root.iter())):
            return ""
        for element in root.iter():
            element.tag = element.tag.removeprefix(_SPACE)  # HTML has none
        return ElementTree.tostring(root, encoding="unicode")
    except Exception:  # noqa: BLE001 - latex2mathml has no errors of its own: any type may come
        return ""


def _is_harmless(element: Element) -> bool:
    """Whether it only draws, and is made of what is known; a command that was not is left as
    text."""
    return (
        bool(_DRAWN.fullmatch(element.tag.removeprefix(_SPACE)))
        and all(_SAID.fullmatch(name) for name in element.attrib)
        and all(map(_VALUE.fullmatch, element.attrib.values()))
        and not re.match(r"\\[a-zA-Z]", element.text or "")
    )
