"""What Fireside believes of the world outside it: the one register, ``resources/outside.toml``.

Each entry says what is believed, where it is used, by whose word, and on which day that was looked
at. Where the belief is a value, the code reads it from here, so that it stands in one place. What
can be asked of the real services is asked by ``tests/online``; what can be checked on a computer
without a network, by ``tests/unit/test_outside.py``.
"""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from app.base.resources import resource


@dataclass(frozen=True, slots=True)
class Fact:
    """One belief. ``used``: "<file>" or "<file>:<text that stands in it>", from the root of the
    repository. ``check``: the name of what asks whether it still holds; empty where only a person
    can look again. ``pinned``: packages, and the versions that it was looked at with. ``stands``:
    what others' newest files are to say, by "github:<owner>/<name>/<path>" or
    "pypi:<project>/<path in its wheel>". ``value``: what the code reads, of TOML's types."""

    name: str
    what: str
    used: tuple[str, ...]
    source: str
    looked: datetime.date
    check: str = ""
    pinned: dict[str, str] = field(default_factory=dict)
    stands: dict[str, list[str]] = field(default_factory=dict)
    value: Any = None


@cache
def facts() -> MappingProxyType[str, Fact]:
    """All entries, by name, in the order of the file."""
    told = tomllib.loads(resource("outside.toml").read_text(encoding="utf-8"))
    found = {
        name: Fact(name, **entry | {"used": tuple(entry["used"])}) for name, entry in told.items()
    }
    return MappingProxyType(found)


def value(name: str) -> Any:
    """What the code reads of the entry ``name``."""
    return facts()[name].value
