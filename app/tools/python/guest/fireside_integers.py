"""Integers of 64 bits in NumPy, as on every user's own computer. Runs in the guest.

On WebAssembly's 32 bits NumPy's default integer is C's long, of 32 bits, and overflows in silence.
NumPy itself, pandas and the rest must keep it, so only what the user's code does is changed: its
``import numpy`` gives a copy of the module whose functions make and return 64 bits
(`fireside_numpy`), and a few expressions of the code, which no module could change, are rewritten
to calls of the functions here (`fireside_rewriting`).

NumPy has two types of 32 bits here: ``long`` (``l``), the default, and ``intc`` (``i``). An int32
that the code asks for becomes an intc, so whatever is a long was made by default and is widened.
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable
from typing import Any

SUMS = {"sum", "prod", "cumsum", "cumprod", "trace"}
"""Methods that add up, or multiply."""
DRAWS = {"randint", "random_integers"}
"""Methods that draw integers of NumPy's default."""
INDEXED = {
    "choose": (9, "a"), "put": (0, "indices"), "repeat": (0, "repeats"),
    "searchsorted": (9, "sorter"),
}  # fmt: skip
"""Methods with an argument of places: its position and name. That of the function is one on."""
HELPER = "__fireside_{}__"
"""The names, among the built-in ones, of what rewritten code calls."""

_PLAIN = {type(None), bool, int, float, str, bytes, dict, set}
_MOST_ARRAYS = 100  # in a tuple or a list that a function returns
_WIDTHS = {
    "int": "int64", "int_": "int64", "intp": "int64", "long": "int64", "l": "int64", "p": "int64",
    "uint": "uint64", "uintp": "uint64", "ulong": "uint64", "L": "uint64", "P": "uint64",
    "int32": "intc", "i4": "intc", "<i4": "intc", "=i4": "intc",
    "uint32": "uintc", "u4": "uintc", "<u4": "uintc", "=u4": "uintc",
}  # fmt: skip


def wide(value: Any) -> Any:
    """Return a value with 64 bits, if NumPy's default has made it one of 32."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return value
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        char = value.dtype.char
        if char == "l":
            return value.astype(numpy.int64)
        return value.astype(numpy.uint64) if char == "L" else value
    if (kind is tuple or kind is list) and _has_default(value, numpy):
        return kind(map(wide, value))
    if isinstance(value, tuple) and hasattr(value, "_make"):
        return value._make(map(wide, value))
    if getattr(getattr(value, "dtype", None), "char", "") == "l":  # a series of pandas
        return value.astype("int64")
    return value


def _has_default(values: Any, numpy: Any) -> bool:
    """Return whether a result is of several arrays, and some have NumPy's default type."""
    if not 0 < len(values) <= _MOST_ARRAYS:
        return False
    return any(
        isinstance(each, (numpy.ndarray, numpy.generic)) and each.dtype.char in "lL"
        for each in values
    )


def kind(dtype: Any) -> Any:
    """Return a dtype as the user means it: ``int`` has 64 bits."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return dtype
    if dtype is int:
        return numpy.int64
    if dtype is numpy.int32:
        return numpy.intc
    if dtype is numpy.uint32:
        return numpy.uintc
    if isinstance(dtype, str):
        return _WIDTHS.get(dtype, dtype)
    if isinstance(dtype, dict):
        return {name: kind(each) for name, each in dtype.items()}
    if isinstance(dtype, list):
        return [(each[0], kind(each[1]), *each[2:]) if _is_field(each) else each for each in dtype]
    if isinstance(dtype, numpy.dtype) and dtype.char in "lL" and dtype.isnative:
        return numpy.dtype("i" if dtype.char == "l" else "I")
    return dtype


def _is_field(each: Any) -> bool:
    return isinstance(each, tuple) and len(each) > 1


def method(of: Any, name: str) -> Any:
    """Return a method that adds up integers of few bits in 64, and draws such."""
    numpy = sys.modules.get("numpy")
    found = getattr(of, name)
    if numpy is None:
        return found
    if isinstance(of, numpy.random.RandomState):
        return functools.partial(drawn, found) if name in DRAWS else found
    if name in INDEXED and type(of).__module__.startswith(("numpy", "pandas")):
        return indexed(getattr(narrow(of), name) if name == "choose" else found, name, 0)
    if name not in SUMS or not isinstance(of, (numpy.ndarray, numpy.generic)):
        return found
    wider = sum_type(of)
    return found if wider is None else functools.partial(_summed, found, wider, name)


def indexed(function: Callable[..., Any], name: str, on: int) -> Callable[..., Any]:
    """Return a function that takes places as NumPy has them here, as every index is taken."""
    place, keyword = INDEXED[name]

    @functools.wraps(function, updated=())
    def call(*args: Any, **options: Any) -> Any:
        args = tuple(narrow(e) if at == place + on else e for at, e in enumerate(args))
        if keyword in options:
            options[keyword] = narrow(options[keyword])
        return wide(function(*args, **options))

    return call


def narrow(places: Any) -> Any:
    import numpy

    if isinstance(places, (numpy.ndarray, numpy.generic)) and places.dtype.char == "q":
        return places.astype(numpy.intp)
    return places


def drawn(draw: Callable[..., Any], *args: Any, **options: Any) -> Any:
    if len(args) < 4:  # the fourth is the dtype
        options["dtype"] = kind(options.get("dtype", int))
    return draw(*args, **options)


def _summed(add: Callable[..., Any], wider: Any, name: str, *args: Any, **options: Any) -> Any:
    before = 3 if name == "trace" else 1  # arguments before the dtype
    if len(args) <= before and options.get("dtype") is None:
        options["dtype"] = wider
    return add(*args, **options)


def sum_type(array: Any) -> Any:
    """Return the type in which NumPy adds up elsewhere, if it is not the one here."""
    import numpy

    dtype = array.dtype
    if dtype.kind in "bi" and dtype.itemsize < 8:
        return numpy.int64
    return numpy.uint64 if dtype.kind == "u" and dtype.itemsize < 8 else None


def arithmetic(name: str, left: Any, right: Any) -> Any:
    """Return the result of an operator; a truth value and an integer make 64 bits."""
    if type(left) is int:
        right = _counted(right)
    elif type(right) is int:
        left = _counted(left)
    return wide(getattr(operator, name)(left, right))


def _counted(value: Any) -> Any:
    return value.astype("int64") if getattr(value, "dtype", None) == "bool" else value


def widened(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose result has 64 bits."""

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        return wide(function(*args, **options))

    return call


HELPERS: dict[str, Any] = {
    HELPER.format(each.__name__): each for each in (wide, kind, method, arithmetic)
}
"""What rewritten code calls, by its names among the built-in ones."""
