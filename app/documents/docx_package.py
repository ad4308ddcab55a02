"""The parts of an Office file, a zip of XML, and the relations between them (ECMA-376, part 2)."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

LARGEST = 100_000_000  # bytes of unpacked XML: about fifty novels


class PackageTooLarge(Exception):
    """An implausible amount of XML."""


class _Builder(ElementTree.TreeBuilder):
    """A tree builder that refuses DTDs, whose entities could expand without limit."""

    def doctype(self, name: str, *_: object) -> None:
        raise ElementTree.ParseError(f"there is a DTD ({name})")


class Relation:
    """A relation from one part to another, or to an address outside."""

    def __init__(self, element: Element, folder: str) -> None:
        self.kind = (element.get("Type") or "").rpartition("/")[2]
        self.external = element.get("TargetMode") == "External"
        target = element.get("Target") or ""
        self.target = target if self.external else posixpath.normpath(
            posixpath.join("/", folder, target)
        ).lstrip("/")  # fmt: skip


class Package:
    """An open archive; names of parts have no leading slash."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lstrip("/").lower(): name for name in archive.namelist()}
        self._remaining = LARGEST

    def part(self, name: str) -> Element | None:
        """Return the root of a part; None if it is missing.

        Raises ParseError, PackageTooLarge, and what zipfile raises.
        """
        data = self.content(name)
        if data is None:
            return None
        return parse_xml(data)

    def content(self, name: str) -> bytes | None:
        """Return the bytes of a part; None if it is missing."""
        real = self._names.get(name.lower())
        if real is None:
            return None
        self._remaining -= self._archive.getinfo(real).file_size
        if self._remaining < 0:
            raise PackageTooLarge
        return self._archive.read(real)

    def relations(self, name: str) -> dict[str, Relation]:
        """Return the relations of a part, by id; "" means the whole file."""
        folder, base = posixpath.split(name)
        root = self.part(posixpath.join(folder, "_rels", f"{base}.rels"))
        return {
            element.get("Id") or "": Relation(element, folder)
            for element in (root if root is not None else ())
        }


def parse_xml(data: bytes) -> Element:
    """Parse XML and return its root; raises ParseError."""
    parser = ElementTree.XMLParser(target=_Builder())
    parser.feed(data)
    root = parser.close()
    assert isinstance(root, Element)
    return root


def local(element: Element) -> str:
    """Return a name without its namespace: strict and transitional files have different ones."""
    return element.tag.rpartition("}")[2]


def child(element: Element | None, *path: str) -> Element | None:
    """Return the first child of that name, and so on down the path."""
    for name in path:
        if element is None:
            return None
        element = next((each for each in element if local(each) == name), None)
    return element


def value(element: Element | None, name: str = "val") -> str:
    """Return an attribute by its local name; "" if it is missing."""
    if element is None:
        return ""
    return next((text for key, text in element.items() if key.rpartition("}")[2] == name), "")


def is_on(element: Element | None) -> bool:
    """Return whether an on/off element is there, and not off."""
    return element is not None and value(element) not in ("0", "false", "off", "none")


def preferred(alternatives: Element) -> Element:
    """Return the first of several alternatives, which is the newest."""
    return next(iter(alternatives), alternatives)


def descendants(element: Element, name: str) -> Iterator[Element]:
    """Return all elements of that name, at any depth."""
    return (each for each in element.iter() if local(each) == name)
