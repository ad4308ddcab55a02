"""Harmony as a `ChatFormat`."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from app.base.errors import RequestUnsupported
from app.base.types import Effort, Part, PartKind, Request, Role
from app.formats import Abilities, RenderedRequest, TurnGrammar
from app.formats.harmony import render
from app.formats.harmony.channels import Channel, MessageHeader
from app.formats.harmony.parse import HarmonyParser
from app.formats.harmony.turn_grammar import check_choice, turn_grammar
from app.formats.harmony.vocabulary import CONTROL_TOKENS, Vocabulary

if TYPE_CHECKING:
    from app.formats.token_estimate import TokenEstimator
    from app.tokenizer import Tokenizer

ABILITIES = Abilities(tuple(Effort), Effort.MEDIUM, tools=True, closable_reasoning=True)


class HarmonyFormat:
    """The Harmony format with a model's vocabulary. See `app.formats.ChatFormat`."""

    abilities = ABILITIES

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.vocabulary = Vocabulary(tokenizer)
        self.stops = self.vocabulary.stops

    @staticmethod
    def fits(control: Container[str], template: str) -> bool:
        """Return whether a file uses Harmony, by its control tokens.

        ``template`` is not needed: no other format has these, and in many files it was replaced.
        """
        return all(name in control for name in CONTROL_TOKENS)

    @staticmethod
    def estimator() -> TokenEstimator:
        """Return a tokenizer that only estimates how many tokens a text has."""
        from app.formats.token_estimate import TokenEstimator

        return TokenEstimator(CONTROL_TOKENS)

    @staticmethod
    def is_preamble(format_data: str) -> bool:
        """Return whether text with this ``format_data`` is on the commentary channel."""
        header = MessageHeader.of_part(Part("", format_data=format_data))
        return header.channel is Channel.COMMENTARY

    def render(self, request: Request) -> RenderedRequest:
        """See `ChatFormat.render`."""
        self._check(request)
        return render.render_request(request, self.vocabulary)

    def ahead(self, request: Request) -> RenderedRequest:
        """See `ChatFormat.ahead`."""
        self._check(request)
        if request.drawn:
            raise RequestUnsupported("drawn")  # what comes next is not a question
        return render.render_ahead(request, self.vocabulary)

    def bridge(self, request: Request, drawn: Sequence[int]) -> list[int]:
        """See `ChatFormat.bridge`."""
        return render.render_bridge(request, drawn, self.vocabulary)

    def parser(self, request: Request) -> HarmonyParser:
        """See `ChatFormat.parser`."""
        last = request.messages[-1]
        return HarmonyParser(self.vocabulary, last.parts if last.role is Role.ASSISTANT else ())

    def grammar(self, request: Request) -> TurnGrammar | None:
        """See `ChatFormat.grammar`."""
        return turn_grammar(request, self.vocabulary)

    def _check(self, request: Request) -> None:
        """Raise RequestUnsupported for what cannot be rendered yet."""
        check_choice(request)
        asked = (message for message in request.messages if message.role is not Role.ASSISTANT)
        parts = (part for message in asked for part in message.parts)
        if any(part.kind is PartKind.MEDIA for part in parts):
            raise RequestUnsupported("media")
