"""The real demo model keeps to what it can answer; `tests.demo` asks it much more."""

from __future__ import annotations

import random
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from app.base.answer_events import StopReason
from app.base.types import Effort, Message, Part, PartKind, Request, Role
from app.engine.demo_filter import DemoFilter
from app.engine.supervisor import LocalBackend
from app.host import demo_model
from app.wording.demo_words import DEMO_QUESTIONS, demo_questions
from tests.bench.tools import PYTHON, ask
from tests.demo.asking import Asking
from tests.demo.questions import CHIPS, ORDINARY, WITH_PYTHON


def test_a_sample_of_questions(tmp_path: Path) -> None:
    sample = random.Random(16).sample(ORDINARY, 15)
    assert tuple(CHIPS) == DEMO_QUESTIONS
    efforts = list(Effort) * len(ORDINARY)
    with closing(Asking(tmp_path)) as asking:
        asked = [asking.ask(*each, effort) for each, effort in zip(sample, efforts, strict=False)]
        suggested = [asking.ask(*each, Effort.HIGH) for each in CHIPS.items()]
    assert not any(each.called for each in asked)
    # What is drawn is random: no wrong answer was seen in 600.
    assert sum(each.outcome == "wrong" for each in asked) <= 1, asked
    assert sum(each.outcome == "cannot answer" for each in asked) >= 12, asked
    assert [each.outcome for each in suggested] == ["right"] * len(suggested), suggested


def test_it_calls_python_where_that_is_declared(tmp_path: Path) -> None:
    suggested = set(demo_questions(python=True)) - set(DEMO_QUESTIONS)
    assert suggested <= {question for question, _ in WITH_PYTHON}
    backend = DemoFilter(LocalBackend(tmp_path / "engine.log"), demo_model())
    with closing(backend):
        for question, right in WITH_PYTHON:
            said = _computed(backend, question)
            assert re.search(right, said.text), (question, said)


def _computed(backend: DemoFilter, question: str) -> Message:
    """Return the answer, with what the sum in the call makes as its result."""
    asked = Message(Role.USER, (Part(question),))
    request = Request(demo_model(), (asked,), sampling=demo_model().sampling, tools=PYTHON, chat=1)
    said, done = ask(backend, request)
    assert done.reason is StopReason.CALL, (question, said)
    sum_ = re.fullmatch(r"print\((\d+) (.) (\d+)\)", said.parts[-1].text)
    result = "[figure 1 shown to the user: 640×480]"
    if sum_:
        one, other = int(sum_[1]), int(sum_[3])
        result = str({"+": one + other, "-": one - other, "*": one * other}[sum_[2]])
    answer = Message(Role.ASSISTANT, (*said.parts, Part(result, PartKind.RESULT)))
    said, _ = ask(backend, replace(request, messages=(asked, answer), drawn=done.drawn))
    return said
