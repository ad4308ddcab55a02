"""What an administrator has decided for all users of this computer, from ``policy.toml``."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from app.base import settings as settings_file
from app.base import system_files
from app.base.errors import SystemFileError
from app.base.settings import Folders, Settings

_KEYS = ("offline", "tools", "server", "model_folders")


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules that go before the user's settings. They only forbid: nobody has to use a tool."""

    offline: bool = False
    """Whether network connections are forbidden."""
    tools: bool = True
    """Whether models may call tools."""
    server: bool = True
    """Whether the local server may be switched on."""
    model_folders: tuple[Path, ...] = ()
    """Folders of models that all users share, searched besides the user's own."""

    def applied(self, settings: Settings) -> Settings:
        """Return the settings as they hold under these rules."""
        return dataclasses.replace(
            settings,
            offline=settings.offline or self.offline,
            serve=settings.serve and self.server,
        )


STRICTEST = Policy(offline=True, tools=False, server=False)
"""What holds while the file cannot be read: nobody can tell what it would allow."""


def read(folder: Path) -> tuple[Policy, SystemFileError | None]:
    """Return the policy in a folder, and why it is `STRICTEST` if the file cannot be used.

    Without a file, everything is allowed.
    """
    try:
        file = system_files.read(folder / system_files.POLICY)
        if file is None:
            return Policy(), None
        file.check_keys(_KEYS)
        return Policy(
            offline=file.switch("offline", default=False),
            tools=file.switch("tools", default=True),
            server=file.switch("server", default=True),
            model_folders=_folders(file),
        ), None
    except SystemFileError as error:
        return STRICTEST, error


def settings(folders: Folders) -> Settings:
    """Return the user's settings as they hold under the policy of this computer."""
    return read(folders.system)[0].applied(settings_file.load(folders.settings))


def _folders(file: system_files.SystemFile) -> tuple[Path, ...]:
    key = "model_folders"
    value = file.values.get(key, [])
    if not isinstance(value, list) or not all(
        isinstance(each, str) and Path(each).is_absolute() for each in value
    ):
        raise file.wrong(key, "folders")
    return tuple(Path(each) for each in value)
