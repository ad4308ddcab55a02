"""Run random plans of several clients at once, and compare each answer to the one it gets alone.

usage: python -m tests.together [--plans N] [--seed N] [--jobs N] [--only SEED [--actors N ...]]
                                [--demo]

Against the scripted engine, or the demo model. ``--only`` runs one plan and tells its steps;
``--actors`` makes it smaller by hand.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.together.scripted_plan import ScriptedPlan


def scripted(seed: int) -> tuple[int, list[str], Counter[str]]:
    """Run one plan against the scripted engine; return what went wrong, and what was done."""
    with tempfile.TemporaryDirectory() as folder:
        plan = ScriptedPlan(seed, Path(folder))
        plan.run()
        return seed, plan.faults, plan.counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", type=int)
    parser.add_argument("--actors", type=int, nargs="*", default=[])
    parser.add_argument("--demo", action="store_true")
    options = parser.parse_args()
    if options.only is not None:
        with tempfile.TemporaryDirectory() as folder:
            plan = ScriptedPlan(options.only, Path(folder), only=options.actors, tell=print)
            print(plan.settings)
            plan.run()
            print(*plan.faults, sep="\n")
            print(dict(plan.counts))
            return int(bool(plan.faults))
    wrong, total = 0, Counter[str]()
    began = time.monotonic()
    with ProcessPoolExecutor(options.jobs) as pool:
        for seed, faults, counts in pool.map(
            scripted, range(options.seed, options.seed + options.plans)
        ):
            total += counts
            wrong += bool(faults)
            for fault in faults[:3]:
                print(f"seed {seed}: {fault[:700]}", flush=True)
    print(", ".join(f"{count:,} {name}" for name, count in sorted(total.items())))
    print(f"{time.monotonic() - began:.0f} s; {wrong} of {options.plans} plans went wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
