"""A request as the body of a chat completion."""

from __future__ import annotations

from typing import Any

from app.base.types import Endpoint, Message, PartKind, Request, Role
from app.engine.remote.server_dialect import ServerDialect
from app.engine.remote.tool_names import ToolNames
from app.formats import question_text

Json = dict[str, Any]


def chat_body(request: Request, dialect: ServerDialect, names: ToolNames) -> Json:
    """Return the body. Raises RequestUnsupported."""
    assert isinstance(request.model.location, Endpoint)
    body: Json = {
        "model": request.model.location.model,
        "messages": _messages(request, names),
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": request.sampling.temperature,
        "top_p": request.sampling.top_p,
    }
    if dialect.effort:
        body["reasoning_effort"] = request.effort.value
    if request.sampling.max_tokens is not None:
        body["max_tokens"] = request.sampling.max_tokens
    if request.tools:
        body["tools"] = names.declared(request.tools)
    return body


def _messages(request: Request, names: ToolNames) -> list[Json]:
    found: list[Json] = []
    if request.instructions:
        found.append({"role": "system", "content": request.instructions})
    for at, message in enumerate(request.messages):
        if message.role is Role.ASSISTANT:
            found += _answer(message, names, running=at == len(request.messages) - 1)
        else:
            text = "\n\n".join(question_text(part) for part in message.parts)
            found.append({"role": message.role.value, "content": text})
    return found


def _answer(message: Message, names: ToolNames, *, running: bool) -> list[Json]:
    """Return an answer as messages: one for each round of calls, their results, and the last."""
    found: list[Json] = []
    now: Json = {"role": "assistant", "content": ""}
    for part in message.parts:
        match part.kind:
            case PartKind.REASONING if running and part.format_data:
                now[part.format_data] = now.get(part.format_data, "") + part.text
            case PartKind.TEXT:
                now["content"] += part.text
            case PartKind.CALL:
                now.setdefault("tool_calls", []).append(names.call(part))
            case PartKind.RESULT:
                if len(now) > 2 or now["content"]:
                    found.append(now)
                    now = {"role": "assistant", "content": ""}
                found.append({"role": "tool", "tool_call_id": part.id, "content": part.text})
    if len(now) > 2 or now["content"]:
        found.append(now)
    return found
