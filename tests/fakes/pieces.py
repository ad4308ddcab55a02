"""Answers of the local server out of their pieces, for tests of the dialects."""

from __future__ import annotations

from collections.abc import Sequence

from app.server.pieces import Answer, AnswerEnded, ItemEnded, Piece


def whole_answer(pieces: Sequence[Piece]) -> Answer:
    """Return the answer that pieces make; the last one is its end."""
    end = pieces[-1]
    assert isinstance(end, AnswerEnded)
    items = tuple(piece.item for piece in pieces if isinstance(piece, ItemEnded))
    return Answer(items, end.reason, end.usage, end.stop_text)
