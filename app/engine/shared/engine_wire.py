"""Values as bytes for another process of this user, and back: a closed list of types.

JSON in which each object names its type, such as ``{"Delta": [0, "text", …]}``. Not pickle: what
that may call has to be forbidden, and it differs between versions of Python; here a value is only
ever made of the fields that its type has, each of the type that it is annotated with.
"""

from __future__ import annotations

import binascii
import datetime
import functools
import json
import math
import os
import types as python_types
import typing
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from pathlib import Path, PurePath
from typing import Any, cast

from app.base import answer_events as events
from app.base import errors
from app.base import types as values
from app.base.errors import FiresideError
from app.engine import backend

_PLAIN = frozenset({type(None), bool, int, float, str})
_BYTES, _PATH, _DAY = "bytes", "path", "day"


class WireError(Exception):
    """These bytes are no value, or this value has no bytes."""


def pack(value: object) -> bytes:
    """Return a value as bytes. Raises WireError if it is not of a type that may cross."""
    try:
        return json.dumps(_written(value), separators=(",", ":"), allow_nan=False).encode("ascii")
    except (ValueError, TypeError, RecursionError) as error:
        raise WireError(str(error)) from error


def unpack(data: bytes) -> Any:
    """Return the value that `pack` has written; lists come as tuples. Raises WireError."""
    try:
        read = json.loads(data.decode("ascii"), object_hook=_read, parse_constant=_refuse)
        return _tuple(read)
    except (ValueError, TypeError, RecursionError) as error:
        # Not its message, which may have words of a chat, for a log.
        raise WireError(type(error).__name__) from error


def _refuse(constant: str) -> None:
    raise WireError(f"{constant} is no number")


def _written(value: object) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple or kind is list:
        return [_written(item) for item in cast(tuple[Any, ...], value)]
    if isinstance(value, bytes):
        return {_BYTES: binascii.b2a_base64(value, newline=False).decode("ascii")}
    if isinstance(value, PurePath):
        return {_PATH: os.fspath(value)}
    if kind is datetime.date:
        return {_DAY: cast(datetime.date, value).isoformat()}
    name = type(value).__name__
    if _types().get(name) is not type(value):
        raise WireError(f"{name} does not cross")
    if isinstance(value, Enum):
        return {name: value.value}
    return {name: [_written(getattr(value, field)) for field, _ in _fields(cast(Any, type(value)))]}


def _read(written: dict[str, Any]) -> Any:
    """Return the value of a JSON object, whose own values have been made already."""
    if len(written) != 1:
        raise WireError("an object has one type")
    ((name, content),) = written.items()
    match name:
        case "bytes":
            return binascii.a2b_base64(_text(content), strict_mode=True)
        case "path":
            return Path(_text(content))
        case "day":
            return datetime.date.fromisoformat(_text(content))
    kind: Any = _types().get(name)
    if kind is None:
        raise WireError("an unknown type")
    if issubclass(kind, Enum):
        return kind(content)
    known = _fields(kind)
    if type(content) is not list or len(content) != len(known):
        raise WireError(f"{name} has other fields")
    return kind(*(_fitting(hint, item) for (_, hint), item in zip(known, content, strict=True)))


def _text(content: object) -> str:
    if type(content) is not str:
        raise WireError("no text")
    return content


def _tuple(read: Any) -> Any:
    return tuple(map(_tuple, read)) if type(read) is list else read


def _fitting(hint: Any, value: Any) -> Any:
    """Return a value as the annotation has it. Raises WireError if it is of another type."""
    origin = typing.get_origin(hint)
    if origin is python_types.UnionType or origin is typing.Union:
        for each in typing.get_args(hint):
            try:
                return _fitting(each, value)
            except WireError:
                continue
    elif origin is tuple:
        if type(value) in (list, tuple):
            return _items(typing.get_args(hint), value)
    elif hint is float:
        if type(value) in (int, float) and math.isfinite(value):
            return value
    elif hint in _PLAIN or hint is bytes:
        if type(value) is hint:
            return value
    elif isinstance(value, hint):
        return value
    raise WireError(f"not of the type {hint}")


def _items(hints: tuple[Any, ...], written: list[Any]) -> tuple[Any, ...]:
    if hints[-1] is Ellipsis:
        return tuple(_fitting(hints[0], item) for item in written)
    if len(hints) != len(written):
        raise WireError("a tuple of another length")
    return tuple(_fitting(hint, item) for hint, item in zip(hints, written, strict=True))


@functools.cache
def _types() -> Mapping[str, type]:
    """Return the types that may cross, by their names."""
    from app.engine import memory_model, placement, plan, probe

    found: tuple[type, ...] = (
        *(values.Effort, values.Role, values.PartKind, values.Outcome, values.ToolChoice),
        *(events.StopReason, events.SlowCause, values.ResultFacts, values.Part, values.Message),
        *(values.Sampling, values.FileLocation, values.Endpoint, values.ModelRef),
        *(values.ToolFunction, values.ToolSource, values.ToolNamespace, values.Request),
        *(events.Stats, events.Waiting, events.Loading, events.Prompt, events.Prefill),
        *(events.Delta, events.Done, events.SlowAnswer),
        *(backend.GpuFault, backend.GpuTrouble, backend.Planned),
        *(plan.Plan, plan.Share, plan.PlanRefused, memory_model.MemoryUse),
        *(memory_model.CacheType, placement.MovedExperts),
        *(probe.Gpu, probe.BackendFault, probe.UnusedBackend, probe.Devices, probe.DeviceSpeed),
        probe.Speeds,
        *(
            each
            for each in vars(errors).values()
            if isinstance(each, type) and issubclass(each, FiresideError)
        ),
    )
    return {each.__name__: each for each in found}


@functools.cache
def _fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Return the names and types of what a value is made of."""
    hints = typing.get_type_hints(kind, localns=dict(_types()))
    if issubclass(kind, FiresideError):
        return tuple((name, hints[name]) for name in kind._facts)
    return tuple((field.name, hints[field.name]) for field in fields(kind))
