"""claude.ai's data export.

It has ``conversations.json``, ``projects/….json`` (or ``projects.json``) and ``memories/….json``
(or ``memories.json``), in one archive or, since 2026, in several (``conversations-000.zip``,
``projects-000.zip``, ``memories-000.zip``, ``design_chats-000.zip``, and others without chats).

A conversation has ``chat_messages``, each with a ``sender`` (``human`` or ``assistant``), its
``parent_message_uuid`` (for the first ones, the id of no message), and ``content``: blocks of the
types ``text``, ``thinking``, ``tool_use`` and ``tool_result``. ``text`` has the same words for
programs that do not know blocks. The text of an attached file is its ``extracted_content``; of
``files`` there are only names. The model is only recorded in what other programs save (``model``,
``current_leaf_message_uuid``, ``is_starred``, ``project``), in the same form. Anthropic documents
none of it. Looked up on 29 November 2026:

- all fields of real exports, as inferred by https://github.com/Sinity/polylogue (d250e578,
  ``polylogue/schemas/providers/claude-ai``, two versions), including Claude Design's chats
- files and archives: a dozen public readers of exports of 2025 and 2026, which agree.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from app.base.code_fence import code_fence
from app.base.types import Part, PartKind, Role
from app.exchange.foreign_chat import (
    ForeignChat,
    ForeignMessage,
    ForeignProject,
    ImportContext,
    OmissionReason,
    build_tree,
    named_files,
    read_node,
    text_parts,
)
from app.exchange.foreign_json import Foreign
from app.formats.harmony.stored_parts import ALONG_THE_WAY
from app.store import ChatTree, State

_ROLES = {"human": Role.USER, "user": Role.USER, "assistant": Role.ASSISTANT}
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".svg")
_LANGUAGES = {"application/vnd.ant.react": "jsx", "image/svg+xml": "svg", "text/html": "html"}
_LANGUAGES["application/vnd.ant.mermaid"] = "mermaid"
# The placeholder in ``text`` for each block that is not text.
_UNSUPPORTED_BLOCK = re.compile(
    r"(?:```\s*)?This block is not supported on your current device yet\.(?:\s*```)?"
)
# Tags within the text of answers of 2024, before there were blocks.
_TAG = re.compile(r"<ant(Artifact|Thinking)([^<>]*)>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_MEMORIES = ("conversations_memory", "project_memories", "memory_files")
_PASTED = "pasted.txt"  # claude.ai attaches long pasted texts without a name


def is_chat(raw: Foreign) -> bool:
    """Return whether the object looks like a conversation of claude.ai or Claude Design."""
    return isinstance(raw.raw.get("chat_messages"), list) or _is_design(raw)


def read_chat(raw: Foreign, context: ImportContext) -> ChatTree | None:
    """Read a conversation; None if nothing of it can be read."""
    design = _is_design(raw)
    messages = raw.objects("messages" if design else "chat_messages")
    model = raw.text("model")

    def read(message: Foreign, left_out: Counter[OmissionReason]) -> ForeignMessage:
        return _design_node(message, left_out) if design else _node(message, model, left_out)

    nodes: dict[str, ForeignMessage] = {}
    ids = {message.text("uuid") for message in messages}
    previous: str | None = None
    for number, message in enumerate(messages):
        node = read_node(message, read, context.left_out)
        parent = message.text("parent_message_uuid")
        name = message.text("uuid")
        if not name or name in nodes:
            name = f"{name}#{number}"
        parent_or_root = parent if parent in ids else None
        nodes[name] = replace(node, parent=parent_or_root if parent else previous)
        previous = name
    project = _project_of(raw, context)
    context.left_out[OmissionReason.NOTE] += bool(raw.text("summary").strip())
    info = ForeignChat(
        raw.text("name", "title"),
        raw.time("created_at"),
        raw.time("updated_at"),
        raw.text("current_leaf_message_uuid") or None,
        project.instructions,
        raw.flag("is_starred"),
        raw.flag("is_archived"),
        project.name,
    )
    return build_tree(nodes, info, context)


def read_companion(raw: Foreign, context: ImportContext) -> bool:
    """Read a project or memories; return whether the object is one.

    Projects are kept for the chats that may follow; what is left out is counted.
    """
    if "prompt_template" in raw.raw or isinstance(raw.raw.get("docs"), list):
        project = ForeignProject(raw.text("name"), raw.text("prompt_template"))
        context.projects[raw.text("uuid")] = project
        context.left_out[OmissionReason.FILE] += len(raw.items("docs"))
        return True
    if any(key in raw.raw for key in _MEMORIES):
        context.left_out[OmissionReason.MEMORY] += bool(raw.text("conversations_memory").strip())
        context.left_out[OmissionReason.MEMORY] += len(raw["project_memories"].raw)
        context.left_out[OmissionReason.MEMORY] += len(raw.items("memory_files"))
        return True
    return False


def _project_of(raw: Foreign, context: ImportContext) -> ForeignProject:
    inside = raw["project"]
    key = raw.text("project_uuid") or inside.text("uuid")
    found = context.projects.get(key)
    if found is None and inside.text("name"):
        return ForeignProject(inside.text("name"), inside.text("prompt_template"))
    return found or context.project("Claude", key)


def _node(message: Foreign, model: str, left_out: Counter[OmissionReason]) -> ForeignMessage:
    message.ignore("uuid", "updated_at", "index", "parent_message_uuid", "input_mode")
    message.ignore("stop_reason", "compaction_summary", "sync_sources", "chat_feedback")
    role = _ROLES.get(message.text("sender", "role"), Role.ASSISTANT)
    files = _files(message, left_out)
    blocks = message.objects("content")
    parts = [part for block in blocks for part in _block(block, left_out)]
    words = message.text("text", "content")
    if not parts:
        parts += _tagged_parts(_UNSUPPORTED_BLOCK.sub("", words))
    kinds = Counter(_kind(block) for block in blocks)
    left_out[OmissionReason.TOOL] += max(kinds["tool_result"] - kinds["tool_use"], 0)
    stopped = message.text("stop_reason") == "user_canceled"
    state = State.STOPPED if stopped else State.DONE
    return ForeignMessage(
        role,
        (*files[0], *parts, *named_files(files[1])),
        created=message.time("created_at"),
        state=State.CUT_OFF if message.flag("truncated") else state,
        model=model if role is Role.ASSISTANT else "",
        thought_s=_thinking_seconds(blocks),
    )


def _files(message: Foreign, left_out: Counter[OmissionReason]) -> tuple[list[Part], list[str]]:
    """Return attached files with their text, and the names of files without one."""
    texts: list[Part] = []
    names: list[str] = []
    for file in message.objects("attachments"):
        text = file.text("extracted_content", "content")
        name = file.text("file_name", "name") or _PASTED
        file.ignore()
        if text.strip():
            texts.append(Part(text, PartKind.FILE, name))
        else:
            names.append(name)
    attached = {part.name for part in texts}
    for file in (*message.objects("files"), *message.objects("files_v2")):
        name = file.text("file_name") or file.text("file_uuid", "uuid")
        file.ignore()
        if name not in attached and name not in names:
            names.append(name)
    for name in names:
        image = PurePosixPath(name).suffix.lower() in _IMAGES
        left_out[OmissionReason.IMAGE if image else OmissionReason.FILE] += 1
    return texts, names


def _block(block: Foreign, left_out: Counter[OmissionReason]) -> Iterator[Part]:
    """Yield the parts of a block.

    Documents and code are shown; other calls are counted, each with its result as one.
    """
    kind = _kind(block)
    if kind == "text":
        block.ignore("citations")
        left_out[OmissionReason.CITATION] += len(block.items("citations"))
        yield from _tagged_parts(block.text("text"))
    elif kind == "thinking":
        text = block.text("thinking", "text") or _summaries(block)
        if text.strip():
            yield Part(text, PartKind.REASONING)
        block.ignore("summaries", "signature")
    elif kind == "tool_use":
        made = tuple(_call_parts(block["input"]))
        left_out[OmissionReason.TOOL] += not made
        yield from made
        block.ignore()
    elif kind == "tool_result":
        if block.text("name") in ("repl", "bash_tool", "bash", "python"):
            output = "\n".join(item.text("text") for item in block.objects("content")).strip()
            if output:
                yield Part(code_fence(output), format_data=ALONG_THE_WAY)
        block.ignore()
    elif kind == "image":
        left_out[OmissionReason.IMAGE] += 1
        block.ignore()
    elif kind != "token_budget":
        left_out[OmissionReason.UNKNOWN] += 1
        block.ignore()
    block.ignore("start_timestamp", "stop_timestamp", "flags", "id")


def _kind(block: Foreign) -> str:
    """Return the block's type; ``web_search_tool_result`` and the like are generalised."""
    kind = block.text("type")
    return next((tool for tool in ("tool_use", "tool_result") if kind.endswith(f"_{tool}")), kind)


def _tagged_parts(text: str) -> Iterator[Part]:
    """Yield the words of an answer, with the documents and thoughts that are tagged in them."""
    at = 0
    while tag := _TAG.search(text, at):
        close = f"</ant{tag[1]}>"
        end = text.find(close, tag.end())
        if end < 0:
            break
        yield from text_parts(text[at : tag.start()].strip("\n"))
        inner = text[tag.end() : end].strip("\n")
        at = end + len(close)
        if tag[1] == "Thinking":
            yield Part(inner, PartKind.REASONING)
        else:
            yield from _call_parts(Foreign({**dict(_ATTRIBUTE.findall(tag[2])), "content": inner}))
    yield from text_parts(text[at:].lstrip("\n") if at else text)


def _summaries(block: Foreign) -> str:
    return "\n\n".join(item.text("summary") for item in block.objects("summaries"))


def _call_parts(call: Foreign) -> Iterator[Part]:
    """Yield the document that a call makes or changes, or the code that it runs."""
    document = call.text("file_text") or call.text("content")
    title = call.text("title") or PurePosixPath(call.text("path")).name or call.text("id")
    kind = call.text("type")
    if call.text("old_str") or call.text("new_str"):
        lines = [f"-{line}" for line in call.text("old_str").splitlines()]
        lines += [f"+{line}" for line in call.text("new_str").splitlines()]
        yield Part(code_fence("\n".join(lines), "diff"), format_data=ALONG_THE_WAY)
    elif document and title:
        yield from text_parts(f"**{title}**")
        suffix = PurePosixPath(call.text("path")).suffix.removeprefix(".").lower()
        prose = kind == "text/markdown" or suffix in ("md", "txt")
        language = call.text("language") or _LANGUAGES.get(kind, suffix)
        yield Part(document if prose else code_fence(document, language))
    elif code := call.text("code", "command"):
        yield Part(code_fence(code, call.text("language")), format_data=ALONG_THE_WAY)


def _thinking_seconds(blocks: Sequence[Foreign]) -> float | None:
    """Return the seconds of all thinking blocks, from their timestamps."""
    seconds = [
        stop - start
        for block in blocks
        if block.text("type") == "thinking"
        and (start := block.time("start_timestamp")) is not None
        and (stop := block.time("stop_timestamp")) is not None
    ]
    return max(sum(seconds), 0.0) if seconds else None


# --- Claude Design ------------------------------------------------------------------------


def _is_design(raw: Foreign) -> bool:
    """Return whether it is a chat of Claude Design, whose messages have an object as content."""
    messages = raw.raw.get("messages")
    if not isinstance(messages, list) or "project" not in raw.raw:
        return False
    return all(isinstance(Foreign(m).raw.get("content"), dict) for m in messages)


def _design_node(message: Foreign, left_out: Counter[OmissionReason]) -> ForeignMessage:
    message.ignore("uuid", "created_at")
    content = message["content"]
    content.ignore("id", "authorName", "authorAccountUuid", "timestamp", "turnChanges")
    role = _ROLES.get(message.text("role") or content.text("role"), Role.ASSISTANT)
    parts: list[Part] = []
    for file in content.objects("attachments"):
        text = file.text("content")
        left_out[OmissionReason.FILE] += not text.strip()
        parts += [Part(text, PartKind.FILE, file.text("name") or _PASTED)] if text.strip() else []
        file.ignore()
    parts += text_parts(content.text("content"))
    for block in content.objects("contentBlocks"):
        kind, text = block.text("type"), block.text("text")
        if kind == "thinking" and text.strip():
            parts.append(Part(text, PartKind.REASONING))
        elif kind == "tool_call":
            left_out[OmissionReason.TOOL] += 1
        elif kind == "user_interjection":
            parts += text_parts(_as_quote(block["message"].text("content")))
        else:
            parts += text_parts(text or block.text("message"))
        block.ignore()
    when = message.time("created_at") or content.time("timestamp")
    return ForeignMessage(role, tuple(parts), created=when)


def _as_quote(text: str) -> str:
    """Quote the user's text within an answer."""
    return "\n".join(f"> {line}" for line in text.splitlines())
