"""Explanations of errors of MCP servers."""

from __future__ import annotations

from app.base import errors as e
from app.tools.visible import one_line
from app.wording.language import tr


def mcp_sentence(error: e.McpServerError | e.McpServersUnreadable) -> str:
    """Return the sentence for an error of a server, or of a configuration of servers."""
    match error:
        case e.McpServersUnreadable(path=None):
            return tr(
                "No MCP servers found in this text. Paste JSON with “mcpServers”, as in the "
                "server’s instructions."
            )
        case e.McpServersUnreadable():
            return tr("Can’t read MCP servers from {path} ({reason}).").format(
                path=error.path, reason=error.reason
            )
        case e.McpServerUnapproved():
            text = tr("{name} has changed. Review how it starts before you turn it on again.")
        case e.McpServerCommandMissing():
            text = tr("Can’t start {name}: {command} isn’t installed.")
        case e.McpServerUnstartable():
            text = tr("Can’t start {name} ({reason}).")
        case e.McpServerSilent():
            text = tr("{name} didn’t respond within {seconds} s.")
        case e.McpServerEnded():
            text = tr("{name} has quit. Its log may say why.")
        case e.McpServerFlooding():
            text = tr("{name} sent too much data, so it was stopped.")
        case e.McpServerUnreachable():
            text = tr("Can’t connect to {host} for {name} ({reason}).")
        case e.McpServerSignInFailed():
            text = tr("Couldn’t sign in to {name} ({reason}).")
        case e.McpServerAddressRefused():
            text = tr(
                "{name} points to {host}, which isn’t allowed. Servers need https://, and can’t "
                "redirect to addresses on your network."
            )
        case e.McpServerInputMissing():
            text = tr("{name} needs values for {missing}. Enter them in its settings.")
        case e.McpServerConfused():
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
