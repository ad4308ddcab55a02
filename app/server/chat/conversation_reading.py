"""Reading of the messages of Chat Completions."""

from __future__ import annotations

from app.base.types import Message, Part, PartKind, Role
from app.server.api_error import missing, unsupported, wrong
from app.server.fields import Fields, names
from app.server.replayed_answers import function_call, with_preambles
from app.server.request_fields import text

_TEXT = ("text",)
_SAID = ("text", "refusal")


def read_messages(fields: Fields) -> tuple[Message, ...]:
    """Return the messages of a request. Raises ApiError.

    A call has to be followed by its result, as with OpenAI: what else came of it is not known.
    """
    conversation = _Conversation()
    for member in fields.objects("messages", needed=True):
        conversation.add(member)
    conversation.check_answered()
    if not conversation.messages:
        raise wrong("messages", "messages must have at least one message.", "empty_array")
    return with_preambles(conversation.messages)


class _Conversation:
    """The messages so far, and the names of the calls that wait for their results, by ids."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._waiting: dict[str, str] = {}

    def add(self, member: Fields) -> None:
        """Add the next message."""
        role = Role(member.one_of("role", tuple(Role)))
        if role is Role.TOOL:
            parts = [self._result(member)]
        else:
            self.check_answered()
            parts = (
                self._answer(member)
                if role is Role.ASSISTANT
                else [Part(text(member, "content", _TEXT))]
            )
        self.messages.append(Message(role, tuple(parts)))

    def check_answered(self) -> None:
        """Refuse calls without results."""
        if self._waiting:
            told = (
                "Each of an assistant message's tool_calls must be followed by a tool message with "
                f"its tool_call_id. Without one: {names(self._waiting)}."
            )
            raise wrong("messages", told)

    def _result(self, member: Fields) -> Part:
        path = member.path("tool_call_id")
        call = member.text("tool_call_id")
        if call not in self._waiting:
            told = f"{path} is '{call[:100]}', but the assistant message before has no such call."
            raise wrong(path, told)
        name = self._waiting.pop(call)
        return Part(text(member, "content", _TEXT), PartKind.RESULT, name, call)

    def _answer(self, member: Fields) -> list[Part]:
        for name in ("audio", "function_call"):
            if member.get(name) is not None:
                path = member.path(name)
                raise unsupported(path, f"'{path}' is not supported here.", "unsupported_content")
        reasoning = member.text("reasoning", "") or member.text("reasoning_content", "")
        calls = [self._call(call) for call in member.objects("tool_calls")]
        said = text(member, "content", _SAID, needed=False) or member.text("refusal", "")
        if not said and not calls and member.get("content") is None and not reasoning:
            raise missing(member.path("content"))
        parts = [Part(reasoning, PartKind.REASONING), Part(said), *calls]
        return [part for part in parts if part.text or part.kind is PartKind.CALL]

    def _call(self, call: Fields) -> Part:
        kind = call.text("type", "function")
        if kind != "function":
            told = f"Calls of type '{kind[:60]}' are not supported here, only 'function'."
            raise unsupported(call.path("type"), told)
        function = call.members("function") or Fields({}, call.path("function"))
        part = function_call(function.text("name"), call.text("id"), function.text("arguments", ""))
        self._waiting[part.id] = part.name
        return part
