"""Remove a model from this disk, or move it to another folder.

A complete copy exists at every moment of a move. Within a file system, files are renamed, or
linked to the new name before the old one is removed. From one disk to another, they are copied
under a hidden name, read back from the disk and compared, and the old ones are removed when all the
new ones are in place. A move that is killed leaves a complete model, and the next move finishes it.

The layout of the hub's cache (``models--org--repo/{blobs,snapshots,refs}``) is that of
huggingface_hub's manual, "Understand caching", and its utils/_cache_manager.py.
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
from app.models.disk_scan import InstalledModel, ModelSource, jan_descriptions, unfinished

Report = Callable[[int, int], None]

_SPARE = 256 << 20  # bytes to leave free on the disk
_CHUNK = 4 << 20
_FLUSH = 64 << 20  # bytes between two fsyncs, so that progress is accurate and stopping is prompt


def removable(model: InstalledModel) -> bool:
    """Return whether Fireside may remove the model.

    Ollama's are left to ``ollama rm``, and shared ones to their administrator.
    """
    blob = re.fullmatch(r"sha256-[0-9a-f]{64}", model.path.name)
    return model.place.kind not in (ModelSource.OLLAMA, ModelSource.SHARED) and not blob


def _owner(model: InstalledModel) -> str:
    shared = model.place.kind is ModelSource.SHARED
    return "it is in a shared folder" if shared else "it belongs to Ollama"


def movable(model: InstalledModel) -> bool:
    """Return whether Fireside may move the model and it is complete."""
    return removable(model) and not isinstance(model.problem, ModelMissing)


def remove(model: InstalledModel) -> None:
    """Remove the model's files, and the metadata that the program which downloaded them keeps.

    That is the entries, blobs and refs of the hub's cache, in all revisions, and Jan's description.
    A link elsewhere is removed, not its target. Raises FileRefused; the files that were not refused
    are gone then.
    """
    if not removable(model):
        raise FileRefused(model.path, _owner(model))
    for part in model.files:
        with _refused(part):
            repository = _repository(part)
            if repository:
                _remove_entry(part, repository)
            else:
                part.unlink(missing_ok=True)
    if model.place.kind is ModelSource.JAN:
        for description in list(jan_descriptions(model.place.path, threading.Event())):
            if description.file in model.files:
                with _refused(description.path):
                    description.path.unlink()
                _remove_empty(description.path.parent)


def move(model: InstalledModel, folder: Path, stop: threading.Event, report: Report) -> Path:
    """Move the model's files into the existing ``folder``, and return the path of the first.

    ``report`` is called with the bytes done and those in all; each byte counts twice, for copying
    and comparing. An equal file in ``folder`` counts as moved.

    Raises Cancelled soon after ``stop`` is set, TargetExists, TargetFull, CopyDiffers and
    FileRefused. The model is then as it was and nothing is left in ``folder``, unless the removal
    of the old files was refused at the end: then both are there.
    """
    if not removable(model):
        raise FileRefused(model.path, _owner(model))
    with _refused(folder):
        if _is_same(folder, model.path.parent):
            return model.path
    if not os.access(model.path.parent, os.W_OK):  # the original could not be removed
        raise FileRefused(model.path, os.strerror(errno.EACCES))
    for leftover in list(folder.glob(unfinished(Path("*")).name)):  # of a move that was killed
        _discard(leftover)
    _Move(model, folder, stop, report).run()
    remove(model)
    return folder / model.path.name


class _Move:
    """A move of a model's parts into a folder; the old ones stay, unless they can be renamed."""

    def __init__(
        self, model: InstalledModel, folder: Path, stop: threading.Event, report: Report
    ) -> None:
        self._folder, self._stop, self._report = folder, stop, report
        self._pairs = [(part, folder / part.name) for part in model.files]
        self._done, self._total = 0, 2 * model.size

    def run(self) -> None:
        """Move all parts into the folder, or none."""
        waiting = [pair for pair in self._pairs if not self._may_exist(*pair)]
        if len(self._pairs) == len(waiting) == 1 and self._renamed(*waiting[0]):
            return
        for pair in self._pairs:
            if pair not in waiting and not self._equal(*pair):
                raise TargetExists(pair[1])
        with contextlib.ExitStack() as undo:
            for _, target in waiting:
                undo.callback(_discard, unfinished(target))
            unlinked = [pair for pair in waiting if not self._linked(*pair)]
            self._check_room(unlinked)
            for source, target in unlinked:
                self._copy(source, target)
            for _, target in waiting:
                if os.path.lexists(target):
                    raise TargetExists(target)
                with self._writing(target):
                    unfinished(target).rename(target)
                undo.callback(_discard, target)
            _flush_folder(self._folder)
            undo.pop_all()

    def _may_exist(self, source: Path, target: Path) -> bool:
        """Return whether ``target`` exists. Raises TargetExists if it cannot be equal."""
        try:
            existing = target.lstat()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise FileRefused(target, error.strerror or str(error)) from error
        with _refused(source):
            # A link may lead back to the source.
            if not stat.S_ISREG(existing.st_mode) or existing.st_size != source.stat().st_size:
                raise TargetExists(target)
        return True

    def _renamed(self, source: Path, target: Path) -> bool:
        """Rename a file, and return whether that worked, which it does not between two disks."""
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
        """Hard-link a file to a second name, and return whether that worked."""
        try:
            os.link(os.path.realpath(source), unfinished(target))
        except OSError:
            return False
        self._advance(2 * unfinished(target).stat().st_size)
        return True

    def _check_room(self, pairs: list[tuple[Path, Path]]) -> None:
        if pairs:
            with _refused(self._folder):
                needed = sum(source.stat().st_size for source, _ in pairs)
                free = shutil.disk_usage(self._folder).free
            if free < needed + _SPARE:
                raise TargetFull(pairs[0][1], needed, max(0, free - _SPARE))

    def _copy(self, source: Path, target: Path) -> None:
        """Copy a file to its unfinished name, and compare. Raises CopyDiffers."""
        copy, hashed, waiting = unfinished(target), hashlib.sha256(), 0
        with _refused(source):
            reader = source.open("rb", buffering=0)
            times = source.stat()
        with reader, self._writing(target, times.st_size), copy.open("wb") as writer:
            while True:
                with _refused(source):
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
        """Return whether two files have the same content."""
        with _refused(target):
            if target.samefile(source):
                self._advance(2 * target.stat().st_size)
                return True
        return self._hash(source) == self._hash(target)

    def _hash(self, path: Path) -> bytes:
        """Return the sha256 of what is on the disk, if possible not of the page cache."""
        hashed = hashlib.sha256()
        with _refused(path), path.open("rb", buffering=0) as file:
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
        """Raise TargetFull or FileRefused for OSError."""
        try:
            yield
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise FileRefused(target, error.strerror or str(error)) from error
            free = 0
            with contextlib.suppress(OSError):
                free = shutil.disk_usage(self._folder).free
            raise TargetFull(target, needed, max(0, free - _SPARE)) from error


# --- The hub's cache --------------------------------------------------------------------------


def _repository(path: Path) -> Path | None:
    """Return the repository's folder if ``path`` is an entry of the hub's cache."""
    for folder in path.parents:
        if folder.name == "snapshots" and folder.parent.name.startswith("models--"):
            return folder.parent
    return None


def _remove_entry(entry: Path, repository: Path) -> None:
    """Remove an entry, its blob, and the entries of the same blob in other revisions."""
    snapshots = repository / "snapshots"
    entries = [entry]
    if blob := _blob(entry, repository):
        entries = [path for path in snapshots.rglob("*") if _blob(path, repository) == blob]
        with _locked(repository, blob):
            # The blob first, since that may be refused: Windows does not remove an open file.
            _remove_blob(blob, repository.parent)
            for each in entries:
                each.unlink(missing_ok=True)
    else:
        entry.unlink(missing_ok=True)
    for each in entries:
        _remove_leftovers(repository, each.relative_to(snapshots).parts[0])


def _blob(entry: Path, repository: Path) -> Path | None:
    """Return the blob that an entry of a snapshot links to, if it is a link."""
    if not entry.is_symlink():
        return None
    target = Path(os.path.abspath(entry.parent / os.readlink(entry)))
    return target if target.parent == Path(os.path.abspath(repository / "blobs")) else None


@contextlib.contextmanager
def _locked(repository: Path, blob: Path) -> Iterator[None]:
    """Hold the lock that a download of the blob holds. Raises OSError if one does."""
    lock = repository.parent / ".locks" / repository.name / f"{blob.name}.lock"
    if not lock.exists():
        yield
        return
    import filelock  # slow to load, as huggingface_hub below

    with filelock.FileLock(lock).acquire(blocking=False):
        yield


def _remove_blob(blob: Path, cache: Path) -> None:
    if not blob.is_symlink():
        blob.unlink(missing_ok=True)
        return
    from huggingface_hub import DeleteCacheStrategy

    # It links into the store that repositories share; the library knows whether others use it.
    nothing: frozenset[Path] = frozenset()
    DeleteCacheStrategy(
        expected_freed_size=0,
        blobs=frozenset({blob}),
        refs=nothing,
        repos=nothing,
        snapshots=nothing,
        cache_dir=cache,
    ).execute()
    if blob.is_symlink():  # the library only logs a failure
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _remove_leftovers(repository: Path, revision: str) -> None:
    """Remove refs and markers of a snapshot without files, and then empty folders.

    No other file is removed: a download may have begun.
    """
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


# --- Files ------------------------------------------------------------------------------------


def _files(root: Path) -> Iterator[Path]:
    return (Path(folder, name) for folder, _, names in os.walk(root) for name in names)


def _remove_empty(root: Path) -> None:
    """Remove the empty folders at and below ``root``."""
    for folder, _, _ in os.walk(root, topdown=False):
        with contextlib.suppress(OSError):  # it is not empty
            os.rmdir(folder)


def _is_same(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one folder.

    A probe file is used, since the system may not know that a network share is a local folder.
    """
    with tempfile.NamedTemporaryFile(
        dir=one, prefix=".", suffix=unfinished(Path("*")).suffix
    ) as probe:
        return os.path.exists(other / Path(probe.name).name)


def _flush_folder(folder: Path) -> None:
    """Flush the entries of ``folder`` to the disk, if the file system supports that."""
    with contextlib.suppress(OSError):
        sync(folder)


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Raise FileRefused for OSError."""
    try:
        yield
    except OSError as error:
        raise FileRefused(path, error.strerror or str(error)) from error
