"""A round trip through JSON loses no field.

Exports and rows of the store are in test_exchange_fields.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import types
import typing
from collections.abc import Callable, Hashable
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

import pytest

from app.base import codec, settings
from app.base.answer_events import Stats
from app.base.settings import Settings
from app.base.types import Effort, Message, Part, Sampling
from app.models.catalog import HubFile, HubModel
from app.models.queue_store import QueuedModel, QueueStore
from app.store import ChatRow, ChatSettings, MessageRow, Preset, Queued, Store


def other(hint: Any, default: Any) -> Any:
    """Return a value that is not the field's default."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        (hint,) = (each for each in inner if each is not types.NoneType)
        return other(hint, default)
    if origin is tuple:
        return (other(inner[0], None),)
    if dataclasses.is_dataclass(hint):
        return filled(typing.cast(type[Any], hint))
    if issubclass(hint, StrEnum):
        return next(each for each in hint if each is not default)
    if hint is bool:
        return not default
    if hint in (int, float):
        return hint(default + 1.5 if isinstance(default, (int, float)) else 1.5)
    values: dict[type, Any] = {
        str: "Ü “x” 😀",
        bytes: b"\0\xff",
        Path: Path("/a/ä"),
        datetime.date: datetime.date(2026, 1, 2),
    }
    return values[hint]


def filled(kind: type[Any]) -> Any:
    """Return a dataclass of that type in which no field has its default."""
    hints = codec.hints(cast(Hashable, kind))
    fields = dataclasses.fields(kind)
    return kind(**{field.name: other(hints[field.name], field.default) for field in fields})


KINDS = (
    ChatRow,
    ChatSettings,
    HubFile,
    HubModel,
    Message,
    MessageRow,
    Part,
    Preset,
    Queued,
    QueuedModel,
    Sampling,
    Settings,
    Stats,
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("omit_defaults", [False, True])
def test_every_field_comes_back(kind: type[Any], omit_defaults: bool) -> None:
    value = filled(kind)
    for field in dataclasses.fields(kind):
        assert getattr(value, field.name) != field.default
    written = json.loads(json.dumps(codec.encode(value, omit_defaults=omit_defaults)))
    assert set(written) == {field.name for field in dataclasses.fields(kind)}
    assert codec.decode(kind, written) == value


def part_of_a_message() -> Part:
    return typing.cast(Part, filled(Part))


def in_a_store(tmp_path: Path, work: Callable[[Store], Any]) -> Any:
    with closing(Store(tmp_path / "chats.db")) as store:
        return work(store)


def test_settings(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    most = {name: limit for name, (_, limit) in settings._LIMITS.items()}
    saved = dataclasses.replace(filled(Settings), **most)
    settings.save(saved, Settings(), path)
    known = frozenset(field.name for field in dataclasses.fields(Settings))
    assert settings.read(path) == settings.Loaded(saved, known)


def test_the_queue_of_downloads(tmp_path: Path) -> None:
    order = dataclasses.replace(filled(QueuedModel), running=True)
    for value in (order, dataclasses.replace(order, running=False)):
        with closing(QueueStore(tmp_path / "downloads.json")) as queue:
            queue.put(value)
        with closing(QueueStore(tmp_path / "downloads.json")) as queue:
            assert queue.entries == (value,)


def test_drafts_in_the_store(tmp_path: Path) -> None:
    part = part_of_a_message()
    queued = Queued((part, part), Effort.HIGH)

    def through(store: Store) -> Any:
        store.drafts.set(None, (part,), (queued,))
        return store.drafts.all()[None]

    unsent = in_a_store(tmp_path, through)
    assert (unsent.parts, unsent.queue) == ((part,), (queued,))


@dataclasses.dataclass(frozen=True)
class Sample:
    count: int
    size: float
    name: str = "none"
    flag: bool = False
    data: bytes = b""
    many: tuple[int, ...] = ()
    inner: Sampling | None = None
    day: datetime.date | None = None


LEAST = {"count": 1, "size": 2}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"count": True}, "“count” has the wrong type"),
        ({"count": 1.0}, "“count” has the wrong type"),
        ({"count": None}, "“count” has the wrong type"),
        ({"count": 2**65}, "“count” is too large"),
        ({"size": 10**400}, "“size” is too large"),
        ({"size": float("nan")}, "“size” is not a number"),
        ({"size": "2"}, "“size” has the wrong type"),
        ({"name": 5}, "“name” has the wrong type"),
        ({"flag": 1}, "“flag” has the wrong type"),
        ({"data": "ä"}, "“data” is 'ä'"),
        ({"many": [1, "2"]}, "“many” has the wrong type"),
        ({"many": {}}, "“many” has the wrong type"),
        ({"inner": []}, "“inner” has the wrong type"),
        ({"inner": {"top_k": 0.5}}, "“top_k” has the wrong type"),
        ({"day": "yesterday"}, "“day” is 'yesterday'"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(codec.FieldError) as caught:
        codec.decode(Sample, LEAST | change)
    assert str(caught.value) == words


def test_what_is_missing_has_its_default() -> None:
    assert codec.decode(Sample, LEAST | {"flag": None, "later": 5}) == Sample(1, 2.0)
    with pytest.raises(codec.FieldError, match="“size” is missing"):
        codec.decode(Sample, {"count": 1})
    with pytest.raises(codec.FieldError, match="not an object"):
        codec.decode(Sample, [])


def test_a_type_without_json_is_refused() -> None:
    with pytest.raises(TypeError):
        codec.encode(object())
