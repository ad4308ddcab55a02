"""The items of a request's input, as messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from app.base.types import Message, Part, PartKind, Role
from app.formats.harmony.stored_parts import ALONG_THE_WAY
from app.server.api_error import ApiError, unsupported, wrong
from app.server.fields import Fields, JsonObject
from app.server.replayed_answers import function_call, unsealed, with_preambles
from app.server.request_fields import text
from app.server.responses.response_tools import arguments_of_text, name_of

_TEXTS = ("input_text", "output_text", "text", "summary_text", "reasoning_text", "refusal")
_UNSEEN = {
    "input_image": "(An image was returned, which cannot be shown here: only text can.)",
    "input_file": "(A file was returned, which cannot be shown here: only text can.)",
    "": "(Something was returned that cannot be shown here: only text can.)",
}
_ROLES = (Role.USER, Role.ASSISTANT, Role.SYSTEM, Role.DEVELOPER)
_RESULTS = ("function_call_output", "custom_tool_call_output")
_CALLS = ("function_call", "custom_tool_call")


class ResponseInput:
    """A conversation that items are added to. ``item`` finds a stored one by its id."""

    def __init__(
        self, messages: Iterable[Message], item: Callable[[str], JsonObject | None]
    ) -> None:
        self._messages = list(messages)
        self._item = item
        self._calls = {
            part.id: part.name
            for message in self._messages
            for part in message.parts
            if part.kind is PartKind.CALL
        }

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation; text of the assistant's before a call is no answer."""
        return with_preambles(self._messages)

    def read(self, body: Fields) -> None:
        """Add the input of a request. Raises ApiError."""
        value = body.get("input")
        if isinstance(value, str):
            self._say(Role.USER, Part(value))
            return
        for item in body.objects("input"):
            self._add(item)

    def _add(self, item: Fields) -> None:
        kind = item.text("type", "message")
        bare = item.get("role") is None and item.get("content") is None
        if kind == "item_reference" or (kind == "message" and bare and item.get("id")):
            item = self._referred(item)
            kind = item.text("type", "message")
        if kind == "message":
            self._message(item)
        elif kind == "reasoning":
            if reasoning := _reasoning(item):
                self._say(Role.ASSISTANT, Part(reasoning, PartKind.REASONING))
        elif kind in _CALLS:
            self._call(item, kind)
        elif kind in _RESULTS:
            self._result(item)
        else:
            told = f"Input items of the type '{kind[:100]}' are not supported."
            raise unsupported(item.path("type"), told, "unsupported_content")

    def _referred(self, item: Fields) -> Fields:
        name = item.text("id")
        found = self._item(name)
        if found is None:
            told = f"Item with id '{name[:100]}' not found. Send the item itself."
            raise ApiError(404, told, param=item.path("id"), code="item_not_found")
        return Fields(found, item.path("").rstrip("."))

    def _message(self, item: Fields) -> None:
        role = Role(item.one_of("role", _ROLES))
        aside = item.get("phase") == "commentary" and role is Role.ASSISTANT
        part = Part(text(item, "content", _TEXTS), format_data=ALONG_THE_WAY if aside else "")
        self._say(role, part)

    def _call(self, item: Fields, kind: str) -> None:
        name = name_of(item.text("name"), item.text("namespace", ""))
        if kind == "function_call":
            arguments = item.text("arguments", "")
        else:
            arguments = arguments_of_text(item.text("input"))
        call = function_call(name, item.text("call_id"), arguments)
        self._calls[call.id] = call.name
        self._say(Role.ASSISTANT, call)

    def _result(self, item: Fields) -> None:
        call = item.text("call_id")
        if call not in self._calls:
            told = f"No tool call found for the output of call '{call[:100]}'."
            raise wrong(item.path("call_id"), told)
        output = _output(item)
        self._say(Role.TOOL, Part(output, PartKind.RESULT, self._calls[call], call))

    def _say(self, role: Role, part: Part) -> None:
        """Add a part: to the message before, if that is of the same turn and role."""
        last = self._messages[-1] if self._messages else None
        if last and last.role is role and role in (Role.ASSISTANT, Role.TOOL):
            self._messages[-1] = replace(last, parts=(*last.parts, part))
        else:
            self._messages.append(Message(role, (part,)))


def _output(item: Fields) -> str:
    """Return what a tool returned. The model is told of what it cannot be shown.

    The user did not send that, and could not take it back: each request has it again.
    """
    if not isinstance(item.get("output"), list):
        return item.text("output")
    texts = []
    for part in item.objects("output"):
        kind = part.text("type")
        texts.append(part.text("text") if kind in _TEXTS else _UNSEEN.get(kind, _UNSEEN[""]))
    return "\n\n".join(filter(None, texts))


def _reasoning(item: Fields) -> str:
    """Return the reasoning of an item; empty if another server has sealed it."""
    if item.items("content"):
        return text(item, "content", _TEXTS)
    if reasoning := unsealed(item.text("encrypted_content", "")):
        return reasoning
    return text(item, "summary", _TEXTS) if item.items("summary") else ""
