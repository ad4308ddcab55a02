"""Kill Fireside at random while servers run: ``python -m tests.clients.kills [--count 20]``.

Each time, a process with Fireside's host and three servers, one of which has children in and out of
its group and one of which is deaf to all that can be ignored, is killed by SIGKILL. Prints how long
it took until nothing was left, and ends with 1 if something was left after ten seconds.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from tests.unit.test_mcp import PATIENCE_S, fake, run, servers, tool_of

_LONGEST_S = 10.0


def main() -> int:
    parser = argparse.ArgumentParser(description="kill Fireside while servers run")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=18)
    parser.add_argument("--child", type=Path, help="be the process that is killed")
    options = parser.parse_args()
    if options.child:
        return _live(options.child)
    chance = random.Random(options.seed)
    took = [_killed(chance.uniform(0.0, 1.5)) for _ in range(options.count)]
    print(f"{len(took)} kills; all gone after {max(took):.2f} s at most")
    return 0 if max(took) < _LONGEST_S else 1


def _live(folder: Path) -> int:
    with servers(folder, fake(), fake("deaf"), fake("more", modern=True)) as found:
        for name in ("files", "deaf", "more"):
            found.start(name).result(PATIENCE_S)
        print("up", flush=True)
        run(tool_of(found), "children")
        tool = tool_of(found, "deaf")
        threading.Thread(target=lambda: run(tool, "deaf"), daemon=True).start()
        time.sleep(600)
    return 0


def _killed(after: float) -> float:
    """Kill one process ``after`` seconds; return how long its children lived on."""
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-m", "tests.clients.kills", "--child", folder],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
        ) as process,
    ):
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        time.sleep(after)
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        start = time.monotonic()
        gone, alive = psutil.wait_procs(family, _LONGEST_S)
        for each in alive:
            print("left:", each.pid, each.cmdline())
            each.kill()
    print(f"killed after {after:.2f} s: {len(gone)} processes ended, {len(alive)} left", flush=True)
    return time.monotonic() - start if not alive else _LONGEST_S


if __name__ == "__main__":
    sys.exit(main())
