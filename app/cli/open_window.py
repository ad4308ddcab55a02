"""``fireside`` without a command: the window, and ``fireside --smoke``."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
from pathlib import Path

from app.cli import OpenWindow

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def run(options: argparse.Namespace, open_window: OpenWindow) -> int:
    """Open the window until it is closed; return the exit code."""
    # An empty variable names no screen.
    shown = sys.platform != "linux" or any(os.environ.get(name) for name in _SCREENS)
    if options.smoke:
        if not shown:
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
        with tempfile.TemporaryDirectory() as folder:
            return _open(Path(folder), options.model, True, open_window)
    if not shown:
        return _no_screen()
    gc.disable()  # imports leave no garbage; `app.ui.garbage` takes over later
    return _open(options.data_dir, options.model, False, open_window)


def _open(data_dir: Path | None, model: Path | None, smoke: bool, open_window: OpenWindow) -> int:
    """Open the window, unless Qt would abort the process."""
    if sys.platform != "linux":
        return open_window(data_dir, model, smoke)
    from app.cli import display
    from app.cli.output import speak

    speak()
    try:
        if sentence := display.problem():
            return _tell(sentence, data_dir)
        return open_window(data_dir, model, smoke)
    except ImportError as error:
        if sentence := display.missing_library(error):
            return _tell(sentence, data_dir)
        raise


def _tell(sentence: str, data_dir: Path | None) -> int:
    from app.cli import display
    from app.cli.output import FAILED, open_missing, say

    open_missing()
    say(sentence)
    display.tell_without_terminal(sentence, data_dir)
    return FAILED


def _no_screen() -> int:
    # Here, since a window need not wait for them.
    from app.cli.output import USAGE, open_missing, say, speak
    from app.wording.language import tr

    open_missing()
    speak()
    say(
        tr("No display found. To use Fireside in a terminal, run {command}.").format(
            command='`fireside ask "…"`'
        )
    )
    return USAGE
