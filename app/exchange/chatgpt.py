"""ChatGPT's ``conversations.json``, as its data export has it.

A list of conversations, each a tree: ``mapping`` has nodes by id, with ``parent``, ``children``
and a ``message`` (or null); ``current_node`` is the one that was last shown. Large exports have
``conversations-000.json`` and on, and those of the Privacy Portal are in archives within the
archive (``User Online Activity/Conversations__…-chatgpt-0001.zip``). OpenAI documents none of it.
Looked up on 29 November 2026:

- the tree:
https://github.com/mitkury/chatgpt-export-parser/blob/main/docs/chatgpt-data-export-format.md
- all fields of real exports, as inferred by https://github.com/Sinity/polylogue (d250e578,
  ``polylogue/schemas/providers/chatgpt``, two versions)
- canvas (``canmore``), marks in texts and what they stand for, nested archives: several public
  readers of each, which agree.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app.base.code_fence import code_fence
from app.base.types import Part, PartKind, Role
from app.exchange.foreign_chat import (
    ForeignChat,
    ForeignMessage,
    ImportContext,
    OmissionReason,
    build_tree,
    named_files,
    read_node,
    text_parts,
)
from app.exchange.foreign_json import Foreign, duration, from_json
from app.formats.harmony.stored_parts import ALONG_THE_WAY
from app.store import ChatTree, State

# None: instructions for the model, not messages. Unknown roles count as the assistant.
_ROLES = {"user": Role.USER, "human": Role.USER, "system": None, "developer": None}
# A mark stands between private use characters: its kind, then values, separated by further ones.
# Older exports have it in brackets. Private use characters that remain only delimit passages.
_MARK = re.compile(
    " ?\ue200([^\ue200-\ue20f]*)((?:\ue202[^\ue200\ue201]*)?)\ue201|【[\\d:]+†[^【】\n]*】"
)
_PRIVATE_USE = re.compile("[\ue200-\ue20f]")
_MARK_STARTS = ("\ue200", "\ue203", "【")
_STATES = {"interrupted": State.STOPPED, "max_tokens": State.CUT_OFF}
_CONTEXT_KINDS = ("user_editable_context", "model_editable_context")
_TOOL_KINDS = {
    "computer_initialize_state",
    "computer_output",
    "sonic_webpage",
    "system_error",
    "tether_browsing_display",
    "tether_quote",
}
_WHOLE_DOCUMENT = (".*", "^.*$", "(?s).*", "[\\s\\S]*")
_PROJECT_KEYS = ("g-p-", "snorlax")  # how a project's key begins; the value of gizmo_type


def is_chat(raw: Foreign) -> bool:
    """Return whether the object looks like one of ChatGPT's conversations."""
    return isinstance(raw.raw.get("mapping"), dict)


def read_chat(raw: Foreign, context: ImportContext) -> ChatTree | None:
    """Read a conversation; None if nothing of it can be read."""
    instructions: dict[str, None] = {}  # as an ordered set: branches repeat them
    model = raw.text("default_model_slug")

    def read(entry: Foreign, left_out: Counter[OmissionReason]) -> ForeignMessage:
        return _node(entry, model, instructions, left_out)

    info = ForeignChat(
        raw.text("title"),
        raw.time("create_time"),
        raw.time("update_time"),
        raw.key("current_node") or None,
        pinned=raw.flag("is_starred") or bool(raw.number("pinned_time")),
        archived=raw.flag("is_archived"),
        folder=_folder(raw, context),
    )
    nodes = {
        key: read_node(entry, read, context.left_out) for key, entry in raw.table("mapping").items()
    }
    return build_tree(nodes, replace(info, instructions="\n\n".join(instructions)), context)


def _folder(raw: Foreign, context: ImportContext) -> str:
    """Return the name of the chat's project, or "".

    An export has a project's key, but its name only if another program has added it. A GPT is not a
    project.
    """
    key = raw.text("conversation_template_id", "gizmo_id")
    name = raw["project"].text("name", "title") or raw.text("project_name", "folder")
    if name or not (key.startswith(_PROJECT_KEYS[0]) or raw.text("gizmo_type") == _PROJECT_KEYS[1]):
        return name
    return context.project("ChatGPT", key).name


def _node(
    raw: Foreign, model: str, instructions: dict[str, None], left_out: Counter[OmissionReason]
) -> ForeignMessage:
    raw.ignore("id")
    message = raw["message"]
    message.ignore("id", "update_time", "end_turn", "weight", "channel", "author", "metadata")
    message.ignore("recipient", "status")
    metadata, content = message["metadata"], message["content"]
    content.ignore("content_type", "language", "response_format_name", "source_analysis_msg_id")
    author = message["author"].text("role") or message.text("role", "author")
    role = _ROLES.get(author, Role.ASSISTANT)
    parts = _parts(message, role, instructions, left_out)
    details = metadata["finish_details"].text("type")
    unfinished = message.text("status") == "in_progress"
    answer = role is Role.ASSISTANT
    thought = metadata.number("finished_duration_sec")
    if thought is None and content.text("content_type") == "reasoning_recap":
        thought = duration(content.text("content"))
    return ForeignMessage(
        role or Role.ASSISTANT,
        parts,
        raw.key("parent") or None,
        raw.keys("children"),
        message.time("create_time"),
        State.CUT_OFF if unfinished else _STATES.get(details, State.DONE),
        (metadata.text("model_slug", "default_model_slug") or model) if answer else "",
        thought if answer else None,
    )


def _parts(
    message: Foreign,
    role: Role | None,
    instructions: dict[str, None],
    left_out: Counter[OmissionReason],
) -> tuple[Part, ...]:
    """Return a message's parts, by its kind; texts for the model go to ``instructions``."""
    content, metadata = message["content"], message["metadata"]
    kind = content.text("content_type") or "text"  # which other programs omit
    if kind in _CONTEXT_KINDS:
        instructions.update(dict.fromkeys(_context(content, metadata)))
        return ()
    if metadata.flag("is_visually_hidden_from_conversation"):
        left_out[OmissionReason.HIDDEN] += bool(_text(content, [], Counter()).strip())
        message.ignore()
        return ()
    images: list[str] = []
    text = _text(content, images, left_out) or message.text("content")
    if message and role is None:
        instructions.update(dict.fromkeys([text.strip()] if text.strip() else []))
        return ()
    names = named_files(_names(metadata, images, left_out))
    tool = message["author"].text("role") == "tool"
    recipient = message.text("recipient")
    match kind:
        case "thoughts":
            return _thoughts(content)
        case "reasoning_recap":
            content.ignore("content", "parts")  # "Thought for 8 s", which is read elsewhere
            return ()
        case "code" if not recipient.startswith("canmore."):
            language = content.text("language")
            return _code_parts(text, recipient if language in ("", "unknown") else language)
        case "execution_output" | "citable_code_output":
            return _code_parts(text or content.text("output_str"), "")
        case "text" | "multimodal_text" if tool:
            left_out[OmissionReason.TOOL] += bool(text.strip())
            return _research_report(metadata) or names
        case "text" | "multimodal_text" | "code" if recipient not in ("", "all"):
            return (*_tool_call_parts(recipient, text), *names)
        case "text" | "multimodal_text":
            return (*text_parts(_resolve_marks(text, metadata, left_out)), *names)
    left_out[OmissionReason.TOOL if tool or kind in _TOOL_KINDS else OmissionReason.UNKNOWN] += 1
    content.ignore()
    return ()


def _context(content: Foreign, metadata: Foreign) -> list[str]:
    """Return the custom instructions, as the user wrote them if known, and ChatGPT's memory."""
    content.ignore("repository", "repo_summary")
    written = metadata["user_context_message_data"]
    texts = [
        written.text("about_user_message") or content.text("user_profile"),
        written.text("about_model_message") or content.text("user_instructions"),
        content.text("model_set_context"),
    ]
    content.ignore("user_profile", "user_instructions")
    return [text.strip() for text in texts if text.strip()]


def _text(content: Foreign, images: list[str], left_out: Counter[OmissionReason]) -> str:
    """Return the text of a message.

    Pictures, whose keys are added to ``images``, and audio are counted.
    """
    texts = []
    for part in content.items("parts") or [content.text("parts")]:
        piece = Foreign(part)
        kind = piece.text("content_type")
        if isinstance(part, str):
            texts.append(part)
        elif kind == "audio_transcription" or (piece.text("text") and not kind):
            texts.append(piece.text("text"))
        elif "image" in kind:
            left_out[OmissionReason.IMAGE] += 1
            made = piece["metadata"]["generation"].text("serialization_title")
            images.append(made or piece.text("asset_pointer").rpartition("//")[2])
        elif "audio" in kind or "video" in kind:
            left_out[OmissionReason.AUDIO] += 1
        else:
            left_out[OmissionReason.UNKNOWN] += part is not None
    return "\n".join(text for text in texts if text) or content.text("text")


def _names(
    metadata: Foreign, images: Sequence[str], left_out: Counter[OmissionReason]
) -> list[str]:
    """Return the names of pictures and files; pictures may be among the files, too."""
    files = metadata.objects("attachments")
    pictures = [f for f in files if f.text("mime_type", "mimeType").startswith("image/")]
    others = [f for f in files if f not in pictures]
    left_out[OmissionReason.FILE] += len(others)
    left_out[OmissionReason.IMAGE] += max(len(pictures) - len(images), 0)
    title = metadata.text("image_gen_title")
    keys = [title or key for key in images[len(pictures) :]]
    return [*(f.text("name") for f in pictures), *keys, *(f.text("name") for f in others)]


def _thoughts(content: Foreign) -> tuple[Part, ...]:
    texts = []
    for item in content.objects("thoughts"):
        item.ignore("finished", "chunks")
        summary = item.text("summary")
        text = item.text("content") or "".join(item.names("chunks"))
        texts.append("\n\n".join(piece for piece in (summary and f"**{summary}**", text) if piece))
    text = _resolve_marks("\n\n".join(text for text in texts if text), Foreign(None), Counter())
    return (Part(text, PartKind.REASONING),) if text.strip() else ()


def _tool_call_parts(recipient: str, text: str) -> tuple[Part, ...]:
    """Return the parts for a call of a tool.

    A canvas document is shown: whole if it is created or rewritten, else its changes.
    """
    call = from_json(text)
    document = call.text("content")
    if recipient == "canmore.create_textdoc" and document:
        kind, _, language = call.text("type").partition("/")
        name = call.text("name")
        title = text_parts(f"**{name}**" if name else "")
        fenced = code_fence(document, _language_tag(language)) if kind == "code" else document
        return (*title, Part(fenced))
    if recipient == "canmore.update_textdoc":
        updates = call.objects("updates")
        texts = [update.text("replacement") for update in updates]
        if texts and all(update.text("pattern") in _WHOLE_DOCUMENT for update in updates):
            return (Part(code_fence(texts[-1])),)
    return _code_parts(text, "json" if text.lstrip().startswith("{") else "")


def _research_report(metadata: Foreign) -> tuple[Part, ...]:
    """Return a deep research report, which is stored in the state of its widget."""
    state = from_json(metadata["chatgpt_sdk"].text("widget_state"))
    report = state["report_message"]
    text = _text(report["content"], [], Counter())
    return text_parts(_resolve_marks(text, report, Counter()))


def _resolve_marks(text: str, metadata: Foreign, left_out: Counter[OmissionReason]) -> str:
    """Replace marks by the links and names that they represent; count the others."""
    if not any(mark in text for mark in _MARK_STARTS):
        return text
    links = {
        reference.text("matched_text"): reference.text("alt")
        for reference in metadata.objects("content_references")
    }

    def resolved(mark: re.Match[str]) -> str:
        link = links.get(mark[0].strip(), "") or _mark_text(
            mark[1] or "", (mark[2] or "").split("\ue202")
        )
        picture = (mark[1] or "").startswith(("i", "video"))
        left_out[OmissionReason.IMAGE if picture else OmissionReason.CITATION] += not link
        space = " " if mark[0].startswith(" ") and link else ""
        return f"{space}{link}"

    return _PRIVATE_USE.sub("", _MARK.sub(resolved, text))


def _mark_text(kind: str, values: Sequence[str]) -> str:
    """Return the text that a mark contains itself; its first value is empty."""
    if kind == "entity":
        listed = from_json(f'{{"of": {values[-1]}}}').names("of")
        return next(iter(listed[1:] or listed), "")
    if kind == "url" and len(values) > 2:
        address = values[-1]
        return f"[{values[1]}]({address})" if address.startswith("http") else values[1]
    return ""


def _code_parts(text: str, language: str) -> tuple[Part, ...]:
    """Return a tool's input or output as a block of code."""
    if not text.strip():
        return ()
    return (Part(code_fence(text, _language_tag(language)), format_data=ALONG_THE_WAY),)


def _language_tag(language: str) -> str:
    """Return a language tag that is valid after a fence."""
    return re.sub(r"[^\w.+#-].*", "", language, flags=re.DOTALL)
