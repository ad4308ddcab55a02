"""``fireside`` without a command: the window, and ``fireside --smoke``."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def run(
    options: argparse.Namespace, open_window: Callable[[Path | None, Path | None, bool], int]
) -> int:
    """Open the window until it is closed; return the exit code."""
    # An empty variable names no screen.
    shown = sys.platform != "linux" or any(os.environ.get(name) for name in _SCREENS)
    if options.smoke:
        if not shown:
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
        with tempfile.TemporaryDirectory() as folder:
            return open_window(Path(folder), options.model, True)
    if not shown:
        return _no_screen()
    gc.disable()  # imports leave no garbage; `app.ui.garbage` takes over later
    return open_window(options.data_dir, options.model, False)


def _no_screen() -> int:
    # Here, since a window need not wait for them.
    from app.cli.output import USAGE, open_missing, printable, speak
    from app.wording.language import tr

    open_missing()
    speak()
    sentence = tr("No display found. To ask from a terminal, run {command}.").format(
        command='`fireside ask "…"`'
    )
    print(printable(sentence, sys.stderr), file=sys.stderr)
    return USAGE
