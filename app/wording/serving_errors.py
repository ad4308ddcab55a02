"""Sentences for errors of the local server."""

from __future__ import annotations

from app.base import errors as e
from app.wording.language import tr


def serving_sentence(error: e.LocalServerError) -> str:
    """Return the sentence for the local server, which cannot be switched on."""
    match error:
        case e.LocalServerPortTaken(port=port, holder=holder):
            told = tr("Port {port} is already in use. Choose another one.")
            if holder:
                told = tr("Port {port} is already in use by {program}. Choose another one.")
            return told.format(port=port, program=holder)
        case e.LocalServerUnstartable(port=port, reason=reason):
            told = tr("Couldn’t open port {port} ({reason}). Choose another one.")
            return told.format(port=port, reason=reason)
    return tr("Couldn’t open port {port}. Choose another one.").format(port=error.port)
