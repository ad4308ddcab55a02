"""The forms in which clients may ask, by their paths."""

from __future__ import annotations

from app.server.dialect import Dialect


def dialects() -> dict[str, Dialect]:
    """Return a dialect for each path."""
    from app.server.chat.chat_completions import ChatCompletions
    from app.server.messages.messages_dialect import messages_dialects
    from app.server.responses.responses_dialect import responses_dialects

    return {
        "/v1/chat/completions": ChatCompletions(),
        **responses_dialects(),
        **messages_dialects(),
    }
