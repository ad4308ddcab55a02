"""The local server: other programs on this computer ask the model that the user has loaded.

::

    http_server      the server as the app has it: the port, who has it else, on and off
    listener         waitress, with limits of connections, headers and time
    endpoints        the paths, as one WSGI application
    gate             who may ask at all, by the headers
    json_body        a request's body, of a limited size and depth
    fields           checked reading of a request's JSON; `api_error` is what is told of it
    answers          how a request is answered: admitted, asked of the engine, written
    asker            who asks, and for what
    admission        the requests that are answered now, and how many there may be
    request_fields   what requests of all dialects have: effort, sampling, functions, texts
    replayed_answers what the model said before, as clients send it back
    prompt_size      the number of a prompt's tokens
    running_answer   the engine's answer, on a thread of its own
    declared_calls   an answer whose calls are those of the client's functions
    remembered_turns turns that wait for a client's results, as the model drew them
    pieces           an answer's items, as the dialects write them; `piece_maker` makes them
    engine_errors    the engine's errors, as clients are told them
    request_log      the requests in the log of connections, without their texts
    dialect          the seam of the dialects; `dialects` lists them
    chat/            OpenAI's Chat Completions
    responses/       OpenAI's Responses
    messages/        Anthropic's Messages

Clients are answered by the engine alone: no tool of Fireside's runs for them, and no folder, chat
or MCP server is within their reach. What is not supported is refused, and never ignored.
"""

from __future__ import annotations

from app.serving import LocalServer, ServerParts


def open_server(parts: ServerParts) -> LocalServer:
    """Return a server that is off. waitress is loaded when it is switched on."""
    from app.server.http_server import HttpServer

    return HttpServer(parts)
