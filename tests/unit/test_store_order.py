"""Branches, the order of chats, the bin and drafts, on real files."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.base.types import Effort, Message, Part, PartKind, Role, Stats
from app.store import ChatSettings, MessageRow, Queued, State, Store, TitleBy, Unsent


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
    chat = store.create_chat(Effort.LOW).id
    q1 = store.add(chat, None, question("q1"))
    a1 = store.add(chat, q1.id, answer("a1"))
    q2 = store.add(chat, a1.id, question("q2"))
    first = store.add(chat, q2.id, answer("first"))
    second = store.add(chat, q2.id, answer("second"))
    assert store.versions(first.id) == store.versions(second.id) == [first.id, second.id]
    assert texts(store.show(first.id)) == ["q1", "a1", "q2", "first"]
    more = store.add(chat, first.id, question("more"))
    before = store.chat(chat)
    assert texts(store.show(a1.id)) == ["q1", "a1", "q2", "first", "more"]  # it was shown already
    assert store.chat(chat) == before
    edited, streaming = store.ask(chat, question("q1b"), Effort.LOW, "m", instead=q1.id)
    assert texts(store.conversation(chat)) == ["q1b", ""]
    assert store.versions(q1.id) == [q1.id, edited.id]
    assert store.versions(streaming.id) == [streaming.id]
    assert texts(store.show(q1.id)) == ["q1", "a1", "q2", "first", "more"]
    assert texts(store.show(second.id)) == ["q1", "a1", "q2", "second"]
    assert texts(store.show(edited.id)) == ["q1b", ""]
    assert texts(store.show(q1.id)) == ["q1", "a1", "q2", "second"]
    assert store.show(more.id)[-1] == more
    assert store.chat(chat).updated == streaming.created  # showing is not writing


def test_a_question_in_another_version_remembers_what_was_shown(store: Store) -> None:
    chat = store.create_chat(Effort.LOW).id
    asked = store.add(chat, None, question("q"))
    first = store.add(chat, asked.id, answer("first"))
    store.add(chat, asked.id, answer("second"))
    store.show(first.id)  # so "second" is where one was last, until
    store.add(chat, first.id, question("more"))
    store.ask(chat, question("q, edited"), Effort.LOW, "m", instead=asked.id)
    assert texts(store.show(asked.id)) == ["q", "first", "more"]


def test_a_whole_chat_is_put_in_again_as_it_was(store: Store) -> None:
    asked, said = store.ask(None, question("q"), Effort.HIGH, "m", ChatSettings("Be brief."))
    stats = Stats(100, 20, 30, 10, 0.5, 1.5, 0, 0, 32768)
    store.update(said.id, parts=answer("a").parts, state=State.STOPPED, stats=stats, thought_s=2.0)
    store.set_thought_open(said.id, False)
    store.answer(asked, Effort.LOW, "n")
    store.show(said.id)
    store.rename(asked.chat, "Mine")
    store.set_model(asked.chat, "n.gguf")
    store.arrange([asked.chat], folder="Work", pinned=True, archived=True)
    old = store.tree(asked.chat)
    assert len(old.messages) == 3
    (new,) = store.add_trees([old])
    again = store.tree(new.id)
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
    assert store.tree(asked.chat) == old


def test_the_branches_of_a_chat_are_the_versions_of_its_messages(store: Store) -> None:
    chat, other = (store.create_chat(Effort.LOW).id for _ in range(2))
    asked = store.add(chat, None, question("q"))
    first = store.add(chat, asked.id, answer("first"))
    more = store.add(chat, first.id, question("more"))
    assert store.branches(chat) == {}
    second = store.add(chat, asked.id, answer("second"))
    third = store.add(chat, asked.id, answer("third"))
    edited = store.add(chat, None, question("q, edited"))
    store.add(other, None, question("elsewhere"))
    answers, questions = (first.id, second.id, third.id), (asked.id, edited.id)
    assert store.branches(chat) == {
        **dict.fromkeys(answers, answers),
        **dict.fromkeys(questions, questions),
    }
    assert store.versions(more.id) == [more.id]


def test_versions_are_of_one_role(store: Store) -> None:
    chat = store.create_chat(Effort.LOW).id
    asked = store.add(chat, None, question("q"))
    said = store.add(chat, asked.id, answer("a"))
    other = store.add(chat, asked.id, question("an answer's sibling"))
    assert store.versions(said.id) == [said.id]
    assert store.versions(other.id) == [other.id]
    with pytest.raises(KeyError):
        store.versions(99)
    with pytest.raises(KeyError):
        store.show(99)


def test_a_question_is_not_edited_into_another_chat(store: Store) -> None:
    one, two = (store.create_chat(Effort.LOW).id for _ in range(2))
    store.add(one, None, question("x"))
    deep = store.add(one, 1, question("y"))
    with pytest.raises(KeyError):
        store.ask(two, question("z"), Effort.LOW, "m", instead=deep.id)
    assert store.conversation(two) == []


def test_a_fork_is_a_copy(store: Store) -> None:
    asked, said = store.ask(None, question("q"), Effort.HIGH, "m")
    stats = Stats(100, 20, 30, 10, 0.5, 1.5, 0, 0, 32768)
    store.update(said.id, parts=answer("a").parts, state=State.DONE, stats=stats, thought_s=2.0)
    said = store.set_thought_open(said.id, True)
    more = store.add(asked.chat, said.id, question("more"))
    store.rename(asked.chat, "Mine")
    store.arrange([asked.chat], folder="Work", pinned=True)
    old = store.chat(asked.chat)
    new = store.fork(said.id)
    assert (new.title, new.title_by, new.effort) == ("Mine", TitleBy.PERSON, Effort.HIGH)
    assert (new.folder, new.pinned, new.id) == ("Work", False, old.id + 1)
    copies = store.conversation(new.id)
    assert [
        dataclasses.replace(copy, id=row.id, chat=row.chat, parent=row.parent)
        for copy, row in zip(copies, (asked, said), strict=True)
    ] == [asked, said]
    assert copies[1].parent == copies[0].id
    assert new.leaf == copies[1].id
    assert store.conversation(old.id) == [asked, said, more]
    assert {found.chat for found in store.search("a")} == {old.id, new.id}
    streaming = store.answer(more, Effort.LOW, "m")
    assert store.conversation(store.fork(streaming.id).id)[-1].state is State.CUT_OFF


def test_a_long_chat_is_left_and_forked(store: Store) -> None:
    chat = store.create_chat(Effort.LOW).id
    with store._transaction():
        parent = None
        for number in range(3000):
            parent = store.add(chat, parent, question(str(number))).id
    assert parent is not None
    store.add(chat, 1, question("aside"))
    assert len(store.show(1)) == 2  # the newest: it was never left
    assert len(store.show(2)) == 3000
    assert len(store.conversation(store.fork(parent).id)) == 3000


# --- Order --------------------------------------------------------------------------------


def test_pins_folders_and_the_archive(store: Store) -> None:
    a, b, c, d = (store.create_chat(Effort.LOW).id for _ in range(4))
    rows = store.arrange([a, b], pinned=True, folder=" My\nwork ")
    assert rows == [store.chat(a), store.chat(b)]
    assert [row.id for row in store.chats()] == [b, a, d, c]
    assert store.folders() == ["My work"]
    store.arrange([c], folder="alpha")
    store.arrange([a], pinned=False, archived=True)
    assert [row.id for row in store.chats()] == [b, d, c] == store.find("")
    assert [row.id for row in store.archived()] == [a]
    assert store.folders() == ["alpha", "My work"]
    store.rename_folder("My work", "alpha")
    assert store.chat(a).folder == store.chat(b).folder == "alpha"
    store.rename_folder("alpha", "")
    assert store.folders() == []
    with pytest.raises(KeyError):
        store.arrange([d, 99], pinned=True)
    assert not store.chat(d).pinned
    assert store.arrange([d]) == [store.chat(d)]


def test_the_bin(store: Store) -> None:
    a, b, c = (store.create_chat(Effort.LOW).id for _ in range(3))
    store.delete(a, c)
    assert [row.id for row in store.chats()] == [b]
    assert [row.id for row in store.bin()] == [c, a]
    assert all(row.deleted for row in store.bin())
    assert [row.deleted for row in store.restore(a)] == [None]
    with pytest.raises(KeyError):
        store.delete(b, 99)
    assert [row.id for row in store.bin()] == [c]


def test_drafts_survive(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    parts = (Part("half a thou"), Part("x = 1", PartKind.FILE, "x.py", media_type="text/x-python"))
    queue = (Queued(parts, Effort.HIGH), Queued(parts[:1], Effort.LOW))
    with contextlib.closing(Store(path)) as store:
        chat, other = (store.create_chat(Effort.LOW).id for _ in range(2))
        assert store.drafts() == {}
        store.set_draft(chat, parts, queue)
        store.set_draft(other, (), queue[:1])
        store.set_draft(None, parts[:1])
        store.set_draft(None, parts[1:])
    with contextlib.closing(Store(path)) as store:
        kept = {chat: Unsent(parts, queue), other: Unsent((), queue[:1]), None: Unsent(parts[1:])}
        assert store.drafts() == kept
        store.set_draft(None, ())
        store.set_draft(other, ())
        assert set(store.drafts()) == {chat}
        with pytest.raises(KeyError):
            store.set_draft(99, parts)
        store.erase([chat])
        assert store.drafts() == {}


def test_a_chat_remembers_the_model_that_is_to_answer(store: Store) -> None:
    chat = store.create_chat(Effort.LOW)
    assert chat.model == ""
    assert store.set_model(chat.id, "\ud83d\ude00").model == "😀"
    assert store.chats() == [store.chat(chat.id)]
    assert store.chats()[0].model == "😀"


def test_a_message_takes_a_chat_out_of_the_archive(store: Store) -> None:
    chat = store.create_chat(Effort.LOW).id
    asked = store.add(chat, None, question("q"))
    store.arrange([chat], archived=True)
    assert store.chats() == []
    store.answer(asked, Effort.LOW, "m")
    assert [row.id for row in store.chats()] == [chat]
    store.delete(chat)
    assert store.live() == set()
    assert [row.id for row in store.restore(chat)] == [chat]
    assert store.live() == {chat}


def test_erasing_what_is_gone_already(store: Store) -> None:
    a, b = (store.create_chat(Effort.LOW).id for _ in range(2))
    store.erase([a])
    store.erase([a, b])
    assert store.chats() == []
