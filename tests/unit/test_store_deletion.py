"""Messages that are deleted with all that follows, restored, and purged."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.base.types import Effort, Message, Part, Role
from app.store import MessageRow, Store, recover
from app.store.bin import BIN_DAYS
from tests.unit.test_store import check


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        yield store


def grow(store: Store, *words: str, chat: int | None = None, at: int | None = None) -> list[int]:
    """Add questions and answers of these words, below ``at``, and return their ids."""
    number = store.chats.create(Effort.LOW).id if chat is None else chat
    made = []
    for word in words:
        above = store.messages.get(at) if at else None
        answer = above is not None and above.message.role is Role.USER
        message = Message(Role.ASSISTANT if answer else Role.USER, (Part(word),))
        at = store.messages.add(number, at, message).id
        made.append(at)
    return made


def words(rows: list[MessageRow]) -> list[str]:
    return [row.message.text for row in rows]


def test_a_message_goes_with_what_follows_and_comes_back(store: Store) -> None:
    first, apples, *_, last = grow(store, "why", "apples", "and then", "pears")
    chat = store.messages.get(first).chat
    assert words(store.messages.delete(apples)) == ["why"]
    assert words(store.messages.conversation(chat)) == ["why"]
    assert not store.search("apples")
    assert not store.find("pears")
    assert words([*store.trees.get(chat).messages]) == ["why"]
    assert words(store.messages.restore(apples)) == ["why", "apples", "and then", "pears"]
    assert store.chats.get(chat).leaf == last
    assert store.find("pears") == [chat]
    assert store.messages.delete(first) == []
    assert store.chats.get(chat).leaf is None
    question, _ = store.messages.ask(chat, Message(Role.USER, (Part("anew"),)), Effort.LOW, "m")
    assert question.parent is None
    assert store.messages.versions(question.id) == [question.id]
    check(store.path)


def test_another_version_is_shown_instead(store: Store) -> None:
    first, apples, _, plums = grow(store, "why", "apples", "more", "plums")
    chat = store.messages.get(first).chat
    (pears,) = grow(store, "pears", chat=chat, at=first)
    figs, _ = grow(store, "figs", "on", chat=chat, at=first)
    assert words(store.messages.delete(figs)) == ["why", "pears"]
    assert store.messages.branches(chat) == dict.fromkeys((apples, pears), (apples, pears))
    assert words(store.messages.show(apples)) == ["why", "apples", "more", "plums"]
    assert words(store.messages.delete(plums)) == ["why", "apples", "more"]
    assert words(store.messages.delete(apples)) == ["why", "pears"]
    assert store.messages.branches(chat) == {}
    assert words(store.messages.restore(apples)) == ["why", "apples", "more"]
    assert words(store.messages.restore(plums)) == ["why", "apples", "more", "plums"]
    assert words(store.messages.show(pears)) == ["why", "pears"]
    assert words(store.messages.restore(figs)) == ["why", "figs", "on"]
    assert store.trees.get(chat).next[first] == pears, "which was left last"
    assert store.messages.versions(figs) == [apples, pears, figs]
    check(store.path)


def test_after_the_days_of_the_bin_it_is_gone(store: Store, tmp_path: Path) -> None:
    first, apples, _ = grow(store, "why", "apples", "and then")
    chat = store.messages.get(first).chat
    store.messages.delete(apples)
    recovered = recover(tmp_path / "chats.db").path
    with contextlib.closing(Store(recovered)) as other:
        assert words(other.messages.conversation(chat)) == ["why"], "it stays deleted"
    kept = store.upkeep.backup()
    store.bin.purge(BIN_DAYS)
    assert store.messages.get(apples)
    with store.database.transaction() as db:
        db.execute("UPDATE message SET deleted = deleted - ?", (BIN_DAYS * 86400 + 1,))
    store.bin.purge()
    with pytest.raises(KeyError):
        store.messages.get(apples)
    assert words(store.messages.show(first)) == ["why"]
    store.upkeep.sweep()
    assert store.database.fetch("SELECT * FROM erased") == []
    assert kept.path.exists()
    for file in (tmp_path / "chats.db", tmp_path / "chats.db-wal"):
        assert not file.exists() or b"apples" not in file.read_bytes()
    check(store.path)


def test_an_answer_is_withdrawn_beside_a_deleted_one(store: Store) -> None:
    first, apples = grow(store, "why", "apples")
    store.messages.delete(apples)
    again = store.messages.answer(store.messages.get(first), Effort.LOW, "m")
    assert store.messages.withdraw(again.id) == (None, False)
    assert words(store.messages.conversation(again.chat)) == ["why"]
    assert words(store.messages.restore(apples)) == ["why", "apples"]


@pytest.mark.parametrize("how", ["restored", "answered"])
def test_what_is_shown_has_nothing_deleted_above(store: Store, how: str) -> None:
    first, _, more = grow(store, "why", "apples", "more")
    chat = store.messages.get(first).chat
    store.messages.delete(more)
    store.messages.delete(first)
    if how == "restored":
        store.messages.restore(more)
    else:
        store.messages.answer(store.messages.get(more), Effort.LOW, "m")
    shown = words(store.messages.conversation(chat))
    assert shown[:3] == ["why", "apples", "more"]
    store.bin.purge(-1)  # which would fail, and with it the next start
    assert words(store.messages.conversation(chat)) == shown
    check(store.path)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_the_messages_are_whole(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    chat = store.messages.get(grow(store, "0", "1")[0]).chat
    for step in range(40):
        path = store.messages.conversation(chat)
        ids = store.database.fetch("SELECT id FROM message WHERE role = 'user'")
        any_ = store.messages.get(chance.choice(ids)[0]) if ids else None
        asked = Message(Role.USER, (Part(str(step)),))
        match chance.choice(("ask", "answer", "withdraw", "delete", "delete", "restore", "purge")):
            case "ask":
                store.messages.ask(chat, asked, Effort.LOW, "m")
            case "answer" if any_:
                store.messages.answer(any_, Effort.LOW, "m")
            case "withdraw" if any_:
                store.messages.withdraw(store.messages.answer(any_, Effort.LOW, "m").id)
            case "delete" if path:
                store.messages.delete(chance.choice(path).id)
                store.messages.delete(path[-1].id)  # perhaps it has gone with the other
            case "restore" if any_:
                assert any_.id in [row.id for row in store.messages.restore(any_.id)]
            case "purge":
                store.bin.purge(-1)
        if not store.database.fetch("SELECT 1 FROM chat"):
            chat = store.chats.create(Effort.LOW).id  # the last question was withdrawn
        kept = {row.id for row in store.trees.get(chat).messages}
        assert {row.id for row in store.messages.conversation(chat)} <= kept
        assert all(row.parent in kept | {None} for row in store.trees.get(chat).messages)
    check(store.path)
