"""Several answers at once, by a few random plans; ``python -m tests.together`` runs 1,000."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.together.agents_plan import AgentsPlan
from tests.together.cost import MOST_BEYOND
from tests.together.scripted_plan import ScriptedPlan

FIRST = int(os.environ.get("FIRESIDE_TOGETHER_SEED", "0"))


@pytest.fixture(autouse=True)
def threads_may_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a thread end by SystemExit, where the worker's process would have been killed."""
    told = threading.excepthook
    monkeypatch.setattr(
        threading, "excepthook", lambda args: args.exc_type is SystemExit or told(args)
    )


@pytest.mark.parametrize("seed", range(FIRST, FIRST + 2))
def test_every_answer_is_as_it_is_alone(seed: int, tmp_path: Path) -> None:
    plan = ScriptedPlan(seed, tmp_path)
    plan.run()
    assert plan.faults == []
    assert plan.counts["compared"] > 0


def test_the_turns_of_agents_cost_their_new_words(tmp_path: Path) -> None:
    plan = AgentsPlan(4, tmp_path, agents=4, turns=2)
    plan.run()
    assert plan.faults == []
    assert plan.counts["together"] > 50
    for cost in plan.costs:
        assert max(cost.beyond) <= MOST_BEYOND
