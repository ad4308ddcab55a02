"""Count how many small faults the tests notice.

usage: python -m tests.mutants [--seed N] [--count N] [--room NAME]… [--processes N] [--again]

Draws so many faults by the seed from the files of the rooms, applies each to a copy of the
repository, and runs the tests of its room that reach the changed line. Results are in
build/mutants.json: the same command continues where it was stopped. A mutant that survived is tried
again when its tests have changed, or all of them with --again.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutants.faults import Mutant, mutants
from tests.mutants.rooms import ROOMS, ROOT, Room

RESULTS = ROOT / "build" / "mutants.json"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "build", "dist", "__pycache__", ".*_cache")
ALIVE, KILLED, ENDLESS, UNREACHED = "alive", "killed", "endless", "unreached"


@dataclass(frozen=True)
class Learnt:
    """The result of a room's tests without a fault."""

    seconds: dict[str, float]
    lines: dict[str, list[str]]

    def tests(self, mutant: Mutant) -> list[str]:
        """Return the tests that reach the line, the fastest first; all for code run at import."""
        found = set(self.seconds)
        if mutant.place.endswith("()"):
            span = range(mutant.line, mutant.last + 1)
            found = {t for line in span for t in self.lines.get(f"{mutant.file}:{line}", ())}
        return sorted(found, key=self.seconds.__getitem__)


class Copy:
    """A copy of the repository to change."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="fireside-mutants-"))
        self.home.chmod(0o755)  # some tests run as another user for a while
        self.root = self.home / "tree"
        shutil.copytree(ROOT, self.root, ignore=LEFT_OUT, symlinks=True)
        self._time = 1_600_000_000

    def learn(self, room: Room) -> Learnt | None:
        """Run all of a room's tests; return None if they fail, and its mutants are skipped."""
        told = self.home / "learnt.json"
        told.unlink(missing_ok=True)
        code, said = self._pytest(room, told, 900)
        if code != 0:
            print(f"{room.name}: its tests fail without any fault\n{said[-3000:]}", flush=True)
            return None
        learnt = json.loads(told.read_text())
        return Learnt(learnt["seconds"], learnt["lines"])

    def outcome(self, room: Room, learnt: Learnt, mutant: Mutant) -> tuple[str, str]:
        """Return the outcome of a mutant, and the test that noticed it."""
        tests = learnt.tests(mutant)
        if not tests:
            return UNREACHED, ""
        asked = self.home / "asked.json"
        asked.write_text(json.dumps({"tests": tests}))
        path = self.root / mutant.file
        source = path.read_bytes()
        self._write(path, mutant.written(source))
        try:
            limit = 20 + 4 * sum(learnt.seconds[test] for test in tests)
            code, said = self._pytest(room, asked, limit)
        finally:
            self._write(path, source)
        if code is None:
            return ENDLESS, ""
        noticed = next((line for line in said.splitlines() if line.startswith("FAILED")), "")
        return (KILLED if code else ALIVE), noticed[:200]

    def close(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)

    def _write(self, path: Path, source: bytes) -> None:
        """Write with a new time stamp: compiled files are matched by the second and the size."""
        path.write_bytes(source)
        self._time += 10
        os.utime(path, (self._time, self._time))

    def _pytest(self, room: Room, told: Path, limit: float) -> tuple[int | None, str]:
        """Return pytest's output and exit code, or None if it did not end."""
        environment = {
            **os.environ,
            "FIRESIDE_MUTANT": str(told),
            "FIRESIDE_MUTANT_FILES": " ".join(room.files),
            "TMPDIR": str(self.home),
            "QT_QPA_PLATFORM": "offscreen",
        }
        options = ["-x", "-q", "-p", "no:pytest-qt", "-p", "no:cacheprovider", "-p", "no:xdist"]
        base = ["--basetemp", str(self.home / "b"), "-p", "tests.mutants.plugin"]
        with (self.home / "said.txt").open("w+", encoding="utf-8") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", *options, *base, *room.suites],
                cwd=self.root,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            code: int | None
            try:
                code = process.wait(limit)
            except subprocess.TimeoutExpired:
                code = None
            end(process)
            out.seek(0)
            return code, out.read()


def end(process: subprocess.Popen[Any]) -> None:
    """Kill a process and its children."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def drawn(rooms: list[Room], seed: int, count: int) -> list[tuple[Room, Mutant]]:
    """Draw mutants by the seed, each with the same chance.

    A change elsewhere leaves most of the draw the same.
    """

    def chance(pair: tuple[Room, Mutant]) -> bytes:
        return hashlib.sha256(f"{seed} {pair[1].name}".encode()).digest()

    every = [(room, m) for room in rooms for file in room.files for m in mutants(ROOT, file)]
    chosen = sorted(every, key=chance)[:count]
    told = Counter(room.name for room, _ in every)
    print(f"{len(every)} mutants: " + ", ".join(f"{n} {c}" for n, c in told.items()), flush=True)
    return chosen


def stamp(files: list[str]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update((ROOT / file).read_bytes())
    return digest.hexdigest()[:16]


class Results:
    """The results so far, saved to disk after each mutant."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        try:
            self._known = json.loads(RESULTS.read_text("utf-8"))
        except (OSError, ValueError):
            self._known = {}

    def known(self, room: Room, mutant: Mutant) -> dict[str, str] | None:
        found: dict[str, str] | None = self._known.get(mutant.key)
        if found is None or found["name"] != mutant.name:
            return None
        if found["file"] != stamp([mutant.file]):
            return None
        old = found["outcome"] in (ALIVE, UNREACHED) and found["tests"] != stamp(room.suites)
        return None if old else found

    def add(self, room: Room, mutant: Mutant, outcome: str, noticed: str) -> None:
        source = (ROOT / mutant.file).read_bytes()
        with self._lock:
            self._known[mutant.key] = {
                "name": mutant.name,
                "room": room.name,
                "place": f"{mutant.file}:{mutant.line}",
                "outcome": outcome,
                "by": noticed,
                "diff": mutant.diff(source),
                "file": stamp([mutant.file]),
                "tests": stamp(room.suites),
            }
            RESULTS.parent.mkdir(exist_ok=True)
            unfinished = RESULTS.with_suffix(".part")
            unfinished.write_text(json.dumps(self._known, indent=1), "utf-8")
            unfinished.replace(RESULTS)


def work(
    waiting: list[tuple[Room, Mutant]],
    processes: int,
    told: Callable[[Room, Mutant, str, str], None],
) -> None:
    """Try all mutants, room by room in the order of `ROOMS`: the quick ones first."""
    jobs: queue.SimpleQueue[tuple[Room, Mutant]] = queue.SimpleQueue()
    waiting.sort(key=lambda pair: ROOMS.index(pair[0]))
    learning = threading.Lock()
    learnt: dict[str, Learnt | None] = {}
    for pair in waiting:
        jobs.put(pair)

    def run() -> None:
        copy = Copy()
        try:
            while True:
                room, mutant = jobs.get_nowait()
                with learning:
                    if room.name not in learnt:
                        learnt[room.name] = copy.learn(room)
                if without_fault := learnt[room.name]:
                    told(room, mutant, *copy.outcome(room, without_fault, mutant))
        except queue.Empty:
            pass
        finally:
            copy.close()

    threads = [threading.Thread(target=run) for _ in range(min(processes, len(waiting)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def report(results: Results, chosen: list[tuple[Room, Mutant]]) -> None:
    """Print the score by room, and the survivors."""
    found: dict[str, Counter[str]] = {}
    left = []
    for room, mutant in chosen:
        if known := results.known(room, mutant):
            found.setdefault(room.name, Counter())[known["outcome"]] += 1
            if known["outcome"] in (ALIVE, UNREACHED):
                left.append(known)
    for one in sorted(left, key=lambda one: one["place"]):
        print(f"\n{one['place']} ({one['outcome']})\n{one['diff']}")
    print(f"\n{'room':10} mutants noticed (endless) score")
    total = Counter[str]()
    for name, counts in [*sorted(found.items()), ("all", total)]:
        if name != "all":
            total.update(counts)
        every = counts.total()
        noticed = counts[KILLED] + counts[ENDLESS]
        share = 100 * noticed / every if every else 0
        print(f"{name:10} {every:7} {noticed:7} {counts[ENDLESS]:9} {share:4.0f} %")
    if untried := len(chosen) - total.total():
        print(f"{untried} of those that were drawn were not tried")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--room", action="append", choices=[room.name for room in ROOMS])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--again", action="store_true")
    options = parser.parse_args()
    rooms = [room for room in ROOMS if not options.room or room.name in options.room]
    chosen = drawn([room for room in rooms if room.suites], options.seed, options.count)
    results = Results()
    waiting = [p for p in chosen if options.again or results.known(*p) is None]
    began, done = time.monotonic(), 0

    def told(room: Room, mutant: Mutant, outcome: str, noticed: str) -> None:
        nonlocal done
        results.add(room, mutant, outcome, noticed)
        done += 1
        spent = time.monotonic() - began
        print(f"{done}/{len(waiting)} {spent:5.0f} s {outcome:9} {mutant.name[:140]}", flush=True)

    work(waiting, options.processes, told)
    report(results, chosen)


if __name__ == "__main__":
    main()
