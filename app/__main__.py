"""The command ``fireside``.

The engine's process imports this module again, so it imports nothing at its top.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from app.serving import LocalServer, ServerParts


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    if getattr(sys, "frozen", False):  # this may be the engine's process, or a box for Python
        if sys.argv[1:2] == ["--python-box"]:
            from app.tools.python import child

            child.main()
        import multiprocessing

        multiprocessing.freeze_support()
    try:
        from app import cli

        return cli.main(arguments, _window, _server)
    except KeyboardInterrupt:  # while the command was imported: it ends itself afterwards
        return 130


def _window(data_dir: Path | None, model: Path | None, smoke: bool) -> int:
    """Show the window; return the exit code.

    It is defined here because `app.cli` must not import Qt.
    """
    from app.ui.app import run

    return run(data_dir, model, smoke, _server)


def _server(parts: ServerParts) -> LocalServer:
    """Return a local server; neither the window nor `app.cli` imports `app.server`."""
    from app.server import open_server

    return open_server(parts)


if __name__ == "__main__":
    sys.exit(main())
