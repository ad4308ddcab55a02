"""The recipients of calls: what models write, and what readers see."""

from __future__ import annotations


def plain_name(recipient: str) -> str:
    """Return the name of what is called, for a reader: "Python", "files.search", "get_weather"."""
    if recipient == "python":
        return "Python"
    return recipient.removeprefix("functions.").replace("__", ".", 1)
