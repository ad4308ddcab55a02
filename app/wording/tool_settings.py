"""Sentences about the tools that can be switched on: their names, states and costs."""

from __future__ import annotations

from app.tools.visible import one_line
from app.wording.language import number, tr
from app.wording.quantities import duration

PYTHON = "python"
SERVER = "mcp:"


def tool_label(key: str) -> str:
    """Return a tool's name, by its key: "Python", or the name of a server."""
    return "Python" if key == PYTHON else one_line(key.removeprefix(SERVER))


def tool_explanation(key: str, state: str = "") -> str:
    """Return what a tool is for; ``state`` says how a server stands."""
    if key == PYTHON:
        return tr("Runs code in a sandbox, without network or access to your files.")
    return " · ".join(filter(None, (tr("MCP server"), state)))


def unavailable_sentence(word: str) -> str:
    """Return why a tool cannot be used now, by the word of `Tool.unavailable`."""
    match word:
        case "preparing":
            return tr("Python is being prepared…")
        case "memory":
            return tr("Not enough memory to prepare Python. Close other programs, then restart.")
        case "room":
            return tr("Not enough disk space to prepare Python. Free up some, then restart.")
        case "missing":
            return tr("Python isn’t installed. Run the setup again.")
        case "off":
            return tr("Switched off in Settings.")
        case "changed":
            return tr("Changed since you approved it. Review it in Settings.")
        case "gone":
            return tr("Not found. Connect its drive, or remove it and add it again.")
        case "offline":
            return tr("Network access is blocked.")
    return tr("Not available right now.")


def tokens_sentence(tokens: int) -> str:
    """Return how many tokens a tool takes of each prompt."""
    return tr("%Ln token(s)", "", tokens)


def tools_label(keys: list[str]) -> str:
    """Return the name of the button that opens the menu, with the tools that are on."""
    if not keys:
        return tr("Tools: none")
    return tr("Tools: {names}").format(names=", ".join(map(tool_label, keys)))


def reading_again(tokens: int, tokens_per_second: float) -> str:
    """Return what switching a tool costs in a chat that has begun; 0 for what is not known."""
    if not tokens:
        return tr("The next message will process the whole chat again.")
    if tokens_per_second <= 0:
        return tr("The next message will process %Ln token(s) again.", "", tokens)
    return tr("The next message will process {tokens} tokens again, about {time}.").format(
        tokens=number(tokens), time=duration(max(1.0, tokens / tokens_per_second))
    )
