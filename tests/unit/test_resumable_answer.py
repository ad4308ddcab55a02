"""What has come of an answer is not asked for again."""

from __future__ import annotations

from pathlib import Path

from app.base.answer_events import Delta
from app.base.types import Message, ModelRef, Part, PartKind, Request, Role
from app.engine.resumable_answer import ResumableAnswer

FILE = Path("model.gguf")


def test_an_answer_goes_on_where_it_was() -> None:
    question = Message(Role.USER, (Part("Count."),))
    asked = Request(ModelRef.of_file(FILE, "Fake"), (question,))
    answer = ResumableAnswer(asked)
    assert answer.request is asked
    answer.add(Delta(0, "one "))
    answer.add(Delta(0, "two"))
    said = Message(Role.ASSISTANT, (Part("one two"),))
    assert answer.request.messages == (question, said)
    assert answer.can_go_on

    continued = ResumableAnswer(answer.request)
    continued.add(Delta(0, " three"))
    whole = Message(Role.ASSISTANT, (Part("one two three"),))
    assert continued.request.messages == (question, whole)

    with_tools = ResumableAnswer(Request(asked.model, (question,), drawn=(1, 2)))
    assert with_tools.can_go_on
    with_tools.add(Delta(0, "one"))
    assert with_tools.can_go_on
    assert with_tools.request.drawn == ()
    with_tools.add(Delta(1, "1", PartKind.CALL, "python"))
    assert not with_tools.can_go_on
