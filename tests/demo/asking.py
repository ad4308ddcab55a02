"""The demo model, asked through all of Fireside except the window."""

from __future__ import annotations

import queue
import re
from dataclasses import dataclass
from pathlib import Path

from app.base.settings import Folders
from app.base.types import Effort, Part, PartKind
from app.host import Host, demo_model
from app.store import PLAIN, ChatSettings, MessageRow, State
from app.turn import Question, Renamed, SendFailed, TurnEnded
from tests.demo.questions import KINDS
from tests.fakes.browsing import MemorySource, page

BROWSING = ChatSettings(tools=("files:Shelf",))
"""The settings of a chat in which it may look into `SHELF`."""
SHELF = MemorySource(
    "files:Shelf",
    pages=[
        *(
            page(
                f"files:/{what}.md", what.capitalize(), f"{what.capitalize()} is a kind of {kind}."
            )
            for what, kind in KINDS.items()
        ),
        # It was trained with two results, of which the second one is this.
        page("files:/more.md", "More", *(f"More about {what}." for what in KINDS)),
    ],
)

_PATIENCE_S, _NAMING_S = 60, 0.7


@dataclass(frozen=True)
class Asked:
    """A question, and what came of it.

    ``outcome`` is "right", "wrong", "cannot answer", or "cut off"; ``title`` is the model's, empty
    if it gave none.
    """

    question: str
    effort: Effort
    outcome: str
    said: str
    called: bool
    title: str


class Asking:
    """A Fireside that asks each question in a chat of its own."""

    def __init__(self, folder: Path) -> None:
        self._events: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._host = Host(Folders(folder), self._events.put)
        self._host.tool_parts.browser.sources = lambda: (SHELF,)

    def ask(
        self, question: str, right: str, effort: Effort, settings: ChatSettings = PLAIN
    ) -> Asked:
        """Ask, and compare with the pattern of a right answer."""
        row, title = self._ask(question, effort, settings)
        said = row.message.text
        outcome = "wrong"
        if row.message.declined:
            outcome = "cannot answer"
        elif row.state is State.CUT_OFF:
            outcome = "cut off"
        elif right and re.search(right, said, re.IGNORECASE | re.DOTALL):
            outcome = "right"
        called = any(part.kind is PartKind.CALL for part in row.message.parts)
        return Asked(question, effort, outcome, said, called, title)

    def close(self) -> None:
        """End it."""
        self._host.close()

    def _ask(self, question: str, effort: Effort, settings: ChatSettings) -> tuple[MessageRow, str]:
        """Return the answer, and the title that the model gave the chat."""
        self._host.chats.send(Question(None, (Part(question),), effort, demo_model(), settings))
        answer: MessageRow | None = None
        while True:
            try:
                event = self._events.get(timeout=_NAMING_S if answer else _PATIENCE_S)
            except queue.Empty:
                assert answer, "no answer came"
                return answer, ""  # the chat keeps the name that its question gave it
            match event:
                case TurnEnded(row, error):
                    assert error is None, error
                    answer = row
                    if row.message.declined:
                        return answer, ""
                case SendFailed(error=error):
                    raise error
                case Renamed(chat) if answer and chat.id == answer.chat:
                    return answer, chat.title
