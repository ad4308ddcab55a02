"""Open WebUI's export of chats.

A list of objects whose ``chat`` has a ``history``: ``messages`` by id, with ``parentId`` and
``childrenIds``, and ``currentId``, the one that was last shown; an older form leaves ``chat`` out.
https://docs.openwebui.com/features/chat-conversations/data-controls/import-export/ describes it;
which fields there are is in https://github.com/open-webui/open-webui (looked up on
29 November 2026, at 00059776: backend/open_webui/models/chats.py). Folders have keys there, and
names only where one folder is exported (``folder-….json``, src/lib/components/layout/Sidebar/
RecursiveFolder.svelte).

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
    LeftOut,
    named,
    plain,
    read_node,
    spoken,
    tree,
)
from app.exchange.foreign_json import Foreign
from app.formats.harmony.stored_parts import ALONG_THE_WAY
from app.store import ChatTree, State

# None is who tells the model what to do; anybody else answers.
_ROLES = {"user": Role.USER, "system": None, "developer": None}
_OPENING = re.compile(r'<details type="([a-z_]+)"([^<>]*)>')
_CLOSING = "</details>"
_SUMMARY = re.compile(r"\s*<summary>[^<]*</summary>\n?")
_QUOTED = re.compile(r"^(?:>|&gt;) ?", re.MULTILINE)
_FOLDER = re.compile(r"folder-(.+)-export-\d+\.json")
_DURATION = re.compile(r'duration="(\d{1,6}(?:\.\d+)?)"')


def is_chat(raw: Foreign) -> bool:
    """Whether it looks like one of Open WebUI's chats."""
    history = _history(raw).raw.get("messages")
    return isinstance(history, dict | list) or isinstance(raw["chat"].raw.get("messages"), list)


def chat(raw: Foreign, around: ImportContext) -> ChatTree | None:
    """A chat; None where nothing of it can be read. Counts what was left out."""
    own = raw["chat"] or raw
    history = _history(raw)
    told = [own.text("system") or own["params"].text("system")]

    def read(message: Foreign, left: Counter[LeftOut]) -> ForeignMessage:
        return _node(message, told, left)

    table = history.table("messages")
    nodes = {key: read_node(entry, read, around.left) for key, entry in table.items()}
    if not nodes:
        nodes = _listed(history.objects("messages") or own.objects("messages"), read, around.left)
    around.left[LeftOut.TAG] += len(own.items("tags") or raw["meta"].items("tags"))
    around.left[LeftOut.NOTE] += bool(raw.text("summary").strip())
    about = ForeignChat(
        own.text("title") or raw.text("title"),
        raw.time("created_at") or own.time("timestamp"),
        raw.time("updated_at"),
        history.key("currentId") or raw.key("current_message_id") or None,
        "\n\n".join(dict.fromkeys(text.strip() for text in told if text.strip())),
        raw.flag("pinned"),
        raw.flag("archived"),
        _folder(raw, around),
    )
    return tree(nodes, about, around)


def _listed(
    messages: Sequence[Foreign],
    read: Callable[[Foreign, Counter[LeftOut]], ForeignMessage],
    left: Counter[LeftOut],
) -> dict[str, ForeignMessage]:
    """Messages of a chat that has only a list of them, as other programs write it: one below the
    other, where they do not say otherwise."""
    nodes: dict[str, ForeignMessage] = {}
    above: str | None = None
    for number, message in enumerate(messages):
        node = read_node(message, read, left)
        name = message.key("id")
        if not name or name in nodes:
            name = f"{name}#{number}"
        nodes[name] = node if "parentId" in message.raw else replace(node, parent=above)
        above = name
    return nodes


def _history(raw: Foreign) -> Foreign:
    return (raw["chat"] or raw)["history"]


def _folder(raw: Foreign, around: ImportContext) -> str:
    named_so = _FOLDER.fullmatch(around.place[-1])
    key = raw.text("folder_id")
    return named_so[1] if named_so else around.project("Open WebUI", key).name


def _node(raw: Foreign, told: list[str], left: Counter[LeftOut]) -> ForeignMessage:
    raw.aside("id", "models", "modelName", "selectedModelId", "timestamp", "lastSentence")
    raw.aside("usage", "info", "statusHistory", "status", "followUps", "annotation", "favorite")
    raw.aside("userContext", "originalContent", "user", "feedbackId", "code_executions", "tasks")
    role = _ROLES.get(raw.text("role"), Role.ASSISTANT)
    parent = raw.key("parentId") or None
    children = raw.keys("childrenIds")
    content = raw.text("content") or _joined(raw, left)
    if role is None:
        told.append(content)
        return ForeignMessage(Role.ASSISTANT, (), parent, children)
    if raw.text("role") == "tool":
        left[LeftOut.TOOL] += bool(content.strip())
        return ForeignMessage(Role.ASSISTANT, (), parent, children)
    files, names = _files(raw, left)
    left[LeftOut.CITATION] += len(raw.items("sources") or raw.items("citations"))
    asked = role is Role.USER
    parts = plain(content) if asked else _answer(raw, content, left)
    error = raw["error"].text("content", "message", "detail") or raw.text("error")
    cut_off = raw.raw.get("done") is False or bool(error)
    return ForeignMessage(
        role,
        (*files, *parts, *plain(raw["merged"].text("content")), *plain(error), *named(names)),
        parent,
        children,
        raw.time("timestamp"),
        State.CUT_OFF if cut_off and not asked else State.DONE,
        "" if asked else raw.text("model"),
        None if asked else _thought_s(raw, content),
    )


def _files(raw: Foreign, left: Counter[LeftOut]) -> tuple[list[Part], list[str]]:
    """Files with the text that the program has taken out of them, and the names of the others."""
    texts, names = [], []
    for item in raw.objects("files"):
        file = item["file"]
        text = file["data"].text("content")
        name = item.text("name") or file.text("filename") or file["meta"].text("name")
        image = item.text("type", "content_type").startswith("image")
        item.aside()
        if text.strip() and not image:
            texts.append(Part(text, PartKind.FILE, name or "file.txt"))
            continue
        left[LeftOut.IMAGE if image else LeftOut.FILE] += 1
        names.append(name)
    return texts, names


def _joined(raw: Foreign, left: Counter[LeftOut]) -> str:
    """The words of a content that is a list, as OpenAI's API has it."""
    texts = []
    for item in raw.objects("content"):
        kind = item.text("type")
        if kind in ("text", "input_text", "output_text", "summary_text", "refusal", ""):
            texts.append(item.text("text", "refusal"))
        else:
            left[LeftOut.IMAGE if "image" in kind else LeftOut.UNKNOWN] += 1
            item.aside()
    return "\n".join(text for text in texts if text)


def _answer(raw: Foreign, content: str, left: Counter[LeftOut]) -> tuple[Part, ...]:
    """An answer by its steps, and by its text where those have none, or it was edited."""
    steps = tuple(_steps(raw.objects("output"), left))
    spoken = [part for part in steps if _is_answer(part)]
    if spoken and (not content or "originalContent" not in raw.raw):
        return steps
    text = tuple(_parts(content, Counter() if steps else left))
    if not steps:
        return text
    thoughts = (part for part in steps if not _is_answer(part))
    return (*thoughts, *(part for part in text if _is_answer(part)))


def _is_answer(part: Part) -> bool:
    return part.kind is PartKind.TEXT and part.format_data != ALONG_THE_WAY


def _steps(items: Sequence[Foreign], left: Counter[LeftOut]) -> Iterator[Part]:
    """The steps of an answer in their order; a call and its result count as one."""
    kinds = Counter(item.text("type") for item in items)
    results = sum(number for kind, number in kinds.items() if kind.endswith("_call_output"))
    left[LeftOut.TOOL] += max(
        sum(n for kind, n in kinds.items() if kind.endswith("_call")), results
    )
    for item in items:
        item.aside("id", "status", "role", "attributes", "encrypted_content", "call_id")
        kind = item.text("type")
        if kind == "message":
            yield from plain(item.text("content") or _joined(item, left))
        elif kind == "reasoning":
            said = "\n\n".join(part.text("text") for part in item.objects("summary"))
            text = said or item.text("content") or _joined(item, left)
            if text.strip():
                yield Part(text.strip(), PartKind.REASONING)
            item.aside("content", "summary")
        elif kind.endswith("code_interpreter"):
            yield from _code(item)
        elif kind.endswith("_call_output"):
            for file in item.objects("files"):
                left[LeftOut.IMAGE if file.text("type") == "image" else LeftOut.FILE] += 1
            item.aside()
        elif kind.endswith("_call"):
            item.aside()
        else:
            left[LeftOut.UNKNOWN] += 1
            item.aside()


def _code(item: Foreign) -> Iterator[Part]:
    """A piece of code that was run, and what it said."""
    output = item["output"]
    said = [output.text("stdout"), output.text("stderr"), output.text("result")]
    texts = ["\n".join(text for text in said if text) or item.text("output")]
    for text, language in ((item.text("code"), item.text("lang", "language")), (texts[0], "")):
        if text.strip():
            yield Part(code_fence(text.strip("\n"), language), format_data=ALONG_THE_WAY)
    item.aside()


def _parts(content: str, left: Counter[LeftOut]) -> Iterator[Part]:
    """An answer, with what is in ``<details>`` taken apart."""
    at = 0
    while found := _OPENING.search(content, at):
        before = content[at : found.start()].strip("\n")
        yield from plain(before) if at else spoken(before)
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
            left[LeftOut.TOOL] += 1
    rest = content[at:].lstrip("\n")
    yield from plain(rest) if at else spoken(rest)


def _reasoning(inner: str) -> str:
    """Reasoning without its heading and the marks of a quotation."""
    quoted = _SUMMARY.sub("", inner, count=1)
    text = _QUOTED.sub("", quoted)
    return unescape(text) if quoted.lstrip().startswith("&gt;") else text


def _thought_s(raw: Foreign, content: str) -> float | None:
    """Seconds of reasoning, as the steps say, or the text."""
    steps = (item for item in raw.objects("output") if item.text("type") == "reasoning")
    seconds = [given for item in steps if (given := item.number("duration")) is not None]
    seconds = seconds or [
        float(duration[1])
        for found in _OPENING.finditer(content)
        if found[1] == "reasoning" and (duration := _DURATION.search(found[2]))
    ]
    return sum(seconds) if seconds else None
