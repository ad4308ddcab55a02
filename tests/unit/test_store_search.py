"""The search, on real files."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.errors import Cancelled
from app.base.types import Effort, Message, Part, PartKind, Role
from app.store import SearchHit, State, Store
from app.store.schema import MIGRATIONS, upgrade
from app.store.search import Search
from app.store.search_words import query

OPEN: dict[str, Any] = {"isolation_level": None, "check_same_thread": False}
"""As the store connects."""


def said(text: str, reasoning: str = "") -> Message:
    return Message(Role.ASSISTANT, (Part(reasoning, PartKind.REASONING), Part(text)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        yield store


def put(store: Store, *texts: str, title: str = "") -> int:
    chat = store.chats.create(Effort.LOW).id
    parent = None
    for text in texts:
        parent = store.messages.add(chat, parent, said(text)).id
    store.chats.rename(chat, title)
    return chat


def marked(found: SearchHit) -> list[str]:
    return [found.snippet[start:end] for start, end in found.marks]


@pytest.mark.parametrize(
    ("text", "typed", "marks"),
    [
        ("Why is the sky blue?", "sky", ["sky"]),
        ("Why is the sky blue?", "BLUE sk", ["sk", "blue"]),
        ("Why is the sky blue?", "w", ["W"]),
        ("Why is the sky blue?", "sk blue", None),  # only the last word is a prefix
        ("Why is the sky blue?", "ky", None),
        ("Die Größe der Straße", "groesse", None),
        ("Die Größe der Straße", "GRÖSSE", ["Größe"]),
        ("Die Größe der Straße", "grosse str", ["Größe", "Str"]),
        ("Die Größe der Stra\u00dfe", "stras", ["Straß"]),
        ("Gro\u0308\u00dfe, dann", "größe dann", ["Gro\u0308ße", "dann"]),
        ("天为什么是蓝的？", "蓝", ["蓝"]),
        ("天为什么是蓝的？", "什么", ["什么"]),
        ("天为什么是蓝的？", "蓝 什么", ["什么", "蓝"]),
        ("天为什么是蓝的？", "么什", None),
        ("空はなぜ青い", "青い", ["青い"]),
        ("iPhone用アプリ", "用アプリ", ["用アプリ"]),
        ("大きなPC用", "なPC", ["なPC"]),
        ("大きなPC用", "pc", ["PC"]),
        ("大きなPC用", "p用", None),
        ("新しいXPC用", "pc用", None),
        ("新しいX用PC", "用PC", ["用PC"]),
        ("大きなPC用", "pc 大き", ["大き", "PC"]),
        ("one and on, ones", "on one", ["one", "on", "one"]),
        ("하늘은 왜 파란가", "하늘", ["하늘"]),
        ("Почему небо синее", "НЕБО", ["небо"]),
        ("snake_case_name(x)", "case_name", ["case_name"]),
        ("C++ and foo.bar()", "foo.bar", ["foo.bar"]),
        ('say "no" AND NOT maybe*', '"no" AND', ["no", "AND"]),
        ("near NEAR(a b)", "NEAR(a", ["NEAR(a"]),
        ("said: thought", "said:", ["said"]),
    ],
)
def test_what_is_found(store: Store, text: str, typed: str, marks: list[str] | None) -> None:
    chat = put(store, "hi", text, title="-")
    put(store, "nothing of it", title="-")
    found = store.search(typed)
    assert [marked(f) for f in found] == ([] if marks is None else [marks])
    assert store.find(typed) == ([] if marks is None else [chat])
    if found:
        assert (found[0].chat, found[0].title) == (chat, "-")
        assert found[0].message == store.messages.conversation(chat)[-1].id


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=60))
def test_whatever_is_typed_is_no_command(text: str) -> None:
    wanted = query(text)
    for start, end in wanted.marks(text):
        assert 0 <= start < end <= len(text)
    wanted.snippet(text * 20)


@pytest.mark.parametrize(
    "typed",
    ['"', "'", '"a', "a*", "^a", "a OR", "OR", "NOT a", "(", ")(", "{said}:", "a\0b", "🙂", "-",
     "\ud800", "said : a", "NEAR(", "a + b", "%", "_", "\\", ";--", "ai\u0300", "\u0300", "\u3099",
     "x" * 100_000, "a " * 10_000],
)  # fmt: skip
def test_signs_are_not_commands(store: Store, typed: str) -> None:
    put(store, "a b or not 🙂", title="t")
    store.search(typed)
    store.search(typed, reasoning=True)
    store.find(typed)


def test_titles_come_first_then_the_best(store: Store) -> None:
    long = put(store, "zebra " + "and many other words " * 40, title="one")
    short = put(store, "a zebra", title="two")
    named = put(store, "nothing", title="My Zebra")
    found = store.search("zebra")
    assert [f.chat for f in found] == [named, short, long]
    assert (found[0].message, found[0].snippet, found[0].marks) == (None, "My Zebra", ((3, 8),))
    assert [f.chat for f in store.search("zebra", limit=2)] == [named, short]
    assert store.find("zebra") == [named, short, long]
    assert store.search("🙂") == store.search("") == store.search("  ") == []
    store.chats.rename(named, "🙂 yes")
    assert [f.marks for f in store.search("🙂")] == [((0, 1),)]


def test_a_snippet_has_no_marks_of_citations(store: Store) -> None:
    put(store, "The zebra is striped【3†L9-L11】【4†L2】, see 【注意】.")
    (found,) = store.search("zebra")
    assert found.snippet == "The zebra is striped, see 【注意】."


def test_a_snippet_is_around_the_hit(store: Store) -> None:
    put(store, "word\n" * 9000 + "before the zebra\n\tand after" + " word" * 9000)
    (found,) = store.search("zebra")
    assert marked(found) == ["zebra"]
    assert "before the zebra and after" in found.snippet
    assert found.snippet.startswith("… word word")
    assert found.snippet.endswith(" …")
    assert len(found.snippet) < 200
    put(store, "汉" * 5000 + "找" + "汉" * 5000)
    (found,) = store.search("找")
    assert marked(found) == ["找"]


BEFORE = "abcd efg hi j klmno pq rstuv wxyz ab cdefg hijk lm "


@pytest.mark.parametrize(
    ("text", "snippet"),
    [
        (BEFORE + "zebra and more", "… j klmno pq rstuv wxyz ab cdefg hijk lm zebra and more"),
        ("a b zebra and more", "a b zebra and more"),
        ("xy " * 13 + "zebra", "xy " * 13 + "zebra"),
        ("zebra" + "," * 155, "zebra" + "," * 155),
        ("zebra" + "," * 156, "zebra" + "," * 155 + " …"),
    ],
)
def test_a_snippet_begins_with_a_word_and_says_where_more_is(text: str, snippet: str) -> None:
    assert query("zebra").snippet(text) == snippet


@pytest.mark.parametrize("before", [0, 1, 399, 450, 499, 500, 501, 599, 950, 1000, 5000])
def test_a_snippet_shows_the_hit_wherever_it_is(before: int) -> None:
    wanted = query("zebra")
    for text in ("," * before + "zebra", "ß" * before + " zebra", "长" * before + "zebra"):
        snippet = wanted.snippet(text + " and" * 1000)
        assert [snippet[a:b] for a, b in wanted.marks(snippet)] == ["zebra"]


@pytest.mark.parametrize(
    ("text", "typed", "marks"),
    [
        ("ßßß ﬁ zebra ß zebra", "zebra", ["zebra", "zebra"]),
        ("İ zebra ﷺ zebra ß", "zebra", ["zebra", "zebra"]),
        ("o\u0308ß zebra\u0301 ﬃﬃ zebra", "zebra", ["zebra", "zebra"]),
        ("ﬃzebra", "ffiz", ["ﬃz"]),
        ("Cafe\u0301长城, ne\u0301e\u0301长城", "长城", ["长城", "长城"]),
    ],
)
def test_marks_are_right_behind_letters_that_become_several_or_none(
    text: str, typed: str, marks: list[str]
) -> None:
    wanted = query(typed)
    assert [text[a:b] for a, b in wanted.marks(text)] == marks
    assert wanted.snippet("x " * 100 + text).endswith(text)


def test_the_longest_of_what_was_found_is_looked_for_in_the_chat(store: Store) -> None:
    put(store, "A fox and a Zebra", title="-")
    assert [found.words for found in store.search("a fox zebr")] == ["Zebr"]
    assert SearchHit(1, None, "t", "t", (), 0.0).words == ""


def test_half_of_the_places_are_for_titles_unless_there_is_room(store: Store) -> None:
    for _ in range(6):
        put(store, "a zebra", title="Zebra")
    kinds = [found.message is None for found in store.search("zebra", limit=4)]
    assert kinds == [True, True, False, False]
    assert len(store.search("zebra", limit=100)) == 12
    for _ in range(6):
        put(store, "nothing", title="Lion")
    put(store, "a lion", title="-")
    kinds = [found.message is None for found in store.search("lion", limit=4)]
    assert kinds == [True, True, True, False]


@pytest.mark.parametrize("moment", range(8))
def test_what_is_erased_in_the_middle_of_a_search_is_no_fault(store: Store, moment: int) -> None:
    """Between any two of its statements; it sees the chats as they were at one moment."""
    chats = [put(store, "a word", title="Word") for _ in range(3)]

    class Interrupted(sqlite3.Connection):
        count = 0

        def execute(self, *statement: Any) -> sqlite3.Cursor:
            if self.count == moment:
                store.bin.erase(chats[:2])
            self.count += 1
            return super().execute(*statement)

    search = Search(store.path, lambda: sqlite3.connect(store.path, factory=Interrupted, **OPEN))
    found = [
        (place.chat, place.message is None) for place in search.search(search.turn(), "word", 50)
    ]
    search.close()
    assert sorted(found) == sorted((c, t) for c in {chat for chat, _ in found} for t in (0, 1))
    assert len(found) in (2, 6)


def test_titles_are_read_again_only_when_somebody_wrote(store: Store) -> None:
    """They are scanned at each letter that is typed."""
    chat = put(store, "nothing", title="Zebra")
    read: list[str] = []

    def connect() -> sqlite3.Connection:
        db: sqlite3.Connection = sqlite3.connect(store.path, **OPEN)
        db.set_trace_callback(lambda sql: read.append(sql) if "title, updated" in sql else None)
        return db

    search = Search(store.path, connect)
    assert [search.find(search.turn(), typed) for typed in ("z", "ze", "zeb")] == [[chat]] * 3
    assert len(read) == 1
    store.chats.rename(chat, "Lion")
    found = [search.find(search.turn(), typed) for typed in ("zeb", "lion")]
    assert found == [[], [chat]]
    assert len(read) == 2
    search.close()


def test_reasoning_by_a_switch(store: Store) -> None:
    chat = store.chats.create(Effort.LOW).id
    message = store.messages.add(chat, None, said("the answer", "a hidden zebra"))
    assert store.search("zebra") == []
    assert store.find("zebra") == []
    (found,) = store.search("zebra", reasoning=True)
    assert (found.message, found.snippet, found.marks) == (message.id, "a hidden zebra", ((9, 14),))
    assert store.search("answer zebra", reasoning=True)


def test_it_keeps_in_step(store: Store) -> None:
    chat = store.chats.create(Effort.LOW).id
    row = store.messages.add(chat, None, said("first"), state=State.STREAMING)
    assert store.search("first") == []  # it is still being written
    store.messages.update(row.id, parts=(Part("second"),))
    store.messages.update(row.id, state=State.STOPPED)
    assert store.search("first") == []
    assert store.search("second")
    store.messages.update(row.id, parts=(Part("third"),))
    assert store.search("second") == []
    assert [f.message for f in store.search("third")] == [row.id]
    store.chats.rename(chat, "fourth")
    assert [f.message for f in store.search("fourth")] == [None]
    store.chats.arrange([chat], archived=True)
    assert store.search("third")
    store.bin.put(chat)
    assert store.search("third") == store.search("fourth") == []
    store.bin.restore(chat)
    assert store.search("third")
    store.bin.erase([chat])
    assert store.search("third") == store.search("fourth") == []


def test_what_a_crash_left_is_found(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    with contextlib.closing(Store(path)) as store:
        store.messages.add(
            store.chats.create(Effort.LOW).id, None, said("half"), state=State.STREAMING
        )
    with contextlib.closing(Store(path)) as store:
        assert store.search("half")


def test_a_newer_search_ends_an_older_one(store: Store) -> None:
    with store.database.transaction():
        for _ in range(20):
            put(store, *["a common word " * 5] * 50)
    ended: list[str] = []
    begun = threading.Event()

    def older() -> None:
        begun.set()
        try:
            while True:
                store.search("com")
        except Cancelled:
            ended.append("cancelled")

    thread = threading.Thread(target=older)
    thread.start()
    begun.wait()
    end = time.monotonic() + 60
    while thread.is_alive() and time.monotonic() < end:
        with contextlib.suppress(Cancelled):
            store.search("word")
    thread.join(60)
    assert ended == ["cancelled"]
    assert store.search("word")


def test_the_one_asked_for_last_is_newest_whichever_begins_first(store: Store) -> None:
    """Two threads take them up: the older one's may be slower to begin."""
    chat = put(store, "a word")
    older = store.searching("wor")
    newer = store.searching("word")
    assert [hit.chat for hit in newer()] == [chat]
    with pytest.raises(Cancelled):
        older()
    assert [hit.chat for hit in newer()] == [chat]


def test_a_search_and_a_writer_do_not_wait_for_each_other(store: Store) -> None:
    chat = put(store, "a word")
    with store.database.transaction() as db:
        db.execute("UPDATE chat SET title = 'unseen' WHERE id = ?", (chat,))
        done: list[list[SearchHit]] = []
        thread = threading.Thread(target=lambda: done.append(store.search("word")))
        thread.start()
        thread.join(60)
        assert [f.title for f in done[0]] == [""]


def test_files_are_found_by_what_is_in_them_and_by_name(store: Store) -> None:
    chat = store.chats.create(Effort.LOW).id
    file = Part("stripes of a zebra", PartKind.FILE, "animals.pdf")
    row = store.messages.add(chat, None, Message(Role.USER, (file, Part("What is it?"))))
    for typed, marks in (("zebra", ["zebra"]), ("animals", ["animals"]), ("what", ["What"])):
        found = store.search(typed)[-1]  # a title would be first
        assert (found.message, marked(found)) == (row.id, marks)


def test_an_excerpt_has_no_markdown(store: Store) -> None:
    long = "A line of **prose**.\n\n" * 60
    text = (
        f"{long}# Towns\n\n- The **capital** of `France` is [Paris](https://e.org).\n> so\n{long}"
    )
    code = f"```c\n{'int x;' * 300}\n**capital;\n```"
    put(store, text, code)
    excerpts = {found.snippet for found in store.search("capital")}
    assert len(excerpts) == 2
    plain, verbatim = sorted(excerpts, key=lambda excerpt: "int" in excerpt)
    assert "Towns The capital of France is Paris. so A line of prose." in plain
    assert "**capital;" in verbatim, "code is shown as it is"
    assert marked(store.search("capital")[0]) == ["capital"]
    (found,) = store.search("e.org")
    assert marked(found) == ["e.org"], "as written, since only an address has it"
    chat = store.chats.create(Effort.LOW).id
    store.messages.add(chat, None, Message(Role.USER, (Part("a **typed** quince"),)))
    assert store.search("quince")[-1].snippet == "a typed quince", "nor has a question's"


CALLED = Message(
    Role.ASSISTANT,
    (
        Part("Think of medlars.", PartKind.REASONING),
        Part("print('quince')", PartKind.CALL, "python", "1"),
        Part("a durian\nand more", PartKind.RESULT, "python", "1"),
        Part("Here it is."),
    ),
)


def test_calls_and_their_output_are_found_when_asked_for(store: Store) -> None:
    chat = store.chats.create(Effort.LOW).id
    number = store.messages.add(chat, None, CALLED).id
    for word in ("quince", "durian"):
        assert store.search(word) == store.search(word, reasoning=True) == []
        assert store.find(word) == []
        (hit,) = store.search(word, calls=True)
        assert (hit.message, marked(hit)) == (number, [word])
    assert store.search("medlars", calls=True) == []
    assert store.search("medlars durian", calls=True) == []
    assert len(store.search("medlars durian here", reasoning=True, calls=True)) == 1
    assert marked(store.search("here", calls=True)[0]) == ["Here"]


def test_older_messages_are_indexed_again(tmp_path: Path) -> None:
    path = tmp_path / "chats.db"
    at = [migration.__name__ for migration in MIGRATIONS].index("_search_calls")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        upgrade(db, MIGRATIONS[:at])
        db.execute(
            """INSERT INTO chat (id, title, title_by, effort, created, updated)
            VALUES (1, 'old', 'person', 'low', 1, 1)"""
        )
        db.execute(
            """INSERT INTO message (id, chat, role, state, created, model)
            VALUES (1, 1, 'assistant', 'done', 1, '')"""
        )
        for position, (kind, text) in enumerate((("call", "quince()"), ("text", "Pears."))):
            db.execute(
                """INSERT INTO part (message, position, kind, text, name, call, format_data,
                media_type, data) VALUES (1, ?, ?, ?, '', '', '', '', x'')""",
                (position, kind, text),
            )
        db.execute("INSERT INTO words (rowid, said, thought) VALUES (1, 'pears', '')")
    with contextlib.closing(Store(path)) as store:
        assert [hit.message for hit in store.search("quince", calls=True)] == [1]
        assert [hit.message for hit in store.search("pears")] == [1]
