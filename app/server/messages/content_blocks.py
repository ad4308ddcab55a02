"""The conversation of a request: messages whose content is a text or a list of blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.base.types import Message, Part, PartKind, Role
from app.formats import question_text
from app.server.api_error import ApiError, unsupported, wrong
from app.server.fields import Fields, names
from app.server.messages.tool_inputs import arguments_of
from app.server.replayed_answers import function_call, unsealed, with_preambles
from app.server.request_fields import text

_TEXT = ("text",)
_ROLES = ("user", "assistant", "system")
_BILLING = re.compile(r"\Ax-anthropic-billing-header:(?:\s*[\w-]+=[^;\s]*;)*\s*")
"""What Claude Code puts before its instructions, for Anthropic's accounts.

Some of it is another with each request, and would have all that follows processed again.
"""
_UNSEEN = "[An image. This model cannot see images.]"
_REFERRED = "[The tool {name} can be called now.]"


def conversation(body: Fields) -> tuple[Message, ...]:
    """Return the messages of a request, the system's first. Raises ApiError."""
    messages = list(_system(body))
    reader = _Reader()
    for message in body.objects("messages", needed=True):
        messages += reader.messages(message)
    if not any(message.role in (Role.USER, Role.ASSISTANT, Role.TOOL) for message in messages):
        raise wrong("messages", "messages must have at least one message with content.")
    return with_preambles(messages)


def _system(body: Fields) -> Iterator[Message]:
    if told := _instructions(body, "system"):
        yield Message(Role.SYSTEM, (Part(told),))


def _instructions(fields: Fields, name: str) -> str:
    """Return instructions, which are a text or a list of blocks of text."""
    return _BILLING.sub("", text(fields, name, _TEXT, needed=False))


class _Reader:
    """A reader of messages, one after the other; it knows the calls so far, by their ids."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def messages(self, message: Fields) -> Iterator[Message]:
        """Yield the messages that one message of the client's is: results come first."""
        match message.one_of("role", _ROLES):
            case "system":
                parts, role = [Part(_instructions(message, "content"))], Role.SYSTEM
            case "assistant":
                parts, role = list(self._assistant(message)), Role.ASSISTANT
            case _:
                parts, role = list(self._user(message)), Role.USER
        results = tuple(part for part in parts if part.kind is PartKind.RESULT)
        others = tuple(part for part in parts if part.kind is not PartKind.RESULT and _says(part))
        if results:
            yield Message(Role.TOOL, results)
        if others:
            yield Message(role, others)

    def _user(self, message: Fields) -> Iterator[Part]:
        content = message.get("content")
        if isinstance(content, str):
            yield Part(content)
            return
        for block in message.objects("content", needed=True):
            if block.text("type") == "tool_result":
                yield self._result(block)
            else:
                yield from _shown(block)

    def _result(self, block: Fields) -> Part:
        call = block.text("tool_use_id")
        if call not in self._names:
            path = block.path("tool_use_id")
            told = f"{path}: no tool_use before it has the id '{call[:100]}'."
            raise wrong(path, told)
        content = block.get("content")
        if isinstance(content, str):
            told = content
        else:
            shown = [part for b in block.objects("content") for part in _returned(b)]
            told = "\n\n".join(map(question_text, shown))
        if block.flag("is_error") and not told.casefold().startswith("error"):
            told = f"Error: {told}" if told else "Error"
        return Part(told, PartKind.RESULT, self._names[call], call)

    def _assistant(self, message: Fields) -> Iterator[Part]:
        content = message.get("content")
        if isinstance(content, str):
            yield Part(content)
            return
        for block in message.objects("content", needed=True):
            match block.text("type"):
                case "text":
                    yield Part(block.text("text"))
                case "thinking":
                    signature = block.text("signature", "")
                    thinking = block.text("thinking", "") or unsealed(signature)
                    yield Part(thinking, PartKind.REASONING)
                case "redacted_thinking":
                    yield Part(unsealed(block.text("data", "")), PartKind.REASONING)
                case "tool_use":
                    yield self._call(block)
                case kind:
                    raise _foreign(block, kind)

    def _call(self, block: Fields) -> Part:
        given = block.members("input")
        arguments = arguments_of(given.raw if given else {})
        part = function_call(block.text("name"), block.text("id"), arguments)
        self._names[part.id] = part.name
        return part


def _says(part: Part) -> bool:
    """Return whether a part is anything at all; many clients send empty texts."""
    return bool(part.text) or part.kind is PartKind.CALL


def _shown(block: Fields) -> Iterator[Part]:
    """Yield the parts of a block that the user shows."""
    match block.text("type"):
        case "text":
            yield Part(block.text("text"))
        case "document":
            yield from _document(block)
        case "search_result":
            yield _search_result(block)
        case kind:
            raise _foreign(block, kind)


def _returned(block: Fields) -> Iterator[Part]:
    """Yield the parts of a block that a tool returned.

    The model is told of an image that it cannot see: refused, it would end the agent's work.
    """
    match block.text("type"):
        case "image":
            yield Part(_UNSEEN)
        case "tool_reference":
            yield Part(_REFERRED.format(name=block.text("tool_name")))
        case _:
            yield from _shown(block)


def _document(block: Fields) -> Iterator[Part]:
    source = block.members("source") or Fields({}, block.path("source"))
    title = block.text("title", "") or "Document"
    match source.text("type"):
        case "text":
            yield Part(source.text("data"), PartKind.FILE, title)
        case "content":
            yield Part(text(source, "content", _TEXT), PartKind.FILE, title)
        case kind:
            told = f"A document as '{kind[:60]}' is not supported. Send its text."
            raise unsupported(source.path("type"), told, "unsupported_content")


def _search_result(block: Fields) -> Part:
    title = f"{block.text('title')} ({block.text('source')})"
    return Part(text(block, "content", _TEXT), PartKind.FILE, title)


def _foreign(block: Fields, kind: str) -> ApiError:
    known = names(("text", "thinking", "tool_use", "tool_result", "document", "search_result"))
    told = f"Content of the type '{kind[:60]}' is not supported, only {known}."
    return unsupported(block.path("type"), told, "unsupported_content")
