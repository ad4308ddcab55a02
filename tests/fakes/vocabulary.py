"""gpt-oss's own vocabulary, offline, and the official implementation of Harmony with it."""

from __future__ import annotations

import atexit
import functools
import gzip
import importlib.util
import os
import shutil
import struct
import tempfile
from base64 import b64decode
from pathlib import Path

import openai_harmony

from app.base import gguf
from app.base.types import Request
from app.formats.harmony.render import render_request
from app.formats.harmony.vocabulary import Vocabulary
from app.tokenizer import TiktokenTokenizer, _byte_of_letter

CONTROL = {
    "<|startoftext|>": 199998,
    "<|endoftext|>": 199999,
    "<|return|>": 200002,
    "<|constrain|>": 200003,
    "<|channel|>": 200005,
    "<|start|>": 200006,
    "<|end|>": 200007,
    "<|message|>": 200008,
    "<|call|>": 200012,
}


@functools.cache
def _o200k() -> bytes:
    package = importlib.util.find_spec("bpe_openai")  # for its data; its code is not imported
    assert package is not None
    assert package.origin is not None
    packed = Path(package.origin).parent / "data" / "o200k_base.tiktoken.gz"
    return gzip.decompress(packed.read_bytes())


@functools.cache
def ranks() -> dict[bytes, int]:
    """Return o200k_base: bytes and rank of every ordinary token."""
    lines = (line.split() for line in _o200k().splitlines())
    return {b64decode(text): int(rank) for text, rank in lines}


@functools.cache
def tokenizer() -> TiktokenTokenizer:
    return TiktokenTokenizer(ranks(), CONTROL)


@functools.cache
def vocabulary() -> Vocabulary:
    return Vocabulary(tokenizer())


def of_file(path: Path) -> Vocabulary:
    """Read the vocabulary of a model."""
    return Vocabulary(TiktokenTokenizer.from_gguf(gguf.read(path, arrays=True)))


def render(request: Request, v: Vocabulary) -> list[int]:
    """Render a request in Harmony."""
    return list(render_request(request, v).tokens)


@functools.cache
def official() -> openai_harmony.HarmonyEncoding:
    """Return openai-harmony's encoding, with the vocabulary of an installed package."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Path(folder, "o200k_base.tiktoken").write_bytes(_o200k())
    os.environ["TIKTOKEN_ENCODINGS_BASE"] = folder
    try:
        name = openai_harmony.HarmonyEncodingName.HARMONY_GPT_OSS
        return openai_harmony.load_harmony_encoding(name)
    finally:
        del os.environ["TIKTOKEN_ENCODINGS_BASE"]


def write_gguf(path: Path, ordinary: dict[bytes, int], control: dict[str, int]) -> None:
    """Write a GGUF that holds nothing but a vocabulary."""
    letters = {byte: chr(letter) for letter, byte in _byte_of_letter().items()}
    size = 1 + max([*ordinary.values(), *control.values()])
    names, kinds = [f"<|unused {i}|>" for i in range(size)], [5] * size
    for text, token in ordinary.items():
        names[token], kinds[token] = "".join(letters[b] for b in text), 1
    for name, token in control.items():
        names[token], kinds[token] = name, 3

    def string(text: str) -> bytes:
        return struct.pack("<Q", len(text.encode())) + text.encode()

    entries = [
        string("general.architecture") + struct.pack("<I", 8) + string("gpt-oss"),
        string("tokenizer.ggml.tokens")
        + struct.pack("<IIQ", 9, 8, size)
        + b"".join(map(string, names)),
        string("tokenizer.ggml.token_type")
        + struct.pack("<IIQ", 9, 5, size)
        + struct.pack(f"<{size}i", *kinds),
    ]
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + b"".join(entries))
