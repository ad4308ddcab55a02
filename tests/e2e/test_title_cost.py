"""Generating a title costs the chat nothing, whatever title the demo model gives."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.base.answer_events import Event
from app.base.types import Effort, Part, Request
from app.chat import Chats
from app.engine.backend import Planned
from app.engine.scheduled_backend import ScheduledBackend
from app.engine.supervisor import EngineOptions, LocalBackend
from app.store import ChatSettings, Store, TitleBy
from app.turn import ChatEvent, Question, TurnEnded
from tests.e2e.engine import BEYOND_THE_WINDOW, DEMO, GREEDY, size
from tests.fakes.conversations import rest
from tests.fakes.vocabulary import of_file

LONG = "Here is what I know of France: " + "the sea, the hills, the bread. " * 150
FRANCE = "What is the capital of France?"
MORE = 16  # tokens that a question may cost besides its own


class Watched(LocalBackend):
    """A backend that records ephemeral requests, and whether they ran to their end."""

    asides: list[tuple[Request, bool]]

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        yield from super().stream(request, cancel, answer_now)
        if request.ephemeral:
            self.asides.append((request, not cancel.is_set()))


@pytest.mark.parametrize("reads_ahead", [True, False])
def test_a_title_costs_the_chat_nothing(tmp_path: Path, reads_ahead: bool) -> None:
    kept = tmp_path / "kept"
    backend = Watched(tmp_path / "engine.log", kept, lambda: EngineOptions(budget=1 << 30))
    backend.asides = []
    store = Store(tmp_path / "chats.db")
    ended: list[TurnEnded] = []
    arrived = threading.Semaphore(0)

    def publish(event: ChatEvent) -> None:
        if isinstance(event, TurnEnded):
            ended.append(event)
            arrived.release()

    with ThreadPoolExecutor(1) as disk:
        chats = Chats(store, ScheduledBackend(backend), publish, disk, lambda: reads_ahead)

        def ask(chat: int | None, text: str) -> TurnEnded:
            chats.send(
                Question(chat, (Part(text),), Effort.LOW, DEMO, ChatSettings(sampling=GREEDY))
            )
            assert arrived.acquire(timeout=60)
            rest(chats)  # prefill, and the title with it
            return ended[-1]

        first = ask(None, LONG + FRANCE).answer
        assert [whole for _, whole in backend.asides] == [True]
        second = ask(first.chat, "What is the capital of Spain?").answer
        ask(None, "And this is another chat. " + LONG + FRANCE)  # gets its title last
        assert [whole for _, whole in backend.asides] == [True, True]
        row = store.chats.get(first.chat)
        chats.close()
    store.close()
    assert first.stats is not None
    assert first.stats.evaluated > BEYOND_THE_WINDOW
    assert second.stats is not None
    # Without prefill, the first answer is read now, unless it was read for the title.
    assert second.stats.evaluated <= size("What is the capital of Spain?") + MORE
    assert row.title_by in (TitleBy.QUESTION, TitleBy.MODEL)
    assert 0 < len(row.title) <= 60
    asked = backend.asides[0][0].messages[-1].text
    read = [_text(entry.parent / "tokens") for entry in kept.glob("*/*/entry.json")]
    assert read
    assert any("the bread" in text for text in read)
    assert not any(asked in text for text in read)


def _text(tokens: Path) -> str:
    ids = array("I", tokens.read_bytes())
    bytes_of = of_file(Path(DEMO.place)).tokenizer.bytes_of
    return b"".join(bytes_of(token) for token in ids).decode(errors="replace")
