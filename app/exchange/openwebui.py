"""Open WebUI's export of chats.

A list of objects whose ``chat`` has a ``history``: ``messages`` by id, with ``parentId`` and
``childrenIds``, and ``currentId``, the one that was last shown; an older form leaves ``chat`` out.
https://docs.openwebui.com/features/chat-conversations/data-controls/import-export/ describes it.
Reasoning and calls to tools are in the text as ``<details type="…">``, where
https://github.com/open-webui/open-webui puts them (backend/open_webui/utils/middleware.py,
``serialize_content_blocks``); a model's own ``<think>`` may be there as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape

from app.base.types import Channel, Part, Role
from app.exchange.fields import Foreign
from app.exchange.tree import Left, Node, plain, tree
from app.store import State, Tree

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}
_OPENING = re.compile(r'<details type="([a-z_]+)"([^<>]*)>|<think>')
_CLOSING = {"<details": "</details>", "<think>": "</think>"}
_SUMMARY = re.compile(r"\s*<summary>[^<]*</summary>\n?")
_QUOTED = re.compile(r"^(?:>|&gt;) ?", re.MULTILINE)
_DURATION = re.compile(r'duration="(\d{1,6}(?:\.\d+)?)"')


def is_chat(raw: Foreign) -> bool:
    """Whether it looks like one of Open WebUI's chats."""
    return isinstance(_history(raw).raw.get("messages"), dict)


def chat(raw: Foreign, left: Counter[Left]) -> Tree | None:
    """A chat; None where nothing of it can be read. Counts what was left out."""
    own = raw["chat"] or raw
    history = _history(raw)
    return tree(
        {name: _node(Foreign(node), left) for name, node in history["messages"].raw.items()},
        current=history.text("currentId") or None,
        title=own.text("title") or raw.text("title"),
        created=raw.time("created_at") or own.time("timestamp"),
        updated=raw.time("updated_at"),
        left=left,
        instructions=own.text("system") or own["params"].text("system"),
    )


def _history(raw: Foreign) -> Foreign:
    return (raw["chat"] or raw)["history"]


def _node(raw: Foreign, left: Counter[Left]) -> Node:
    role = _ROLES.get(raw.text("role"))
    parent = raw.text("parentId") or None
    children = raw.names("childrenIds")
    if role is None:
        left[Left.INSTRUCTIONS] += bool(raw.text("content"))
        return Node(Role.ASSISTANT, (), parent, children)
    for file in map(Foreign, raw.items("files")):
        kind = file.text("type", "content_type")
        left[Left.IMAGE if kind.startswith("image") else Left.FILE] += 1
    content = raw.text("content") or _joined(raw, left)
    asked = role is Role.USER
    return Node(
        role,
        plain(content) if asked else tuple(_parts(content, left)),
        parent,
        children,
        raw.time("timestamp"),
        State.CUT_OFF if raw.raw.get("done") is False else State.DONE,
        "" if asked else raw.text("model"),
        None if asked else _thought_s(content),
    )


def _joined(raw: Foreign, left: Counter[Left]) -> str:
    """The words of a content that is a list, as OpenAI's API has it."""
    texts = []
    for item in map(Foreign, raw.items("content")):
        if item.text("type") == "text":
            texts.append(item.text("text"))
        else:
            left[Left.IMAGE if "image" in item.text("type") else Left.UNKNOWN] += 1
    return "\n".join(texts)


def _parts(content: str, left: Counter[Left]) -> Iterator[Part]:
    """An answer, with what is in ``<details>`` taken apart."""
    at = 0
    while found := _OPENING.search(content, at):
        yield from plain(content[at : found.start()].strip("\n"))
        close = _CLOSING["<think>" if found[1] is None else "<details"]
        end = content.find(close, found.end())
        inner = content[found.end() : end if end >= 0 else len(content)]
        at = end + len(close) if end >= 0 else len(content)
        if found[1] in (None, "reasoning"):
            text = inner if found[1] is None else _reasoning(inner)
            if text.strip():
                yield Part(text.strip(), Channel.ANALYSIS)
        else:
            left[Left.TOOL] += 1
    yield from plain(content[at:].lstrip("\n"))


def _reasoning(inner: str) -> str:
    """Reasoning without its heading and the marks of a quotation."""
    quoted = _SUMMARY.sub("", inner, count=1)
    text = _QUOTED.sub("", quoted)
    return unescape(text) if quoted.lstrip().startswith("&gt;") else text


def _thought_s(content: str) -> float | None:
    seconds = [
        float(duration[1])
        for found in _OPENING.finditer(content)
        if found[1] == "reasoning" and (duration := _DURATION.search(found[2]))
    ]
    return sum(seconds) if seconds else None
