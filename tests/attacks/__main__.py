"""Runs every attack, and prints one table of what each has achieved.

`python -m tests.attacks`, as root and as another user. The guest's run through a real box, with the
floods in full; the native ones behind the wall, and without it to show that they are attacks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from app.tools.python import runtime
from app.tools.python.python_box import ProcessBox
from tests.attacks.guest import PROGRAMS
from tests.attacks.target import MEMORY, Target

ENVIRONMENT = {
    "FIRESIDE_SECRET": "FIRESIDE-SECRET-of-the-environment",
    "PATH": os.environ["PATH"],
    "PADDING": "x" * 9000,  # an attempt reads on beyond the secret
}
OTHER_USER = "4242"


def start(module: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a module of this package in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.attacks.{module}", *arguments],
        env=ENVIRONMENT,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def printed(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return what such a process has printed."""
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    found: dict[str, Any] = json.loads(output)
    return found


def _native(user: tuple[str, ...]) -> int:
    # One after the other: without the wall, a signal to everything reaches the other one, too.
    behind = printed(start("victim", *user))
    without = printed(start("victim", "--bare", *user))
    layers = ", ".join(behind["holds"]["layers"])
    print(f"\nBehind the wall alone, as user {user[-1] if user else os.getuid()}: {layers}\n")
    print(f"{'':42} {'behind it':12} {'without':10} stopped by")
    through = 0
    for row, other in zip(behind["rows"], without["rows"], strict=True):
        through += row["succeeded"]
        behind_it = "SUCCEEDED" if row["succeeded"] else "stopped"
        bare_one = "succeeds" if other["succeeded"] else "not here"
        print(f"{row['name']:42} {behind_it:12} {bare_one:10} {row['layer']}")
    return through


def main() -> int:
    """Print the table; return 1 if anything has succeeded."""
    found = runtime.find()
    achieved = 0
    if found is None:
        print("Python for WebAssembly is not installed: only the native attempts run.")
    else:
        print(f"{len(PROGRAMS)} programs of a model, through a box:\n")
        with tempfile.TemporaryDirectory(prefix="fireside-") as folder:
            target = Target(Path(folder), found, lambda: ProcessBox(found, MEMORY), flood=300)
            try:
                for program in PROGRAMS:
                    outcome = target.attack(program)
                    achieved += bool(outcome.evidence)
                    what = "; ".join(outcome.evidence) or "nothing"
                    told = "".join(c if c.isprintable() else " " for c in outcome.said)
                    print(f"{outcome.name:42} {outcome.seconds:5.2f} s  {what:10} {told}")
            finally:
                target.close()
    users = [(), ("--user", OTHER_USER)] if os.getuid() == 0 else [()]
    achieved += sum(_native(user) for user in users)
    print(f"\n{achieved} have achieved something.")
    return 1 if achieved else 0


if __name__ == "__main__":
    sys.exit(main())
