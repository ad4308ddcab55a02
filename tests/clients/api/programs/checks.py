"""What the programs share: where the server is, and a decorator that runs and reports a check.

It runs in the clients' own environments, and needs nothing but Python.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

E = TypeVar("E", bound=Exception)
URL = os.environ["FIRESIDE_URL"]
TOKEN = os.environ["FIRESIDE_TOKEN"]
MODEL = os.environ["FIRESIDE_MODEL"]
FOLDER = Path(os.environ["FIRESIDE_FOLDER"])
SCRIPTED = os.environ["FIRESIDE_ENGINE"] == "scripted"
"""Whether what is answered is known; the demo model answers anything."""


def check(work: Callable[[], Any]) -> Callable[[], Any]:
    """Run a check, named as its function is, and report it; a coroutine is awaited."""
    try:
        result = work()
        if inspect.iscoroutine(result):
            asyncio.run(result)
        report(work.__name__.replace("_", " "), True)
    except Exception as error:  # noqa: BLE001 - reported
        where = traceback.extract_tb(error.__traceback__)[1:2]
        line = f"line {where[0].lineno}: {where[0].line}: " if where else ""
        report(work.__name__.replace("_", " "), False, f"{line}{type(error).__name__}: {error}")
    return work


def scripted(work: Callable[[], Any]) -> Callable[[], Any]:
    """Run and report a check for which the answers have to be known."""
    return check(work) if SCRIPTED else work


def unscripted(work: Callable[[], Any]) -> Callable[[], Any]:
    """Run and report a check of what the demo model can do."""
    return work if SCRIPTED else check(work)


def report(name: str, good: bool, detail: str = "") -> None:
    """Report a check."""
    line = json.dumps({"name": name, "good": good, "detail": detail[:1000]})
    with open(os.environ["FIRESIDE_CHECKS"], "a", encoding="utf-8") as file:
        file.write(line + "\n")


def raised(kind: type[E], work: Callable[..., Any], *given: Any, **named: Any) -> E:
    """Return the error that something raises."""
    try:
        found = work(*given, **named)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}, but {found!r:.200}")


def same(found: object, expected: object) -> None:
    """Compare two values; with the demo model, only whether there is one."""
    if SCRIPTED:
        assert found == expected, f"{found!r} is not {expected!r}"
    else:
        assert found is not None
