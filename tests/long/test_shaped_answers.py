"""Answers of a given shape by the demo model, drawn wildly: 1,000 by fifty schemas.

    .venv/bin/python -m pytest -p no:pytest-qt -o faulthandler_timeout=0 \
        tests/long/test_shaped_answers.py -n0 -s

``FIRESIDE_SHAPED=20`` asks so often by each schema (20 is the default). A few of them are in the
suite (`tests.e2e.test_shaped`).
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import closing
from pathlib import Path

from app.engine.supervisor import LocalBackend
from tests.e2e.shaped import Verdict, ask, fifty

TIMES = int(os.environ.get("FIRESIDE_SHAPED", "20"))


def test_what_is_complete_is_valid(tmp_path: Path) -> None:
    seen: Counter[Verdict] = Counter()
    with closing(LocalBackend(tmp_path / "engine.log")) as backend:
        for number, schema in enumerate(fifty()):
            for seed in range(TIMES):
                verdict = ask(backend, schema, 1000 * number + seed)
                seen[verdict] += 1
                assert verdict is not Verdict.INVALID, (number, seed)
    print(dict(seen))
    assert seen[Verdict.VALID] > seen[Verdict.CUT]
