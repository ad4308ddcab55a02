"""A request as the body of a chat completion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from app.base.errors import RequestUnsupported
from app.base.types import Endpoint, Part, PartKind, Request, Role, ToolChoice
from app.engine.remote.answer_rounds import AnswerRound, Told, conversation, instructions
from app.engine.remote.server_dialect import (
    DETAILS,
    TEXT_KEYS,
    Continuation,
    ServerDialect,
    echoed,
    is_gpt_oss,
)
from app.engine.remote.tool_names import ToolNames
from app.formats.json_schema.schema_text import read_schema

Json = dict[str, Any]

GO_ON = (
    "Your answer was interrupted. Go on exactly where it ended, and repeat nothing of it. "
    "Do not mention this message."
)
"""What the model is asked where a server cannot continue an answer."""


def chat_body(request: Request, dialect: ServerDialect, names: ToolNames) -> Json:
    """Return the body. Raises RequestUnsupported, SchemaError."""
    body: Json = {
        "model": model_id(request),
        "messages": _messages(request, dialect, names),
        "stream": True,
        "stream_options": {"include_usage": True},
        **sampling(request, dialect),
        **tools(request, dialect, names, nested=True),
    }
    place = body
    for key in dialect.effort[:-1]:
        place = place.setdefault(key, {})
    for key in dialect.effort[-1:]:
        place[key] = request.effort.value
    if most := request.sampling.max_tokens or dialect.most:
        body["max_tokens"] = most
    if request.response_schema:
        kind, shape = response_shape(request.response_schema, dialect)
        body["response_format"] = {"type": kind, kind: shape} if shape else {"type": kind}
    goes_on = grown_part(request, dialect) and not asks_to_go_on(request, dialect)
    if goes_on and dialect.continues is Continuation.TOLD:
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    return body


def model_id(request: Request) -> str:
    """Return the id of the model on its server."""
    assert isinstance(request.model.location, Endpoint)
    return request.model.location.model


# --- What all interfaces share ----------------------------------------------------------------


def sampling(request: Request, dialect: ServerDialect) -> Json:
    """Return the parameters of sampling that the server knows, but for the most tokens."""
    wanted = request.sampling
    found: Json = {"temperature": wanted.temperature, "top_p": wanted.top_p}
    if dialect.reasons_unsampled:
        found = {name: value for name, value in found.items() if value != 1}
    if "top_k" in dialect.samplers:
        found["top_k"] = wanted.top_k or dialect.every_token
    if "min_p" in dialect.samplers:
        found["min_p"] = wanted.min_p
    if "seed" in dialect.samplers and wanted.seed is not None:
        found["seed"] = wanted.seed
    return found


def tools(request: Request, dialect: ServerDialect, names: ToolNames, *, nested: bool) -> Json:
    """Return the functions, and which may be called. Raises RequestUnsupported.

    Where none may, none is declared, since some servers declare it to the model all the same; and
    of a named one only that, since some do not take names. ``nested``: as chat completions have it.
    """
    choice = request.tool_choice
    only = "" if isinstance(choice, ToolChoice) else choice
    declared = () if choice is ToolChoice.NONE else names.declared(only)
    if choice not in (ToolChoice.AUTO, ToolChoice.NONE) and not (dialect.chooses and declared):
        raise RequestUnsupported("tool_choice")
    if not declared:
        return {}
    found: Json = {"tools": [_tool(each, nested=nested) for each in declared]}
    if choice is not ToolChoice.AUTO:
        found["tool_choice"] = ToolChoice.REQUIRED.value
    return found


def _tool(declared: Json, *, nested: bool) -> Json:
    if nested:
        return {"type": "function", "function": declared}
    return {"type": "function", **declared, "strict": False}


def response_shape(schema: str, dialect: ServerDialect) -> tuple[str, Json]:
    """Return the kind of format of an answer, and what belongs to it.

    Raises RequestUnsupported, and SchemaError for what is no schema.
    """
    wanted = read_schema(schema)
    if wanted in ({}, True) and "json_object" in dialect.shapes:
        return "json_object", {}
    if "json_schema" not in dialect.shapes:
        raise RequestUnsupported("response_schema")
    shape = wanted if isinstance(wanted, dict) and wanted else {"type": "object"}
    return "json_schema", {"name": "answer", "strict": True, "schema": shape}


def grown_part(request: Request, dialect: ServerDialect) -> Part | None:
    """Return the part at the end with which the model goes on; None if it begins another.

    Reasoning that was stopped goes on only where a server takes the beginning of an answer.
    """
    last = request.messages[-1] if request.messages else None
    part = last.parts[-1] if last and last.role is Role.ASSISTANT and last.parts else None
    if part is None or not part.text:
        return None
    if part.kind is PartKind.TEXT:
        return part
    thought = part.kind is PartKind.REASONING and echoed(part.format_data)[0] in TEXT_KEYS
    return part if thought and dialect.continues is Continuation.LAST else None


def asks_to_go_on(request: Request, dialect: ServerDialect) -> bool:
    """Return whether the model has to be asked to go on, since the server cannot do it."""
    part = grown_part(request, dialect)
    if part is None or dialect.continues is Continuation.LAST:
        return False
    told = dialect.continues is Continuation.TOLD and not is_gpt_oss(model_id(request))
    return not told


# --- Messages ---------------------------------------------------------------------------------


def _messages(request: Request, dialect: ServerDialect, names: ToolNames) -> list[Json]:
    found: list[Json] = []
    if text := instructions(request):
        found.append({"role": "system", "content": text})
    asks = asks_to_go_on(request, dialect)
    goes_on = grown_part(request, dialect) is not None and not asks
    for each in conversation(request):
        match each:
            case Told(role, text):
                found.append({"role": role.value, "content": text})
            case AnswerRound():
                found += _round(each, names, goes_on=goes_on)
    if asks:
        found.append({"role": "user", "content": GO_ON})
    return found


def _round(each: AnswerRound, names: ToolNames, *, goes_on: bool) -> list[Json]:
    """Return a round as an answer, and the results of its calls.

    Without a call, reasoning is only for an answer that goes on: after one it is not needed.
    """
    message: Json = {"role": "assistant", "content": each.text}
    if each.calls or goes_on:
        message |= _echo(each.reasoning)
    if calls := [_call(part, names) for part in each.calls]:
        message["tool_calls"] = calls
    elif not each.text and not (goes_on and each.reasoning):
        return []
    results = ({"role": "tool", "tool_call_id": id, "content": text} for id, text in each.results)
    return [message, *results]


def _echo(reasoning: Sequence[Part]) -> Json:
    """Return reasoning under the keys in which this kind of server has sent it."""
    found: Json = {}
    for part in reasoning:
        key, data = echoed(part.format_data)
        if key == DETAILS:
            details = _list(data)
            if details:
                found[DETAILS] = [*found.get(DETAILS, []), *details]
            key = "" if details else TEXT_KEYS[0]
        if key in TEXT_KEYS and part.text:
            found[key] = found.get(key, "") + part.text
    return found


def _list(data: str) -> list[Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def _call(part: Part, names: ToolNames) -> Json:
    function = {"name": names.there(part.name), "arguments": names.arguments_there(part)}
    return {"id": part.id, "type": "function", "function": function}
