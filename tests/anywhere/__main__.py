"""Run the suites at other times, in other time zones and languages, in random order.

usage: python -m tests.anywhere [--only TEXT] [--suites unit,ui,e2e] [-- OPTION…]

Each suite runs once for each place below; a table of the results is printed, and the output of
failed runs is in build/anywhere/. OPTION goes to pytest. Needs Linux and a C compiler: a small
library shifts the clock of the tests and of every process they start (`clock.c`).
"""

from __future__ import annotations

import argparse
import datetime
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "anywhere"


@dataclass(frozen=True)
class Place:
    """One environment to run the suites in.

    ``at``: local time when the first test begins; empty for the current time. ``seed``: of the test
    order; 0 for the usual order.
    """

    name: str
    at: str
    zone: str
    language: str = "C.UTF-8"
    seed: int = 0

    def environment(self, library: Path) -> dict[str, str]:
        """Return the environment variables for pytest."""
        moved = 0
        if self.at:
            local = datetime.datetime.fromisoformat(self.at).replace(tzinfo=ZoneInfo(self.zone))
            moved = round(local.timestamp() - time.time())
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("LC_")},
            "TZ": self.zone,
            "LANG": self.language,
            "LC_CTYPE": "C.UTF-8",  # without the language's own locale, Qt would warn
            "LANGUAGE": "",
            "LD_PRELOAD": str(library),
            "CLOCK_MOVED": str(moved),
            "QT_QPA_PLATFORM": "offscreen",
        }


# Includes days on which the clocks change: in St John's, 12 March 2028 forward and 5 November back.
PLACES = (
    Place("after midnight", "2026-11-29T00:10", "UTC"),
    Place("before noon", "2026-11-29T11:50", "UTC"),
    Place("before midnight", "2026-11-29T23:55", "UTC", seed=1),
    Place("29 February, Kiritimati", "2028-02-29T00:10", "Pacific/Kiritimati", "de_DE.UTF-8", 2),
    Place("29 February, St John's", "2028-02-29T23:55", "America/St_Johns", "tr_TR.UTF-8", 3),
    Place("the day after spring forward", "2028-03-13T00:10", "America/St_Johns", "ar_EG.UTF-8", 4),
    Place("the day after fall back", "2028-11-06T00:10", "America/St_Johns", "C", 5),
    Place("New Year's Eve", "2027-12-31T23:55", "Asia/Kathmandu", "hi_IN.UTF-8", 6),
)


def library() -> Path:
    """Return the library that shifts the clock, compiling it if necessary.

    Raises CalledProcessError.
    """
    source, built = Path(__file__).with_name("clock.c"), FOLDER / "clock.so"
    if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
        compiler = os.environ.get("CC", "cc")
        flags = ["-shared", "-fPIC", "-O2", "-o", str(built), str(source), "-ldl"]
        subprocess.run([compiler, *flags], check=True)
    return built


def run(place: Place, suite: str, options: list[str]) -> str:
    """Run a suite and return its result in a few words."""
    log = FOLDER / f"{place.name.replace(' ', '-')}-{suite}.log"
    without_qt = ["-p", "no:pytest-qt"] if suite == "unit" else []
    order = ["--shuffle", str(place.seed)] if place.seed else []
    with log.open("w", encoding="utf-8") as out:
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *without_qt, *order, f"tests/{suite}", *options],
            cwd=ROOT,
            env=place.environment(library()),
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    lines = log.read_text("utf-8", "replace").splitlines() or [""]
    for line in lines:
        if line.startswith(("FAILED", "ERROR")):
            print(f"  {line[:150]}", flush=True)
    return lines[-1].strip("= ")


def main() -> int:
    separator = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="the places whose name has this text")
    parser.add_argument("--suites", default="unit,ui,e2e")
    options = parser.parse_args(sys.argv[1:separator])
    FOLDER.mkdir(parents=True, exist_ok=True)
    table = []
    for place in PLACES:
        if options.only in place.name:
            for suite in options.suites.split(","):
                said = run(place, suite, sys.argv[separator + 1 :])
                at = f"{place.at or 'now'} {place.zone}"
                table.append((place.name, at, place.language, place.seed, suite, said))
                print(f"{place.name}, {suite}: {said}", flush=True)
    print()
    for name, at, language, seed, suite, said in table:
        print(f"{name:28} {at:36} {language:12} {seed or '':>2} {suite:5} {said}")
    return int(
        any("passed" not in said or "failed" in said or "error" in said for *_, said in table)
    )


if __name__ == "__main__":
    sys.exit(main())
