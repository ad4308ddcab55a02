"""``fireside-cuda``: llama.cpp's library for NVIDIA's cards, as packages beside Fireside's own.

`gpu_library.py` compiles it, for all cards that CUDA 13 is for, into a folder as the app looks for
it. The packages have that folder without NVIDIA's libraries: `linux/fetch_nvidia.py`, which is in
them, gets those by their hashes from NVIDIA's own wheels when a package is installed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app import __version__
from app.base import outside
from installers import linux_needs, linux_package, rpm

ROOT = Path(__file__).resolve().parents[1]
ARCHITECTURES = ("75", "80", "86", "89", "90", "100", "120")
"""GeForce GTX 16 and RTX 20, A100, RTX 30, RTX 40, H100, B200, RTX 50."""
PLACE = Path("usr/lib/fireside/gpu/cuda")
LIBRARY, MANIFEST = "libggml-cuda.so", "gpu_library.json"
_WHEELS = {
    "nvidia-cuda-runtime": ("libcudart.so.13",),
    "nvidia-cublas": ("libcublas.so.13", "libcublasLt.so.13"),
}
"""NVIDIA's wheels, and what of them llama.cpp's library is linked against."""
_SUMMARY = "NVIDIA graphics cards for Fireside"
_DESCRIPTION = """\
Fireside runs its models on NVIDIA's graphics cards with this package: from the
GeForce GTX 16 and RTX 20 series on, with NVIDIA's driver 580 or newer.

NVIDIA's own libraries (450 MB) are downloaded from PyPI when it is installed."""

CONTROL = """\
Package: fireside-cuda
Version: {version}
Architecture: {architecture}
Maintainer: The Fireside authors <maintainers@users.noreply.github.com>
Installed-Size: {size}
Depends: fireside (= {version}), python3, ca-certificates
Suggests: libcuda1
Section: contrib/utils
Priority: optional
Description: {summary}
{description}
"""
# Without a network the package is installed all the same, and says how to go on.
_FETCH = f"/{PLACE}/fetch || true"
_REMOVE = f"/{PLACE}/fetch --remove"


def compile_library(python: Path, folder: Path, architectures: str) -> Path:
    """Return the folder with the library, compiled below ``folder`` unless it is there.

    ``python``: of an environment with the llama.cpp that the packages have. ``architectures``: of
    cards, with commas. Raises CalledProcessError.
    """
    script = ROOT / "installers" / "gpu_library.py"
    subprocess.run([python, script, folder, f"cuda:{architectures}"], check=True)
    return folder / "gpu" / "cuda"


def package(compiled: Path, dist: Path) -> list[Path]:
    """Write the packages with what is ``compiled``; return their paths.

    Raises CalledProcessError.
    """
    work = compiled.parent / "packages"
    shutil.rmtree(work, ignore_errors=True)
    root = work / "root"
    machine = os.uname().machine
    _fill(root / PLACE, compiled, _wheels(f"linux_{machine}"))
    name = f"fireside-{__version__}-linux-{machine}"
    target = dist / f"fireside-cuda-{__version__}-linux-{machine}.tar.xz"
    made = [linux_package.archive(root / PLACE, f"{name}/gpu/cuda", target)]
    if shutil.which("dpkg-deb"):
        made.append(_deb(root, work / "deb", dist))
    if shutil.which("rpmbuild"):
        made.append(_rpm(root, dist, machine))
    return made


def _fill(folder: Path, compiled: Path, wheels: list[dict[str, Any]]) -> None:
    """Lay out the folder as it is before NVIDIA's libraries come."""
    folder.mkdir(parents=True)
    shutil.copyfile(compiled / LIBRARY, folder / LIBRARY)
    told = json.loads((compiled / MANIFEST).read_text("utf-8"))
    needed = {name for names in _WHEELS.values() for name in names}
    assert {*told["preload"]} == needed, told["preload"]
    (folder / "manifest.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    licence = outside.value("gpu_tools")["licence"]
    listed = {"licence": licence, "wheels": wheels}
    (folder / "nvidia.json").write_text(json.dumps(listed, indent=1) + "\n", "utf-8")
    shutil.copyfile(ROOT / "installers/linux/fetch_nvidia.py", folder / "fetch")
    shutil.copyfile(ROOT / "installers/licences/llama.cpp.txt", folder / "licence.txt")
    for path in folder.iterdir():
        path.chmod(0o755 if path.name == "fetch" else 0o644)


def _wheels(system: str) -> list[dict[str, Any]]:
    """Return what `fetch_nvidia.py` reads: each wheel, and the names of what it takes of it."""
    found = []
    for file in outside.value("gpu_tools")["files"]:
        if libraries := _WHEELS.get(file["name"]):
            text = (
                f"{file['name'].replace('-', '_')}-{file['version']}.dist-info/licenses/License.txt"
            )
            files = {f"nvidia/cu13/lib/{name}": name for name in libraries}
            found.append(
                {
                    "name": file["name"],
                    "version": file["version"],
                    **file[system],
                    "files": files | {text: f"{file['name']}-licence.txt"},
                }
            )
    assert len(found) == len(_WHEELS), found
    return found


def _deb(root: Path, work: Path, dist: Path) -> Path:
    shutil.copytree(root, work)
    control = work / "DEBIAN"
    control.mkdir()
    architecture = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
    size = sum(-(-file.stat().st_size // 1024) for file in work.rglob("*") if file.is_file())
    text = CONTROL.format(
        version=__version__,
        architecture=architecture,
        size=size,
        summary=_SUMMARY,
        description="\n".join(_indented(_DESCRIPTION)),
    )
    (control / "control").write_text(text, "utf-8")
    _script(control / "postinst", f'[ "$1" != configure ] || {_FETCH}')
    _script(control / "prerm", f'[ "$1" = upgrade ] || {_REMOVE}')
    target = dist / f"fireside-cuda_{__version__}_{architecture}.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(work), str(target)]
    subprocess.run(command, check=True)
    return target


def _indented(text: str) -> Iterator[str]:
    return (f" {line or '.'}" for line in text.splitlines())


def _script(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\nset -e\n{line}\n", "utf-8")
    path.chmod(0o755)


def _rpm(root: Path, dist: Path, machine: str) -> Path:
    elsewhere = [name for names in _WHEELS.values() for name in names]
    found = [each for each in linux_needs.binaries(root) if each.path.name == LIBRARY]
    return rpm.build(
        root,
        dist,
        f"fireside-cuda-{rpm.version()}-1.{machine}.rpm",
        summary=_SUMMARY,
        description=_DESCRIPTION,
        licence="MIT",
        relations=[
            f"Requires: fireside = {rpm.version()}",
            "Requires: /usr/bin/python3",
            *rpm.relations(found, [*elsewhere, "libggml-base.so.0"]),
        ],
        scripts=f"%post\n{_FETCH}\n\n%preun\nif [ $1 -eq 0 ]; then {_REMOVE}; fi\n",
    )
