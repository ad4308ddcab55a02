"""Whether a folder may be added, and what it is called."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Collection, Iterable
from pathlib import Path

from app.base.folder import Folder
from app.tools.browser.faults import (
    FolderNested,
    FolderPrivate,
    FolderTooWide,
    FolderUnreadable,
    NotAFolder,
    SourceKnown,
)
from app.tools.browser.page import neutral_line
from app.tools.browser.source_status import SourceEntry, SourceKind

_PRIVATE = frozenset({
    ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".password-store", ".pki", ".mozilla",
    ".config", "keyrings", "Keychains",
})  # fmt: skip
_PRIVATE_ROOTS = ("AppData", "Library")  # of a home folder, themselves
_SYSTEM = ("/proc", "/sys", "/dev", "/run/user", "/etc", "/boot")
_LONGEST_NAME = 60


def checked(path: Path, known: Iterable[SourceEntry], data: Path) -> Path:
    """Return the real path of a folder that may be added; ``data`` is Fireside's own folder.

    Raises SourceError.
    """
    try:
        real = Path(os.path.realpath(path.expanduser()))
    except (OSError, RuntimeError):
        raise NotAFolder(path) from None
    if not real.is_dir():
        raise NotAFolder(path)
    home = Path(os.path.realpath(Path.home()))
    if real == Path(real.anchor) or home.is_relative_to(real):
        raise FolderTooWide(path)
    inner = real.relative_to(home).parts if real.is_relative_to(home) else ()
    private = not _PRIVATE.isdisjoint(inner) or inner in [(name,) for name in _PRIVATE_ROOTS]
    if private or real.is_relative_to(os.path.realpath(data)) or _is_of_system(real):
        raise FolderPrivate(path)
    for entry in known:
        if entry.kind is not SourceKind.FOLDER:
            continue
        if entry.path == real or _is_same(entry.path, real):
            raise SourceKnown(path, entry.name)
        if entry.path.is_relative_to(real) or real.is_relative_to(entry.path):
            raise FolderNested(path, entry.name)
    try:
        with Folder(real) as folder:
            folder.entries(most=1)
    except OSError as error:
        raise FolderUnreadable(path, error.strerror or str(error)) from error
    return real


def left_out(root: Path, data: Path) -> tuple[str, ...]:
    """Return the paths in a folder that are never read: Fireside's own data."""
    own = Path(os.path.realpath(data))
    return (own.relative_to(root).as_posix(),) if own.is_relative_to(root) else ()


def free_name(name: str, taken: Collection[str]) -> str:
    """Return a name like this one which no other source has: "Notes", "Notes 2"."""
    name = neutral_line(name.encode("utf-8", "replace").decode())
    name = " ".join(unicodedata.normalize("NFC", name).replace(",", " ").replace("/", " ").split())
    name = name[:_LONGEST_NAME].strip() or "files"
    used = {each.casefold() for each in taken}
    number, found = 1, name
    while found.casefold() in used:
        number += 1
        found = f"{name} {number}"
    return found


def new_id() -> str:
    """Return the name of a new index."""
    return os.urandom(8).hex()


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _is_of_system(real: Path) -> bool:
    if sys.platform == "win32":
        windows = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"))
        return real.is_relative_to(windows)
    return any(real.is_relative_to(root) for root in _SYSTEM)
