"""Sentences about the local server."""

from __future__ import annotations

from app.serving import ServedRequest, ServedState, ServerStatus
from app.wording.language import number, tr
from app.wording.quantities import duration


def request_state(request: ServedRequest) -> str:
    """Return what a request is doing, in a line."""
    told = [request.path, _doing(request)]
    if request.state is ServedState.ANSWERING:
        if request.tokens_per_second:
            speed = number(request.tokens_per_second, 1 if request.tokens_per_second < 10 else 0)
            told.append(tr("{tokens_per_second} tokens/s").format(tokens_per_second=speed))
        told.append(tr("%Ln token(s)", "", request.generated))
    told.append(duration(request.seconds))
    return " · ".join(told)


def _doing(request: ServedRequest) -> str:
    match request.state:
        case ServedState.WAITING if request.place > 1:
            return tr("Waiting, number {place} in line").format(place=number(request.place))
        case ServedState.WAITING if request.place == 1:
            return tr("Waiting, next in line")
        case ServedState.WAITING:
            return tr("Waiting…")
        case ServedState.LOADING:
            return tr("Loading the model…")
        case ServedState.READING if request.prompt_tokens:
            return tr("Processing %Ln token(s)…", "", request.prompt_tokens)
        case ServedState.READING:
            return tr("Processing the prompt…")
        case ServedState.ANSWERING:
            return tr("Answering")


def requests_sentence(status: ServerStatus) -> str:
    """Return how many requests were answered, where none is running."""
    if status.requests:
        return ""
    if not status.served:
        return tr("No requests yet.")
    return tr("No requests right now. %Ln answered so far.", "", status.served)


def sign_text(status: ServerStatus) -> str:
    """Return the words of the sign that the server is on, or could not be switched on."""
    if not status.on:
        return tr("Local server failed")
    if not status.requests:
        return tr("Local server on")
    return tr("Serving %Ln request(s)", "", len(status.requests))


def stopped_by_quitting(status: ServerStatus) -> str:
    """Return how many requests would be stopped; empty for none."""
    count = len(status.requests)
    return tr("Quitting stops %Ln request(s).", "", count) if count else ""


def server_summary(port: int, *, on: bool) -> str:
    """Return how the local server is set, for the report."""
    return tr("on, port {port}").format(port=port) if on else tr("off")
