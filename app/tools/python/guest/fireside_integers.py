"""Integers of 64 bits in NumPy, as on every user's own computer. Runs in the guest.

On WebAssembly's 32 bits NumPy's default integer is C's long, of 32 bits, and overflows in silence.
NumPy itself, pandas and the rest must keep it, so only what the user's code does is changed: its
``import numpy`` gives a copy of the module whose functions make and return 64 bits, and a few
expressions of the code are rewritten, which no module could change.

NumPy has two types of 32 bits here: ``long`` (``l``), the default, and ``intc`` (``i``). An int32
that the code asks for becomes an intc, so whatever is a long was made by default and is widened.
"""

from __future__ import annotations

import ast
import functools
import sys
import types
from collections.abc import Callable
from typing import Any

_LIBRARIES = ("numpy", "pandas", "scipy", "sklearn", "seaborn", "statsmodels", "matplotlib")
_WIDTHS = {
    "int": "int64", "int_": "int64", "intp": "int64", "long": "int64", "l": "int64", "p": "int64",
    "uint": "uint64", "uintp": "uint64", "ulong": "uint64", "L": "uint64", "P": "uint64",
    "int32": "intc", "i4": "intc", "<i4": "intc", "=i4": "intc",
    "uint32": "uintc", "u4": "uintc", "<u4": "uintc", "=u4": "uintc",
}  # fmt: skip
_SUMS = {"sum", "prod", "cumsum", "cumprod", "trace"}
_DRAWS = {"randint", "random_integers"}
_PLACES = {
    "argmax", "argmin", "argsort", "argpartition", "searchsorted", "nonzero", "permutation",
    "choice", "integers", "binomial", "negative_binomial", "poisson", "geometric", "zipf",
    "hypergeometric", "logseries", "multinomial", "dot",
}  # fmt: skip
_DTYPES = {"astype", "view", "dtype", "iinfo", "issubdtype", "can_cast", "to_numpy"}
_TESTS = {"any", "all", "isin", "isna", "isnull", "notna", "notnull", "between", "duplicated"}
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.LShift: "lshift", ast.RShift: "rshift",
}  # fmt: skip
_LISTS = """
    sum prod cumsum cumprod nansum nanprod nancumsum nancumprod dot vdot inner outer matmul
    tensordot cross trace diff ediff1d kron polyval polyadd polymul polysub polydiv max min amax amin ptp
    concatenate stack vstack hstack column_stack dstack sort unique convolve correlate roll flip
    tile repeat append insert delete union1d intersect1d setdiff1d vander
"""  # functions that take lists of numbers
_UFUNCS = """
    add subtract multiply power square floor_divide remainder mod fmod divmod gcd lcm left_shift
    right_shift negative positive absolute abs maximum minimum fmax fmin sign bitwise_and bitwise_or
    bitwise_xor bitwise_not invert float_power true_divide divide matmul vecdot
"""
_HELPERS = "__fireside_{}__"


def concerns(source: str) -> bool:
    """Return whether a cell may use NumPy."""
    return "numpy" in sys.modules or any(name in source for name in _LIBRARIES)


# --- values ----------------------------------------------------------------------------------


def wide(value: Any) -> Any:
    """Return a value with 64 bits, if NumPy's default has made it one of 32."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return value
    kind = type(value)
    if kind is tuple or kind is list:
        return kind(map(wide, value))
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        char = value.dtype.char
        if char == "l":
            return value.astype(numpy.int64)
        if char == "L":
            return value.astype(numpy.uint64)
    elif isinstance(value, tuple) and hasattr(value, "_make"):
        return value._make(map(wide, value))
    return value


def kind(dtype: Any) -> Any:
    """Return a dtype as the user means it: ``int`` has 64 bits."""
    import numpy

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
    import numpy

    found = getattr(of, name)
    if isinstance(of, numpy.random.RandomState):
        return functools.partial(_drawn, found) if name in _DRAWS else found
    if name in _DRAWS or not isinstance(of, (numpy.ndarray, numpy.generic)):
        return found
    wider = _sum_type(of)
    return found if wider is None else functools.partial(_summed, found, wider, name)


def _drawn(draw: Callable[..., Any], *args: Any, **options: Any) -> Any:
    if len(args) < 4:  # the fourth is the dtype
        options["dtype"] = kind(options.get("dtype", int))
    return draw(*args, **options)


def _summed(add: Callable[..., Any], wider: Any, name: str, *args: Any, **options: Any) -> Any:
    before = 3 if name == "trace" else 1  # arguments before the dtype
    if len(args) <= before and options.get("dtype") is None:
        options["dtype"] = wider
    return add(*args, **options)


def _sum_type(array: Any) -> Any:
    """Return the type in which NumPy adds up elsewhere, if it is not the one here."""
    import numpy

    dtype = array.dtype
    if dtype.kind in "bi" and dtype.itemsize < 8:
        return numpy.int64
    return numpy.uint64 if dtype.kind == "u" and dtype.itemsize < 8 else None


def arithmetic(name: str, left: Any, right: Any) -> Any:
    """Return the result of an operator; a truth value and an integer make 64 bits."""
    import operator

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
    _HELPERS.format(each.__name__): each for each in (wide, kind, method, arithmetic)
}
"""What rewritten code calls, by its names among the built-in ones."""

# --- the user's code -------------------------------------------------------------------------


class _Widening(ast.NodeTransformer):
    """Rewrites what no module can change.

    ``masks`` are names that may hold arrays of truth values: arithmetic with these is looked at.
    All other arithmetic is left alone, so a loop is as fast as before.
    """

    def __init__(self, masks: set[str]) -> None:
        self._masks = masks

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        for keyword in node.keywords:
            if keyword.arg in ("dtype", "otypes"):
                keyword.value = _called("kind", keyword.value)
        if not isinstance(node.func, ast.Attribute):
            return node
        name = node.func.attr
        if name in _DTYPES:
            node.args = [
                each if isinstance(each, ast.Starred) else _called("kind", each)
                for each in node.args
            ]
        elif name in _SUMS or name in _DRAWS:
            constant = ast.copy_location(ast.Constant(name), node.func)
            node.func = _called("method", node.func.value, constant)
            return _called("wide", node)
        elif name in _PLACES:
            return _called("wide", node)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        looked_at = self._is_mask(node.left) or self._is_mask(node.right)
        self.generic_visit(node)
        name = _OPERATORS.get(type(node.op))
        if not looked_at or name is None:
            return node
        constant = ast.copy_location(ast.Constant(name), node)
        return _called("arithmetic", constant, node.left, node.right)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        looked_at = self._is_mask(node.value)
        self.generic_visit(node)
        name = _OPERATORS.get(type(node.op))
        if not looked_at or name is None or not isinstance(node.target, ast.Name):
            return node
        before = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
        constant = ast.copy_location(ast.Constant("i" + name), node)
        value = _called("arithmetic", constant, before, node.value)
        return ast.copy_location(ast.Assign([node.target], value), node)

    def _is_mask(self, node: ast.expr) -> bool:
        return any(_tests(each, self._masks) for each in ast.walk(node))


def _called(helper: str, *args: ast.expr) -> ast.Call:
    name = ast.copy_location(ast.Name(_HELPERS.format(helper), ast.Load()), args[-1])
    return ast.copy_location(ast.Call(name, list(args), []), args[-1])


def _tests(node: ast.AST, masks: set[str]) -> bool:
    """Return whether an expression may be an array of truth values."""
    match node:
        case ast.Compare() | ast.Constant(True | False):
            return True
        case ast.Name(name):
            return name in masks or name == "bool"
        case ast.Attribute(attr=name):
            return name in masks or name in _TESTS or name.startswith("is") or "logical" in name
    return False


_masks: set[str] = set()


def widen(tree: ast.Module) -> ast.Module:
    """Rewrite a cell, in place."""
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        match node:
            case ast.Assign(targets=targets, value=value):
                pass
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                targets = [target]
            case ast.NamedExpr(target=target, value=value):
                targets = [target]
            case _:
                continue
        if any(_tests(each, _masks) for each in ast.walk(value)):
            _masks.update(_names(targets))
    widened_tree = _Widening(_masks).visit(tree)
    assert isinstance(widened_tree, ast.Module)
    return ast.fix_missing_locations(widened_tree)


def _names(targets: list[ast.expr]) -> set[str]:
    """Return the names that are assigned to; of ``x.flag`` and ``x["flag"]`` the last."""
    found = set()
    for target in targets:
        for each in ast.walk(target):
            match each:
                case ast.Name(name, ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                    found.add(name)
                case ast.Subscript(ast.Name(name), ast.Constant(str()), ast.Store()):
                    found.add(name)
    return found


# --- the module ------------------------------------------------------------------------------


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
    for name in _DRAWS & vars(numpy.random).keys():
        setattr(own.random, name, functools.partial(_drawn, getattr(numpy.random, name)))
    names: dict[str, Any] = vars(own)
    for name in _LISTS.split():
        if hasattr(numpy, name):
            names[name] = _function(getattr(numpy, name), lists=True)
    for name in _UFUNCS.split():
        if hasattr(numpy, name):
            names[name] = _Ufunc(getattr(numpy, name))
    for name in ("sum", "prod", "cumsum", "cumprod", "trace"):
        names[name] = _reducer(name, names[name])
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
        own.__dict__[name] = _function(value) if wrapped and name[:1] != "_" else value
    own.__getattr__ = lambda name: getattr(module, name)  # type: ignore[method-assign]
    return own


def _is_ufunc(value: Any) -> bool:
    return isinstance(value, sys.modules["numpy"].ufunc)


def _function(function: Callable[..., Any], *, lists: bool = False) -> Callable[..., Any]:
    """Return a function that takes ``int`` for 64 bits, and returns such."""

    @functools.wraps(function, updated=())
    def call(*args: Any, **options: Any) -> Any:
        args = tuple(_argument(each, lists) for each in args)
        for name in ("dtype", "otypes"):
            if name in options:
                options[name] = kind(options[name])
        return wide(function(*args, **options))

    return call


def _argument(value: Any, lists: bool) -> Any:
    import numpy

    if isinstance(value, type):
        return kind(value)
    if lists and isinstance(value, (list, tuple, range)):
        return _listed(value)
    if isinstance(value, numpy.dtype):
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
        if isinstance(values, (numpy.ndarray, numpy.generic)) and (wider := _sum_type(values)):
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
            if name in ("reduce", "accumulate") and args and "dtype" not in options:
                wider = _sum_type(sys.modules["numpy"].asarray(args[0]))
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
            return wide(super().__call__(*map(_listed_or_same, args), **options))

    return vectorize


def _listed_or_same(value: Any) -> Any:
    return _listed(value) if isinstance(value, (list, tuple, range)) else value


def _poly1d(numpy: Any) -> type:
    base: type = numpy.poly1d

    class poly1d(base):  # type: ignore[misc]
        def __init__(self, coefficients: Any, *args: Any, **options: Any) -> None:
            super().__init__(_listed_or_same(coefficients), *args, **options)

    return poly1d
