"""Messages that are deleted with all that follows, restored, and purged."""

from __future__ import annotations

import contextlib
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
