"""The licences of what Fireside is made of: ``resources/licences.txt``, for people and machines.

``installers/licences.py`` writes it. Each component begins a page (a form feed) with lines
"Name: …", "Version: …", "Licence: …" (an SPDX expression) and "Source: …"; after an empty line
comes the text. What stands before the first page is for whoever opens the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from app.base.resources import resource

_PAGE = "\f\n"


@dataclass(frozen=True, slots=True)
class Component:
    """Something that others made, or Fireside itself, and the terms that it comes under."""

    name: str
    version: str
    licence: str
    source: str
    """Where its source can be had."""
    text: str


_FIELDS = [field.name for field in fields(Component)][:-1]


def load() -> tuple[Component, ...]:
    """What this Fireside is made of. Raises OSError or ValueError where the file is damaged."""
    return read(resource("licences.txt").read_text("utf-8"))


def write(components: Iterable[Component], head: str) -> str:
    """The file's content, the same for the same components."""
    pages = [head.rstrip() + "\n"]
    for component in components:
        lines = [f"{name.capitalize()}: {getattr(component, name)}" for name in _FIELDS]
        text = "\n".join(line.rstrip() for line in component.text.replace("\f", "").splitlines())
        pages.append("\n".join([*lines, "", text.strip("\n"), ""]))
    return _PAGE.join(pages)


def read(content: str) -> tuple[Component, ...]:
    """What `write` wrote. Raises ValueError where the content is something else."""
    found = []
    for page in content.split(_PAGE)[1:]:
        head, _, text = page.partition("\n\n")
        told = dict(line.split(": ", 1) for line in head.split("\n"))
        if list(told) != [name.capitalize() for name in _FIELDS]:
            raise ValueError(f"no component: {head[:80]!r}")
        name, version, licence, source = told.values()
        found.append(Component(name, version, licence, source, text.rstrip("\n")))
    return tuple(found)
