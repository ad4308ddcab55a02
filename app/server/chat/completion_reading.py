"""Reading of requests for Chat Completions."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.types import Effort, ModelRef, Request, ToolChoice, ToolFunction
from app.server.api_error import missing, unsupported, wrong
from app.server.chat.conversation_reading import read_messages
from app.server.fields import Fields
from app.server.request_fields import (
    ANY_OBJECT,
    HARMLESS,
    MOST_FUNCTIONS,
    effort,
    named_schema,
    namespaces,
    only,
    sampling,
    stop_texts,
    tool_function,
)


@dataclass(frozen=True, slots=True)
class CompletionStyle:
    """How the client wants its answer written.

    ``usage``: a stream ends with the numbers of tokens. ``reasoning``: it is shown.
    ``several``: an answer may have several calls. ``shaped``: the content is JSON alone.
    """

    streamed: bool = False
    usage: bool = False
    reasoning: bool = True
    several: bool = True
    shaped: bool = False


def read_request(fields: Fields, model: ModelRef) -> tuple[Request, CompletionStyle]:
    """Read a request, and how it wants to be answered. Raises ApiError."""
    fields.skip("model", "prediction", "cache_prompt", *HARMLESS)
    messages = read_messages(fields)
    tools = tuple(_functions(fields))
    choice, tools = _choice(fields, tools)
    schema = _schema(fields)
    options = fields.members("stream_options")
    level, reasoning = _reasoning(fields)
    style = CompletionStyle(
        fields.flag("stream"),
        options is not None and _includes_usage(options),
        reasoning,
        fields.flag("parallel_tool_calls", True),
        bool(schema),
    )
    request = Request(
        model,
        messages,
        level,
        sampling=sampling(fields, model.sampling, "max_completion_tokens", "max_tokens"),
        tools=namespaces(tools),
        tool_choice=choice,
        stop=stop_texts(fields, "stop"),
        response_schema=schema,
    )
    _refuse_others(fields)
    return request, style


def _refuse_others(fields: Fields) -> None:
    """Refuse what would change the answer, and is not supported."""
    only(fields, "n", 1)
    only(fields, "logprobs", False)
    only(fields, "top_logprobs", 0)
    only(fields, "logit_bias", {})
    only(fields, "frequency_penalty", 0)
    only(fields, "presence_penalty", 0)
    only(fields, "repeat_penalty", 1)
    only(fields, "repetition_penalty", 1)
    only(fields, "modalities", ["text"])
    only(fields, "verbosity", "medium")
    for name in ("audio", "moderation", "web_search_options"):
        only(fields, name)
    for name in ("functions", "function_call"):
        if fields.get(name) is not None:
            raise unsupported(name, f"'{name}' is not supported here. Send 'tools'.")
    fields.finish()


def _includes_usage(options: Fields) -> bool:
    options.skip("include_obfuscation")
    included = options.flag("include_usage")
    options.finish()
    return included


def _reasoning(fields: Fields) -> tuple[Effort, bool]:
    """Return the effort, in any spelling, and whether the reasoning is to be shown."""
    levels = [effort(fields, "reasoning_effort")]
    shown = fields.flag("include_reasoning", True)
    if reasoning := fields.members("reasoning"):
        reasoning.skip("summary")
        only(reasoning, "enabled", True)
        levels.append(effort(reasoning, "effort"))
        shown = shown and not reasoning.flag("exclude")
        reasoning.finish()
    if template := fields.members("chat_template_kwargs"):
        levels.append(effort(template, "reasoning_effort"))
        template.finish()
    return next(filter(None, levels), Effort.MEDIUM), shown


def _schema(fields: Fields) -> str:
    """Return the schema of the answer; empty if it may be any text."""
    wanted = fields.members("response_format")
    if not wanted:
        return ""
    kind = wanted.one_of("type", ("text", "json_object", "json_schema"))
    named = wanted.members("json_schema")
    wanted.finish()
    if kind != "json_schema":
        return ANY_OBJECT if kind == "json_object" else ""
    if not named:
        raise missing(wanted.path("json_schema"))
    return _named_schema(named)


def _named_schema(named: Fields) -> str:
    """Return a schema, which is followed exactly, ``strict`` or not."""
    schema = named.members("schema")
    name, description = named.text("name", ""), named.text("description", "")
    named.flag("strict")
    named.finish()
    return named_schema(schema.raw if schema else {}, name, description)


def _functions(fields: Fields) -> list[ToolFunction]:
    found: dict[str, ToolFunction] = {}
    for tool in fields.objects("tools", longest=MOST_FUNCTIONS):
        kind = tool.text("type")
        if kind != "function":
            told = f"Tools of type '{kind[:60]}' are not supported here, only 'function'."
            raise unsupported(tool.path("type"), told)
        declared = tool.members("function") or Fields({}, tool.path("function"))
        function = tool_function(declared, found)
        found[function.name] = function
    return list(found.values())


def _choice(
    fields: Fields, tools: tuple[ToolFunction, ...]
) -> tuple[ToolChoice | str, tuple[ToolFunction, ...]]:
    """Return whether and what may be called, and the functions that remain then."""
    value = fields.get("tool_choice")
    if isinstance(value, dict):
        chosen = Fields(value, "tool_choice")
        kind = chosen.one_of("type", ("function", "allowed_tools"))
        if kind == "function":
            return _chosen(chosen, tools), tools
        return _allowed(chosen, tools)
    choice = ToolChoice(fields.one_of("tool_choice", tuple(ToolChoice), ToolChoice.AUTO))
    if choice is ToolChoice.REQUIRED and not tools:
        raise wrong("tool_choice", "tool_choice is 'required', but there are no tools.")
    return choice, tools


def _chosen(chosen: Fields, tools: tuple[ToolFunction, ...]) -> str:
    """Return the name of the function that a choice names."""
    function = chosen.members("function") or Fields({}, chosen.path("function"))
    name = function.text("name")
    if all(tool.name != name for tool in tools):
        path = function.path("name")
        raise wrong(path, f"{path} is '{name[:100]}', but tools has no such function.")
    return name


def _allowed(
    chosen: Fields, tools: tuple[ToolFunction, ...]
) -> tuple[ToolChoice, tuple[ToolFunction, ...]]:
    allowed = chosen.members("allowed_tools") or Fields({}, chosen.path("allowed_tools"))
    mode = ToolChoice(allowed.one_of("mode", (ToolChoice.AUTO, ToolChoice.REQUIRED)))
    wanted = {_chosen(tool, tools) for tool in allowed.objects("tools", needed=True)}
    if mode is ToolChoice.REQUIRED and not wanted:
        raise wrong(allowed.path("mode"), "A tool is required, but none is allowed.")
    return mode, tuple(tool for tool in tools if tool.name in wanted)
