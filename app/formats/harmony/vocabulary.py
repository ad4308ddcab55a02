"""The ids of Harmony's control tokens in a file's vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.tokenizer import Tokenizer


CONTROL_TOKENS = (
    "<|start|>",
    "<|end|>",
    "<|message|>",
    "<|channel|>",
    "<|constrain|>",
    "<|call|>",
    "<|return|>",
    "<|endoftext|>",
)


class Vocabulary:
    """A tokenizer, and the ids of Harmony's control tokens. Raises KeyError if one is missing."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        ids = tokenizer.control
        self.start = ids["<|start|>"]
        self.end = ids["<|end|>"]
        self.message = ids["<|message|>"]
        self.channel = ids["<|channel|>"]
        self.constrain = ids["<|constrain|>"]
        self.call = ids["<|call|>"]
        self.headers = frozenset({self.start, self.end, self.message, self.channel, self.constrain})
        self.stops = frozenset({ids["<|return|>"], self.call, ids["<|endoftext|>"]})
        self.not_text = self.headers | self.stops
