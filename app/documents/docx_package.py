"""The parts of an Office file, which is a zip of XML, and how they refer to each other (ECMA-376,
part 2)."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

LARGEST = 100_000_000  # bytes of XML that are read, unpacked: some fifty novels


class PackageTooLarge(Exception):
    """There is more XML than anybody has written."""


class _Builder(ElementTree.TreeBuilder):
    """Nothing may have a DTD: what is to grow by its entities would."""

    def doctype(self, name: str, *_: object) -> None:
        raise ElementTree.ParseError(f"there is a DTD ({name})")


class Relation:
    """From one part to another, or to an address outside."""

    def __init__(self, element: Element, folder: str) -> None:
        self.kind = (element.get("Type") or "").rpartition("/")[2]
        self.external = element.get("TargetMode") == "External"
        target = element.get("Target") or ""
        self.target = target if self.external else posixpath.normpath(
            posixpath.join("/", folder, target)
        ).lstrip("/")  # fmt: skip


class Package:
    """An open archive. Names of parts have no slash at their beginning."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lstrip("/").lower(): name for name in archive.namelist()}
        self._left = LARGEST

    def part(self, name: str) -> Element | None:
        """The root of a part; None where there is no such part. Raises ParseError,
        PackageTooLarge, and what zipfile does."""
        data = self.content(name)
        if data is None:
            return None
        return parsed(data)

    def content(self, name: str) -> bytes | None:
        """The bytes of a part; None where there is no such part."""
        real = self._names.get(name.lower())
        if real is None:
            return None
        self._left -= self._archive.getinfo(real).file_size
        if self._left < 0:
            raise PackageTooLarge
        return self._archive.read(real)

    def relations(self, name: str) -> dict[str, Relation]:
        """What a part refers to, by the ids that it uses; "" is the whole file."""
        folder, base = posixpath.split(name)
        root = self.part(posixpath.join(folder, "_rels", f"{base}.rels"))
        return {
            element.get("Id") or "": Relation(element, folder)
            for element in (root if root is not None else ())
        }


def parsed(data: bytes) -> Element:
    """The root of some XML. Raises ParseError."""
    parser = ElementTree.XMLParser(target=_Builder())
    parser.feed(data)
    root = parser.close()
    assert isinstance(root, Element)
    return root


def local(element: Element) -> str:
    """A name without its name space: those of strict and of transitional files differ."""
    return element.tag.rpartition("}")[2]


def child(element: Element | None, *path: str) -> Element | None:
    """The first one of that name, and so on down."""
    for name in path:
        if element is None:
            return None
        element = next((each for each in element if local(each) == name), None)
    return element


def value(element: Element | None, name: str = "val") -> str:
    """An attribute, by its local name; empty where it is not there."""
    if element is None:
        return ""
    return next((text for key, text in element.items() if key.rpartition("}")[2] == name), "")


def on(element: Element | None) -> bool:
    """Whether a switch is there, and not off."""
    return element is not None and value(element) not in ("0", "false", "off", "none")


def shown(alternatives: Element) -> Element:
    """What is there in several forms, in the first one, which is the newest."""
    return next(iter(alternatives), alternatives)


def every(element: Element, name: str) -> Iterator[Element]:
    """All of that name, however deep."""
    return (each for each in element.iter() if local(each) == name)
