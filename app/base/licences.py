"""The licences of Fireside's components: ``resources/licences.txt``, for people and machines.

``installers/licences.py`` writes it. Each component starts a new page (form feed) with the lines
"Name: …", "Version: …", "Licence: …" (an SPDX expression) and "Source: …", an empty line, and the
licence's text. The text before the first page is an introduction for people who open the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from app.base.resources import resource

_PAGE = "\f\n"


@dataclass(frozen=True, slots=True)
class Component:
    """A dependency, or Fireside itself, and its licence."""

    name: str
    version: str
    licence: str
    source: str
    """The URL of its source code."""
    text: str


_FIELDS = [field.name for field in fields(Component)][:-1]


def load() -> tuple[Component, ...]:
    """Return the components of this Fireside. Raises OSError; ValueError for a damaged file."""
    return read(resource("licences.txt").read_text("utf-8"))


def write(components: Iterable[Component], head: str) -> str:
    """Return the file's content, which is deterministic."""
    pages = [head.rstrip() + "\n"]
    for component in components:
        lines = [f"{name.capitalize()}: {getattr(component, name)}" for name in _FIELDS]
        text = "\n".join(line.rstrip() for line in component.text.replace("\f", "").splitlines())
        pages.append("\n".join([*lines, "", text.strip("\n"), ""]))
    return _PAGE.join(pages)


def read(content: str) -> tuple[Component, ...]:
    """Parse the output of `write`. Raises ValueError for anything else."""
    components = []
    for page in content.split(_PAGE)[1:]:
        head, _, text = page.partition("\n\n")
        found = dict(line.split(": ", 1) for line in head.split("\n"))
        if list(found) != [name.capitalize() for name in _FIELDS]:
            raise ValueError(f"no component: {head[:80]!r}")
        name, version, licence, source = found.values()
        components.append(Component(name, version, licence, source, text.rstrip("\n")))
    return tuple(components)
