"""A conversation of LM Studio: ``~/.lmstudio/conversations/….conversation.json``.

``messages`` has the turns in order, each with ``versions`` of which ``currentlySelected`` is shown;
later turns belong below that one. A version is a ``singleStep`` with ``content``, or a
``multiStep`` with ``steps``, whose blocks of the style ``thinking`` are reasoning, and whose blocks
have calls to tools as ``toolCallRequest`` and ``toolCallResult``. Messages have no times of their
own. Folders are those of the file system. LM Studio does not document the format. Looked up on 29
November 2026: the reader
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
    OmissionReason,
    answer_parts,
    build_tree,
    named_files,
    read_node,
    text_parts,
)
from app.exchange.foreign_json import Foreign, duration
from app.store import ChatTree

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}
_IGNORED_STEPS = ("debugInfoBlock", "toolStatus", "status")
_SYSTEM_PROMPT = "llm.prediction.systemPrompt"
_ROOT_FOLDER = "conversations"  # where LM Studio keeps chats and their folders


def is_chat(raw: Foreign) -> bool:
    """Return whether the object looks like one of LM Studio's conversations."""
    messages = raw.raw.get("messages")
    if not isinstance(messages, list) or "history" in raw.raw:
        return False
    return any("versions" in Foreign(message).raw for message in messages) or (
        not messages and "lastUsedModel" in raw.raw
    )


def read_chat(raw: Foreign, context: ImportContext) -> ChatTree | None:
    """Read a conversation; None if nothing of it can be read."""
    nodes: dict[str, ForeignMessage] = {}
    instructions: list[str] = [raw.text("systemPrompt") or _system_prompt(raw)]
    previous: str | None = None

    def read(version: Foreign, left_out: Counter[OmissionReason]) -> ForeignMessage:
        return _node(version, instructions, left_out)

    for turn, message in enumerate(raw.objects("messages")):
        chosen = int(message.number("currentlySelected") or 0)
        shown = previous
        for number, version in enumerate(message.objects("versions") or [message]):
            name = f"{turn}.{number}"
            nodes[name] = replace(read_node(version, read, context.left_out), parent=previous)
            if number == chosen or shown == previous:
                shown = name
        previous = shown
    context.left_out[OmissionReason.NOTE] += len(raw.items("notes")) + bool(
        raw.text("clientInput").strip()
    )
    context.left_out[OmissionReason.FILE] += len(raw.items("looseFiles")) + len(
        raw.items("clientInputFiles")
    )
    info = ForeignChat(
        raw.text("name"),
        raw.time("createdAt"),
        raw.time("assistantLastMessagedAt", "userLastMessagedAt"),
        previous,
        "\n\n".join(dict.fromkeys(text.strip() for text in instructions if text.strip())),
        raw.flag("pinned"),
        raw.flag("archived"),
        _folder(context),
    )
    return build_tree(nodes, info, context)


def _folder(context: ImportContext) -> str:
    """Return the folders below LM Studio's own, or below what was chosen."""
    folders = (*context.above, *context.place[:-1])
    if _ROOT_FOLDER not in folders:
        return " / ".join(context.place[:-1])
    return " / ".join(folders[len(folders) - folders[::-1].index(_ROOT_FOLDER) :])


def _system_prompt(raw: Foreign) -> str:
    settings = raw["perChatPredictionConfig"].objects("fields")
    return next((item.text("value") for item in settings if item.text("key") == _SYSTEM_PROMPT), "")


@dataclass(slots=True)
class _Attachments:
    """The content of a message besides text: names of files, numbers of tool calls and results."""

    files: list[str] = field(default_factory=list)
    calls: int = 0
    results: int = 0


def _node(
    version: Foreign, instructions: list[str], left_out: Counter[OmissionReason]
) -> ForeignMessage:
    version.ignore("type", "preprocessed", "senderInfo")
    role = _ROLES.get(version.text("role"))
    attachments = _Attachments()
    parts = tuple(_steps(version, attachments, left_out))
    if not parts:
        words = _words(version, attachments, left_out)
        parts = tuple(answer_parts(words)) if role is Role.ASSISTANT else text_parts(words)
    if version.text("role") == "system":
        instructions.extend(part.text for part in parts)
        return ForeignMessage(Role.ASSISTANT)
    left_out[OmissionReason.TOOL] += max(attachments.calls, attachments.results)
    answer = role is not Role.USER
    titles = [step["style"].text("title") for step in version.objects("steps")]
    thought = [seconds for title in titles if (seconds := duration(title)) is not None]
    return ForeignMessage(
        role or Role.ASSISTANT,
        (*parts, *named_files(attachments.files)),
        model=version["senderInfo"].text("senderName") if answer else "",
        thought_s=sum(thought) if thought and answer else None,
    )


def _steps(
    version: Foreign, attachments: _Attachments, left_out: Counter[OmissionReason]
) -> Iterator[Part]:
    for step in version.objects("steps"):
        if step.text("type") != "contentBlock":
            left_out[OmissionReason.UNKNOWN] += step.text("type") not in _IGNORED_STEPS
            step.ignore()
            continue
        step.ignore("stepIdentifier", "genInfo", "style", "roleOverride")
        text = _words(step, attachments, left_out)
        if not text.strip():
            continue
        thinking = step["style"].text("type") == "thinking"
        yield from [Part(text, PartKind.REASONING)] if thinking else answer_parts(text)


def _words(raw: Foreign, attachments: _Attachments, left_out: Counter[OmissionReason]) -> str:
    """Return the words of a ``content``; other items are counted, and files are named."""
    texts = [raw.text("content")]
    for item in raw.objects("content"):
        kind = item.text("type")
        if kind == "text":
            texts.append(item.text("text"))
        elif kind == "file":
            left_out[
                OmissionReason.IMAGE if item.text("fileType") == "image" else OmissionReason.FILE
            ] += 1
            attachments.files.append(item.text("fileIdentifier").rpartition(" - ")[2])
            item.ignore()
        elif kind.startswith("tool"):
            attachments.results += kind == "toolCallResult"
            attachments.calls += kind != "toolCallResult"
            item.ignore()
        else:
            left_out[OmissionReason.UNKNOWN] += 1
            item.ignore()
    return "".join(texts)
