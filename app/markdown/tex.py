"""TeX as MathML, limited to what is known to be converted correctly.

latex2mathml silently skips what it does not know, and gets some of what it knows wrong. A wrong
formula is worse than its source: so only commands and environments whose result was inspected are
accepted (tests/cases/formulas has them), and a result with traces of others is rejected. Inspected
with latex2mathml 3.81.1.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from unicodedata import category, lookup, name
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from app.markdown.arrays import MARKS, apply_line_marks, with_line_marks
from app.markdown.chemistry import without_chemistry

_SPACE = "{http://www.w3.org/1998/Math/MathML}"

# Replacements for commands that latex2mathml does not know, or converts badly.
_REWRITTEN = tuple(
    (re.compile(old), new)
    for old, new in (
        (r"\\tag\{([^{}\\$]*)\}(?=\s*(?:$|\\\\|\\end))", r"\\qquad\\text{(\1)}"),
        (r"\\tag\*\{([^{}\\$]*)\}(?=\s*(?:$|\\\\|\\end))", r"\\qquad\\text{\1}"),
        (r"\\label\{[^{}]*\}|\\(?:nonumber|notag)(?![a-zA-Z])", ""),
        (r"\\(begin|end)\{(?:align|aligned)\}", r"\\\1{align*}"),
        (r"\\begin\{(?:gather\*?|gathered)\}", r"\\displaylines{"),
        (r"\\end\{(?:gather\*?|gathered)\}", "}"),
        (r"\\(begin|end)\{equation\}", r"\\\1{equation*}"),
        (r"\\(begin|end)\{dcases\}", r"\\\1{cases}"),
        (r"\\\\(?:\*|\s*\[-?[\d.]+\s*(?:pt|ex|em|mm|cm|in|mu)\])", r"\\\\"),
        (r"\\operatorname\s*\*?\s*\{arg\\?[,;: ]\s*(max|min)\}", r"\\arg\1 "),
        (r"\\operatorname\s*(\*?)\s*\{([a-zA-Z]*)\\[,;: ]([a-zA-Z]*)\}",
         r"\\operatorname\1{\2 \3}"),
        (r"\\mathop\s*\{\s*(?:\\mathrm\s*\{\s*([a-zA-Z ]+)\}|\\rm\s+([a-zA-Z ]+))\}",
         r"\\operatorname*{\1\2}"),
        (r"\\mathop\s*\{(\\math(?:bb|cal|scr|frak)\{[A-Z]\})\}\s*_(?:\{([^{}]*)\}|(\w))",
         r"\\underset{\2\3}{\1}"),
        (r"::=", r"\\Coloneqq "),
        (r"\\(?:mathrel\{\\mathop:\}|mathop:|vcentcolon|colon)\s*=|:=", r"\\coloneqq "),
        (r"\\not\s*=", r"\\neq "),
        (r"\\not\s*(?:<|\\lt(?![a-zA-Z]))", r"\\nless "),
        (r"\\not\s*(?:>|\\gt(?![a-zA-Z]))", r"\\ngtr "),
        (r"\\bmod(?![a-zA-Z])", r"\\;\\mathrm {mod}\\;"),
        (r"\\(math(?:bb|bf|cal|frak|scr|sf|tt|rm)|boldsymbol|bm)(?:\s+([A-Za-z\d])|(\d))",
         r"\\\1{\2\3}"),
        (r"\\mathrm\s*\{", r"\\mathrm {"),
        (r"\\arg(?![a-zA-Z])", r"\\operatorname{arg}"),
        (r"\\hdots(?![a-zA-Z])", r"\\ldots"),
    )
)  # fmt: skip
# After \big and the like, latex2mathml accepts characters only. Braces would be groups.
_STANDING = {"{": "\ue000", "}": "\ue001", "|": "‖", "lbrace": "\ue000", "rbrace": "\ue001"}
_STANDING |= {"Vert": "‖", "lVert": "‖", "rVert": "‖", "vert": "|", "lvert": "|", "rvert": "|"}
_STANDING |= {"langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈"}
_STANDING |= {"rceil": "⌉", "lbrack": "[", "rbrack": "]", "backslash": "\ue002"}
_BRACES = str.maketrans("\ue000\ue001\ue002", "{}\\")
_BIG = re.compile(r"(\\[bB]igg?[lmr]?)\s*\\([a-zA-Z]+|[{}|])")

_BUILT = """
    frac dfrac tfrac cfrac binom dbinom tbinom choose over atop brack brace sqrt
    overset underset stackrel limits nolimits substack left right middle begin end
    hat bar vec dot ddot dddot tilde check breve acute grave mathring widehat widetilde overline
    underline overbrace underbrace overrightarrow overleftarrow overleftrightarrow
    xrightarrow xleftarrow xleftrightarrow xRightarrow xLeftarrow xrightleftharpoons xmapsto
    text textbf textit textrm texttt textsf textnormal textup mbox hbox
    mathbb mathbf mathcal mathfrak mathit mathrm mathscr mathsf mathtt mathnormal boldsymbol bm
    rm bf it cal operatorname mod pmod pod argmax argmin liminf limsup det gcd Pr injlim projlim
    varliminf varlimsup lim sup inf max min
    big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm biggm Biggm
    quad qquad enspace thinspace space nobreakspace thickspace negthinspace hspace
    displaystyle textstyle scriptstyle scriptscriptstyle phantom hphantom vphantom mathstrut
    boxed cancel bcancel xcancel color textcolor bra ket braket displaylines
    dots ldots cdots vdots ddots iddots dotsb dotsc dotsm dotsi dotso idotsint prime not
"""
_ESCAPED = frozenset("\\,:;!>{}|%$#&_ ")
_ENVIRONMENTS = """
    array matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix cases align* split equation*
"""
_COMMAND = re.compile(r"\\(?:([a-zA-Z]+)|(.))", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*(?:\{([^{}]*)\})?")
_ARRAY = re.compile(r"\\begin\{array\}(?!\{[lcr\s]+\})")
_TEXT = re.compile(r"\\(?:text[a-z]*|[mh]box|tag\*?)\s*\{([^}]*)\}")
_RAW = re.compile(r"(?<!\\)(?:\\\\)*[%$#]")
_LEFTOVER = re.compile(r"[\\\u29f8]")
_STANDINS = re.compile("[\ue000-\uf8ff]")
# Large operators, long arrows and relations, which latex2mathml mistakes for letters.
_SUMS = re.compile("[\u2a00-\u2a06]")
_RELATION = re.compile("[\u29f5\u27f0-\u27ff\u2900-\u297f\u2a66-\u2ae0]")

_ARITY = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "msubsup": 3, "munder": 2, "mover": 2}
_ARITY |= {"munderover": 3}
_LIMITS = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
_STYLES = {
    "bold": "BOLD",
    "bold-italic": "BOLD ITALIC",
    "double-struck": "DOUBLE-STRUCK",
    "fraktur": "FRAKTUR",
    "monospace": "MONOSPACE",
    "sans-serif": "SANS-SERIF",
    "sans-serif-italic": "SANS-SERIF ITALIC",
    "script": "SCRIPT",
}
_WORD = re.compile(r"[A-Za-z\u2006\u2009\xa0 ]{2,}")
_THIN = {"width": "0.167em"}


def math_element(tex: str, *, display: bool, padded: bool = False) -> Element | None:
    """Return a formula as an element ``math`` without a namespace; None if it may be wrong.

    ``display``: in display style, as on a line of its own; ``padded``: whether the renderer itself
    puts space around names of functions.
    """
    if _STANDINS.search(tex):
        return None
    read = with_line_marks(without_chemistry(tex))
    for old, new in _REWRITTEN:
        read = old.sub(new, read)
    read = _BIG.sub(lambda found: found[1] + _STANDING.get(found[2], "\\" + found[2]), read)
    if not _is_known(read):
        return None
    if "<" in "".join(_TEXT.findall(tex)):
        return None  # latex2mathml would not escape it
    # Imported late: most chats have no formulas.
    from latex2mathml.converter import convert

    try:
        # latex2mathml does not escape text in its XML: text that looked like an element is one now.
        root = ElementTree.fromstring(convert(read, display="block" if display else "inline"))
    except Exception:  # noqa: BLE001 - latex2mathml raises errors of any type
        return None
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SPACE)  # HTML has none
    if not all(map(apply_line_marks, root.findall(".//mtable"))) or not all(
        map(_is_sound, root.iter())
    ):
        return None
    if any(_LEFTOVER.search(e.text or "") or MARKS.search(e.text or "") for e in root.iter()):
        return None
    for element in root.iter():
        element.text = element.text and element.text.translate(_BRACES)
        _mend(element, display)
        if not _is_styled(element):
            return None
    if not display:
        _fit_binomials(root)
    _give_room(root, padded)
    return root


def _is_known(tex: str) -> bool:
    """Return whether a formula has only commands that were inspected."""
    known, environments = _known()
    if _RAW.search(tex) or _ARRAY.search(tex) or not _is_balanced(tex):
        return False
    if any(set(text) & set("\\{$") for text in _TEXT.findall(tex)):
        return False  # not plain text
    if any(each not in environments for each in _ENVIRONMENT.findall(tex)):
        return False
    return all(
        sign in _ESCAPED if sign else command in known for command, sign in _COMMAND.findall(tex)
    )


@cache
def _known() -> tuple[frozenset[str], frozenset[str]]:
    """Return the known commands and environments.

    Commands for a single character are included, except combining ones.
    """
    from latex2mathml.commands import FUNCTIONS
    from latex2mathml.symbols_parser import SYMBOLS

    characters = {
        command[1:]
        for command, code in SYMBOLS.items()
        if command[:1] == "\\" and category(chr(int(code, 16)))[0] in "LNPS"
    }
    functions = {command[1:] for command in FUNCTIONS}
    commands = frozenset(characters | functions | set(_BUILT.split()))
    return commands, frozenset(_ENVIRONMENTS.split())


def _is_balanced(tex: str) -> bool:
    depth = 0
    for brace in re.findall(r"\\.|[{}]", tex, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            return False
    return depth == 0


def _is_sound(element: Element) -> bool:
    """Return whether an element has as many children as its kind requires.

    The base of a script is grouped first: latex2mathml leaves a matrix and its brackets side by
    side.
    """
    wanted = _ARITY.get(element.tag, len(element))
    many = len(element) - wanted + 1
    if many > 1 and any(child.tag == "mtable" for child in element):
        row = Element("mrow")
        row.extend(element[:many])
        element[:many] = [row]
    return len(element) == wanted


def _mend(element: Element, display: bool) -> None:
    """Correct operators mistaken for letters or accents; let arrows grow with their labels."""
    if element.get("rowspacing") == "3pt":  # TeX's \jot, in addition to the line spacing
        element.set("rowspacing", "0.5em")
    scripted = element.tag in ("mover", "munder", "munderover")
    for place, child in enumerate(element):
        if child.tag in ("mi", "mo") and child.text == "~" and not (place and scripted):
            child.tag, child.text = "mo", "∼"
        if child.tag == "mi" and _SUMS.fullmatch(child.text or ""):
            child.tag = "mo"
            if display and not place:
                element.tag = _LIMITS.get(element.tag, element.tag)
        if child.tag == "mi" and _RELATION.fullmatch(child.text or ""):
            child.tag = "mo"
            child.attrib |= {"lspace": "0.278em", "rspace": "0.278em"}
        if child.tag == "mstyle" and scripted and not place and [e.tag for e in child] == ["mo"]:
            element[0] = child[0]
            element[0].set("stretchy", "true")


def _is_styled(element: Element) -> bool:
    """Replace styled letters and digits by Unicode's own characters; return whether all exist.

    Browsers and ziamath ignore most styles.
    """
    style = _STYLES.get(element.get("mathvariant", ""))
    if not style or element.tag not in ("mi", "mn"):
        return True
    styled = [_styled(character, style) for character in element.text or ""]
    if not all(styled):
        return False
    element.text = "".join(styled)
    del element.attrib["mathvariant"]
    return True


def _styled(character: str, style: str) -> str:
    """Return a character in a style; empty if Unicode has none."""
    plain = re.sub(r"^(?:LATIN|GREEK) | LETTER(?= )", "", name(character, ""))
    older = style.replace("FRAKTUR", "BLACK-LETTER")
    for wanted in (f"MATHEMATICAL {style} {plain}", f"{older} {plain}"):
        with suppress(KeyError):
            return lookup(wanted)
    return "" if character.isalnum() else character


def _fit_binomials(root: Element) -> None:
    """Shrink the brackets of inline binomials to their content."""
    for element in root.iter():
        pairs = zip(element, element[2:], strict=False)
        for child, brackets in zip(element[1:], pairs, strict=False):
            if child.tag == "mfrac" and child.get("linethickness") == "0":
                for bracket in brackets:
                    if bracket.get("minsize"):
                        bracket.attrib |= {"minsize": "1.45em", "maxsize": "1.45em"}


def _give_room(element: Element, padded: bool) -> None:
    """Insert space around the names of functions, so that "log n" does not look like "logn"."""
    children = list(element)
    row = element.tag in ("math", "mrow", "mtd", "mstyle", "msqrt", "menclose", "mphantom")
    for place, child in reversed(list(enumerate(children))):
        _give_room(child, padded)
        after = children[place + 1] if place + 1 < len(children) else None
        before = children[place - 1] if place else None
        if not row or not _is_function(child) or (padded and child.tag == "mi"):
            continue
        if after is not None and _first(after).tag in ("mi", "mn", "mfrac", "msqrt", "mroot"):
            element.insert(place + 1, Element("mspace", _THIN))
        if before is not None and _first(before).tag in ("mi", "mn"):
            element.insert(place, Element("mspace", _THIN))


def _is_function(element: Element) -> bool:
    while element.tag in _ARITY and element.tag != "mfrac" and len(element):
        element = element[0]
    return element.tag in ("mi", "mo") and bool(_WORD.fullmatch(element.text or ""))


def _first(element: Element) -> Element:
    """Return the innermost element that the element begins with."""
    groups = ("mrow", "mstyle", "msub", "msup", "msubsup", "mover", "munder", "munderover")
    while element.tag in groups and len(element):
        element = element[0]
    return element
