"""The keys of search engines, asked for once."""

from __future__ import annotations

import threading

from app.base.secrets import Secrets


class KeptKeys:
    """Keys among ``secrets``, in memory until any secret changes. Thread-safe."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._lock = threading.Lock()
        self._kept: dict[str, str] = {}
        self._as_of = 0

    def has(self, name: str) -> bool:
        """Return whether there is a key of this name, at once."""
        return self._secrets.place(name) is not None

    def get(self, name: str) -> str:
        """Return a key; empty if there is none, or the keyring does not give it out."""
        with self._lock:
            if (changed := self._changed()) != self._as_of:
                self._kept, self._as_of = {}, changed
            if not self._kept.get(name):
                self._kept[name] = self._secrets.get_or_empty(name)
            return self._kept[name]

    def _changed(self) -> int:
        try:
            return self._secrets.path.stat().st_mtime_ns
        except OSError:
            return 0
