"""Answers of a given shape: 1,000 by the demo model, drawn wildly, and walks by random schemas.

    .venv/bin/python -m pytest -p no:pytest-qt -o faulthandler_timeout=0 \
        tests/long/test_shaped_answers.py -n0 -s

``FIRESIDE_SHAPED=20`` asks so often by each schema (20 is the default). A few of them are in the
suite (`tests.e2e.test_shaped`).
"""

from __future__ import annotations

import os
import random
from collections import Counter
from contextlib import closing
from pathlib import Path

from app.base.errors import SchemaError
from app.engine.supervisor import LocalBackend
from tests.e2e.shaped import Verdict, ask, fifty, is_valid
from tests.fakes.random_schemas import RandomSchemas
from tests.fakes.schemas import mask_of, walk

TIMES = int(os.environ.get("FIRESIDE_SHAPED", "20"))


def test_what_is_complete_is_valid(tmp_path: Path) -> None:
    seen: Counter[Verdict] = Counter()
    with closing(LocalBackend(tmp_path / "engine.log")) as backend:
        for number, schema in enumerate(fifty()):
            for seed in range(TIMES):
                verdict = ask(backend, schema, 1000 * number + seed)
                seen[verdict] += 1
                assert verdict is not Verdict.INVALID, (number, seed)
            print({each.value: count for each, count in seen.items()}, flush=True)
    assert seen[Verdict.VALID] > seen[Verdict.CUT]


def test_what_comes_by_chance_is_valid_by_random_schemas() -> None:
    seen: Counter[str] = Counter()
    for number in range(150 * TIMES):
        chance = random.Random(number)
        schema = RandomSchemas(chance).schema()
        try:
            masks = [mask_of(schema) for _ in range(3)]
        except SchemaError as error:
            seen[type(error).__name__] += 1
            continue
        for mask in masks:
            document = walk(mask, chance, 120)
            seen["cut" if document is None else "valid"] += 1
            assert document is None or is_valid(schema, document), (number, schema, document)
    print(dict(seen))
