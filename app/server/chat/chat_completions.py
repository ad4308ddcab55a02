"""The dialect of OpenAI's Chat Completions."""

from __future__ import annotations

from app.server.api_error import ApiError
from app.server.chat.completion_reading import read_request
from app.server.chat.completion_reply import CompletionReply
from app.server.dialect import Reply, Served, openai_error
from app.server.fields import Fields, JsonObject


class ChatCompletions:
    """The dialect; see `app.server.dialect.Dialect`."""

    def read(self, body: JsonObject, served: Served) -> Reply:
        """See `Dialect.read`."""
        request, style = read_request(Fields(body), served.ref)
        return CompletionReply(request, style, served.name)

    def error(self, error: ApiError) -> JsonObject:
        """See `Dialect.error`."""
        return openai_error(error)
