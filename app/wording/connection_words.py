"""What a request in the log of connections was made for, in words."""

from __future__ import annotations

import re

from app.network.connection_log import SERVED
from app.wording.language import number, tr

_CALLED = re.compile(r"MCP (.+): call (\S+)")
_TOKENS = re.compile(r"(\d+) \+ (\d+) tokens")


def purpose_words(purpose: str) -> str:
    """Return the words for a purpose as it is logged, which is always in English.

    What is not known, as of a later version, stays as it is.
    """
    if purpose.startswith(SERVED):
        return tr("Local server: {request}").format(request=_request(purpose[len(SERVED) :]))
    if called := _CALLED.fullmatch(purpose):
        return tr("MCP server {name}: call {function}").format(name=called[1], function=called[2])
    if words := _whole(purpose):
        return words
    for start, words in _beginnings():
        if purpose.startswith(start):
            return words.format(name=purpose[len(start) :])
    return purpose


def _whole(purpose: str) -> str:
    match purpose:
        case "ask a model":
            return tr("Ask a model")
        case "check for updates":
            return tr("Check for updates")
        case "look which models a server has":
            return tr("List the models of a server")
        case "read a web page":
            return tr("Read a web page")
        case "search for models":
            return tr("Search for models")
        case "search the web":
            return tr("Search the web")
        case "unknown":
            return tr("Unknown")
    return ""


def _beginnings() -> tuple[tuple[str, str], ...]:
    return (
        ("answer by ", tr("Answer by {name}")),
        ("call ", tr("Call {name}")),
        ("download ", tr("Download {name}")),
        ("inspect ", tr("Check {name}")),
        ("list models in ", tr("List the models in {name}")),
        ("start ", tr("Start {name}")),
        ("MCP ", tr("MCP server {name}")),
    )


def _request(text: str) -> str:
    """Return who has asked the local server for what, and what came of it."""
    asked, _, ended = text.rpartition(", ")
    if tokens := _TOKENS.fullmatch(ended):
        prompt, generated = (number(int(each)) for each in tokens.groups())
        ended = tr("{prompt} + {generated} tokens").format(prompt=prompt, generated=generated)
    elif ended == "the client left":
        ended = tr("the app disconnected")
    return f"{asked}, {ended}" if asked else ended
