"""The administrator's list of models behind endpoints, for all users of this computer.

A file in TOML, which is only read (`app.base.system_files`)::

    [[endpoint]]
    url = "https://gpu.example.org/v1"
    model = "openai/gpt-oss-120b"   # its id at the server
    name = "Team gpt-oss-120b"      # as it is listed; optional
    context = 131072                # in tokens; optional
    kind = "vllm"                   # a value of ServerKind; optional
    unencrypted = false             # true accepts http:// to another computer; optional

It holds no keys: what everyone can read is no secret, so each user enters an own one.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from app.base import codec, system_files
from app.base.system_files import SystemFile
from app.base.types import Endpoint
from app.engine.remote.remote_server import SavedEndpoint, ServerKind, server_url

_ENTRIES = "endpoint"
_NUMBER, _TEXT = "a number of tokens", "a text"


def read(path: Path) -> tuple[SavedEndpoint, ...]:
    """Return the endpoints in the file; none without one. Raises SystemFileError.

    None of them is used if anything in it is wrong.
    """
    file = system_files.read(path)
    if file is None:
        return ()
    file.check_keys((_ENTRIES,))
    entries = file.values.get(_ENTRIES, [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise file.wrong(_ENTRIES, "a list of tables")
    unique: dict[Endpoint, SavedEndpoint] = {}
    for each in entries:
        saved = _endpoint(file, each)
        unique.setdefault(saved.endpoint, saved)
    return tuple(unique.values())


def _endpoint(file: SystemFile, entry: dict[str, Any]) -> SavedEndpoint:
    known = ("url", "model", "name", "context", "kind", "unencrypted")
    dataclasses.replace(file, values=entry).check_keys(known)

    def value(key: str, default: Any, wanted: str) -> Any:
        try:
            return codec.decode_value(type(default), entry.get(key, default), key)
        except codec.FieldError:
            raise file.wrong(key, wanted) from None

    url, model = server_url(value("url", "", _TEXT)), value("model", "", _TEXT)
    if url is None:
        raise file.wrong("url", "an address that begins with https://")
    if not model:
        raise file.wrong("model", _TEXT)
    saved = SavedEndpoint(
        Endpoint(url, model),
        value("kind", ServerKind.OTHER, "a kind of server"),
        context=value("context", 0, _NUMBER),
        unencrypted=value("unencrypted", False, "true or false"),
        shared=True,
        name=value("name", "", _TEXT),
    )
    if saved.exposed:
        raise file.wrong("url", "an address that begins with https://")
    return saved
