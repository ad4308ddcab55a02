"""Run cells one after the other in one namespace, as a notebook does. Runs in the guest."""

from __future__ import annotations

import ast
import builtins
import io
import linecache
import re
import sys
import time
import traceback
import warnings
from types import CodeType, TracebackType
from typing import Any

import fireside_integers
import fireside_numpy
import fireside_rewriting

OWN = "<fireside"
"""What the names of files begin with that are not the user's."""
FAILED, DRAWN, RAN = 1, 2, 64
"""Bits of a cell's exit status: it raised an exception, there are open figures, it was run."""
_COROUTINE = 0x80  # of a code's flags
_LIVE_S = 0.1
_AT_ONCE = 100  # writes within _LIVE_S that are seen at once: each takes 0.1 ms
_DIGITS = 100_000  # of an integer as text; Python's own limit is 4,300
_MAGIC = re.compile(r"^%(?:matplotlib|config|load_ext|autoreload)\b.*$", re.MULTILINE)
_SHELL = re.compile(r"^\s*[!%]", re.MULTILINE)
_NO_SITE = (
    ". Site initialization is disabled, did you forget to add the site-packages directory to"
    " sys.path or to enable your virtual environment?"
)


class _Live(io.TextIOWrapper):
    """A stream that is seen while a cell runs: what is written is passed on, unless it floods.

    Of a flood, some is passed on every ``_LIVE_S``.
    """

    _since, _left = 0.0, _AT_ONCE

    def write(self, text: str) -> int:
        count = super().write(text)
        if (now := time.monotonic()) - self._since > _LIVE_S:
            self._since, self._left = now, _AT_ONCE
        if self._left > 0:
            self._left -= 1
            self.flush()
        return count

    def close(self) -> None:
        """Stay open: the next cell prints, too."""
        self.flush()


class Notebook:
    """The namespace of the cells, and their number."""

    def __init__(self) -> None:
        self._streams = {}
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            live = _Live(stream.detach(), stream.encoding, stream.errors, "\n")
            self._streams[name] = self._streams[f"__{name}__"] = live
        sys.set_int_max_str_digits(_DIGITS)
        warnings.filterwarnings("ignore", message="FigureCanvas.* is non-interactive")
        self._count = 0
        self._names = sys.modules["__main__"].__dict__
        self._builtins = {
            **vars(builtins),
            "__import__": fireside_numpy.importer(builtins.__import__),
            "sum": fireside_integers.widened(builtins.sum),
            "display": _display,
            "exit": _leave,
            "quit": _leave,
            **fireside_integers.HELPERS,
        }

    def run(self, source: str) -> int:
        """Run a cell, print its last expression's value, and return its exit status."""
        self._count += 1
        self._names["__builtins__"] = self._builtins
        for stream, live in self._streams.items():
            setattr(sys, stream, live)
        name = f"<cell {self._count}>"
        lines = source.splitlines(keepends=True)
        linecache.cache[name] = (len(source), None, lines, name)
        status = 0
        try:
            self._run(_MAGIC.sub("", source), name)
        except SystemExit as end:
            if end.code not in (None, 0):
                print(f"SystemExit: {end.code}", file=sys.stderr)
                status = FAILED
        except BaseException as error:  # noqa: BLE001 - the cell's own
            self._tell(error, source)
            status = FAILED
        for live in self._streams.values():
            live.flush()
        return RAN | status | (DRAWN if _has_figures() else 0)

    def _run(self, source: str, name: str) -> None:
        body, last = self._compiled(source, name)
        self._evaluate(body)
        if last is None:
            return
        value = self._evaluate(last)
        if value is not None:
            self._names["_"] = value
            _display(value)

    def _evaluate(self, code: CodeType) -> Any:
        value = eval(code, self._names)
        if code.co_flags & _COROUTINE:  # it awaits something outside functions
            import asyncio

            return asyncio.run(value)
        return value

    def _compiled(self, source: str, name: str) -> tuple[CodeType, CodeType | None]:
        """Return the cell and, unless a semicolon ends it, its last expression."""
        tree = ast.parse(source, name)
        if fireside_rewriting.concerns(source):
            tree = fireside_rewriting.widen(tree)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not _is_silent(source):
            last = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
        return (
            compile(tree, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True),
            None
            if last is None
            else compile(last, name, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True),
        )

    def _tell(self, error: BaseException, source: str) -> None:
        """Print a traceback without this program's own frames."""
        seen: set[int] = set()
        each: BaseException | None = error
        while each is not None and id(each) not in seen:
            seen.add(id(each))
            each.__traceback__ = _of_user(each.__traceback__)
            each = each.__cause__ or each.__context__
        text = "".join(traceback.format_exception(error)).replace(_NO_SITE, "")
        print(text + _hint(error, text, source), end="", file=sys.stderr)


def _hint(error: BaseException, text: str, source: str) -> str:
    """Return a line about what there is not here, for an exception that comes of it."""
    if isinstance(error, SyntaxError) and _SHELL.search(source):
        return "Shell commands and IPython's magics are not available here.\n"
    if isinstance(error, ModuleNotFoundError):
        return "Packages cannot be installed here.\n"
    return "There is no network here.\n" if "socket" in text.lower() else ""


def _of_user(frames: TracebackType | None) -> TracebackType | None:
    """Return a traceback from its first frame in a cell on, without our own frames."""
    kept: list[TracebackType] = []
    while frames is not None:
        name = frames.tb_frame.f_code.co_filename
        if name.startswith("<cell ") or (kept and not name.startswith(OWN)):
            kept.append(frames)
        frames = frames.tb_next
    following: TracebackType | None = None
    for each in reversed(kept):
        following = TracebackType(following, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return following


def _leave(code: object = None) -> None:
    """End a cell, as ``exit`` does; the session goes on."""
    raise SystemExit(code)


def _is_silent(source: str) -> bool:
    return source.rstrip().endswith(";")


def _display(*values: Any) -> None:
    """Show values as a notebook does: pictures as pictures, all else by its repr."""
    for value in values:
        draw = getattr(type(value), "_repr_png_", None)
        if draw is not None and "PIL.Image" in sys.modules:
            import fireside_figures

            if fireside_figures.add(draw(value)):
                continue
        print(repr(value))


def _has_figures() -> bool:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return pyplot is not None and bool(pyplot.get_fignums())


_notebook = Notebook()


def turn(source: str) -> None:
    """Run a cell and leave with its exit status."""
    raise SystemExit(_notebook.run(source))
