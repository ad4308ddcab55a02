"""What a request in the log of connections was made for, in words."""

from __future__ import annotations

import re

from app.network.connection_log import LEFT, SERVED, Purpose
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
        case Purpose.ASK:
            return tr("Ask a model")
        case Purpose.LIST_SERVED:
            return tr("List the models of a server")
        case Purpose.READ_PAGE:
            return tr("Read a web page")
        case Purpose.SEARCH_HUB:
            return tr("Search for models")
        case Purpose.SEARCH_WEB:
            return tr("Search the web")
        case Purpose.UNKNOWN:
            return tr("Unknown")
        case Purpose.UPDATES:
            return tr("Check for updates")
    return ""


def _beginnings() -> tuple[tuple[str, str], ...]:
    return (
        (Purpose.ANSWER, tr("Answer by {name}")),
        (Purpose.CALL, tr("Call {name}")),
        (Purpose.DOWNLOAD, tr("Download {name}")),
        (Purpose.INSPECT, tr("Check {name}")),
        (Purpose.LIST_FILES, tr("List the models in {name}")),
        (Purpose.MCP, tr("MCP server {name}")),
        (Purpose.START, tr("Start {name}")),
        (Purpose.TRY, tr("Test {name}")),
    )


def _request(text: str) -> str:
    """Return who has asked the local server for what, and what came of it."""
    asked, _, ended = text.rpartition(", ")
    if tokens := _TOKENS.fullmatch(ended):
        prompt, generated = (number(int(each)) for each in tokens.groups())
        ended = tr("{prompt} + {generated} tokens").format(prompt=prompt, generated=generated)
    elif ended == LEFT:
        ended = tr("the app disconnected")
    return f"{asked}, {ended}" if asked else ended
