"""Arguments as models write them, against schemas."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tools.arguments import checked
from app.tools.tool import CallInvalid

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "count": {"type": "integer"},
        "ratio": {"type": "number"},
        "deep": {"type": "boolean"},
        "kind": {"enum": ["a", "b"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "at": {"$ref": "#/$defs/point"},
        "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "any": {},
    },
    "required": ["path"],
    "$defs": {
        "point": {
            "type": "object",
            "properties": {"x": {"type": "integer"}, "next": {"$ref": "#/$defs/point"}},
            "required": ["x"],
        }
    },
}


def fit(written: str | dict[str, Any], schema: Any = SCHEMA) -> Any:
    text = written if isinstance(written, str) else json.dumps(written)
    return json.loads(checked("functions.f", text, json.dumps(schema)))


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ({"path": "/a"}, {"path": "/a"}),
        ({"path": "/a", "count": "3"}, {"path": "/a", "count": 3}),
        ({"path": "/a", "count": 3.0}, {"path": "/a", "count": 3}),
        ({"path": "/a", "ratio": "0.5"}, {"path": "/a", "ratio": 0.5}),
        ({"path": "/a", "deep": "True"}, {"path": "/a", "deep": True}),
        ({"path": 7}, {"path": "7"}),
        ({"path": "/a", "tags": '["x", "y"]'}, {"path": "/a", "tags": ["x", "y"]}),
        ({"path": "/a", "why": "I think"}, {"path": "/a"}),
        ({"path": "/a", "count": None}, {"path": "/a"}),
        ({"path": "/a", "limit": None}, {"path": "/a", "limit": None}),
        ({"path": "/a", "limit": "5"}, {"path": "/a", "limit": 5}),
        (
            {"path": "/a", "at": {"x": "1", "y": 2, "next": {"x": 2}}},
            {"path": "/a", "at": {"x": 1, "next": {"x": 2}}},
        ),
        ({"path": "/a", "any": {"b": [1]}}, {"path": "/a", "any": {"b": [1]}}),
        ('```json\n{"path": "/a"}\n```', {"path": "/a"}),
        (json.dumps('{"path": "/a"}'), {"path": "/a"}),
        ('{"path": "two\nlines"}', {"path": "two\nlines"}),
    ],
)
def test_what_can_mean_one_thing_only(written: str | dict[str, Any], found: Any) -> None:
    assert fit(written) == found


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{"path": "/a"', "not valid JSON (Expecting ',' delimiter at character 14 of 13)"),
        ("/a", "not valid JSON"),
        ("[1]", "not one JSON object"),
        ("", "“path” is missing"),
        ({"count": 1}, "“path” is missing"),
        ({"path": ["/a"]}, "“path” is not a string"),
        ({"path": "/a", "count": "three"}, "“count” is not an integer"),
        ({"path": "/a", "count": 1.5}, "“count” is not an integer"),
        ({"path": "/a", "count": True}, "“count” is not an integer"),
        ({"path": "/a", "kind": "c"}, '“kind” is none of "a", "b"'),
        ({"path": "/a", "tags": [["x"]]}, "“tags[0]” is not a string"),
        ({"path": "/a", "at": {"next": {}}}, "“at.x” is missing"),
    ],
)
def test_anything_else_is_told_with_the_right_form(
    written: str | dict[str, Any], said: str
) -> None:
    with pytest.raises(CallInvalid) as fault:
        fit(written)
    text = str(fault.value)
    assert said in text
    assert 'The arguments of functions.f are one JSON object of this form: {"path": string' in text
    assert '"tags"?: [string, …]' in text


def test_schemas_that_say_little() -> None:
    assert fit({"a": 1}, {}) == {"a": 1}
    assert fit("", {"type": "object"}) == {}
    assert fit({"a": 1}, "no object") == {"a": 1}
    more = {"type": "object", "properties": {}, "additionalProperties": {"type": "integer"}}
    assert fit({"a": "1"}, more) == {"a": 1}
    assert fit({"a": 1}, {"properties": {"a": {"$ref": "#/nowhere"}}}) == {"a": 1}
    assert fit({"a": 1}, {"properties": {"a": {"$ref": "#/properties/a"}}}) == {"a": 1}


def test_schemas_that_lead_to_themselves_come_to_an_end() -> None:
    here = {"$ref": "#"}
    assert fit({"a": 1}, {"anyOf": [here, here, here]}) == {"a": 1}
    wide = {"properties": {f"a{n}": here for n in range(300)}, "required": ["b"]}
    with pytest.raises(CallInvalid, match="“b” is missing"):
        fit({"a0": {"a0": {}}}, wide)


def values() -> st.SearchStrategy[Any]:
    plain = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats()
    return st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@settings(max_examples=30, deadline=None)
@given(values(), values())
def test_it_fits_or_says_so(written: Any, schema: Any) -> None:
    with suppress(CallInvalid):
        assert isinstance(fit(json.dumps(written), schema), dict)
