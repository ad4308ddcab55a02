"""Shared parts of the commands: exit codes, language, folders, and the terminal."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TextIO

from app.base import settings as settings_file
from app.base import system_policy
from app.base.errors import FiresideError, StoreReadOnly
from app.base.settings import Folders
from app.wording import language
from app.wording.errors import explain

ANSWERED, FAILED, USAGE, NO_MODEL, NO_ANSWER, INTERRUPTED = 0, 1, 2, 3, 4, 130


def carry_out(
    data_dir: Path | None,
    work: Callable[[Folders, Path, ExitStack], int],
    unwritten: Callable[[], str],
    refused: Callable[[FiresideError], int] | None = None,
) -> int:
    """Do the work of a command, in the user's language; return the exit code.

    ``work`` is given what `find_folders` returns, and a stack that is closed after it. Before, it
    is said if the policy of this computer cannot be read. ``refused``
    tells an error, by default in a sentence. ``unwritten`` returns the sentence of
    `give_up_output`.
    """
    open_missing()
    speak()
    try:
        with ExitStack() as stack:
            folders, log = find_folders(data_dir, stack)
            speak(folders)
            if damage := system_policy.read(folders.system)[1]:
                say(explain(damage).sentence)
            return work(folders, log, stack)
    except FiresideError as error:
        if refused:
            return refused(error)
        say(explain(error).sentence)
        return FAILED
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        return give_up_output(error, unwritten())


def speak(folders: Folders | None = None) -> None:
    """Set the language from the settings in ``folders``, else the system's."""
    wanted = settings_file.load(folders.settings).language if folders else ""
    language.use(language.choose(wanted, language.system_languages()))


def find_folders(data_dir: Path | None, stack: ExitStack) -> tuple[Folders, Path]:
    """Return the user's folders, and the file for the engine's log.

    If the data folder is missing or cannot be written to, the log is in a temporary folder that
    ``stack`` removes. Raises StoreReadOnly if a folder that was asked for cannot be created.
    """
    try:
        folders = Folders.find(data_dir)
    except StoreReadOnly as error:
        if data_dir is not None:
            raise
        folders = Folders(error.path.parent)
    if not os.access(folders.data, os.W_OK):
        with suppress(OSError):  # if that fails, the engine runs without a log
            other = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
            return folders, Folders(Path(stack.enter_context(other))).engine_log
    return folders, folders.engine_log


def open_missing() -> None:
    """Have a stdout and a stderr where there is none.

    A shell may have closed them, and a Windows program without a console never has them.
    """
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def give_up_output(error: OSError, sentence: str) -> int:
    """Tell that nobody takes the output, unless its reader has read enough; return FAILED.

    ``sentence`` has a place for the reason. What is not written yet is not tried again at exit.
    """
    if not isinstance(error, BrokenPipeError):
        say(sentence.format(reason=error.strerror))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return FAILED


def say(*lines: str) -> None:
    """Print lines on stderr at once."""
    for line in lines:
        print(printable(line, sys.stderr), file=sys.stderr, flush=True)


def redraw(text: str) -> None:
    """Draw a line over the last one on stderr, which is a terminal."""
    width = shutil.get_terminal_size().columns - 1
    line = printable(text, sys.stderr)[:width]
    print(f"\r{line:<{width}}", end="", file=sys.stderr, flush=True)


def printable(text: str, stream: TextIO) -> str:
    """Return ``text`` with characters that the terminal cannot encode replaced."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, errors="replace").decode(encoding)
