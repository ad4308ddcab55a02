"""The command ``fireside``: the window, ``fireside ask`` for a terminal, ``fireside doctor``,
``fireside --smoke``.

The engine's process imports this module again, so it imports nothing at its top.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from contextlib import ExitStack

    from app.base.settings import Folders
    from app.base.types import Request
    from app.engine.backend import Backend

ANSWERED, FAILED, USAGE, NO_MODEL, NO_ANSWER, INTERRUPTED = 0, 1, 2, 3, 4, 130


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    if getattr(sys, "frozen", False):  # this may be the engine's process
        import multiprocessing

        multiprocessing.freeze_support()
    options = _parser().parse_args(arguments)
    return int(options.run(options))


def _parser() -> argparse.ArgumentParser:
    from app import __version__

    parser = argparse.ArgumentParser(
        prog="fireside",
        parents=[_shared(None)],
        description="Chat with gpt-oss on your own computer.",
    )
    parser.add_argument("--smoke", action="store_true", help="open, ask one question, and close")
    parser.add_argument("--version", action="version", version=f"Fireside {__version__}")
    parser.set_defaults(run=_window)
    commands = parser.add_subparsers(metavar="ask|doctor")
    ask = commands.add_parser(
        "ask",
        # What stands before "ask" counts as well: no default of its own may replace it.
        parents=[_shared(argparse.SUPPRESS)],
        help="ask one question in the terminal",
        allow_abbrev=False,
    )
    ask.add_argument("text", metavar="TEXT", type=_question, help="the question")
    ask.add_argument("--effort", choices=["low", "medium", "high"], default="medium")
    ask.add_argument("--system", metavar="TEXT", default="", help="instructions to the model")
    ask.add_argument("--json", action="store_true", help="print one object at the end")
    ask.set_defaults(run=_ask)
    doctor = commands.add_parser(
        "doctor",
        parents=[_shared(argparse.SUPPRESS)],
        help="tell what was found on this computer, and what was chosen for it",
        allow_abbrev=False,
    )
    doctor.set_defaults(run=_doctor)
    return parser


def _shared(default: str | None) -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False, argument_default=default)
    shared.add_argument("--data-dir", type=Path, metavar="DIR", help="where chats and settings are")
    shared.add_argument("--model", type=_file, metavar="FILE", help="a gpt-oss model in GGUF")
    return shared


def _file(name: str) -> Path | None:
    """A desktop's menu passes an empty name, where a double-click on a file passes its own."""
    return Path(name) if name else None


def _question(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("the question is empty")
    return text


def _window(options: argparse.Namespace) -> int:
    import tempfile

    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")  # one that is empty is none
    shown = sys.platform != "linux" or any(os.environ.get(name) for name in screens)
    if options.smoke:
        from app.ui.app import run

        if not shown:
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
        with tempfile.TemporaryDirectory() as folder:
            return run(Path(folder), options.model, smoke=True)
    if not shown:
        print(
            'There is no screen here. In a terminal, `fireside ask "…"` answers.', file=sys.stderr
        )
        return USAGE
    gc.disable()  # nothing that is loaded now is garbage; `app.ui.garbage` goes on from there
    from app.ui.app import run

    return run(options.data_dir, options.model, smoke=False)


def _ask(options: argparse.Namespace) -> int:
    from contextlib import ExitStack, closing

    from app.base.errors import FiresideError, ModelError
    from app.base.types import Effort, Message, ModelRef, Part, Request, Role
    from app.engine.supervisor import LocalBackend
    from app.host import demo_model
    from app.wording.errors import explain

    # Closed by a shell, or never there: a Windows program without a console.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    path = options.model
    model = ModelRef(path.absolute(), path.stem) if path else demo_model()
    request = Request(
        model=model,
        messages=(Message(Role.USER, (Part(options.text),)),),
        effort=Effort(options.effort),
        instructions=options.system,
        sampling=model.sampling,
    )
    try:
        with ExitStack() as stack:
            _, log = _folders(options.data_dir, stack)
            backend = stack.enter_context(closing(LocalBackend(log)))
            return _print_answer(backend, request, as_json=options.json)
    except FiresideError as error:
        explanation = explain(error)
        told = filter(None, (explanation.sentence, explanation.detail))
        print("", *told, sep="\n", file=sys.stderr)
        return NO_MODEL if isinstance(error, ModelError) else FAILED
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the answer has read enough
        return _no_output()
    except OSError as error:
        print(f"The answer cannot be written: {error.strerror}.", file=sys.stderr)
        return _no_output()


def _doctor(options: argparse.Namespace) -> int:
    from contextlib import ExitStack, closing

    from app.base import settings as settings_file
    from app.base.errors import FiresideError
    from app.base.types import ModelRef
    from app.engine import probe
    from app.engine.supervisor import LocalBackend
    from app.host import demo_model, wishes
    from app.wording.diagnosis import report
    from app.wording.errors import explain

    try:
        stack = ExitStack()
        folders, log = _folders(options.data_dir, stack)
        settings = settings_file.load(folders.settings)
        files = [options.model.absolute()] if options.model else map(Path, settings.models)
        models = [*(ModelRef(path, path.stem) for path in files)]
        with stack, closing(LocalBackend(log)) as backend:
            found = probe.examine(backend.devices(), models or [demo_model()])
        print(_plain(report(found, wishes(settings)), sys.stdout))
        return ANSWERED
    except FiresideError as error:
        print(explain(error).sentence, file=sys.stderr)
        return FAILED


def _folders(wished: Path | None, stack: ExitStack) -> tuple[Folders, Path]:
    """The person's folder, and where the engine is to write its log: in a folder that is gone
    with ``stack``, where the person's may not be written in, or there is none. Raises
    StoreReadOnly where the one that was asked for cannot be made."""
    import tempfile
    from contextlib import suppress

    from app.base.errors import StoreReadOnly
    from app.base.settings import Folders

    try:
        folders = Folders.find(wished)
    except StoreReadOnly as error:
        if wished is not None:
            raise
        folders = Folders(error.path.parent)
    if not os.access(folders.data, os.W_OK):
        with suppress(OSError):  # not even that: the engine does without
            other = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
            return folders, Folders(Path(stack.enter_context(other))).engine_log
    return folders, folders.engine_log


def _no_output() -> int:
    """What is not written yet is not tried again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return FAILED


def _print_answer(backend: Backend, request: Request, *, as_json: bool) -> int:
    """Reasoning to stderr and the answer to stdout as they come, or both as JSON at the end."""
    import dataclasses
    import json
    import threading

    from app.base.types import Delta, Done, Draft, Message, PartKind, Role

    draft = Draft()
    stats: dict[str, object] = {}
    shown: TextIO | None = None
    for event in backend.stream(request, threading.Event()):
        if isinstance(event, Done):
            speed = event.stats.tokens_per_second
            stats = dataclasses.asdict(event.stats) | {"tokens_per_second": speed}
        elif isinstance(event, Delta):
            draft.add(event)
            # A delta without text says what a part is that has come already: the answer, perhaps.
            text = event.text or draft.parts[event.index].text
            if not as_json and event.kind is not PartKind.CALL and text:
                aside = event.kind is PartKind.REASONING
                stream = sys.stderr if aside else sys.stdout
                if shown is sys.stderr and stream is not shown:
                    print("\n", file=sys.stderr, flush=True)
                shown = stream
                print(_plain(text, stream), end="", file=stream, flush=True)
    message = Message(Role.ASSISTANT, draft.parts)
    if as_json:
        answer = {"reasoning": message.reasoning, "answer": message.text, "stats": stats}
        print(json.dumps(answer, indent=2))
    elif message.text.strip():
        print(flush=True)
    if message.text.strip():
        return ANSWERED
    calls = [part.name for part in message.parts if part.kind is PartKind.CALL]
    print(f"\n{_no_answer(calls, thought=bool(message.reasoning.strip()))}", file=sys.stderr)
    return NO_ANSWER


def _no_answer(calls: list[str], *, thought: bool) -> str:
    """Why there is none."""
    if calls:
        return f"The model wanted to use a tool ({calls[-1]}), and Fireside has none yet."
    return "The model only thought, and gave no answer." if thought else "The model gave no answer."


def _plain(text: str, stream: TextIO) -> str:
    """``text`` in the characters that the terminal has."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, errors="replace").decode(encoding)


if __name__ == "__main__":
    sys.exit(main())
