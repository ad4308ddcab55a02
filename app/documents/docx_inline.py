"""What stands in a paragraph of a Word file: runs, fields, links, notes, drawings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from app.documents.docx_math import linear
from app.documents.docx_package import child, local, on, shown, value

if TYPE_CHECKING:
    from app.documents.docx import DocxStory

_GONE = {"del", "moveFrom", "delText", "delInstrText", "posOffset", "binData"}
_PLAIN = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-",
          "softHyphen": ""}  # fmt: skip
_LINK = re.compile(r'\s*HYPERLINK\s+"([^"]+)"', re.IGNORECASE)
_WINGDINGS = {0x6F: "☐", 0x71: "☐", 0x72: "☐", 0xA8: "☐", 0xFD: "☒", 0xFE: "☑", 0xFB: "✘",
              0xFC: "✔", 0xDF: "←", 0xE0: "→", 0xE7: "←", 0xE8: "→", 0xF0: "⇨", 0x4A: "☺",
              0xA7: "▪", 0x6E: "■", 0x6C: "●", 0xB7: "•"}  # fmt: skip
_SYMBOL = dict(zip(map(ord, "ABCDEFGHIKLMNOPQRSTUWXYZabcdefghijklmnopqrstuvwxyz"),
                   "ΑΒΧΔΕΦΓΗΙΚΛΜΝΟΠΘΡΣΤΥΩΞΨΖαβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)) | {
    0xA3: "≤", 0xA5: "∞", 0xAE: "→", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB7: "•",
    0xB9: "≠", 0xBB: "≈", 0xB8: "÷", 0xD6: "√", 0xE5: "∑", 0xF2: "∫"}  # fmt: skip


@dataclass(slots=True)
class _Field:
    """From its begin to its end; ``code`` until its result begins."""

    code: bool = True
    instruction: str = ""
    said: list[str] | None = None  # where its result is
    at: int = 0


class WordLine:
    """Paragraphs of a story, one after the other: a field may begin in one and end in another."""

    def __init__(self, story: DocxStory) -> None:
        self._story = story
        self._fields: list[_Field] = []
        self._beside: list[str] = []

    def of(self, paragraph: Element, beside: list[str]) -> str:
        """The text of a paragraph; that of text boxes in it comes to ``beside``."""
        outer, self._beside = self._beside, beside
        said: list[str] = []
        self._walk(paragraph, said)
        # The code of a field is seldom longer, and one that never ends would eat everything.
        self._fields = [field for field in self._fields if not field.code]
        self._beside = outer
        return "".join(said)

    def _walk(self, holder: Element, said: list[str]) -> None:
        for element in holder:
            self._one(element, local(element), said)

    def _one(self, element: Element, name: str, said: list[str]) -> None:
        match name:
            case "t":
                self._say(element.text or "", said)
            case "r" if on(child(element, "rPr", "vanish")):
                self._walk_fields(element, said)
            case "oMath":
                self._say(linear(element), said)
            case "fldChar":
                self._field(element, said)
            case "instrText" if self._fields:
                self._fields[-1].instruction += element.text or ""
            case "fldSimple":
                link = _LINK.match(value(element, "instr"))
                self._linked(element, link[1] if link else "", said)
            case "hyperlink":
                relation = self._story.relations.get(value(element, "id"))
                self._linked(element, relation.target if relation else "", said)
            case "sym":
                self._say(_symbol(element), said)
            case "footnoteReference" | "endnoteReference" | "commentReference":
                kind = name.removesuffix("Reference")
                self._say(self._story.note(kind, value(element, "id")), said)
            case "ruby":
                self._ruby(element, said)
            case "txbxContent":
                self._beside += self._story.texts(element)
            case "relIds" | "chart":
                number = value(element, "dm") or value(element, "id")
                self._beside += self._story.part(self._story.relations.get(number))
            case "docPr" if described := value(element, "descr").strip():
                self._say(f"[{described}]", said)  # in words, for who does not see the picture
            case "textpath":
                self._beside.append(value(element, "string"))
            case "AlternateContent":
                self._walk(shown(element), said)
            case _ if name in _PLAIN:
                self._say(_PLAIN[name], said)
            case _ if name not in _GONE and not name.endswith("Pr"):
                self._walk(element, said)

    def _ruby(self, element: Element, said: list[str]) -> None:
        """Characters, and how they are read."""
        reading: list[str] = []
        for name, into in (("rubyBase", said), ("rt", reading)):
            if (part := child(element, name)) is not None:
                self._walk(part, into)
        self._say(f"({''.join(reading)})" if reading else "", said)

    def _say(self, text: str, said: list[str]) -> None:
        if not any(field.code for field in self._fields):
            said.append(text)

    def _walk_fields(self, run: Element, said: list[str]) -> None:
        """Of hidden text, only where fields begin and end."""
        for element in run:
            if local(element) in ("fldChar", "instrText"):
                self._one(element, local(element), said)

    def _linked(self, element: Element, target: str, said: list[str]) -> None:
        begin = len(said)
        self._walk(element, said)
        _link(said, begin, target)

    def _field(self, element: Element, said: list[str]) -> None:
        match value(element, "fldCharType"):
            case "begin":
                self._say(_form(element), said)
                self._fields.append(_Field())
            case "separate" if self._fields:
                field = self._fields[-1]
                field.code, field.said, field.at = False, said, len(said)
            case "end" if self._fields:
                field = self._fields.pop()
                link = _LINK.match(field.instruction)
                if link and field.said is said:
                    _link(said, field.at, link[1])


def _link(said: list[str], begin: int, target: str) -> None:
    """What was said since then is a link to an address, as Markdown has it."""
    text = "".join(said[begin:])
    bare = target.removeprefix("mailto:").rstrip("/")
    if text.strip() and target and text.strip().rstrip("/") not in (target.rstrip("/"), bare):
        said[begin:] = [f"[{text}]({target})"]


def _form(field: Element) -> str:
    """What an old form's box or list is set to; a field of text has a result as others have."""
    data = child(field, "ffData")
    box, choice = child(data, "checkBox"), child(data, "ddList")
    if box is not None:
        state = child(box, "checked")
        return "☒" if on(state if state is not None else child(box, "default")) else "☐"
    if choice is not None:
        entries = [value(entry) for entry in choice if local(entry) == "listEntry"]
        at = value(child(choice, "result")) or value(child(choice, "default")) or "0"
        return entries[int(at)] if at.isdigit() and int(at) < len(entries) else ""
    return ""


def _symbol(element: Element) -> str:
    """A character that is there by its place in a font of signs."""
    try:
        code = int(value(element, "char"), 16)
    except ValueError:
        return ""
    font = value(element, "font").lower()
    code &= 0xFF if 0xF000 <= code <= 0xF0FF else 0x1FFFFF
    if "wingdings" in font:
        return _WINGDINGS.get(code, "▪")
    if font.startswith("symbol"):
        return _SYMBOL.get(code, chr(code) if 32 <= code < 127 else "▪")
    return chr(code) if 32 <= code < 0xD800 else ""
