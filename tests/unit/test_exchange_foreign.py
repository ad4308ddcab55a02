"""Chats of ChatGPT, LM Studio and Open WebUI, and damaged files."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.errors import (
    ExchangeDamaged,
    ExchangeError,
    ExchangeUnknown,
    ExchangeUnreadable,
)
from app.base.types import PartKind, Role
from app.exchange import ImportReport, ImportSource, OmissionReason, read
from app.store import ChatRow, ChatSettings, MessageRow, State, Store, TitleBy
from tests.fakes import chatgpt_export as chatgpt
from tests.unit.test_exchange import changed


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        yield store


def write(tmp_path: Path, raw: Any) -> Path:
    path = tmp_path / "chats.json"
    path.write_text(json.dumps(raw), "utf-8")
    return path


def chat_named(store: Store, title: str) -> ChatRow:
    (row,) = (row for row in store.chats.listed() if row.title == title)
    return row


def shown(store: Store, title: str) -> list[str]:
    return [m.message.text for m in store.messages.conversation(chat_named(store, title).id)]


def texts(rows: list[MessageRow]) -> list[tuple[Role, str]]:
    return [(row.message.role, row.message.text) for row in rows]


# --- ChatGPT ------------------------------------------------------------------------------


@pytest.mark.parametrize("pieces", [0, 1, 2])
def test_chatgpt(store: Store, tmp_path: Path, pieces: int) -> None:
    if pieces:
        path = chatgpt.write_zip(tmp_path / "export.zip", pieces=pieces)
    else:
        path = chatgpt.write_json(tmp_path / "conversations.json")
    found = read(path)
    assert (found.source, found.chats, found.messages) == (ImportSource.CHATGPT, 4, 17)
    assert found.left_out == {
        OmissionReason.CITATION: 2,
        OmissionReason.IMAGE: 2,
        OmissionReason.AUDIO: 1,
        OmissionReason.FILE: 1,
        OmissionReason.TOOL: 1,
        OmissionReason.UNKNOWN: 1,
        OmissionReason.CHAT: 1,
    }
    assert found.into(store) == ImportReport(4, 17, 0, (1, 2, 3, 4))
    assert found.into(store) == ImportReport(0, 0, 4)
    assert read(chatgpt.write_json(tmp_path / "again.json")).into(store) == ImportReport(0, 0, 4)


def test_chatgpt_branches(store: Store, tmp_path: Path) -> None:
    read(chatgpt.write_json(tmp_path / "c.json", [chatgpt.branches()])).into(store)
    row = chat_named(store, "Capitals")
    assert (row.title_by, row.created) == (TitleBy.MODEL, chatgpt.START)
    assert row.updated == chatgpt.START + 500
    path = store.messages.conversation(row.id)
    assert texts(path) == [
        (Role.USER, "Capital of France?"),
        (Role.ASSISTANT, "It is Paris."),
        (Role.USER, "And of Peru?"),
        (Role.ASSISTANT, "Lima."),
    ]
    assert [m.model for m in path] == ["", "gpt-4o", "", "gpt-4o"]
    assert path[3].created == chatgpt.START + 6
    others = [store.messages.get(m).message.text for m in store.messages.versions(path[0].id)]
    assert others == ["Capital of France?", "Capital of Spain?"]
    others = [store.messages.get(m).message.text for m in store.messages.versions(path[1].id)]
    assert others == ["It is Paris.", "Paris."]  # in the order of the children


def test_chatgpt_tools(store: Store, tmp_path: Path) -> None:
    read(chatgpt.write_json(tmp_path / "c.json", [chatgpt.tools()])).into(store)
    question, answer = store.messages.conversation(chat_named(store, "Sums").id)
    assert question.message.text == "Sum of 0 to 4?"
    assert answer.message.reasoning == "**Counting**\n\nI add them up.\n\nBy machine."
    assert [p.format_data or p.kind for p in answer.message.parts] == [
        PartKind.REASONING,
        "commentary",
        "commentary",
        PartKind.TEXT,
    ]
    assert answer.message.text == (
        "```python\nprint(sum(range(5)))\n```\n\n```\n10\n```\n\nIt is 10, as is known."
    )
    assert (answer.thought_s, answer.model) == (8, "gpt-5-thinking")


def test_chatgpt_pictures(store: Store, tmp_path: Path) -> None:
    read(chatgpt.write_json(tmp_path / "c.json", [chatgpt.pictures()])).into(store)
    rows = store.messages.conversation(chat_named(store, "Cats").id)
    assert texts(rows) == [
        (Role.USER, "Draw it anew\n\n[cat.png] [cats.pdf]"),
        (Role.ASSISTANT, '```json\n{"prompt": "a cat"}\n```\n\n[file_2]\n\nHere it is.'),
        (Role.USER, "Thank you"),
        (Role.ASSISTANT, "You are wel"),
    ]
    assert [row.state for row in rows] == [State.DONE] * 3 + [State.STOPPED]


def test_chatgpt_without_parents(store: Store, tmp_path: Path) -> None:
    read(chatgpt.write_json(tmp_path / "c.json", [chatgpt.broken()])).into(store)
    row = chat_named(store, "Is anyone there?")
    assert row.title_by is TitleBy.QUESTION
    tree = store.trees.get(row.id)
    above = {m.id: m.message.text for m in tree.messages} | {None: ""}
    assert [(above[m.parent], m.message.text) for m in tree.messages] == [
        ("", "Is anyone there?"),
        ("Is anyone there?", "Yes."),
        ("", "Round"),  # in a cycle, the first node is the root
        ("Round", "and round"),
    ]


def test_an_answer_that_forks_in_the_middle(store: Store, tmp_path: Path) -> None:
    """A step shared by two branches stays one message, with both branches below it."""
    nodes = [
        chatgpt.node("q", None, "user", "Q", ["s"]),
        chatgpt.node("s", "q", "assistant", "Step.", ["e", "b"]),
        chatgpt.node("e", "s", children=["a"]),
        chatgpt.node("a", "e", "assistant", "One."),
        chatgpt.node("b", "s", "assistant", "Two."),
    ]
    raw = chatgpt.conversation("Fork", nodes, "e")
    found = read(chatgpt.write_json(tmp_path / "c.json", [raw]))
    assert found.messages == 4
    found.into(store)
    assert shown(store, "Fork") == ["Q", "Step."]


def test_a_deep_chat(tmp_path: Path) -> None:
    nodes = [
        chatgpt.node(f"{n}", f"{n - 1}", "user", "x", [f"{n + 1}"], at=float(n))
        for n in range(5_000)
    ]
    found = read(chatgpt.write_json(tmp_path / "c.json", [chatgpt.conversation("Deep", nodes, "")]))
    assert found.messages == 5_000


def test_archives_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "some.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(ExchangeUnknown):
        read(path)
    whole = chatgpt.write_zip(path).read_bytes()
    path.write_bytes(whole[:-30])
    with pytest.raises(ExchangeDamaged):
        read(path)
    at = whole.index(b"conversations.json") + 60
    path.write_bytes(whole[:at] + bytes(40) + whole[at + 40 :])
    with pytest.raises(ExchangeDamaged):
        read(path)
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("conversations.json")
        archive.writestr(info, "[]")
    locked = bytearray(path.read_bytes())
    locked[locked.index(b"PK\x01\x02") + 8] |= 1  # marks it as encrypted
    path.write_bytes(locked)
    with pytest.raises(ExchangeUnreadable, match="password"):
        read(path)


# --- LM Studio ----------------------------------------------------------------------------


def lmstudio() -> dict[str, Any]:
    def text(words: str) -> list[dict[str, Any]]:
        return [{"type": "text", "text": words}]

    def block(words: str, **more: Any) -> dict[str, Any]:
        return {"type": "contentBlock", "stepIdentifier": "1-2", "content": text(words), **more}

    def answer(*steps: dict[str, Any]) -> dict[str, Any]:
        sender = {"senderName": "openai/gpt-oss-20b"}
        return {
            "type": "multiStep", "role": "assistant", "steps": [*steps], "senderInfo": sender,
        }  # fmt: skip

    def turn(chosen: int, *versions: dict[str, Any]) -> dict[str, Any]:
        return {"versions": [*versions], "currentlySelected": chosen}

    picture = {"type": "file", "fileIdentifier": "1.png", "fileType": "image", "sizeBytes": 9}
    thinking = {"type": "thinking", "ended": True, "title": "Thought for 2 seconds"}
    tool = {"type": "toolCallRequest", "name": "search"}
    return {
        "name": "Two answers",
        "pinned": False,
        "createdAt": 1_750_000_000_123,
        "assistantLastMessagedAt": 1_750_000_100_000,
        "systemPrompt": "",
        "perChatPredictionConfig": {
            "fields": [{"key": "llm.prediction.systemPrompt", "value": "Be nice."}]
        },
        "messages": [
            turn(0, {"type": "singleStep", "role": "user", "content": [*text("Hi"), picture]}),
            turn(
                1,
                answer(block("Hello.")),
                answer(
                    block("They greet.", style=thinking),
                    {"type": "contentBlock", "content": [tool]},
                    block("Good day."),
                    {"type": "debugInfoBlock", "debugInfo": "x"},
                ),
            ),
            turn(0, {"type": "singleStep", "role": "user", "content": text("Bye")}),
        ],
        "lastUsedModel": {"identifier": "openai/gpt-oss-20b"},
    }


def test_lmstudio(store: Store, tmp_path: Path) -> None:
    found = read(write(tmp_path, lmstudio()))
    assert (found.source, found.chats, found.messages) == (ImportSource.LM_STUDIO, 1, 4)
    assert found.left_out == {OmissionReason.IMAGE: 1, OmissionReason.TOOL: 1}
    assert found.into(store) == ImportReport(1, 4, 0, (1,))
    assert found.into(store) == ImportReport(0, 0, 1)
    row = chat_named(store, "Two answers")
    assert row.setup == ChatSettings("Be nice.")
    assert (row.created, row.updated) == (1_750_000_000.123, 1_750_000_100.0)
    question, answer, bye = store.messages.conversation(row.id)
    assert [m.message.text for m in (question, answer, bye)] == [
        "Hi\n\n[1.png]",
        "Good day.",
        "Bye",
    ]
    assert answer.message.reasoning == "They greet."
    assert answer.model == "openai/gpt-oss-20b"
    others = [store.messages.get(m).message.text for m in store.messages.versions(answer.id)]
    assert others == ["Hello.", "Good day."]


# --- Open WebUI ---------------------------------------------------------------------------


def openwebui() -> list[dict[str, Any]]:
    thought = (
        '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds'
        "</summary>\n&gt; Is 1 &lt; 2?\n&gt; \n&gt; Yes.\n</details>\nIt is.\n"
        '<details type="tool_calls" done="true" name="x" arguments="&quot;{}&quot;">\n'
        "<summary>Tool Executed</summary>\n</details>\nTruly."
    )
    messages = {
        "q": {
            "id": "q", "parentId": None, "childrenIds": ["a", "b"], "role": "user",
            "content": "Is it?", "timestamp": 1_744_577_557, "models": ["m"],
            "files": [{"type": "image", "url": "data:"}, {"type": "file", "name": "x.pdf"}],
        },
        "a": {
            "id": "a", "parentId": "q", "childrenIds": [], "role": "assistant",
            "content": thought, "model": "deepseek-r1:8b", "timestamp": 1_744_577_560, "done": True,
        },
        "b": {
            "id": "b", "parentId": "q", "childrenIds": [], "role": "assistant",
            "content": "<think>\nHm.\n</think>\n\nPerhaps", "model": "m",
            "timestamp": 1_744_577_570, "done": False,
        },
    }  # fmt: skip
    history = {"currentId": "a", "messages": messages}
    chat = {"title": "Is it?", "models": ["m"], "history": history, "messages": []}
    old = {"title": "Old", "system": "Be old.", "history": {
        "currentId": "1", "messages": {"1": {"id": "1", "role": "user", "content": "Hello!"}},
    }}  # fmt: skip
    times = {"created_at": 1_744_577_557, "updated_at": 1_744_577_571}
    return [{"id": "x", "user_id": "y", "title": "Is it?", "chat": chat, **times}, old]


def test_openwebui(store: Store, tmp_path: Path) -> None:
    found = read(write(tmp_path, openwebui()))
    assert (found.source, found.chats, found.messages) == (ImportSource.OPEN_WEBUI, 2, 4)
    assert found.left_out == {
        OmissionReason.IMAGE: 1,
        OmissionReason.FILE: 1,
        OmissionReason.TOOL: 1,
    }
    assert found.into(store) == ImportReport(2, 4, 0, (1, 2))
    assert found.into(store) == ImportReport(0, 0, 2)
    row = chat_named(store, "Is it?")
    assert row.setup == ChatSettings()
    assert chat_named(store, "Old").setup == ChatSettings("Be old.")
    assert (row.created, row.updated) == (1_744_577_557, 1_744_577_571)
    _, answer = store.messages.conversation(row.id)
    assert answer.message.text == "It is.\n\nTruly."
    assert answer.message.reasoning == "Is 1 < 2?\n\nYes."
    assert (answer.thought_s, answer.model, answer.state) == (3, "deepseek-r1:8b", State.DONE)
    other = store.messages.get(store.messages.versions(answer.id)[1])
    assert (other.message.reasoning, other.message.text) == ("Hm.", "Perhaps")
    assert other.state is State.CUT_OFF
    assert shown(store, "Old") == ["Hello!"]
    alone = read(write(tmp_path, openwebui()[0]))
    assert alone.into(store) == ImportReport(0, 0, 1)


# --- All of them --------------------------------------------------------------------------


def test_no_change_to_a_foreign_file_does_harm(store: Store, tmp_path: Path) -> None:
    folder = Path(__file__).parents[1] / "cases" / "imports"
    cases = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]

    @settings(max_examples=50)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        raw = data.draw(st.sampled_from([chatgpt.export(), lmstudio(), openwebui(), *cases]))
        for _ in range(data.draw(st.integers(1, 3))):
            raw = changed(data, raw)
        with contextlib.suppress(ExchangeError):
            read(write(tmp_path, raw)).into(store)

    check()
    for row in store.chats.listed():
        assert store.messages.conversation(row.id)


def test_hostile_texts_take_no_time(tmp_path: Path) -> None:
    for words in ("<details type=\"a\" " * 50_000, "\ue200" * 200_000, "【1†" * 100_000,
                  "<think>" * 50_000, '<details type="reasoning" x>' * 20_000):  # fmt: skip
        raw: list[Any] = openwebui()
        raw[1]["history"]["messages"]["1"] = {"role": "assistant", "content": words}
        raw.append(chatgpt.conversation("x", [chatgpt.node("1", None, "assistant", words)], "1"))
        assert read(write(tmp_path, raw)).chats == (2 if "\ue200" in words else 3)  # only markers
