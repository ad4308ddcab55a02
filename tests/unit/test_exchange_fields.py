"""An export loses no field of ours.

A field that is added after the code that writes and reads it fails here.
"""

from __future__ import annotations

import contextlib
import io
import types
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from app.base.types import Role
from app.exchange import export_presets, import_presets, native_json
from app.exchange.foreign_json import Foreign, duration
from app.exchange.json_stream import JsonReader
from app.store import PLAIN, ChatRow, ChatTree, MessageRow, Preset, Store

_DERIVED = {"day"}
"""What no file has: it follows from the times of the messages around."""


def filled(kind: Any, name: str, number: Iterator[int]) -> Any:
    """Return a value of a type in which nothing has its default."""
    if kind is str:
        return f"{name} {next(number)}"
    if kind in (int, float):
        return kind(next(number) + 0.5 * (kind is float))
    if kind is bool:
        return True
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        given = [field for field in fields(kind) if field.name not in _DERIVED]
        values = {f.name: filled(hints[f.name], f.name, number) for f in given}
        for field in given:
            if isinstance(field.default, bool):
                values[field.name] = not field.default
            elif isinstance(field.default, Enum):
                others = (each for each in type(field.default) if each is not field.default)
                values[field.name] = next(others)
        make: Any = kind
        return make(**values)
    if kind is bytes:
        return bytes([next(number), 0, 255])
    if kind is Role:
        return Role.ASSISTANT  # other roles are not stored
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)[-1]
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is tuple:
        return (filled(arguments[0], name, number),)
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return filled(next(a for a in arguments if a is not type(None)), name, number)
    raise AssertionError(f"say here how {name} is filled, which is a {kind}")


def counter() -> Iterator[int]:
    yield from range(3, 1000)


def a_tree() -> ChatTree:
    number = counter()
    first, second = (filled(MessageRow, "message", number) for _ in range(2))
    first = replace(first, id=1, chat=0, parent=None)
    second = replace(second, id=2, chat=0, parent=1)
    chat = replace(filled(ChatRow, "chat", number), id=0, leaf=2, deleted=None)
    return ChatTree(chat, (first, second), {1: 2})


def test_the_chat_of_this_test_has_everything() -> None:
    """Otherwise the other tests prove nothing: only fields that no file has may have defaults."""
    tree = a_tree()
    allowed = {("ChatRow", "id"), ("ChatRow", "deleted"), ("MessageRow", "chat")}
    allowed |= {("MessageRow", "parent")}  # the first message's
    allowed |= {("Message", name) for name in _DERIVED}
    waiting: list[Any] = [tree.chat, *tree.messages]
    plain = 0
    while waiting:
        item = waiting.pop()
        for field in fields(item):
            value = getattr(item, field.name)
            plain += value == field.default and (type(item).__name__, field.name) not in allowed
            parts = value if isinstance(value, tuple) else [value]
            waiting += [part for part in parts if is_dataclass(part)]
    assert plain == 0


def test_every_field_comes_back_from_a_file() -> None:
    tree = a_tree()
    file = io.StringIO()
    native_json.write(file, [tree])
    file.seek(0)
    off = replace(
        tree, chat=replace(tree.chat, setup=replace(tree.chat.setup, tools=(), remote_tools=()))
    )
    assert list(native_json.read(JsonReader(file))) == [off]
    assert tree.chat.setup.tools[0] not in file.getvalue()


def test_every_field_comes_back_from_the_store(tmp_path: Path) -> None:
    tree = a_tree()
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        (row,) = store.trees.add([tree])
        back = store.trees.get(row.id)
    head = replace(back.chat, id=0, leaf=2)
    rows = tuple(
        replace(m, id=n, chat=0, parent=n - 1 or None) for n, m in enumerate(back.messages, 1)
    )
    assert (head, rows, len(back.next)) == (tree.chat, tree.messages, 1)


def test_every_field_of_a_preset_comes_back(tmp_path: Path) -> None:
    preset = filled(Preset, "preset", counter())
    with contextlib.closing(Store(tmp_path / "a.db")) as one:
        (made,) = one.presets.add([replace(preset, default=False)])
        export_presets(one, tmp_path / "p.json", [made.id])
    assert preset.tools[0] not in (tmp_path / "p.json").read_text("utf-8")
    with contextlib.closing(Store(tmp_path / "b.db")) as other:
        import_presets(other, tmp_path / "p.json")
        (back,) = (each for each in other.presets.all() if each.name == preset.name)
    assert replace(made, id=0) == replace(preset, id=0, default=False)
    assert replace(back, id=0) == replace(made, id=0, tools=PLAIN.tools)  # decided here only


# --- Fields of others ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "all_", "sentences"),
    [
        ({}, 0, 0),
        ({"a": None, "b": 0, "c": True, "d": "", "e": [], "f": {}, "g": [{}], "h": " \n"}, 0, 0),
        ({"a": "x"}, 1, 0),
        ({"a": "three words here"}, 1, 1),
        ({"a": "これは知らない文です"}, 1, 1),
        ({"a": "https://example.org/a/b"}, 1, 0),
        ({"a": {"b": [{"c": "x"}]}, "d": [["y"]]}, 2, 0),
        ({"known": {"text": "read", "more": "not read at all"}}, 1, 1),
        ({"list": [{"text": "read", "more": "x"}, "and a bare text"]}, 2, 1),
        ({"beside": {"whatever": "stands in it now"}}, 0, 0),
        ({"text": ["a list", "where a text should be"]}, 1, 1),
        ({"number": "where a number should be"}, 1, 1),
    ],
)
def test_what_nobody_asked_for(raw: dict[str, Any], all_: int, sentences: int) -> None:
    foreign = Foreign(raw)
    foreign.ignore("beside")
    foreign["known"].text("text")
    for item in foreign.objects("list"):
        item.text("text")
    foreign.text("text")
    foreign.number("number")
    assert (foreign.unread(), foreign.unread(sentences=True)) == (all_, sentences)
    foreign.ignore()
    assert foreign.unread() == 0


def test_what_is_nested_without_end_is_found() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    assert Foreign({"a": deep}).unread() == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Thought for 7 seconds", 7),
        ("Thought for 2m 17s", 137),
        ("Worked for 3 minutes", 180),
        ("6s 동안 생각함", 6),
        ("1h 1m 1.5s", 3661.5),
        ("Thought for a moment", None),
    ],
)
def test_how_long_it_thought(text: str, seconds: float | None) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1_700_000_000, 1_700_000_000),
        (1_700_000_000_123, 1_700_000_000.123),
        (1_700_000_000_000_000_000, 1_700_000_000),
        ("2026-01-05T10:00:00.5Z", 1_767_607_200.5),
        ("2026-01-05T10:00:00+01:00", 1_767_603_600),
        (-5, None),
        ("yesterday", None),
        (10**400, None),
        (True, None),
    ],
)
def test_times(value: Any, seconds: float | None) -> None:
    assert Foreign({"t": value}).time("t") == seconds
