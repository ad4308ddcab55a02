"""A request for a response: its members, checked, and how the response repeats them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.base.types import Effort, Message, Request
from app.server.api_error import ApiError, missing, unsupported, wrong
from app.server.dialect import Served
from app.server.fields import Fields, JsonObject
from app.server.request_fields import ANY_OBJECT, HARMLESS, effort, named_schema, only, sampling
from app.server.responses.input_items import ResponseInput
from app.server.responses.response_tools import ResponseTools
from app.server.responses.stored_responses import StoredResponses

SEALED_REASONING = "reasoning.encrypted_content"
_INCLUDED = (
    SEALED_REASONING,
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
)
"""What may be asked to be included: but for the first, of what never occurs here."""
_HARMLESS = (*HARMLESS, "access_programs", "background_options", "image", "stream_options")
_TIERS = ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")
_REFUSED = {
    "context_management": "Conversations are not compacted here. Leave it out.",
    "conversation": "Conversations are not stored here. Use 'previous_response_id'.",
    "moderation": "Moderation is not supported. Leave it out.",
    "prompt": "Prompt templates are not supported. Send 'input'.",
}


@dataclass(frozen=True, slots=True)
class AskedResponse:
    """What a client asks for. ``echo`` are the members of the response that repeat it."""

    request: Request
    tools: ResponseTools
    echo: JsonObject
    streamed: bool = False
    stores: bool = True
    seals: bool = False


def read_request(body: JsonObject, served: Served, stored: StoredResponses) -> AskedResponse:
    """Read a request. Raises ApiError."""
    asked = Fields(body)
    _refuse(asked)
    name = asked.text("model")
    instructions = asked.text("instructions", "")
    previous = asked.text("previous_response_id", "")
    declared = ResponseTools.read(asked)
    tools, choice, chosen = declared.chosen(asked)
    level = _effort(asked)
    drawn = sampling(asked, served.ref.sampling, "max_output_tokens")
    schema, text = _text_format(asked)
    included = _included(asked)
    stores, streamed = asked.flag("store", True), asked.flag("stream")
    echo = {
        "model": name,
        "previous_response_id": previous or None,
        "instructions": asked.get("instructions"),
        "tools": list(declared.echo),
        "tool_choice": chosen,
        "parallel_tool_calls": asked.flag("parallel_tool_calls", True),
        "text": text,
        "temperature": drawn.temperature,
        "top_p": drawn.top_p,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "top_logprobs": 0,
        "reasoning": {"effort": level.value, "summary": None},
        "truncation": "disabled",
        "max_output_tokens": drawn.max_tokens,
        "max_tool_calls": asked.whole("max_tool_calls", 1, 1_000_000),
        "store": stores,
        "background": False,
        "service_tier": "default",
        "metadata": _metadata(asked),
        "safety_identifier": asked.text("safety_identifier", "", longest=64) or None,
        "prompt_cache_key": asked.text("prompt_cache_key", "") or None,
    }
    asked.one_of("service_tier", _TIERS, "auto")
    messages = _messages(asked, previous, stored)
    asked.finish()
    request = Request(
        served.ref,
        messages,
        level,
        instructions,
        sampling=drawn,
        tools=tools.namespaces,
        tool_choice=choice,
        response_schema=schema,
    )
    return AskedResponse(
        request, declared, echo, streamed, stores, seals=SEALED_REASONING in included
    )


def _refuse(asked: Fields) -> None:
    """Refuse what would change the answer, and is not supported."""
    asked.skip(*_HARMLESS)
    for name, told in _REFUSED.items():
        if asked.get(name) is not None:
            raise unsupported(name, told)
    only(asked, "background", False)
    if asked.one_of("truncation", ("auto", "disabled"), "disabled") == "auto":
        told = "What does not fit is not left out. Shorten 'input', and leave out 'truncation'."
        raise unsupported("truncation", told)
    for name in ("top_logprobs", "presence_penalty", "frequency_penalty"):
        only(asked, name, 0)


def _messages(asked: Fields, previous: str, stored: StoredResponses) -> tuple[Message, ...]:
    before: tuple[Message, ...] = ()
    if previous:
        found = stored.get(previous)
        if found is None:
            told = f"Previous response with id '{previous[:100]}' not found."
            code = "previous_response_not_found"
            raise ApiError(400, told, param="previous_response_id", code=code)
        before = found.messages
    elif asked.get("input") is None:
        raise missing("input")
    conversation = ResponseInput(before, stored.item)
    conversation.read(asked)
    messages = conversation.messages
    if not messages:
        raise wrong("input", "'input' needs at least one item.", "empty_array")
    return messages


def _effort(asked: Fields) -> Effort:
    """Read the effort, and check what else is said about reasoning."""
    reasoning = asked.members("reasoning")
    if reasoning is None:
        return Effort.MEDIUM
    summaries = ("auto", "concise", "detailed", "none")
    for name in ("summary", "generate_summary"):  # there is none: clients get the reasoning itself
        reasoning.one_of(name, summaries, "auto")
    only(reasoning, "mode", "standard")
    only(reasoning, "context", "auto", "current_turn")
    level = effort(reasoning, "effort")
    reasoning.finish()
    return level or Effort.MEDIUM


def _text_format(asked: Fields) -> tuple[str, JsonObject]:
    """Read the shape of the answer: as a schema, and as it is repeated."""
    plain: JsonObject = {"format": {"type": "text"}, "verbosity": "medium"}
    text = asked.members("text")
    if text is None:
        return "", plain
    only(text, "verbosity", "medium")
    shape = text.members("format")
    text.finish()
    kind = shape.one_of("type", ("text", "json_object", "json_schema")) if shape else "text"
    if shape is None or kind == "text":
        return "", plain
    if kind == "json_object":
        return ANY_OBJECT, plain | {"format": {"type": kind}}
    name, description = shape.text("name"), shape.text("description", "")
    given = shape.members("schema")
    if given is None:
        raise missing("text.format.schema")
    schema = given.raw
    described = {"description": description} if description else {}
    echo = {"type": kind, "name": name, "schema": schema, "strict": shape.flag("strict")}
    return named_schema(schema, name, description), plain | {"format": echo | described}


def _included(asked: Fields) -> list[Any]:
    included = asked.items("include", longest=100) or []
    for at, name in enumerate(included):
        if name == "message.output_text.logprobs":
            raise unsupported(f"include[{at}]", "Log probabilities are not supported.")
        if name not in _INCLUDED:
            told = f"include[{at}] must be one of: {', '.join(_INCLUDED)}."
            raise wrong(f"include[{at}]", told)
    return included


def _metadata(asked: Fields) -> JsonObject:
    metadata = asked.get("metadata")
    if metadata is None:
        return {}
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise wrong("metadata", "metadata must be an object of strings.", "invalid_type")
    if len(metadata) > 16 or any(len(k) > 64 or len(v) > 512 for k, v in metadata.items()):
        told = "metadata may have 16 members, with names of 64 and values of 512 characters."
        raise wrong("metadata", told)
    return metadata
