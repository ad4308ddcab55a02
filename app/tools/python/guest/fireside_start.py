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
    """Imports our own modules, which are in no folder, and tells matplotlib where its data are."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name == "matplotlib":
            found = PathFinder.find_spec(name, path, target)
            if found is not None:
                found.origin = _MATPLOTLIB
            return found
        return ModuleSpec(name, self) if name in SOURCES else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        exec(compile(SOURCES[name], f"<{name}>", "exec"), module.__dict__)


sys.meta_path.insert(0, Finder())
os.chdir("/mnt/data")
import fireside_cell  # noqa: E402, F401
