"""What the programs and libraries in a folder need of the system, as binutils' objdump tells."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Binary:
    """A program or library."""

    path: Path
    name: str
    """The name that others ask for it by; empty for a program."""
    needed: frozenset[str]
    """The names of libraries that it is linked against."""
    versions: frozenset[tuple[str, str]]
    """Versions of symbols that it takes: the library's name and the version."""


def binaries(folder: Path) -> list[Binary]:
    """Return those in ``folder``, by path. Raises CalledProcessError."""
    files = [file for file in sorted(folder.rglob("*")) if is_elf(file)]
    said = subprocess.run(
        ["objdump", "-p", *map(str, files)], check=True, stdout=subprocess.PIPE, text=True
    )
    return list(read(said.stdout))


def is_elf(file: Path) -> bool:
    """Return whether a file is a program or library of the system.

    What wasmtime has compiled is of the same format, for a system with a number of its own.
    """
    if file.is_symlink() or not file.is_file():
        return False
    with file.open("rb") as start:
        head = start.read(8)
    return head[:4] == b"\x7fELF" and head[7:] != b"\xc8"


def read(said: str) -> Iterator[Binary]:
    """Yield what ``objdump -p`` says of each file."""
    for part in re.split(r"^(?=\S.*:\s+file format )", said, flags=re.MULTILINE)[1:]:
        names = re.findall(r"^\s+SONAME\s+(\S+)", part, re.MULTILINE)
        versions = set()
        for library, listed in re.findall(
            r"^\s+required from (\S+):\n((?:\s+0x.*\n)*)", part, re.MULTILINE
        ):
            versions |= {(library, line.split()[-1]) for line in listed.splitlines()}
        yield Binary(
            Path(re.split(r":\s+file format", part, maxsplit=1)[0]),
            names[0] if names else "",
            frozenset(re.findall(r"^\s+NEEDED\s+(\S+)", part, re.MULTILINE)),
            frozenset(versions),
        )


def foreign(wanting: Iterable[Binary], carried: Iterable[Binary]) -> set[str]:
    """Return the names of what ``wanting`` are linked against and nobody in ``carried`` is.

    The loader is not among them: it comes with libc.so.6.
    """
    own = {name for binary in carried for name in (binary.name, binary.path.name)}
    needed = {name for binary in wanting for name in binary.needed}
    return {name for name in needed - own if not name.startswith("ld-linux")}


def floors(wanting: Iterable[Binary], system: set[str]) -> dict[tuple[str, str], str]:
    """Return the newest version that is taken of each kind of symbol of the system's libraries.

    By the library and the kind: ("libc.so.6", "GLIBC") has "2.36".
    """
    found: dict[tuple[str, str], str] = {}
    for binary in wanting:
        for library, version in binary.versions:
            kind, _, number = version.rpartition("_")
            key = (library, kind)
            if library in system and re.fullmatch(r"\d+(\.\d+)*", number):
                found[key] = max(found.get(key, "0"), number, key=_numbers)
    return dict(sorted(found.items()))


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]
