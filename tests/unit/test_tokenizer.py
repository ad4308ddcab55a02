"""Text into tokens and back, with the demo model's vocabulary and with gpt-oss's own."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base import gguf
from app.base.errors import NotGguf
from app.base.resources import resource
from app.tokenizer import TiktokenTokenizer
from tests.fakes import vocabulary


@pytest.fixture(scope="module")
def demo() -> TiktokenTokenizer:
    return TiktokenTokenizer.from_gguf(
        gguf.read(resource("models", "demo-gpt-oss.gguf"), arrays=True)
    )


@given(st.text())
def test_every_text_comes_back(demo: TiktokenTokenizer, text: str) -> None:
    ids = demo.encode(text)
    assert b"".join(map(demo.bytes_of, ids)).decode() == text
    assert not set(ids) & set(demo.control.values())


def test_control_tokens_in_text_are_text(demo: TiktokenTokenizer) -> None:
    for name, token in demo.control.items():
        ids = demo.encode(f"a{name}b")
        assert token not in ids
        assert b"".join(map(demo.bytes_of, ids)).decode() == f"a{name}b"
        assert demo.bytes_of(token) == b""


def test_long_words_neither_overflow_nor_slow_down() -> None:
    """llama.cpp's own tokenizer overflows the stack on such text.

    Its recursive std::regex dies of 50,000 unbroken characters on a stack of 8 MiB, and of 2,000 on
    one of 512 KiB (llama.cpp#27783).
    """
    text = "a" * 200_000
    tokenizer = vocabulary.tokenizer()
    assert len(tokenizer.encode(text)) < len(text)


@pytest.mark.parametrize("unit", [" ", "\n", "a", "1", "!", "é", "日", "\u0301", " a", "😀"])
def test_no_text_is_too_long(unit: str) -> None:
    overflows = unit.isspace() or "FIRESIDE_EXPLORE" in os.environ
    text = unit * ((1_200_000 if overflows else 200_000) // len(unit))
    tokenizer = vocabulary.tokenizer()
    ids = tokenizer.encode(text)
    assert b"".join(map(tokenizer.bytes_of, ids)).decode() == text


def test_half_a_surrogate_pair_is_replaced(demo: TiktokenTokenizer) -> None:
    assert b"".join(map(demo.bytes_of, demo.encode("\ud800"))).decode() == "\ufffd"


def test_the_ranks_of_gpt_oss_are_the_official_ones(tmp_path: Path) -> None:
    """A GGUF with the real vocabulary gives back o200k_base byte by byte."""
    ranks = vocabulary.ranks()
    path = tmp_path / "vocabulary.gguf"
    vocabulary.write_gguf(path, ranks, vocabulary.CONTROL)
    read = TiktokenTokenizer.from_gguf(gguf.read(path, arrays=True))
    lines = (b64encode(read.bytes_of(i)) + b" %d\n" % i for i in range(len(ranks)))
    assert (
        hashlib.sha256(b"".join(lines)).hexdigest()
        == "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
    )
    assert vocabulary.CONTROL.items() <= read.control.items()
    hindi = "नमस्ते दुनिया, आप कैसे हैं?"
    assert read.encode(hindi) == vocabulary.official().encode(hindi)


def test_a_vocabulary_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    vocabulary.write_gguf(path, {"日".encode(): 0}, {})
    with pytest.raises(NotGguf):
        TiktokenTokenizer.from_gguf(gguf.read(path, arrays=True))
