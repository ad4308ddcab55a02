"""The administrator's list of models behind endpoints, for everyone on this computer.

A file in TOML, which is only read::

    [[endpoint]]
    address = "https://gpu.example.org"
    model = "openai/gpt-oss-120b"   # the server's name of the model
    name = "gpt-oss-120b"           # as the window shows it; optional
    context = 131072                # in tokens; optional
    unencrypted = false             # true allows http:// to another computer; optional

It holds no keys: what everyone can read is no secret, so each user enters an own one. Which files
are refused as a whole is said in `app.base.system_files`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.base import codec, system_files
from app.base.errors import EndpointsDamaged, SystemFileError
from app.base.types import Endpoint
from app.engine.remote.remote_server import SavedEndpoint, server_url

_ENTRIES = "endpoint"
_MEMBERS = frozenset({"address", "model", "name", "context", "unencrypted", "unlisted"})


class SharedEndpoints:
    """The endpoints in the administrator's file; none if ``path`` is None. Not thread-safe.

    They are read once, as a policy is. What makes no sense is left out.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._found: tuple[SavedEndpoint, ...] | None = None
        self._faults: list[EndpointsDamaged | SystemFileError] = []

    def all(self) -> tuple[SavedEndpoint, ...]:
        """Return all of them, in the order of the file."""
        if self._found is None:
            unique: dict[Endpoint, SavedEndpoint] = {}
            for each in self._read():
                unique.setdefault(each.endpoint, each)
            self._found = tuple(unique.values())
        return self._found

    def take_faults(self) -> list[EndpointsDamaged | SystemFileError]:
        """Return what is wrong with the file, once."""
        found, self._faults = self._faults, []
        return found

    def _read(self) -> Iterator[SavedEndpoint]:
        try:
            file = system_files.read(self._path) if self._path else None
            if file is None:
                return
            file.check_keys((_ENTRIES,))
            listed = file.values.get(_ENTRIES, [])
            if not isinstance(listed, list):
                raise file.wrong(_ENTRIES, "tables")
        except SystemFileError as error:
            self._faults.append(error)
            return
        faults = []
        for number, raw in enumerate(listed, 1):
            try:
                yield _endpoint(raw)
            except codec.FieldError as error:
                faults.append(f"{number}: {error}")
        if faults:
            self._faults.append(EndpointsDamaged(file.path, "\n".join(faults), shared=True))


def _endpoint(raw: Any) -> SavedEndpoint:
    """Return the endpoint of an entry. Raises FieldError."""
    raw = codec.an_object(raw)
    if unknown := sorted(raw.keys() - _MEMBERS):
        raise codec.FieldError(f"“{unknown[0][:80]}” is not known")
    address, model = codec.member(raw, "address", str), codec.member(raw, "model", str)
    url = server_url(address)
    if url is None or not model:
        raise codec.FieldError(f"“address” is {address[:80]!r}")
    saved = SavedEndpoint(
        Endpoint(url, model),
        context=codec.decode_value(int, raw.get("context", 0), "context"),
        unencrypted=codec.decode_value(bool, raw.get("unencrypted", False), "unencrypted"),
        shared=True,
        name=codec.decode_value(str, raw.get("name", ""), "name"),
        unlisted=codec.decode_value(bool, raw.get("unlisted", False), "unlisted"),
    )
    if saved.context < 0:
        raise codec.FieldError(f"“context” is {saved.context}")
    if saved.exposed:
        raise codec.FieldError(f"“address” is {url!r}, without encryption")
    return saved
