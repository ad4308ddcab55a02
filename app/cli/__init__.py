"""The command line: its options, and a module for each command.

::

    ask           one question, answered in the terminal; `question` reads what is asked,
                  `ask_tools` and `ask_sources` open the tools, `answer_printer` prints the answer,
                  `printed_citations` its citations, `waiting_line` its place in the queue,
                  `reading_progress` how far a folder is read; `terminal_consent` asks about a call
    serve         the local server, for other programs, without a window
    pull          downloads a model; `model_names` finds it, `pull_progress` shows how far it is
    models        lists the models that are here, and those that can be downloaded
    doctor        a report on this computer, and on the settings chosen for it
    completion    a script for shells
    portable      ``--install`` and ``--uninstall`` of the archive for any Linux
    open_window   the window, and ``--smoke``; `display` finds out whether it can be opened
    output        shared parts: language, folders, the terminal; `this_computer` its hardware and
                  the model in use, `remote_models` those on other computers

No command imports Qt: the caller of `main` passes the function that opens the window. A command's
module is imported only when the command is run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.base.types import Effort

if TYPE_CHECKING:  # most commands need no server
    from app.serving import OpenServer

OpenWindow = Callable[[Path | None, Path | None, bool], int]
"""Called with data folder, model and whether to run the smoke test; returns an exit code."""

MENU_ENTRY = "applications/fireside.desktop"
"""The menu entry in a folder of shared data."""
_A_FILE = "gpt-oss model file (GGUF)"
_A_FILE_OR_NAME = (
    f"{_A_FILE}, or a model on another computer that was added in the window, by its name or "
    "MODEL@HOST: what you ask and attach, and what --tools return, is sent there"
)
Commands = Any
"""What `argparse.ArgumentParser.add_subparsers` returns: a class without a public name."""


def main(arguments: list[str] | None, open_window: OpenWindow, open_server: OpenServer) -> int:
    """Run a command; return its exit code."""
    options = _parser().parse_args(arguments)
    match options.command:
        case "ask":
            from app.cli import ask

            return ask.run(options)
        case "serve":
            from app.cli import serve

            return serve.run(options, open_server)
        case "pull":
            from app.cli import pull

            return pull.run(options)
        case "models":
            from app.cli import models

            return models.run(options)
        case "doctor":
            from app.cli import doctor

            return doctor.run(options)
        case "completion":
            from app.cli import completion

            return completion.run(options)
    if options.place:
        from app.cli import portable

        return portable.run(options.program, remove=options.place == "uninstall")
    from app.cli import open_window as window_command

    return window_command.run(options, open_window)


def _parser() -> argparse.ArgumentParser:
    from app import __version__

    parser = argparse.ArgumentParser(
        prog="fireside",
        parents=[_shared(None, model=_A_FILE)],
        description="Chat with gpt-oss on your own computer.",
    )
    parser.add_argument("--smoke", action="store_true", help="run a self-test and exit")
    parser.add_argument("--version", action="version", version=f"Fireside {__version__}")
    parser.set_defaults(command="", place="")
    _add_places(parser)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    _add_ask(commands)
    _add_serve(commands)
    _add_pull(commands)
    _add_models(commands)
    _add_doctor(commands)
    _add_completion(commands, parser)
    return parser


def _add_places(parser: argparse.ArgumentParser) -> None:
    if program := _portable():
        parser.set_defaults(program=program)
        for name, about in (
            ("install", "add Fireside to the applications menu, for this user"),
            ("uninstall", "remove it from the applications menu"),
        ):
            parser.add_argument(
                f"--{name}", action="store_const", const=name, dest="place", help=about
            )


def _portable() -> Path | None:
    """Return the program where it is that of the archive, which has files to be installed."""
    path = Path(sys.executable)
    frozen = sys.platform == "linux" and getattr(sys, "frozen", False)
    return path if frozen and (path.parent / "share" / MENU_ENTRY).exists() else None


def _add_ask(commands: Commands) -> None:
    ask = _add(commands, "ask", "ask a question in the terminal", model=_A_FILE_OR_NAME)
    ask.add_argument(
        "text",
        metavar="TEXT",
        nargs="?",
        type=_question,
        help="the question (default: read from standard input; same as -)",
    )
    ask.add_argument(
        "--file",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="attach a file, such as text, code, PDF or DOCX (repeatable)",
    )
    ask.add_argument(
        "--effort", choices=[*map(str, Effort)], default=str(Effort.MEDIUM), help="reasoning effort"
    )
    ask.add_argument("--system", metavar="TEXT", default="", help="instructions for the model")
    ask.add_argument(
        "--tools",
        metavar="LIST",
        default="",
        help="tools that the model may call, separated by commas: python, web, files:FOLDER and "
        "zim:FILE (a name from Settings, or a path), mcp:NAME (a server that is switched on in "
        "Settings). What leaves this computer or changes anything unasked is asked about on the "
        "terminal first; without a terminal it is refused",
    )
    ask.add_argument(
        "--save",
        metavar="FOLDER",
        type=Path,
        help="save the figures and files that tools make in this folder",
    )
    ask.add_argument(
        "--schema",
        metavar="FILE",
        type=Path,
        help="answer with JSON that is valid by the JSON schema in this file",
    )
    ask.add_argument("--json", action="store_true", help="print the result as JSON")


def _add_serve(commands: Commands) -> None:
    about = "let editors, scripts and agents on this computer use the model"
    serve = _add(commands, "serve", about, model=_A_FILE)
    serve.add_argument(
        "--port", metavar="N", type=_port, help="port to listen on (default: as in Settings, 8347)"
    )
    serve.add_argument(
        "--token-file",
        metavar="FILE",
        type=Path,
        help="file with the token that programs have to send, created with a new one if it does "
        "not exist (default: the token in Settings)",
    )
    serve.add_argument(
        "--origin",
        metavar="ADDRESS",
        type=_origin,
        action="append",
        default=[],
        help="web page that may ask, with the token, such as https://example.org or "
        "http://localhost:3000 (repeatable; default: none)",
    )


def _add_pull(commands: Commands) -> None:
    pull = _add(commands, "pull", "download a model, or resume a download")
    pull.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        help="gpt-oss-20b, gpt-oss-120b, or REPOSITORY[:VARIANT] on Hugging Face (default: the "
        "model recommended for this computer)",
    )
    pull.add_argument("--yes", action="store_true", help="download even if it is too large")


def _add_models(commands: Commands) -> None:
    models = _add(commands, "models", "list installed and downloadable models")
    models.add_argument("--json", action="store_true", help="print the list as JSON")


def _add_doctor(commands: Commands) -> None:
    about = "show the detected hardware and the chosen settings"
    doctor = _add(commands, "doctor", about, model=_A_FILE)
    doctor.add_argument("--json", action="store_true", help="print the report as JSON")


def _add_completion(commands: Commands, parser: argparse.ArgumentParser) -> None:
    completion = commands.add_parser(
        "completion",
        help="print a shell completion script",
        description="Print a shell completion script for Fireside.",
        epilog="bash: fireside completion bash > ~/.local/share/bash-completion/completions/"
        "fireside; zsh: … zsh > a folder of $fpath/_fireside; "
        "fish: … fish > ~/.config/fish/completions/fireside.fish",
    )
    completion.add_argument("shell", choices=["bash", "zsh", "fish"])
    completion.set_defaults(command="completion", parser=parser)


def _add(commands: Commands, name: str, about: str, *, model: str = "") -> argparse.ArgumentParser:
    """Add a command; ``model`` says which models can be chosen for it, empty for none."""
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        # Options before the command count as well: its own defaults must not replace them.
        parents=[_shared(argparse.SUPPRESS, model=model)],
        help=about,
        allow_abbrev=False,
    )
    command.set_defaults(command=name, fail=command.error)
    return command


def _shared(default: str | None, *, model: str) -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False, argument_default=default)
    shared.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="folder for chats and settings"
    )
    if model:
        shared.add_argument("--model", type=_file, metavar="FILE", help=model)
    return shared


def _file(name: str) -> Path | None:
    """Return the path; None for an empty name, which a desktop's menu passes for no file."""
    return Path(name) if name else None


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else 0
    if not 0 < port < 1 << 16:
        raise argparse.ArgumentTypeError("the port must be a number from 1 to 65535")
    return port


def _origin(text: str) -> str:
    """Return a page's origin as browsers send it."""
    try:
        parts = urlsplit(text)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise argparse.ArgumentTypeError(f"no address of a page’s server: {text}")
    return f"{parts.scheme}://{parts.hostname}{port}"


def _question(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("the question is empty")
    return text
