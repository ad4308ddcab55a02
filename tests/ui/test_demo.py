"""What the window says about the demo model."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QWidget

from app.base.answer_events import Delta, Event
from app.base.types import DECLINED, Effort
from app.engine.demo_filter import SENTENCE
from app.host import demo_model
from app.ui.conversation.answer_view import AnswerView
from app.wording.demo_words import DEMO_QUESTIONS, demo_questions, first_questions
from tests.fakes.tools import FakeTool
from tests.ui.driver import Fireside, Start, answer, done

REFUSAL: list[Event] = [Delta(0, SENTENCE, name=DECLINED), done()]


def chips(fireside: Fireside) -> list[str]:
    buttons = [fireside.find(QAbstractButton, f"suggestion{n}") for n in range(1, 5)]
    assert [b.accessibleName() for b in buttons] == [f"Ask: {b.text()}" for b in buttons]
    return [button.text() for button in buttons]


def use_a_real_model(fireside: Fireside, folder: Path) -> None:
    real = folder / "real.gguf"
    real.write_bytes(Path(demo_model().place).read_bytes())
    fireside.window.state.models.open(real)
    fireside.until(lambda: fireside.window.state.models.current != demo_model())


def test_a_refusal_is_a_card_that_leads_to_a_real_model(start: Start) -> None:
    fireside = start()
    fireside.ask("Why do objects fall?", *REFUSAL)
    fireside.shows("The demo model cannot answer this.")
    fireside.idle()
    (row,) = fireside.stored(lambda store: store.messages.conversation(fireside.chat))[1:]
    assert row.message.text == "The demo model cannot answer this."
    assert row.message.declined
    assert fireside.stored(lambda store: store.chats.get(fireside.chat)).title == (
        "Why do objects fall?"
    )
    again = start()  # it is one after a restart, too
    again.shows("The demo model cannot answer this.")
    assert "Thought" not in again.text()
    (card,) = (w for w in again.window.findChildren(QWidget, "declined") if w.isVisible())
    assert not card.findChild(QAbstractButton, "continueAnswer")
    button = again.find(QAbstractButton, "getModel")
    assert button.text() == "Get gpt-oss-20b"
    (view,) = (v for v in again.window.findChildren(AnswerView) if v.isVisible())
    assert button in view.tab_stops()
    button.click()
    assert again.find(QWidget, "modelsPage").isVisible()


def test_an_answer_in_the_place_of_a_refusal_is_no_card(fireside: Fireside) -> None:
    fireside.ask("Why do objects fall?", *REFUSAL)
    fireside.shows("cannot answer")
    fireside.idle()
    fireside.script(*answer("They are **heavy**."))
    fireside.window.state.turns.again(fireside.chat, 2, Effort.HIGH, demo_model())
    fireside.shows("They are heavy.")
    fireside.idle()
    assert "cannot answer" not in fireside.text()
    names = ("declined", "getModel")
    shown = [w for name in names for w in fireside.window.findChildren(QWidget, name)]
    assert not [w for w in shown if w.isVisible()]


def test_a_chat_with_the_demo_says_so(fireside: Fireside, tmp_path: Path) -> None:
    line = fireside.find(QWidget, "demoLine")
    assert line.accessibleName() == "You are talking to the demo model"
    fireside.find(QAbstractButton, "getModelFromLine").click()
    fireside.until(lambda: fireside.window.model_area.model_picker.shown)
    use_a_real_model(fireside, tmp_path)
    fireside.until(lambda: not fireside.window.model_area.model_picker.shown)
    assert line.isHidden()
    fireside.window.state.models.choose(demo_model())
    fireside.until(lambda: not line.isHidden())


def test_the_suggestions_fit_the_model(
    fireside: Fireside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = FakeTool()
    monkeypatch.setattr(fireside.host.tools, "_tools", lambda: [tool])
    fireside.window.state.tools.refresh()
    fireside.until(lambda: chips(fireside) == list(demo_questions(python=True)))
    tool.unavailable = "missing"
    fireside.window.state.tools.refresh()
    fireside.until(lambda: chips(fireside) == list(DEMO_QUESTIONS))
    use_a_real_model(fireside, tmp_path)
    first = chips(fireside)
    assert len(set(first) & set(first_questions())) == 4
    fireside.window.new_chat()  # the chat is empty still
    assert chips(fireside) == first
    seen = {tuple(first)}
    for _ in range(3):
        fireside.ask("Hello", *answer("Hi."))
        fireside.shows("Hi.")
        fireside.idle()
        fireside.window.new_chat()
        seen.add(tuple(chips(fireside)))
    assert len(seen) > 1
    fireside.script(*answer("Well."))
    asked = chips(fireside)[2]
    fireside.find(QAbstractButton, "suggestion3").click()
    fireside.shows("Well.")
    assert fireside.backend.requests[-1].messages[-1].text == asked
