"""Rewrites what a cell does with NumPy's integers, where no module could change it.

Runs in the guest; see `fireside_integers`.
"""

from __future__ import annotations

import ast
import sys

from fireside_integers import DRAWS, HELPER, INDEXED, SUMS

_LIBRARIES = ("numpy", "pandas", "scipy", "sklearn", "seaborn", "statsmodels", "matplotlib")
_DTYPES = {"astype", "view", "dtype", "iinfo", "issubdtype", "can_cast", "to_numpy"}
_TESTS = {"any", "all", "isin", "isna", "isnull", "notna", "notnull", "between", "duplicated"}
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.LShift: "lshift", ast.RShift: "rshift",
}  # fmt: skip


def concerns(source: str) -> bool:
    """Return whether a cell may use NumPy."""
    return "numpy" in sys.modules or any(name in source for name in _LIBRARIES)


class _Widening(ast.NodeTransformer):
    """Rewrites what no module can change.

    ``masks`` are names that may hold arrays of truth values: arithmetic with these is looked at.
    All other arithmetic is left alone, so a loop is as fast as before. So is a call whose result
    nobody takes; ``last`` is the expression whose value is shown. ``imported`` are functions of
    libraries, by the names that they were imported under.
    """

    def __init__(self, masks: set[str], imported: set[str], last: ast.stmt | None) -> None:
        self._masks, self._imported, self._last = masks, imported, last

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        self.generic_visit(node)
        if isinstance(call, ast.Call) and node is not self._last:
            node.value = call
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        for keyword in node.keywords:
            if keyword.arg in ("dtype", "otypes"):
                keyword.value = _called("kind", keyword.value)
        if isinstance(node.func, ast.Name) and node.func.id in self._imported:
            return _called("wide", node)
        if not isinstance(node.func, ast.Attribute):
            return node
        name = node.func.attr
        if name in _DTYPES:
            node.args = [
                each if isinstance(each, ast.Starred) else _called("kind", each)
                for each in node.args
            ]
        elif name in SUMS or name in DRAWS or name in INDEXED:
            constant = ast.copy_location(ast.Constant(name), node.func)
            node.func = _called("method", node.func.value, constant)
        return _called("wide", node)

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
    name = ast.copy_location(ast.Name(HELPER.format(helper), ast.Load()), args[-1])
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
_imported: set[str] = set()
_functions: dict[str, list[str]] = {}
"""Of all cells so far: names of masks, of libraries' functions, and functions' parameters."""


def widen(tree: ast.Module) -> ast.Module:
    """Rewrite a cell, in place."""
    _note_definitions(tree)
    for _ in range(2):  # a mask may be given a name before and after it is passed on
        _note_masks(tree)
    last = tree.body[-1] if tree.body else None
    widened_tree = _Widening(_masks, _imported, last).visit(tree)
    assert isinstance(widened_tree, ast.Module)
    return ast.fix_missing_locations(widened_tree)


def _note_definitions(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name, args) | ast.AsyncFunctionDef(name, args):
                _functions[name] = [arg.arg for arg in (*args.posonlyargs, *args.args)]
            case ast.Assign([ast.Name(name)], ast.Lambda(args)):
                _functions[name] = [arg.arg for arg in (*args.posonlyargs, *args.args)]
            case ast.ImportFrom(module=str(module), names=names):
                if module.partition(".")[0] not in sys.stdlib_module_names:
                    _imported.update(each.asname or each.name for each in names)


def _note_masks(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                _note(targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                _note([target], value)
            case ast.NamedExpr(target=target, value=value):
                _note([target], value)
            case ast.Call(ast.Name(name) | ast.Attribute(attr=name), args, keywords):
                parameters = _functions.get(name, [])
                for at, value in enumerate(args):
                    if parameters and _may_be_mask(value):  # a method has one parameter more
                        _masks.update(parameters[at : at + 2])
                _masks.update(k.arg for k in keywords if k.arg and _may_be_mask(k.value))


def _note(targets: list[ast.expr], value: ast.expr) -> None:
    if _may_be_mask(value):
        _masks.update(_names(targets))


def _may_be_mask(value: ast.expr) -> bool:
    return any(_tests(each, _masks) for each in ast.walk(value))


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
