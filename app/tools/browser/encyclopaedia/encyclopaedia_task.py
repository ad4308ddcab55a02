"""The articles of an encyclopaedia read into its index, in the child process."""

from __future__ import annotations

import json
import time
from array import array
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.files import replace_text
from app.tools.browser.encyclopaedia.article import LARGEST, page_of
from app.tools.browser.encyclopaedia.zim_address import place_of
from app.tools.browser.encyclopaedia.zim_bytes import ZimFault
from app.tools.browser.encyclopaedia.zim_file import ZimFile
from app.tools.browser.files.file_index import FileIndex, IndexedText
from app.tools.browser.files.index_writing import written
from app.tools.browser.index_process import IndexEnd, IndexPlan, IndexStep, IndexTrouble, Told
from app.tools.browser.source_status import SkippedFiles, SkipReason

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_BATCH = 4_000_000  # characters of text that are written together
_BATCH_S = 5.0
_SIGN = 20_000  # entries between signs of life while articles are counted
_MANY = 300_000  # articles; of more, only so much of each is indexed:
_LEAD = 4_000  # characters, in which an article says what it is about,
_LEAD_HTML = 80_000  # which are somewhere in these
_LONGEST = 400_000


@dataclass(frozen=True, slots=True)
class EncyclopaediaTask:
    """The file at ``path``, to be read into ``index``; what was read before stays."""

    path: Path
    index: Path

    helper = None

    def run(
        self, tell: Told, stuck: Sequence[str], helper: Connection | None = None
    ) -> IndexEnd | IndexTrouble:
        """Read what has not been read; see `IndexTask`."""
        return written(self.index, lambda: self._run(tell, stuck))

    def _run(self, tell: Told, stuck: Sequence[str]) -> IndexEnd | IndexTrouble:
        try:
            with closing(ZimFile(self.path)) as file:
                marker = _Marker(self.index, file.id.hex(), self._documents())
                if marker.whole:
                    return marker.end(changed=False)
                with closing(FileIndex(self.index, stored=False)) as index:
                    if not marker.done:
                        self._empty(index)
                    return _Reading(file, index, marker, tell)(stuck)
        except ZimFault as error:
            return IndexTrouble("missing", str(error))

    def _documents(self) -> int:
        """Return how many are in the index."""
        with closing(FileIndex(self.index, stored=False)) as index:
            return index.count()

    def _empty(self, index: FileIndex) -> None:
        """Begin anew: another file has been indexed, or it is not known which."""
        try:
            for old in (self.index, *self.index.parent.glob(f"{self.index.name}-*")):
                old.unlink(missing_ok=True)
        except OSError:  # on Windows, the window reads it
            index.remove(list(index.known()))


class _Marker:
    """How far a file was read, in a file beside its index.

    Another file begins anew, and so does an index without its ``documents``: it was damaged, or of
    another version.
    """

    def __init__(self, index: Path, file: str, documents: int) -> None:
        self._path = index.with_suffix(".read.json")
        self._file = file
        self.done = self.documents = self.skipped = 0
        self.whole = False
        try:
            raw = json.loads(self._path.read_text("utf-8"))
            if raw["file"] == file and (documents or not raw["documents"]):
                self.done, self.documents = int(raw["done"]), int(raw["documents"])
                self.skipped, self.whole = int(raw["skipped"]), bool(raw["whole"])
        except (OSError, ValueError, KeyError, TypeError):
            pass

    def save(self) -> None:
        """Write it down."""
        raw = {
            "file": self._file, "done": self.done, "documents": self.documents,
            "skipped": self.skipped, "whole": self.whole,
        }  # fmt: skip
        replace_text(self._path, json.dumps(raw))

    def end(self, *, changed: bool) -> IndexEnd:
        """Return what all has come to."""
        skipped = (SkippedFiles(SkipReason.DAMAGED, self.skipped),) if self.skipped else ()
        return IndexEnd(self.documents, skipped, changed)


class _Reading:
    """The reading of a file, in the order in which its articles lie there."""

    def __init__(self, file: ZimFile, index: FileIndex, marker: _Marker, tell: Told) -> None:
        self._file, self._index, self._marker, self._tell = file, index, marker, tell
        self._first = marker.done
        self._batch: list[IndexedText] = []
        self._size = 0

    def __call__(self, stuck: Sequence[str]) -> IndexEnd:
        marker = self._marker
        numbers = self._articles()
        longest = _LEAD if len(numbers) > _MANY else _LONGEST
        rest = len(numbers) - marker.done
        self._tell(IndexPlan(rest, rest, marker.documents))
        written = time.monotonic()
        for done in range(marker.done, len(numbers)):
            self._take(numbers[done], longest, stuck, done)
            if self._size > _BATCH or time.monotonic() - written > _BATCH_S:
                self._save(done + 1)
                written = time.monotonic()
        self._save(len(numbers))
        while self._index.tidy():
            self._tell("tidy")
        marker.whole = True
        marker.save()
        return marker.end(changed=True)

    def _articles(self) -> array[int]:
        """Return the numbers of all articles in their order. There may be many millions."""
        places, numbers = array("Q"), array("I")
        for count, entry in enumerate(self._file.pages()):
            places.append(entry.cluster << 32 | entry.blob)
            numbers.append(entry.number)
            if count % _SIGN == 0:
                self._tell(count)
        order = sorted(range(len(places)), key=places.__getitem__)
        return array("I", map(numbers.__getitem__, order))

    def _take(self, number: int, longest: int, stuck: Sequence[str], done: int) -> None:
        try:
            entry = self._file.entry(number)
            place = place_of(self._file, entry)
            self._step(place, done)
            if place in stuck:
                self._marker.skipped += 1
                return
            html = _LEAD_HTML if longest == _LEAD else LARGEST
            text = page_of(self._file, entry, html).text
        except ZimFault:
            self._marker.skipped += 1
            return
        if text.strip():
            self._batch.append(IndexedText(place, entry.title, text[:longest]))
            self._size += min(len(text), longest)

    def _save(self, done: int) -> None:
        self._step("", done)
        self._index.put(self._batch)
        self._marker.documents += len(self._batch)
        self._marker.done = done
        self._marker.save()
        self._batch, self._size = [], 0

    def _step(self, place: str, done: int) -> None:
        at = done - self._first
        self._tell(IndexStep(place, at, at, self._marker.documents))
