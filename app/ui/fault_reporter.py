"""Reporting of the process's own faults: the log, Qt's messages, and the banner."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path

import PySide6
from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    Qt,
    QTimer,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)
from PySide6.QtGui import QGuiApplication

from app.base import log
from app.base.log import Fault, FaultLog
from app.ui.file_manager import open_file
from app.wording.errors import Action, fault_sentence

_FIRST_LINE_MS = 1000  # after the start, which does not wait for the log
# What Qt's messages quote may be of a chat, and have quotes in it: all from the first to the last
# one is left out. So is a path, which may have blanks in it, with what follows it.
_QUOTE = "\"'`“”„‘’«»"
_QUOTED = re.compile(rf"(?<!\w)[{_QUOTE}](?:.*[{_QUOTE}]|.*)")
_PATH = re.compile(r"(?:\bfile:|\b[A-Za-z]:[\\/]|(?<![\w.])[\\/])\S.*")
_LONGEST = 300
_LEVELS = {
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

MessageHandler = Callable[[QtMsgType, QMessageLogContext, str], object]


class FaultReporter(QObject):
    """A reporter of faults and Qt's warnings to the log of a data folder, and to the window.

    Each kind of fault is shown once per run. `close` restores all hooks.
    """

    happened = Signal(Fault)
    """A fault, on the thread where it happened; `show` gets it on the window's."""

    def __init__(self) -> None:
        super().__init__()
        self._folder: Path | None = None
        self._log: FaultLog | None = None
        self._tell: Callable[[str], object] | None = None
        self._waiting: list[Fault] = []  # faults waiting for a window
        self._told: list[Fault] = []
        self._before: MessageHandler | None = None
        self.happened.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def start(self, folder: Path) -> None:
        """Write to the log in a data folder, instead of the previous one."""
        if folder == self._folder:
            return
        self.close()
        self._folder = folder
        self._log = FaultLog(folder, f"PySide6 {PySide6.__version__}").start()
        self._log.listen(self.happened.emit)
        self._before = qInstallMessageHandler(self._qt_message)
        QTimer.singleShot(_FIRST_LINE_MS, self, self._begin)

    def close(self) -> None:
        """Stop, and restore the hooks."""
        if self._log is None:
            return
        log.note("the window has ended")
        qInstallMessageHandler(self._before)
        self._log.close()
        self._folder = self._log = self._before = None

    def attach(self, show: Callable[[str], object]) -> None:
        """Have ``show`` called for faults from now on, and for those that no window has shown.

        Its argument is the sentence to show.
        """
        self._tell = show
        waiting, self._waiting = self._waiting, []
        for fault in waiting:
            self._show(fault)

    def detach(self) -> None:
        """Keep faults for the next window."""
        self._tell = None

    def act(self, action: Action) -> None:
        """Perform one of the actions that the banner offers for a fault."""
        if action is Action.COPY_DETAILS:
            traces = "\n\n".join(fault.trace for fault in self._told)
            QGuiApplication.clipboard().setText(f"{log.versions()}\n\n{traces}\n")
        elif action is Action.OPEN_LOG and self._folder:
            open_file(self._folder / log.NAME)

    def _show(self, fault: Fault) -> None:
        if self._tell is None:
            self._waiting.append(fault)
            return
        self._told.append(fault)
        self._tell(fault_sentence(fault))

    def _begin(self) -> None:
        log.note("the window has started")

    def _qt_message(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        if level := _LEVELS.get(kind):
            category = context.category or "default"
            log.note_kind(f"Qt, {category}: {without_quotes(message)}", level)
        if self._before:
            self._before(kind, context, message)
        elif sys.stderr:
            print(message, file=sys.stderr)


def without_quotes(message: str) -> str:
    """Return a message of Qt's in one line, without what it quotes, and without paths."""
    line = _PATH.sub("…", _QUOTED.sub("“…”", " ".join(message.split())))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
