"""A data export of ChatGPT, following its known format (see app/exchange/chatgpt.py)."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Raw = dict[str, Any]
START = 1_700_000_000.25


def node(
    name: str,
    parent: str | None,
    role: str = "",
    text: str = "",
    children: Sequence[str] = (),
    *,
    content: Raw | None = None,
    metadata: Raw | None = None,
    recipient: str = "all",
    at: float | None = None,
    **more: Any,
) -> Raw:
    """Return an entry of ``mapping``; without a role, one that has no message."""
    message = None
    if role:
        message = {
            "id": name,
            "author": {"role": role, "name": None, "metadata": {}},
            "create_time": at,
            "update_time": None,
            "content": content or {"content_type": "text", "parts": [text]},
            "status": "finished_successfully",
            "end_turn": True,
            "weight": 1.0,
            "metadata": metadata or {},
            "recipient": recipient,
            "channel": None,
            **more,
        }
    return {"id": name, "message": message, "parent": parent, "children": list(children)}


def conversation(
    title: str, nodes: Sequence[Raw], current: str | None, *, at: float | None = START, **more: Any
) -> Raw:
    return {
        "title": title,
        "create_time": at,
        "update_time": None if at is None else at + 500,
        "mapping": {item["id"]: item for item in nodes},
        "moderation_results": [],
        "current_node": current,
        "plugin_ids": None,
        "conversation_id": f"conversation-{title}",
        "gizmo_id": None,
        "is_archived": False,
        "safe_urls": [],
        "default_model_slug": "gpt-5",
        "id": f"conversation-{title}",
        **more,
    }


def branches() -> Raw:
    """Return a question asked in two versions; the first has two answers.

    The second answer was shown last. Above them is an empty system node, as in every conversation.
    """
    slug = {"model_slug": "gpt-4o"}
    nodes = [
        node("root", None, children=["system"]),
        node(
            "system", "root", "system", "", ["q1", "q2"],
            metadata={"is_visually_hidden_from_conversation": True},
        ),
        node("q1", "system", "user", "Capital of France?", ["a2", "a1"], at=START + 1),
        node("a1", "q1", "assistant", "Paris.", metadata=slug, at=START + 2),
        node("a2", "q1", "assistant", "It is Paris.", ["q3"], metadata=slug, at=START + 3),
        node("q3", "a2", "user", "And of Peru?", ["a3"], at=START + 5),
        node("a3", "q3", "assistant", "Lima.", metadata=slug, at=START + 6),
        node("q2", "system", "user", "Capital of Spain?", ["a4"], at=START + 4),
        node("a4", "q2", "assistant", "Madrid.", metadata=slug, at=START + 4.5),
    ]  # fmt: skip
    return conversation("Capitals", nodes, "a3")


def tools() -> Raw:
    """Return an answer in many steps: thoughts, code and its output, a search, citations."""
    slug = {"model_slug": "gpt-5-thinking"}
    thoughts = {
        "content_type": "thoughts",
        "thoughts": [
            {"summary": "Counting", "content": "I add them up.", "chunks": [], "finished": True},
            {"summary": "", "content": "By machine.", "chunks": [], "finished": True},
        ],
        "source_analysis_msg_id": "x",
    }
    recap = {"content_type": "reasoning_recap", "content": "Thought for 8s"}
    code = {"content_type": "code", "language": "unknown", "text": "print(sum(range(5)))"}
    output = {"content_type": "execution_output", "text": "10"}
    browsing = {"content_type": "tether_browsing_display", "result": "# x", "summary": None}
    cited = "It is 10 \ue200cite\ue202turn0search0\ue201, as is known【3†source】."
    nodes = [
        node("root", None, children=["context"]),
        node(
            "context", "root", "user", children=["q"],
            content={
                "content_type": "user_editable_context",
                "user_profile": "I am a baker.",
                "user_instructions": "Be brief.",
            },
            metadata={"is_user_system_message": True},
        ),
        node("q", "context", "user", "Sum of 0 to 4?", ["think"], at=START + 1),
        node("think", "q", "assistant", children=["call"], content=thoughts, metadata=slug),
        node("call", "think", "assistant", children=["out"], content=code,
             recipient="python", metadata=slug, at=START + 2),
        node("out", "call", "tool", children=["search"], content=output),
        node("search", "out", "tool", children=["recap"], content=browsing),
        node("recap", "search", "assistant", children=["a"], content=recap,
             metadata={**slug, "finished_duration_sec": 8}),
        node("a", "recap", "assistant", cited, metadata=slug, at=START + 9),
    ]  # fmt: skip
    return conversation("Sums", nodes, "a", at=START + 1000)


def pictures() -> Raw:
    """Return a question with a picture and a file, a picture as an answer, and speech."""
    seen = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1"}
    made = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_2"}
    spoken = {"content_type": "audio_transcription", "text": "Thank you", "direction": "in"}
    sound = {"content_type": "audio_asset_pointer", "format": "wav", "size_bytes": 9}
    files = [
        {"id": "file-1", "name": "cat.png", "mime_type": "image/png", "size": 5},
        {"id": "file-3", "name": "cats.pdf", "mime_type": "application/pdf", "size": 5},
    ]
    nodes = [
        node("q", None, "user", children=["call"],
             content={"content_type": "multimodal_text", "parts": [seen, "Draw it anew"]},
             metadata={"attachments": files}),
        node("call", "q", "assistant", '{"prompt": "a cat"}', ["made"], recipient="dalle.text2im"),
        node("made", "call", "tool", children=["a"],
             content={"content_type": "multimodal_text", "parts": [made]}),
        node("a", "made", "assistant", "Here it is.", ["q2"]),
        node("q2", "a", "user", children=["a2"],
             content={"content_type": "multimodal_text", "parts": [spoken, sound]}),
        node("a2", "q2", "assistant", "You are wel", metadata={
            "finish_details": {"type": "interrupted"}}),
    ]  # fmt: skip
    return conversation("Cats", nodes, "a2", at=START + 2000)


def broken() -> Raw:
    """Return malformed nodes.

    Their parents are missing or form a cycle, they have no list of children or an unknown type, or
    are no objects at all.
    """
    nodes = [
        node("lost", "gone", "user", "Is anyone there?", ["found"]),
        node("found", "lost", "assistant", "Yes."),
        node("x", "y", "user", "Round", ["y"]),
        node("y", "x", "assistant", "and round", ["x"]),
        node("odd", "found", "assistant", content={"content_type": "hologram"}),
    ]
    raw = conversation("", nodes, "nowhere", at=None)
    raw["mapping"]["null"] = None
    raw["mapping"]["list"] = []
    return raw


def empty() -> Raw:
    """Return a conversation without messages."""
    return conversation("New chat", [node("root", None)], "root")


def export() -> list[Raw]:
    """Return all of these conversations."""
    return [branches(), tools(), pictures(), broken(), empty()]


def write_json(path: Path, raw: Any = None) -> Path:
    """Write the JSON file."""
    path.write_text(json.dumps(export() if raw is None else raw), encoding="utf-8")
    return path


def write_zip(path: Path, *, pieces: int = 1) -> Path:
    """Write the archive as OpenAI sends it; large ones split conversations over several files."""
    chats = export()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("user.json", '{"id": "user-1"}')
        archive.writestr("chat.html", "<html></html>")
        archive.writestr("message_feedback.json", "[]")
        if pieces == 1:
            archive.writestr("conversations.json", json.dumps(chats))
        for piece in range(pieces if pieces > 1 else 0):
            text = json.dumps(chats[piece::pieces])
            archive.writestr(f"export/conversations-{piece:03}.json", text)
    return path
