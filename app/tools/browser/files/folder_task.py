"""A folder read into its index, in the child process: what is new, changed, moved or gone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path, PurePosixPath

from app.base.errors import DriveMissing
from app.base.folder import Folder
from app.models import mount_point
from app.tools.browser.files.exclusions import largest
from app.tools.browser.files.file_index import FileIndex, IndexedText, KnownFile
from app.tools.browser.files.file_reads import FileRead, read_one
from app.tools.browser.files.folder_scan import FolderScan, scan
from app.tools.browser.files.index_writing import written
from app.tools.browser.files.skip_list import SkipList, Stamp, summed_up
from app.tools.browser.files.text_helper import TextHelper, serve_texts
from app.tools.browser.files.text_reading import fingerprint_of
from app.tools.browser.index_process import IndexEnd, IndexPlan, IndexStep, IndexTrouble, Told
from app.tools.browser.source_status import SkipReason

_BATCH = 4_000_000  # characters of text that are written together
_BATCH_FILES = 200
_BATCH_S = 3.0
_SIGN_S = 1.0  # between signs of life
_LEAST_WEIGHT = 20_000  # bytes: what a small file costs, as if it were so large


@dataclass(frozen=True, slots=True)
class FolderTask:
    """A folder at ``path``, to be read into ``index``.

    ``mount`` is where its drive was mounted. ``without`` are paths that are left out.
    """

    path: Path
    index: Path
    mount: str = ""
    without: tuple[str, ...] = ()

    helper = staticmethod(serve_texts)

    def run(
        self, tell: Told, stuck: Sequence[str], helper: Connection | None = None
    ) -> IndexEnd | IndexTrouble:
        """Read what has changed; see `IndexTask`."""
        return written(self.index, lambda: self._run(tell, stuck, helper))

    def _run(
        self, tell: Told, stuck: Sequence[str], helper: Connection | None
    ) -> IndexEnd | IndexTrouble:
        index = FileIndex(self.index)
        try:
            try:
                mount_point.check(self.path, self.mount, chosen=True)
                folder = Folder(self.path)
            except (DriveMissing, OSError) as error:
                return IndexTrouble("missing", str(error))
            with folder:
                try:
                    found = scan(folder, _Signs(tell).scanned, self.without)
                except OSError as error:
                    return IndexTrouble("missing", error.strerror or str(error))
                others = TextHelper(helper, self.path, tell) if helper else None
                skips = SkipList(skips_of(self.index))
                return _Update(folder, index, skips, found, tell, others)(stuck)
        finally:
            index.close()


def skips_of(index: Path) -> Path:
    """Return the file beside an index with what was skipped."""
    return index.with_suffix(".skipped.json")


class _Signs:
    """Signs of life, not too many."""

    def __init__(self, tell: Told) -> None:
        self._tell, self._last = tell, time.monotonic()

    def scanned(self, count: int) -> None:
        now = time.monotonic()
        if now - self._last > _SIGN_S:
            self._last = now
            self._tell(count)

    def page(self, done: int, total: int) -> None:
        self.scanned(done)


@dataclass
class _Update:
    """What brings an index up to date with what a look through the folder has found."""

    folder: Folder
    index: FileIndex
    skips: SkipList
    found: FolderScan
    tell: Told
    helper: TextHelper | None = None
    documents: int = 0
    done: int = 0
    weight: int = 0
    size: int = 0
    changed: bool = False
    batch: list[IndexedText] = field(default_factory=list)
    leaving: list[str] = field(default_factory=list)

    def __call__(self, stuck: Sequence[str]) -> IndexEnd:
        known = self.index.known()
        files = self.found.files
        self.skips.keep_only(files)
        for relative in stuck:
            if relative in files:
                self.skips.add(relative, files[relative], SkipReason.STUCK)
        self.skips.save()
        skipped = {name for name, stamp in files.items() if self.skips.has(name, stamp)}
        gone = [
            name
            for name in known
            if name in skipped or (name not in files and not self.found.is_unknown(name))
        ]
        wanted = [
            (name, stamp)
            for name, stamp in files.items()
            if name not in skipped and not _is_same(known.get(name), stamp)
        ]
        self.documents = len(known)
        self.tell(IndexPlan(len(wanted), sum(map(_weight, wanted)), self.documents))
        self._read(wanted, known, _by_stamp(known, gone))
        self.leaving += gone
        self.documents -= len(gone)
        self._save()
        while self.changed and self.index.tidy():
            self.tell(self.done)
        reasons = self.found.skipped | self.skips.reasons()
        return IndexEnd(self.documents, summed_up(reasons), self.changed)

    def _read(
        self,
        wanted: Sequence[tuple[str, Stamp]],
        known: Mapping[str, KnownFile],
        moved: Mapping[Stamp, Sequence[str]],
    ) -> None:
        """Read files, and write their texts in batches. ``moved`` are those that they may be."""
        stamps = dict(wanted)
        begun = time.monotonic()
        for name, read in self._texts(wanted, known, moved):
            self._take(name, stamps[name], read, is_known=name in known)
            late = time.monotonic() - begun > _BATCH_S
            if late or self.size > _BATCH or len(self.batch) >= _BATCH_FILES:
                self._save()
                begun = time.monotonic()
        self._save()

    def _texts(
        self,
        wanted: Sequence[tuple[str, Stamp]],
        known: Mapping[str, KnownFile],
        moved: Mapping[Stamp, Sequence[str]],
    ) -> Iterator[tuple[str, FileRead]]:
        """Yield what the files give, as this process and its helper read them."""
        signs = _Signs(self.tell)
        for name, stamp in wanted:
            if self.helper:
                yield from self.helper.taken()
            if text := self._moved(name, moved.get(stamp, ()), known):
                yield name, FileRead(text)
            elif self.helper and self.helper.has_room:
                self.helper.give(name, stamp[0])
            else:
                self._step(name)
                yield name, read_one(self.folder, name, signs.page)
        self._step("")
        if self.helper:
            yield from self.helper.taken(all_=True)

    def _take(self, name: str, stamp: Stamp, read: FileRead, *, is_known: bool) -> None:
        """Note what a file has given; one that is gone is seen at the next look."""
        if read.text:
            self.skips.drop(name)
            self.batch.append(read.text)
            self.size += len(read.text.text)
            self.documents += not is_known
        elif read.reason:
            self.skips.add(name, stamp, read.reason)
            if is_known:
                self.leaving.append(name)
                self.documents -= 1
        self.done += 1
        self.weight += _weight((name, stamp))

    def _moved(
        self, name: str, candidates: Sequence[str], known: Mapping[str, KnownFile]
    ) -> IndexedText | None:
        """Return what is known of a file that was moved here, if it has the same bytes.

        That of one with links is not used: they are relative to where it was.
        """
        if not candidates:
            return None
        try:
            fingerprint = fingerprint_of(self.folder.read(name, largest(name)))
        except OSError:
            return None
        old = next((each for each in candidates if known[each].fingerprint == fingerprint), None)
        text = self.index.text(old) if old else None
        if text is None or text.links:
            return None
        named = text.title == PurePosixPath(text.relative).name
        title = PurePosixPath(name).name if named else text.title
        return replace(text, relative=name, title=title)

    def _save(self) -> None:
        self._step("")  # if it ends here, no file is to blame
        if self.batch:
            self.index.put(self.batch)
        if self.leaving:
            self.index.remove(self.leaving)
        self.changed |= bool(self.batch or self.leaving)
        self.batch, self.leaving, self.size = [], [], 0
        self.skips.save()

    def _step(self, file: str) -> None:
        self.tell(IndexStep(file, self.done, self.weight, self.documents))


def _is_same(known: KnownFile | None, stamp: Stamp) -> bool:
    return known is not None and (known.size, known.mtime_ns) == stamp


def _weight(wanted: tuple[str, Stamp]) -> int:
    return max(_LEAST_WEIGHT, wanted[1][0])


def _by_stamp(
    known: Mapping[str, KnownFile], names: Sequence[str]
) -> Mapping[Stamp, Sequence[str]]:
    """Return files by their size and time of change."""
    found: dict[Stamp, list[str]] = {}
    for name in names:
        found.setdefault((known[name].size, known[name].mtime_ns), []).append(name)
    return found
