"""Answers of a given shape: which tokens may come next, by llguidance.

A grammar is compiled once for a request, and then gives a mask for each token: 0.1 ms of a
vocabulary of 201,088. What llguidance needs of the vocabulary is built when it is first needed (a
second and 80 MB), in two halves: each holds Python's lock, and others' answers wait meanwhile.
Nothing is fetched, whatever a schema refers to.

Source: the _lib.pyi of llguidance 1.9.1, and 1.8.0's python_ext/src/llmatcher.rs.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.base.errors import (
    SchemaError,
    SchemaInvalid,
    SchemaMismatch,
    SchemaTooComplex,
    SchemaUnsupported,
)

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

    from app.formats import TurnGrammar
    from app.tokenizer import Tokenizer

# What llguidance says of schemas that only it can judge, and the keyword that is to blame.
_BLAMED = {
    "patternProperty": "patternProperties",
    "min/maxProperties": "minProperties",
    "circular references": "$ref",
    "multipleOf": "multipleOf",
}
_UNSATISFIABLE = "Unsatisfiable schema"
_LONGEST_DETAIL = 200
_MOST_STATES = 65_536  # of expressions while an answer grows, 1 to 2 kB each


class Grammars:
    """The grammars of a loaded model. Threads may share it."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self._trie: LLTokenizer | None = None

    def compile(self, grammar: TurnGrammar) -> GrammarMask:
        """Return the mask for a turn's first token that is not there yet. Raises SchemaError.

        It takes milliseconds, and the first time a second: not for the thread that decodes.
        """
        from llguidance import LLMatcher, LLParserLimits

        with self._lock:
            trie = self._trie = self._trie or _trie(self._tokenizer)
        limits = LLParserLimits(max_lexer_states=_MOST_STATES, verbose_errors=False)
        matcher = LLMatcher(trie, grammar.text, log_level=0, limits=limits)
        if matcher.is_error():
            raise _fault(matcher.get_error())
        mask = GrammarMask(matcher, self._tokenizer.size)
        if not mask.accepts(grammar.begun):
            raise SchemaMismatch
        for token in grammar.begun:
            mask.take(token)
        return mask


class GrammarMask:
    """Which tokens may come next. See `app.engine.engine_protocol.TokenMask`."""

    def __init__(self, matcher: LLMatcher, size: int) -> None:
        self._matcher = matcher
        self._size = size

    def allowed(self) -> bytes:
        """Return a byte for each token, 0 if it may not come next. Raises SchemaTooComplex."""
        mask = self._matcher.compute_logit_bias()[: self._size]
        if self._matcher.is_error():
            raise SchemaTooComplex(detail=_said(self._matcher.get_error()))
        if not mask.strip(b"\0"):
            raise SchemaTooComplex(detail="no token may come next")
        return mask

    def accepts(self, tokens: Sequence[int]) -> bool:
        """Return whether these tokens may come next, which would be put in rather than drawn."""
        return self._matcher.validate_tokens(list(tokens)) == len(tokens)

    def take(self, token: int) -> None:
        """Go on after a token. Raises SchemaTooComplex if it was not allowed."""
        if not self._matcher.consume_token(token):
            raise SchemaTooComplex(detail=_said(self._matcher.get_error()))


class _Vocabulary:
    """A vocabulary as llguidance takes one (TokenizerWrapper, without the package's torch)."""

    is_tokenizer_wrapper = True
    bos_token_id = None

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        # Control tokens begin with a byte that no text has, so that they are never text.
        names = {token: name for name, token in tokenizer.control.items()}
        self.tokens = [
            b"\xff" + names[token].encode() if token in names else tokenizer.bytes_of(token)
            for token in range(tokenizer.size)
        ]
        # Grammars name the token that ends a turn, and no other may: this one is never drawn.
        self.tokens.append(b"")
        self.eos_token_id = tokenizer.size
        self.special_token_ids: list[int] = []

    def __call__(self, text: str | bytes) -> list[int]:
        """Return the usual tokens of a text, which llguidance asks for where only that can come."""
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        return self._tokenizer.encode(text)


def _trie(tokenizer: Tokenizer) -> LLTokenizer:
    from llguidance import LLTokenizer

    plain = LLTokenizer(_Vocabulary(tokenizer), slices=[])  # type: ignore[arg-type]
    return plain.with_slices(LLTokenizer.json_slices())


def _fault(message: str) -> SchemaError:
    """Return llguidance's refusal of a schema as one of ours."""
    said = _said(message)
    if _UNSATISFIABLE in message:
        return SchemaInvalid(reason="nothing fits it")
    for words, keyword in _BLAMED.items():
        if words in message:
            return SchemaUnsupported(keyword=keyword, detail=said)
    return SchemaTooComplex(detail=said)


def _said(message: str) -> str:
    """Return the first line of a message, which ends with the grammar."""
    line = message.partition("\n")[0]
    return line if len(line) <= _LONGEST_DETAIL else f"{line[: _LONGEST_DETAIL - 1]}…"
