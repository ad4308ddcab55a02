"""The grammar of a turn: what may be drawn from its first token to the one that ends it."""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.errors import RequestUnsupported, SchemaMismatch, SchemaUnsupported
from app.base.types import (
    Message,
    ModelRef,
    Part,
    PartKind,
    Request,
    Role,
    ToolChoice,
    ToolFunction,
    ToolNamespace,
)
from app.engine.grammar import GrammarMask, Grammars
from app.formats import ChatFormat
from app.formats.harmony.harmony_format import HarmonyFormat
from app.tokenizer import TiktokenTokenizer
from tests.fakes.schemas import demo_format, grammars, tokens_in

SHAPE = json.dumps(
    {
        "title": "Answer",
        "description": "What\nto say",
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
)
DIGIT = '{"type": "object", "properties": {"n": {"enum": [1, 2]}}, "required": ["n"]}'
USER = Message(Role.USER, (Part("Hello"),))
FREE = Request(ModelRef.of_file(Path("m"), "m"), (USER,), today=datetime.date(2026, 1, 1))
SHAPED = replace(FREE, response_schema=SHAPE)
LOOSE = ToolFunction("get", "Gets.", DIGIT)
STRICT = ToolFunction("get_all", "Gets all.", DIGIT, strict=True)
TOOLS = (ToolNamespace("functions", (LOOSE, STRICT)), ToolNamespace("python"))
THOUGHT = "<|channel|>analysis<|message|>Hm, {\n<|end|><|start|>assistant"
ASIDE = "<|channel|>commentary<|message|>I look.<|end|><|start|>assistant"
FINAL = '<|channel|>final<|message|>{"a": "x"}<|return|>'
TYPED = '<|channel|>final <|constrain|>json<|message|>{"a": "x"}<|return|>'
PROSE = "<|channel|>final<|message|>Hello.<|return|>"


def call(name: str, arguments: str, kind: str = " <|constrain|>json") -> str:
    return f"<|channel|>commentary to={name}{kind}<|message|>{arguments}<|call|>"


def role_call(name: str, arguments: str) -> str:
    return f" to={name}<|channel|>commentary json<|message|>{arguments}<|call|>"


def tokens(text: str, format: ChatFormat | None = None) -> list[int]:
    """Return the tokens of a text in which control tokens are written by name."""
    tokenizer = (format or demo_format()).tokenizer
    found = []
    for piece in re.split(r"(<\|[a-z]+\|>)", text):
        named = tokenizer.control.get(piece)
        found += tokenizer.encode(piece) if named is None else [named]
    return found


def mask(request: Request) -> GrammarMask:
    grammar = demo_format().grammar(request)
    assert grammar
    return grammars().compile(grammar)


def may(request: Request, text: str) -> bool:
    return mask(request).accepts(tokens(text))


def test_a_free_model_has_no_grammar() -> None:
    loose = replace(FREE, tools=(ToolNamespace("functions", (LOOSE,)),))
    off = replace(FREE, tools=TOOLS, tool_choice=ToolChoice.NONE)
    for request in (FREE, loose, off):
        assert demo_format().grammar(request) is None


def test_without_one_llguidance_is_not_loaded() -> None:
    code = (
        "import sys; import app.engine.worker, app.formats.harmony.harmony_format;"
        "assert 'llguidance' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("before", ["", THOUGHT, THOUGHT * 2])
def test_the_answer_has_the_shape_whatever_was_thought(before: str) -> None:
    for answer in (FINAL, TYPED):
        assert may(SHAPED, before + answer)
    wrong = [
        PROSE,
        FINAL.replace("<|return|>", "<|call|>"),
        FINAL.replace("<|return|>", "<|end|>"),
        FINAL.replace('"x"', "1"),
        FINAL.replace("x", "<|end|>"),
        ASIDE + FINAL,
        call("functions.get", "{}"),
        "<|message|>" + FINAL,
        "<|start|>",
        "<|return|>",
    ]
    assert [text for text in wrong if may(SHAPED, before + text)] == []


def test_reasoning_is_untouched() -> None:
    begun = mask(SHAPED)
    for token in tokens("<|channel|>analysis<|message|>Hm {"):
        begun.take(token)
    tokenizer = demo_format().tokenizer
    allowed = set(tokens_in(begun.allowed()))
    ordinary = set(range(tokenizer.size)) - set(tokenizer.control.values())
    for token in ordinary - allowed:  # bytes that no character has at this place
        with pytest.raises(UnicodeDecodeError):
            tokenizer.bytes_of(token).decode()
    assert allowed - ordinary == {tokenizer.control["<|end|>"]}


def test_calls() -> None:
    request = replace(SHAPED, tools=TOOLS)
    for text in (
        FINAL,
        ASIDE + THOUGHT + FINAL,
        call("functions.get", '{"n": 7}'),
        call("functions.get", "whatever", kind=""),
        ASIDE + call("functions.get_all", '{"n": 2}'),
        role_call("functions.get_all", '{"n": 1}'),
        "<|channel|>analysis to=python code<|message|>print(1)<|call|>",
    ):
        assert may(request, text), text
    for text in (
        PROSE,
        call("functions.get_all", '{"n": 3}'),
        role_call("functions.get_all", '{"n": 3}'),
        call("functions.other", "{}"),
        call("functions", "{}"),
        call("functions.get", "{}").replace("<|call|>", "<|return|>"),
        call("functions.get", "{}").replace("commentary", "final"),
    ):
        assert not may(request, text), text


def test_strict_functions_alone_are_a_reason() -> None:
    request = replace(FREE, tools=TOOLS)
    assert may(request, THOUGHT + PROSE)
    assert may(request, call("functions.get", "whatever"))
    assert not may(request, call("functions.get_all", "whatever"))


@pytest.mark.parametrize("wanted", [ToolChoice.REQUIRED, "get", "functions.get"])
def test_a_function_has_to_be_called(wanted: ToolChoice | str) -> None:
    request = replace(FREE, tools=TOOLS, tool_choice=wanted)
    assert may(request, THOUGHT + ASIDE + call("functions.get", '{"n": 2}'))
    assert not may(request, call("functions.get", '{"n": 3}'))
    assert not may(request, THOUGHT + PROSE)
    assert may(request, call("functions.get_all", '{"n": 2}')) == (wanted is ToolChoice.REQUIRED)


def test_what_has_to_be_called_is_called_in_each_answer() -> None:
    made, result = (
        Part("{}", PartKind.CALL, "functions.get", "1"),
        Part("3", PartKind.RESULT, id="1"),
    )
    request = replace(SHAPED, tools=TOOLS, tool_choice=ToolChoice.REQUIRED)
    turns = (
        (USER, Message(Role.ASSISTANT, (made, result))),
        (USER, Message(Role.ASSISTANT, (made,)), Message(Role.TOOL, (result,))),
    )
    for messages in turns:
        for drawn in ((), (1, 2)):
            going_on = replace(request, messages=messages, drawn=drawn)
            assert not may(going_on, FINAL)
            assert may(replace(going_on, tool_choice=ToolChoice.AUTO), FINAL)


@pytest.mark.parametrize("wanted", ["other", ToolChoice.REQUIRED])
def test_what_is_not_declared_cannot_be_called(wanted: str) -> None:
    tools = () if wanted is ToolChoice.REQUIRED else TOOLS
    with pytest.raises(RequestUnsupported):
        demo_format().grammar(replace(FREE, tools=tools, tool_choice=wanted))


def test_a_schema_that_cannot_be_followed_counts_only_where_it_was_promised() -> None:
    odd = '{"type": "object", "contains": {}}'
    tools = (ToolNamespace("functions", (replace(LOOSE, schema=odd),)),)
    forced = replace(FREE, tools=tools, tool_choice=ToolChoice.REQUIRED)
    assert may(forced, call("functions.get", '{"any": 1}'))
    assert not may(forced, call("functions.get", "prose"))
    strict = (ToolNamespace("functions", (replace(STRICT, schema=odd),)),)
    with pytest.raises(SchemaUnsupported) as refused:
        demo_format().grammar(replace(FREE, tools=strict))
    assert (refused.value.function, refused.value.keyword) == ("functions.get_all", "contains")


# --- Answers that are continued -----------------------------------------------------------------


def continued(*parts: Part, request: Request = SHAPED) -> Request:
    return replace(request, messages=(USER, Message(Role.ASSISTANT, parts)))


def test_an_answer_is_continued_where_it_ends() -> None:
    thinking = continued(Part("Hm", PartKind.REASONING))
    assert may(thinking, ".<|end|><|start|>assistant" + FINAL)
    assert not may(thinking, FINAL)
    answering = continued(Part("Hm.", PartKind.REASONING), Part('{"a": "b'))
    assert may(answering, 'c"}<|return|>')
    assert not may(answering, '{"a": "b"}<|return|>')
    assert not may(answering, "<|return|>")
    aside = continued(Part("I lo", format_data="commentary"))
    assert may(aside, "ok.<|end|><|start|>assistant" + FINAL)
    with pytest.raises(SchemaMismatch):
        mask(continued(Part("Hello")))


def test_what_is_put_in_is_taken_as_if_drawn() -> None:
    """As when the person wants the answer now."""
    thinking = mask(SHAPED)
    for token in tokens("<|channel|>analysis<|message|>Hm"):
        thinking.take(token)
    closing = tokens("<|end|><|start|>assistant<|channel|>final<|message|>")
    assert thinking.accepts(closing)
    for token in closing:
        thinking.take(token)
    assert thinking.accepts(tokens('{"a": ""}<|return|>'))
    forced = mask(replace(FREE, tools=TOOLS, tool_choice=ToolChoice.REQUIRED))
    for token in tokens("<|channel|>analysis<|message|>Hm"):
        forced.take(token)
    assert not forced.accepts(closing)


# --- The vocabulary -----------------------------------------------------------------------------


def test_control_tokens_are_never_text() -> None:
    """Also where a file has them as tokens of a user, which llama.cpp takes for text."""
    bytes_ = {bytes([n]): n for n in range(256)}
    names = ["start", "end", "message", "channel", "constrain", "call", "return", "endoftext"]
    control = {f"<|{name}|>": 256 + n for n, name in enumerate([*names, "reserved_1", "pad"])}
    format = HarmonyFormat(TiktokenTokenizer(bytes_, control))
    grammar = format.grammar(SHAPED)
    assert grammar
    inside = Grammars(format.tokenizer).compile(grammar)
    for token in tokens('<|channel|>final<|message|>{"a": "<|', format):
        inside.take(token)
    allowed = inside.allowed()
    assert not any(allowed[token] for token in control.values())
    assert allowed[ord("e")]


# --- What the model is told ---------------------------------------------------------------------


def told(request: Request) -> str:
    tokenizer = demo_format().tokenizer
    return b"".join(map(tokenizer.bytes_of, demo_format().render(request).tokens)).decode()


def test_the_model_is_told_the_schema() -> None:
    compact = json.dumps(json.loads(SHAPE), separators=(",", ":"))
    said = f"# Response Formats\n\n## Answer\n\n// What\n// to say\n{compact}"
    assert f"developer{said}user" in told(SHAPED)
    assert f"\n\n{said}user" in told(replace(SHAPED, instructions="Be brief.", tools=TOOLS))
    assert "## response\n\n{}user" in told(replace(FREE, response_schema="{}"))
    assert "# Response" not in told(FREE)
