"""The list of models behind endpoints: the user's own, and those of the administrator."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.base import codec
from app.base.errors import (
    Cancelled,
    EndpointListError,
    EndpointsDamaged,
    EndpointsUnwritable,
    SecretUnreadable,
    SystemFileError,
)
from app.base.file_lock import changing
from app.base.files import Stamp, put_aside, read_regular, replace_text, stamp_of
from app.base.secrets import SecretPlace, Secrets
from app.base.threads import held
from app.base.types import Endpoint, ModelRef
from app.engine.remote.remote_server import SavedEndpoint, server_url
from app.engine.remote.shared_endpoints import SharedEndpoints

_ENTRIES = "endpoints"
_LARGEST = 4 << 20  # bytes: thousands of endpoints
_EMPTY = json.dumps({_ENTRIES: []})

Change = Callable[[tuple[SavedEndpoint, ...]], tuple[SavedEndpoint, ...]]


class EndpointList:
    """The list, in the file ``path``; the keys, one for each server, are with the other secrets.

    ``shared`` is the administrator's file, which is never changed. Thread-safe; another process may
    change the files at any time. What touches the keys may take as long as the system's keyring,
    and belongs on a worker thread. A damaged file is put aside, and what can be read of it is kept.
    """

    def __init__(self, path: Path, secrets: Secrets, shared: Path | None = None) -> None:
        self._path, self._secrets = path, secrets
        self._shared = SharedEndpoints(shared)
        self._lock = threading.Lock()
        self._keying = threading.Lock()
        self._keys: dict[str, str] = {}  # by the addresses of servers
        self._stamp: Stamp | None = None
        self._own: tuple[SavedEndpoint, ...] = ()
        self._fault = ""  # why the file cannot be read now
        self._faults: list[EndpointListError | SystemFileError] = []

    def all(self) -> tuple[SavedEndpoint, ...]:
        """Return all of them: the administrator's, then the user's as they were added."""
        own = self._read()
        with self._lock:
            shared = self._shared.all()
            self._faults += self._shared.take_faults()
        theirs = {each.endpoint for each in shared}
        return (*shared, *(each for each in own if each.endpoint not in theirs))

    def take_faults(self) -> tuple[EndpointListError | SystemFileError, ...]:
        """Return what is wrong with the files, each fault once."""
        self.all()
        with self._lock:
            found, self._faults = tuple(self._faults), []
        return found

    def of(self, endpoint: Endpoint) -> SavedEndpoint | None:
        """Return what is known of an endpoint; None if it is not in the list."""
        return next((each for each in self.all() if each.endpoint == endpoint), None)

    def find(self, key: str) -> ModelRef | None:
        """Return the model with this `ModelRef.key`."""
        return next((each.model for each in self.all() if each.model.key == key), None)

    def save(self, saved: SavedEndpoint) -> None:
        """Add an endpoint, or change it in its place. Raises EndpointsUnwritable."""

        def change(own: tuple[SavedEndpoint, ...]) -> tuple[SavedEndpoint, ...]:
            if all(each.endpoint != saved.endpoint for each in own):
                return (*own, saved)
            return tuple(saved if each.endpoint == saved.endpoint else each for each in own)

        self._change(change)

    def learn(self, found: SavedEndpoint) -> None:
        """Note what was found about an endpoint's server, if the user still has the endpoint.

        Raises EndpointsUnwritable.
        """

        def noted(each: SavedEndpoint) -> SavedEndpoint:
            return replace(
                each,
                kind=found.kind,
                version=found.version,
                context=found.context,
                unlisted=found.unlisted,
            )

        self._change(
            lambda own: tuple(
                noted(each) if each.endpoint == found.endpoint else each for each in own
            )
        )

    def remove(self, endpoint: Endpoint) -> None:
        """Remove an endpoint of the user's, and the key of its server if it was the last there.

        Raises EndpointsUnwritable, and SecretUnwritable where only the key stays.
        """
        self._change(lambda own: tuple(each for each in own if each.endpoint != endpoint))
        if all(each.endpoint.url != endpoint.url for each in self.all()):
            self.keep_key(endpoint.url, "")

    def key(self, url: str, stop: threading.Event | None = None) -> str:
        """Return the key for the server at ``url``, empty if there is none.

        The keyring is asked once: that starts a process, and each round of an answer needs the key.
        Raises SecretUnreadable, and Cancelled once ``stop`` is set.
        """
        stop = stop or threading.Event()
        with held(self._keying, stop):
            try:
                if url not in self._keys and (key := self._secrets.get(_secret(url), stop)):
                    self._keys[url] = key
            except SecretUnreadable:
                if stop.is_set():
                    raise Cancelled from None
                raise
            return self._keys.get(url, "")

    def key_place(self, url: str) -> SecretPlace | None:
        """Return where that key is kept; None if there is none. The keyring is not asked."""
        return self._secrets.place(_secret(url))

    def keep_key(self, url: str, key: str) -> SecretPlace | None:
        """Keep the key for a server, and return where; an empty one is removed.

        Raises SecretUnwritable.
        """
        with self._keying:
            self._keys.pop(url, None)
            if key:
                return self._secrets.set(_secret(url), key)
            self._secrets.delete(_secret(url))
            return None

    def _change(self, change: Change) -> None:
        """Replace the user's endpoints, as another process may just have left them."""
        try:
            with changing(self._path):
                with self._lock:
                    self._salvage(self._load())
                    if self._fault:  # it may be readable again later, and is not to be lost
                        raise EndpointsUnwritable(self._path, self._fault)
                    own = change(self._own)
                stamp = self._write(own)
                with self._lock:
                    self._own, self._stamp = own, stamp
        except OSError as error:
            raise EndpointsUnwritable(self._path, error.strerror or str(error)) from error

    def _write(self, own: tuple[SavedEndpoint, ...]) -> Stamp | None:
        """Write the user's endpoints, and return the file's stamp. Raises OSError."""
        if own:
            entries = [codec.encode(each, omit_defaults=True) for each in own]
            replace_text(self._path, json.dumps({_ENTRIES: entries}, indent=2) + "\n")
        else:
            self._path.unlink(missing_ok=True)
        return stamp_of(self._path)

    def _read(self) -> tuple[SavedEndpoint, ...]:
        """Return the user's endpoints, read again if the file has changed."""
        with self._lock:
            if stamp_of(self._path) == self._stamp or not (detail := self._load()):
                return self._own
        try:
            with changing(self._path), self._lock:  # another process may salvage it, too
                self._salvage(self._load())
                return self._own
        except OSError:
            with self._lock:
                self._faults.append(EndpointsDamaged(self._path, detail))
                return self._own

    def _load(self) -> str:
        """Read the file. Return what is wrong with it; empty for nothing."""
        stamp = stamp_of(self._path)
        try:
            text = read_regular(self._path, _LARGEST).decode("utf-8-sig", "replace")
        except FileNotFoundError:
            text = _EMPTY
        except OSError as error:
            if (reason := error.strerror or str(error)) != self._fault:
                self._fault = reason
                self._faults.append(EndpointsDamaged(self._path, reason))
            return ""
        self._stamp, self._fault = stamp, ""
        self._own, detail = _parse(text)
        return detail

    def _salvage(self, detail: str) -> None:
        """Put a damaged file aside, and write what could be read of it; no ``detail``: nothing."""
        if detail:
            kept = None
            with contextlib.suppress(OSError):
                kept = put_aside(self._path)
                self._stamp = self._write(self._own)
            self._faults.append(EndpointsDamaged(self._path, detail, kept))


def _parse(text: str) -> tuple[tuple[SavedEndpoint, ...], str]:
    """Return the endpoints in a file, and what is wrong with it; empty for nothing."""
    try:
        listed = codec.member(codec.an_object(json.loads(text)), _ENTRIES, list)
    except (ValueError, RecursionError) as error:
        return (), str(error)
    found: dict[Endpoint, SavedEndpoint] = {}
    faults = []
    for number, raw in enumerate(listed, 1):
        try:
            saved = _decoded(raw)
            found.setdefault(saved.endpoint, saved)
        except codec.FieldError as error:
            faults.append(f"{number}: {error}")
    return tuple(found.values()), "\n".join(faults)


def _decoded(raw: Any) -> SavedEndpoint:
    saved = codec.decode(SavedEndpoint, raw)
    url = server_url(saved.endpoint.url)
    if url is None or not saved.endpoint.model:
        raise codec.FieldError(f"“url” is {saved.endpoint.url[:80]!r}")
    if saved.context < 0:
        raise codec.FieldError(f"“context” is {saved.context}")
    return replace(saved, endpoint=Endpoint(url, saved.endpoint.model), shared=False)


def _secret(url: str) -> str:
    return f"endpoint {url}"
