"""What a model's Python runs in, in words."""

from __future__ import annotations

from app.tools.python.wall import Wall
from app.wording.language import tr


def sandbox(wall: Wall | None, *, installed: bool) -> str:
    """Return what the sandbox consists of, by the names of its parts."""
    if not installed:
        return tr("not set up, so models can’t use Python")
    if wall is None:
        return tr("WebAssembly; the system’s part could not be checked")
    parts = ", ".join(["WebAssembly", *wall.layers])
    if not wall.missing:
        return parts
    return tr("{parts}; not available here: {missing}").format(
        parts=parts, missing=", ".join(wall.missing)
    )
