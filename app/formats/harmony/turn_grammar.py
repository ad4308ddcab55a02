"""A grammar of a turn: reasoning as ever, then calls or an answer in the shape that was asked for.

It begins with the first token that is drawn. A grammar of the answer alone would leave the model
free never to begin one, or to end it with the token that ends a call.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from app.base.errors import RequestUnsupported, SchemaInvalid, SchemaUnsupported
from app.base.types import PartKind, Request, ToolChoice, ToolFunction, ToolNamespace
from app.formats import TurnGrammar
from app.formats.harmony import declarations
from app.formats.harmony.channels import Channel
from app.formats.harmony.render import unfinished
from app.formats.harmony.vocabulary import Vocabulary
from app.formats.json_schema.exact_schema import exact_schema, holds_values

FREE = '%llguidance {"no_forcing": true}\n'
"""Lets a text that can only go on in one way be cut into tokens in any.

llguidance would rather have the usual tokens, which takes half the time; but it panics if an answer
is nothing but a number whose last digit can only be followed by the token that ends the turn.
"""
_ANY_TEXT = "TEXT"
_ANY_OBJECT = '{"type": "object"}'
# The content type, which only says what the grammar knows better.
_TYPE = '" "? <|constrain|> "json" | " json" | " code"'


@dataclass(frozen=True, slots=True)
class _Callable:
    """A function that may be called: its full name, and its arguments in the grammar's words."""

    name: str
    arguments: str
    trained: bool


def turn_grammar(request: Request, v: Vocabulary) -> TurnGrammar | None:
    """See `ChatFormat.grammar`."""
    check_choice(request)
    must = _must_call(request)
    functions = _functions(request, must=must)
    if not request.response_schema and not must and not any(f.strict for _, f in functions):
        return None
    begun = tuple(unfinished(request, v))
    calls = [_callable(space, function, must=must) for space, function in functions]
    answer, options = _ANY_TEXT, ""
    if request.response_schema:
        exact = exact_schema(request.response_schema)
        answer = f"%json {exact}"
        options = "" if holds_values(exact) else FREE
    aside = bool(calls) or _continues_aside(request)
    return TurnGrammar(options + _lark(calls, answer, answers=not must, aside=aside), begun)


def check_choice(request: Request) -> None:
    """Raise RequestUnsupported if a call is wanted of what is not declared."""
    if _must_call(request) and not _functions(request, must=True):
        raise RequestUnsupported("tool_choice")


def _must_call(request: Request) -> bool:
    """Return whether a function has to be called, whatever was called before in the turn."""
    return request.tool_choice not in (ToolChoice.AUTO, ToolChoice.NONE)


def _functions(request: Request, *, must: bool) -> list[tuple[ToolNamespace, ToolFunction]]:
    """Return the functions that may be called; one without a name is a tool that takes plain text.

    If one ``must`` be called and the request names it, it is the only one.
    """
    if request.tool_choice is ToolChoice.NONE:
        return []
    found = [
        (space, function)
        for space in request.tools
        for function in space.functions or (ToolFunction(""),) * _is_trained(space)
    ]
    if must and not isinstance(request.tool_choice, ToolChoice):
        named = request.tool_choice
        found = [(s, f) for s, f in found if named in (f.name or s.name, _full_name(s, f))]
    return found


def _full_name(space: ToolNamespace, function: ToolFunction) -> str:
    return f"{space.name}.{function.name}" if function.name else space.name


def _callable(space: ToolNamespace, function: ToolFunction, *, must: bool) -> _Callable:
    name = _full_name(space, function)
    return _Callable(name, _arguments(function, name, must=must), _is_trained(space))


def _is_trained(space: ToolNamespace) -> bool:
    return space.name in declarations.TRAINED


def _arguments(function: ToolFunction, name: str, *, must: bool) -> str:
    """Return what the arguments of a call may be.

    Of a function that is not strict, only that it is called was asked for: where its schema cannot
    be followed, any object will do.
    """
    if not function.schema or not (must or function.strict):
        return _ANY_TEXT
    try:
        return f"%json {exact_schema(function.schema, name)}"
    except (SchemaInvalid, SchemaUnsupported):
        if function.strict:
            raise
        return f"%json {exact_schema(_ANY_OBJECT)}"


def _continues_aside(request: Request) -> bool:
    """Return whether text is continued that is not the answer's."""
    last = request.messages[-1].parts[-1:]
    return bool(last) and last[0].kind is PartKind.TEXT and bool(last[0].format_data)


def _lark(calls: list[_Callable], answer: str, *, answers: bool, aside: bool) -> str:
    between = [f'<|channel|> "{Channel.ANALYSIS}"']
    between += [f'<|channel|> "{Channel.COMMENTARY}"'] if aside else []
    last = [f"call_{n}" for n in range(len(calls))] + ["final"] * answers
    lines = [
        f"start: message* ({' | '.join(last)})",
        f'message: ({" | ".join(between)}) <|message|> TEXT <|end|> <|start|> "assistant"',
        f"type: {_TYPE}",
        "TEXT: /(.|\\n)*/",
    ]
    if answers:
        header = f'<|channel|> "{Channel.FINAL}" type?'
        lines += [f"final: {header} <|message|> answer <|return|>", f"answer: {answer}"]
    for n, function in enumerate(calls):
        channel = f'"{Channel.COMMENTARY}"'
        if function.trained:
            channel = f'("{Channel.ANALYSIS}" | {channel})'
        to = json.dumps(f" to={function.name}")
        lines += [
            f"call_{n}: ({to} <|channel|> {channel} | <|channel|> {channel} {to}) type?"
            f" <|message|> arguments_{n} <|call|>",
            f"arguments_{n}: {function.arguments}",
        ]
    return "\n".join(lines)
