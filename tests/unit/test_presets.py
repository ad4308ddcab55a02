"""Presets in the store, and as files."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.errors import (
    ExchangeDamaged,
    ExchangeError,
    ExchangeNewer,
    ExchangeNoPresets,
    ExchangeUnreadable,
    ExchangeUnwritable,
    StoreError,
)
from app.base.types import Effort, Message, Part, Role, Sampling
from app.exchange import PresetReport, export_presets, import_presets
from app.store import PLAIN, ChatSettings, Preset, Store
from app.store.chat_title import one_line
from tests.unit.test_exchange import samplings, stores

BRIEF = Preset(0, "Brief", Effort.LOW, "demo", "Be brief.", Sampling(0.5, seed=3))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        yield store


def names(store: Store) -> list[str]:
    return [preset.name for preset in store.presets.all()]


# --- The store ----------------------------------------------------------------------------


def test_a_preset_is_kept_as_it_is(store: Store) -> None:
    (brief,) = store.presets.add([BRIEF])
    assert brief == replace(BRIEF, id=brief.id)
    changed = replace(brief, effort=Effort.HIGH, instructions="\0“Ü” 😀", sampling=None)
    assert store.presets.set(changed) == changed
    with contextlib.closing(Store(store.path)) as other:
        assert other.presets.all() == [changed]


def test_names_are_told_apart_without_case(store: Store) -> None:
    given = ("Große", "  GROSSE\n", "b", "grosse")
    store.presets.add([replace(BRIEF, name=name) for name in given])
    assert names(store) == ["b", "Große", "GROSSE 2", "grosse 3"]
    first, *_ = store.presets.all()
    assert store.presets.set(replace(first, name="große 2")).name == "große 2 2"
    assert store.presets.set(replace(first, name="B")).name == "B"  # its own name is no conflict
    assert store.presets.set(replace(first, name=" ")).name == "B"


def test_one_is_the_default(store: Store) -> None:
    one, other = store.presets.add([replace(BRIEF, default=True), replace(BRIEF, name="Other")])
    assert [p.default for p in store.presets.all()] == [True, False]
    store.presets.set(replace(other, default=True))
    assert [p.default for p in store.presets.all()] == [False, True]
    store.presets.set(replace(other, default=False))
    store.presets.set(one)
    store.presets.add([replace(BRIEF, name="New", default=True)])
    assert [p.name for p in store.presets.all() if p.default] == ["New"]


def test_all_or_none_are_added(store: Store) -> None:
    nonsense: Any = None
    with pytest.raises(StoreError):
        store.presets.add([BRIEF, replace(BRIEF, effort=nonsense)])
    assert names(store) == []


def test_a_chat_has_a_copy(store: Store) -> None:
    (brief,) = store.presets.add([BRIEF])
    question = Message(Role.USER, (Part("Hello"),))
    asked, said = store.messages.ask(None, question, Effort.LOW, "m", brief.setup)
    setup = ChatSettings("Be brief.", Sampling(0.5, seed=3), "Brief", ("python",))
    assert store.chats.get(asked.chat).setup == setup
    store.presets.set(replace(brief, instructions="Be long."))
    store.presets.delete(brief.id)
    assert store.presets.all() == []
    assert store.messages.fork(said.id).setup == store.chats.get(asked.chat).setup == setup
    assert store.chats.set_up(asked.chat, PLAIN).setup == PLAIN


def test_a_model_that_moves_is_found(store: Store) -> None:
    store.presets.add([replace(BRIEF, model="/a/m.gguf"), replace(BRIEF, name="Other")])
    store.chats.rename_model("/a/m.gguf", "/b/m.gguf")
    assert [preset.model for preset in store.presets.all()] == ["/b/m.gguf", "demo"]


def test_one_that_never_was(store: Store) -> None:
    with pytest.raises(KeyError):
        store.presets.set(replace(BRIEF, id=99))
    store.presets.delete(99)


# --- As files -----------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
presets = st.builds(
    Preset,
    st.just(0),
    texts.map(one_line).filter(bool),
    st.sampled_from(Effort),
    texts.filter(lambda text: "/" not in text and text != "."),
    texts,
    st.none() | samplings,
    st.just(False),
)


def bare(store: Store) -> list[Preset]:
    return [replace(preset, id=0, default=False) for preset in store.presets.all()]


@given(st.lists(presets, max_size=5))
def test_out_and_in_gives_equal_presets(given_: list[Preset]) -> None:
    with stores(2) as (one, other):
        count = len(one.presets.add(given_))
        file = one.path.with_suffix(".fireside-presets.json")
        export_presets(one, file)
        report = import_presets(other, file)
        assert (len(report.added), report.renamed, report.known) == (count, 0, 0)
        assert bare(other) == bare(one)
        for store in (one, other):
            assert import_presets(store, file) == PresetReport((), 0, count)


def test_a_file_tells_nobody_where_the_models_are(store: Store, tmp_path: Path) -> None:
    model = str(tmp_path / "secret" / "m.gguf")
    ours = replace(BRIEF, model=model, default=True)
    one, _ = store.presets.add([ours, replace(BRIEF, name="b")])
    file = tmp_path / "p.fireside-presets.json"
    export_presets(store, file, [one.id])
    assert json.loads(file.read_text("utf-8")) == {
        "format": "fireside-presets",
        "version": 1,
        "presets": [
            {
                "name": "Brief",
                "effort": "low",
                "model": "m.gguf",
                "instructions": "Be brief.",
                "sampling": {
                    "temperature": 0.5,
                    "top_p": 1.0,
                    "top_k": 0,
                    "min_p": 0.01,
                    "seed": 3,
                    "max_tokens": None,
                },
            }
        ],
    }
    assert import_presets(store, file) == PresetReport((), 0, 1)  # the same, wherever the file is


def test_another_one_of_the_same_name(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "p.fireside-presets.json"
    store.presets.add([BRIEF, replace(BRIEF, name="Other")])
    export_presets(store, file)
    brief, _ = store.presets.all()
    store.presets.set(replace(brief, name="BRIEF", instructions="Mine.", default=True))
    report = import_presets(store, file)
    assert [preset.name for preset in report.added] == ["Brief 2"]
    assert (report.renamed, report.known) == (1, 1)
    assert [(p.name, p.instructions, p.default) for p in store.presets.all()] == [
        ("BRIEF", "Mine.", True),
        ("Brief 2", "Be brief.", False),
        ("Other", "Be brief.", False),
    ]


LEAST = {"format": "fireside-presets", "version": 1, "presets": [{"name": "x", "effort": "low"}]}


def test_what_is_missing_is_empty_and_what_is_not_known_is_passed_over(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "p.json"
    raw = {**LEAST, "by": [{}], "presets": [{"name": " x\n", "effort": "low", "mood": {"a": 1}}]}
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(raw).encode())
    (added,) = import_presets(store, file).added
    assert replace(added, id=0) == Preset(0, "x", Effort.LOW)


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", ExchangeNoPresets, ""),
        (b"[1]", ExchangeNoPresets, ""),
        (b"PK\x03\x04", ExchangeNoPresets, ""),
        (b'{"format": "fireside-chats", "version": 1, "chats": []}', ExchangeNoPresets, ""),
        (b"{}", ExchangeNoPresets, ""),
        (json.dumps({**LEAST, "version": 2}).encode(), ExchangeNewer, ""),
        (
            json.dumps({**LEAST, "version": "1"}).encode(),
            ExchangeDamaged,
            "“version” has the wrong type",
        ),
        (
            json.dumps({**LEAST, "presets": {}}).encode(),
            ExchangeDamaged,
            "“presets” has the wrong type",
        ),
        (json.dumps(LEAST).encode()[:-3], ExchangeDamaged, "unexpected end"),
        (json.dumps(LEAST).encode() + b"x", ExchangeDamaged, "behind its end"),
        (b'{"format": "fireside-presets\xff"}', ExchangeDamaged, "not UTF-8"),
        (b'{"a":' + b"[" * 99999, ExchangeDamaged, "nested"),
    ],
)
def test_a_file_that_is_none(
    store: Store, tmp_path: Path, content: bytes, error: type[ExchangeError], words: str
) -> None:
    file = tmp_path / "p.json"
    file.write_bytes(content)
    with pytest.raises(error) as caught:
        import_presets(store, file)
    assert words in getattr(caught.value, "detail", "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "preset 2: “name” is empty"),
        ({"name": "\n"}, "preset 2: “name” is empty"),
        ({"name": None}, "preset 2: “name” has the wrong type"),
        ({"effort": "huge"}, "“effort” is 'huge'"),
        ({"instructions": 1}, "“instructions” has the wrong type"),
        ({"sampling": {"seed": 1.5}}, "“seed” has the wrong type"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_taken_in(
    store: Store, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    file = tmp_path / "p.json"
    right = {"name": "x", "effort": "low"}
    file.write_text(json.dumps({**LEAST, "presets": [right, {**right, **change}]}), "utf-8")
    with pytest.raises(ExchangeDamaged) as caught:
        import_presets(store, file)
    assert words in caught.value.detail
    assert store.presets.all() == []


def test_a_file_that_is_not_there(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ExchangeUnreadable):
        import_presets(store, tmp_path / "none.json")
    with pytest.raises(ExchangeUnwritable):
        export_presets(store, tmp_path / "no" / "folder.json")
