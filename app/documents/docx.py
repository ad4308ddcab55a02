"""The text of a Word file (ECMA-376, part 1), by one walk over its XML in document order.

What a reader of the page sees is extracted: tracked insertions, content controls, text boxes,
results of fields, numbers of lists; headers and footers, once; notes and comments, which are marked
in place and follow at the end. Deleted or moved text, hidden text and field codes are not.
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
from app.documents.docx_inline import DocxParagraphReader
from app.documents.docx_numbering import BULLET, Numbering
from app.documents.docx_package import (
    LARGEST,
    Package,
    PackageTooLarge,
    Relation,
    child,
    descendants,
    is_on,
    local,
    preferred,
    value,
)

_LARGEST = 400_000_000  # bytes, unpacked
_LOCKED = 1  # a bit of zip's flags
_SKIPPED = {"del", "moveFrom", "sectPrChange", "background"}
_STORY_PARTS = {"body", "tc", "txbxContent", "hdr", "ftr", "footnote", "endnote", "comment"}
"""Elements whose end also ends a paragraph."""
_HEADING = re.compile(r"heading ([1-9])|title", re.IGNORECASE)
_MAX_HEADING = 6  # the deepest in Markdown


def text_of(path: Path, file: BinaryIO) -> str:
    """Return the text, with Markdown's marks for headings, items and notes, and bars between cells.

    Raises DocumentEncrypted, DocumentTooLarge, DocumentBroken.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if any(entry.flag_bits & _LOCKED for entry in entries):
                raise DocumentEncrypted(path)
            if sum(entry.file_size for entry in entries) > _LARGEST:
                raise DocumentTooLarge(path, _LARGEST)
            return "\n\n".join(_WordDocument(Package(archive)).texts())
    except PackageTooLarge:
        raise DocumentTooLarge(path, LARGEST) from None
    except (
        zipfile.BadZipFile, zlib.error, ParseError, NotImplementedError, EOFError, ValueError
    ) as error:  # fmt: skip
        raise DocumentBroken(path, str(error)) from error
    except RecursionError:
        raise DocumentBroken(path, "nested too deeply") from None


class _WordDocument:
    """The file: its stories share styles, numbering and notes."""

    def __init__(self, package: Package) -> None:
        self.package = package
        main = _first(package.relations("").values(), "officeDocument")
        self._main = main.target if main else "word/document.xml"
        others = package.relations(self._main)
        self._part_names = {relation.kind: relation.target for relation in others.values()}
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
        self._resolved: dict[str, _ParagraphStyle] = {}
        self._noted: list[tuple[str, str]] = []  # kind and id, in order
        self._headers_and_footers: dict[str, list[str]] = {"header": [], "footer": []}
        self._even = is_on(child(self._part("settings"), "evenAndOddHeaders"))

    def texts(self) -> Iterator[str]:
        """Yield headers, the text, notes, comments, footers."""
        root = self.package.part(self._main)
        if root is None:
            raise ValueError(f"there is no {self._main}")
        story = DocxStory(self, self._main)
        body = list(story.texts(root))
        yield from self._headers_and_footers["header"]
        yield from body
        yield from self._notes()
        yield from self._headers_and_footers["footer"]

    def note(self, kind: str, number: str) -> str:
        """Return the mark of a note or a comment, which is kept for the end."""
        if (kind, number) not in self._noted:
            self._noted.append((kind, number))
        place = [each for each in self._noted if (each[0] == "comment") == (kind == "comment")]
        at = place.index((kind, number)) + 1
        return f"[Comment {at}]" if kind == "comment" else f"[^{at}]"

    def _notes(self) -> Iterator[str]:
        stories: dict[str, tuple[DocxStory, dict[str, Element]]] = {}
        for kind, number in self._noted:  # grows by notes found in notes
            if kind not in stories:
                name = self._part_names.get(f"{kind}s", "")
                root = self.package.part(name) if name else None
                found = {value(each, "id"): each for each in (root if root is not None else ())}
                stories[kind] = DocxStory(self, name), found
            story, notes = stories[kind]
            if number in notes:
                output = "\n".join(story.texts(notes[number])).strip()
                author = value(notes[number], "author")
                mark = self.note(kind, number)
                if kind == "comment" and author:
                    mark = f"{mark[:-1]}, {author}]"
                yield f"{mark}: {output}"

    def add_headers_and_footers(self, section: Element, relations: dict[str, Relation]) -> None:
        """Add a section's visible headers and footers."""
        for element in section:
            place = local(element).removesuffix("Reference")
            kind = value(element, "type")
            hidden = (kind == "first" and not is_on(child(section, "titlePg"))) or (
                kind == "even" and not self._even
            )
            relation = relations.get(value(element, "id"))
            if place not in self._headers_and_footers or hidden or relation is None:
                continue
            root = self.package.part(relation.target)
            if root is not None:
                output = " ".join(" ".join(DocxStory(self, relation.target).texts(root)).split())
                line = f"[{place.capitalize()}] {output}"
                if output and line not in self._headers_and_footers[place]:
                    self._headers_and_footers[place].append(line)

    def paragraph_style(self, name: str) -> _ParagraphStyle:
        """Return the properties of a paragraph style, including those that it inherits."""
        name = name or self._default
        if name not in self._resolved:
            self._resolved[name] = _ParagraphStyle()  # in case styles form a cycle
            element = self._styles.get(name)
            if element is not None:
                based = value(child(element, "basedOn"))
                base = self.paragraph_style(based) if based else _ParagraphStyle()
                self._resolved[name] = _ParagraphStyle.of(element, base)
        return self._resolved[name]

    def _part(self, kind: str) -> Element | None:
        name = self._part_names.get(kind)
        return self.package.part(name) if name else None


class _ParagraphStyle:
    """Properties of a paragraph.

    ``heading`` is the level, from 1, or 0 for none; ``list_`` is the list's id; ``level`` the level
    in it, None if the list decides.
    """

    def __init__(self, heading: int = 0, list_: str = "", level: int | None = None) -> None:
        self.heading, self.list_, self.level = heading, list_, level
        self.bullet = False

    @classmethod
    def of(cls, element: Element, base: _ParagraphStyle) -> _ParagraphStyle:
        """Return the properties of a style."""
        style = cls.from_settings(child(element, "pPr"), base)
        name = value(child(element, "name"))
        style.bullet = name.lower().startswith(("list bullet", "list number"))
        if named := _HEADING.fullmatch(name):
            style.heading = int(named[1] or 1)
        return style

    @classmethod
    def from_settings(cls, settings: Element | None, base: _ParagraphStyle) -> _ParagraphStyle:
        """Return the properties of a paragraph, or a style, with these settings."""
        style = cls(base.heading, base.list_, base.level)
        style.bullet = base.bullet
        outline = value(child(settings, "outlineLvl"))
        if outline.isascii() and outline.isdigit():  # 9 is body text
            style.heading = int(outline) + 1 if int(outline) < 9 else 0
        numbered = child(settings, "numPr")
        if number := value(child(numbered, "numId")):
            style.list_ = "" if number == "0" else number
            style.bullet = style.bullet and number != "0"
            style.level = None
        level = value(child(numbered, "ilvl"))
        if level.isascii() and level.isdigit():
            style.level = int(level)
        return style


class DocxStory:
    """A part of the file that has text of its own."""

    def __init__(self, document: _WordDocument, name: str) -> None:
        self._document = document
        self.relations = document.package.relations(name) if name else {}
        self._unfinished = ""  # text of a paragraph whose end was deleted
        self.line = DocxParagraphReader(self)

    def note(self, kind: str, number: str) -> str:
        """Return the mark of a note, whose text comes at the end."""
        return self._document.note(kind, number)

    def texts(self, holder: Element) -> Iterator[str]:
        """Yield paragraphs, tables, and lists with a line for each item."""
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
        """Return the text of a part that is drawn in this one: a diagram, a chart."""
        root = self._document.package.part(relation.target) if relation else None
        return [] if root is None or relation is None else list(
            DocxStory(self._document, relation.target).texts(root)
        )  # fmt: skip

    def _blocks(self, holder: Element) -> Iterator[tuple[str, bool]]:
        """Yield texts, and whether they are list items."""
        for element in holder:
            match local(element):
                case "p":
                    yield from self._paragraph(element)
                case "tbl":
                    yield from self._pending()
                    yield "\n".join(self._table(element)), False
                case "sectPr":
                    self._document.add_headers_and_footers(element, self.relations)
                case "AlternateContent":
                    yield from self._blocks(preferred(element))
                case "altChunk":
                    yield from self._embedded_file(value(element, "id"))
                case name if name not in _SKIPPED and not name.endswith("Pr"):
                    yield from self._blocks(element)
        if local(holder) in _STORY_PARTS:
            yield from self._pending()

    def _pending(self) -> Iterator[tuple[str, bool]]:
        """Yield text that would have continued in the next paragraph, if there is no next one."""
        text, self._unfinished = self._unfinished, ""
        if text.strip():
            yield text.strip("\n"), False

    def _paragraph(self, element: Element) -> Iterator[tuple[str, bool]]:
        settings = child(element, "pPr")
        section = child(settings, "sectPr")
        if section is not None:
            self._document.add_headers_and_footers(section, self.relations)
        text_boxes: list[str] = []
        text = self._unfinished + self.line.of(element, text_boxes)
        self._unfinished = ""
        if any(child(settings, "rPr", gone) is not None for gone in ("del", "moveFrom")):
            self._unfinished = text
        else:
            name = value(child(settings, "pStyle"))
            base = self._document.paragraph_style(name)
            yield self._with_markers(text, _ParagraphStyle.from_settings(settings, base), name)
        for other in text_boxes:
            yield other, False

    def _with_markers(self, text: str, style: _ParagraphStyle, name: str) -> tuple[str, bool]:
        """Add the marks of a heading or item; return the text and whether it is an item."""
        numbering = self._document.numbering
        level, mark = 0, ""
        if style.list_:
            level = numbering.level_of(style.list_, name) if style.level is None else style.level
            mark = numbering.mark(style.list_, level)
        elif style.bullet:
            mark = BULLET
        text = text.strip("\n")
        if not text.strip():
            return "", False
        if style.heading:
            number = f"{mark} " if mark and mark != BULLET else ""
            return "#" * min(style.heading, _MAX_HEADING) + f" {number}{text.strip()}", False
        return (f"{'  ' * level}{mark} {text}", True) if mark else (text, False)

    def _table(self, table: Element) -> Iterator[str]:
        for row in _rows_or_cells(table, "tr"):
            settings = child(row, "trPr")
            if child(settings, "del") is None:
                before = value(child(settings, "gridBefore"))
                skipped = [""] * (int(before) if before.isascii() and before.isdigit() else 0)
                cells = (self._cell(cell) for cell in _rows_or_cells(row, "tc"))
                yield " | ".join((*skipped[:9], *(cell for cell in cells if cell is not None)))

    def _cell(self, cell: Element) -> str | None:
        """Return a cell on one line; "" if it continues the one above, None if deleted."""
        settings = child(cell, "tcPr")
        if child(settings, "cellDel") is not None:
            return None
        merged = child(settings, "vMerge")
        if merged is not None and value(merged) != "restart":
            return ""
        lines = "\n".join(text for text, _ in self._blocks(cell)).split("\n")
        inner = any(True for _ in descendants(cell, "tbl"))  # a nested table
        output = ("; " if inner else " ").join(filter(None, (" ".join(x.split()) for x in lines)))
        return output.replace(" | ", ", ") if inner else output

    def _embedded_file(self, relation: str) -> Iterator[tuple[str, bool]]:
        """Yield another file embedded in this one, if it is text or HTML."""
        other = self.relations.get(relation)
        found = self._document.package.content(other.target) if other else None
        if found and found.lstrip()[:1] == b"<":
            from app.documents import html_text

            yield html_text.text_of(found.decode("utf-8", errors="replace")), False


def _rows_or_cells(element: Element, name: str) -> Iterator[Element]:
    """Yield the rows of a table or the cells of a row, including those in content controls."""
    for each in element:
        if local(each) == name:
            yield each
        elif local(each) not in ("tbl", "tr", "tc", *_SKIPPED):
            yield from _rows_or_cells(each, name)


def _first(relations: Iterable[Relation], kind: str) -> Relation | None:
    return next((relation for relation in relations if relation.kind == kind), None)
