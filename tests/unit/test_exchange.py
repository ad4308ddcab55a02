"""Fireside's own export format, and the effect of an import on a store."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.answer_events import Stats
from app.base.errors import (
    Cancelled,
    ExchangeDamaged,
    ExchangeError,
    ExchangeNewer,
    ExchangeTooLarge,
    ExchangeUnknown,
    ExchangeUnreadable,
    ExchangeUnwritable,
)
from app.base.types import Effort, Message, Part, PartKind, Role, Sampling
from app.exchange import (
    ExportFormat,
    ExportOptions,
    ImportReport,
    ImportSource,
    OmissionReason,
    export,
    json_stream,
    native_json,
    read,
)
from app.store import ChatRow, ChatSettings, ChatTree, MessageRow, State, Store, TitleBy
from app.store.chat_title import one_line
from app.tools.departure import departures

# --- Any chats ----------------------------------------------------------------------------

numbers = st.integers(0, 2**64)
times = st.floats(0, 1e11)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
parts = st.one_of(
    st.builds(
        Part,
        texts,
        format_data=st.sampled_from(["", "final json", "commentary json", "commentary"]),
    ),
    st.builds(
        Part,
        texts,
        st.just(PartKind.REASONING),
        format_data=st.sampled_from(["", "analysis json"]),
    ),
    st.builds(
        Part,
        texts,
        st.just(PartKind.CALL),
        st.sampled_from(["python", "functions.f"]),
        format_data=st.sampled_from(["analysis", "commentary json", "final"]),
    ),
    st.builds(Part, texts, st.just(PartKind.FILE), texts.filter(bool), media_type=texts),
)
samplings = st.builds(
    Sampling, times, times, st.integers(0, 99), times, st.none() | numbers, st.none() | numbers
)
stats = st.builds(
    Stats,
    *[numbers] * 4,
    times,
    times,
    *[numbers] * 3,
    restored=numbers,
    dropped=numbers,
    left_out=st.lists(texts, max_size=2).map(tuple),
)
SETUP = ChatSettings("Be brief.", Sampling(temperature=0.5, seed=3), "Brief")
states = st.sampled_from([State.DONE, State.STOPPED, State.CUT_OFF])


@st.composite
def trees(draw: st.DrawFn) -> ChatTree:
    """Draw a chat of any shape, with ids that a store might have assigned."""
    first = draw(st.integers(1, 50))
    count = draw(st.integers(0, 8))
    rows: list[MessageRow] = []
    for number in range(first, first + count):
        message = draw(
            st.builds(
                MessageRow,
                st.just(number),
                st.just(0),
                st.none() | st.sampled_from([row.id for row in rows]) if rows else st.none(),
                st.builds(
                    Message,
                    st.sampled_from([Role.USER, Role.ASSISTANT]),
                    st.lists(parts, max_size=3).map(tuple),
                ),
                states,
                times,
                st.none() | st.sampled_from(Effort),
                texts,
                st.none() | stats,
                st.none() | times,
                st.none() | st.booleans(),
                texts,
            )
        )
        rows.append(message)
    below = [(row.parent, row.id) for row in rows if row.parent is not None]
    went = dict(draw(st.lists(st.sampled_from(below))) if below else [])
    chat = draw(
        st.builds(
            ChatRow,
            st.just(0),
            texts.map(one_line),
            st.sampled_from(TitleBy),
            st.sampled_from(Effort),
            times,
            times,
            st.sampled_from([row.id for row in rows]) if rows else st.none(),
            st.builds(ChatSettings, texts, st.none() | samplings, texts),
            texts,
            st.booleans(),
            st.booleans(),
            texts.map(one_line),
        )
    )
    return ChatTree(chat, tuple(rows), went)


def numbered(tree: ChatTree) -> ChatTree:
    """Return the same tree with the ids 1, 2, 3 and so on."""
    new: dict[int | None, int] = {row.id: at for at, row in enumerate(tree.messages, start=1)}
    rows = (replace(m, id=new[m.id], parent=new.get(m.parent), chat=0) for m in tree.messages)
    went = {new[here]: new[below] for here, below in tree.next.items()}
    return ChatTree(replace(tree.chat, id=0, leaf=new.get(tree.chat.leaf)), tuple(rows), went)


def content(store: Store) -> list[ChatTree]:
    """Return everything in a store, without ids and the bin."""
    chats = sorted(row.id for row in (*store.chats.listed(), *store.chats.archived()))
    return [numbered(store.trees.get(chat)) for chat in chats]


@contextlib.contextmanager
def stores(number: int) -> Iterator[list[Store]]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        paths = [folder / f"{n}.db" for n in range(number)]
        for path in paths:
            path.write_bytes(_empty())
        yield [stack.enter_context(contextlib.closing(Store(path))) for path in paths]


@functools.cache
def _empty() -> bytes:
    """Return an empty database; creating one costs many syncs of the disk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        Store(path).close()
        return path.read_bytes()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        yield store


def out(store: Store, folder: Path, chats: Sequence[int] | None = None) -> Path:
    return export(store, folder, "out", ExportOptions(ExportFormat.JSON), chats)


def said(role: Role, text: str, reasoning: str = "") -> Message:
    thoughts = (Part(reasoning, PartKind.REASONING),) if reasoning else ()
    return Message(role, (*thoughts, Part(text)))


def a_chat(store: Store, text: str = "Hello") -> int:
    """Create a question with an answer and its reasoning."""
    chat = store.chats.create(Effort.HIGH, SETUP).id
    asked = store.messages.add(chat, None, said(Role.USER, text))
    store.messages.add(chat, asked.id, said(Role.ASSISTANT, "Good day.", "A greeting."), model="m")
    return chat


# --- There and back -----------------------------------------------------------------------


@settings(max_examples=25)
@given(st.lists(trees(), max_size=4))
def test_out_and_in_gives_an_equal_database(chats: list[ChatTree]) -> None:
    with stores(2) as (one, other):
        one.trees.add(chats)
        assert content(one) == [numbered(tree) for tree in chats]
        file = out(one, one.path.parent)
        found = read(file)
        count = sum(len(tree.messages) for tree in chats)
        assert (found.source, found.chats, found.messages) == (
            ImportSource.FIRESIDE,
            len(chats),
            count,
        )
        assert found.left_out == {}
        ids = tuple(range(1, len(chats) + 1))
        assert found.into(other) == ImportReport(len(chats), count, 0, ids)
        assert content(other) == content(one)
        assert found.into(other) == ImportReport(0, 0, len(chats))
        assert content(other) == content(one)


def test_what_a_person_did_survives(store: Store, tmp_path: Path) -> None:
    chat = a_chat(store)
    first, second = store.messages.conversation(chat)
    store.messages.add(chat, first.id, said(Role.ASSISTANT, "Hi!"))
    store.messages.show(second.id)
    store.chats.rename(chat, "Greetings")
    store.chats.arrange([chat], pinned=True, folder="Small talk")
    store.messages.set_thought_open(second.id, True)
    archived = a_chat(store, "Put away")
    store.chats.arrange([archived], archived=True)
    gone = a_chat(store, "Thrown away")
    store.bin.put(gone)
    out(store, tmp_path)
    with contextlib.closing(Store(tmp_path / "other.db")) as other:
        read(tmp_path / "out.json").into(other)
        assert content(other) == content(store)
        (row,) = other.chats.listed()
        assert (row.title, row.folder, row.pinned) == ("Greetings", "Small talk", True)
        assert row.setup == SETUP
        _, answer = other.messages.conversation(row.id)
        assert answer.message.text == "Good day."
        assert answer.thought_open is True
        assert len(other.messages.versions(answer.id)) == 2
        assert [r.title for r in other.chats.archived()] == ["Put away"]
        assert other.find("day") == [row.id]


def test_an_older_file_says_no_host(store: Store, tmp_path: Path) -> None:
    question = store.messages.conversation(a_chat(store))[0]
    told, model = said(Role.ASSISTANT, "From there."), "gpt-oss-120b"
    store.messages.add(question.chat, question.id, told, model=model, host="gpu.example.org")
    out(store, tmp_path)
    raw = json.loads((tmp_path / "out.json").read_text("utf-8"))
    messages = raw["chats"][0]["messages"]
    assert "gpu.example.org" in [each["host"] for each in messages]
    for each in messages:
        del each["host"]
        if each["stats"]:
            del each["stats"]["left_out"]
    old = tmp_path / "old.json"
    old.write_text(json.dumps(raw), "utf-8")
    with contextlib.closing(Store(tmp_path / "other.db")) as other:
        read(old).into(other)
        rows = other.messages.conversation(other.chats.listed()[0].id)
        assert len(rows) > 1
        assert {row.host for row in rows} == {""}


@pytest.mark.parametrize("claim", ["a.example", "https://a.example"])
def test_a_file_cannot_say_that_its_turns_were_sent_somewhere(
    store: Store, tmp_path: Path, claim: str
) -> None:
    """Nobody is spared the question because a file says where its turns were answered."""
    _, answer = store.messages.ask(
        None, said(Role.USER, "Hi"), Effort.LOW, "m", host="a.example", origin="https://a.example"
    )
    store.messages.update(answer.id, parts=(Part("Ho"),), state=State.DONE)
    asked = Message(Role.USER, (Part("And now?"),))

    def leaving(of: Store) -> int:
        path = of.messages.conversation(of.chats.listed()[0].id)
        return len(departures([*(row.message for row in path), asked], "https://a.example"))

    assert leaving(store) == 0
    out(store, tmp_path)
    text = (tmp_path / "out.json").read_text("utf-8")
    assert "origin" not in text
    raw = json.loads(text)
    for each in raw["chats"][0]["messages"]:
        each.update(host=claim, origin="https://a.example", sent=True)
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(raw), "utf-8")
    with contextlib.closing(Store(tmp_path / "other.db")) as other:
        read(forged).into(other)
        path = other.messages.conversation(other.chats.listed()[0].id)
        assert {row.host for row in path} == {claim}
        assert leaving(other) == 1
        other.messages.fork(path[-1].id)
        assert leaving(other) == 1


def test_only_some(store: Store, tmp_path: Path) -> None:
    one, _ = a_chat(store, "one"), a_chat(store, "two")
    out(store, tmp_path, [one, 99])
    assert read(tmp_path / "out.json").chats == 1


def test_an_answer_that_is_being_written_is_cut_off(store: Store, tmp_path: Path) -> None:
    store.messages.ask(None, said(Role.USER, "Hello"), Effort.LOW, "m")
    out(store, tmp_path)
    with contextlib.closing(Store(tmp_path / "other.db")) as other:
        read(tmp_path / "out.json").into(other)
        (row,) = other.chats.listed()
        assert [m.state for m in other.messages.conversation(row.id)] == [State.DONE, State.CUT_OFF]


def test_what_has_gone_on_is_known(store: Store, tmp_path: Path) -> None:
    chat = a_chat(store)
    out(store, tmp_path)
    store.messages.add(chat, store.chats.get(chat).leaf, said(Role.USER, "And now?"))
    store.chats.rename(chat, "Another name")
    assert read(tmp_path / "out.json").into(store) == ImportReport(0, 0, 1)
    store.bin.put(chat)  # what is in the bin may be imported again
    assert read(tmp_path / "out.json").into(store) == ImportReport(1, 2, 0, (2,))


def test_an_import_can_be_ended_and_done_again(store: Store, tmp_path: Path) -> None:
    def seen(done: int) -> None:
        if done == 700:
            raise Cancelled

    row = MessageRow(1, 0, None, said(Role.USER, "x"), State.DONE, 1.0)
    chat = ChatRow(0, "x", TitleBy.MODEL, Effort.LOW, 1.0, 2.0, 1)
    with (tmp_path / "out.json").open("w", encoding="utf-8") as file:
        native_json.write(
            file, (ChatTree(replace(chat, created=n % 600), (row,)) for n in range(1000))
        )
    found = read(tmp_path / "out.json")
    with pytest.raises(Cancelled):
        found.into(store, seen)
    some = len(store.chats.listed())
    assert 0 < some < 700
    rest = 1000 - some
    assert found.into(store) == ImportReport(rest, rest, some, tuple(range(some + 1, 1001)))
    assert len(store.chats.listed()) == 1000


def test_little_of_a_large_file_is_in_memory(tmp_path: Path) -> None:
    text = said(Role.USER, "word " * 400)
    row = MessageRow(1, 0, None, text, State.DONE, 1.0)
    rows = tuple(replace(row, id=n, parent=n - 1 or None) for n in range(1, 21))
    chat = ChatRow(0, "x", TitleBy.MODEL, Effort.LOW, 1.0, 2.0, 20)
    path = tmp_path / "large.json"
    tracemalloc.start()
    try:
        with path.open("w", encoding="utf-8") as file:
            native_json.write(file, (ChatTree(chat, rows) for _ in range(150)))
        assert read(path).messages == 3000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 6_000_000
    assert peak < 3_000_000


# --- What is wrong ------------------------------------------------------------------------


def raw_file(store: Store, tmp_path: Path) -> dict[str, Any]:
    chat = a_chat(store)
    store.messages.add(chat, store.chats.get(chat).leaf, said(Role.USER, "More?"))
    out(store, tmp_path)
    loaded: dict[str, Any] = json.loads((tmp_path / "out.json").read_text("utf-8"))
    return loaded


def _set(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(raw: Any) -> None:
        for step in path[:-1]:
            raw = raw[step]
        raw[path[-1]] = to

    return change


_MESSAGE = ("chats", 0, "messages", 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set("chats", to={}), "“[” is missing"),
        (_set("chats", 0, to=3), "chat 1: not an object"),
        (_set("chats", 0, "title", to=None), "“title” has the wrong type"),
        (_set("chats", 0, "effort", to="huge"), "“effort” is 'huge'"),
        (_set("chats", 0, "created", to="now"), "“created” has the wrong type"),
        (_set("chats", 0, "created", to=10**400), "“created” is too large"),
        (_set("chats", 0, "leaf", to=77), "“leaf” is not one of its messages"),
        (_set("chats", 0, "leaf", to=None), "“leaf” is not one of its messages"),
        (_set("chats", 0, "pinned", to=1), "“pinned” has the wrong type"),
        (_set("chats", 0, "instructions", to=1), "“instructions” has the wrong type"),
        (_set("chats", 0, "sampling", "top_k", to=0.5), "“top_k” has the wrong type"),
        (_set(*_MESSAGE, "id", to=1), "message 2: duplicate ID 1"),
        (_set(*_MESSAGE, "id", to=True), "“id” has the wrong type"),
        (_set(*_MESSAGE, "parent", to=3), "its parent is missing or comes later"),
        (_set(*_MESSAGE, "parent", to=2), "its parent is missing or comes later"),
        (_set(*_MESSAGE, "next", to=1), "“next” is not one of its replies"),
        (_set(*_MESSAGE, "role", to="system"), "“role” is 'system'"),
        (_set(*_MESSAGE, "parts", to=["x"]), "not an object"),
        (_set(*_MESSAGE, "parts", 0, "text", to=5), "“text” has the wrong type"),
        (_set(*_MESSAGE, "stats", to={"seed": 2**65}), "“seed” is too large"),
        (_set("version", to=0), "“version” must come before “chats”"),
        (_set("version", to="1"), "“version” has the wrong type"),
    ],
)
def test_a_wrong_field_is_named(
    store: Store, tmp_path: Path, change: Callable[[Any], None], words: str
) -> None:
    raw = raw_file(store, tmp_path)
    change(raw)
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(raw), "utf-8")
    with pytest.raises(ExchangeDamaged) as caught:
        read(path)
    assert words in caught.value.detail


def test_what_is_not_known_is_passed_over(store: Store, tmp_path: Path) -> None:
    raw = raw_file(store, tmp_path)
    raw["chats"][0]["mood"] = {"deep": [1, 2, {"deeper": None}]}
    raw["chats"][0]["messages"][0]["parts"][0]["colour"] = "red"
    raw["chats"][0]["messages"][1]["stats"] = {"generated": 7, "watts": 3}
    for name in ("sampling", "instructions", "preset", "pinned", "model"):
        del raw["chats"][0][name]
    path = tmp_path / "more.json"
    path.write_text(json.dumps({"format": raw["format"], "by": [{}], **raw, "end": 1}), "utf-8")
    with contextlib.closing(Store(tmp_path / "other.db")) as other:
        assert read(path).into(other) == ImportReport(1, 3, 0, (1,))
        assert other.chats.listed()[0].setup == ChatSettings()
        saved = other.messages.conversation(other.chats.listed()[0].id)[1].stats
        assert saved is not None
        assert saved.generated == 7


def test_what_a_later_version_says_is_counted(store: Store, tmp_path: Path) -> None:
    """Its unknown fields are skipped; an answer without anything else is counted."""
    a_chat(store)
    path = out(store, tmp_path)
    raw = json.loads(path.read_text("utf-8"))
    question, answer = raw["chats"][0]["messages"]
    question["colour"] = "blue"  # beside known text, an unknown field is no loss
    answer["parts"] = [{"text": "", "kind": "text", "picture": "data:image/png"}]
    path.write_text(json.dumps(raw), "utf-8")
    assert read(path).left_out == {OmissionReason.UNKNOWN: 1}
    question["postscript"] = "and a whole sentence"
    answer["parts"][0]["picture"] = None
    path.write_text(json.dumps(raw), "utf-8")
    assert read(path).left_out == {OmissionReason.UNKNOWN: 1}


def test_one_of_a_newer_version(tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    path.write_text('{"format": "fireside-chats", "version": 9, "chats": {"?": 1}}', "utf-8")
    with pytest.raises(ExchangeNewer) as caught:
        read(path)
    assert (caught.value.found, caught.value.known) == (9, native_json.VERSION)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x89PNG\r\n", b"\xff\xfe[\x00]\x00", b'"text"', b"17", b"[]", b"{}",
     b"[1, 2]", b'{"format": "other"}', b'[{"title": "x"}]'],
)  # fmt: skip
def test_no_chats(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.json"
    path.write_bytes(content)
    with pytest.raises(ExchangeUnknown):
        read(path)


@pytest.mark.parametrize(
    "text",
    ['{"format": "fireside-chats", "version": 1, "chats": [', '[{"mapping": {}}, ', "[{]", "{1: 2}",
     "[" * 100_000, '[{"mapping": NaN}]', '[{"mapping": {}}] x', '[{"a": ' + "9" * 5000 + "}]",
     '{"format": "fireside-chats"}'],
)  # fmt: skip
def test_broken_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "some.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ExchangeDamaged):
        read(path)


def test_not_utf8(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "some.json"
    path.write_bytes(b'[{"mapping": {}, "title": "\xe9"}]')
    with pytest.raises(ExchangeDamaged, match="UTF-8"):
        read(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ExchangeUnreadable):
        read(tmp_path / "none.json")
    with pytest.raises(ExchangeUnknown):
        read(tmp_path)  # an empty folder


def test_a_chat_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "LARGEST", 400_000)
    path = tmp_path / "some.json"
    path.write_text('[{"title": "' + "x" * 2_000_000 + '"}]', "utf-8")
    with pytest.raises(ExchangeTooLarge):
        read(path)


def test_nothing_is_left_of_a_file_that_fails(store: Store, tmp_path: Path) -> None:
    a_chat(store)

    def seen(share: float) -> None:
        if share:
            raise Cancelled

    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(Cancelled):
        export(store, tmp_path, "out", ExportOptions(ExportFormat.JSON), on_progress=seen)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    with pytest.raises(ExchangeUnwritable):
        out(store, store.path)


# --- JSON in pieces -----------------------------------------------------------------------

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


class Sip(StringIO):
    """A file that returns few bytes at a time."""

    def read(self, size: int | None = -1) -> str:
        return super().read(3)


@given(st.lists(_json, max_size=5), st.sampled_from([None, 2]))
def test_pieces_are_the_whole(items: list[Any], indent: int | None) -> None:
    text = json.dumps(items, indent=indent)
    reader = json_stream.JsonReader(Sip(text))
    assert [reader.value() for _ in reader.items()] == items
    reader.end()


def test_no_change_to_a_file_does_harm(store: Store, tmp_path: Path) -> None:
    """Any change to a file is accepted, or raises a typed error."""
    path = tmp_path / "changed.json"

    @given(st.data())
    def check(data: st.DataObject) -> None:
        file = StringIO()
        native_json.write(file, [data.draw(trees())])
        text = file.getvalue()
        if data.draw(st.booleans()):
            at = data.draw(st.integers(0, len(text)))
            text = text[:at] + data.draw(st.text(max_size=3)) + text[at:]
        else:
            text = json.dumps(changed(data, json.loads(text)))
        path.write_text(text, "utf-8", errors="surrogatepass")
        with contextlib.suppress(ExchangeError):
            found = read(path)
            known = {row.id for row in store.chats.listed()}
            found.into(store)
            for row in store.chats.listed():
                if row.id not in known:
                    store.messages.conversation(row.id)

    check()


def test_a_file_that_ends_early(store: Store, tmp_path: Path) -> None:
    a_chat(store)
    out(store, tmp_path)
    text = (tmp_path / "out.json").read_text("utf-8").rstrip()
    path = tmp_path / "cut.json"
    for end in range(60, len(text)):
        path.write_text(text[:end], "utf-8")
        with pytest.raises(ExchangeDamaged, match="unexpected end"):
            read(path)


def changed(data: st.DataObject, raw: Any) -> Any:
    """Return JSON with one value changed."""
    raw = copy.deepcopy(raw)
    here = raw
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return raw
        key = data.draw(st.sampled_from(keys))
        if not isinstance(here[key], (dict, list)) or data.draw(st.integers(0, 3)) == 0:
            here[key] = data.draw(_json)
            return raw
        here = here[key]


OLD_PARTS = (
    ({"channel": "analysis"}, Part("x", PartKind.REASONING)),
    ({"channel": "final"}, Part("x")),
    ({"channel": "commentary"}, Part("x", format_data="commentary")),
    (
        {"channel": "commentary", "recipient": "functions.f", "content_type": "json"},
        Part("x", PartKind.CALL, "functions.f", format_data="commentary json"),
    ),
    ({"channel": "final", "name": "a.txt"}, Part("x", PartKind.FILE, "a.txt")),
)


def old_file(store: Store, path: Path, *parts: dict[str, str]) -> Path:
    """Return a file of version 1, whose answer has these parts."""
    a_chat(store)
    raw = json.loads(out(store, path.parent).read_text("utf-8")) | {"version": 1}
    question, answer = raw["chats"][0]["messages"]
    question["parts"] = [{"text": "Why?", "channel": "final", "recipient": "", "name": ""}]
    answer["parts"] = [{"text": "x"} | part for part in parts]
    path.write_text(json.dumps(raw), "utf-8")
    return path


def test_a_file_of_version_1(store: Store, tmp_path: Path) -> None:
    path = old_file(store, tmp_path / "old.json", *(old for old, _ in OLD_PARTS))
    with contextlib.closing(Store(tmp_path / "other.db")) as other:
        assert read(path).into(other).chats == 1
        question, answer = other.messages.conversation(other.chats.listed()[0].id)
    assert question.message.parts == (Part("Why?"),)
    assert answer.message.parts == tuple(new for _, new in OLD_PARTS)


def test_a_damaged_file_of_version_1(store: Store, tmp_path: Path) -> None:
    path = old_file(store, tmp_path / "old.json", {"channel": "aside"})
    with pytest.raises(ExchangeDamaged) as caught:
        read(path)
    assert caught.value.detail == "chat 1: message 2: “channel” is 'aside'"
