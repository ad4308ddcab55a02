"""Open WebUI's export of chats.

A list of objects whose ``chat`` has a ``history``: ``messages`` by id, with ``parentId`` and
``childrenIds``, and ``currentId``, the one that was last shown; an older form leaves ``chat`` out.
https://docs.openwebui.com/features/chat-conversations/data-controls/import-export/ documents it;
the fields are in https://github.com/open-webui/open-webui (looked up on 29 November 2026, at
00059776: backend/open_webui/models/chats.py). Folders have keys there, and names only if one folder
is exported (``folder-….json``, src/lib/components/layout/Sidebar/RecursiveFolder.svelte).

Newer versions have an answer's steps in ``output``, items as OpenAI's Responses API has them
(``reasoning``, ``message``, ``function_call``, ``function_call_output``) and some of its own; since
0.10 ``content`` may be empty beside it (Fu-Jie/openwebui-extensions#101). Before, reasoning and
calls to tools are in the text as ``<details type="…">`` (backend/open_webui/utils/middleware.py,
``serialize_content_blocks``); a model's own ``<think>`` may be there as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from html import unescape

from app.base.code_fence import code_fence
from app.base.types import Part, PartKind, Role
from app.exchange.foreign_chat import (
    ForeignChat,
    ForeignMessage,
    ImportContext,
    OmissionReason,
    answer_parts,
    build_tree,
    named_files,
    read_node,
    text_parts,
)
from app.exchange.foreign_json import Foreign
from app.formats.harmony.stored_parts import ALONG_THE_WAY
from app.store import ChatTree, State

# None: instructions for the model, not messages. Unknown roles count as the assistant.
_ROLES = {"user": Role.USER, "system": None, "developer": None}
_OPENING = re.compile(r'<details type="([a-z_]+)"([^<>]*)>')
_CLOSING = "</details>"
_SUMMARY = re.compile(r"\s*<summary>[^<]*</summary>\n?")
_QUOTED = re.compile(r"^(?:>|&gt;) ?", re.MULTILINE)
_FOLDER = re.compile(r"folder-(.+)-export-\d+\.json")
_DURATION = re.compile(r'duration="(\d{1,6}(?:\.\d+)?)"')


def is_chat(raw: Foreign) -> bool:
    """Return whether the object looks like one of Open WebUI's chats."""
    history = _history(raw).raw.get("messages")
    return isinstance(history, dict | list) or isinstance(raw["chat"].raw.get("messages"), list)


def read_chat(raw: Foreign, context: ImportContext) -> ChatTree | None:
    """Read a chat; None if nothing of it can be read."""
    own = raw["chat"] or raw
    history = _history(raw)
    instructions = [own.text("system") or own["params"].text("system")]

    def read(message: Foreign, left_out: Counter[OmissionReason]) -> ForeignMessage:
        return _node(message, instructions, left_out)

    table = history.table("messages")
    nodes = {key: read_node(entry, read, context.left_out) for key, entry in table.items()}
    if not nodes:
        nodes = _from_list(
            history.objects("messages") or own.objects("messages"), read, context.left_out
        )
    context.left_out[OmissionReason.TAG] += len(own.items("tags") or raw["meta"].items("tags"))
    context.left_out[OmissionReason.NOTE] += bool(raw.text("summary").strip())
    info = ForeignChat(
        own.text("title") or raw.text("title"),
        raw.time("created_at") or own.time("timestamp"),
        raw.time("updated_at"),
        history.key("currentId") or raw.key("current_message_id") or None,
        "\n\n".join(dict.fromkeys(text.strip() for text in instructions if text.strip())),
        raw.flag("pinned"),
        raw.flag("archived"),
        _folder(raw, context),
    )
    return build_tree(nodes, info, context)


def _from_list(
    messages: Sequence[Foreign],
    read: Callable[[Foreign, Counter[OmissionReason]], ForeignMessage],
    left_out: Counter[OmissionReason],
) -> dict[str, ForeignMessage]:
    """Read the messages of a chat that only has a list, as other programs write it.

    Each is below the one before it, unless it names its parent.
    """
    nodes: dict[str, ForeignMessage] = {}
    previous: str | None = None
    for number, message in enumerate(messages):
        node = read_node(message, read, left_out)
        name = message.key("id")
        if not name or name in nodes:
            name = f"{name}#{number}"
        nodes[name] = node if "parentId" in message.raw else replace(node, parent=previous)
        previous = name
    return nodes


def _history(raw: Foreign) -> Foreign:
    return (raw["chat"] or raw)["history"]


def _folder(raw: Foreign, context: ImportContext) -> str:
    file_name = _FOLDER.fullmatch(context.place[-1])
    key = raw.text("folder_id")
    return file_name[1] if file_name else context.project("Open WebUI", key).name


def _node(
    raw: Foreign, instructions: list[str], left_out: Counter[OmissionReason]
) -> ForeignMessage:
    raw.ignore("id", "models", "modelName", "selectedModelId", "timestamp", "lastSentence")
    raw.ignore("usage", "info", "statusHistory", "status", "followUps", "annotation", "favorite")
    raw.ignore("userContext", "originalContent", "user", "feedbackId", "code_executions", "tasks")
    role = _ROLES.get(raw.text("role"), Role.ASSISTANT)
    parent = raw.key("parentId") or None
    children = raw.keys("childrenIds")
    content = raw.text("content") or _joined_text(raw, left_out)
    if role is None:
        instructions.append(content)
        return ForeignMessage(Role.ASSISTANT, (), parent, children)
    if raw.text("role") == "tool":
        left_out[OmissionReason.TOOL] += bool(content.strip())
        return ForeignMessage(Role.ASSISTANT, (), parent, children)
    files, names = _files(raw, left_out)
    left_out[OmissionReason.CITATION] += len(raw.items("sources") or raw.items("citations"))
    is_question = role is Role.USER
    parts = text_parts(content) if is_question else _answer(raw, content, left_out)
    error = raw["error"].text("content", "message", "detail") or raw.text("error")
    cut_off = raw.raw.get("done") is False or bool(error)
    return ForeignMessage(
        role,
        (
            *files,
            *parts,
            *text_parts(raw["merged"].text("content")),
            *text_parts(error),
            *named_files(names),
        ),
        parent,
        children,
        raw.time("timestamp"),
        State.CUT_OFF if cut_off and not is_question else State.DONE,
        "" if is_question else raw.text("model"),
        None if is_question else _thinking_seconds(raw, content),
    )


def _files(raw: Foreign, left_out: Counter[OmissionReason]) -> tuple[list[Part], list[str]]:
    """Return files with the text that was extracted from them, and the names of the others."""
    texts, names = [], []
    for item in raw.objects("files"):
        file = item["file"]
        text = file["data"].text("content")
        name = item.text("name") or file.text("filename") or file["meta"].text("name")
        image = item.text("type", "content_type").startswith("image")
        item.ignore()
        if text.strip() and not image:
            texts.append(Part(text, PartKind.FILE, name or "file.txt"))
            continue
        left_out[OmissionReason.IMAGE if image else OmissionReason.FILE] += 1
        names.append(name)
    return texts, names


def _joined_text(raw: Foreign, left_out: Counter[OmissionReason]) -> str:
    """Return the words of a content that is a list, as in OpenAI's API."""
    texts = []
    for item in raw.objects("content"):
        kind = item.text("type")
        if kind in ("text", "input_text", "output_text", "summary_text", "refusal", ""):
            texts.append(item.text("text", "refusal"))
        else:
            left_out[OmissionReason.IMAGE if "image" in kind else OmissionReason.UNKNOWN] += 1
            item.ignore()
    return "\n".join(text for text in texts if text)


def _answer(raw: Foreign, content: str, left_out: Counter[OmissionReason]) -> tuple[Part, ...]:
    """Return an answer by its steps, or by its text if they have none or it was edited."""
    steps = tuple(_steps(raw.objects("output"), left_out))
    spoken = [part for part in steps if _is_answer(part)]
    if spoken and (not content or "originalContent" not in raw.raw):
        return steps
    text = tuple(_parts(content, Counter() if steps else left_out))
    if not steps:
        return text
    thoughts = (part for part in steps if not _is_answer(part))
    return (*thoughts, *(part for part in text if _is_answer(part)))


def _is_answer(part: Part) -> bool:
    return part.kind is PartKind.TEXT and part.format_data != ALONG_THE_WAY


def _steps(items: Sequence[Foreign], left_out: Counter[OmissionReason]) -> Iterator[Part]:
    """Yield the steps of an answer in their order; a call and its result count as one."""
    kinds = Counter(item.text("type") for item in items)
    results = sum(number for kind, number in kinds.items() if kind.endswith("_call_output"))
    left_out[OmissionReason.TOOL] += max(
        sum(n for kind, n in kinds.items() if kind.endswith("_call")), results
    )
    for item in items:
        item.ignore("id", "status", "role", "attributes", "encrypted_content", "call_id")
        kind = item.text("type")
        if kind == "message":
            yield from text_parts(item.text("content") or _joined_text(item, left_out))
        elif kind == "reasoning":
            summary = "\n\n".join(part.text("text") for part in item.objects("summary"))
            text = summary or item.text("content") or _joined_text(item, left_out)
            if text.strip():
                yield Part(text.strip(), PartKind.REASONING)
            item.ignore("content", "summary")
        elif kind.endswith("code_interpreter"):
            yield from _code(item)
        elif kind.endswith("_call_output"):
            for file in item.objects("files"):
                left_out[
                    OmissionReason.IMAGE if file.text("type") == "image" else OmissionReason.FILE
                ] += 1
            item.ignore()
        elif kind.endswith("_call"):
            item.ignore()
        else:
            left_out[OmissionReason.UNKNOWN] += 1
            item.ignore()


def _code(item: Foreign) -> Iterator[Part]:
    """Yield code that was run, and its output."""
    output = item["output"]
    streams = [output.text("stdout"), output.text("stderr"), output.text("result")]
    printed = "\n".join(text for text in streams if text) or item.text("output")
    for text, language in ((item.text("code"), item.text("lang", "language")), (printed, "")):
        if text.strip():
            yield Part(code_fence(text.strip("\n"), language), format_data=ALONG_THE_WAY)
    item.ignore()


def _parts(content: str, left_out: Counter[OmissionReason]) -> Iterator[Part]:
    """Yield an answer, with each ``<details>`` taken apart."""
    at = 0
    while found := _OPENING.search(content, at):
        before = content[at : found.start()].strip("\n")
        yield from text_parts(before) if at else answer_parts(before)
        end = content.find(_CLOSING, found.end())
        inner = content[found.end() : end if end >= 0 else len(content)]
        at = end + len(_CLOSING) if end >= 0 else len(content)
        if found[1] == "reasoning":
            text = _reasoning(inner)
            if text.strip():
                yield Part(text.strip(), PartKind.REASONING)
        elif found[1] == "code_interpreter" and (code := _SUMMARY.sub("", inner, count=1).strip()):
            yield Part(code, format_data=ALONG_THE_WAY)
        else:
            left_out[OmissionReason.TOOL] += 1
    rest = content[at:].lstrip("\n")
    yield from text_parts(rest) if at else answer_parts(rest)


def _reasoning(inner: str) -> str:
    """Return reasoning without its heading and quotation marks (``>``)."""
    quoted = _SUMMARY.sub("", inner, count=1)
    text = _QUOTED.sub("", quoted)
    return unescape(text) if quoted.lstrip().startswith("&gt;") else text


def _thinking_seconds(raw: Foreign, content: str) -> float | None:
    """Return the seconds of reasoning, by the steps or the text."""
    steps = (item for item in raw.objects("output") if item.text("type") == "reasoning")
    seconds = [given for item in steps if (given := item.number("duration")) is not None]
    seconds = seconds or [
        float(duration[1])
        for found in _OPENING.finditer(content)
        if found[1] == "reasoning" and (duration := _DURATION.search(found[2]))
    ]
    return sum(seconds) if seconds else None
