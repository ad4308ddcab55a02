"""Controller of the figures and files that tools have made: saves them where the user wants."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtWidgets import QWidget

from app.base.errors import ExchangeUnwritable
from app.base.types import Part
from app.ui.dialogs import ask_target
from app.ui.file_manager import open_file, reveal
from app.ui.toast import Toast, ToastAction
from app.ui.work_thread import WorkThread
from app.wording.brief_text import brief
from app.wording.language import tr

# What a program opens to be read. Anything else is only shown in its folder: it could be run.
DOCUMENTS = {
    ".bmp", ".csv", ".gif", ".jpeg", ".jpg", ".json", ".md", ".pdf", ".png", ".tsv", ".txt",
    ".webp", ".xml", ".yaml", ".yml",
}  # fmt: skip
_ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "text/csv": ".csv",
    "text/plain": ".txt",
    "application/json": ".json",
    "application/pdf": ".pdf",
}
_LONGEST = 50  # characters of a file's name in a message


class FileSaver(QObject):
    """A controller that saves what tools have made."""

    failed = Signal(object)
    """The FiresideError for which a file could not be written."""

    def __init__(self, window: QWidget, toast: Toast, background: WorkThread) -> None:
        super().__init__(window)
        self._window, self._toast, self._background = window, toast, background
        self._folder: Path | None = None  # where something was saved last
        self.ask: Callable[..., None] = ask_target

    def save(self, part: Part) -> None:
        """Ask where to save a figure or a file, and write it."""
        name = safe_name(part)
        folder = self._folder or _downloads()
        self.ask(
            self._window,
            "saveMadeDialog",
            tr("Save {name}").format(name=brief(name, _LONGEST)),
            lambda path: self._write(path, part.data),
            "",
            str(folder / name),
            Path(name).suffix.removeprefix("."),
        )

    def _write(self, path: Path, data: bytes) -> None:
        self._folder = path.parent

        def saved(_: None) -> None:
            actions = [ToastAction("showMade", tr("Show in folder"), lambda: reveal(path))]
            if path.suffix.lower() in DOCUMENTS:
                actions.insert(0, ToastAction("openMade", tr("Open"), lambda: open_file(path)))
            text = tr("Saved {name}").format(name=brief(path.name, _LONGEST))
            self._toast.tell(text, "check", actions, self)

        def failed(error: BaseException) -> None:
            if not isinstance(error, OSError):
                raise error
            self.failed.emit(ExchangeUnwritable(path, error.strerror or str(error)))

        self._background.do(lambda: _replace(path, data), saved, failed)


def safe_name(part: Part) -> str:
    """Return a name that every system takes, from the name that a tool gave.

    It has no folder, and an ending: that of the name, or of the kind of file.
    """
    from app.exchange.file_names import file_name  # a window without files need not wait for it

    given = part.name.replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, ending = given.rpartition(".")
    suffix = f".{ending}" if dot and stem and ending.isalnum() and len(ending) <= 10 else ""
    stem = (stem if suffix else given).strip(". ")
    known = _ENDINGS.get(part.media_type, ".bin")
    return file_name(stem or tr("File"), suffix or known, set())


def _downloads() -> Path:
    location = QStandardPaths.StandardLocation
    found = Path(QStandardPaths.writableLocation(location.DownloadLocation))
    return found if found.is_dir() else Path.home()


def _replace(path: Path, data: bytes) -> None:
    """Write a file, which replaces ``path`` at the end. Raises OSError."""
    growing = path.with_name(f".fireside-{os.urandom(8).hex()}")
    try:
        growing.write_bytes(data)
        growing.replace(path)
    except BaseException:
        growing.unlink(missing_ok=True)
        raise
