"""An answer without text is explained, with a way on."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel

from app.base.answer_events import Delta, StopReason
from app.base.errors import AnswerEndless
from app.base.types import PartKind
from app.store import State
from tests.ui.driver import Fireside, done, said, thought

THOUGHT = "The model finished reasoning but didn’t answer."


def buttons(fireside: Fireside) -> list[str]:
    names = ("concludeAnswer", "continueAnswer", "tryAgain")
    found = fireside.window.transcript.findChildren(QAbstractButton)
    return [b.objectName() for b in found if b.objectName() in names and b.isVisible()]


def test_what_was_only_thought_can_be_answered(fireside: Fireside) -> None:
    fireside.ask("Hello", thought("Hm."), done())
    fireside.shows(THOUGHT)
    assert buttons(fireside) == ["concludeAnswer", "tryAgain"]
    fireside.idle()
    (row,) = fireside.stored(lambda store: store.messages.conversation(fireside.chat))[1:]
    assert row.state is State.DONE
    hold = fireside.hold()
    hold.set()
    fireside.script(hold, said("Hi.", 1), done())
    fireside.find(QAbstractButton, "concludeAnswer").click()
    fireside.shows("Hi.")
    fireside.idle()
    assert fireside.backend.hurried == [True]
    assert fireside.backend.requests[-1].messages[-1].reasoning == "Hm."
    assert THOUGHT not in fireside.text()
    (row,) = fireside.stored(lambda store: store.messages.conversation(fireside.chat))[1:]
    assert (row.message.reasoning, row.message.text) == ("Hm.", "Hi.")


def test_it_is_said_when_the_chat_is_opened_again(fireside: Fireside) -> None:
    fireside.ask("Hello", thought("Hm."), done())
    fireside.shows(THOUGHT)
    fireside.idle()
    chat = fireside.chat
    fireside.window.new_chat()
    fireside.window.open_chat(chat)
    fireside.shows(THOUGHT)
    assert buttons(fireside) == ["concludeAnswer", "tryAgain"]


@pytest.mark.parametrize(
    ("steps", "sentence", "wanted"),
    [
        ([done()], "The model didn’t answer.", ["concludeAnswer", "tryAgain"]),
        (
            [thought("Hm."), done(StopReason.LENGTH)],
            "This answer was cut off during reasoning.",
            ["concludeAnswer", "continueAnswer", "tryAgain"],
        ),
        (
            [said("Hi"), done(StopReason.LENGTH)],
            "This answer was cut off.",
            ["continueAnswer", "tryAgain"],
        ),
    ],
)
def test_each_has_its_sentence(
    fireside: Fireside, steps: list[Delta], sentence: str, wanted: list[str]
) -> None:
    fireside.ask("Hello", *steps)
    fireside.shows(sentence)
    assert buttons(fireside) == wanted


def test_what_turns_out_to_be_the_answer_is_shown_as_one(fireside: Fireside) -> None:
    settled = Delta(0, "", PartKind.TEXT)
    hold = fireside.hold()
    fireside.ask("Hello", thought("It is "), thought("Paris."), hold, settled, done())
    fireside.shows("It is Paris.")
    hold.set()
    fireside.idle()
    fireside.until(lambda: [b.text() for b in fireside.window.findChildren(QLabel, "notice")] == [])
    (row,) = fireside.stored(lambda store: store.messages.conversation(fireside.chat))[1:]
    assert (row.message.reasoning, row.message.text) == ("", "It is Paris.")
    assert fireside.text().count("It is Paris.") == 1
    assert "Thought" not in fireside.text()


def test_an_answer_that_never_ends_keeps_what_it_said(fireside: Fireside) -> None:
    fireside.ask("Hello", said("the the the"), done(StopReason.LENGTH), AnswerEndless(4096))
    fireside.shows("The model kept repeating itself and was stopped.")
    assert buttons(fireside) == ["tryAgain"]
    assert "the the the" in fireside.text()
    fireside.idle()
    (row,) = fireside.stored(lambda store: store.messages.conversation(fireside.chat))[1:]
    assert (row.state, row.stats is None) == (State.CUT_OFF, False)
