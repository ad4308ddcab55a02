"""Presets on disk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base.errors import StoreError
from app.base.types import Effort, Message, Part, Role, Sampling
from app.store import PLAIN, Preset, Setup, Store

BRIEF = Preset(0, "Brief", Effort.LOW, "demo", "Be brief.", Sampling(0.5, seed=3))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        yield store


def names(store: Store) -> list[str]:
    return [preset.name for preset in store.presets()]


# --- The store ----------------------------------------------------------------------------


def test_a_preset_is_kept_as_it_is(store: Store) -> None:
    (brief,) = store.add_presets([BRIEF])
    assert brief == replace(BRIEF, id=brief.id)
    changed = replace(brief, effort=Effort.HIGH, instructions="\0“Ü” 😀", sampling=None)
    assert store.set_preset(changed) == changed
    with contextlib.closing(Store(store.path)) as other:
        assert other.presets() == [changed]


def test_names_are_told_apart_without_case(store: Store) -> None:
    given = ("Große", "  GROSSE\n", "b", "grosse")
    store.add_presets([replace(BRIEF, name=name) for name in given])
    assert names(store) == ["b", "Große", "GROSSE 2", "grosse 3"]
    first, *_ = store.presets()
    assert store.set_preset(replace(first, name="große 2")).name == "große 2 2"
    assert store.set_preset(replace(first, name="B")).name == "B"  # its own is no other's
    assert store.set_preset(replace(first, name=" ")).name == "B"


def test_one_is_the_default(store: Store) -> None:
    one, other = store.add_presets([replace(BRIEF, default=True), replace(BRIEF, name="Other")])
    assert [p.default for p in store.presets()] == [True, False]
    store.set_preset(replace(other, default=True))
    assert [p.default for p in store.presets()] == [False, True]
    store.set_preset(replace(other, default=False))
    store.set_preset(one)
    store.add_presets([replace(BRIEF, name="New", default=True)])
    assert [p.name for p in store.presets() if p.default] == ["New"]


def test_all_or_none_are_added(store: Store) -> None:
    nonsense: Any = None
    with pytest.raises(StoreError):
        store.add_presets([BRIEF, replace(BRIEF, effort=nonsense)])
    assert names(store) == []


def test_a_chat_has_a_copy(store: Store) -> None:
    (brief,) = store.add_presets([BRIEF])
    question = Message(Role.USER, (Part("Hello"),))
    asked, said = store.ask(None, question, Effort.LOW, "m", brief.setup)
    setup = Setup("Be brief.", Sampling(0.5, seed=3), "Brief")
    assert store.chat(asked.chat).setup == setup
    store.set_preset(replace(brief, instructions="Be long."))
    store.delete_preset(brief.id)
    assert store.presets() == []
    assert store.fork(said.id).setup == store.chat(asked.chat).setup == setup
    assert store.set_up(asked.chat, PLAIN).setup == PLAIN


def test_a_model_that_moves_is_found(store: Store) -> None:
    store.add_presets([replace(BRIEF, model="/a/m.gguf"), replace(BRIEF, name="Other")])
    store.rename_model("/a/m.gguf", "/b/m.gguf")
    assert [preset.model for preset in store.presets()] == ["/b/m.gguf", "demo"]


def test_one_that_never_was(store: Store) -> None:
    with pytest.raises(KeyError):
        store.set_preset(replace(BRIEF, id=99))
    store.delete_preset(99)
