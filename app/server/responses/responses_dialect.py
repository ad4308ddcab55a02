"""The endpoints of Responses."""

from __future__ import annotations

from app.server.api_error import ApiError
from app.server.dialect import Dialect, PromptCount, Served, openai_error
from app.server.engine_errors import MESSAGES, SCHEMA
from app.server.fields import JsonObject
from app.server.responses.response_request import read_request
from app.server.responses.responses_reply import ResponsesReply
from app.server.responses.stored_responses import StoredResponses

_PARAMS = {MESSAGES: "input", SCHEMA: "text.format.schema"}
"""What the engine's errors are about, by the names of Responses."""


def responses_dialects() -> dict[str, Dialect]:
    """Return the dialects, by their paths; what is stored is common to them."""
    stored = StoredResponses()
    return {
        "/v1/responses": ResponsesDialect(stored),
        "/v1/responses/input_tokens": InputTokensDialect(stored),
    }


class ResponsesDialect:
    """OpenAI's Responses; see `app.server.dialect.StoringDialect`."""

    def __init__(self, stored: StoredResponses) -> None:
        self._stored = stored

    def read(self, body: JsonObject, served: Served) -> ResponsesReply:
        """See `Dialect.read`."""
        return ResponsesReply(read_request(body, served, self._stored), self._stored)

    def stored(self, name: str) -> JsonObject:
        """See `StoringDialect.stored`."""
        found = self._stored.get(name)
        if found is None:
            raise _not_found(name)
        return found.response

    def delete(self, name: str) -> JsonObject:
        """See `StoringDialect.delete`."""
        if not self._stored.delete(name):
            raise _not_found(name)
        return {"id": name, "object": "response.deleted", "deleted": True}

    def error(self, error: ApiError) -> JsonObject:
        """See `Dialect.error`."""
        return _error(error)


class InputTokensDialect:
    """The number of tokens of a response's input; see `app.server.dialect.Dialect`."""

    def __init__(self, stored: StoredResponses) -> None:
        self._stored = stored

    def read(self, body: JsonObject, served: Served) -> PromptCount:
        """See `Dialect.read`."""
        asked = read_request(body, served, self._stored)
        return PromptCount(asked.request, _counted)

    def error(self, error: ApiError) -> JsonObject:
        """See `Dialect.error`."""
        return _error(error)


def _counted(tokens: int) -> JsonObject:
    return {"object": "response.input_tokens", "input_tokens": tokens}


def _not_found(name: str) -> ApiError:
    return ApiError(404, f"Response with id '{name[:100]}' not found.", param="response_id")


def _error(error: ApiError) -> JsonObject:
    body = openai_error(error)
    body["error"]["param"] = _PARAMS.get(error.param or "", error.param)
    return body
