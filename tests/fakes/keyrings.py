"""Keyrings for tests, chosen by PYTHON_KEYRING_BACKEND."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import cast

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

FILE = "FIRESIDE_TEST_KEYRING"
"""The variable that names the file of `FileKeyring`."""


class FileKeyring(KeyringBackend):
    """A keyring in a file."""

    priority = 5

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write(self._read() | {f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        entries = self._read()
        if entries.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError
        self._write(entries)

    def _read(self) -> dict[str, str]:
        path = Path(os.environ[FILE])
        return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}

    def _write(self, entries: dict[str, str]) -> None:
        Path(os.environ[FILE]).write_text(json.dumps(entries), "utf-8")


class HangingKeyring(KeyringBackend):
    """A keyring that waits for a password that nobody types."""

    priority = 5

    def get_password(self, service: str, username: str) -> str | None:
        time.sleep(600)
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        time.sleep(600)


class GarbageKeyring(KeyringBackend):
    """A keyring that gives out anything but text."""

    priority = 5

    def get_password(self, service: str, username: str) -> str | None:
        return cast(str, b"garbage")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep nothing."""
