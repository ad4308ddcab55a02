"""Who may change a file: only administrators and the user, or others as well."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path

_TRUSTED = frozenset(
    {
        "SY",  # the system
        "BA",  # administrators
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",  # TrustedInstaller
    }
)
"""The owners and writers that are administrators on Windows, as SDDL names them."""
_ALLOWING = ("A", "XA", "OA")
"""The kinds of entries in SDDL that allow something."""
_READING = frozenset({"FR", "FX", "GR", "GX", "RC"})
"""The rights in SDDL by which nothing is changed."""
_WRITES = 0x2 | 0x4 | 0x10 | 0x40 | 0x100 | 0x10000 | 0x40000 | 0x80000 | 0x50000000
"""Windows' rights that change a file: its data, attributes, permissions and owner, its deletion;
the last are GENERIC_WRITE and GENERIC_ALL."""


def others_can_write(path: Path, handle: int) -> bool:
    """Return whether others than administrators and the user can change the open file at ``path``.

    On POSIX its folder counts, too, since who may write there can replace the file. On Windows a
    folder in ProgramData lets users add files, but not replace those of others.
    """
    if sys.platform == "win32":
        return sddl_lets_others_write(_sddl(path))
    folders = {path.parent, path.resolve().parent}  # it may be a link
    return any(map(_is_open_to_others, (os.fstat(handle), *(each.stat() for each in folders))))


def _is_open_to_others(status: os.stat_result) -> bool:
    trusted = status.st_uid == 0 or (sys.platform != "win32" and status.st_uid == os.geteuid())
    return not trusted or bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def sddl_lets_others_write(sddl: str) -> bool:
    """Return the same for a file's owner and permissions in Windows' own notation.

    Source: Microsoft, "Security Descriptor String Format" and "ACE Strings".
    """
    owner = re.match(r"O:(S-[\d-]+|[A-Z]{2})", sddl)
    if not owner or owner[1] not in _TRUSTED:
        return True
    entries = re.search(r"D:([A-Z_]*)((?:\([^()]*\))*)", sddl)
    if not entries or "NO_ACCESS_CONTROL" in entries[1]:
        return True  # without a list, everybody may do everything
    for entry in re.findall(r"\(([^()]*)\)", entries[2]):
        kind, flags, rights, _, _, who, *_ = entry.split(";")
        passed_on = "IO" in re.findall("..", flags)  # it concerns only what lies in a folder
        if kind in _ALLOWING and not passed_on and who not in _TRUSTED and _changes(rights):
            return True
    return False


def _changes(rights: str) -> bool:
    if rights.startswith("0x"):
        return bool(int(rights, 16) & _WRITES)
    return not _READING.issuperset(re.findall("..", rights))


def _sddl(path: Path) -> str:
    """Return the owner and the permissions of a file; empty if Windows does not tell them."""
    import ctypes

    windows = getattr(ctypes, "windll")  # noqa: B009 - there is none elsewhere
    owner_and_permissions, file_object, revision = 0x1 | 0x4, 1, 1
    descriptor, text = ctypes.c_void_p(), ctypes.c_wchar_p()
    if windows.advapi32.GetNamedSecurityInfoW(
        str(path), file_object, owner_and_permissions,
        None, None, None, None, ctypes.byref(descriptor),
    ):  # fmt: skip
        return ""
    try:
        if not windows.advapi32.ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor, revision, owner_and_permissions, ctypes.byref(text), None
        ):
            return ""
        try:
            return text.value or ""
        finally:
            windows.kernel32.LocalFree(text)
    finally:
        windows.kernel32.LocalFree(descriptor)
