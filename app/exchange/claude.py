"""claude.ai's data export: ``conversations.json``, ``projects/….json`` (or ``projects.json``) and
``memories/….json`` (or ``memories.json``), in one archive or, since 2026, in several
(``conversations-000.zip``, ``projects-000.zip``, ``memories-000.zip``, ``design_chats-000.zip``,
and others without chats).

A conversation has ``chat_messages``, each with a ``sender`` (``human`` or ``assistant``), its
``parent_message_uuid`` (of the first ones, that of no message), and ``content``: blocks of the
types ``text``, ``thinking``, ``tool_use`` and ``tool_result``. ``text`` has the same words for
programs that know no blocks. The text of an attached file is its ``extracted_content``; of
``files`` there are only names. The model is only in what other programs save
(``model``, ``current_leaf_message_uuid``, ``is_starred``, ``project``), in the same form.
Anthropic describes none of it. Looked up on 29 November 2026:

- all fields of real exports, as inferred by https://github.com/Sinity/polylogue (d250e578,
  ``polylogue/schemas/providers/claude-ai``, two versions), Claude Design's chats among them
- files and archives: a dozen public readers of exports of 2025 and 2026, that agree.
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
    LeftOut,
    named,
    plain,
    read_node,
    tree,
)
from app.exchange.foreign_json import Foreign
from app.formats.harmony.stored_parts import ALONG_THE_WAY
from app.store import ChatTree, State

_ROLES = {"human": Role.USER, "user": Role.USER, "assistant": Role.ASSISTANT}
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".svg")
_LANGUAGES = {"application/vnd.ant.react": "jsx", "image/svg+xml": "svg", "text/html": "html"}
_LANGUAGES["application/vnd.ant.mermaid"] = "mermaid"
# What stands in ``text`` for each block that is not one.
_UNSEEN = re.compile(
    r"(?:```\s*)?This block is not supported on your current device yet\.(?:\s*```)?"
)
# In the words of answers of 2024, where no blocks were yet.
_TAG = re.compile(r"<ant(Artifact|Thinking)([^<>]*)>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_MEMORIES = ("conversations_memory", "project_memories", "memory_files")
_PASTED = "pasted.txt"  # claude.ai attaches a long text that is pasted, without a name


def is_chat(raw: Foreign) -> bool:
    """Whether it looks like one of claude.ai's conversations, or of Claude Design's."""
    return isinstance(raw.raw.get("chat_messages"), list) or _is_design(raw)


def chat(raw: Foreign, around: ImportContext) -> ChatTree | None:
    """A conversation; None where nothing of it can be read. Counts what was left out."""
    design = _is_design(raw)
    messages = raw.objects("messages" if design else "chat_messages")
    model = raw.text("model")

    def read(message: Foreign, left: Counter[LeftOut]) -> ForeignMessage:
        return _turn(message, left) if design else _node(message, model, left)

    nodes: dict[str, ForeignMessage] = {}
    known = {message.text("uuid") for message in messages}
    above: str | None = None
    for number, message in enumerate(messages):
        node = read_node(message, read, around.left)
        parent = message.text("parent_message_uuid")
        name = message.text("uuid")
        if not name or name in nodes:
            name = f"{name}#{number}"
        parent_or_root = parent if parent in known else None
        nodes[name] = replace(node, parent=parent_or_root if parent else above)
        above = name
    project = _project_of(raw, around)
    around.left[LeftOut.NOTE] += bool(raw.text("summary").strip())
    about = ForeignChat(
        raw.text("name", "title"),
        raw.time("created_at"),
        raw.time("updated_at"),
        raw.text("current_leaf_message_uuid") or None,
        project.instructions,
        raw.flag("is_starred"),
        raw.flag("is_archived"),
        project.name,
    )
    return tree(nodes, about, around)


def beside(raw: Foreign, around: ImportContext) -> bool:
    """Whether it is something else of an export: a project, whose chats may follow, or what is
    remembered. What of that is left out is counted."""
    if "prompt_template" in raw.raw or isinstance(raw.raw.get("docs"), list):
        project = ForeignProject(raw.text("name"), raw.text("prompt_template"))
        around.projects[raw.text("uuid")] = project
        around.left[LeftOut.FILE] += len(raw.items("docs"))
        return True
    if any(key in raw.raw for key in _MEMORIES):
        around.left[LeftOut.MEMORY] += bool(raw.text("conversations_memory").strip())
        around.left[LeftOut.MEMORY] += len(raw["project_memories"].raw)
        around.left[LeftOut.MEMORY] += len(raw.items("memory_files"))
        return True
    return False


def _project_of(raw: Foreign, around: ImportContext) -> ForeignProject:
    inside = raw["project"]
    key = raw.text("project_uuid") or inside.text("uuid")
    known = around.projects.get(key)
    if known is None and inside.text("name"):
        return ForeignProject(inside.text("name"), inside.text("prompt_template"))
    return known or around.project("Claude", key)


def _node(message: Foreign, model: str, left: Counter[LeftOut]) -> ForeignMessage:
    message.aside("uuid", "updated_at", "index", "parent_message_uuid", "input_mode", "stop_reason")
    message.aside("compaction_summary", "sync_sources", "chat_feedback")
    role = _ROLES.get(message.text("sender", "role"), Role.ASSISTANT)
    files = _files(message, left)
    blocks = message.objects("content")
    parts = [part for block in blocks for part in _block(block, left)]
    words = message.text("text", "content")
    if not parts:
        parts += _spoken(_UNSEEN.sub("", words))
    kinds = Counter(_kind(block) for block in blocks)
    left[LeftOut.TOOL] += max(kinds["tool_result"] - kinds["tool_use"], 0)
    stopped = message.text("stop_reason") == "user_canceled"
    state = State.STOPPED if stopped else State.DONE
    return ForeignMessage(
        role,
        (*files[0], *parts, *named(files[1])),
        created=message.time("created_at"),
        state=State.CUT_OFF if message.flag("truncated") else state,
        model=model if role is Role.ASSISTANT else "",
        thought_s=_thought_s(blocks),
    )


def _files(message: Foreign, left: Counter[LeftOut]) -> tuple[list[Part], list[str]]:
    """Attached files with their text, and the names of those of which there is no more."""
    texts: list[Part] = []
    names: list[str] = []
    for file in message.objects("attachments"):
        text = file.text("extracted_content", "content")
        name = file.text("file_name", "name") or _PASTED
        file.aside()
        if text.strip():
            texts.append(Part(text, PartKind.FILE, name))
        else:
            names.append(name)
    there = {part.name for part in texts}
    for file in (*message.objects("files"), *message.objects("files_v2")):
        name = file.text("file_name") or file.text("file_uuid", "uuid")
        file.aside()
        if name not in there and name not in names:
            names.append(name)
    for name in names:
        image = PurePosixPath(name).suffix.lower() in _IMAGES
        left[LeftOut.IMAGE if image else LeftOut.FILE] += 1
    return texts, names


def _block(block: Foreign, left: Counter[LeftOut]) -> Iterator[Part]:
    """What stands in one block. Documents and code are to be read; other calls are counted, each
    with its result as one."""
    kind = _kind(block)
    if kind == "text":
        block.aside("citations")
        left[LeftOut.CITATION] += len(block.items("citations"))
        yield from _spoken(block.text("text"))
    elif kind == "thinking":
        text = block.text("thinking", "text") or _summaries(block)
        if text.strip():
            yield Part(text, PartKind.REASONING)
        block.aside("summaries", "signature")
    elif kind == "tool_use":
        made = tuple(_made(block["input"]))
        left[LeftOut.TOOL] += not made
        yield from made
        block.aside()
    elif kind == "tool_result":
        if block.text("name") in ("repl", "bash_tool", "bash", "python"):
            said = "\n".join(item.text("text") for item in block.objects("content")).strip()
            if said:
                yield Part(code_fence(said), format_data=ALONG_THE_WAY)
        block.aside()
    elif kind == "image":
        left[LeftOut.IMAGE] += 1
        block.aside()
    elif kind != "token_budget":
        left[LeftOut.UNKNOWN] += 1
        block.aside()
    block.aside("start_timestamp", "stop_timestamp", "flags", "id")


def _kind(block: Foreign) -> str:
    """Its type; calls and results of any sort of tool, as ``web_search_tool_result``, are those of
    tools."""
    kind = block.text("type")
    return next((tool for tool in ("tool_use", "tool_result") if kind.endswith(f"_{tool}")), kind)


def _spoken(text: str) -> Iterator[Part]:
    """The words of an answer, with the documents and thoughts that are tagged in them."""
    at = 0
    while tag := _TAG.search(text, at):
        close = f"</ant{tag[1]}>"
        end = text.find(close, tag.end())
        if end < 0:
            break
        yield from plain(text[at : tag.start()].strip("\n"))
        inner = text[tag.end() : end].strip("\n")
        at = end + len(close)
        if tag[1] == "Thinking":
            yield Part(inner, PartKind.REASONING)
        else:
            yield from _made(Foreign({**dict(_ATTRIBUTE.findall(tag[2])), "content": inner}))
    yield from plain(text[at:].lstrip("\n") if at else text)


def _summaries(block: Foreign) -> str:
    return "\n\n".join(item.text("summary") for item in block.objects("summaries"))


def _made(call: Foreign) -> Iterator[Part]:
    """The document that a call makes or changes, or the code that it runs."""
    document = call.text("file_text") or call.text("content")
    title = call.text("title") or PurePosixPath(call.text("path")).name or call.text("id")
    kind = call.text("type")
    if call.text("old_str") or call.text("new_str"):
        lines = [f"-{line}" for line in call.text("old_str").splitlines()]
        lines += [f"+{line}" for line in call.text("new_str").splitlines()]
        yield Part(code_fence("\n".join(lines), "diff"), format_data=ALONG_THE_WAY)
    elif document and title:
        yield from plain(f"**{title}**")
        suffix = PurePosixPath(call.text("path")).suffix.removeprefix(".").lower()
        prose = kind == "text/markdown" or suffix in ("md", "txt")
        language = call.text("language") or _LANGUAGES.get(kind, suffix)
        yield Part(document if prose else code_fence(document, language))
    elif code := call.text("code", "command"):
        yield Part(code_fence(code, call.text("language")), format_data=ALONG_THE_WAY)


def _thought_s(blocks: Sequence[Foreign]) -> float | None:
    """Seconds from the beginnings of the thoughts to their ends."""
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
    """Whether it is a chat of Claude Design: its messages have an object for a content."""
    messages = raw.raw.get("messages")
    if not isinstance(messages, list) or "project" not in raw.raw:
        return False
    return all(isinstance(Foreign(m).raw.get("content"), dict) for m in messages)


def _turn(message: Foreign, left: Counter[LeftOut]) -> ForeignMessage:
    message.aside("uuid", "created_at")
    content = message["content"]
    content.aside("id", "authorName", "authorAccountUuid", "timestamp", "turnChanges")
    role = _ROLES.get(message.text("role") or content.text("role"), Role.ASSISTANT)
    parts: list[Part] = []
    for file in content.objects("attachments"):
        text = file.text("content")
        left[LeftOut.FILE] += not text.strip()
        parts += [Part(text, PartKind.FILE, file.text("name") or _PASTED)] if text.strip() else []
        file.aside()
    parts += plain(content.text("content"))
    for block in content.objects("contentBlocks"):
        kind, text = block.text("type"), block.text("text")
        if kind == "thinking" and text.strip():
            parts.append(Part(text, PartKind.REASONING))
        elif kind == "tool_call":
            left[LeftOut.TOOL] += 1
        elif kind == "user_interjection":
            parts += plain(_quoted(block["message"].text("content")))
        else:
            parts += plain(text or block.text("message"))
        block.aside()
    when = message.time("created_at") or content.time("timestamp")
    return ForeignMessage(role, tuple(parts), created=when)


def _quoted(text: str) -> str:
    """What a person has said into an answer."""
    return "\n".join(f"> {line}" for line in text.splitlines())
