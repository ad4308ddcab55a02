"""The endpoint of Responses."""

from __future__ import annotations

from app.server.api_error import ApiError
from app.server.dialect import Served, openai_error
from app.server.fields import JsonObject
from app.server.responses.response_request import read_request
from app.server.responses.responses_reply import ResponsesReply
from app.server.responses.stored_responses import StoredResponses


class ResponsesDialect:
    """OpenAI's Responses; see `app.server.dialect.Dialect`."""

    def __init__(self) -> None:
        self._stored = StoredResponses()

    def read(self, body: JsonObject, served: Served) -> ResponsesReply:
        """See `Dialect.read`."""
        return ResponsesReply(read_request(body, served, self._stored), self._stored)

    def error(self, error: ApiError) -> JsonObject:
        """See `Dialect.error`."""
        return openai_error(error)
