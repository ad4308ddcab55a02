"""Run random plans of several clients at once, and compare each answer to the one it gets alone.

usage: python -m tests.together [--plans N] [--seed N] [--jobs N] [--only SEED [--actors N ...]]
                                [--demo]

Against the scripted engine, or the demo model. ``--only`` runs one plan and tells its steps;
``--actors`` makes it smaller by hand.
"""

from __future__ import annotations

import argparse
import functools
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from app.host import demo_model
from tests.fakes.exact_model import exact_model
from tests.together.demo_plan import CONTEXT, DemoPlan
from tests.together.reference import Reference
from tests.together.scripted_plan import ScriptedPlan

Ran = tuple[int, list[str], Counter[str]]


def scripted(seed: int) -> Ran:
    """Run one plan against the scripted engine; return what went wrong, and what was done."""
    with tempfile.TemporaryDirectory() as folder:
        plan = ScriptedPlan(seed, Path(folder))
        try:
            plan.run()
        except Exception as error:  # noqa: BLE001 - the others go on
            plan.faults.append(repr(error))
        return seed, plan.faults, plan.counts


@functools.cache
def _reference(exact: bool) -> Reference:
    """Return the model alone, in this process. `tests.fakes.exact_model` says how near is near."""
    model, near = (exact_model(), 0.08) if exact else (demo_model(), 5.0)
    return Reference(model, CONTEXT, near)


def demo(seed: int) -> Ran:
    """Run one plan with the demo model, mostly with exact weights, as `scripted`."""
    exact = seed % 4 > 0
    with tempfile.TemporaryDirectory() as folder:
        plan = DemoPlan(seed, exact_model() if exact else demo_model())
        plan.run(Path(folder))
    plan.compare(_reference(exact))
    return seed, plan.faults, plan.counts


def _one(seed: int, actors: list[int], *, real: bool) -> int:
    """Run one plan, and tell its steps."""
    with tempfile.TemporaryDirectory() as folder:
        if real:
            played = DemoPlan(seed, exact_model(), actors, tell=print)
            played.run(Path(folder))
            played.compare(_reference(True))
            faults, counts = played.faults, played.counts
        else:
            plan = ScriptedPlan(seed, Path(folder), only=actors, tell=print)
            print(plan.settings)
            plan.run()
            faults, counts = plan.faults, plan.counts
    print(*faults, sep="\n")
    print(dict(counts))
    return int(bool(faults))


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
        return _one(options.only, options.actors, real=options.demo)
    run = demo if options.demo else scripted
    done, wrong, total = 0, 0, Counter[str]()
    began = time.monotonic()
    with ProcessPoolExecutor(options.jobs) as pool:
        seeds = range(options.seed, options.seed + options.plans)
        for seed, faults, counts in pool.map(run, seeds):
            total += counts
            done += 1
            if done % 100 == 0:
                print(f"{done} plans, {wrong} went wrong", flush=True)
            wrong += bool(faults)
            for fault in faults[:3]:
                print(f"seed {seed}: {fault[:700]}", flush=True)
    print(", ".join(f"{count:,} {name}" for name, count in sorted(total.items())))
    print(f"{time.monotonic() - began:.0f} s; {wrong} of {options.plans} plans went wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
