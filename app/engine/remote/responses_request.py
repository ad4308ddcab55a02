"""A request as the body of a response.

Nothing is stored there: what the model needs of this turn, its own reasoning too, is sent again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from app.base.types import PartKind, Request
from app.engine.remote.answer_rounds import AnswerRound, Told, conversation, instructions
from app.engine.remote.chat_request import (
    GO_ON,
    asks_to_go_on,
    model_id,
    response_shape,
    sampling,
    tools,
)
from app.engine.remote.server_dialect import ITEM, ServerDialect, echoed
from app.engine.remote.tool_names import ToolNames

Json = dict[str, Any]

_REASONING = ("type", "id", "summary", "content", "encrypted_content")
"""The members of an item of reasoning that are sent back."""
_SAMPLERS = ("temperature", "top_p")


def responses_body(request: Request, dialect: ServerDialect, names: ToolNames) -> Json:
    """Return the body. Raises RequestUnsupported, SchemaError."""
    drawn = sampling(request, dialect)
    body: Json = {
        "model": model_id(request),
        "input": list(_items(request, dialect, names)),
        "stream": True,
        "store": False,
        "reasoning": {"effort": request.effort.value},
        **{name: drawn[name] for name in _SAMPLERS if name in drawn},
        **tools(request, dialect, names, nested=False),
    }
    if text := instructions(request):
        body["instructions"] = text
    if dialect.seals:
        body["reasoning"]["summary"] = "auto"
        body["include"] = ["reasoning.encrypted_content"]
    if request.sampling.max_tokens:
        body["max_output_tokens"] = request.sampling.max_tokens
    if request.response_schema:
        kind, shape = response_shape(request.response_schema, dialect)
        body["text"] = {"format": {"type": kind, **shape}}
    return body


def _items(request: Request, dialect: ServerDialect, names: ToolNames) -> Iterator[Json]:
    for each in conversation(request):
        match each:
            case Told(role, text):
                yield {"role": role.value, "content": text}
            case AnswerRound():
                yield from _round(each, names)
    if asks_to_go_on(request, dialect):
        yield {"role": "user", "content": GO_ON}


def _round(each: AnswerRound, names: ToolNames) -> Iterator[Json]:
    """Yield a round in its order, since each item of reasoning precedes what it was made for."""
    last_call = max((n for n, p in enumerate(each.parts) if p.kind is PartKind.CALL), default=-1)
    for at, part in enumerate(each.parts):
        match part.kind:
            case PartKind.REASONING if each.open and at < last_call:
                if item := _reasoning(part.format_data):
                    yield item
            case PartKind.TEXT if part.text:
                yield {"role": "assistant", "content": part.text}
            case PartKind.CALL:
                arguments = names.arguments_there(part)
                call = {"call_id": part.id, "name": names.there(part.name), "arguments": arguments}
                yield {"type": "function_call", **call}
    for id, text in each.results:
        yield {"type": "function_call_output", "call_id": id, "output": text}


def _reasoning(format_data: str) -> Json:
    """Return the item as which reasoning came; empty if it did not come as one."""
    key, data = echoed(format_data)
    if key != ITEM:
        return {}
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or found.get("type") != "reasoning":
        return {}
    return {name: found[name] for name in _REASONING if found.get(name) is not None}
