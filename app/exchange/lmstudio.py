"""A conversation of LM Studio: ``~/.lmstudio/conversations/….conversation.json``.

``messages`` has the turns in order, each with ``versions`` of which ``currentlySelected`` is
shown; what comes after belongs below that one. A version is a ``singleStep`` with ``content``, or
a ``multiStep`` with ``steps``, whose blocks of the style ``thinking`` are reasoning, and in whose
blocks calls to tools stand as ``toolCallRequest`` and ``toolCallResult``. Messages have no times
of their own. Folders are those that the files lie in. LM Studio does not describe the format.
Looked up on 29 November 2026: the reader
https://github.com/YorkieDev/lm-studio-conversation-converter/blob/main/script.js, and other public
readers and writers of it, which agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

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
from app.exchange.foreign_json import Foreign, duration
from app.store import ChatTree

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}
_SILENT = ("debugInfoBlock", "toolStatus", "status")
_PROMPT = "llm.prediction.systemPrompt"
_HOME = "conversations"  # the folder that the folders are in


def is_chat(raw: Foreign) -> bool:
    """Whether it looks like one of LM Studio's conversations."""
    messages = raw.raw.get("messages")
    if not isinstance(messages, list) or "history" in raw.raw:
        return False
    return any("versions" in Foreign(message).raw for message in messages) or (
        not messages and "lastUsedModel" in raw.raw
    )


def chat(raw: Foreign, around: ImportContext) -> ChatTree | None:
    """A conversation; None where nothing of it can be read. Counts what was left out."""
    nodes: dict[str, ForeignMessage] = {}
    told: list[str] = [raw.text("systemPrompt") or _prompt(raw)]
    above: str | None = None

    def read(version: Foreign, left: Counter[LeftOut]) -> ForeignMessage:
        return _node(version, told, left)

    for turn, message in enumerate(raw.objects("messages")):
        chosen = int(message.number("currentlySelected") or 0)
        shown = above
        for number, version in enumerate(message.objects("versions") or [message]):
            name = f"{turn}.{number}"
            nodes[name] = replace(read_node(version, read, around.left), parent=above)
            if number == chosen or shown == above:
                shown = name
        above = shown
    around.left[LeftOut.NOTE] += len(raw.items("notes")) + bool(raw.text("clientInput").strip())
    around.left[LeftOut.FILE] += len(raw.items("looseFiles")) + len(raw.items("clientInputFiles"))
    about = ForeignChat(
        raw.text("name"),
        raw.time("createdAt"),
        raw.time("assistantLastMessagedAt", "userLastMessagedAt"),
        above,
        "\n\n".join(dict.fromkeys(text.strip() for text in told if text.strip())),
        raw.flag("pinned"),
        raw.flag("archived"),
        _folder(around),
    )
    return tree(nodes, about, around)


def _folder(around: ImportContext) -> str:
    """The folders below LM Studio's own, where that is on the way, else below what was chosen."""
    folders = (*around.above, *around.place[:-1])
    if _HOME not in folders:
        return " / ".join(around.place[:-1])
    return " / ".join(folders[len(folders) - folders[::-1].index(_HOME) :])


def _prompt(raw: Foreign) -> str:
    settings = raw["perChatPredictionConfig"].objects("fields")
    return next((item.text("value") for item in settings if item.text("key") == _PROMPT), "")


@dataclass(slots=True)
class _Beside:
    """What stands among words: names of files, and how many calls to tools and results."""

    files: list[str] = field(default_factory=list)
    calls: int = 0
    results: int = 0


def _node(version: Foreign, told: list[str], left: Counter[LeftOut]) -> ForeignMessage:
    version.aside("type", "preprocessed", "senderInfo")
    role = _ROLES.get(version.text("role"))
    beside = _Beside()
    parts = tuple(_steps(version, beside, left))
    if not parts:
        words = _words(version, beside, left)
        parts = tuple(spoken(words)) if role is Role.ASSISTANT else plain(words)
    if version.text("role") == "system":
        told.extend(part.text for part in parts)
        return ForeignMessage(Role.ASSISTANT)
    left[LeftOut.TOOL] += max(beside.calls, beside.results)
    answer = role is not Role.USER
    titles = [step["style"].text("title") for step in version.objects("steps")]
    thought = [seconds for title in titles if (seconds := duration(title)) is not None]
    return ForeignMessage(
        role or Role.ASSISTANT,
        (*parts, *named(beside.files)),
        model=version["senderInfo"].text("senderName") if answer else "",
        thought_s=sum(thought) if thought and answer else None,
    )


def _steps(version: Foreign, beside: _Beside, left: Counter[LeftOut]) -> Iterator[Part]:
    for step in version.objects("steps"):
        if step.text("type") != "contentBlock":
            left[LeftOut.UNKNOWN] += step.text("type") not in _SILENT
            step.aside()
            continue
        step.aside("stepIdentifier", "genInfo", "style", "roleOverride")
        text = _words(step, beside, left)
        if not text.strip():
            continue
        thinking = step["style"].text("type") == "thinking"
        yield from [Part(text, PartKind.REASONING)] if thinking else spoken(text)


def _words(raw: Foreign, beside: _Beside, left: Counter[LeftOut]) -> str:
    """The words in a ``content``; what else is in it is counted, and files are named."""
    texts = [raw.text("content")]
    for item in raw.objects("content"):
        kind = item.text("type")
        if kind == "text":
            texts.append(item.text("text"))
        elif kind == "file":
            left[LeftOut.IMAGE if item.text("fileType") == "image" else LeftOut.FILE] += 1
            beside.files.append(item.text("fileIdentifier").rpartition(" - ")[2])
            item.aside()
        elif kind.startswith("tool"):
            beside.results += kind == "toolCallResult"
            beside.calls += kind != "toolCallResult"
            item.aside()
        else:
            left[LeftOut.UNKNOWN] += 1
            item.aside()
    return "".join(texts)
