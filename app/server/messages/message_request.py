"""The members of a request, but for its conversation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.base.types import Effort, Request, ToolChoice, ToolFunction
from app.server.api_error import missing, unsupported, wrong
from app.server.dialect import Served
from app.server.fields import Fields, JsonObject
from app.server.messages.content_blocks import conversation
from app.server.request_fields import (
    HARMLESS,
    MOST_FUNCTIONS,
    effort,
    namespaces,
    sampling,
    schema_text,
    stop_texts,
    tool_function,
)

_LOW_BUDGET, _MEDIUM_BUDGET = 4096, 16384
"""Tokens of thinking up to which the effort is low, and medium."""
_HARMLESS = (
    *HARMLESS,
    "anthropic_beta",
    "anthropic_version",
    "betas",
    "billing_policy",
    "cache_control",
    "diagnostics",
    "fallback_credit_token",
    "fallbacks",
    "inference_geo",
    "speed",
    "user_profile_id",
    "workspace_id",
)
"""Members that change nothing in an answer of this computer."""
_SERVICES = {
    "container": "unsupported_value",
    "mcp_servers": "unsupported_value",
    "compaction": "compaction_unavailable",
    "thread": "thread_unsupported_request",
}
"""Members that need a service, and the codes by which clients learn to do without."""
_EDITS = re.compile(r"clear_(thinking|tool_uses)_\d+")
"""What the prompt may be shortened by, far beyond contexts of this size; it is never done."""
_LONGEST_NAME, _PARAMETERS = 128, "input_schema"
_MOST_TOKENS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ThinkingShown:
    """How thinking is shown: not at all, as text, or ``sealed`` in a block without text."""

    shown: bool = False
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """A request that has been read. ``eager`` tools have their input streamed as it is drawn."""

    request: Request
    thinking: ThinkingShown
    eager: frozenset[str]
    stream: bool

    @classmethod
    def read(cls, body: JsonObject, served: Served, *, counted: bool = False) -> MessageRequest:
        """Read a request; one to be ``counted`` needs no limit. Raises ApiError."""
        fields = Fields(body)
        fields.skip("model", *_HARMLESS)
        _refuse(fields)
        output = fields.members("output_config") or Fields({}, "output_config")
        thinking, level = _thinking(fields, output)
        tools, eager = _tools(fields)
        request = Request(
            model=served.ref,
            messages=conversation(fields),
            effort=level,
            sampling=sampling(fields, served.ref.sampling, "max_tokens"),
            tools=namespaces(tools),
            tool_choice=_choice(fields, tools),
            stop=stop_texts(fields, "stop_sequences"),
            response_schema=_schema(fields, output),
        )
        if not counted and fields.get("max_tokens") is None:
            raise missing("max_tokens")
        stream = fields.flag("stream")
        fields.finish()
        return cls(request, thinking, eager, stream)


def _refuse(fields: Fields) -> None:
    """Refuse what only Anthropic's own service does."""
    for name, code in _SERVICES.items():
        if fields.get(name):
            told = f"'{name}' needs Anthropic's own service. Leave it out."
            raise unsupported(name, told, code)
    managed = fields.members("context_management")
    for edit in managed.objects("edits") if managed else ():
        kind = edit.text("type")
        if not _EDITS.fullmatch(kind):
            told = f"The edit '{kind[:60]}' is not supported. Leave it out."
            raise unsupported(edit.path("type"), told)


def _thinking(fields: Fields, output: Fields) -> tuple[ThinkingShown, Effort]:
    """Read how much is to be thought, and how that is shown."""
    said = effort(output, "effort")
    wanted = fields.members("thinking")
    if wanted is None:
        return ThinkingShown(), said or Effort.MEDIUM
    kind = wanted.one_of("type", ("enabled", "adaptive", "between_tools", "disabled"))
    if kind == "disabled":
        return ThinkingShown(), Effort.LOW
    budget = wanted.whole("budget_tokens", 1, _MOST_TOKENS)
    if budget is None and kind == "enabled":
        raise missing("thinking.budget_tokens")
    display = wanted.one_of("display", ("summarized", "omitted"), "summarized")
    thinking = ThinkingShown(shown=True, sealed=display == "omitted")
    return thinking, said or (Effort.MEDIUM if budget is None else _effort_of(budget))


def _effort_of(budget: int) -> Effort:
    """Return the effort that takes about as many tokens."""
    if budget <= _LOW_BUDGET:
        return Effort.LOW
    return Effort.MEDIUM if budget <= _MEDIUM_BUDGET else Effort.HIGH


def _tools(fields: Fields) -> tuple[tuple[ToolFunction, ...], frozenset[str]]:
    """Read the client's tools, and the names of the eager ones."""
    found: dict[str, ToolFunction] = {}
    eager: set[str] = set()
    for tool in fields.objects("tools", longest=MOST_FUNCTIONS):
        kind = tool.text("type", "custom")
        if kind != "custom":
            told = (
                f"The tool '{kind[:60]}' is Anthropic's own, and not known here. "
                "Leave it out, or send one with an input_schema."
            )
            raise unsupported(tool.path("type"), told)
        if tool.get(_PARAMETERS) is None:
            raise missing(tool.path(_PARAMETERS))
        function = tool_function(tool, found, longest=_LONGEST_NAME, parameters=_PARAMETERS)
        found[function.name] = function
        if tool.flag("eager_input_streaming"):
            eager.add(function.name)
    return tuple(found.values()), frozenset(eager)


def _choice(fields: Fields, tools: tuple[ToolFunction, ...]) -> ToolChoice | str:
    choice = fields.members("tool_choice")
    if choice is None:
        return ToolChoice.AUTO
    kind = choice.one_of("type", ("auto", "any", "tool", "none"))
    if kind in ("any", "tool") and not tools:
        raise wrong("tool_choice", "tool_choice needs tools.")
    if kind == "tool":
        name = choice.text("name")
        if all(tool.name != name for tool in tools):
            raise wrong("tool_choice.name", f"No tool has the name '{name[:100]}'.")
        return name
    words = {"auto": ToolChoice.AUTO, "any": ToolChoice.REQUIRED, "none": ToolChoice.NONE}
    return words[kind]


def _schema(fields: Fields, output: Fields) -> str:
    """Read the schema of the answer; ``output_format`` was its name at first."""
    wanted = output.members("format") or fields.members("output_format")
    if wanted is None:
        return ""
    wanted.one_of("type", ("json_schema",))
    schema = wanted.members("schema")
    if schema is None:
        raise missing(wanted.path("schema"))
    return schema_text(schema.raw)
