"""The text of a Word file (ECMA-376, part 1), by one walk over its XML in order.

What a reader of the page sees is text: what was inserted with tracking on, content controls, text
boxes, the results of fields, the numbers of lists; headers and footers, once; notes and comments,
which are named where they belong and follow at the end. What was deleted or moved away, hidden
text and the codes of fields are not.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from app.base.errors import DocumentBroken, DocumentEncrypted, DocumentTooLarge
from app.documents.docx_inline import WordLine
from app.documents.docx_numbering import BULLET, Numbering
from app.documents.docx_package import (
    LARGEST,
    Package,
    PackageTooLarge,
    Relation,
    child,
    every,
    local,
    on,
    shown,
    value,
)

_LARGEST = 400_000_000  # bytes, unpacked
_LOCKED = 1  # a bit of zip's flags
_GONE = {"del", "moveFrom", "sectPrChange", "background"}
_ENDING = {"body", "tc", "txbxContent", "hdr", "ftr", "footnote", "endnote", "comment"}
"""In which paragraphs do not go on behind the end."""
_HEADING = re.compile(r"heading ([1-9])|title", re.IGNORECASE)
_MOST_MARKS = 6  # that Markdown has for headings


def text_of(path: Path, file: BinaryIO) -> str:
    """The text: titles and items with Markdown's marks, cells with a bar between them, notes as
    ``[^1]``. Raises DocumentEncrypted, DocumentTooLarge, DocumentBroken."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if any(entry.flag_bits & _LOCKED for entry in entries):
                raise DocumentEncrypted(path)
            if sum(entry.file_size for entry in entries) > _LARGEST:
                raise DocumentTooLarge(path, _LARGEST)
            return "\n\n".join(_Book(Package(archive)).texts())
    except PackageTooLarge:
        raise DocumentTooLarge(path, LARGEST) from None
    except (
        zipfile.BadZipFile, zlib.error, ParseError, NotImplementedError, EOFError, ValueError
    ) as error:  # fmt: skip
        raise DocumentBroken(path, str(error)) from error
    except RecursionError:
        raise DocumentBroken(path, "it is nested too deep") from None


class _Book:
    """The file: its stories share styles, numbers and notes."""

    def __init__(self, package: Package) -> None:
        self.package = package
        main = _first(package.relations("").values(), "officeDocument")
        self._main = main.target if main else "word/document.xml"
        others = package.relations(self._main)
        self._of_kind = {relation.kind: relation.target for relation in others.values()}
        self.numbering = Numbering(self._part("numbering"))
        styles = self._part("styles")
        self._styles = {
            value(each, "styleId"): each
            for each in (styles if styles is not None else ())
            if local(each) == "style" and value(each, "type") == "paragraph"
        }
        self._default = next(
            (name for name, e in self._styles.items() if value(e, "default") in ("1", "true")), ""
        )
        self._looks: dict[str, _Look] = {}
        self._noted: list[tuple[str, str]] = []  # kind and id, in their order
        self._edges: dict[str, list[str]] = {"header": [], "footer": []}
        self._even = on(child(self._part("settings"), "evenAndOddHeaders"))

    def texts(self) -> Iterator[str]:
        """All of it: headers, the text, notes, comments, footers."""
        root = self.package.part(self._main)
        if root is None:
            raise ValueError(f"there is no {self._main}")
        story = DocxStory(self, self._main)
        body = list(story.texts(root))
        yield from self._edges["header"]
        yield from body
        yield from self._notes()
        yield from self._edges["footer"]

    def note(self, kind: str, number: str) -> str:
        """The mark of a note or a comment, which is kept for the end."""
        if (kind, number) not in self._noted:
            self._noted.append((kind, number))
        place = [each for each in self._noted if (each[0] == "comment") == (kind == "comment")]
        at = place.index((kind, number)) + 1
        return f"[Comment {at}]" if kind == "comment" else f"[^{at}]"

    def _notes(self) -> Iterator[str]:
        stories: dict[str, tuple[DocxStory, dict[str, Element]]] = {}
        for kind, number in self._noted:  # which may grow by what is found in notes
            if kind not in stories:
                name = self._of_kind.get(f"{kind}s", "")
                root = self.package.part(name) if name else None
                found = {value(each, "id"): each for each in (root if root is not None else ())}
                stories[kind] = DocxStory(self, name), found
            story, notes = stories[kind]
            if number in notes:
                said = "\n".join(story.texts(notes[number])).strip()
                author = value(notes[number], "author")
                mark = self.note(kind, number)
                if kind == "comment" and author:
                    mark = f"{mark[:-1]}, {author}]"
                yield f"{mark}: {said}"

    def edge(self, section: Element, relations: dict[str, Relation]) -> None:
        """Takes a section's headers and footers, those that are shown."""
        for element in section:
            place = local(element).removesuffix("Reference")
            kind = value(element, "type")
            unseen = (kind == "first" and not on(child(section, "titlePg"))) or (
                kind == "even" and not self._even
            )
            relation = relations.get(value(element, "id"))
            if place not in self._edges or unseen or relation is None:
                continue
            root = self.package.part(relation.target)
            if root is not None:
                said = " ".join(" ".join(DocxStory(self, relation.target).texts(root)).split())
                line = f"[{place.capitalize()}] {said}"
                if said and line not in self._edges[place]:
                    self._edges[place].append(line)

    def look(self, style: str) -> _Look:
        """What a style of paragraphs says, also by what it is based on."""
        style = style or self._default
        if style not in self._looks:
            self._looks[style] = _Look()  # where styles go in a circle
            element = self._styles.get(style)
            if element is not None:
                based = value(child(element, "basedOn"))
                under = self.look(based) if based else _Look()
                self._looks[style] = _Look.of(element, under)
        return self._looks[style]

    def _part(self, kind: str) -> Element | None:
        name = self._of_kind.get(kind)
        return self.package.part(name) if name else None


class _Look:
    """``heading``: the depth of a title, from 1, 0 for none. ``list_``: the id of its list.
    ``level``: where that is said; None leaves it to the list."""

    def __init__(self, heading: int = 0, list_: str = "", level: int | None = None) -> None:
        self.heading, self.list_, self.level = heading, list_, level
        self.bullet = False

    @classmethod
    def of(cls, style: Element, under: _Look) -> _Look:
        """That of a style."""
        look = cls.in_(child(style, "pPr"), under)
        name = value(child(style, "name"))
        look.bullet = name.lower().startswith(("list bullet", "list number"))
        if named := _HEADING.fullmatch(name):
            look.heading = int(named[1] or 1)
        return look

    @classmethod
    def in_(cls, settings: Element | None, under: _Look) -> _Look:
        """That of a paragraph, or a style, with these settings."""
        look = cls(under.heading, under.list_, under.level)
        look.bullet = under.bullet
        outline = value(child(settings, "outlineLvl"))
        if outline.isascii() and outline.isdigit():  # 9 is that of the text
            look.heading = int(outline) + 1 if int(outline) < 9 else 0
        numbered = child(settings, "numPr")
        if number := value(child(numbered, "numId")):
            look.list_ = "" if number == "0" else number
            look.bullet = look.bullet and number != "0"
            look.level = None
        level = value(child(numbered, "ilvl"))
        if level.isascii() and level.isdigit():
            look.level = int(level)
        return look


class DocxStory:
    """A part of the file that has text of its own."""

    def __init__(self, book: _Book, name: str) -> None:
        self._book = book
        self.relations = book.package.relations(name) if name else {}
        self.note = book.note
        self._half = ""  # of a paragraph whose end was deleted
        self.line = WordLine(self)

    def texts(self, holder: Element) -> Iterator[str]:
        """Paragraphs, tables, and lists, whose items are lines."""
        items: list[str] = []
        for text, item in self._blocks(holder):
            if item:
                items.append(text)
                continue
            if items:
                yield "\n".join(items)
                items.clear()
            if text.strip():
                yield text
        if items:
            yield "\n".join(items)

    def part(self, relation: Relation | None) -> list[str]:
        """The text of a part that is drawn in this one: a diagram, a chart."""
        root = self._book.package.part(relation.target) if relation else None
        return [] if root is None or relation is None else list(
            DocxStory(self._book, relation.target).texts(root)
        )  # fmt: skip

    def _blocks(self, holder: Element) -> Iterator[tuple[str, bool]]:
        """Texts, and whether they are items of a list."""
        for element in holder:
            match local(element):
                case "p":
                    yield from self._paragraph(element)
                case "tbl":
                    yield from self._left()
                    yield "\n".join(self._table(element)), False
                case "sectPr":
                    self._book.edge(element, self.relations)
                case "AlternateContent":
                    yield from self._blocks(shown(element))
                case "altChunk":
                    yield from self._foreign(value(element, "id"))
                case name if name not in _GONE and not name.endswith("Pr"):
                    yield from self._blocks(element)
        if local(holder) in _ENDING:
            yield from self._left()

    def _left(self) -> Iterator[tuple[str, bool]]:
        """What would go on in the next paragraph, where there is none."""
        text, self._half = self._half, ""
        if text.strip():
            yield text.strip("\n"), False

    def _paragraph(self, element: Element) -> Iterator[tuple[str, bool]]:
        settings = child(element, "pPr")
        section = child(settings, "sectPr")
        if section is not None:
            self._book.edge(section, self.relations)
        beside: list[str] = []
        text = self._half + self.line.of(element, beside)
        self._half = ""
        if any(child(settings, "rPr", gone) is not None for gone in ("del", "moveFrom")):
            self._half = text
        else:
            look = _Look.in_(settings, self._book.look(value(child(settings, "pStyle"))))
            yield self._marked(text, look, value(child(settings, "pStyle")))
        for other in beside:
            yield other, False

    def _marked(self, text: str, look: _Look, style: str) -> tuple[str, bool]:
        """With the marks of what it is, and whether that is an item."""
        numbering = self._book.numbering
        level, mark = 0, ""
        if look.list_:
            level = numbering.level_of(look.list_, style) if look.level is None else look.level
            mark = numbering.mark(look.list_, level)
        elif look.bullet:
            mark = BULLET
        text = text.strip("\n")
        if not text.strip():
            return "", False
        if look.heading:
            number = f"{mark} " if mark and mark != BULLET else ""
            return "#" * min(look.heading, _MOST_MARKS) + f" {number}{text.strip()}", False
        return (f"{'  ' * level}{mark} {text}", True) if mark else (text, False)

    def _table(self, table: Element) -> Iterator[str]:
        for row in _inside(table, "tr"):
            settings = child(row, "trPr")
            if child(settings, "del") is None:
                before = value(child(settings, "gridBefore"))
                skipped = [""] * (int(before) if before.isascii() and before.isdigit() else 0)
                cells = (self._cell(cell) for cell in _inside(row, "tc"))
                yield " | ".join((*skipped[:9], *(cell for cell in cells if cell is not None)))

    def _cell(self, cell: Element) -> str | None:
        """In one line; empty where it goes on from the one above, None where it was deleted."""
        settings = child(cell, "tcPr")
        if child(settings, "cellDel") is not None:
            return None
        merged = child(settings, "vMerge")
        if merged is not None and value(merged) != "restart":
            return ""
        lines = "\n".join(text for text, _ in self._blocks(cell)).split("\n")
        inner = any(True for _ in every(cell, "tbl"))  # its rows, and their cells
        said = ("; " if inner else " ").join(filter(None, (" ".join(x.split()) for x in lines)))
        return said.replace(" | ", ", ") if inner else said

    def _foreign(self, relation: str) -> Iterator[tuple[str, bool]]:
        """Another file within this one, where it is one of text or HTML."""
        other = self.relations.get(relation)
        found = self._book.package.content(other.target) if other else None
        if found and found.lstrip()[:1] == b"<":
            from app.documents import html_text

            yield html_text.text_of(found.decode("utf-8", errors="replace")), False


def _inside(element: Element, name: str) -> Iterator[Element]:
    """The rows of a table or the cells of a row, also those in content controls."""
    for each in element:
        if local(each) == name:
            yield each
        elif local(each) not in ("tbl", "tr", "tc", *_GONE):
            yield from _inside(each, name)


def _first(relations: Iterable[Relation], kind: str) -> Relation | None:
    return next((relation for relation in relations if relation.kind == kind), None)
