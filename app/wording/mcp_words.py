"""Words about MCP servers: their status, how they start, and what was decided about them."""

from __future__ import annotations

from collections.abc import Iterator

from app.tools.browser.browser_functions import site_opened
from app.tools.browser.source import WEB
from app.tools.mcp.approvals import Start
from app.tools.mcp.server_status import McpServerState, McpServerStatus
from app.tools.tool_events import Decision
from app.tools.visible import one_line
from app.wording.errors import explain
from app.wording.language import tr


def server_state(status: McpServerStatus) -> str:
    """Return the status of a server, in one line."""
    match status.state:
        case McpServerState.OFF:
            return tr("Off")
        case McpServerState.CHANGED:
            return tr("Changed since you approved it")
        case McpServerState.STARTING:
            return tr("Starting…")
        case McpServerState.FAILED if status.error:
            return explain(status.error).sentence
        case McpServerState.FAILED:
            return tr("Failed")
    count = tr("%Ln function(s)", "", len(status.functions))
    state = tr("Running") if status.state is McpServerState.RUNNING else tr("Ready")
    return f"{state} · {count}" if status.functions else state


def is_trouble(status: McpServerStatus) -> bool:
    """Return whether a server's state needs the user."""
    waiting = any(not function.is_approved for function in status.functions)
    return status.state in (McpServerState.CHANGED, McpServerState.FAILED) or waiting


def start_facts(start: Start) -> Iterator[tuple[str, str]]:
    """Yield how a server starts, in names and values: all of it, with nothing cut off."""
    if start.url:
        yield tr("Address:"), start.url
        if start.headers:
            yield tr("Headers:"), ", ".join(start.headers)
        return
    yield tr("Command:"), start.command
    for number, argument in enumerate(start.args, 1):
        yield tr("Argument {number}:").format(number=number), argument
    if start.variables:
        yield tr("Environment variables:"), ", ".join(start.variables)
    if start.cwd:
        yield tr("Folder:"), start.cwd
    yield tr("Program:"), start.program or tr("not found")


def start_warning(start: Start) -> str:
    """Return what the user should know before a server starts for the first time."""
    if start.url:
        return tr("The model can send text from your chats to this server.")
    return tr(
        "This program runs with your permissions. It can use your files and the network without "
        "Fireside seeing it."
    )


def decision_label(decision: str) -> str:
    """Return what was decided about a function, for use beside its name."""
    match decision:
        case Decision.ALWAYS:
            return tr("Always")
        case Decision.CHAT:
            return tr("Always in this chat")
        case Decision.NEVER:
            return tr("Never")
    return tr("Ask")


def decided_sentence(decision: str, server: str, function: str, chat: str) -> str:
    """Return what was decided: "files · search: Always", "Open example.org: Always in “Metals”".

    ``chat`` is the title of the chat for which it holds; empty for all.
    """
    name = f"{one_line(server)} · {one_line(function)}"
    if server == WEB and (site := site_opened(function)):
        name = tr("Open {place}").format(place=one_line(site))
    if not chat:
        return f"{name}: {decision_label(decision)}"
    return tr("{name}: Always in “{chat}”").format(name=name, chat=one_line(chat))
