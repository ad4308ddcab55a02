"""Which box has the variables of which path of a chat.

A session belongs to the cells that it has run, and to the files that were attached before them:
when a question is edited or an answer tried again, the chat takes another path, and another box
runs the cells of that path again. Only cells that this run of the program has executed are ever
run again, never those of an imported chat or from before a restart.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from app.tools.python.cell_history import Attached, Cell, History
from app.tools.python.python_box import BoxEnded, BoxResult, BoxStopped, PythonBox

CALL_S = 30.0
"""How long a cell may run."""
REPLAY_S = 10.0
"""How long the cells of a path may take when they are run again."""
IDLE_S = 600.0
"""After which time without a call a box ends, and its variables with it."""
LARGE = 512 << 20
"""Bytes of memory above which it ends earlier: WebAssembly gives none back."""
LARGE_IDLE_S = 60.0
MOST_BOXES = 2

_MOST_KNOWN = 10_000  # paths
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class CellRun:
    """A cell that was run. ``restarted``: variables from before it were gone.

    ``result`` is None if it was stopped, or if the box ended by itself (``crashed``): then
    ``printed`` is what is left of its output.
    """

    result: BoxResult | None
    restarted: bool
    crashed: bool = False
    printed: str = ""


class _Session:
    """A box, and what it has run. ``key`` is None while nothing was asked of it."""

    def __init__(self, box: Future[PythonBox]) -> None:
        self.box = box
        self.key: str | None = None
        self.chat: int | None = None
        self.first = 0
        """The number of cells of its path before those whose variables it has."""
        self.files: set[Attached] = set()
        self.lost = False
        """Whether variables are gone and the model was not told yet."""
        self.busy = False
        self.unwanted = False
        """Whether its chat was forgotten during a call."""
        self.used = time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether it can be used, or will be."""
        if not self.box.done():
            return True
        return not self.box.cancelled() and not self.box.exception() and self.box.result().alive

    def kill(self) -> None:
        """End its box, as soon as that exists."""
        self.box.add_done_callback(_kill)


def _kill(box: Future[PythonBox]) -> None:
    if not box.cancelled() and not box.exception():
        box.result().kill()


class Sessions:
    """The boxes, of which there are few: the ones used last.

    ``start`` makes one; it is called on a thread that lives as long as they do.
    """

    def __init__(
        self,
        start: Callable[[], PythonBox],
        *,
        most: int = MOST_BOXES,
        call_s: float = CALL_S,
        idle_s: float = IDLE_S,
        large_idle_s: float = LARGE_IDLE_S,
    ) -> None:
        self._start = start
        self._most, self._call_s, self._idle_s, self._large_s = most, call_s, idle_s, large_idle_s
        self._changed = threading.Condition()
        self._sessions: list[_Session] = []
        self._wanted: deque[Future[PythonBox]] = deque()
        self._thread: threading.Thread | None = None
        self._closed = False
        # By the key of a history: how many of its cells came before the oldest variables that were
        # there after it; None if they were lost at its end.
        self._known: OrderedDict[str, int | None] = OrderedDict()

    def expect(self, history: History) -> None:
        """Start a box, unless there is one for a history."""
        key = history.key()
        with self._changed:
            fresh = not any(each.key in (key, None) and each.alive for each in self._sessions)
            if fresh and not self._closed and self._make_room():
                self._new()

    def run(
        self, history: History, code: str, cancel: threading.Event, *, apart: bool = False
    ) -> Iterator[str | CellRun]:
        """Run a cell after a history: yield output so far, and at last how it went.

        ``apart``: in a box of its own, which ends afterwards. Raises OSError if no box can be
        started.
        """
        session = self._take(history, cancel, apart=apart)
        if session is None:
            yield CellRun(None, restarted=False)
            return
        after = history.with_cell(code).key()
        restarted, crashed = False, False
        result: BoxResult | None = None
        printed: list[str] = []
        try:
            restarted = self._prepare(session, history, cancel)
            for each in session.box.result().run(code, self._call_s, cancel):
                if isinstance(each, str):
                    printed.append(each)
                    yield each
                else:
                    result = each
        except BoxStopped:
            pass
        except BoxEnded:
            crashed = True
        finally:  # also where nobody waits for the result any more
            lost = result is None or bool(result.ended)
            if result is None or apart:
                session.kill()
            if apart:
                self._leave(session, after, lost=lost)
            else:
                self._release(session, history, after, lost=lost)
        yield CellRun(result, restarted, crashed, "".join(printed))

    def forget(self, chat: int) -> None:
        """End the boxes of a chat."""
        with self._changed:
            of_chat = [each for each in self._sessions if each.chat == chat]
            for each in of_chat:
                each.unwanted = each.busy  # it ends with its call, which is being stopped
            self._drop([each for each in of_chat if not each.busy])

    def close(self) -> None:
        """End all boxes."""
        with self._changed:
            self._closed = True
            self._drop(list(self._sessions))
            thread = self._thread
        if thread:
            thread.join()

    # --- a session for a call ------------------------------------------------------------------

    def _take(self, history: History, cancel: threading.Event, *, apart: bool) -> _Session | None:
        """Return the session of a history, or a new one; None once ``cancel`` is set."""
        key = history.key()
        with self._changed:
            while not cancel.is_set() and not self._closed:
                self._drop([each for each in self._sessions if not each.alive and not each.busy])
                found = [each for each in self._sessions if each.key == key and not each.busy]
                if not key or apart:  # nothing was run: any unused box
                    found = []
                found = found or [e for e in self._sessions if e.key is None and not e.busy]
                if not found and self._make_room():
                    found = [self._new()]
                if found:
                    found[0].busy, found[0].chat = True, history.chat
                    break
                self._changed.wait(_POLL_S)
            else:
                return None
        session = found[0]
        while not session.box.done():
            if cancel.wait(_POLL_S):
                self._give_back(session)
                return None
        if error := session.box.exception():
            self._give_back(session)
            raise error
        return session

    def _give_back(self, session: _Session) -> None:
        with self._changed:
            session.busy = False
            self._changed.notify_all()

    def _prepare(self, session: _Session, history: History, cancel: threading.Event) -> bool:
        """Bring a session to where a history ends; return whether variables are gone.

        Raises BoxEnded, BoxStopped and OSError.
        """
        if session.key is not None:
            self._put(session, history.events)
            restarted, session.lost = session.lost, False
            return restarted
        key = history.key()
        with self._changed:
            first = self._known.get(key) if key else 0
        if first is not None and first < history.cells:
            if self._replay(session, history, first, cancel):
                session.first = first
                return False
            self._renew(session, cancel)
        self._put(session, history.events)
        session.first = history.cells
        return bool(key)

    def _replay(
        self, session: _Session, history: History, first: int, cancel: threading.Event
    ) -> bool:
        """Run the cells of a history again, from one of them on; return whether that worked."""
        until = time.monotonic() + REPLAY_S
        number = 0
        for event in history.events:
            if isinstance(event, Attached):
                self._put(session, [event])
                continue
            number += 1
            if number <= first:
                continue
            left = until - time.monotonic()
            if left <= 0:
                return False
            try:
                *_, result = session.box.result().run(event.code, left, cancel)
            except BoxEnded:
                return False
            if isinstance(result, str) or result.ended:
                return False
        return True

    def _put(self, session: _Session, events: Sequence[Attached | Cell]) -> None:
        """Put the files of a history in, that are not yet."""
        files = [event for event in events if isinstance(event, Attached)]
        new = [each for each in files if each not in session.files]
        if new:
            session.box.result().put({each.name: each.content for each in new})
            session.files.update(new)

    def _renew(self, session: _Session, cancel: threading.Event) -> None:
        """Give a session another box. Raises BoxStopped, OSError."""
        session.kill()
        session.files.clear()
        with self._changed:
            session.box = self._want()
        while not session.box.done():
            if cancel.wait(_POLL_S):
                session.kill()
                raise BoxStopped
        session.box.result()

    def _release(self, session: _Session, history: History, after: str, lost: bool) -> None:
        """Note what a session has run, and make it idle."""
        with self._changed:
            self._known[after] = None if lost else session.first
            self._known.move_to_end(after)
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
            session.key, session.used, session.busy = after, time.monotonic(), False
            if lost:
                session.lost, session.first = True, history.cells + 1
            if session in self._sessions and (session.unwanted or not session.alive):
                self._drop([session])
            self._changed.notify_all()

    def _leave(self, session: _Session, after: str, *, lost: bool) -> None:
        """Drop a session that was used once; what all cells of a path lead to is known then."""
        with self._changed:
            if not lost and session.first == 0:
                self._known.setdefault(after, 0)
            session.busy = False
            if session in self._sessions:
                self._drop([session])

    # --- boxes ---------------------------------------------------------------------------------

    def _make_room(self) -> bool:
        """Return whether there may be one more box; the idle one used longest ago gives way."""
        idle = sorted((each for each in self._sessions if not each.busy), key=lambda e: e.used)
        over = len(self._sessions) + 1 - self._most
        if over > len(idle):
            return False
        self._drop(idle[: max(0, over)])
        return True

    def _new(self) -> _Session:
        session = _Session(self._want())
        self._sessions.append(session)
        return session

    def _want(self) -> Future[PythonBox]:
        """Have a box started by the thread that keeps them, which begins with the first."""
        box: Future[PythonBox] = Future()
        self._wanted.append(box)
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep, name="python boxes", daemon=True)
            self._thread.start()
        self._changed.notify_all()
        return box

    def _drop(self, sessions: Sequence[_Session]) -> None:
        for session in sessions:
            self._sessions.remove(session)
            session.kill()
        if sessions:
            self._changed.notify_all()

    def _keep(self) -> None:
        """Start boxes, and end those that are idle. Ends once there are none."""
        while True:
            with self._changed:
                while not self._wanted:
                    self._end_idle()
                    if not self._sessions:
                        self._thread = None
                        return
                    self._changed.wait(self._pause())
                box = self._wanted.popleft()
                closed = self._closed
            if closed:
                box.set_exception(OSError("it is closed"))
                continue
            try:
                made = self._start()
            except Exception as error:  # noqa: BLE001 - whoever waits for the box has to know
                box.set_exception(error)
            else:
                box.set_result(made)

    def _end_idle(self) -> None:
        now = time.monotonic()
        old = [each for each in self._sessions if not each.busy and self._is_old(each, now)]
        for session in old:
            if session.key:
                self._known[session.key] = None
        self._drop(old)

    def _is_old(self, session: _Session, now: float) -> bool:
        idle = now - session.used
        if idle < min(self._idle_s, self._large_s):
            return False
        if idle >= self._idle_s or not session.alive:
            return True
        return session.box.done() and session.box.result().memory() > LARGE

    def _pause(self) -> float:
        """Return the seconds until a box may be too old."""
        now = time.monotonic()
        dues = [
            each.used + limit - now
            for each in self._sessions
            if not each.busy
            for limit in (self._idle_s, self._large_s)
            if each.used + limit > now
        ]
        return min(dues, default=self._idle_s) + _POLL_S
