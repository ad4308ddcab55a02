"""Run fault plans and print their results.

usage: python -m tests.faults [--plans N] [--seed N] [--jobs N] [--only KIND]

Small disks need root, or a system with user namespaces; plans that cannot run are left out and
counted. All mounts are in a namespace that ends with this process.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.faults import disks, plans

_INSIDE = "FIRESIDE_FAULTS_INSIDE"


def _enter() -> None:
    """Enter a namespace of our own, where the system allows it."""
    who = "-m" if os.geteuid() == 0 else "-Urm"
    if os.environ.get(_INSIDE) or not shutil.which("unshare"):
        return
    if subprocess.run(["unshare", who, "true"], capture_output=True).returncode:
        return
    os.environ[_INSIDE] = "1"
    os.execvp("unshare", ["unshare", who, sys.executable, "-m", "tests.faults", *sys.argv[1:]])


def _chosen(count: int, only: str) -> list[Callable[[plans.Plan], None]]:
    """Return about so many plans, shuffled: all kinds in their shares, at least one of each."""
    kinds = {kind: share for kind, (share, _) in plans.KINDS.items() if only in ("", kind.__name__)}
    part = count / sum(kinds.values())
    spread = [
        ((number + 0.5) / share, kind.__name__, kind)
        for kind, share in kinds.items()
        for number in range(max(1, round(share * part)))
    ]
    return [kind for _, _, kind in sorted(spread, key=lambda each: each[:2])]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", metavar="KIND")
    options = parser.parse_args()
    _enter()
    inside = bool(os.environ.get(_INSIDE))
    disks.EXT4 = inside and disks.can_mount(ext4=True)
    small = inside and disks.can_mount(ext4=False)
    there = {"": True, "linux": sys.platform == "linux", "any": small, "ext4": disks.EXT4}
    rows: defaultdict[str, Counter[str]] = defaultdict(Counter)
    wrong = []
    chosen = _chosen(options.plans, options.only)
    with ThreadPoolExecutor(options.jobs) as pool:
        futures = []
        for number, kind in enumerate(chosen):
            if there[plans.KINDS[kind][1]]:
                futures.append((kind, pool.submit(plans.fails, kind, options.seed + number)))
            else:
                rows[kind.__name__]["left out"] += 1
        for kind, future in futures:
            done, row = future.result(), rows[kind.__name__]
            row["plans"] += 1
            if isinstance(done, str):
                wrong.append(done)
                print(done, flush=True)
                continue
            row["starts"] += done.starts
            row["refused"] += done.refused.total()
            row["met"] += done.facts.errors.total()
            row["facts"] += done.checked
            row["lost"] += len(done.lost)
            for name, count in (done.refused + done.facts.errors + done.ways).items():
                row[f"({name})"] += count
            if done.lost:
                wrong.append(f"{done.kind} {done.seed} ({done.did}) lost {done.lost}")
                print(wrong[-1], flush=True)
    _print(rows)
    print(f"{len(wrong)} of {len(chosen)} plans went wrong")
    return int(bool(wrong))


def _print(rows: dict[str, Counter[str]]) -> None:
    columns = ("plans", "left out", "starts", "refused", "met", "facts", "lost")
    print(f"{'':10}" + "".join(f"{name:>9}" for name in columns) + "  of them")
    total: Counter[str] = Counter()
    for kind, row in sorted(rows.items()):
        total += row
        others = ", ".join(f"{n[1:-1]} {c}" for n, c in sorted(row.items()) if n[0] == "(")
        print(f"{kind:10}" + "".join(f"{row[name]:9}" for name in columns) + f"  {others}")
    print(f"{'all':10}" + "".join(f"{total[name]:9}" for name in columns))


if __name__ == "__main__":
    sys.exit(main())
