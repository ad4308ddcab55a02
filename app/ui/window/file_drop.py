"""Sorting of files that are dropped on the window or pasted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from pathlib import Path

from PySide6.QtCore import QObject, Signal

# The names of chat exports; any other file is to be attached.
_CHATS = re.compile(r"conversations(-\d+)?\.json|.+\.conversation\.json|.+\.zip", re.IGNORECASE)


class DropTarget(Enum):
    """What is done with files that are dropped."""

    MODEL = auto()
    CHATS = auto()
    ATTACHED = auto()


def target_of(paths: Sequence[Path]) -> DropTarget:
    """Return what is done with the first of some files."""
    first = paths[0]
    if first.suffix.lower() == ".gguf":
        return DropTarget.MODEL
    return DropTarget.CHATS if _has_chats(first) else DropTarget.ATTACHED


class FileDrop(QObject):
    """A sorter of files into models, exports of chats, and files to attach."""

    model = Signal(Path)
    """A GGUF file."""
    chats = Signal(object)
    """A list of folders, and of files that look like chat exports."""
    attached = Signal(object)
    """A list of other files."""

    def take(self, paths: Iterable[Path]) -> None:
        """Emit a signal for each kind of file; of several models, only the first is used."""
        paths = list(paths)
        models = [path for path in paths if path.suffix.lower() == ".gguf"]
        if models:
            self.model.emit(models[0])
        if chats := [path for path in paths if _has_chats(path)]:
            self.chats.emit(chats)
        if others := [path for path in paths if path not in (*models, *chats)]:
            self.attached.emit(others)


def _has_chats(path: Path) -> bool:
    """Return whether a file or folder may contain chats."""
    return bool(_CHATS.fullmatch(path.name)) or path.is_dir()
