"""Names and arguments of functions, there and here."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from app.base.types import Part, PartKind, ToolFunction, ToolNamespace, ToolSource
from app.engine.remote.tool_names import LONGEST, ToolNames
from app.tools.browser.browser_functions import BROWSER_FUNCTIONS
from app.tools.mcp.function_names import function_names

ANY = '{"type": "object"}'
PYTHON = ToolNamespace("python", description="Integers in NumPy are 64-bit.")
BROWSER = ToolNamespace("browser", BROWSER_FUNCTIONS, sources=(ToolSource("web", "web"),))
MCP = ToolNamespace(
    "functions",
    tuple(
        ToolFunction(name, "x", ANY)
        for name in function_names("files", ["read/file", "read.file", "x" * 128]).values()
    ),
)
TOOLS = (PYTHON, BROWSER, MCP)

functions = st.builds(
    ToolFunction, st.text(min_size=1, max_size=80), st.text(), st.sampled_from(["", ANY])
)
namespaces = st.builds(
    ToolNamespace,
    st.sampled_from(["functions", "browser", "python", "a.b", "functions.x", "ä"]),
    st.lists(functions, max_size=4).map(tuple),
)


def call(name: str, text: str) -> Part:
    return Part(text, PartKind.CALL, name)


def test_all_tools_have_names_that_servers_allow() -> None:
    names = ToolNames(TOOLS)
    declared = names.declared()
    assert [each["name"] for each in declared] == [
        "python",
        "browser_search",
        "browser_open",
        "browser_find",
        *(function.name for function in MCP.functions),
    ]
    python, search, opens, *_ = declared
    assert python["parameters"]["required"] == ["code"]
    assert "Jupyter" in python["description"]
    assert "64-bit" in python["description"]
    assert search["description"].startswith("Tool for browsing.")
    assert "sources=web" in search["description"]
    assert "Tool for browsing" not in opens["description"], "it is told once"
    assert opens["parameters"] == json.loads(BROWSER_FUNCTIONS[1].schema)


@given(st.lists(namespaces, max_size=4))
def test_names_come_back(tools: list[ToolNamespace]) -> None:
    names = ToolNames(tools)
    here = {
        f"{space.name}.{function.name}" if function else space.name
        for space in tools
        for function in space.functions or (None,)
    }
    there = {name: names.there(name) for name in here}
    assert len(set(there.values())) == len(here)
    for name, other in there.items():
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", other)
        assert len(other) <= LONGEST
        assert names.here(other) == name
    assert {each["name"] for each in names.declared()} == set(there.values())


@given(st.text())
def test_plain_text_comes_back(text: str) -> None:
    names = ToolNames(TOOLS)
    sent = names.arguments_there(call("python", text))
    assert json.loads(sent) == {"code": text}
    assert names.arguments_here("python", sent) == text


def test_arguments_as_models_write_them() -> None:
    names = ToolNames(TOOLS)
    for written, code in {
        '{"code": "1"}': "1",
        '{"input": "1"}': "1",
        '{"code": "1", "timeout": 3}': "1",
        "1 + 1": "1 + 1",
        '{"a": "1", "b": "2"}': '{"a": "1", "b": "2"}',
        '{"code": 1}': '{"code": 1}',
        '["1"]': '["1"]',
        "": "",
        "{": "{",
        "[" * 100_000: "[" * 100_000,
    }.items():
        assert names.arguments_here("python", written) == code
    for written in ("", '{"query": "x"}', "{", "NaN"):
        assert names.arguments_here("browser.search", written) == written


def test_what_goes_out_is_an_object_whatever_was_written() -> None:
    names = ToolNames(TOOLS)
    for text, sent in {
        "": {},
        " ": {},
        '{"query": "x"}': {"query": "x"},
        '{"query": ': {"code": '{"query": '},
        '["x"]': {"code": '["x"]'},
        '{"n": NaN}': {"code": '{"n": NaN}'},
    }.items():
        assert json.loads(names.arguments_there(call("browser.search", text))) == sent
    assert json.loads(names.arguments_there(call("python", "{}"))) == {"code": "{}"}
    undeclared = ToolNames(())
    assert json.loads(undeclared.arguments_there(call("python", "1 + 1"))) == {"code": "1 + 1"}
    assert undeclared.arguments_there(call("made_up", '{"a": 1}')) == '{"a": 1}'
    assert undeclared.there("browser.open") == "browser_open"


def test_what_the_model_made_up_stays() -> None:
    names = ToolNames(TOOLS)
    for name in ("no_such", "functions.no_such", "browser.search", "container.exec", ""):
        assert names.here(name) == name
    assert names.here("functions.browser_search") == "browser.search"
    assert names.here("browser_search") == "browser.search"


def test_a_schema_that_is_none_is_that_of_anything() -> None:
    names = ToolNames((ToolNamespace("functions", (ToolFunction("x", "", "nonsense"),)),))
    assert names.declared()[0]["parameters"] == {"type": "object", "properties": {}}


def test_one_function_alone() -> None:
    names = ToolNames(TOOLS)
    for name in ("browser.open", "open"):
        assert [each["name"] for each in names.declared(name)] == ["browser_open"]
    assert names.declared("no_such") == []
