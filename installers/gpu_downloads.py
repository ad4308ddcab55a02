"""What a GPU library is compiled with: fetched from PyPI by pip, each file by its hash.

The versions and hashes are in `resources/outside.toml`.
"""

from __future__ import annotations

import platform
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from app.base import outside

SOURCE = "llama-cpp-python"
ENVIRONMENT = ("linux_x86_64", "linux_aarch64", "win_amd64")

Run = Callable[[list[str]], None]
"""Runs a command; raises what its caller wants to be told of a failure."""


class Download(NamedTuple):
    """A file of PyPI. ``size`` is in bytes; ``hashes`` are those of every system's file."""

    name: str
    version: str
    size: int
    hashes: tuple[str, ...]

    @property
    def stem(self) -> str:
        return f"{self.name.replace('-', '_')}-{self.version}"


def here() -> str:
    """Return the name of this system in the table."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if sys.platform == "win32":
        return "win_amd64" if machine == "x86_64" else f"win_{machine}"
    return f"{sys.platform}_{machine}"


def architectures() -> frozenset[str]:
    """Return those of CUDA's cards that its compiler knows."""
    return frozenset(outside.value("gpu_tools")["architectures"])


def licence() -> str:
    """Return the address of the licence of NVIDIA's files."""
    return str(outside.value("gpu_tools")["licence"])


def needed(backend: str, system: str) -> list[Download]:
    """Return the files for a backend; none if one of them is not made for the system."""
    files: list[dict[str, Any]] = outside.value("gpu_tools")["files"]
    found = []
    for file in files:
        if file["for"] not in ("all", backend):
            continue
        own = file.get("any") or file.get(system)
        if own is None:
            return []
        every = [file[name] for name in ("any", *ENVIRONMENT) if name in file]
        hashes = tuple(str(one["sha256"]) for one in every)
        found.append(Download(file["name"], file["version"], own["size"], hashes))
    return found


def fetch(download: Download, folder: Path, python: str, run: Run) -> Path:
    """Return the file, downloaded into the empty ``folder``.

    NVIDIA's files are kept out of pip's cache, where they would need their space once more.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wanted = folder / "wanted.txt"
    hashes = " ".join(f"--hash=sha256:{value}" for value in download.hashes)
    wanted.write_text(f"{download.name}=={download.version} {hashes}\n", "utf-8")
    is_source = download.name == SOURCE
    kind = ["--no-binary", SOURCE] if is_source else ["--only-binary", ":all:"]
    run(
        [
            *(python, "-m", "pip", "--disable-pip-version-check", "--no-input", "download"),
            *("--no-deps", "--require-hashes", *kind, "--progress-bar", "off"),
            *(["--no-cache-dir"] if download.name.startswith("nvidia") else []),
            *("-d", str(folder), "-r", str(wanted)),
        ]
    )
    (file,) = (path for path in folder.iterdir() if path != wanted)
    return file


def unpack_wheel(wheel: Path, folder: Path) -> None:
    """Unpack a wheel, with the programs in it as programs."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            path = Path(archive.extract(member, folder))
            if (member.external_attr >> 16) & 0o100:
                path.chmod(path.stat().st_mode | 0o111)


def unpack_ggml(archive: Path, folder: Path) -> None:
    """Unpack ggml, the only part of llama.cpp that is needed, so that ``folder`` is its source."""
    part = "/vendor/llama.cpp/ggml/"
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as members:
        for member in members:
            content = members.extractfile(member) if part in member.name else None
            if content is not None:
                # By hand, since Debian 12's Python 3.11.2 has no filters; the hash was checked.
                path = folder / member.name.partition(part)[2]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())
    # Of ggml by itself; the source that llama-cpp-python carries has not got it.
    (folder / "ggml.pc.in").touch()


def unpack_toolkit(folder: Path) -> None:
    """Give NVIDIA's unpacked wheels the names under which CMake looks for them."""
    if sys.platform == "win32":
        return
    for name in ("libcudart.so", "libcublas.so", "libcublasLt.so"):
        link = folder / "lib" / name
        link.unlink(missing_ok=True)
        link.symlink_to(f"{name}.13")
    link = folder / "lib64"
    link.unlink(missing_ok=True)
    link.symlink_to("lib")
