"""Files that are dropped on the window or pasted, sorted by what is done with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from app.ui.composer.editor import files_in

# The names of chat exports; any other file is to be attached.
_CHATS = re.compile(r"conversations(-\d+)?\.json|.+\.conversation\.json|.+\.zip", re.IGNORECASE)


class DropTarget(Enum):
    """What is done with files that are dropped."""

    MODEL = auto()
    CHATS = auto()
    ATTACHED = auto()


class FileDrop(QObject):
    """An event filter that takes files dropped on a window.

    It sorts them into models, exports of chats, and files to attach.
    """

    welcomed = Signal(DropTarget)
    """Files are dragged over the window."""
    gone = Signal()
    """They have left it, or were dropped."""

    model = Signal(Path)
    """A GGUF file."""
    chats = Signal(object)
    """A list of folders, and of files that look like chat exports."""
    attached = Signal(object)
    """A list of other files."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.DragLeave:
            self.gone.emit()
        elif isinstance(event, QDropEvent) and event.type() is QEvent.Type.Drop:
            self.gone.emit()
            if paths := files_in(event.mimeData()):
                _accept_copy(event)
                self.take(paths)
                return True
        elif isinstance(event, QDragEnterEvent) and (paths := files_in(event.mimeData())):
            _accept_copy(event)
            self.welcomed.emit(_target_of(paths))
            return True
        return False

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


def _target_of(paths: Sequence[Path]) -> DropTarget:
    """Return what is done with the first of some files."""
    first = paths[0]
    if first.suffix.lower() == ".gguf":
        return DropTarget.MODEL
    return DropTarget.CHATS if _has_chats(first) else DropTarget.ATTACHED


def _accept_copy(event: QDropEvent) -> None:
    """Accept a drop as a copy, whatever action was proposed: the file stays where it is."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
