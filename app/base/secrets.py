"""Secrets of all kinds: tokens and keys, kept in the system's keyring where it has one.

Else they are in ``secrets.json`` in the data folder, a file that only its owner can read: by mode
0600, on Windows by the rights that a user's profile gives to what is in it. That file is also the
list of what is in the keyring, which cannot be asked for a list. Secrets are nowhere else: not in
the settings, backups, logs or exports.

The keyring is asked by a child process, since it can hang: without a session bus, or while it waits
for a password that nobody types. The process is ended after a while, so no thread is left waiting.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base.errors import SecretUnreadable, SecretUnwritable
from app.base.file_lock import changing
from app.base.files import replace_text
from app.base.processes import ChildEnded, ChildProcess
from app.base.threads import AnyEvent

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SERVICE = "Fireside"
"""The name under which the keyring shows the secrets."""
HUB_TOKEN = "hub_token"
"""The name of the token for Hugging Face."""
SERVER_TOKEN = "server_token"
"""The name of the token that the local server asks for."""
FILE = "secrets.json"

_PATIENCE_S = 20.0  # time to type the keyring's password, if it asks for one
_POLL_S = 0.1


class SecretPlace(StrEnum):
    """Where a secret is kept."""

    KEYRING = "keyring"
    FILE = "file"


class Secrets:
    """The secrets of the data folder ``folder``.

    `get`, `set` and `delete` may take as long as ``patience`` seconds, and belong on a worker
    thread. Thread-safe.
    """

    def __init__(self, folder: Path, *, patience: float = _PATIENCE_S) -> None:
        self.path = folder / FILE
        self._patience = patience
        self._ending = threading.Event()

    def close(self) -> None:
        """Stop waiting for the keyring."""
        self._ending.set()

    def names(self) -> tuple[str, ...]:
        """Return the names of all secrets, without asking the keyring."""
        return tuple(self._read())

    def place(self, name: str) -> SecretPlace | None:
        """Return where a secret is kept, None if there is none. The keyring is not asked."""
        if (entry := self._read().get(name)) is None:
            return None
        return SecretPlace.FILE if "value" in entry else SecretPlace.KEYRING

    def get(self, name: str, stop: threading.Event | None = None) -> str | None:
        """Return a secret, None if there is none. Raises SecretUnreadable, also by ``stop``."""
        if (entry := self._read().get(name)) is None:
            return None
        if "value" in entry:
            return entry["value"]
        kept = self._ask("get", entry["keyring"], stop=stop)
        if kept is None:
            raise SecretUnreadable(name)
        return kept

    def get_or_empty(self, name: str) -> str:
        """Return a secret; empty if there is none, or the keyring does not give it out."""
        with contextlib.suppress(SecretUnreadable):
            return self.get(name) or ""
        return ""

    def set(self, name: str, value: str) -> SecretPlace:
        """Keep a secret, in the place of an earlier one. Raises SecretUnwritable."""
        earlier = self._read().get(name, {})
        account = earlier.get("keyring") or f"{name}-{os.urandom(4).hex()}"
        if self._ask("set", account, value) == value:
            self._change(name, {"keyring": account})
            return SecretPlace.KEYRING
        kept = {"keyring": account} if "keyring" in earlier else {}  # it may still have the old one
        self._change(name, kept | {"value": value})
        return SecretPlace.FILE

    def delete(self, name: str) -> None:
        """Remove a secret, if there is one. Raises SecretUnwritable."""
        if (entry := self._read().get(name)) is None:
            return
        if "keyring" in entry and self._ask("delete", entry["keyring"]) is None:
            raise SecretUnwritable(name)
        self._change(name, None)

    def _ask(
        self, action: str, account: str, value: str = "", stop: threading.Event | None = None
    ) -> str | None:
        """Ask the keyring in a process of its own; return None if that fails or takes too long."""
        over = AnyEvent(self._ending, stop)
        try:
            child = ChildProcess(_use_keyring, (action, account, value), name="keyring")
        except OSError:
            return None
        answer: str | None = None
        try:
            while answer is None and child.silence < self._patience and not over.is_set():
                answer = child.receive(min(_POLL_S, self._patience))
        except ChildEnded:
            answer = None
        child.close(_POLL_S)
        return answer

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            raw: Any = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        entries = raw.items() if isinstance(raw, dict) else ()
        return {name: entry for name, entry in entries if _is_entry(entry)}

    def _change(self, name: str, entry: dict[str, str] | None) -> None:
        try:
            with changing(self.path):
                entries = self._read()
                entries.pop(name, None)
                if entry is not None:
                    entries[name] = entry
                if entries:
                    replace_text(self.path, json.dumps(entries, indent=2) + "\n")
                else:
                    self.path.unlink(missing_ok=True)
        except OSError as error:
            raise SecretUnwritable(name) from error


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and all(isinstance(value, str) for value in entry.values())
        and bool(entry.keys() & {"value", "keyring"})
    )


def _use_keyring(connection: Connection, action: str, account: str, value: str) -> None:
    """Run one action on the keyring, in a child process; send the result, or nothing on failure."""
    with contextlib.suppress(Exception):  # of any backend: the parent sees that nothing came
        import keyring
        from keyring.errors import PasswordDeleteError

        if keyring.get_keyring().priority < 1:  # none, or one that only writes a file itself
            return
        if action == "set":
            keyring.set_password(SERVICE, account, value)
        elif action == "delete":
            with contextlib.suppress(PasswordDeleteError):  # removed by hand
                keyring.delete_password(SERVICE, account)
            connection.send("")
            return
        if isinstance(kept := keyring.get_password(SERVICE, account), str):
            connection.send(kept)
