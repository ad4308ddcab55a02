"""The list of the user's folders and encyclopaedias, in a JSON file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app.base import codec
from app.base.file_lock import changing
from app.base.files import put_aside, replace_text
from app.tools.browser.faults import SourceListUnwritable
from app.tools.browser.source_status import SourceEntry

_VERSION = 1


class SourceFile:
    """The list in the file ``path``; not thread-safe.

    Entries that make no sense, as of a later version, are left out; the file that has them is kept
    beside the list once that is changed. A file that cannot be read now is never replaced.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.entries: tuple[SourceEntry, ...] = ()
        """The sources, in the order in which they were added."""
        self.fault = ""
        """Why the list could not be read when it was opened; empty if it could."""
        self._is_odd = False
        try:
            self.entries = self._read()
        except OSError as error:
            self.fault = error.strerror or str(error)

    def change(self, work: Callable[[tuple[SourceEntry, ...]], Sequence[SourceEntry]]) -> None:
        """Replace the list by what ``work`` makes of it, as another process may just have left it.

        Raises SourceListUnwritable.
        """
        if self.fault:
            raise SourceListUnwritable(self._path, self.fault)
        try:
            with changing(self._path):
                entries = tuple(work(self._read()))
                if self._is_odd:
                    put_aside(self._path)
                self._write(entries)
        except OSError as error:
            raise SourceListUnwritable(self._path, error.strerror or str(error)) from error
        self.entries = entries

    def _write(self, entries: tuple[SourceEntry, ...]) -> None:
        if not entries:
            self._path.unlink(missing_ok=True)
            return
        raw = {"version": _VERSION, "sources": codec.encode(entries)}
        # ASCII, since a path on Linux may contain bytes that are not text.
        replace_text(self._path, json.dumps(raw, indent=2) + "\n")

    def _read(self) -> tuple[SourceEntry, ...]:
        """Return the entries that make sense. Raises OSError."""
        known: dict[str, SourceEntry] = {}
        self._is_odd = False
        for entry in self._listed():
            if entry.id.isalnum() and entry.key.partition(":")[2] == entry.name:
                known.setdefault(entry.key, entry)
        return tuple(known.values())

    def _listed(self) -> Iterator[SourceEntry]:
        try:
            listed = list(json.loads(self._path.read_text("utf-8"))["sources"])
        except FileNotFoundError:
            return
        except (ValueError, TypeError, KeyError, RecursionError):
            self._is_odd = True
            return
        for each in listed:
            try:
                yield codec.decode(SourceEntry, each)
            except codec.FieldError:
                self._is_odd = True
