"""What llama.cpp's Vulkan library is compiled with on Linux: Debian 13's, on any other one, too.

Debian 12's shader compiler knows no cooperative matrices and no integer dot products, and its
headers are too old. Here are Debian 13's, unpacked into a folder; the compiler runs by the loader
and the libraries that it was built for, beside the system's own. `resources/outside.toml` names
the packages.
"""

from __future__ import annotations

import hashlib
import io
import re
import shlex
import shutil
import tarfile
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.base import outside

NEEDED = ("GL_KHR_cooperative_matrix", "GL_NV_cooperative_matrix2", "GL_EXT_integer_dot_product")
"""Extensions of the shaders' language that the compiler has to know."""
SHADERS = (
    "SPV_KHR_cooperative_matrix",
    "SPV_NV_cooperative_matrix2",
    "SPV_KHR_integer_dot_product",
)
"""What compiled shaders that use them say that they need."""
_PATIENCE_S = 60


class ShaderError(Exception):
    """Vulkan's library would be slow on every graphics card, and nothing else would tell."""


def packages(machine: str) -> dict[str, str]:
    """Return the packages for a kind of ``machine`` with their SHA-256; none for most kinds."""
    found: dict[str, str] = outside.value("vulkan_tools")["packages"].get(machine, {})
    return found


def flags(build: Path, machine: str) -> list[str]:
    """Return CMake's flags for it, after fetching what they name into ``build``.

    Without packages for this kind of ``machine`` there are none, and CMake looks for its own.
    Raises OSError, TarError, and ShaderError for a package that cannot be had or is another.
    """
    wanted = packages(machine)
    if not wanted:
        return []
    mirrors = outside.value("vulkan_tools")["mirrors"]
    name = hashlib.sha256(repr(sorted(wanted.items())).encode()).hexdigest()[:12]
    folder = build / f"vulkan-{name}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        for path, digest in wanted.items():
            unpack(_fetched([f"{each}/{path}" for each in mirrors], digest), partial)
        partial.rename(folder)
    (libraries,) = (folder / "usr/lib").glob("*-linux-gnu")
    (loader,) = libraries.glob("ld-linux-*")
    compiler = folder / "glslc"
    command = [loader, "--library-path", libraries, folder / "usr/bin/glslc"]
    compiler.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, command))} "$@"\n', "utf-8")
    compiler.chmod(0o755)
    return [
        f"-DVulkan_GLSLC_EXECUTABLE={compiler}",
        f"-DVulkan_INCLUDE_DIR={folder / 'usr/include'}",
        f"-DVulkan_LIBRARY={libraries / 'libvulkan.so'}",
        f"-DSPIRV-Headers_DIR={folder / 'usr/share/cmake/SPIRV-Headers'}",
    ]


def unpack(package: bytes, folder: Path) -> None:
    """Unpack a Debian package, an ar(5) of archives; not every Linux has dpkg. Raises TarError."""
    start = 8
    while start < len(package):
        head, start = package[start : start + 60], start + 60
        size = int(head[48:58])
        if head.startswith(b"data.tar"):
            # Python 3.11.2, which is Debian 12's, knows no filters; the hash was checked.
            safe: dict[str, Any] = {"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}
            with tarfile.open(fileobj=io.BytesIO(package[start : start + size])) as members:
                members.extractall(folder, **safe)
        start += size + size % 2


def _fetched(places: Iterable[str], digest: str) -> bytes:
    """Return what the first of these places has that has this SHA-256."""
    faults = []
    for place in places:
        try:
            with urllib.request.urlopen(place, timeout=_PATIENCE_S) as answer:
                data: bytes = answer.read()
        except OSError as error:
            faults.append(f"{place}: {error}")
            continue
        if hashlib.sha256(data).hexdigest() == digest:
            return data
        faults.append(f"{place}: not the file with the SHA-256 {digest}")
    raise ShaderError("\n".join(faults))


def check_configured(said: str) -> None:
    """Check what CMake says of the shader compiler when it has configured llama.cpp.

    Raises ShaderError.
    """
    found = dict(re.findall(r"\b(GL_\w+) ((?:not )?supported) by glslc", said))
    if missing := [name for name in NEEDED if found.get(name) != "supported"]:
        raise ShaderError(f"The shader compiler does not know {', '.join(missing)}.")


def check_library(library: bytes) -> dict[str, int]:
    """Return how many shaders of each of `SHADERS` the compiled library has.

    Raises ShaderError where it has none.
    """
    found = {name: library.count(name.encode() + b"\0") for name in SHADERS}
    if missing := [name for name, count in found.items() if not count]:
        raise ShaderError(f"The Vulkan library has no shaders with {', '.join(missing)}.")
    return found
