"""The endpoints of Anthropic's Messages."""

from __future__ import annotations

from app.server.api_error import ApiError
from app.server.dialect import Dialect, PromptCount, Served
from app.server.fields import JsonObject
from app.server.messages.message_reply import MessageReply, anthropic_error
from app.server.messages.message_request import MessageRequest


def messages_dialects() -> dict[str, Dialect]:
    """Return the dialects by their paths."""
    return {"/v1/messages": MessagesDialect(), "/v1/messages/count_tokens": MessagesCount()}


class MessagesDialect:
    """``/v1/messages``; see `app.server.dialect.Dialect`."""

    def read(self, body: JsonObject, served: Served) -> MessageReply:
        """See `app.server.dialect.Dialect.read`."""
        return MessageReply(MessageRequest.read(body, served), served.name)

    def error(self, error: ApiError) -> JsonObject:
        """See `app.server.dialect.Dialect.error`."""
        return anthropic_error(error)


class MessagesCount:
    """``/v1/messages/count_tokens``; see `app.server.dialect.Dialect`."""

    def read(self, body: JsonObject, served: Served) -> PromptCount:
        """See `app.server.dialect.Dialect.read`."""
        asked = MessageRequest.read(body, served, counted=True)
        return PromptCount(asked.request, lambda tokens: {"input_tokens": tokens})

    def error(self, error: ApiError) -> JsonObject:
        """See `app.server.dialect.Dialect.error`."""
        return anthropic_error(error)
