"""Files that are dropped on the window or pasted: what each is for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

# What exports of chats are called; a file of another name is one to be attached.
_CHATS = re.compile(r"conversations(-\d+)?\.json|.+\.conversation\.json|.+\.zip", re.IGNORECASE)


class FileDrop(QObject):
    """Sorts files into models, exports of chats, and files to attach."""

    model = Signal(Path)
    """A GGUF file."""
    chats = Signal(object)
    """A list of folders, and of files that look as if they had chats in them."""
    attached = Signal(object)
    """A list of other files."""

    def take(self, paths: Iterable[Path]) -> None:
        """Emit a signal for each kind of file; of several models, the first one counts."""
        paths = list(paths)
        models = [path for path in paths if path.suffix.lower() == ".gguf"]
        if models:
            self.model.emit(models[0])
        if chats := [path for path in paths if _has_chats(path)]:
            self.chats.emit(chats)
        if others := [path for path in paths if path not in (*models, *chats)]:
            self.attached.emit(others)


def _has_chats(path: Path) -> bool:
    """Return whether to look for chats in a file or folder."""
    return bool(_CHATS.fullmatch(path.name)) or path.is_dir()
