"""Text into tokens and back, with the vocabulary in a GGUF file.

llama.cpp's own tokenizer turns a user's ``<|start|>`` into a control token and overflows its stack
on long words (a recursive std::regex: 50,000 letters on a stack of 8 MiB), so it is never used.
tiktoken does the merging; control tokens exist only as ids that a chat format inserts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

import tiktoken

from app.base.errors import NotGguf
from app.base.gguf import NORMAL_TOKEN, GgufHeader

# The pattern of o200k_base, from tiktoken_ext/openai_public.py; GGUF calls it "gpt-4o".
_PATTERN = "|".join(
    [
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
        r"""\p{N}{1,3}""",
        r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""",
        r"""\s*[\r\n]+""",
        r"""\s+(?!\S)""",
        r"""\s+""",
    ]
)
# The pattern overflows tiktoken's stack on a run of about a million blanks. Only such a run is cut.
_TOO_LONG = re.compile(r"(\s{100000})")


def _byte_of_letter() -> dict[int, int]:
    """Return GPT-2's map from printable characters to bytes (its bytes_to_unicode, inverted)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in printable]
    return {b: b for b in printable} | {0x100 + i: b for i, b in enumerate(others)}


class Tokenizer(Protocol):
    """A model's vocabulary: text into tokens and back.

    ``control``: the control tokens by their names; they represent no text. ``size``: the number of
    tokens, counted from 0.
    """

    @property
    def control(self) -> Mapping[str, int]: ...
    @property
    def size(self) -> int: ...

    def encode(self, text: str) -> list[int]:
        """Return ``text`` as ordinary tokens, never control tokens, whatever it contains."""

    def bytes_of(self, token: int) -> bytes:
        """Return the bytes that a token represents: none for a control token or an unknown one."""


class TiktokenTokenizer:
    """A `Tokenizer` that uses tiktoken for merging.

    ``ranks``: the bytes of each ordinary token, and its id, which is its merge rank too.
    ``control``: the control tokens by their text.
    """

    def __init__(self, ranks: dict[bytes, int], control: Mapping[str, int]) -> None:
        self.control = dict(control)
        self.size = 1 + max((*ranks.values(), *control.values()), default=-1)
        self._bytes = {token: text for text, token in ranks.items()}
        self._encoding = tiktoken.Encoding(
            "gguf", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens=self.control
        )

    @classmethod
    def from_gguf(cls, header: GgufHeader) -> TiktokenTokenizer:
        """Return the vocabulary of a header that was read with its arrays. Raises NotGguf."""
        tokens = header.metadata.get("tokenizer.ggml.tokens")
        kinds = header.metadata.get("tokenizer.ggml.token_type")
        if not isinstance(tokens, list) or not isinstance(kinds, list):
            raise NotGguf(header.path)
        # All items of an array have one type.
        if not tokens or not isinstance(tokens[0], bytes) or len(tokens) != len(kinds):
            raise NotGguf(header.path)
        letters = _byte_of_letter()
        ranks: dict[bytes, int] = {}
        control: dict[str, int] = {}
        try:
            for token, (name, kind) in enumerate(zip(tokens, kinds, strict=True)):
                text = name.decode("utf-8")
                if kind == NORMAL_TOKEN:
                    ranks[text.translate(letters).encode("latin-1")] = token
                else:
                    control[text] = token
            if not all(bytes([byte]) in ranks for byte in range(256)):
                raise NotGguf(header.path)  # some text could not be encoded
            return cls(ranks, control)
        except ValueError:  # invalid byte names, or ranks that tiktoken rejects
            raise NotGguf(header.path) from None

    def encode(self, text: str) -> list[int]:
        """See `Tokenizer.encode`."""
        pieces = _TOO_LONG.split(text)
        return [token for piece in pieces for token in self._encoding.encode_ordinary(piece)]

    def bytes_of(self, token: int) -> bytes:
        """See `Tokenizer.bytes_of`."""
        return self._bytes.get(token, b"")
