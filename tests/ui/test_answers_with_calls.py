"""Answers that hold calls, in all that the window does with answers."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable

import pytest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton

from app.base.answer_events import Prompt
from app.base.types import Outcome, Part, PartKind, ResultFacts
from app.formats import Abilities
from app.tools.registry import Registry
from app.tools.tool import Proposal, Result
from app.ui.conversation.message_menu import MessageCommands, fill_menu
from tests.fakes.tools import FakeTool, calls, says
from tests.ui.driver import Fireside, Start, answer

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
FIGURE = Part("", PartKind.MEDIA, "figure 1.png", media_type="image/png", data=PNG)


def title(fireside: Fireside) -> str:
    return fireside.stored(lambda store: store.chats.get(fireside.chat)).title


def begin(start: Start, tool: FakeTool) -> Fireside:
    fireside = start()
    fireside.host.tools = Registry(lambda: [tool])
    fireside.host.backend._registry = fireside.host.tools
    fireside.host.chats._declared = fireside.host.tools.declared
    fireside.backend.abilities = lambda model: Abilities(tools=True)  # type: ignore[method-assign]
    return fireside


def test_queue_title_fork_copy_and_another_try(start: Start) -> None:
    running = threading.Event()

    def ran(proposal: Proposal, cancel: threading.Event) -> Iterable[str | Result]:
        running.wait(30)
        facts = ResultFacts(Outcome.DONE, 0.5)
        return [Result("42", facts, made=(FIGURE,))]

    fireside = begin(start, FakeTool(answer=ran))
    fireside.backend.titles, fireside.backend.foreseen = ["How much it is"], Prompt(80, 4096)
    fireside.script(*calls("python", "print(42)", thinks="Let me see."))
    fireside.ask("How much?", *says("It is 42.", at=4))
    fireside.until(lambda: fireside.window.state.current.busy())
    fireside.ask("And then?", *answer("Nothing."))  # it waits for the answer, calls and all
    fireside.until(lambda: fireside.window.chat_area.composer_controller.queue.waits())
    fireside.until(lambda: len(fireside.backend.requests) == 1)
    running.set()
    fireside.shows("Nothing.")
    fireside.idle()
    second = fireside.backend.requests[-1]
    assert second.messages[-1].text == "And then?"
    assert not any(p.kind is PartKind.MEDIA for m in second.messages for p in m.parts)
    # The title is asked for with the same tools, and none is run.
    fireside.until(lambda: title(fireside) == "How much it is")
    rows = fireside.stored(lambda store: store.messages.conversation(fireside.chat))
    kinds = [part.kind for part in rows[1].message.parts]
    assert kinds == [
        PartKind.REASONING, PartKind.CALL, PartKind.RESULT, PartKind.MEDIA, PartKind.TEXT
    ]  # fmt: skip
    # What is copied is the text; a fork has everything, and the same tools.
    menu = QMenu()
    record = fireside.window.transcript.messages.records[1]
    forked: list[int] = []
    commands = MessageCommands(
        edit=forked.append, again=lambda *_: None, fork=forked.append, delete=forked.append,
        other_models=list,
    )  # fmt: skip
    fill_menu(menu, record, commands, busy=False, last=False)
    copying = next(a.menu() for a in menu.actions() if a.menu())
    assert isinstance(copying, QMenu)
    copying.actions()[1].trigger()
    assert QApplication.clipboard().text() == "It is 42."
    old = fireside.chat
    fireside.window.transcript.forked.emit(rows[1].id)
    fireside.until(lambda: fireside.window.chat not in (None, old))
    fork = fireside.stored(lambda store: store.messages.conversation(fireside.chat))
    assert fork[1].message == rows[1].message
    assert fireside.window.state.chat_settings.own.tools == ("python",)
    # Another try runs its calls again; those of the first stay as they were.
    fireside.script(*calls("python", "print(43)"))
    fireside.script(*says("It is 43.", at=3))
    fireside.window.chat_area.composer_controller.again_last()
    fireside.shows("It is 43.")
    fireside.idle()
    button = fireside.find(QPushButton, "previousVersion", last=True)
    button.click()
    fireside.shows("It is 42.")


def test_a_draft_is_kept_while_a_tool_runs(start: Start) -> None:
    running = threading.Event()

    def ran(proposal: Proposal, cancel: threading.Event) -> Iterable[str | Result]:
        running.wait(30)
        return [Result("42")]

    fireside = begin(start, FakeTool(answer=ran))
    fireside.script(*calls("python", "print(42)"))
    fireside.ask("How much?", *says("It is 42.", at=3))
    fireside.until(lambda: fireside.window.chat is not None)
    chat = fireside.chat
    fireside.type("half a thought")
    fireside.window.new_chat()
    assert fireside.window.composer.editor.toPlainText() == ""
    running.set()
    fireside.window.open_chat(chat)
    fireside.shows("It is 42.")
    fireside.idle()
    assert fireside.window.composer.editor.toPlainText() == "half a thought"
