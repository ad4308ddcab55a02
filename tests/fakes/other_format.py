"""A second chat format, which proves the interface.

ChatML, with reasoning between ``<think>`` tags.
"""

from __future__ import annotations

import codecs
from collections.abc import Container, Sequence
from dataclasses import replace

from app.base.answer_events import Delta, StopReason
from app.base.errors import RequestUnsupported
from app.base.types import Message, PartKind, Request, Role
from app.formats import Abilities, RenderedRequest, TurnGrammar, question_text
from app.tokenizer import Tokenizer

CONTROL = {"<|im_start|>": 1001, "<|im_end|>": 1002, "<think>": 1003, "</think>": 1004}


class ChatMl:
    r"""``<|im_start|>role\ntext<|im_end|>``; reasoning of past turns is dropped."""

    abilities = Abilities(closable_reasoning=True)

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.start, self.end, self.think, self.close = (tokenizer.control[t] for t in CONTROL)
        self.stops = frozenset({self.end})

    @staticmethod
    def is_preamble(format_data: str) -> bool:
        return False

    @staticmethod
    def fits(control: Container[str], template: str) -> bool:
        return all(name in control for name in CONTROL) and "<|im_start|>" in template

    def render(self, request: Request) -> RenderedRequest:
        self.grammar(request)
        if request.tools or request.drawn:
            raise RequestUnsupported("tools")
        *before, last = request.messages
        if last.role is not Role.ASSISTANT:
            return RenderedRequest.of_pieces([*self._past(request), self._head("assistant")])
        past = self._past(replace(request, messages=tuple(before)))
        written = [*self._head("assistant")]
        if last.reasoning:
            written += [self.think, *self.tokenizer.encode(last.reasoning)]
            written += [self.close] if last.text else []
        written += self.tokenizer.encode(last.text)
        return RenderedRequest.of_pieces([*past, written, []], len(written))

    def ahead(self, request: Request) -> RenderedRequest:
        pieces = self._past(request)
        if request.messages and request.messages[-1].role is Role.USER:
            del pieces[-1][-1]
        return RenderedRequest.of_pieces([*pieces, []])

    def bridge(self, request: Request, drawn: Sequence[int]) -> list[int]:
        raise RequestUnsupported("tools")

    def parser(self, request: Request) -> ChatMlParser:
        last = request.messages[-1]
        return ChatMlParser(self, last if last.role is Role.ASSISTANT else None)

    def grammar(self, request: Request) -> TurnGrammar | None:
        if request.response_schema:
            raise RequestUnsupported("response_schema")
        return None

    def _head(self, role: str) -> list[int]:
        return [self.start, *self.tokenizer.encode(f"{role}\n")]

    def _past(self, request: Request) -> list[list[int]]:
        """Return the tokens of each message; the first carries the instructions."""
        encode, told = self.tokenizer.encode, request.instructions
        pieces: list[list[int]] = [[]]
        for message in request.messages:
            text = "\n\n".join(map(question_text, message.parts))
            text = message.text if message.role is Role.ASSISTANT else text
            text, told = (f"{told}\n\n{text}" if told else text), ""
            pieces.append([*self._head(message.role.value), *encode(text), self.end])
        return pieces


class ChatMlParser:
    def __init__(self, chat_format: ChatMl, goes_on: Message | None) -> None:
        self.stop: StopReason | None = None
        self._format = chat_format
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        parts = goes_on.parts if goes_on else ()
        self._index = len(parts) - 1
        self._kind = parts[-1].kind if parts else None
        self._fed = False

    @property
    def in_reasoning(self) -> bool:
        return self._kind is PartKind.REASONING

    def feed(self, token: int) -> list[Delta]:
        self._fed = True
        if self.stop or token == self._format.end:
            self.stop = StopReason.END
        elif token == self._format.think:
            self._index, self._kind = self._index + 1, PartKind.REASONING
        elif token == self._format.close:
            self._kind = None
        elif text := self._decoder.decode(self._format.tokenizer.bytes_of(token)):
            if self._kind is None:
                self._index, self._kind = self._index + 1, PartKind.TEXT
            return [Delta(self._index, text, self._kind)]
        return []

    def finish(self) -> list[Delta]:
        return []

    def close_reasoning(self) -> list[int]:
        if self.in_reasoning:
            return [self._format.close]
        if self._fed or self._kind is not None:
            return []
        return [self._format.think, self._format.close]
