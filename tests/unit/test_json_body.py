"""Bodies of requests: what is JSON, and small and flat enough."""

from __future__ import annotations

import io
import json

import pytest

from app.server import json_body
from app.server.api_error import ApiError
from app.server.json_body import parsed, read_body


def refusal(data: bytes) -> ApiError:
    with pytest.raises(ApiError) as caught:
        parsed(data)
    assert (caught.value.status, caught.value.code) == (400, "invalid_json")
    return caught.value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"nope",
        b'{"a": 1} x',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": "secret\nword"}',
        '{"a": "ü"}'.encode("utf-16"),
    ],
)
def test_what_is_not_json_is_refused_without_its_words(data: bytes) -> None:
    assert refusal(data).message.startswith("The body is not valid JSON in UTF-8")


@pytest.mark.parametrize("data", [b"[]", b"null", b"1", b'"a"', b"true"])
def test_it_has_to_be_an_object(data: bytes) -> None:
    assert refusal(data).message == "The body has to be an object."


@pytest.mark.parametrize(("open_", "close"), [('{"a":', "}"), ("[", "]")])
def test_it_may_not_be_deep(open_: str, close: str) -> None:
    def deep(levels: int) -> bytes:
        return f'{{"a":{open_ * (levels - 1)}1{close * (levels - 1)}}}'.encode()

    assert parsed(deep(100))
    for levels in (101, 900, 100_000):
        assert refusal(deep(levels)).message == "The body may be at most 100 levels deep."


def test_it_may_not_have_millions_of_items() -> None:
    assert parsed(b'{"a":[' + b"1," * 100_000 + b"1]}")
    for each in (b"[],", b"{},", b"1,"):
        told = refusal(b'{"a":[' + each * 2_000_000 + b"1]}").message
        assert told == "The body has too many items."


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\ud83d\ude00", "😀"),
        (r"\ud83d", "�"),
        (r"\ude00", "�"),
        (r"a\ud83dz", "a�z"),
        (r"\ud83d\ud83d\ude00", "�😀"),
        (r"\uD83D\uDE00\uDE00", "😀�"),
        (r"\\ud83d", r"\ud83d"),
        (r"\\\ud83d", "\\�"),
        (r"\"\ud83d\"", '"�"'),
        (r"\ud83d\n", "�\n"),
    ],
)
def test_half_characters_are_replaced(written: str, read: str) -> None:
    assert parsed(f'{{"a":"{written}"}}'.encode()) == {"a": read}


def test_whole_texts_stay_as_they_are() -> None:
    body = {"a": 'é 😀 \\ " \n \u2028 \x7f', "b": [1, 2.5, None, True]}
    for escaped in (True, False):
        assert parsed(json.dumps(body, ensure_ascii=escaped).encode()) == body


def test_it_may_not_be_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_body, "LARGEST", 20)
    assert read_body({"wsgi.input": io.BytesIO(b'{"a":"' + b"x" * 12 + b'"}')})
    with pytest.raises(ApiError) as caught:
        read_body({"wsgi.input": io.BytesIO(b'{"a":"' + b"x" * 13 + b'"}')})
    assert (caught.value.status, caught.value.code) == (413, "request_too_large")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity"])
def test_it_may_not_be_compressed(encoding: str) -> None:
    with pytest.raises(ApiError) as caught:
        read_body({"wsgi.input": io.BytesIO(b"{}"), "HTTP_CONTENT_ENCODING": encoding})
    assert (caught.value.status, caught.value.code) == (415, "unsupported_encoding")
