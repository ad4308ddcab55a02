"""The command line: its options, and a module for each command.

::

    ask           one question, answered in the terminal
    doctor        a report on this computer, and on the settings chosen for it
    open_window   the window, and ``--smoke``
    output        shared parts: language, folders, the terminal

No command imports Qt: the caller of `main` passes the function that opens the window. A command's
module is imported only when the command is run.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from app.base.types import Effort

OpenWindow = Callable[[Path | None, Path | None, bool], int]
"""Called with data folder, model and whether to run the smoke test; returns an exit code."""


def main(arguments: list[str] | None, open_window: OpenWindow) -> int:
    """Run a command; return its exit code."""
    options = _parser().parse_args(arguments)
    match options.command:
        case "ask":
            from app.cli import ask

            return ask.run(options)
        case "doctor":
            from app.cli import doctor

            return doctor.run(options)
    from app.cli import open_window as window_command

    return window_command.run(options, open_window)


def _parser() -> argparse.ArgumentParser:
    from app import __version__

    parser = argparse.ArgumentParser(
        prog="fireside",
        parents=[_shared(None)],
        description="Chat with gpt-oss on your own computer.",
    )
    parser.add_argument("--smoke", action="store_true", help="open, ask one question, and close")
    parser.add_argument("--version", action="version", version=f"Fireside {__version__}")
    parser.set_defaults(command="")
    commands = parser.add_subparsers(metavar="ask|doctor")
    ask = commands.add_parser(
        "ask",
        # Options before "ask" count as well: defaults of the subcommand must not replace them.
        parents=[_shared(argparse.SUPPRESS)],
        help="ask one question in the terminal",
        allow_abbrev=False,
    )
    ask.add_argument("text", metavar="TEXT", type=_question, help="the question")
    ask.add_argument("--effort", choices=[*map(str, Effort)], default=str(Effort.MEDIUM))
    ask.add_argument("--system", metavar="TEXT", default="", help="instructions to the model")
    ask.add_argument("--json", action="store_true", help="print one object at the end")
    ask.set_defaults(command="ask")
    doctor = commands.add_parser(
        "doctor",
        parents=[_shared(argparse.SUPPRESS)],
        help="tell what was found on this computer, and what was chosen for it",
        allow_abbrev=False,
    )
    doctor.set_defaults(command="doctor")
    return parser


def _shared(default: str | None) -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False, argument_default=default)
    shared.add_argument("--data-dir", type=Path, metavar="DIR", help="where chats and settings are")
    shared.add_argument("--model", type=_file, metavar="FILE", help="a gpt-oss model in GGUF")
    return shared


def _file(name: str) -> Path | None:
    """Return the path; None for an empty name, which a desktop's menu passes for no file."""
    return Path(name) if name else None


def _question(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("the question is empty")
    return text
