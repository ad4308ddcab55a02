"""Small faults: one node of a file's syntax tree, replaced.

Left out: annotations, decorators, docstrings and all other text, names of threads, code for other
systems than this one, and `if TYPE_CHECKING`.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OTHER_WAY: dict[type[ast.AST], tuple[type[Any], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.FloorDiv,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.Mult,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitAnd: (ast.BitOr,),
}
_WITHOUT_EFFECT = {"suppress", "closing", "cast", "TypeVar", "field"}


@dataclass(frozen=True)
class Mutant:
    """A file with one fault.

    ``name`` says where and what, without the line number; ``place`` ends in () inside a function,
    which does not run at import.
    """

    file: str
    place: str
    name: str
    line: int
    last: int
    start: int
    end: int
    text: str

    @property
    def key(self) -> str:
        """A key that stays the same when the code moves within the file."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:16]

    def written(self, source: bytes) -> bytes:
        """Return the whole file with the fault."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def diff(self, source: bytes) -> str:
        """Return the changed lines as a diff."""
        begin = source.rfind(b"\n", 0, self.start) + 1
        stop = (source.find(b"\n", self.end) + 1 or len(source) + 1) - 1
        before = source[begin:stop].decode()
        after = (source[begin : self.start] + self.text.encode() + source[self.end : stop]).decode()
        lines = [f"- {line}" for line in before.splitlines()]
        return "\n".join([*lines, *(f"+ {line}" for line in after.splitlines())])


def mutants(root: Path, file: str) -> list[Mutant]:
    """Return all mutants of a file."""
    source = (root / file).read_bytes()
    starts = [0]
    for line in source.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    seen: dict[str, int] = {}
    result = []
    for place, node, text in _Walk().all(ast.parse(source)):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        if source[start:end].decode() == text:
            continue
        name = f"{file}: {place}: {' '.join(source[start:end].decode().split())} -> {text}"
        seen[name] = seen.get(name, 0) + 1
        last = node.end_lineno or node.lineno
        name = f"{name} #{seen[name]}"
        result.append(Mutant(file, place, name, node.lineno, last, start, end, text))
    return result


Fault = tuple[str, ast.expr | ast.stmt, str]


class _Walk:
    """Walks a tree with the names of the enclosing definitions."""

    def __init__(self) -> None:
        self._where: list[str] = []

    def all(self, tree: ast.Module) -> Iterator[Fault]:
        yield from self._body(tree.body)

    def _body(self, statements: list[ast.stmt]) -> Iterator[Fault]:
        for statement in statements:
            yield from self._statement(statement)

    def _statement(self, node: ast.stmt) -> Iterator[Fault]:
        place = ".".join(self._where)
        match node:
            case ast.ClassDef(name):
                self._where.append(name)
                yield from self._body(node.body)
                self._where.pop()
                return
            case ast.FunctionDef(name):
                for default in (*node.args.defaults, *node.args.kw_defaults):
                    if default:
                        yield from self._expression(default)
                self._where.append(f"{name}()")
                yield from self._body(node.body)
                self._where.pop()
                return
            case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.Global():
                return
            case ast.If() if _is_for_others(node.test):
                yield from self._body(node.orelse)
                return
            case ast.Expr(ast.Constant()):
                return
            case ast.Expr(ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign():
                yield place, node, "pass"
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                if place.rpartition(".")[2] != "__init__()":
                    yield place, node, "pass"
            case ast.Delete() | ast.Raise():
                yield place, node, "pass"
            case ast.Return(value=ast.expr() as value) if not _is_none(value):
                yield place, node, "return None"
            case ast.Continue():
                yield place, node, "pass"
            case ast.Break():
                yield place, node, "continue"
            case ast.If(test=test) | ast.While(test=test):
                yield from self._condition(test)
            case _:
                pass
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "targets", "target", "decorator_list"):
                continue
            if isinstance(node, ast.Raise):  # messages of exceptions do not matter
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.stmt):
                    yield from self._statement(child)
                elif isinstance(child, ast.expr):
                    yield from self._expression(child)
                elif isinstance(child, ast.ExceptHandler | ast.match_case):
                    if isinstance(child, ast.match_case) and child.guard:
                        yield from self._expression(child.guard)
                    yield from self._body(child.body)
                elif isinstance(child, ast.withitem):
                    yield from self._expression(child.context_expr)

    def _condition(self, test: ast.expr) -> Iterator[Fault]:
        if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.NamedExpr):
            yield ".".join(self._where), test, f"(not {ast.unparse(test)})"

    def _expression(self, node: ast.expr) -> Iterator[Fault]:
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Call) and _is_idle(node)):
            return
        place = ".".join(self._where)
        for other in _others(node):
            yield place, node, other
        if isinstance(node, ast.IfExp):
            yield from self._condition(node.test)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.keyword) and child.arg != "name":
                yield from self._expression(child.value)
            elif isinstance(child, ast.comprehension):
                yield from self._expression(child.iter)
                for test in child.ifs:
                    yield from self._condition(test)
                    yield from self._expression(test)
            elif isinstance(child, ast.expr):
                yield from self._expression(child)


def _others(node: ast.expr) -> Iterator[str]:
    """Yield replacements for an expression."""
    match node:
        case ast.Compare(left, [op], [right]):
            for other in _OTHER_WAY[type(op)]:
                yield f"({ast.unparse(ast.Compare(left, [other()], [right]))})"
        case ast.Compare(left, ops, rights):
            for at, op in enumerate(ops):
                for other in _OTHER_WAY[type(op)]:
                    changed = [*ops[:at], other(), *ops[at + 1 :]]
                    yield f"({ast.unparse(ast.Compare(left, changed, rights))})"
        case ast.BoolOp(op, values):
            yield f"({ast.unparse(ast.BoolOp(_OTHER_WAY[type(op)][0](), values))})"
        case ast.UnaryOp(ast.Not(), operand):
            yield f"({ast.unparse(operand)})"
        case ast.BinOp(left, op, right) if not (_is_text(left) or _is_text(right)):
            for other in _OTHER_WAY.get(type(op), ()):
                yield f"({ast.unparse(ast.BinOp(left, other(), right))})"
        case ast.Constant(bool() as value):
            yield str(not value)
        case ast.Constant(int() as value):
            yield str(value + 1)
            yield f"({value - 1})"
        case ast.Constant(float() as value):
            yield str(value * 120 if value else 120.0)
        case ast.Call(func, [ast.expr() as one, ast.expr() as two, *rest], keywords):
            starred = any(isinstance(argument, ast.Starred) for argument in (one, two))
            if not starred and ast.dump(one) != ast.dump(two) and not _is_symmetric(func):
                yield ast.unparse(ast.Call(func, [two, one, *rest], keywords))
        case _:
            pass


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def _is_idle(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    return name in _WITHOUT_EFFECT


def _is_symmetric(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id in ("max", "min")


def _is_for_others(test: ast.expr) -> bool:
    """Return whether a branch never runs on this system."""
    text = ast.unparse(test)
    if text == "TYPE_CHECKING":
        return True
    if text.startswith(("sys.platform ==", "os.name ==")):
        return not eval(text, {"sys": sys, "os": __import__("os")})  # constant for this system
    return False
