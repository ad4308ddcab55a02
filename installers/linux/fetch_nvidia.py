#!/usr/bin/python3
"""Fetch NVIDIA's libraries, which llama.cpp's library beside this file needs, from their wheels.

    fetch             fetch what is not there yet
    fetch --remove    remove what was fetched

Each wheel is taken from PyPI (or the index that FIRESIDE_PYPI names) only if its SHA-256 is that in
`nvidia.json`; its libraries are unpacked, unchanged, beside this file. Fireside uses all of it when
`gpu_library.json` is there, which is written last. Needs nothing but Python 3.8.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import urllib.request
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
INDEX = os.environ.get("FIRESIDE_PYPI", "https://pypi.org/simple")
READY, WAITING, PARTIAL = "gpu_library.json", "manifest.json", "download.partial"
PATIENCE_S = 60
STEP = 1 << 20


class Fault(Exception):
    """Something that a person can do something about."""


def fetch(wheels: Iterable[dict[str, Any]]) -> None:
    remove([HERE / READY])
    for wheel in wheels:
        have = HERE / f"{wheel['name']}.sha256"
        if have.exists() and have.read_text() == wheel["sha256"]:
            continue
        remove([have])
        print(f"Downloading {wheel['name']} ({wheel['size'] / 1e6:.0f} MB)", flush=True)
        partial = HERE / PARTIAL
        try:
            download(address(wheel), wheel, partial)
            unpack(partial, wheel["files"])
        finally:
            remove([partial])
        have.write_text(wheel["sha256"])
    shutil.copyfile(str(HERE / WAITING), str(HERE / f"{READY}.partial"))
    os.replace(str(HERE / f"{READY}.partial"), str(HERE / READY))


def address(wheel: dict[str, Any]) -> str:
    """Return where the index says that the file with the wheel's SHA-256 is."""
    request = urllib.request.Request(
        f"{INDEX}/{wheel['name']}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        files = json.load(answer)["files"]
    found: list[str] = [
        each["url"] for each in files if each["hashes"].get("sha256") == wheel["sha256"]
    ]
    if not found:
        raise Fault(f"{INDEX} no longer has the {wheel['name']} that this version needs.")
    return str(found[0])


def download(url: str, wheel: dict[str, Any], target: Path) -> None:
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer, target.open("wb") as file:
        for part in iter(lambda: answer.read(STEP), b""):
            digest.update(part)
            file.write(part)
    if digest.hexdigest() != wheel["sha256"]:
        raise Fault(f"{url} is not the file that was expected.")


def unpack(wheel: Path, names: Mapping[str, str]) -> None:
    with zipfile.ZipFile(str(wheel)) as archive:
        for inside, name in names.items():
            partial = HERE / f"{name}.partial"
            with archive.open(inside) as source, partial.open("wb") as file:
                shutil.copyfileobj(source, file, STEP)
            os.replace(str(partial), str(HERE / name))


def made(wheels: Iterable[dict[str, Any]]) -> list[Path]:
    """Return all that may be here from fetching."""
    names = [READY, f"{READY}.partial", PARTIAL]
    for wheel in wheels:
        names += [f"{wheel['name']}.sha256", *wheel["files"].values()]
        names += [f"{name}.partial" for name in wheel["files"].values()]
    return [HERE / name for name in names]


def remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.exists():
            path.unlink()


def main(arguments: list[str]) -> int:
    told = json.loads((HERE / "nvidia.json").read_text("utf-8"))
    try:
        if arguments == ["--remove"]:
            remove(made(told["wheels"]))
        elif arguments:
            print(__doc__)
            return 2
        else:
            print(f"NVIDIA's libraries come under NVIDIA's licence: {told['licence']}")
            fetch(told["wheels"])
            print("Ready: Fireside uses NVIDIA's graphics card from its next start on.")
    except PermissionError:
        print(f"To do so, run: sudo {Path(sys.argv[0]).resolve()}", file=sys.stderr)
        return 1
    except (Fault, OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        print(f"Couldn't get NVIDIA's libraries: {error}", file=sys.stderr)
        print(f"To try again, run: {Path(sys.argv[0]).resolve()}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
