"""ChatGPT's ``conversations.json``, as its data export has it.

A list of conversations, each a tree: ``mapping`` has nodes by id, with ``parent``, ``children``
and a ``message`` (or null); ``current_node`` is the one that was last shown. Large exports have
``conversations-000.json`` and on, and those of the Privacy Portal are in archives within the
archive (``User Online Activity/Conversations__…-chatgpt-0001.zip``). OpenAI describes none of it.
Looked up on 29 November 2026:

- the tree: https://github.com/mitkury/chatgpt-export-parser/blob/main/docs/chatgpt-data-export-format.md
- all fields of real exports, as inferred by https://github.com/Sinity/polylogue (d250e578,
  ``polylogue/schemas/providers/chatgpt``, two versions)
- canvas (``canmore``), marks in texts and what they stand for, nested archives: public readers of
  the format, several of each, that agree.
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
    LeftOut,
    named,
    plain,
    read_node,
    tree,
)
from app.exchange.foreign_json import Foreign, duration, from_json
from app.formats.harmony.stored_parts import ALONG_THE_WAY
from app.store import ChatTree, State

# None is who tells the model what to do; anybody else answers.
_ROLES = {"user": Role.USER, "human": Role.USER, "system": None, "developer": None}
# A mark is between characters of private use: its kind, and what it stands for, with others of
# them between; older exports have it in brackets. What is left of such characters marks stretches.
_MARK = re.compile(
    " ?\ue200([^\ue200-\ue20f]*)((?:\ue202[^\ue200\ue201]*)?)\ue201|【[\\d:]+†[^【】\n]*】"
)
_LOOSE = re.compile("[\ue200-\ue20f]")
_BEGINNINGS = ("\ue200", "\ue203", "【")
_STATES = {"interrupted": State.STOPPED, "max_tokens": State.CUT_OFF}
_CONTEXTS = ("user_editable_context", "model_editable_context")
_TOOLS = {
    "computer_initialize_state",
    "computer_output",
    "sonic_webpage",
    "system_error",
    "tether_browsing_display",
    "tether_quote",
}
_WHOLE = (".*", "^.*$", "(?s).*", "[\\s\\S]*")
_PROJECT = ("g-p-", "snorlax")  # a project's key begins so; the other is the name of the kind


def is_chat(raw: Foreign) -> bool:
    """Whether it looks like one of ChatGPT's conversations."""
    return isinstance(raw.raw.get("mapping"), dict)


def chat(raw: Foreign, around: ImportContext) -> ChatTree | None:
    """A conversation; None where nothing of it can be read. Counts what was left out."""
    told: dict[str, None] = {}  # in order, each once: branches repeat it
    model = raw.text("default_model_slug")

    def read(entry: Foreign, left: Counter[LeftOut]) -> ForeignMessage:
        return _node(entry, model, told, left)

    about = ForeignChat(
        raw.text("title"),
        raw.time("create_time"),
        raw.time("update_time"),
        raw.key("current_node") or None,
        pinned=raw.flag("is_starred") or bool(raw.number("pinned_time")),
        archived=raw.flag("is_archived"),
        folder=_folder(raw, around),
    )
    nodes = {
        key: read_node(entry, read, around.left) for key, entry in raw.table("mapping").items()
    }
    return tree(nodes, replace(about, instructions="\n\n".join(told)), around)


def _folder(raw: Foreign, around: ImportContext) -> str:
    """The project's. An export has the key of one, and its name only where another program has
    put it there; a GPT is none."""
    key = raw.text("conversation_template_id", "gizmo_id")
    name = raw["project"].text("name", "title") or raw.text("project_name", "folder")
    if name or not (key.startswith(_PROJECT[0]) or raw.text("gizmo_type") == _PROJECT[1]):
        return name
    return around.project("ChatGPT", key).name


def _node(
    raw: Foreign, model: str, told: dict[str, None], left: Counter[LeftOut]
) -> ForeignMessage:
    raw.aside("id")
    message = raw["message"]
    message.aside("id", "update_time", "end_turn", "weight", "channel", "author", "metadata")
    message.aside("recipient", "status")
    metadata, content = message["metadata"], message["content"]
    content.aside("content_type", "language", "response_format_name", "source_analysis_msg_id")
    who = message["author"].text("role") or message.text("role", "author")
    role = _ROLES.get(who, Role.ASSISTANT)
    parts = _parts(message, role, told, left)
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
    message: Foreign, role: Role | None, told: dict[str, None], left: Counter[LeftOut]
) -> tuple[Part, ...]:
    """What a message says, by its kind of content. What is said to the model goes to ``told``."""
    content, metadata = message["content"], message["metadata"]
    kind = content.text("content_type") or "text"  # which other programs leave out
    if kind in _CONTEXTS:
        told.update(dict.fromkeys(_context(content, metadata)))
        return ()
    if metadata.flag("is_visually_hidden_from_conversation"):
        left[LeftOut.HIDDEN] += bool(_text(content, [], Counter()).strip())
        message.aside()
        return ()
    images: list[str] = []
    text = _text(content, images, left) or message.text("content")
    if message and role is None:
        told.update(dict.fromkeys([text.strip()] if text.strip() else []))
        return ()
    names = named(_names(metadata, images, left))
    tool = message["author"].text("role") == "tool"
    recipient = message.text("recipient")
    match kind:
        case "thoughts":
            return _thoughts(content)
        case "reasoning_recap":
            content.aside("content", "parts")  # “Thought for 8 s”: a number here
            return ()
        case "code" if not recipient.startswith("canmore."):
            language = content.text("language")
            return _fenced(text, recipient if language in ("", "unknown") else language)
        case "execution_output" | "citable_code_output":
            return _fenced(text or content.text("output_str"), "")
        case "text" | "multimodal_text" if tool:
            left[LeftOut.TOOL] += bool(text.strip())
            return _report(metadata) or names
        case "text" | "multimodal_text" | "code" if recipient not in ("", "all"):
            return (*_call(recipient, text), *names)
        case "text" | "multimodal_text":
            return (*plain(_cited(text, metadata, left)), *names)
    left[LeftOut.TOOL if tool or kind in _TOOLS else LeftOut.UNKNOWN] += 1
    content.aside()
    return ()


def _context(content: Foreign, metadata: Foreign) -> list[str]:
    """Custom instructions, as the person wrote them where that is there, and what the program
    remembers."""
    content.aside("repository", "repo_summary")
    written = metadata["user_context_message_data"]
    texts = [
        written.text("about_user_message") or content.text("user_profile"),
        written.text("about_model_message") or content.text("user_instructions"),
        content.text("model_set_context"),
    ]
    content.aside("user_profile", "user_instructions")
    return [text.strip() for text in texts if text.strip()]


def _text(content: Foreign, images: list[str], left: Counter[LeftOut]) -> str:
    """The words of a message; pictures, whose keys are put into ``images``, and sounds among them
    are counted."""
    texts = []
    for part in content.items("parts") or [content.text("parts")]:
        piece = Foreign(part)
        kind = piece.text("content_type")
        if isinstance(part, str):
            texts.append(part)
        elif kind == "audio_transcription" or (piece.text("text") and not kind):
            texts.append(piece.text("text"))
        elif "image" in kind:
            left[LeftOut.IMAGE] += 1
            made = piece["metadata"]["generation"].text("serialization_title")
            images.append(made or piece.text("asset_pointer").rpartition("//")[2])
        elif "audio" in kind or "video" in kind:
            left[LeftOut.AUDIO] += 1
        else:
            left[LeftOut.UNKNOWN] += part is not None
    return "\n".join(text for text in texts if text) or content.text("text")


def _names(metadata: Foreign, images: Sequence[str], left: Counter[LeftOut]) -> list[str]:
    """What pictures and files are called. Pictures are among the files, too, by their names."""
    files = metadata.objects("attachments")
    pictures = [f for f in files if f.text("mime_type", "mimeType").startswith("image/")]
    others = [f for f in files if f not in pictures]
    left[LeftOut.FILE] += len(others)
    left[LeftOut.IMAGE] += max(len(pictures) - len(images), 0)
    title = metadata.text("image_gen_title")
    keys = [title or key for key in images[len(pictures) :]]
    return [*(f.text("name") for f in pictures), *keys, *(f.text("name") for f in others)]


def _thoughts(content: Foreign) -> tuple[Part, ...]:
    texts = []
    for item in content.objects("thoughts"):
        item.aside("finished", "chunks")
        summary = item.text("summary")
        text = item.text("content") or "".join(item.names("chunks"))
        texts.append("\n\n".join(piece for piece in (summary and f"**{summary}**", text) if piece))
    text = _cited("\n\n".join(text for text in texts if text), Foreign(None), Counter())
    return (Part(text, PartKind.REASONING),) if text.strip() else ()


def _call(recipient: str, text: str) -> tuple[Part, ...]:
    """What is said to a tool. A document on the canvas is one to read: whole where it is begun
    or written anew, else its changes."""
    call = from_json(text)
    document = call.text("content")
    if recipient == "canmore.create_textdoc" and document:
        kind, _, language = call.text("type").partition("/")
        name = call.text("name")
        title = plain(f"**{name}**" if name else "")
        return (*title, Part(code_fence(document, _word(language)) if kind == "code" else document))
    if recipient == "canmore.update_textdoc":
        updates = call.objects("updates")
        texts = [update.text("replacement") for update in updates]
        if texts and all(update.text("pattern") in _WHOLE for update in updates):
            return (Part(code_fence(texts[-1])),)
    return _fenced(text, "json" if text.lstrip().startswith("{") else "")


def _report(metadata: Foreign) -> tuple[Part, ...]:
    """What deep research has found, which is in the state of its widget."""
    state = from_json(metadata["chatgpt_sdk"].text("widget_state"))
    content = state["report_message"]["content"]
    return plain(_cited(_text(content, [], Counter()), state["report_message"], Counter()))


def _cited(text: str, metadata: Foreign, left: Counter[LeftOut]) -> str:
    """A text whose marks are what they stand for: links and names. Others are counted."""
    if not any(mark in text for mark in _BEGINNINGS):
        return text
    links = {
        reference.text("matched_text"): reference.text("alt")
        for reference in metadata.objects("content_references")
    }

    def resolved(mark: re.Match[str]) -> str:
        link = links.get(mark[0].strip(), "") or _meant(
            mark[1] or "", (mark[2] or "").split("\ue202")
        )
        picture = (mark[1] or "").startswith(("i", "video"))
        left[LeftOut.IMAGE if picture else LeftOut.CITATION] += not link
        space = " " if mark[0].startswith(" ") and link else ""
        return f"{space}{link}"

    return _LOOSE.sub("", _MARK.sub(resolved, text))


def _meant(kind: str, values: Sequence[str]) -> str:
    """What a mark says by itself; its first value is empty."""
    if kind == "entity":
        listed = from_json(f'{{"of": {values[-1]}}}').names("of")
        return next(iter(listed[1:] or listed), "")
    if kind == "url" and len(values) > 2:
        address = values[-1]
        return f"[{values[1]}]({address})" if address.startswith("http") else values[1]
    return ""


def _fenced(text: str, language: str) -> tuple[Part, ...]:
    """What goes to a tool or comes from one, as code that can be read."""
    if not text.strip():
        return ()
    return (Part(code_fence(text, _word(language)), format_data=ALONG_THE_WAY),)


def _word(language: str) -> str:
    """What may stand behind a fence."""
    return re.sub(r"[^\w.+#-].*", "", language, flags=re.DOTALL)
