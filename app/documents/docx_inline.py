"""The content of a Word file's paragraphs: runs, fields, links, notes, drawings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol
from xml.etree.ElementTree import Element

from app.documents.docx_math import linear
from app.documents.docx_package import Relation, child, is_on, local, preferred, value

_SKIPPED = {"del", "moveFrom", "delText", "delInstrText", "posOffset", "binData"}
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
    """A field from its begin to its end; ``code`` until its result begins."""

    code: bool = True
    instruction: str = ""
    output: list[str] | None = None  # where its result goes
    at: int = 0


class Story(Protocol):
    """What a paragraph needs of the part of the file that it is in."""

    @property
    def relations(self) -> Mapping[str, Relation]:
        """Other parts, by the ids that stand for them."""

    def note(self, kind: str, number: str) -> str:
        """Return the mark of a note."""

    def texts(self, holder: Element) -> Iterator[str]:
        """Yield the texts of paragraphs and tables inside an element."""

    def part(self, relation: Relation | None) -> list[str]:
        """Return the text of a part that is drawn in this one."""


class DocxParagraphReader:
    """A reader of a story's paragraphs in turn: a field may begin in one and end in another."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._fields: list[_Field] = []
        self._text_boxes: list[str] = []

    def of(self, paragraph: Element, text_boxes: list[str]) -> str:
        """Return the text of a paragraph; text boxes in it are added to ``text_boxes``."""
        outer, self._text_boxes = self._text_boxes, text_boxes
        output: list[str] = []
        self._walk(paragraph, output)
        # Field codes rarely span paragraphs; one without an end would swallow everything.
        self._fields = [field for field in self._fields if not field.code]
        self._text_boxes = outer
        return "".join(output)

    def _walk(self, holder: Element, output: list[str]) -> None:
        for element in holder:
            self._element(element, local(element), output)

    def _element(self, element: Element, name: str, output: list[str]) -> None:
        match name:
            case "t":
                self._emit(element.text or "", output)
            case "r" if is_on(child(element, "rPr", "vanish")):
                self._walk_fields(element, output)
            case "oMath":
                self._emit(linear(element), output)
            case "fldChar":
                self._field(element, output)
            case "instrText" if self._fields:
                self._fields[-1].instruction += element.text or ""
            case "fldSimple":
                link = _LINK.match(value(element, "instr"))
                self._walk_link(element, link[1] if link else "", output)
            case "hyperlink":
                relation = self._story.relations.get(value(element, "id"))
                self._walk_link(element, relation.target if relation else "", output)
            case "sym":
                self._emit(_symbol(element), output)
            case "footnoteReference" | "endnoteReference" | "commentReference":
                kind = name.removesuffix("Reference")
                self._emit(self._story.note(kind, value(element, "id")), output)
            case "ruby":
                self._ruby(element, output)
            case "txbxContent":
                self._text_boxes += self._story.texts(element)
            case "relIds" | "chart":
                number = value(element, "dm") or value(element, "id")
                self._text_boxes += self._story.part(self._story.relations.get(number))
            case "docPr" if described := value(element, "descr").strip():
                self._emit(f"[{described}]", output)  # the picture's alternative text
            case "textpath":
                self._text_boxes.append(value(element, "string"))
            case "AlternateContent":
                self._walk(preferred(element), output)
            case _ if name in _PLAIN:
                self._emit(_PLAIN[name], output)
            case _ if name not in _SKIPPED and not name.endswith("Pr"):
                self._walk(element, output)

    def _ruby(self, element: Element, output: list[str]) -> None:
        """Emit characters with their ruby (phonetic) annotation."""
        reading: list[str] = []
        for name, into in (("rubyBase", output), ("rt", reading)):
            if (part := child(element, name)) is not None:
                self._walk(part, into)
        self._emit(f"({''.join(reading)})" if reading else "", output)

    def _emit(self, text: str, output: list[str]) -> None:
        if not any(field.code for field in self._fields):
            output.append(text)

    def _walk_fields(self, run: Element, output: list[str]) -> None:
        """Walk a hidden run, only for the ends of fields."""
        for element in run:
            if local(element) in ("fldChar", "instrText"):
                self._element(element, local(element), output)

    def _walk_link(self, element: Element, target: str, output: list[str]) -> None:
        begin = len(output)
        self._walk(element, output)
        _link(output, begin, target)

    def _field(self, element: Element, output: list[str]) -> None:
        match value(element, "fldCharType"):
            case "begin":
                self._emit(_legacy_field(element), output)
                self._fields.append(_Field())
            case "separate" if self._fields:
                field = self._fields[-1]
                field.code, field.output, field.at = False, output, len(output)
            case "end" if self._fields:
                field = self._fields.pop()
                link = _LINK.match(field.instruction)
                if link and field.output is output:
                    _link(output, field.at, link[1])


def _link(output: list[str], begin: int, target: str) -> None:
    """Turn the output since ``begin`` into a Markdown link."""
    text = "".join(output[begin:])
    bare = target.removeprefix("mailto:").rstrip("/")
    if text.strip() and target and text.strip().rstrip("/") not in (target.rstrip("/"), bare):
        output[begin:] = [f"[{text}]({target})"]


def _legacy_field(field: Element) -> str:
    """Return the state of a legacy form's box or list; text fields have results as usual."""
    data = child(field, "ffData")
    box, choice = child(data, "checkBox"), child(data, "ddList")
    if box is not None:
        state = child(box, "checked")
        return "☒" if is_on(state if state is not None else child(box, "default")) else "☐"
    if choice is not None:
        entries = [value(entry) for entry in choice if local(entry) == "listEntry"]
        at = value(child(choice, "result")) or value(child(choice, "default")) or "0"
        return entries[int(at)] if at.isdigit() and int(at) < len(entries) else ""
    return ""


def _symbol(element: Element) -> str:
    """Return a character that is given by its code in a symbol font."""
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
