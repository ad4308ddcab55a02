"""HTML as a flat run of marks (text, breaks, links, images) and the elements around them.

One pass of one regular expression, in linear time whatever the page is: nothing is nested, so no
page is too deep, and what is never closed ends with the page.
"""

from __future__ import annotations

import re
from enum import IntFlag, auto
from html import unescape

from app.tools.browser.page import neutral

_ATTRIBUTES = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+"""
_TOKEN = re.compile(
    r"([^<]*+)(?:"  # text, and then a tag whose content is no markup, with that content
    rf"<(script|style|title|textarea|iframe|noembed|noframes|xmp)(?=[\s/>])({_ATTRIBUTES})>"
    r"((?:[^<]++|<(?!/\2))*+)(?:</\2[^>]*+>?|\Z)"
    rf"|<(/?+)([a-z][^\s/>]*+)({_ATTRIBUTES})(?:>|\Z)"
    r"|<!--(?:>|->|(?:[^-]++|-(?!->))*+(?:-->|\Z))"
    r"|<!\[CDATA\[((?:[^]]++|\](?!\]>))*+)(?:\]\]>|\Z)"
    r"|<[!?/][^>]*+(?:>|\Z)"
    r"|(<(?:<(?=<))*+)|\Z)",
    re.IGNORECASE,
)
_ATTRIBUTE = r"""(?<![^\s"'/]){}\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"']++))"""
_HREF, _ALT, _TEX, _START = (
    re.compile(_ATTRIBUTE.format(name), re.IGNORECASE)
    for name in ("href", "alt", "alttext", "start")
)
_DISPLAYED = re.compile(r"\{\\(?:displaystyle|textstyle)\s*(.*)\}", re.DOTALL)
_HIDDEN = re.compile(
    r"""(?<![^\s"'/])(?:hidden(?=[\s/]|$|=\s*["']?(?:hidden|true)?["']?(?:\s|$))"""
    r"""|style\s*=\s*["'][^"']*?(?:display\s*:\s*none|visibility\s*:\s*hidden))""",
    re.IGNORECASE,
)

TEXT, LITERAL, LINE, GAP, LINK, LINK_END, IMAGE, CELL, LEAD, RAISED, RAISED_END = range(11)
"""The kinds of marks: words; text whose white space counts; the ends of a line and of a paragraph;
the begin of a link, with its address; an image, described; a cell's begin; what stands before an
item or a heading; the begin of a superscript or a subscript, with its sign."""


class _Kind(IntFlag):
    """What is to be done at an element's begin and end."""

    LINE = auto()
    GAP = auto()
    VOID = auto()
    UNSEEN = auto()
    ENDS = auto()  # an element that was left open
    NO_WORDS = auto()  # ends a paragraph
    LEADS = auto()
    PLAIN = auto()


_TAGS: dict[_Kind, str] = {
    _Kind.LINE: "address article aside body caption center dd details dialog dir div dt fieldset"
    " figcaption footer form header hgroup legend main menu nav option search section summary tbody"
    " tfoot thead tr",
    _Kind.GAP: "p h1 h2 h3 h4 h5 h6 pre blockquote table ul ol dl hr figure listing",
    _Kind.VOID: "area base br col embed frame hr img input link meta param source track wbr",
    _Kind.UNSEEN: "noscript template svg math object select datalist canvas audio video head",
    _Kind.ENDS: "li dt dd td th tr tbody thead tfoot option body",
    _Kind.NO_WORDS: "address article aside center details dialog dir div fieldset figcaption footer"
    " form header hgroup main menu nav search section p h1 h2 h3 h4 h5 h6 pre blockquote table ul"
    " ol dl hr figure listing li dt dd",
    _Kind.LEADS: "a li ul ol menu dir td th h1 h2 h3 h4 h5 h6 sup sub",
    _Kind.PLAIN: "pre listing",
}
_KINDS: dict[str, int] = {}
for _kind, _tags in _TAGS.items():
    for _tag in _tags.split():
        _KINDS[_tag] = _KINDS.get(_tag, 0) | int(_kind)
_LINE, _GAP, _VOID, _UNSEEN, _ENDS, _NO_WORDS, _LEADS, _PLAIN = (int(kind) for kind in _Kind)

# What an opening tag ends that was left open, and what keeps it from ending what is further out.
_ENDED: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    tag: (frozenset(ended.split()), frozenset(fence.split()))
    for tags, ended, fence in (
        ("li", "li", "ul ol menu dir"),
        ("dt dd", "dt dd", "dl"),
        ("td th", "td th", "tr table"),
        ("tr", "tr td th", "table"),
        ("tbody thead tfoot", "tbody thead tfoot tr td th", "table"),
        ("option", "option", "select"),
        ("body", "head", ""),
    )
    for tag in tags.split()
}
_INDENTED = 8  # lists in lists whose items are indented more than others
_READ = 2000  # characters of an element's attributes in which one is looked for
_DEEP = 40  # open elements among which one is looked for that ends, or was left open


class Markup:
    """A page as a run of marks with their values, and its elements.

    Element ``i`` has the tag ``tags[i]``, its attributes as they are written, its parent's number,
    and the marks from ``begins[i]`` to ``ends[i]``. Element 0 is the page. With ``hidden``, what
    browsers only show after a script, or without scripts, is shown.
    """

    def __init__(self, html: str, *, hidden: bool = False) -> None:
        self._shows_hidden = hidden
        self.title = ""
        self.base = ""
        """The address to which links are relative, if the page says so."""
        self.hides = False
        """Whether there is more that browsers may show."""
        self.scripts: list[str] = []
        """JSON for search engines that has the text of the article."""
        self.marks: list[int] = []
        self.values: list[str] = []
        self.tags = ["html"]
        self.attributes = [""]
        self.parents = [0]
        self.begins = [0]
        self.ends = [0]
        self._open = [0]
        self._unseen = 0  # the element that is not shown; 0 for none
        self._plain = 0  # open elements whose white space counts
        self._lists: list[int] = []  # the number of the next item of each open list; -1 for bullets
        self._tex = False
        self._read(neutral(html))

    def _read(self, html: str) -> None:
        for text, raw, says, inner, end, tag, attributes, data, stray in _TOKEN.findall(html):
            if text and not self._unseen:
                self.marks.append(LITERAL if self._plain else TEXT)
                self.values.append(neutral(unescape(text)) if "&" in text else text)
            elif text and self._tex:
                self._tex = False
                self._formula(unescape(text))
            if tag:
                if end:
                    self._end(tag.lower())
                else:
                    self._begin(tag.lower(), attributes)
            elif raw:
                self._raw(raw.lower(), says, inner)
            elif (data or stray) and not self._unseen:
                self._add(LITERAL if self._plain else TEXT, data or stray)
        while len(self._open) > 1:
            self._pop()
        self.ends[0] = len(self.marks)

    @property
    def heading(self) -> str:
        """The text of the first heading; empty if there is none."""
        for element, tag in enumerate(self.tags):
            if tag in ("h1", "h2"):
                place = slice(self.begins[element], self.ends[element])
                texts = zip(self.marks[place], self.values[place], strict=True)
                if words := " ".join(value for mark, value in texts if mark <= LITERAL).split():
                    return " ".join(words)
        return ""

    def _add(self, mark: int, value: str = "") -> None:
        self.marks.append(mark)
        self.values.append(value)

    def _raw(self, tag: str, attributes: str, inner: str) -> None:
        if tag == "script" and "ld+json" in attributes and '"articleBody"' in inner:
            self.scripts.append(inner)
        elif tag == "title":
            if not self._unseen or self.tags[self._unseen] == "head":
                self.title = self.title or " ".join(neutral(unescape(inner)).split())
        elif tag in ("textarea", "xmp") and not self._unseen:
            self._add(GAP)
            self._add(LITERAL, neutral(unescape(inner)))
            self._add(GAP)

    def _begin(self, tag: str, attributes: str) -> None:
        kind = _KINDS.get(tag, 0)
        if kind & _ENDS:
            self._end_open(*_ENDED[tag])
        if kind & _NO_WORDS and self.tags[self._open[-1]] == "p":
            self._pop()
        if kind & _VOID:
            self._void(tag, attributes)
            return
        if attributes[-1:] == "/" and (self._unseen or tag in ("svg", "math")):
            return
        if not self._unseen and kind & (_LINE | _GAP):
            self._add(GAP if kind & _GAP else LINE)
        element = len(self.tags)
        self.tags.append(tag)
        self.attributes.append(attributes[:_READ])
        self.parents.append(self._open[-1])
        self.begins.append(len(self.marks))
        self.ends.append(0)
        self._open.append(element)
        if self._unseen:
            self._tex = tag == "annotation" and "x-tex" in attributes
        elif self._hides(tag, kind, attributes):
            self._unseen = element
            if tag == "math" and (tex := _value(_TEX, attributes)):
                self._formula(tex)
        elif kind & _LEADS:
            self._lead(tag, attributes)
        elif kind & _PLAIN:
            self._plain += 1

    def _hides(self, tag: str, kind: int, attributes: str) -> bool:
        if kind & _UNSEEN and tag != "noscript":
            return True
        if tag == "noscript" or (attributes and tag != "body" and _hidden(attributes)):
            self.hides = True
        else:
            return False
        return not self._shows_hidden

    def _lead(self, tag: str, attributes: str) -> None:
        """Add what stands at the begin of an element."""
        match tag:
            case "a":
                self._add(LINK, _value(_HREF, attributes))
            case "li":
                bullet = "* "
                if self._lists and self._lists[-1] >= 0:
                    bullet = f"{self._lists[-1]}. "
                    self._lists[-1] += 1
                self._add(LINE)
                self._add(LEAD, "  " * min(max(len(self._lists), 1), _INDENTED) + bullet)
            case "td" | "th":
                self._add(CELL)
            case "ol":
                start = _value(_START, attributes)
                counts = start.isascii() and start.isdigit() and len(start) < 9
                self._lists.append(int(start) if counts else 1)
            case "ul" | "menu" | "dir":
                self._lists.append(-1)
            case "sup" | "sub":
                self._add(RAISED, "^" if tag == "sup" else "_")
            case _:
                self._add(LEAD, "#" * int(tag[1]) + " ")

    def _void(self, tag: str, attributes: str) -> None:
        if tag == "base":
            self.base = self.base or _value(_HREF, attributes)
        if self._unseen:
            return
        if tag == "br":
            self._add(LITERAL if self._plain else LINE, "\n")
        elif tag == "hr":
            self._add(GAP)
        elif tag == "img" and (alt := " ".join(_value(_ALT, attributes).split())):
            if "mwe-math" in attributes:  # of MediaWiki
                self._formula(alt)
            else:
                self._add(IMAGE, alt)

    def _formula(self, tex: str) -> None:
        """Add a formula as its TeX; its picture often follows, which says the same."""
        if found := _DISPLAYED.fullmatch(tex.strip()):
            tex = found[1]
        text = f"${neutral(tex).strip()}$"
        if text not in self.values[-4:]:
            self._add(TEXT, text)

    def _end(self, tag: str) -> None:
        if self.tags[self._open[-1]] == tag and len(self._open) > 1:
            self._pop()
            return
        for place in range(len(self._open) - 2, max(0, len(self._open) - _DEEP), -1):
            if self.tags[self._open[place]] == tag:
                while len(self._open) > place:
                    self._pop()
                return

    def _end_open(self, ended: frozenset[str], fence: frozenset[str]) -> None:
        """End the outermost open element of some that no fence is around."""
        found = 0
        for place in range(len(self._open) - 1, max(0, len(self._open) - _DEEP), -1):
            tag = self.tags[self._open[place]]
            if tag in ended:
                found = place
            elif tag in fence:
                break
        while found and len(self._open) > found:
            self._pop()

    def _pop(self) -> None:
        element = self._open.pop()
        self.ends[element] = len(self.marks)
        if self._unseen:
            if element == self._unseen:
                self._unseen = 0
                self._tex = False
            return
        tag = self.tags[element]
        kind = _KINDS.get(tag, 0)
        if kind & _LEADS:
            if tag == "a":
                self._add(LINK_END)
            elif tag in ("sup", "sub"):
                self._add(RAISED_END)
            elif tag in ("ul", "ol", "menu", "dir"):
                self._lists.pop()
            self.ends[element] = len(self.marks)
        elif kind & _PLAIN:
            self._plain -= 1
        if kind & _GAP:
            self._add(GAP)
        elif kind & _LINE:
            self._add(LINE)


def _hidden(attributes: str) -> bool:
    attributes = attributes[:_READ]
    maybe = "idden" in attributes or "isplay" in attributes
    return maybe and bool(_HIDDEN.search(attributes))


def _value(name: re.Pattern[str], attributes: str) -> str:
    if not (found := name.search(attributes[: 4 * _READ])):
        return ""
    value = found[1] or found[2] or found[3] or ""
    return neutral(unescape(value)).strip() if "&" in value else value.strip()
