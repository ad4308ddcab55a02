"""Ask the demo model, as the program does, and print what came of it.

usage: python -m tests.demo [--tries N] [--chips N] [--show]

``--tries`` is how often each question of `tests.demo.questions` is asked, at the three efforts in
rotation; ``--chips`` how often the questions that an empty chat suggests are, at each effort.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.base.types import Effort
from app.store import PLAIN
from tests.demo.asking import BROWSING, Asked, Asking
from tests.demo.questions import CHIPS, ON_GROUND, ORDINARY, WITH_BROWSER, WITH_PYTHON

_COLUMNS = ("right", "cannot answer", "cut off", "wrong", "calls shown", "titles by the model")


@contextmanager
def _asking() -> Iterator[Asking]:
    with tempfile.TemporaryDirectory() as folder:
        asking = Asking(Path(folder))
        try:
            yield asking
        finally:
            asking.close()


def _line(name: str, found: list[Asked]) -> str:
    counts = Counter(asked.outcome for asked in found)
    counts["calls shown"] = sum(asked.called for asked in found)
    counts["titles by the model"] = sum(bool(asked.title) for asked in found)
    return f"| {name} | " + " | ".join(str(counts[column]) for column in _COLUMNS) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=1)
    parser.add_argument("--chips", type=int, default=20)
    parser.add_argument("--show", action="store_true", help="print each answer that is not right")
    options = parser.parse_args()
    efforts = list(Effort)
    lines: list[str] = []
    titles: Counter[tuple[str, str]] = Counter()
    with _asking() as asking:
        groups = {
            "ordinary": (ORDINARY, PLAIN),
            "on its ground": (ON_GROUND, PLAIN),
            "with Python": (WITH_PYTHON, PLAIN),
            "with the browser": (WITH_BROWSER, BROWSING),
            "on its ground, with the browser": (ON_GROUND, BROWSING),
        }
        for name, (questions, settings) in groups.items():
            found = [
                asking.ask(question, right, efforts[(number + attempt) % 3], settings)
                for number, (question, right) in enumerate(questions)
                for attempt in range(options.tries)
            ]
            lines.append(_line(f"{len(found)} {name}", found))
            for asked in found:
                if asked.title:
                    titles[asked.question, asked.title] += 1
                of_ground = questions is not ORDINARY and asked.outcome != "right"
                if options.show and (asked.outcome == "wrong" or of_ground):
                    print(asked.effort, asked.outcome, repr(asked.question), "->", repr(asked.said))
        for chip, right in CHIPS.items():
            for effort in efforts:
                found = [asking.ask(chip, right, effort) for _ in range(options.chips)]
                lines.append(_line(f"{chip} ({effort}, {len(found)} times)", found))
    for (question, title), times in sorted(titles.items()):
        print(f"{times} x {title!r} for {question!r}")
    print(f"|  | {' | '.join(_COLUMNS)} |", "|" + " --- |" * (len(_COLUMNS) + 1), *lines, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
