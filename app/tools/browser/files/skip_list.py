"""The files of a folder that gave no text, kept so that they are not tried until they change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from app.base.files import replace_text
from app.tools.browser.source_status import SkippedFiles, SkipReason

_MOST = 50_000  # files that are remembered
_EXAMPLES = 20

Stamp = tuple[int, int]
"""A file's size, and its time of change in nanoseconds."""


class SkipList:
    """The list in the file ``path``. One that cannot be read or written is as good as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: dict[str, tuple[Stamp, SkipReason]] = {}
        self._changed = False
        with suppress(OSError, ValueError, TypeError, AttributeError):
            raw = json.loads(path.read_text("utf-8"))
            for name, (size, mtime_ns, reason) in raw.items():
                self._files[name] = ((int(size), int(mtime_ns)), SkipReason(reason))

    def has(self, relative: str, stamp: Stamp) -> bool:
        """Return whether a file was tried as it is now."""
        known = self._files.get(relative)
        return known is not None and known[0] == stamp

    def add(self, relative: str, stamp: Stamp, reason: SkipReason) -> None:
        """Remember a file; one too many is tried again each time."""
        if len(self._files) < _MOST or relative in self._files:
            self._files[relative] = (stamp, reason)
            self._changed = True

    def drop(self, relative: str) -> None:
        """Forget a file."""
        if self._files.pop(relative, None):
            self._changed = True

    def keep_only(self, relatives: Iterable[str]) -> None:
        """Forget files that are not among some."""
        for relative in self._files.keys() - set(relatives):
            self.drop(relative)

    def save(self) -> None:
        """Write the list, if it has changed."""
        if self._changed:
            raw = {name: (*stamp, reason) for name, (stamp, reason) in self._files.items()}
            with suppress(OSError):
                replace_text(self._path, json.dumps(raw))
                self._changed = False

    def reasons(self) -> dict[str, SkipReason]:
        """Return why each file was skipped."""
        return {name: reason for name, (_, reason) in self._files.items()}


def summed_up(reasons: dict[str, SkipReason]) -> tuple[SkippedFiles, ...]:
    """Return how many files were skipped for which reasons, the most frequent first."""
    by: dict[SkipReason, list[str]] = {}
    for name, reason in reasons.items():
        by.setdefault(reason, []).append(name)
    sizes = sorted(by.items(), key=lambda each: (-len(each[1]), each[0]))
    return tuple(SkippedFiles(each, len(names), tuple(names[:_EXAMPLES])) for each, names in sizes)
