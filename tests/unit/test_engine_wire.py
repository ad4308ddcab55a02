"""What crosses between processes that share an engine, and what is refused."""

from __future__ import annotations

import datetime
import json
import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, cast

import pytest

from app.base import errors, settings
from app.base.answer_events import Event, LoopEvent, PartAdded
from app.base.types import ModelRef, Part, Request, Sampling
from app.engine.backend import Planned
from app.engine.probe import Devices, Speeds
from app.engine.shared import engine_wire as wire
from app.engine.shared.engine_wire import WireError, pack, unpack

MODEL = ModelRef.of_file(Path("/models/a.gguf"), "a")
TYPES = wire._types()
OF_THE_LOOP = PartAdded, LoopEvent  # which runs tools, above what is shared


def sample(hint: Any) -> Any:
    """Return a value of an annotated type, of which as much as possible is not the default."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType or origin is typing.Union:
        return sample(next(each for each in inner if each is not types.NoneType))
    if origin is tuple:
        return tuple(sample(each) for each in inner if each is not Ellipsis)
    plain = {str: "ü\n\ud800", int: -(2**40), float: 0.1, bool: True, bytes: b"\x00\xff"}
    if hint in plain:
        return plain[hint]
    if hint is Path:
        return Path("/tmp/ä\udc80")
    if hint is datetime.date:
        return datetime.date(2026, 2, 28)
    if issubclass(hint, Enum):
        return list(hint)[-1]
    return hint(*(sample(each) for _, each in wire._fields(hint)))


def test_each_value_comes_as_it_was() -> None:
    for hint in TYPES.values():
        value = sample(hint)
        read = unpack(pack(("event", value)))[1]
        assert type(read) is type(value)
        if isinstance(value, errors.FiresideError):
            assert vars(read) == vars(value)
        else:
            assert read == value


def named(hint: Any) -> Iterator[type]:
    """Yield the classes that an annotation names, in it and below."""
    if inner := typing.get_args(hint):
        for each in inner:
            yield from named(each)
    elif isinstance(hint, type) and hint.__module__.startswith("app."):
        if hint in OF_THE_LOOP:
            return
        yield hint
        if not issubclass(hint, Enum):
            for _, each in wire._fields(cast(Any, hint)):
                yield from named(each)


def test_all_that_a_backend_takes_and_gives_can_cross() -> None:
    needed = {each for hint in (Request, Event, Planned, Devices, Speeds) for each in named(hint)}
    assert needed <= set(TYPES.values())


@pytest.mark.parametrize(
    "value", [PartAdded(Part("a")), settings.Settings(), object(), float("nan"), {"a": 1}]
)
def test_nothing_else_is_sent(value: object) -> None:
    with pytest.raises(WireError):
        pack(value)


REQUEST = json.loads(pack(Request(MODEL, ())))["Request"]


def changed(at: int, value: object) -> bytes:
    """Return a request with another field."""
    fields = list(REQUEST)
    fields[at] = value
    return json.dumps({"Request": fields}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"{",
        b"[" * 100_000,
        b"9" * 10_000,
        b"NaN",
        b"[{}]",
        b'{"Settings": []}',
        b'{"LoopEvent": []}',
        b'{"Loading": [1.0], "Waiting": [1]}',
        b'{"Loading": []}',
        b'{"Loading": [NaN]}',
        b'{"Loading": [1e999]}',
        b'{"Loading": [true]}',
        b'{"Loading": {"fraction": 1}}',
        b'{"Effort": "huge"}',
        b'{"Effort": ["low"]}',
        b'{"bytes": "a"}',
        b'{"path": 5}',
        b'{"day": "2026-02-30"}',
        b'{"Waiting": [1.0]}',
        changed(0, "demo"),
        changed(1, {"Part": []}),
        changed(1, [5]),
        changed(2, "low"),
        changed(5, {"Sampling": ["hot", 1, 0, 0.0, None, None]}),
        changed(6, "7"),
        changed(7, 1),
        json.dumps({"Request": REQUEST[:-1]}).encode(),
        json.dumps({"Request": [*REQUEST, 1]}).encode(),
    ],
)
def test_what_is_no_value_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        unpack(data)


@pytest.mark.parametrize(
    "data", ['{"Effort": "my words"}', '{"day": "my words"}', '{"my words": 1}']
)
def test_a_refusal_has_no_words_for_the_log(data: str) -> None:
    with pytest.raises(WireError) as refused:
        unpack(data.encode())
    assert "my words" not in str(refused.value)


def test_whole_numbers_may_stand_for_others_but_not_the_other_way_round() -> None:
    request = Request(MODEL, (), sampling=Sampling(temperature=1))
    assert unpack(pack(request)) == request
