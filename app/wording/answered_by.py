"""Words about where a chat's answers are generated."""

from __future__ import annotations

from app.base.types import Endpoint, ModelRef
from app.wording.demo_words import model_name
from app.wording.language import tr


def model_on_host(name: str, host: str) -> str:
    """Return a model's name, with the computer on which it runs unless that is this one."""
    shown = model_name(name)
    return tr("{model} on {host}").format(model=shown, host=host) if host and shown else shown


def leaving_sentence(model: ModelRef) -> str:
    """Return where a chat with this model goes; empty for a model in a file."""
    if not isinstance(model.location, Endpoint):
        return ""
    where = model_on_host(model.name, model.host)
    if model.location.is_here:
        return tr("Answered by {model}, another app on this computer.").format(model=where)
    return tr("This chat leaves your computer: it’s answered by {model}.").format(model=where)


def answered_sentence(model: ModelRef) -> str:
    """Return where an answer was generated; empty for a model in a file."""
    if not isinstance(model.location, Endpoint):
        return ""
    where = model_on_host(model.name, model.host)
    if model.location.is_here:
        return tr("Answered by {model}, another app on this computer.").format(model=where)
    return tr("Answered by {model}.").format(model=where)


def connecting_sentence(model: ModelRef) -> str:
    """Return what happens while a server is asked for its model."""
    return tr("Connecting to {host}…").format(host=model.host)


def waiting_sentence(model: ModelRef) -> str:
    """Return what happens until the first word of a server's answer comes."""
    return tr("Waiting for {host}…").format(host=model.host)
