"""The base class of Fireside's errors, and the end of what the user cancelled."""

from __future__ import annotations

from inspect import get_annotations
from typing import dataclass_transform


@dataclass_transform(eq_default=False)
class FiresideError(Exception):
    """The base class of Fireside's errors.

    A subclass declares its facts like a dataclass, and is constructed with them; but fifty real
    dataclasses would add 10 ms to every start.
    """

    _facts: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        cls._facts = (*cls._facts, *get_annotations(cls))

    def __init__(self, *values: object, **named: object) -> None:
        facts = dict(zip(self._facts, values, strict=False)) | named
        for name in self._facts:
            if name not in facts:
                facts[name] = getattr(type(self), name)  # its default
        if len(facts) > len(self._facts) or len(values) > len(self._facts):
            raise TypeError(f"{type(self).__name__} has the facts {self._facts}")
        vars(self).update(facts)
        super().__init__(*(facts[name] for name in self._facts))  # for repr and pickle

    def __str__(self) -> str:
        return repr(self)


class Cancelled(FiresideError):
    """The user cancelled the operation; this is not a failure."""
