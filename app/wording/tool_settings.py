"""Sentences about the tools that can be switched on: their names, states and costs."""

from __future__ import annotations

from app.tools.browser.source import ENCYCLOPAEDIA, FOLDER, LOCAL, WEB
from app.tools.visible import one_line
from app.wording.language import number, tr
from app.wording.policy_words import set_by_organization
from app.wording.quantities import duration

PYTHON = "python"
SERVER = "mcp:"
"""What the key of a server begins with; its name follows."""


def is_source(key: str) -> bool:
    """Return whether a tool is a folder or an encyclopaedia, by its key."""
    return key.startswith(LOCAL)


def tool_label(key: str) -> str:
    """Return a tool's name, by its key: "Python", or the name of a server or folder."""
    if key in (PYTHON, WEB):
        return tr("Web") if key == WEB else "Python"
    kind = next((each for each in (SERVER, FOLDER, ENCYCLOPAEDIA) if key.startswith(each)), "")
    return one_line(key.removeprefix(kind))


def tool_explanation(key: str, state: str = "") -> str:
    """Return what a tool is for; ``state`` is the status of a server or a folder."""
    if key == PYTHON:
        return tr("Runs code in a sandbox, without network or access to your files.")
    if key == WEB:
        return tr("Searches the web and reads pages. What it searches for leaves your computer.")
    if is_source(key) and state:
        return state
    if key.startswith(FOLDER):
        return tr("Folder")
    if key.startswith(ENCYCLOPAEDIA):
        return tr("Encyclopaedia")
    return " · ".join(filter(None, (tr("MCP server"), state)))


def tools_heading(key: str) -> str:
    """Return the heading under which a tool is listed; empty for those that are built in."""
    if key.startswith(FOLDER):
        return tr("Folders")
    if key.startswith(ENCYCLOPAEDIA):
        return tr("Encyclopaedias")
    return tr("MCP servers") if key.startswith(SERVER) else ""


def tools_elsewhere(host: str) -> str:
    """Return why folders and servers are off with a model on another computer."""
    return tr(
        "The model runs on {host}. Folders, encyclopaedias and MCP servers are off until you "
        "switch them on for it here."
    ).format(host=one_line(host))


def use_of_folders(host: str) -> str:
    """Return what a model does with folders; ``host`` is where it runs, empty for here."""
    if not host:
        return tr("The model can search the files and cite them. They stay on your computer.")
    return tr(
        "The model can search the files and cite them. What it reads is sent to {host}, after "
        "you are asked."
    ).format(host=one_line(host))


def missing_sources(preset: str, keys: list[str]) -> str:
    """Return that folders or encyclopaedias of a preset are not there; empty if all are."""
    if not keys:
        return ""
    names = ", ".join(map(tool_label, keys))
    return tr("“{preset}” can’t find {names}.").format(preset=preset, names=names)


def unavailable_sentence(word: str) -> str:
    """Return why a tool cannot be used now, by the word of `Tool.unavailable`."""
    match word:
        case "forbidden":
            return set_by_organization()
        case "removed":
            return tr("No longer set up.")
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
        case "no key":
            return tr("Add a key for the search engine in Settings.")
        case "no address":
            return tr("Add the address of your SearXNG in Settings.")
        case "gone":
            return tr("Not found. Connect its drive, or remove it and add it again.")
        case "offline":
            return tr("Network access is blocked.")
    return tr("Not available right now.")


def unrepeatable_sentence(word: str) -> str:
    """Return why a call cannot be run again, by the word of `CallUnrepeatable`."""
    return unavailable_sentence(word) if word else tr("This call can’t be run again.")


def tokens_sentence(tokens: int) -> str:
    """Return how many tokens a tool takes of each prompt."""
    return tr("%Ln token(s)", "", tokens)


def tools_label(keys: list[str]) -> str:
    """Return the name of the button that opens the menu, with the tools that are on."""
    if not keys:
        return tr("Tools: none")
    return tr("Tools: {names}").format(names=", ".join(map(tool_label, keys)))


def web_label(word: str, *, on: bool) -> str:
    """Return the name of the web's button; ``word`` is that of why it cannot be used now."""
    if word:
        return tr("Web search: {reason}").format(reason=unavailable_sentence(word))
    return tr("Web search: on") if on else tr("Web search: off")


def reading_again(tokens: int, tokens_per_second: float) -> str:
    """Return what switching a tool costs in a chat that has begun; 0 for what is not known."""
    if not tokens:
        return tr("The next message will process the whole chat again.")
    if tokens_per_second <= 0:
        return tr("The next message will process %Ln token(s) again.", "", tokens)
    return tr("The next message will process {tokens} tokens again, about {time}.").format(
        tokens=number(tokens), time=duration(max(1.0, tokens / tokens_per_second))
    )
