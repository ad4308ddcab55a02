"""The list of the user's folders and encyclopaedias, in a JSON file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from app.base import codec
from app.base.files import replace_text
from app.tools.browser.faults import SourceListUnwritable
from app.tools.browser.source_status import SourceEntry

_VERSION = 1


class SourceFile:
    """The list in the file ``path``; not thread-safe.

    A file that cannot be read as one is renamed, and the list begins anew: indexes can be built
    again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.entries: tuple[SourceEntry, ...] = ()
        """The sources, in the order in which they were added."""
        try:
            raw = json.loads(path.read_text("utf-8"))
            found = [codec.decode(SourceEntry, each) for each in raw["sources"]]
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError):
            with suppress(OSError):
                path.replace(path.with_name(f"{path.name}.1.old"))
            return
        known: dict[str, SourceEntry] = {}
        for entry in found:
            if entry.id.isalnum() and entry.key.partition(":")[2] == entry.name:
                known.setdefault(entry.key, entry)
        self.entries = tuple(known.values())

    def change(self, work: Callable[[tuple[SourceEntry, ...]], Sequence[SourceEntry]]) -> None:
        """Replace the list by what ``work`` makes of it. Raises SourceListUnwritable."""
        entries = tuple(work(self.entries))
        raw = {"version": _VERSION, "sources": codec.encode(entries)}
        try:
            if entries:  # ASCII, since a path on Linux may contain bytes that are not text
                replace_text(self._path, json.dumps(raw, indent=2) + "\n")
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            raise SourceListUnwritable(self._path, error.strerror or str(error)) from error
        self.entries = entries
