"""Files that differ from the usual form: missing, duplicate or mistyped fields.

Each is read as a person would, and no readable text is lost.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.base.types import PartKind, Role
from app.exchange import OmissionReason, read
from app.store import Store

Raw = dict[str, Any]
TALK = [(Role.USER, "Q"), (Role.ASSISTANT, "A")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "chats.db")) as store:
        yield store


def bring(store: Store, tmp_path: Path, raw: Any) -> dict[OmissionReason, int]:
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    found = read(path)
    found.into(store)
    assert found.into(store).duplicates == found.chats
    return dict(found.left_out)


def said(store: Store) -> list[tuple[Role, str]]:
    (row,) = store.chats.listed()
    return [(m.message.role, m.message.text) for m in store.messages.conversation(row.id)]


def thoughts(store: Store) -> list[str]:
    (row,) = store.chats.listed()
    parts = (part for m in store.messages.conversation(row.id) for part in m.message.parts)
    return [part.text for part in parts if part.kind is PartKind.REASONING]


# --- ChatGPT ------------------------------------------------------------------------------


def chatgpt(mapping: Raw, **fields: Any) -> list[Raw]:
    return [{"title": "T", "create_time": 1.7e9, "mapping": mapping, **fields}]


def entry(role: str, text: str, **fields: Any) -> Raw:
    content = {"content_type": "text", "parts": [text]}
    return {"message": {"author": {"role": role}, "content": content}, **fields}


@pytest.mark.parametrize(
    "mapping",
    [
        {"q": entry("user", "Q", children=["a"]), "a": entry("assistant", "A")},
        {
            "q": entry("user", "Q", parent="gone", children=["a"]),
            "a": entry("assistant", "A", parent="missing"),
        },
        {"q": entry("user", "Q", parent="a"), "a": entry("assistant", "A", parent="q")},
        {"q": entry("user", "Q", parent="q"), "a": entry("assistant", "A", parent="q")},
        {"1": entry("user", "Q", children=[2]), "2": entry("assistant", "A", parent=1)},
        {"q": entry("human", "Q"), "a": entry("model", "A", parent="q")},
        {
            "q": {"message": {"author": "user", "content": {"parts": "Q"}}},
            "a": {"parent": "q", "message": {"role": "assistant", "content": "A"}},
        },
    ],
    ids=["no parents", "lost parents", "circle", "own parent", "numbers", "roles", "plain"],
)
def test_chatgpt(store: Store, tmp_path: Path, mapping: Raw) -> None:
    assert bring(store, tmp_path, chatgpt(mapping)) == {}
    assert said(store) == TALK


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_another_encoding(store: Store, tmp_path: Path, encoding: str) -> None:
    text = json.dumps(chatgpt({"q": entry("user", "Grüße 你好")}), ensure_ascii=False)
    path = tmp_path / "conversations.json"
    path.write_bytes((text if "be" not in encoding else f"\ufeff{text}").encode(encoding))
    read(path).into(store)
    assert said(store) == [(Role.USER, "Grüße 你好")]


def test_marks_of_sources(store: Store, tmp_path: Path) -> None:
    marked = entry("assistant", "A【4:0†source】【12†notes.pdf】", parent="q")
    left = bring(store, tmp_path, chatgpt({"q": entry("user", "Q"), "a": marked}))
    assert left == {OmissionReason.CITATION: 2}
    assert said(store) == TALK


# --- claude.ai ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "above",
    [(None, None), ("2", "1"), ("1", "1")],
    ids=["none", "circle", "own parent"],
)
@pytest.mark.parametrize("keys", [("1", "2"), ("1", "1"), ("", "")])
def test_claude(
    store: Store, tmp_path: Path, keys: tuple[str, str], above: tuple[str | None, ...]
) -> None:
    messages = [
        {"uuid": key, "sender": sender, "text": text, "parent_message_uuid": parent}
        for key, parent, (sender, text) in zip(
            keys, above, (("human", "Q"), ("assistant", "A")), strict=True
        )
    ]
    assert bring(store, tmp_path, [{"name": "N", "chat_messages": messages}]) == {}
    (row,) = store.chats.listed()
    whole = store.trees.get(row.id).messages
    assert [m.message.text for m in whole] == ["Q", "A"]


def test_every_sort_of_tool_of_claude_is_one(store: Store, tmp_path: Path) -> None:
    blocks = [
        {"type": "server_tool_use", "input": {"query": "the sea"}},
        {"type": "web_search_tool_result", "content": [{"title": "All about the sea"}]},
        {"type": "text", "text": "A"},
    ]
    messages = [
        {"uuid": "1", "sender": "human", "text": "Q"},
        {"uuid": "2", "sender": "assistant", "text": "", "content": blocks},
    ]
    assert bring(store, tmp_path, [{"name": "N", "chat_messages": messages}]) == {
        OmissionReason.TOOL: 1
    }
    assert said(store) == TALK


# --- Open WebUI ---------------------------------------------------------------------------

Q: Raw = {"id": "q", "role": "user", "content": "Q"}
A: Raw = {"id": "a", "role": "assistant", "content": "A"}


@pytest.mark.parametrize(
    "chat",
    [
        {"messages": [Q, A]},
        {"messages": [Q, A], "history": {"messages": {}, "currentId": None}},
        {"history": {"messages": [Q, {**A, "parentId": "q"}]}},
        {"history": {"messages": [{**Q, "id": "x"}, {**A, "id": "x"}]}},
        {"history": {"messages": {"q": {**Q, "childrenIds": ["a"]}, "a": A}, "currentId": "a"}},
        {"history": {"messages": {"1": Q, "2": {**A, "parentId": 1}}, "currentId": 2}},
        {"history": {"messages": {"q": {**Q, "parentId": "a"}, "a": {**A, "parentId": "q"}}}},
    ],
    ids=["list", "empty history", "list of history", "twice", "children", "numbers", "circle"],
)
def test_openwebui(store: Store, tmp_path: Path, chat: Raw) -> None:
    assert bring(store, tmp_path, [{"title": "T", "chat": chat}]) == {}
    assert said(store) == TALK


def openwebui(*messages: Raw) -> list[Raw]:
    return [{"title": "T", "chat": {"messages": list(messages)}}]


def test_what_a_tool_said_is_no_instruction(store: Store, tmp_path: Path) -> None:
    raw = openwebui(Q, {"role": "tool", "content": "42 results"}, A)
    assert bring(store, tmp_path, raw) == {OmissionReason.TOOL: 1}
    assert said(store) == TALK
    assert store.chats.listed()[0].setup.instructions == ""


def test_merged_answers(store: Store, tmp_path: Path) -> None:
    merged = {**A, "content": "", "merged": {"status": True, "content": "A"}}
    assert bring(store, tmp_path, openwebui(Q, merged)) == {}
    assert said(store) == TALK


# --- LM Studio ----------------------------------------------------------------------------


def turn(role: str, text: str) -> Raw:
    content = [{"type": "text", "text": text}]
    return {"versions": [{"type": "singleStep", "role": role, "content": content}]}


@pytest.mark.parametrize(
    "messages",
    [
        [turn("user", "Q"), {"role": "assistant", "content": "A"}],
        [turn("user", "Q"), {"versions": None}, turn("assistant", "A")],
        [{**turn("user", "Q"), "currentlySelected": None},
         {**turn("assistant", "A"), "currentlySelected": 9}],
    ],
    ids=["without versions", "nothing", "out of range"],
)  # fmt: skip
def test_lmstudio(store: Store, tmp_path: Path, messages: list[Raw]) -> None:
    assert bring(store, tmp_path, {"name": "N", "messages": messages}) == {}
    assert said(store) == TALK


# --- Reasoning in the text ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("<think>\nHm.\n</think>\n\nA", ["Hm."], "A"),
        ("Hm.\n</think>\n\nA", ["Hm."], "A"),
        ("<think>\n\n</think>\nA", [], "A"),
        ("<think>Cut off", ["Cut off"], ""),
        ("Use `<think>`, then `</think>`.", [], "Use `<think>`, then `</think>`."),
        ("```\n<think>x</think>\n```", [], "```\n<think>x</think>\n```"),
    ],
)
def test_thoughts(store: Store, tmp_path: Path, text: str, thought: list[str], answer: str) -> None:
    for raw in (
        openwebui(Q, {**A, "content": text}),
        {"name": "N", "messages": [turn("user", "Q"), turn("assistant", text)]},
    ):
        bring(store, tmp_path, raw)
        assert thoughts(store) == thought
        assert said(store)[1] == (Role.ASSISTANT, answer)
        store.bin.put(store.chats.listed()[0].id)
