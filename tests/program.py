"""Start a driver or a benchmark whose processes do not import it again.

usage: python -m tests.program MODULE ARGUMENT...

multiprocessing imports the main module again in each process that it starts: that of the engine
would import a driver with all of Qt and the window. This one, as the app's own, imports nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs the function ``main`` of a module."""
    return [sys.executable, "-m", "tests.program", module, *arguments]


if __name__ == "__main__":
    del sys.argv[0]
    sys.exit(import_module(sys.argv[0]).main())
