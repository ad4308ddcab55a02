"""Sessions of Fireside on one folder, and what each must leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from app.base import settings
from app.base.settings import Folders
from app.store import Store

ROOT = Path(__file__).resolve().parents[2]
_ON_DISK_S = 2.0  # until the shown part of an answer is on disk


class Facts:
    """What the screen has confirmed."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}
        self.in_backup: dict[str, dict[str, Any]] = {}
        """What was known when a backup was made, by its path."""
        self.errors: Counter[str] = Counter()
        self.unsure = False
        """Whether the disk breaks down. Linux's ext4 then says of what it is writing just now
        that it is on the disk, and now and then it is not (2 of 25 times by fsync alone)."""
        self._last: list[str] = []
        self._doubtful: set[str] = set()
        self._shown: list[tuple[float, int, str]] = []

    def take(self, kind: str, *what: Any) -> None:
        """Take in one line of a session's output."""
        match kind:
            case "begin":
                self._doubtful = set(what[0])
            case "done":
                self.known.update(what[0])
                self._last = list(what[0])
                # Not all of them: it may be an earlier answer that only now reached the disk.
                self._doubtful -= set(what[0])
            case "failed":
                self.errors[what[0]] += 1
                if what[0] == "StoreReadOnly":  # a breaking disk may have taken it
                    self._forget()
                self._doubtful = set()
            case "refused":
                self.errors[what[0]] += 1
                if self.unsure:
                    self._forget()
                self._settle(time.time())
                self._shown = []
            case "shown":
                message, text, at = what
                self._settle(at)
                self._shown.append((at, message, text))
            case "backup":
                database = {k: v for k, v in self.known.items() if not k.startswith("setting")}
                self.in_backup[what[0]] = database

    def _settle(self, now: float) -> None:
        for at, message, text in self._shown:
            if at < now - _ON_DISK_S:
                self.known[f"shown {message}"] = text
        self._shown = [each for each in self._shown if each[0] >= now - _ON_DISK_S]

    def end(self, now: float) -> None:
        """Mark changes in progress as undecided, since the session is over."""
        self._settle(now)
        self._shown = []
        self._forget()

    def _forget(self) -> None:
        for key in (*self._doubtful, *(self._last if self.unsure else ())):
            self.known.pop(key, None)
        self._doubtful, self._last = set(), []


class Life:
    """A session, in a process of its own."""

    def __init__(self, folder: Path, seed: str, facts: Facts, before: Sequence[str] = ()) -> None:
        command = [*before, sys.executable, "-m", "tests.faults.session", str(folder), seed]
        self.facts = facts
        self.lines: list[list[Any]] = []
        self._arrived = threading.Condition()
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.until(lambda: bool(self.lines))
        self.refused = self.lines[0][1] if self.lines[0][0] == "refused" else ""
        """Why it did not start."""
        if self.refused:
            self._over()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.endswith("\n"):
                with self._arrived:
                    self.lines.append(json.loads(line))
                    self.facts.take(*self.lines[-1])
                    self._arrived.notify_all()
        with self._arrived:
            self.lines.append(["end"])
            self._arrived.notify_all()

    def until(self, condition: Callable[[], bool], seconds: float = 40.0) -> bool:
        """Wait for a condition on the lines, or the end."""
        with self._arrived:
            over = lambda: condition() or (bool(self.lines) and self.lines[-1] == ["end"])  # noqa: E731
            self._arrived.wait_for(over, timeout=seconds)
            return condition()

    def count(self, *kinds: str) -> int:
        return sum(line[0] in kinds for line in self.lines)

    def goes_on(self) -> None:
        """Check that the session works again and has nothing unsaved."""
        before = self.count("done")
        at = len(self.lines)
        assert self.until(lambda: self.count("done") > before + 5), (
            f"goes on: {self.lines[at:][-20:]} {self._process.poll()}"
        )

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self._over()

    def close(self) -> None:
        """Close the window, as a person does."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        assert self.until(lambda: self.count("closed") == 1), f"closes: {self.lines[-5:]}"
        self._over()

    def _over(self) -> None:
        now = time.time()
        self.end()
        assert self._process.stderr
        said = self._process.stderr.read()
        self._process.stderr.close()
        self.facts.end(now)
        assert "Traceback" not in said, said

    def end(self) -> None:
        """Wait for the process to exit, kill it if it does not, and close its pipes."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.wait(timeout=20)
        finally:
            self._process.kill()
            self._reader.join()
            self._process.stdin.close()
            self._process.stdout.close()

    def abandon(self) -> None:
        """End a session that a plan left running."""
        if self._process.poll() is None:
            self._process.kill()
            self.end()


def lost(folder: Path, known: dict[str, Any]) -> list[str]:
    """Return the confirmed facts that a folder does not hold.

    Raises StoreError if the store does not open.
    """
    with closing(Store(Folders(folder).chats)) as store:
        return [key for key, value in known.items() if not _holds(folder, store, key, value)]


def _holds(folder: Path, store: Store, key: str, value: Any) -> bool:
    kind, _, number = key.partition(" ")
    try:
        match kind:
            case "text" | "said" | "shown":
                parts = store.messages.get(int(number)).message.parts
                text = "".join(part.text for part in parts)
                return text.startswith(value) if kind == "shown" else text == value
            case "found":
                found = int(number) in [hit.message for hit in store.search(str(value))]
                # The search leaves out the bin.
                return found is (
                    store.chats.get(store.messages.get(int(number)).chat).deleted is None
                )
            case "title":
                return bool(store.chats.get(int(number)).title == value)
            case "leaf":
                return bool(store.chats.get(int(number)).leaf == value)
            case "draft":
                parts = store.drafts.all()[int(number) or None].parts
                return bool("".join(part.text for part in parts) == value)
            case "deleted":
                return (store.chats.get(int(number)).deleted is not None) is value
            case "erased":
                return int(number) not in store.chats.live()
            case "pinned":
                return store.chats.get(int(number)).pinned is value
            case "setting":
                return bool(settings.load(Folders(folder).settings).instructions == value)
    except KeyError:
        return False
    raise AssertionError(key)
