"""Paths within a folder: which are allowed at all, whatever there is on the disk."""

from __future__ import annotations

import errno
import re
import sys

_DEEPEST = 64  # parts of a path
_LONGEST = 4096  # characters of a path
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:[ .:].*)?")
_WINDOWS_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"/\\|?*]')


class PathRefused(OSError):
    """A path that leads out of a folder, or to what is neither a file nor a folder."""

    def __init__(self, relative: str, reason: str) -> None:
        super().__init__(errno.EACCES, reason, relative)


def path_parts(relative: str, *, windows: bool = sys.platform == "win32") -> tuple[str, ...]:
    """Return the parts of a path within a folder; of the folder itself, none.

    ``relative`` has "/" between its parts on every system. Raises PathRefused for one that is
    absolute, has "..", or means something else on Windows: a drive, a stream, a device, or a name
    that the system would change.
    """
    if not relative:
        return ()
    parts = tuple(relative.split("/"))
    if "\0" in relative or len(relative) > _LONGEST or len(parts) > _DEEPEST:
        raise PathRefused(relative, "not the path of a file")
    if any(part in ("", ".", "..") for part in parts):
        raise PathRefused(relative, "not a path within the folder")
    if windows and any(map(_is_odd_on_windows, parts)):
        raise PathRefused(relative, "not the name of a file on Windows")
    return parts


def _is_odd_on_windows(part: str) -> bool:
    return bool(
        _WINDOWS_FORBIDDEN.search(part)
        or part.endswith((" ", "."))
        or _RESERVED.fullmatch(part.lower())
    )
