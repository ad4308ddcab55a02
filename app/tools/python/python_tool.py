"""The tool ``python``: runs code in a sandbox, with variables that stay for the next call."""

from __future__ import annotations

import functools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from app.base import log as fault_log
from app.base.code_fence import unfenced
from app.base.errors import Cancelled, PythonError, PythonNeedsMemory, PythonNeedsRoom
from app.base.types import Message, Outcome, Part, PartKind, ResultFacts, Role, ToolNamespace
from app.tools.python import made_files, output_text, runtime
from app.tools.python.cell_history import Attached, Cell, History
from app.tools.python.python_box import BoxResult, ProcessBox, PythonBox
from app.tools.python.sessions import CALL_S, CellRun, Sessions
from app.tools.tool import Call, CallContext, CallInvalid, Effect, Proposal, Result

KEY = "python"
NO_OUTPUT = (
    "[WARN] No output available. Use print() to output anything to stdout to receive the output"
)
RESTARTED = "[the session was restarted: variables from before are gone]"

_MOST_CALLS = 24
_SHORT = 200  # characters of output that stay when the context gets tight
_DESCRIPTION = (
    "Figures drawn with matplotlib and files saved in /mnt/data are shown to the user."
    " Integers in NumPy are 64-bit."
)
_NAMES = re.compile(r"(?:functions\.)?python(?:\.\w+)?")
_CODE = ("code", "input", "script", "source", "python", "program")  # of arguments in JSON
_RAN = {Outcome.DONE, Outcome.FAILED, Outcome.STOPPED, Outcome.UNKNOWN}
_FIGURE = re.compile(r"figure (\d+)\.png")
_NO_CODE = "There is no code in this call. Its content must be the Python code itself."
_MISSING = "Python cannot be used on this computer."
_CRASHED = "[Python has ended unexpectedly, and its variables are gone]"
_STOPPED = "[stopped by the user]"
_ENDED = {
    "deadline": f"[stopped: a call may run for {CALL_S:.0f} seconds]",
    "stack overflow": "[stopped: too many nested calls]",
}


class PythonTool:
    """Python, with one session for each path of a chat.

    ``start`` makes a box that may take so many bytes of memory; by default, a process with the
    installed runtime.
    """

    key = KEY
    most_calls = _MOST_CALLS

    def __init__(
        self,
        start: Callable[[int], PythonBox] | None = None,
    ) -> None:
        self._start = start
        self._sessions = Sessions(lambda: (start or _process)(_memory()))
        self._compiling: threading.Thread | None = None
        self._closing = threading.Event()
        self._refused: PythonError | None = None

    def prepare(self) -> None:
        """Have Python compiled in the background where nobody has done that before."""
        if self._compiling or not self.unavailable:
            return
        self._compiling = threading.Thread(target=self._compile, name="python preparing")
        self._compiling.start()

    def _compile(self) -> None:
        from app.tools.python import preparing

        try:
            preparing.prepare(self._closing)
        except Cancelled:
            pass
        except PythonError as error:
            fault_log.note(f"Python is not there: {error!r}")
            self._refused = error

    @property
    def unavailable(self) -> str:
        """Why Python cannot be used now: a word, or nothing if it can.

        ``preparing``: it is being compiled; ``memory`` and ``room``: there was not enough of it
        for that; ``missing``: it is not installed.
        """
        if self._start or runtime.find():
            return ""
        if self._compiling and self._compiling.is_alive():
            return "preparing"
        from app.tools.python import preparing

        if preparing.seconds_left() is not None:
            return "preparing"
        lacks = {PythonNeedsMemory: "memory", PythonNeedsRoom: "room"}
        return lacks.get(type(self._refused), "missing")

    def declaration(self) -> ToolNamespace | None:
        return ToolNamespace(KEY, (), _DESCRIPTION)

    def names(self, name: str) -> bool:
        return is_python(name)

    def expect(self, context: CallContext) -> None:
        if not self.unavailable:
            self._sessions.expect(history(context))

    def propose(self, call: Call, context: CallContext) -> Proposal:
        code = code_of(call.arguments)
        if not code.strip():
            raise CallInvalid(_NO_CODE)
        return Proposal(KEY, replace(call, arguments=code), Effect.NONE, shown=(("code", code),))

    def run(
        self, proposal: Proposal, context: CallContext, cancel: threading.Event
    ) -> Iterator[str | Result]:
        begun = time.monotonic()
        try:
            code, apart = proposal.call.arguments, context.again
            for each in self._sessions.run(history(context), code, cancel, apart=apart):
                if isinstance(each, str):
                    yield each
                else:
                    seconds = time.monotonic() - begun
                    yield _result(each, proposal.call, context, cancel.is_set(), seconds)
        except OSError:
            yield Result(_MISSING, ResultFacts(Outcome.FAILED))

    def forget(self, chat: int) -> None:
        self._sessions.forget(chat)

    def close(self) -> None:
        self._closing.set()
        if self._compiling:
            self._compiling.join()
        self._sessions.close()


def _memory() -> int:
    """Return how many bytes a box may take: as many as plans leave to it."""
    import psutil

    from app.engine.probe import tools_memory

    return tools_memory(psutil.virtual_memory().total)


def _process(memory: int) -> PythonBox:
    """Start the installed runtime. Raises OSError."""
    found = runtime.find()
    if found is None:
        raise OSError("Python for WebAssembly is not installed")
    return ProcessBox(found, memory)


def is_python(name: str) -> bool:
    """Return whether the recipient of a call is Python, as models write it."""
    return bool(_NAMES.fullmatch(name))


def code_of(arguments: str) -> str:
    """Return the code of a call: models also write it in a fence, or in JSON."""
    text = arguments.strip()
    if text.startswith("{") and text.endswith("}"):
        try:
            found = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and len(found) == 1:
            ((name, value),) = found.items()
            if name in _CODE and isinstance(value, str):
                return code_of(value)
    return unfenced(arguments)


def history(context: CallContext) -> History:
    """Return what came before a call: the last of the messages' calls without a result."""
    messages = context.messages
    events: list[Attached | Cell] = []
    for message in messages:
        if message.role is Role.USER:
            events += map(_attached, message.attached)
        else:
            events += map(Cell, _cells(message, last=message is messages[-1]))
    return History(context.chat, tuple(events))


def _cells(message: Message, *, last: bool) -> Iterator[str]:
    """Yield the code of the calls of a message that were run."""
    calls = [p for p in message.parts if p.kind is PartKind.CALL]
    results = [p for p in message.parts if p.kind is PartKind.RESULT]
    by_id = {part.id: part for part in results if part.id}
    for number, call in enumerate(calls):
        result = by_id.get(call.id)
        if result is None and not call.id and number < len(results):
            result = results[number]
        if result is None and last and call is calls[-1]:
            return  # the call that is about to run
        outcome = result.facts.outcome if result and result.facts else Outcome.UNKNOWN
        if is_python(call.name) and outcome in _RAN:
            yield code_of(call.text)


@functools.lru_cache(maxsize=4)  # they may be large, and are asked for with every call
def _attached(part: Part) -> Attached:
    content = part.data or part.text.encode("utf-8", "replace")
    return Attached(made_files.display_name(part.name), content)


def _result(
    ran: CellRun, call: Call, context: CallContext, cancelled: bool, seconds: float
) -> Result:
    restarted = f"{RESTARTED}\n" if ran.restarted else ""
    if ran.result is None:
        stopped = not ran.crashed or cancelled
        outcome = Outcome.STOPPED if stopped else Outcome.FAILED
        printed = output_text.both(ran.printed, "")
        text = restarted + "\n".join(filter(None, [printed, _STOPPED if stopped else _CRASHED]))
        return Result(text, ResultFacts(outcome, seconds, short=_short(text)))
    result = ran.result
    made, notes = _made(result, call.id, context)
    printed = output_text.both(result.stdout, result.stderr, result.left_out)
    if result.ended:
        notes.append(_ENDED.get(result.ended, f"[stopped: {result.ended}]"))
        notes.append(RESTARTED)
    text = restarted + "\n".join(filter(None, [printed, *notes]))
    if not text.removeprefix(restarted):
        text = restarted + NO_OUTPUT
    outcome = Outcome.FAILED if result.failed else Outcome.DONE
    if result.ended == "deadline":
        outcome = Outcome.STOPPED
    return Result(text, ResultFacts(outcome, seconds, short=_short(text)), made)


def _short(text: str) -> str:
    """Return the form of a result that stays when the context gets tight; empty if it is short."""
    return output_text.shortened(text, _SHORT // 2) if len(text) > 2 * _SHORT else ""


def _made(result: BoxResult, call: str, context: CallContext) -> tuple[tuple[Part, ...], list[str]]:
    """Return the parts for what a cell has made, and what the model is told of it."""
    parts: list[Part] = []
    notes: list[str] = []
    number = _figures(context)
    for content in result.figures:
        size = made_files.png_size(content)
        if size is None:
            continue
        number += 1
        name = f"figure {number}.png"
        parts.append(Part("", PartKind.MEDIA, name, call, media_type="image/png", data=content))
        notes.append(f"[figure {number} shown to the user: {size[0]}×{size[1]}]")
    if result.more_figures:
        notes.append(f"[{result.more_figures} more figures are not shown: at most 10 in one call]")
    for path, content in result.files:
        name, kind = made_files.display_name(path), made_files.media_type(path, content)
        parts.append(Part("", PartKind.MEDIA, name, call, media_type=kind, data=content))
        notes.append(f"[file {name} shown to the user: {len(content):,} bytes]")
    if result.more_files:
        notes.append(f"[{result.more_files} more files are not shown: at most 10 in one call]")
    return tuple(parts), notes


def _figures(context: CallContext) -> int:
    """Return the number of the last figure on a path."""
    names = (
        _FIGURE.fullmatch(part.name)
        for message in context.messages
        for part in message.parts
        if part.kind is PartKind.MEDIA
    )
    return max((int(found[1]) for found in names if found), default=0)
