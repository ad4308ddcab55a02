"""NumPy as the user's code sees it, with integers of 64 bits.

Runs in the guest; see `fireside_integers`.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

from fireside_integers import DRAWS, SUMS, drawn, indexed, kind, narrow, sum_type, wide

_LISTS = """
    append array_equal concatenate convolve correlate cross dot einsum inner insert interp
    intersect1d kron matmul outer polyadd polydiv polymul polysub polyval put searchsorted setdiff1d
    setxor1d tensordot union1d vdot
"""  # functions, all of whose lists are of numbers; else it is the first
_SHAPES = """
    array asanyarray asarray block broadcast_shapes choose empty eye fromiter full identity indices
    ix_ ones rand randn savez shuffle tri zeros
"""  # functions whose first list is none
_UFUNCS = """
    add subtract multiply power square floor_divide remainder mod fmod divmod gcd lcm left_shift
    right_shift negative positive absolute abs maximum minimum fmax fmin sign bitwise_and bitwise_or
    bitwise_xor bitwise_not invert float_power true_divide divide matmul vecdot
"""


def importer(imports: Callable[..., Any]) -> Callable[..., Any]:
    """Return an ``__import__`` for the user's code, which gives it its own NumPy."""

    def import_module(
        name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        module = imports(name, globals, locals, fromlist, level)
        if level or name.partition(".")[0] not in ("numpy", "pylab", "matplotlib"):
            return module
        own = _own_numpy() if "numpy" in sys.modules else None
        if own is None or not name.startswith(("numpy", "pylab", "matplotlib.pylab")):
            return module
        if "pylab" in name:
            return module
        if not fromlist:
            return own
        for part in name.split(".")[1:]:
            own = getattr(own, part)
        return own

    return import_module


@functools.cache
def _own_numpy() -> types.ModuleType:
    """Return NumPy as the user's code sees it."""
    import numpy

    _show_64_bits(numpy)
    own = _copy_of(numpy)
    own.random = _copy_of(numpy.random)  # type: ignore[attr-defined]
    own.linalg = _copy_of(numpy.linalg)  # type: ignore[attr-defined]
    own.ma = _copy_of(numpy.ma)  # type: ignore[attr-defined]
    for name in DRAWS & vars(numpy.random).keys():
        setattr(own.random, name, functools.partial(drawn, getattr(numpy.random, name)))
    names: dict[str, Any] = vars(own)
    for name in _LISTS.split():
        if hasattr(numpy, name):
            names[name] = _function(getattr(numpy, name), 9)
    for name in _UFUNCS.split():
        if hasattr(numpy, name):
            names[name] = _Ufunc(getattr(numpy, name))
    for name in SUMS:
        names[name] = _reducer(name, names[name])
    for name in ("put", "repeat", "searchsorted"):
        names[name] = indexed(names[name], name, 1)
    names["choose"] = _choose(numpy)
    for name in ("mgrid", "ogrid", "r_", "c_"):
        names[name] = _Grid(getattr(numpy, name))
    names.update(
        int_=numpy.int64, intp=numpy.int64, long=numpy.int64, uint=numpy.uint64,
        uintp=numpy.uint64, ulong=numpy.uint64, int32=numpy.intc, uint32=numpy.uintc,
        arange=_arange(numpy), where=_where(numpy), full=_full(numpy),
        apply_along_axis=_along_axis(numpy), vectorize=_vectorize(numpy), poly1d=_poly1d(numpy),
        matrix=_function(numpy.matrix), iinfo=_function(numpy.iinfo),
    )  # fmt: skip
    return own


def _show_64_bits(numpy: Any) -> None:
    """Have arrays of int64 shown without their type, as where that is the default."""
    from numpy._core import arrayprint

    shown: list[Any] = arrayprint._typelessdata  # type: ignore[attr-defined]
    shown[:] = [numpy.int64 if each is numpy.int32 else each for each in shown]


def _copy_of(module: types.ModuleType) -> types.ModuleType:
    """Return a copy of a module whose functions make and return 64 bits."""
    own = types.ModuleType(module.__name__, module.__doc__)
    for name, value in vars(module).items():
        wrapped = callable(value) and not isinstance(value, type) and not _is_ufunc(value)
        lists = 0 if name in _SHAPES.split() else 1
        own.__dict__[name] = _function(value, lists) if wrapped and name[:1] != "_" else value
    own.__getattr__ = lambda name: getattr(module, name)  # type: ignore[method-assign]
    return own


def _is_ufunc(value: Any) -> bool:
    return isinstance(value, sys.modules["numpy"].ufunc)


def _function(function: Callable[..., Any], lists: int = 0) -> Callable[..., Any]:
    """Return a function that takes ``int`` for 64 bits, and returns such.

    So many of its first arguments may be lists of numbers.
    """

    @functools.wraps(function, updated=())
    def call(*args: Any, **options: Any) -> Any:
        args = tuple(_argument(each, place, lists) for place, each in enumerate(args))
        for name in ("dtype", "otypes"):
            if name in options:
                options[name] = kind(options[name])
        return wide(function(*args, **options))

    return call


def _argument(value: Any, place: int, lists: int) -> Any:
    import numpy

    if isinstance(value, (list, tuple, range)):
        return _listed(value) if place < lists else value
    named = isinstance(value, str) and place > 0 and len(value) > 1
    if named or isinstance(value, (type, numpy.dtype)):
        return kind(value)
    return value


def _listed(value: Any) -> Any:
    """Return a list of integers as an array of 64 bits, and lists of arrays with such."""
    import numpy

    if any(isinstance(each, numpy.ndarray) for each in value):
        return type(value)(map(wide, value)) if isinstance(value, (list, tuple)) else value
    try:
        array = numpy.asarray(value)
    except Exception:  # noqa: BLE001 - the function itself says it better
        return value
    return array.astype(numpy.int64) if array.dtype.char == "l" else value


def _reducer(name: str, wrapped: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that adds up integers of few bits in 64."""
    import numpy

    @functools.wraps(wrapped)
    def call(values: Any, *args: Any, **options: Any) -> Any:
        if isinstance(values, (numpy.ndarray, numpy.generic)) and (wider := sum_type(values)):
            before = 3 if name == "trace" else 1
            if len(args) <= before and options.get("dtype") is None:
                options["dtype"] = wider
        return wrapped(values, *args, **options)

    return call


class _Ufunc:
    """A ufunc that takes lists and integers with 64 bits, and its methods."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self.__name__, self.__doc__ = function.__name__, function.__doc__

    def __call__(self, *args: Any, **options: Any) -> Any:
        return wide(self._function(*_operands(args), **_typed(options)))

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._function, name)
        if not callable(found):
            return found

        @functools.wraps(found)
        def call(*args: Any, **options: Any) -> Any:
            options = _typed(options)
            if name == "reduceat":
                args = (*args[:1], *map(narrow, args[1:2]), *args[2:])
                return wide(found(*args, **options))
            if name in ("reduce", "accumulate") and args and "dtype" not in options:
                wider = sum_type(sys.modules["numpy"].asarray(args[0]))
                if wider is not None and self.__name__ in ("add", "multiply"):
                    options["dtype"] = wider
            return wide(found(*_operands(args), **options))

        return call

    def __repr__(self) -> str:
        return repr(self._function)


def _typed(options: dict[str, Any]) -> dict[str, Any]:
    return {name: kind(each) if name == "dtype" else each for name, each in options.items()}


def _operands(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return operands, none of which has 32 bits by default: an integer beside an array has its."""
    import numpy

    args = tuple(_listed(each) if isinstance(each, (list, tuple, range)) else each for each in args)
    beside = [each for each in args if isinstance(each, (numpy.ndarray, numpy.generic))]
    if any(each.dtype != "bool" for each in beside):
        return args
    return tuple(_integer(each) for each in args)


def _integer(value: Any) -> Any:
    import numpy

    fits = type(value) is int and -(2**63) <= value < 2**63
    return numpy.int64(value) if fits else value


class _Grid:
    """``numpy.r_`` and its like, with 64 bits."""

    def __init__(self, of: Any) -> None:
        self._of = of

    def __getitem__(self, key: Any) -> Any:
        return wide(self._of[key])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)


def _arange(numpy: Any) -> Callable[..., Any]:
    @functools.wraps(numpy.arange)
    def arange(*args: Any, **options: Any) -> Any:
        numbers = [*args[:3], *(options[n] for n in ("start", "stop", "step") if n in options)]
        if len(args) > 3:
            args = (*args[:3], kind(args[3]), *args[4:])
        elif "dtype" in options:
            options["dtype"] = kind(options["dtype"])
        elif all(each is None or isinstance(each, (int, numpy.integer)) for each in numbers):
            options["dtype"] = numpy.int64
        return numpy.arange(*args, **options)

    return arange


def _where(numpy: Any) -> Callable[..., Any]:
    @functools.wraps(numpy.where)
    def where(condition: Any, *choices: Any, **options: Any) -> Any:
        return wide(numpy.where(condition, *_operands(choices), **options))

    return where


def _choose(numpy: Any) -> Callable[..., Any]:
    @functools.wraps(numpy.choose)
    def choose(places: Any, choices: Any, *args: Any, **options: Any) -> Any:
        return wide(numpy.choose(narrow(places), _listed(choices), *args, **options))

    return choose


def _full(numpy: Any) -> Callable[..., Any]:
    @functools.wraps(numpy.full)
    def full(shape: Any, value: Any, dtype: Any = None, *args: Any, **options: Any) -> Any:
        value = _listed(value) if isinstance(value, (list, tuple, range)) else _integer(value)
        return wide(numpy.full(shape, value, kind(dtype), *args, **options))

    return full


def _returning(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose integers are of NumPy's, so that they set the type of a result."""

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        return _integer(function(*args, **options))

    return call


def _along_axis(numpy: Any) -> Callable[..., Any]:
    @functools.wraps(numpy.apply_along_axis)
    def apply_along_axis(function: Any, *args: Any, **options: Any) -> Any:
        return wide(numpy.apply_along_axis(_returning(function), *args, **options))

    return apply_along_axis


def _vectorize(numpy: Any) -> type:
    base: type = numpy.vectorize

    class vectorize(base):  # type: ignore[misc]
        def __init__(self, pyfunc: Any = None, otypes: Any = None, **options: Any) -> None:
            if callable(pyfunc):
                pyfunc = _returning(pyfunc)
            if isinstance(otypes, (list, tuple)):
                otypes = [kind(each) for each in otypes]
            elif isinstance(otypes, str):
                otypes = otypes.replace("l", "q")
            given = {} if pyfunc is None else {"pyfunc": pyfunc}
            super().__init__(**given, otypes=otypes, **options)

        def __call__(self, *args: Any, **options: Any) -> Any:
            return wide(super().__call__(*map(_widened, args), **options))

    return vectorize


def _widened(value: Any) -> Any:
    return _listed(value) if isinstance(value, (list, tuple, range)) else _integer(value)


def _poly1d(numpy: Any) -> type:
    base: type = numpy.poly1d

    class poly1d(base):  # type: ignore[misc]
        def __init__(self, coefficients: Any, *args: Any, **options: Any) -> None:
            super().__init__(_widened(coefficients), *args, **options)

    return poly1d
