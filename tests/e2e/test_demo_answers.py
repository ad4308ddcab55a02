"""The real demo model keeps to what it can answer; `tests.demo` asks it much more."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

from app.base.types import Effort
from app.wording.demo_words import DEMO_QUESTIONS
from tests.demo.asking import Asking
from tests.demo.questions import CHIPS, ORDINARY


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
