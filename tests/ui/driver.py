"""A window on a real store and a scripted engine, with helpers for its controls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLayout,
    QLayoutItem,
    QLineEdit,
    QWidget,
    QWidgetItem,
)
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from app.base.errors import FiresideError
from app.base.types import (
    Event,
    Loading,
    ModelRef,
    Prefill,
    Prompt,
    Request,
    StopReason,
)
from app.engine.backend import Planned
from app.engine.probe import Devices, Speeds
from app.formats import Abilities
from app.host import Host
from app.store import Store
from app.tools.tool_events import Consent, ToolEvent
from app.ui.bridge import Bridge
from app.ui.theme import Theme
from app.ui.window import Window
from tests.fakes.answers import STATS as STATS
from tests.fakes.answers import answer as answer
from tests.fakes.answers import done as done
from tests.fakes.answers import said as said
from tests.fakes.answers import thought as thought

PATIENCE_MS = 60_000
"""How long anything is waited for: on a busy machine, ten seconds become a minute."""
_PAUSES_MS = (1, 1, 2, 2, 4, 4)

W = TypeVar("W", bound=QWidget)
T = TypeVar("T")

Step: TypeAlias = Event | Planned | ToolEvent | FiresideError | threading.Event | Consent
"""An event of an answer, what ends it, or where it waits: for the test, or for a decision."""


class Backend:
    """Plays scripts; a `threading.Event` among the steps blocks until it is set."""

    def __init__(self) -> None:
        self.scripts: list[list[Step]] = []
        self.requests: list[Request] = []
        self.hurried: list[bool] = []
        """After each wait, whether the answer was to come now."""
        self.titles: list[str] = []
        """What it calls chats; nothing where there are no more. It is asked where it foresees."""
        self.prepared: list[Request] = []
        """What it was to read ahead, and what it was only to count."""
        self.counted: list[Request] = []
        self.reads: list[Prefill | threading.Event] = []
        """How far it comes each time that it reads ahead, and where it waits."""
        self.foreseen: Prompt | None = None
        self.planned: Planned | None = None
        self.found = Devices()
        self.forgotten: list[int] = []
        self.unusable: dict[Path, FiresideError] = {}
        self.handing_over = False
        """Whether somebody is still busy with an event that came last."""
        self.loads = threading.Event()
        self.loads.set()
        self.model: ModelRef | None = None

    def load(self, model: ModelRef, cancel: Any) -> Generator[Loading | Planned, None, None]:
        if self.planned:
            yield self.planned
        yield Loading(0.4)
        while not self.loads.wait(0.01):
            if cancel.is_set():
                return
        if error := self.unusable.get(Path(model.place)):
            raise error
        self.model = model
        yield Loading(1.0)

    def stream(
        self, request: Request, cancel: Any, answer_now: Any = None
    ) -> Generator[Any, None, None]:
        if request.ephemeral:
            yield from map(said, self.titles[:1])
            yield done()
            del self.titles[:1]
            return
        self.requests.append(request)
        if error := self.unusable.get(Path(request.model.place)):
            raise error
        for step in self.scripts.pop(0):
            if isinstance(step, threading.Event):
                while not step.is_set():
                    if cancel.wait(0.01):
                        yield done(StopReason.CANCELLED)
                        return
                self.hurried.append(answer_now.is_set())
            elif isinstance(step, FiresideError):
                raise step
            elif isinstance(step, Consent):
                step.wait(cancel)
            else:
                yield from self._hand_over(step)

    def _hand_over(self, event: Any) -> Generator[Any, None, None]:
        self.handing_over = True
        try:
            yield event
        finally:
            self.handing_over = False

    def prepare(self, request: Request, cancel: Any) -> Generator[Event, None, None]:
        self.prepared.append(request)
        if self.foreseen:
            yield self.foreseen
        for step in self.reads:
            if not isinstance(step, threading.Event):
                yield step
            while isinstance(step, threading.Event) and not step.is_set():
                if cancel.wait(0.01):
                    return

    def count(self, request: Request, cancel: Any) -> Prompt | None:
        self.counted.append(request)
        return self.foreseen

    def abilities(self, model: ModelRef) -> Abilities:
        return Abilities()

    def devices(self) -> Devices:
        return self.found

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        return Speeds()

    def forget(self, chat: int) -> None:
        self.forgotten.append(chat)

    def unload(self, cancel: threading.Event | None = None) -> None:
        self.model = None

    def loaded(self) -> ModelRef | None:
        return self.model

    def close(self) -> None:
        pass


@dataclass
class Fireside:
    """A running window, with helpers for its controls."""

    qtbot: QtBot
    host: Host
    bridge: Bridge
    theme: Theme
    window: Window
    backend: Backend
    _held: list[threading.Event] = field(default_factory=list)

    @property
    def chat(self) -> int:
        """The stored chat that is shown."""
        chat = self.window.chat
        assert chat is not None
        return chat

    def find(self, kind: type[W], name: str, last: bool = False) -> W:
        """Return the control of that name; with ``last``, the one in the latest message."""
        self.until(lambda: self._visible(kind, name))
        return self._visible(kind, name)[-1 if last else 0]

    def _visible(self, kind: type[W], name: str) -> list[W]:
        return [w for w in self.window.findChildren(kind, name) if w.isVisible()]

    def script(self, *steps: Step) -> None:
        """Set the events of the next answer."""
        self.backend.scripts.append(list(steps))

    def hold(self) -> threading.Event:
        """Return a step that blocks until it is set."""
        self._held.append(threading.Event())
        return self._held[-1]

    def type(self, text: str) -> None:
        QTest.keyClicks(self.window.composer.editor, text)

    def type_in(self, name: str, text: str) -> None:
        """Type into the field of that name and press Enter."""
        field = self.find(QLineEdit, name)
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)

    def ask(self, text: str, *steps: Step) -> None:
        """Write a question, at once, and press Enter; the steps are its answer."""
        if steps:
            self.script(*steps)
        self.window.composer.editor.insertPlainText(text)
        QTest.keyClick(self.window.composer.editor, Qt.Key.Key_Return)

    def shows(self, text: str) -> None:
        """Wait until the conversation has the text, and the window knows why."""
        self.until(lambda: text in self.text())
        # The draft of an answer is shared: its text may be shown before its event has come.
        self.until(lambda: not self.backend.handing_over)
        published: Future[None] = Future()
        published.set_result(None)
        delivered = threading.Event()
        self.bridge.when_done(published, partial(_set, delivered), raising)
        self.until(delivered.is_set)

    def text(self) -> str:
        return self.window.transcript.plainText()

    def until(self, condition: Callable[[], object], timeout: int = PATIENCE_MS) -> None:
        """Wait for a condition, looking often at first: most come within a few milliseconds."""
        deadline = time.monotonic() + timeout / 1000
        pauses = iter(_PAUSES_MS)
        while not _holds(condition):
            assert time.monotonic() < deadline, f"not so within {timeout} ms"
            self.qtbot.wait(next(pauses, 10))

    def idle(self) -> None:
        """Wait until no answer is running and everything is on disk."""
        self.until(lambda: not self.window.state.current.busy())
        self.stored(lambda store: None)

    def stored(self, read: Callable[[Store], T]) -> T:
        """Read from the store."""
        result = self.host.disk(read).result(PATIENCE_MS / 1000)
        for _ in range(2):  # twice: for pending work, and for what it starts
            delivered = threading.Event()
            done_reading = self.host.disk(lambda _: None)
            self.bridge.when_done(done_reading, partial(_set, delivered), raising)
            self.until(delivered.is_set)
        return result

    def close(self) -> None:
        for event in self._held:
            event.set()
        assert not stale(), "PySide would take what is at these addresses for these"
        self.window.serving.quit()
        self.host.close()
        self.bridge.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _holds(condition: Callable[[], object]) -> bool:
    try:
        return bool(condition())
    except AssertionError:  # what it looks at is not there yet
        return False


def _set(event: threading.Event, _: object) -> None:
    event.set()


def stale() -> list[QLayoutItem]:
    """Return PySide's wrappers of layout items that Qt has deleted.

    They are created when a non-empty layout is added to another, and remain when a widget then
    leaves it.
    """
    there: set[int] = set()

    def walk(layout: QLayout) -> None:
        for item in filter(None, map(layout.itemAt, range(layout.count()))):
            there.update(Shiboken.getCppPointer(item))
            if inner := item.layout():
                walk(inner)

    items = [w for w in Shiboken.getAllValidWrappers() if type(w) is QWidgetItem]
    for widget in QApplication.allWidgets():
        if layout := widget.layout():
            walk(layout)
    return [item for item in items if Shiboken.getCppPointer(item)[0] not in there]


Start = Callable[..., Fireside]


def raising(error: BaseException) -> None:
    raise error


def arrived(fireside: Fireside) -> None:
    """Wait until all that came so far has been delivered."""
    last: Future[None] = Future()
    delivered: list[None] = []
    fireside.bridge.when_done(last, delivered.append, raising)
    last.set_result(None)
    fireside.until(lambda: bool(delivered))


def make(fireside: Fireside, *titles: str) -> None:
    """Ask a question in a new chat for each title."""
    for title in titles:
        fireside.window.new_chat()
        fireside.ask(title, *answer(f"About {title}."))
        fireside.shows(f"About {title}.")
        fireside.idle()


def place(fireside: Fireside) -> str:
    """Return the path of the loaded model."""
    current = fireside.window.state.models.current
    return current.place if current else ""
