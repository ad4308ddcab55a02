"""Assumptions about other programs and services, registered in ``resources/outside.toml``.

Each entry says what is assumed, where it is used, and when and by which source it was checked. An
assumption that is a value is read from there, so that it has one place. ``tests/online`` checks
against the real services, and ``tests/unit/test_outside.py`` whatever needs no network.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from app.base.resources import resource


@dataclass(frozen=True, slots=True)
class Fact:
    """One assumption about another program or service."""

    name: str
    what: str
    used: tuple[str, ...]
    """"<file>" or "<file>:<text in it>", from the root of the repository."""
    source: str
    looked: datetime.date
    """The day on which ``source`` was read."""
    check: str = ""
    """The name of the test for it; empty if only a person can check."""
    pinned: dict[str, str] = field(default_factory=dict)
    """The versions of packages that it was checked with."""
    stands: dict[str, list[str]] = field(default_factory=dict)
    """Texts that the newest versions of others' files should contain.

    By "github:<owner>/<name>/<path>" or "pypi:<project>/<path in its wheel>".
    """
    value: Any = None
    """The value that the code reads, of one of TOML's types."""


@cache
def facts() -> MappingProxyType[str, Fact]:
    """Return all entries by name, in the order of the file."""
    return MappingProxyType({name: _fact(name) for name in _entries()})


def value(name: str) -> Any:
    """Return the value of the entry ``name``."""
    return _fact(name).value


@cache
def _fact(name: str) -> Fact:
    """Return an entry, which is parsed alone: all of them would take a start 20 ms."""
    entry = tomllib.loads(_entries()[name])[name]
    return Fact(name, **entry | {"used": tuple(entry["used"])})


@cache
def _entries() -> dict[str, str]:
    """Return the text of each entry by its name."""
    text = resource("outside.toml").read_text(encoding="utf-8")
    _, *parts = re.split(r"^(\[(\w+)\]$)", text, flags=re.MULTILINE)
    heads, names, bodies = parts[::3], parts[1::3], parts[2::3]
    return {name: head + body for head, name, body in zip(heads, names, bodies, strict=True)}
