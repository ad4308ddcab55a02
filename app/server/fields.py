"""Checked reading of a request's JSON: each member by its name, kind and limits."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeVar

from app.server.api_error import ApiError, missing, wrong

JsonObject = dict[str, Any]
T = TypeVar("T", int, float)


class Fields:
    """The members of a JSON object at ``path``, for errors; "" is the body itself.

    Null counts as absent. Each member is looked up by one of the methods, or accepted by `skip`;
    `finish` refuses what nobody looked up.
    """

    def __init__(self, value: object, path: str = "") -> None:
        if not isinstance(value, dict):
            raise wrong(path, f"{path or 'The body'} must be an object.", "invalid_type")
        self._members: JsonObject = value
        self._path = path
        self._known: set[str] = set()

    def path(self, name: str) -> str:
        """Return the path of a member."""
        return f"{self._path}.{name}" if self._path else name

    @property
    def raw(self) -> JsonObject:
        """The object itself."""
        return self._members

    def get(self, name: str) -> Any:
        """Return a member of any kind; None if it is absent."""
        self._known.add(name)
        return self._members.get(name)

    def text(self, name: str, default: str | None = None, *, longest: int | None = None) -> str:
        """Return a text. Without a ``default`` it has to be there."""
        value = self._needed(name, default)
        if not isinstance(value, str):
            raise self._type(name, "a string")
        if longest is not None and len(value) > longest:
            raise wrong(
                self.path(name), f"{self.path(name)} is too long.", "string_above_max_length"
            )
        return value

    def one_of(self, name: str, choices: Collection[str], default: str | None = None) -> str:
        """Return one of some words."""
        value = self._needed(name, default)
        if value is default or (isinstance(value, str) and value in choices):
            return str(value)
        told = ", ".join(choices)
        raise wrong(self.path(name), f"{self.path(name)} must be one of: {told}.")

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean."""
        value = self._needed(name, default)
        if not isinstance(value, bool):
            raise self._type(name, "a boolean")
        return value

    def whole(self, name: str, least: int, most: int) -> int | None:
        """Return a whole number from ``least`` to ``most``; None if it is absent."""
        value = self.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise self._type(name, "an integer")
        return self._within(name, value, least, most)

    def number(self, name: str, least: float, most: float) -> float | None:
        """Return a number from ``least`` to ``most``; None if it is absent."""
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._type(name, "a number")
        if isinstance(value, float) and not math.isfinite(value):
            raise self._type(name, "a number")
        self._within(name, value, least, most)  # before it is a float, which may be too small
        return float(value)

    def members(self, name: str) -> Fields | None:
        """Return the members of an object; None if it is absent."""
        value = self.get(name)
        return None if value is None else Fields(value, self.path(name))

    def items(self, name: str, *, needed: bool = False, longest: int = 100_000) -> list[Any] | None:
        """Return a list; None if it is absent."""
        value = self._needed(name, None) if needed else self.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            raise self._type(name, "an array")
        if len(value) > longest:
            raise wrong(
                self.path(name),
                f"{self.path(name)} may have at most {longest} items.",
                "array_above_max_length",
            )
        return value

    def objects(
        self, name: str, *, needed: bool = False, longest: int = 100_000
    ) -> Iterator[Fields]:
        """Yield the members of each object of a list."""
        items = self.items(name, needed=needed, longest=longest) or []
        for at, item in enumerate(items):
            yield Fields(item, f"{self.path(name)}[{at}]")

    def skip(self, *names: str) -> None:
        """Accept members that change nothing here."""
        self._known.update(names)

    def finish(self) -> None:
        """Refuse the first member that nobody has looked up."""
        for name, value in self._members.items():
            if name not in self._known and value is not None:
                told = self.path(name)[:200]
                raise wrong(told, f"Unknown parameter: '{told}'.", "unknown_parameter")

    def _needed(self, name: str, default: object) -> Any:
        value = self.get(name)
        if value is None and default is None:
            raise missing(self.path(name))
        return default if value is None else value

    def _within(self, name: str, value: T | None, least: float, most: float) -> T | None:
        if value is not None and not least <= value <= most:
            raise wrong(self.path(name), f"{self.path(name)} must be from {least} to {most}.")
        return value

    def _type(self, name: str, kind: str) -> ApiError:
        return wrong(self.path(name), f"{self.path(name)} must be {kind}.", "invalid_type")


def names(values: Iterable[str]) -> str:
    """Return names for a sentence."""
    return ", ".join(f"'{value}'" for value in values)
