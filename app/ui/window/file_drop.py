"""Files that are dropped on the window or pasted, sorted by what is done with them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum, auto
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from app.ui.composer.editor import files_in

# The names of chat exports; any other file is to be attached, or is to be searched.
_CHATS = re.compile(r"conversations(-\d+)?\.json|.+\.conversation\.json|.+\.zip", re.IGNORECASE)


class DropTarget(Enum):
    """What is done with files that are dropped."""

    MODEL = auto()
    CHATS = auto()
    FOLDER = auto()
    ENCYCLOPAEDIA = auto()
    ATTACHED = auto()


class FileDrop(QObject):
    """An event filter that takes files dropped on a window, once it watches it.

    It sorts them into models, exports of chats, folders, encyclopaedias, and files to attach.
    """

    welcomed = Signal(DropTarget)
    """Files are dragged over the window."""
    gone = Signal()
    """They have left it, or were dropped."""

    model = Signal(Path)
    """A GGUF file."""
    chats = Signal(object)
    """A list of files that look like chat exports."""
    folders = Signal(object)
    """A list of folders."""
    encyclopaedias = Signal(object)
    """A list of ZIM files."""
    attached = Signal(object)
    """A list of other files."""

    def watch(self, window: QWidget) -> None:
        """Take what is dropped on the window from now on."""
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
            self.welcomed.emit(_target_of(paths[0]))
            return True
        return False

    def take(self, paths: Iterable[Path]) -> None:
        """Emit a signal for each kind of file; of several models, only the first is used."""
        sorted_paths: dict[DropTarget, list[Path]] = {}
        for path in paths:
            sorted_paths.setdefault(_target_of(path), []).append(path)
        for target, found in sorted_paths.items():
            match target:
                case DropTarget.MODEL:
                    self.model.emit(found[0])
                case DropTarget.CHATS:
                    self.chats.emit(found)
                case DropTarget.FOLDER:
                    self.folders.emit(found)
                case DropTarget.ENCYCLOPAEDIA:
                    self.encyclopaedias.emit(found)
                case DropTarget.ATTACHED:
                    self.attached.emit(found)


def _target_of(path: Path) -> DropTarget:
    """Return what is done with a file or folder."""
    ending = path.suffix.lower()
    if ending == ".gguf":
        return DropTarget.MODEL
    if path.is_dir():
        return DropTarget.FOLDER
    if ending == ".zim":
        return DropTarget.ENCYCLOPAEDIA
    return DropTarget.CHATS if _CHATS.fullmatch(path.name) else DropTarget.ATTACHED


def _accept_copy(event: QDropEvent) -> None:
    """Accept a drop as a copy, whatever action was proposed: the file stays where it is."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
