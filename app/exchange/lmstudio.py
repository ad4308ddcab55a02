"""A conversation of LM Studio: ``~/.lmstudio/conversations/….conversation.json``.

``messages`` has the turns in order, each with ``versions`` of which ``currentlySelected`` is
shown; what comes after belongs below that one. A version is a ``singleStep`` with ``content``, or
a ``multiStep`` with ``steps``, whose blocks of the style ``thinking`` are reasoning. Messages have
no times of their own. LM Studio does not describe the format; a reader of it is
https://github.com/YorkieDev/lm-studio-conversation-converter/blob/main/script.js.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from app.base.types import Channel, Part, Role
from app.exchange.fields import Foreign
from app.exchange.tree import Left, Node, plain, tree
from app.store import Tree

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}
_SILENT = ("debugInfoBlock", "toolStatus", "status")
_PROMPT = "llm.prediction.systemPrompt"


def is_chat(raw: Foreign) -> bool:
    """Whether it looks like one of LM Studio's conversations."""
    messages = raw.raw.get("messages")
    if not isinstance(messages, list) or "history" in raw.raw:
        return False
    return all("versions" in Foreign(message).raw for message in messages) and (
        bool(messages) or "lastUsedModel" in raw.raw
    )


def chat(raw: Foreign, left: Counter[Left]) -> Tree | None:
    """A conversation; None where nothing of it can be read. Counts what was left out."""
    nodes: dict[str, Node] = {}
    above: str | None = None
    for turn, message in enumerate(map(Foreign, raw.items("messages"))):
        chosen = int(message.number("currentlySelected") or 0)
        shown = above
        for number, version in enumerate(map(Foreign, message.items("versions"))):
            name = f"{turn}.{number}"
            nodes[name] = replace(_node(version, left), parent=above)
            if number == chosen or shown == above:
                shown = name
        above = shown
    return tree(
        nodes,
        current=above,
        title=raw.text("name"),
        created=raw.time("createdAt"),
        updated=raw.time("assistantLastMessagedAt", "userLastMessagedAt"),
        left=left,
        instructions=raw.text("systemPrompt") or _prompt(raw),
    )


def _prompt(raw: Foreign) -> str:
    settings = map(Foreign, raw["perChatPredictionConfig"].items("fields"))
    return next((item.text("value") for item in settings if item.text("key") == _PROMPT), "")


def _node(version: Foreign, left: Counter[Left]) -> Node:
    role = _ROLES.get(version.text("role"))
    if role is None:
        left[Left.INSTRUCTIONS] += bool(version)
        return Node(Role.ASSISTANT)
    parts = tuple(_steps(version, left)) or plain(_words(version, left))
    model = version["senderInfo"].text("senderName") if role is Role.ASSISTANT else ""
    return Node(role, parts, model=model)


def _steps(version: Foreign, left: Counter[Left]) -> Iterator[Part]:
    for step in map(Foreign, version.items("steps")):
        if step.text("type") != "contentBlock":
            left[Left.UNKNOWN] += step.text("type") not in _SILENT
            continue
        text = _words(step, left)
        if not text.strip():
            continue
        thinking = step["style"].text("type") == "thinking"
        yield Part(text, Channel.ANALYSIS if thinking else Channel.FINAL)


def _words(raw: Foreign, left: Counter[Left]) -> str:
    """The words in a ``content``; what else is in it is counted."""
    texts = [raw.text("content")]
    for item in map(Foreign, raw.items("content")):
        kind = item.text("type")
        if kind == "text":
            texts.append(item.text("text"))
        elif kind == "file":
            left[Left.IMAGE if item.text("fileType") == "image" else Left.FILE] += 1
        else:
            left[Left.TOOL if kind.startswith("tool") else Left.UNKNOWN] += 1
    return "".join(texts)
