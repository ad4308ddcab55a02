"""What a session begins with. Runs in the guest, with SOURCES: the modules beside this one."""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

SOURCES: dict[str, str] = globals()["SOURCES"]
_MATPLOTLIB = "/usr/share/matplotlib/__init__.py"  # beside its data


class Finder:
    """Imports our own modules, which are in no folder, and mends two others.

    matplotlib is told where its data are, and asyncio that there are no sockets, with which other
    threads would wake it.
    """

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name in SOURCES:
            return ModuleSpec(name, self)  # type: ignore[arg-type]
        if name not in ("matplotlib", "asyncio.selector_events"):
            return None
        found = PathFinder.find_spec(name, path, target)
        if found is not None and name == "matplotlib":
            found.origin = _MATPLOTLIB
        elif found is not None:
            found.loader = _WithoutSockets(found.loader)  # type: ignore[assignment]
        return found

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        exec(compile(SOURCES[name], f"<{name}>", "exec"), module.__dict__)


class _WithoutSockets:
    """A loader of asyncio's loop."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: Any) -> None:
        self._loader.exec_module(module)
        loop = module.BaseSelectorEventLoop
        loop._ssock = loop._csock = None
        loop._make_self_pipe = loop._close_self_pipe = lambda self: None


sys.meta_path.insert(0, Finder())
os.chdir("/mnt/data")
import fireside_cell  # noqa: E402, F401
