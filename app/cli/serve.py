"""``fireside serve``: the local server without a window, until it is ended by a signal.

It uses the window's engine if that has a model loaded, and the window may use its engine in turn. A
model is loaded by the first request.
"""

from __future__ import annotations

import argparse
import queue
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

from app.base import settings as settings_file
from app.base import system_policy
from app.base.errors import FiresideError, LocalServerForbidden, LocalServerPortTaken, ModelError
from app.base.files import replace_text
from app.base.secrets import SERVER_TOKEN, SecretPlace, Secrets
from app.base.settings import LARGEST_PORT, SERVER_PORT, Folders
from app.base.types import ModelRef
from app.cli.output import (
    ANSWERED,
    FAILED,
    NO_MODEL,
    carry_out,
    give_up_output,
    printable,
    say,
)
from app.cli.this_computer import StoredOptions, model_for
from app.engine.engine_parts import own_engine
from app.engine.idle_unloading import IdleUnloader
from app.engine.overrides import Overrides
from app.engine.planned_context import planned_context
from app.engine.shared.shared_engine import SharedEngine
from app.host import demo_model
from app.serving import (
    OpenServer,
    ServedRequest,
    ServerParts,
    ServingChanged,
    kept_token,
    model_name,
    new_token,
)
from app.wording.errors import explain
from app.wording.language import number, tr

KIND = "serve"
"""What this process is for others that want the engine."""
_SHORTEST = 16  # characters of a token
_LARGEST = 4096  # bytes of its file
_LOOK_S = 1.0  # Windows tells of a signal only between two waits


class TokenUnusable(Exception):
    """The token's file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    about: str
    """What is told of it: the token itself, or where it is."""


def run(options: argparse.Namespace, open_server: OpenServer) -> int:
    """Serve until a signal comes; return the exit code."""

    def serve(folders: Folders, log: Path, stack: ExitStack) -> int:
        if not system_policy.read(folders.system)[0].server:
            raise LocalServerForbidden()
        try:
            token = _token(options.token_file, folders)
        except TokenUnusable as error:
            say(str(error))
            return FAILED
        ended: queue.SimpleQueue[ServedRequest | None] = queue.SimpleQueue()
        engine = _engine(folders, log, stack)
        model = partial(model_for, options.model, engine, folders)
        engine.abilities(model())  # raises ModelError if the file cannot be run

        def changed(event: ServingChanged) -> None:
            if event.ended:
                ended.put(event.ended)

        def planned(model: ModelRef) -> int:
            settings = settings_file.load(folders.settings)
            return planned_context(engine, model, Overrides.of(settings))

        connections = Folders(log.parent).connections  # where this process can write
        origins = tuple(options.origin)
        server = open_server(ServerParts(engine, model, connections, changed, origins, planned))
        with _signals(ended):
            port = options.port or settings_file.load(folders.settings).serve_port
            server.start(port, token.value)
            stack.callback(server.stop)
            told = tr("Serving {model} at {address}").format(
                model=model_name(model()), address=f"{server.status().address}/v1"
            )
            _print(told, token.about, tr("Press Ctrl+C to stop."))
            _report(ended)
        server.stop()
        ended.put(None)
        _report(ended)  # those that were stopped
        return ANSWERED

    return carry_out(options.data_dir, serve, _unwritten, _refused)


def _engine(folders: Folders, log: Path, stack: ExitStack) -> SharedEngine:
    """Return the engine, which is closed with the stack, and unloads its model when it is idle."""
    own = own_engine(folders, log, StoredOptions(folders), demo_model())
    engine = stack.enter_context(closing(SharedEngine(own, folders.data, KIND)))
    idle = IdleUnloader(
        own, lambda: settings_file.load(folders.settings).unload_minutes, engine.leave
    )
    stack.callback(idle.close)
    idle.look()
    return engine


# --- The token ------------------------------------------------------------------------------------


def _token(file: Path | None, folders: Folders) -> _Token:
    """Return the token of the file, else the one in the settings; either is made if it is missing.

    Raises TokenUnusable and SecretError.
    """
    if file:
        return _Token(_token_in(file), tr("Token: in {file}").format(file=file))
    with closing(Secrets(folders.data)) as secrets:
        token = kept_token(secrets)
        place = secrets.place(SERVER_TOKEN)
    if sys.stdout.isatty():
        return _Token(token, tr("Token: {token}").format(token=token))
    if place is SecretPlace.FILE:
        return _Token(token, tr("Token: in {file}").format(file=secrets.path))
    return _Token(token, tr("Token: in the system keyring"))


def _token_in(file: Path) -> str:
    """Return the token in a file, which is made, for its owner only, if it does not exist."""
    try:
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_text(file, new_token() + "\n")
        with file.open("rb") as opened:
            token = opened.read(_LARGEST).decode("ascii", "replace").strip()
    except OSError as error:
        told = tr("Couldn’t read {name} ({reason}).")
        raise TokenUnusable(told.format(name=file, reason=error.strerror or error)) from error
    if len(token) < _SHORTEST or not all("!" <= letter <= "~" for letter in token):
        told = tr(
            "{name} has no usable token. It must be {count} or more characters, without spaces. "
            "Delete the file to get a new one."
        )
        raise TokenUnusable(told.format(name=file, count=_SHORTEST))
    if sys.platform != "win32" and file.stat().st_mode & 0o077:
        told = tr("Other users can read {name}. Run {command}.")
        say(told.format(name=file, command=f"chmod 600 {file}"))
    return token


# --- What is printed ------------------------------------------------------------------------------


@contextmanager
def _signals(ended: queue.SimpleQueue[ServedRequest | None]) -> Iterator[None]:
    """Have a signal that ends the process end `_report` instead; a second one is not held back."""

    def end(number: int, frame: FrameType | None) -> None:
        ended.put(None)

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    # `nohup` has SIGHUP ignored, and so it stays.
    before = {n: was for n in numbers if (was := signal.getsignal(n)) is not signal.SIG_IGN}
    for each in before:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _report(ended: queue.SimpleQueue[ServedRequest | None]) -> None:
    """Print each request that has ended, until a None."""
    written = True
    while True:
        try:
            request = ended.get(timeout=_LOOK_S)
        except queue.Empty:
            continue
        if request is None:
            return
        try:
            if written:
                _print(_line(request))
        except OSError as error:  # it goes on serving
            give_up_output(error, _unwritten())
            written = False


def _line(request: ServedRequest) -> str:
    told = tr("{prompt} tokens in, {generated} out, {speed} tokens/s")
    if not request.generated:  # it failed, was stopped, or its program left
        told = tr("not answered")
    figures = told.format(
        prompt=number(request.prompt_tokens),
        generated=number(request.generated),
        speed=number(request.tokens_per_second, 1),
    )
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    return f"{now}  {request.client}  {request.path}  {figures}"


def _print(*lines: str) -> None:
    for line in lines:
        print(printable(line, sys.stdout), flush=True)


def _unwritten() -> str:
    return tr("Couldn’t write the log: {reason}")


def _refused(error: FiresideError) -> int:
    explanation = explain(error)
    say(*filter(None, (explanation.sentence, explanation.detail)))
    if isinstance(error, LocalServerPortTaken):
        other = error.port + 1 if error.port < LARGEST_PORT else SERVER_PORT
        say(tr("For example: {command}").format(command=f"fireside serve --port {other}"))
    return NO_MODEL if isinstance(error, ModelError) else FAILED
