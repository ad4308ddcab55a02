"""Text from outside, such as a server's, as a line that can be shown and logged."""

from __future__ import annotations


def plain_line(text: str, longest: int) -> str:
    """Return a text as one line of at most ``longest`` characters, without control characters."""
    text = "".join(char if char.isprintable() else " " for char in text[: 10 * longest])
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
