"""Has CPython's WebAssembly compiled for this computer, for the model's tool.

It uses only what comes with Python, but Python 3.11: `from_source.py` imports it late.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from app.tools.python import runtime
from installers import places
from installers.terminal import SetupError, run_logged

LOG = "preparing.log"


def home() -> Path:
    """Return what `runtime.home` is in the environment."""
    return places.VENV / "share" / "fireside" / "python"


def prepare(python: Path, *, foreground: bool = False) -> None:
    """Have the module compiled unless it is there.

    Nothing here keeps Fireside from starting: without it the model has no Python, and the next
    start tries again.
    """
    if is_ready():
        return
    command = [str(python), "-P", "-m", "app.tools.python.preparing"]
    try:
        if foreground:
            run_logged("Compiling Python for the model", command)
        else:
            _leave_to_itself([*command, "--gently"])
    except (OSError, SetupError) as error:
        print(f"Couldn't prepare Python for the model:\n{error}", flush=True)


def is_ready() -> bool:
    """Return whether it is there for the wasmtime that is pinned."""
    pins = (places.ROOT / "constraints.txt").read_text("utf-8")
    pinned = re.search(r"^wasmtime==(\S+)", pins, re.MULTILINE)
    return pinned is not None and (home() / runtime.module_name(pinned[1])).exists()


def _leave_to_itself(command: list[str]) -> None:
    """Start it in the background, at low priority; it outlives the terminal."""
    print(
        "  Preparing Python for the model in the background: about two minutes of one core, and"
        f" 2.4 GB of memory meanwhile (log: {home() / LOG})",
        flush=True,
    )
    home().mkdir(parents=True, exist_ok=True)
    with (home() / LOG).open("wb") as log:
        options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        if sys.platform == "win32":
            options["creationflags"] = (
                subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
            )
        else:
            options["start_new_session"] = True
        subprocess.Popen(command, cwd=places.ROOT, **options)
