"""Files by which an administrator sets Fireside up for all users of this computer.

They are TOML, lie in one folder that users cannot write to, and are only read:

::

    policy.toml       what is switched off for everybody (`app.base.system_policy`)
    endpoints.toml    computers that answer with a model (`app.engine.remote`)

A file that others than administrators and the user himself can change is refused, by the rule that
OpenSSH has for its own files (StrictModes): it could lead all users to somebody else's computer.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.base.errors import (
    SystemFileBroken,
    SystemFileKeyUnknown,
    SystemFileUnreadable,
    SystemFileUnsafe,
    SystemFileValueWrong,
)
from app.base.files import open_regular
from app.base.write_access import others_can_write

POLICY, ENDPOINTS = "policy.toml", "endpoints.toml"
_LARGEST = 1 << 20  # bytes
_LINE = re.compile(r"\(at line (\d+), ")


def system_folder() -> Path:
    r"""Return the folder of these files, whether it exists or not.

    ``/etc/fireside``, ``/Library/Application Support/Fireside`` or ``%ProgramData%\Fireside``: none
    of the user's variables moves it.
    """
    if sys.platform == "win32":
        from platformdirs.windows import get_win_folder_via_ctypes

        # `platformdirs.site_data_path` heeds WIN_PD_OVERRIDE_COMMON_APPDATA.
        return Path(get_win_folder_via_ctypes("CSIDL_COMMON_APPDATA")) / "Fireside"
    if sys.platform == "darwin":
        return Path("/Library/Application Support/Fireside")
    return Path("/etc/fireside")


@dataclass(frozen=True, slots=True)
class SystemFile:
    """The values of a file that is there, and where they stand in it."""

    path: Path
    values: dict[str, Any]
    text: str = ""

    def line_of(self, key: str) -> int:
        """Return the line in which a key is set for the first time, 1 if that cannot be told."""
        name = re.escape(key)
        found = re.search(rf"""^[ \t]*(?:{name}|"{name}"|'{name}')[ \t]*=""", self.text, re.M)
        return self.text.count("\n", 0, found.start()) + 1 if found else 1

    def check_keys(self, known: tuple[str, ...]) -> None:
        """Raise SystemFileKeyUnknown for a key that is none of these."""
        for key in self.values:
            if key not in known:
                raise SystemFileKeyUnknown(self.path, self.line_of(key), key)

    def switch(self, key: str, default: bool) -> bool:
        """Return the value true or false of a key. Raises SystemFileValueWrong."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "switch")
        return value

    def wrong(self, key: str, wanted: str) -> SystemFileValueWrong:
        """Return the error for a key with a value of another kind than ``wanted``."""
        return SystemFileValueWrong(self.path, self.line_of(key), key, wanted)


def read(path: Path) -> SystemFile | None:
    """Return what a file sets; None if there is none.

    Raises SystemFileUnreadable, SystemFileUnsafe and SystemFileBroken.
    """
    import tomllib

    try:
        with open_regular(path) as file:
            if others_can_write(path, file.fileno()):
                raise SystemFileUnsafe(path)
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SystemFileUnreadable(path, error.strerror or str(error)) from error
    if len(data) > _LARGEST:
        raise SystemFileUnreadable(path, "too large")
    try:
        text = data.decode("utf-8-sig")
        return SystemFile(path, tomllib.loads(text), text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SystemFileBroken(path, line, "not UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = _LINE.search(str(error))
        raise SystemFileBroken(path, int(found[1]) if found else 1, str(error)) from error
