"""Branches, the order of chats, the bin and drafts, on real files."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.base.answer_events import Stats
from app.base.types import Effort, Message, Part, PartKind, Role
from app.store import ChatSettings, MessageRow, Queued, State, Store, StoredDraft, TitleBy


def question(text: str) -> Message:
    return Message(Role.USER, (Part(text),))


def answer(text: str) -> Message:
    return Message(Role.ASSISTANT, (Part("hm", PartKind.REASONING), Part(text)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        yield store


def texts(rows: list[MessageRow]) -> list[str]:
    return [row.message.text for row in rows]


# --- Branches -----------------------------------------------------------------------------


def test_a_branch_remembers_where_one_was(store: Store) -> None:
    chat = store.chats.create(Effort.LOW).id
    q1 = store.messages.add(chat, None, question("q1"))
    a1 = store.messages.add(chat, q1.id, answer("a1"))
    q2 = store.messages.add(chat, a1.id, question("q2"))
    first = store.messages.add(chat, q2.id, answer("first"))
    second = store.messages.add(chat, q2.id, answer("second"))
    assert (
        store.messages.versions(first.id)
        == store.messages.versions(second.id)
        == [first.id, second.id]
    )
    assert texts(store.messages.show(first.id)) == ["q1", "a1", "q2", "first"]
    more = store.messages.add(chat, first.id, question("more"))
    before = store.chats.get(chat)
    assert texts(store.messages.show(a1.id)) == [
        "q1",
        "a1",
        "q2",
        "first",
        "more",
    ]  # it was shown already
    assert store.chats.get(chat) == before
    edited, streaming = store.messages.ask(chat, question("q1b"), Effort.LOW, "m", instead=q1.id)
    assert texts(store.messages.conversation(chat)) == ["q1b", ""]
    assert store.messages.versions(q1.id) == [q1.id, edited.id]
    assert store.messages.versions(streaming.id) == [streaming.id]
    assert texts(store.messages.show(q1.id)) == ["q1", "a1", "q2", "first", "more"]
    assert texts(store.messages.show(second.id)) == ["q1", "a1", "q2", "second"]
    assert texts(store.messages.show(edited.id)) == ["q1b", ""]
    assert texts(store.messages.show(q1.id)) == ["q1", "a1", "q2", "second"]
    assert store.messages.show(more.id)[-1] == more
    assert store.chats.get(chat).updated == streaming.created  # showing is not writing


def test_a_question_in_another_version_remembers_what_was_shown(store: Store) -> None:
    chat = store.chats.create(Effort.LOW).id
    asked = store.messages.add(chat, None, question("q"))
    first = store.messages.add(chat, asked.id, answer("first"))
    store.messages.add(chat, asked.id, answer("second"))
    store.messages.show(first.id)  # "second" had been shown last
    store.messages.add(chat, first.id, question("more"))
    store.messages.ask(chat, question("q, edited"), Effort.LOW, "m", instead=asked.id)
    assert texts(store.messages.show(asked.id)) == ["q", "first", "more"]


def test_a_whole_chat_is_put_in_again_as_it_was(store: Store) -> None:
    asked, said = store.messages.ask(
        None, question("q"), Effort.HIGH, "m", ChatSettings("Be brief.")
    )
    stats = Stats(100, 20, 30, 10, 0.5, 1.5, 0, 0, 32768)
    store.messages.update(
        said.id, parts=answer("a").parts, state=State.STOPPED, stats=stats, thought_s=2.0
    )
    store.messages.set_thought_open(said.id, False)
    store.messages.answer(asked, Effort.LOW, "n")
    store.messages.show(said.id)
    store.chats.rename(asked.chat, "Mine")
    store.chats.set_model(asked.chat, "n.gguf")
    store.chats.arrange([asked.chat], folder="Work", pinned=True, archived=True)
    old = store.trees.get(asked.chat)
    assert len(old.messages) == 3
    (new,) = store.trees.add([old])
    again = store.trees.get(new.id)
    more = again.messages[0].id - asked.id
    assert more > 0
    assert old.chat.leaf is not None
    assert again.chat == dataclasses.replace(old.chat, id=new.id, leaf=old.chat.leaf + more)
    assert again.messages == tuple(
        dataclasses.replace(
            row, id=row.id + more, chat=new.id, parent=row.parent and row.parent + more
        )
        for row in old.messages
    )
    assert again.next == {above + more: below + more for above, below in old.next.items()} != {}
    assert {found.chat for found in store.search("a")} == {asked.chat, new.id}
    assert store.trees.get(asked.chat) == old


def test_the_branches_of_a_chat_are_the_versions_of_its_messages(store: Store) -> None:
    chat, other = (store.chats.create(Effort.LOW).id for _ in range(2))
    asked = store.messages.add(chat, None, question("q"))
    first = store.messages.add(chat, asked.id, answer("first"))
    more = store.messages.add(chat, first.id, question("more"))
    assert store.messages.branches(chat) == {}
    second = store.messages.add(chat, asked.id, answer("second"))
    third = store.messages.add(chat, asked.id, answer("third"))
    edited = store.messages.add(chat, None, question("q, edited"))
    store.messages.add(other, None, question("elsewhere"))
    answers, questions = (first.id, second.id, third.id), (asked.id, edited.id)
    assert store.messages.branches(chat) == {
        **dict.fromkeys(answers, answers),
        **dict.fromkeys(questions, questions),
    }
    assert store.messages.versions(more.id) == [more.id]


def test_versions_are_of_one_role(store: Store) -> None:
    chat = store.chats.create(Effort.LOW).id
    asked = store.messages.add(chat, None, question("q"))
    said = store.messages.add(chat, asked.id, answer("a"))
    other = store.messages.add(chat, asked.id, question("an answer's sibling"))
    assert store.messages.versions(said.id) == [said.id]
    assert store.messages.versions(other.id) == [other.id]
    with pytest.raises(KeyError):
        store.messages.versions(99)
    with pytest.raises(KeyError):
        store.messages.show(99)


def test_a_question_is_not_edited_into_another_chat(store: Store) -> None:
    one, two = (store.chats.create(Effort.LOW).id for _ in range(2))
    store.messages.add(one, None, question("x"))
    deep = store.messages.add(one, 1, question("y"))
    with pytest.raises(KeyError):
        store.messages.ask(two, question("z"), Effort.LOW, "m", instead=deep.id)
    assert store.messages.conversation(two) == []


def test_a_fork_is_a_copy(store: Store) -> None:
    asked, said = store.messages.ask(
        None, question("q"), Effort.HIGH, "m", host="a.example", origin="https://a.example"
    )
    stats = Stats(100, 20, 30, 10, 0.5, 1.5, 0, 0, 32768)
    store.messages.update(
        said.id, parts=answer("a").parts, state=State.DONE, stats=stats, thought_s=2.0
    )
    said = store.messages.set_thought_open(said.id, True)
    more = store.messages.add(asked.chat, said.id, question("more"))
    store.chats.rename(asked.chat, "Mine")
    store.chats.arrange([asked.chat], folder="Work", pinned=True)
    old = store.chats.get(asked.chat)
    new = store.messages.fork(said.id)
    assert (new.title, new.title_by, new.effort) == ("Mine", TitleBy.PERSON, Effort.HIGH)
    assert (new.folder, new.pinned, new.id) == ("Work", False, old.id + 1)
    copies = store.messages.conversation(new.id)
    assert [
        dataclasses.replace(copy, id=row.id, chat=row.chat, parent=row.parent)
        for copy, row in zip(copies, (asked, said), strict=True)
    ] == [asked, said]
    assert copies[1].parent == copies[0].id
    assert new.leaf == copies[1].id
    assert copies[1].message.origin == said.message.origin == "https://a.example"
    assert store.messages.conversation(old.id) == [asked, said, more]
    assert {found.chat for found in store.search("a")} == {old.id, new.id}
    streaming = store.messages.answer(more, Effort.LOW, "m")
    assert (
        store.messages.conversation(store.messages.fork(streaming.id).id)[-1].state is State.CUT_OFF
    )


def test_a_long_chat_is_left_and_forked(store: Store) -> None:
    chat = store.chats.create(Effort.LOW).id
    with store.database.transaction():
        parent = None
        for number in range(1100):
            parent = store.messages.add(chat, parent, question(str(number))).id
    assert parent is not None
    store.messages.add(chat, 1, question("aside"))
    assert len(store.messages.show(1)) == 2  # the newest: it was never left
    assert len(store.messages.show(2)) == 1100
    assert len(store.messages.conversation(store.messages.fork(parent).id)) == 1100


# --- Order --------------------------------------------------------------------------------


def test_pins_folders_and_the_archive(store: Store) -> None:
    a, b, c, d = (store.chats.create(Effort.LOW).id for _ in range(4))
    rows = store.chats.arrange([a, b], pinned=True, folder=" My\nwork ")
    assert rows == [store.chats.get(a), store.chats.get(b)]
    assert [row.id for row in store.chats.listed()] == [b, a, d, c]
    assert store.chats.folders() == ["My work"]
    store.chats.arrange([c], folder="alpha")
    store.chats.arrange([a], pinned=False, archived=True)
    assert [row.id for row in store.chats.listed()] == [b, d, c] == store.find("")
    assert [row.id for row in store.chats.archived()] == [a]
    assert store.chats.folders() == ["alpha", "My work"]
    store.chats.rename_folder("My work", "alpha")
    assert store.chats.get(a).folder == store.chats.get(b).folder == "alpha"
    store.chats.rename_folder("alpha", "")
    assert store.chats.folders() == []
    with pytest.raises(KeyError):
        store.chats.arrange([d, 99], pinned=True)
    assert not store.chats.get(d).pinned
    assert store.chats.arrange([d]) == [store.chats.get(d)]


def test_the_bin(store: Store) -> None:
    a, b, c = (store.chats.create(Effort.LOW).id for _ in range(3))
    store.bin.put(a, c)
    assert [row.id for row in store.chats.listed()] == [b]
    assert [row.id for row in store.bin.listed()] == [c, a]
    assert all(row.deleted for row in store.bin.listed())
    assert [row.deleted for row in store.bin.restore(a)] == [None]
    with pytest.raises(KeyError):
        store.bin.put(b, 99)
    assert [row.id for row in store.bin.listed()] == [c]


def test_drafts_survive(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    parts = (Part("half a thou"), Part("x = 1", PartKind.FILE, "x.py", media_type="text/x-python"))
    queue = (Queued(parts, Effort.HIGH), Queued(parts[:1], Effort.LOW))
    with contextlib.closing(Store(path)) as store:
        chat, other = (store.chats.create(Effort.LOW).id for _ in range(2))
        assert store.drafts.all() == {}
        store.drafts.set(chat, parts, queue)
        store.drafts.set(other, (), queue[:1])
        store.drafts.set(None, parts[:1])
        store.drafts.set(None, parts[1:])
    with contextlib.closing(Store(path)) as store:
        kept = {
            chat: StoredDraft(parts, queue),
            other: StoredDraft((), queue[:1]),
            None: StoredDraft(parts[1:]),
        }
        assert store.drafts.all() == kept
        store.drafts.set(None, ())
        store.drafts.set(other, ())
        assert set(store.drafts.all()) == {chat}
        with pytest.raises(KeyError):
            store.drafts.set(99, parts)
        store.bin.erase([chat])
        assert store.drafts.all() == {}


def test_a_chat_remembers_the_model_that_is_to_answer(store: Store) -> None:
    chat = store.chats.create(Effort.LOW)
    assert chat.model == ""
    assert store.chats.set_model(chat.id, "\ud83d\ude00").model == "😀"
    assert store.chats.listed() == [store.chats.get(chat.id)]
    assert store.chats.listed()[0].model == "😀"


def test_a_message_takes_a_chat_out_of_the_archive(store: Store) -> None:
    chat = store.chats.create(Effort.LOW).id
    asked = store.messages.add(chat, None, question("q"))
    store.chats.arrange([chat], archived=True)
    assert store.chats.listed() == []
    store.messages.answer(asked, Effort.LOW, "m")
    assert [row.id for row in store.chats.listed()] == [chat]
    store.bin.put(chat)
    assert store.chats.live() == set()
    assert [row.id for row in store.bin.restore(chat)] == [chat]
    assert store.chats.live() == {chat}


def test_erasing_what_is_gone_already(store: Store) -> None:
    a, b = (store.chats.create(Effort.LOW).id for _ in range(2))
    store.bin.erase([a])
    store.bin.erase([a, b])
    assert store.chats.listed() == []
