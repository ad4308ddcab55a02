"""Explanations of errors of MCP servers."""

from __future__ import annotations

from app.base import errors as e
from app.tools.visible import one_line
from app.wording.language import tr


def server_sentence(error: e.ServerError | e.ServersUnreadable) -> str:
    """Return the sentence for an error of a server, or of a configuration of servers."""
    match error:
        case e.ServersUnreadable(path=None):
            return tr(
                "No MCP servers found in this text. Paste JSON with “mcpServers”, as in the "
                "server’s instructions."
            )
        case e.ServersUnreadable():
            return tr("Can’t read MCP servers from {path} ({reason}).").format(
                path=error.path, reason=error.reason
            )
        case e.ServerUnapproved():
            text = tr("{name} has changed. Review how it starts before you turn it on again.")
        case e.ServerCommandMissing():
            text = tr("Can’t start {name}: {command} isn’t installed.")
        case e.ServerUnstartable():
            text = tr("Can’t start {name} ({reason}).")
        case e.ServerSilent():
            text = tr("{name} didn’t respond within {seconds} s.")
        case e.ServerEnded():
            text = tr("{name} has quit. Its log may say why.")
        case e.ServerFlooding():
            text = tr("{name} sent too much data, so it was stopped.")
        case e.ServerUnreachable():
            text = tr("Can’t connect to {host} for {name} ({reason}).")
        case e.ServerSignInFailed():
            text = tr("Couldn’t sign in to {name} ({reason}).")
        case e.ServerAddressRefused():
            text = tr(
                "{name} points to {host}, which isn’t allowed. Servers need https://, and can’t "
                "redirect to addresses on your network."
            )
        case e.ServerInputMissing():
            text = tr("{name} needs values for {missing}. Enter them in its settings.")
        case e.ServerConfused():
            text = tr("{name} isn’t working as an MCP server ({reason}).")
        case _:
            text = tr("Can’t use {name}.")
    facts = {fact: _shown(getattr(error, fact)) for fact in error._facts}
    return text.format(**facts)


def _shown(fact: object) -> str:
    match fact:
        case tuple():
            return ", ".join(map(_shown, fact))
        case float():
            return f"{fact:g}"
    return one_line(str(fact))
