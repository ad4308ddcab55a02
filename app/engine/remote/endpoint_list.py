"""The list of models behind endpoints: the user's own, and those of the administrator."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from app.base import codec
from app.base.files import replace_text
from app.base.secrets import Secrets
from app.base.types import Endpoint, ModelRef
from app.engine.remote.remote_server import SavedEndpoint


class EndpointList:
    """The list, in the file ``path``; the keys are with the other secrets. Thread-safe.

    `key` and `keep_key` may take as long as the system's keyring, and belong on a worker thread.
    """

    def __init__(self, path: Path, secrets: Secrets) -> None:
        self._path, self._secrets = path, secrets
        self._lock = threading.Lock()
        self._saved: tuple[SavedEndpoint, ...] | None = None

    def all(self) -> tuple[SavedEndpoint, ...]:
        """Return all of them, in the order in which they were added."""
        with self._lock:
            if self._saved is None:
                self._saved = self._read()
            return self._saved

    def of(self, endpoint: Endpoint) -> SavedEndpoint | None:
        """Return what is known of an endpoint; None if it is not in the list."""
        return next((each for each in self.all() if each.endpoint == endpoint), None)

    def find(self, key: str) -> ModelRef | None:
        """Return the model with this `ModelRef.key`."""
        return next((each.model for each in self.all() if each.model.key == key), None)

    def save(self, saved: SavedEndpoint) -> None:
        """Add an endpoint, or change it. Raises OSError."""
        kept = [each for each in self.all() if each.endpoint != saved.endpoint]
        self._write((*kept, saved))

    def remove(self, endpoint: Endpoint) -> None:
        """Remove an endpoint. Raises OSError."""
        self._write(tuple(each for each in self.all() if each.endpoint != endpoint))

    def key(self, url: str) -> str:
        """Return the key for the server at ``url``; empty if there is none."""
        return self._secrets.get_or_empty(_secret(url))

    def keep_key(self, url: str, key: str) -> None:
        """Keep the key for a server; an empty one is removed. Raises SecretUnwritable."""
        if key:
            self._secrets.set(_secret(url), key)
        else:
            self._secrets.delete(_secret(url))

    def _read(self) -> tuple[SavedEndpoint, ...]:
        try:
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            return tuple(codec.decode(SavedEndpoint, each) for each in raw)
        except FileNotFoundError:
            return ()

    def _write(self, saved: tuple[SavedEndpoint, ...]) -> None:
        with self._lock:
            own = [codec.encode(each) for each in saved if not each.shared]
            replace_text(self._path, json.dumps(own, indent=2) + "\n")
            self._saved = saved


def _secret(url: str) -> str:
    return f"endpoint {url}"
