"""The forms in which clients may ask, by their paths."""

from __future__ import annotations

from app.server.dialect import Dialect
from app.server.responses.responses_dialect import ResponsesDialect


def dialects() -> dict[str, Dialect]:
    """Return a dialect for each path."""
    return {
        "/v1/responses": ResponsesDialect(),
    }
