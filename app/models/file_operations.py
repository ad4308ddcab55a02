"""What a person can do with a model that is on this disk: remove it, or move it elsewhere.

A move never has the only copy half written. On one file system it renames, or gives the file a
second name and then takes the first one away. From one disk to another it copies under a hidden
name, reads the copy back from the disk, compares, and takes the old files away when all the new
ones are in place. Killed at any moment it leaves a whole model, and the next move ends it.

What is known of the hub's cache (``models--org--repo/{blobs,snapshots,refs}``): the manual of
huggingface_hub, "Understand caching", and its utils/_cache_manager.py.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from app.base.errors import (
    Cancelled,
    CopyDiffers,
    FileRefused,
    ModelMissing,
    TargetExists,
    TargetFull,
)
from app.base.files import sync
from app.models.library import InstalledModel, ModelSource, descriptions, unfinished

Report = Callable[[int, int], None]

_SPARE = 256 << 20  # bytes that are left free on the disk
_CHUNK = 4 << 20
_FLUSH = 64 << 20  # bytes after which the disk is waited for: progress is true, and stop is soon


def removable(model: InstalledModel) -> bool:
    """Is it for Fireside to remove? Ollama's files belong to its manifests: ``ollama rm``."""
    blob = re.fullmatch(r"sha256-[0-9a-f]{64}", model.path.name)
    return model.place.kind is not ModelSource.OLLAMA and not blob


def movable(model: InstalledModel) -> bool:
    """Is it for Fireside to move, and all there?"""
    return removable(model) and not isinstance(model.problem, ModelMissing)


def remove(model: InstalledModel) -> None:
    """Removes the model's files, and what the program that brought them says of them: entries,
    blobs and refs of the hub's cache, in all revisions, and Jan's description. Of a link
    elsewhere, the link. Raises FileRefused; what was not refused is gone."""
    if not removable(model):
        raise FileRefused(model.path, "it belongs to Ollama")
    for part in model.files:
        with _refusing(part):
            repository = _repository(part)
            if repository:
                _remove_entry(part, repository)
            else:
                part.unlink(missing_ok=True)
    if model.place.kind is ModelSource.JAN:
        for said in list(descriptions(model.place.path, threading.Event())):
            if said.file in model.files:
                with _refusing(said.path):
                    said.path.unlink()
                _remove_empty(said.path.parent)


def move(model: InstalledModel, folder: Path, stop: threading.Event, report: Report) -> Path:
    """Moves the model's files into ``folder``, which there must be, by their own names.

    Returns the path of the first. ``report`` is told how many bytes of how many are done, where
    each counts twice: copied and compared. An equal file in ``folder`` counts as moved.

    Raises Cancelled soon after ``stop`` is set, TargetExists, TargetFull, CopyDiffers and
    FileRefused. The model is then as it was, and nothing new is in ``folder``; but where the old
    files are refused at the end, both are there.
    """
    if not removable(model):
        raise FileRefused(model.path, "it belongs to Ollama")
    with _refusing(folder):
        if _is_same(folder, model.path.parent):
            return model.path
    if not os.access(model.path.parent, os.W_OK):  # a copy would be made in vain
        raise FileRefused(model.path, os.strerror(errno.EACCES))
    for left in list(folder.glob(unfinished(Path("*")).name)):  # by a move that was killed
        _discard(left)
    _Move(model, folder, stop, report).run()
    remove(model)
    return folder / model.path.name


class _Move:
    """Brings the parts of a model into a folder, and leaves the old ones where they are, if it
    cannot rename."""

    def __init__(
        self, model: InstalledModel, folder: Path, stop: threading.Event, report: Report
    ) -> None:
        self._folder, self._stop, self._report = folder, stop, report
        self._pairs = [(part, folder / part.name) for part in model.files]
        self._done, self._total = 0, 2 * model.size

    def run(self) -> None:
        waiting = [pair for pair in self._pairs if not self._may_be_there(*pair)]
        if len(self._pairs) == len(waiting) == 1 and self._renamed(*waiting[0]):
            return
        for pair in self._pairs:
            if pair not in waiting and not self._equal(*pair):
                raise TargetExists(pair[1])
        with contextlib.ExitStack() as undo:
            for _, target in waiting:
                undo.callback(_discard, unfinished(target))
            far = [pair for pair in waiting if not self._linked(*pair)]
            self._check_room(far)
            for source, target in far:
                self._copy(source, target)
            for _, target in waiting:
                if os.path.lexists(target):
                    raise TargetExists(target)
                with self._writing(target):
                    unfinished(target).rename(target)
                undo.callback(_discard, target)
            _flush_folder(self._folder)
            undo.pop_all()

    def _may_be_there(self, source: Path, target: Path) -> bool:
        """Is there a file that may be the same? Raises TargetExists where it is another one."""
        try:
            there = target.lstat()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise FileRefused(target, error.strerror or str(error)) from error
        with _refusing(source):
            # A link there may lead here.
            if not stat.S_ISREG(there.st_mode) or there.st_size != source.stat().st_size:
                raise TargetExists(target)
        return True

    def _renamed(self, source: Path, target: Path) -> bool:
        """Has it moved at once? The system refuses between two disks."""
        if source.is_symlink():
            return False
        self._advance(0)
        try:
            source.rename(target)
        except OSError as error:
            if error.errno == errno.EXDEV:
                return False
            raise FileRefused(source, error.strerror or str(error)) from error
        self._report(self._total, self._total)
        return True

    def _linked(self, source: Path, target: Path) -> bool:
        """Has the file a second name now? Not on another disk, nor where there are no links."""
        try:
            os.link(os.path.realpath(source), unfinished(target))
        except OSError:
            return False
        self._advance(2 * unfinished(target).stat().st_size)
        return True

    def _check_room(self, pairs: list[tuple[Path, Path]]) -> None:
        if pairs:
            with _refusing(self._folder):
                needed = sum(source.stat().st_size for source, _ in pairs)
                free = shutil.disk_usage(self._folder).free
            if free < needed + _SPARE:
                raise TargetFull(pairs[0][1], needed, max(0, free - _SPARE))

    def _copy(self, source: Path, target: Path) -> None:
        copy, hashed, waiting = unfinished(target), hashlib.sha256(), 0
        with _refusing(source):
            reader = source.open("rb", buffering=0)
            times = source.stat()
        with reader, self._writing(target, times.st_size), copy.open("wb") as writer:
            while True:
                with _refusing(source):
                    data = reader.read(_CHUNK)
                hashed.update(data)
                writer.write(data)
                waiting += len(data)
                if not data or waiting >= _FLUSH:
                    writer.flush()
                    os.fsync(writer.fileno())
                    waiting = 0
                if not data:
                    break
                self._advance(len(data))
        with contextlib.suppress(OSError):
            os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))
        if self._hash(copy) != hashed.digest():
            raise CopyDiffers(target)

    def _equal(self, source: Path, target: Path) -> bool:
        with _refusing(target):
            if target.samefile(source):
                self._advance(2 * target.stat().st_size)
                return True
        return self._hash(source) == self._hash(target)

    def _hash(self, path: Path) -> bytes:
        """What is on the disk, not what the system still has in memory."""
        hashed = hashlib.sha256()
        with _refusing(path), path.open("rb", buffering=0) as file:
            if sys.platform == "linux":
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while data := file.read(_CHUNK):
                hashed.update(data)
                self._advance(len(data))
        return hashed.digest()

    def _advance(self, count: int) -> None:
        if self._stop.is_set():
            raise Cancelled
        self._done += count
        self._report(self._done, self._total)

    @contextlib.contextmanager
    def _writing(self, target: Path, needed: int = 0) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise FileRefused(target, error.strerror or str(error)) from error
            free = 0
            with contextlib.suppress(OSError):
                free = shutil.disk_usage(self._folder).free
            raise TargetFull(target, needed, max(0, free - _SPARE)) from error


# The hub's cache.


def _repository(path: Path) -> Path | None:
    """The folder of the hub's repository that ``path`` is an entry of, if it is one."""
    for folder in path.parents:
        if folder.name == "snapshots" and folder.parent.name.startswith("models--"):
            return folder.parent
    return None


def _remove_entry(entry: Path, repository: Path) -> None:
    """It, and the same file in other revisions: else nothing would become free, and the model
    would still be there."""
    snapshots = repository / "snapshots"
    entries = [entry]
    if blob := _blob(entry, repository):
        entries = [path for path in snapshots.rglob("*") if _blob(path, repository) == blob]
        with _locked(repository, blob):
            # First, since it may be refused: Windows keeps a file that is open.
            _remove_blob(blob, repository.parent)
            for each in entries:
                each.unlink(missing_ok=True)
    else:
        entry.unlink(missing_ok=True)
    for each in entries:
        _tidy(repository, each.relative_to(snapshots).parts[0])


def _blob(entry: Path, repository: Path) -> Path | None:
    """What an entry of a snapshot is a link to, one step far."""
    if not entry.is_symlink():
        return None
    target = Path(os.path.abspath(entry.parent / os.readlink(entry)))
    return target if target.parent == Path(os.path.abspath(repository / "blobs")) else None


@contextlib.contextmanager
def _locked(repository: Path, blob: Path) -> Iterator[None]:
    """Holds the lock that a download of the blob would hold. Raises OSError where one does."""
    lock = repository.parent / ".locks" / repository.name / f"{blob.name}.lock"
    if not lock.exists():
        yield
        return
    import filelock  # here and below: a window need not wait for them

    with filelock.FileLock(lock).acquire(blocking=False):
        yield


def _remove_blob(blob: Path, cache: Path) -> None:
    if not blob.is_symlink():
        blob.unlink(missing_ok=True)
        return
    from huggingface_hub import DeleteCacheStrategy

    # Into the store of what repositories share: only the hub's own code knows who else does.
    nothing: frozenset[Path] = frozenset()
    DeleteCacheStrategy(
        expected_freed_size=0,
        blobs=frozenset({blob}),
        refs=nothing,
        repos=nothing,
        snapshots=nothing,
        cache_dir=cache,
    ).execute()
    if blob.is_symlink():  # it only writes that into its log
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _tidy(repository: Path, revision: str) -> None:
    """Removes what speaks of a snapshot without files, and a repository without any. Never a file
    that it does not know: a download may have begun."""
    snapshot, refs = repository / "snapshots" / revision, repository / "refs"
    if not any(_files(snapshot)):
        for ref in list(_files(refs)):
            if ref.read_text(encoding="utf-8", errors="replace").strip() == revision:
                ref.unlink()
        for absent in list(_files(repository / ".no_exist" / revision)):
            absent.unlink()
    _remove_empty(snapshot)
    _remove_empty(refs)
    if not any(_files(repository)):
        _remove_empty(repository)


# Files.


def _files(root: Path) -> Iterator[Path]:
    return (Path(folder, name) for folder, _, names in os.walk(root) for name in names)


def _remove_empty(root: Path) -> None:
    """Removes the folders at and below ``root`` that have nothing in them."""
    for folder, _, _ in os.walk(root, topdown=False):
        with contextlib.suppress(OSError):  # something is in it
            os.rmdir(folder)


def _is_same(one: Path, other: Path) -> bool:
    """Are they one folder? Asked by a file, since two ways may lead to it that the system does
    not know to be one: a disk, and the share of it."""
    with tempfile.NamedTemporaryFile(
        dir=one, prefix=".", suffix=unfinished(Path("*")).suffix
    ) as probe:
        return os.path.exists(other / Path(probe.name).name)


def _flush_folder(folder: Path) -> None:
    """Bring the names in ``folder`` to the disk, where the system can do that."""
    with contextlib.suppress(OSError):
        sync(folder)


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileRefused(path, error.strerror or str(error)) from error
