"""ChatGPT's ``conversations.json``, as its data export has it.

A list of conversations, each a tree: ``mapping`` has nodes by id, with ``parent``, ``children``
and a ``message`` (or null); ``current_node`` is the one that was last shown. OpenAI does not
describe the format. What is known of it is at
https://github.com/mitkury/chatgpt-export-parser/blob/main/docs/chatgpt-data-export-format.md, and
which kinds of content there are (``content_type``), in the schema that was inferred from an export
at https://gist.github.com/dmarx/08afeb669cdc2f974d6aca61dcce360d.
"""

from __future__ import annotations

import re
from collections import Counter

from app.base.fence import fenced
from app.base.types import Channel, Part, Role
from app.exchange.fields import Foreign
from app.exchange.tree import Left, Node, plain, tree
from app.store import State, Tree

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "tool": Role.ASSISTANT}
# A mark that leads to a source: between characters of private use, or as older exports have it.
_CITATION = re.compile(" ?\ue200[^\ue200\ue201]*\ue201|【\\d+†[^【】\n]*】")
_STATES = {"interrupted": State.STOPPED, "max_tokens": State.CUT_OFF}
_INSTRUCTIONS = ("user_editable_context", "model_editable_context")
_TOOLS = ("tether_browsing_display", "tether_quote", "system_error", "sonic_webpage")


def is_chat(raw: Foreign) -> bool:
    """Whether it looks like one of ChatGPT's conversations."""
    return isinstance(raw.raw.get("mapping"), dict)


def chat(raw: Foreign, left: Counter[Left]) -> Tree | None:
    """A conversation; None where nothing of it can be read. Counts what was left out."""
    return tree(
        {name: _node(Foreign(node), left) for name, node in raw["mapping"].raw.items()},
        current=raw.text("current_node") or None,
        title=raw.text("title"),
        created=raw.time("create_time"),
        updated=raw.time("update_time"),
        left=left,
    )


def _node(raw: Foreign, left: Counter[Left]) -> Node:
    message = raw["message"]
    metadata = message["metadata"]
    role = _ROLES.get(message["author"].text("role"))
    parts = _parts(message, role, left)
    details = metadata["finish_details"].text("type")
    unfinished = message.text("status") == "in_progress"
    return Node(
        role or Role.ASSISTANT,
        parts,
        raw.text("parent") or None,
        raw.names("children"),
        message.time("create_time"),
        State.CUT_OFF if unfinished else _STATES.get(details, State.DONE),
        metadata.text("model_slug") if role is Role.ASSISTANT else "",
        metadata.number("finished_duration_sec") if role is Role.ASSISTANT else None,
    )


def _parts(message: Foreign, role: Role | None, left: Counter[Left]) -> tuple[Part, ...]:
    """What a message says, by its kind of content."""
    content = message["content"]
    kind = content.text("content_type")
    text = _text(content, left)
    if message["metadata"].flag("is_visually_hidden_from_conversation"):
        left[Left.HIDDEN] += bool(text.strip())
        return ()
    if kind in _INSTRUCTIONS or (message and role is None):
        left[Left.INSTRUCTIONS] += bool(text.strip() or kind in _INSTRUCTIONS)
        return ()
    files = message["metadata"].items("attachments")
    left[Left.FILE] += sum(not Foreign(f).text("mime_type").startswith("image/") for f in files)
    tool = message["author"].text("role") == "tool"
    recipient = message.text("recipient")
    match kind:
        case "thoughts":
            return _thoughts(content)
        case "reasoning_recap":
            return ()  # “Thought for 8 s”, which the number in its metadata says as well
        case "code":
            language = content.text("language")
            return _fenced(text, recipient if language in ("", "unknown") else language)
        case "execution_output":
            return _fenced(text, "")
        case "text" | "multimodal_text" if tool:
            left[Left.TOOL] += bool(text.strip())
            return ()
        case "text" | "multimodal_text" if recipient not in ("", "all"):
            return _fenced(text, "json" if text.lstrip().startswith("{") else "")
        case "text" | "multimodal_text":
            return plain(_cited(text, left))
        case "":
            return ()
    left[Left.TOOL if tool or kind in _TOOLS else Left.UNKNOWN] += 1
    return ()


def _text(content: Foreign, left: Counter[Left]) -> str:
    """The words of a message; pictures and sounds among them are counted."""
    texts = []
    for part in content.items("parts"):
        piece = Foreign(part)
        kind = piece.text("content_type")
        if isinstance(part, str):
            texts.append(part)
        elif kind == "audio_transcription" or (piece.text("text") and not kind):
            texts.append(piece.text("text"))
        elif "image" in kind:
            left[Left.IMAGE] += 1
        elif "audio" in kind or "video" in kind:
            left[Left.AUDIO] += 1
        else:
            left[Left.UNKNOWN] += part is not None
    return "\n".join(texts) or content.text("text")


def _thoughts(content: Foreign) -> tuple[Part, ...]:
    texts = []
    for item in map(Foreign, content.items("thoughts")):
        summary, text = item.text("summary"), item.text("content")
        texts.append("\n\n".join(piece for piece in (summary and f"**{summary}**", text) if piece))
    text = "\n\n".join(text for text in texts if text)
    return (Part(text, Channel.ANALYSIS),) if text.strip() else ()


def _cited(text: str, left: Counter[Left]) -> str:
    text, number = _CITATION.subn("", text)
    left[Left.CITATION] += number
    return text


def _fenced(text: str, language: str) -> tuple[Part, ...]:
    """What goes to a tool or comes from one, as code that can be read."""
    if not text.strip():
        return ()
    word = re.sub(r"[^\w.+#-].*", "", language, flags=re.DOTALL)
    return (Part(fenced(text, word), Channel.COMMENTARY),)
