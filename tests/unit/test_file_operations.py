"""Removing and moving models, with real files on real disks."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import pytest
from huggingface_hub import constants, scan_cache_dir
from huggingface_hub.utils import _shared_blobs

from app.base.errors import (
    Cancelled,
    CopyDiffers,
    FileRefused,
    LibraryError,
    TargetExists,
    TargetFull,
)
from app.models import disk_scan, file_operations, partial_file
from app.models.cache_path import CachePath
from app.models.disk_scan import InstalledModel, ModelSource, SearchFolder
from tests.fakes.headers import gguf_bytes, part_of, write_header

REVISION, OTHER = "a" * 40, "b" * 40
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")


@pytest.fixture
def near(tmp_path: Path) -> Path:
    """Return an empty folder on the disk of ``tmp_path``."""
    (tmp_path / "near").mkdir()
    return tmp_path / "near"


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Path]:
    """Yield an empty folder on another disk."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second disk here")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(params=["near", "far"])
def folder(request: pytest.FixtureRequest) -> Path:
    """Return a folder on this disk, then one on another."""
    found: Path = request.getfixturevalue(request.param)
    return found


def split(folder: Path, parts: int = 3) -> list[Path]:
    """Create a model in several different files."""
    files = [folder / f"big-{n:05}-of-{parts:05}.gguf" for n in range(1, parts + 1)]
    return [write_header(file, name=str(n)) for n, file in enumerate(files)]


def hub_file(cache: Path, file: str = "model.gguf", commit: str = REVISION, **place: str) -> Path:
    """Put a file into the hub's cache, with the path and lock of the downloader."""
    usual = {"repository": "org/repo", "revision": "main", "etag": "e" * 64} | place
    where = CachePath(cache, file=file, commit=commit, **usual)
    where.blob.parent.mkdir(parents=True, exist_ok=True)
    where.lock.parent.mkdir(parents=True, exist_ok=True)
    where.lock.touch()
    part = part_of(Path(file).stem)
    where.blob.write_bytes(gguf_bytes(part=part, name=where.etag))
    return where.publish()


def only(folder: Path, kind: ModelSource = ModelSource.CHOSEN) -> InstalledModel:
    (model,) = disk_scan.scan([SearchFolder(kind, folder)])
    return model


def move(model: InstalledModel, folder: Path) -> Path:
    return file_operations.move(model, folder, threading.Event(), lambda done, total: None)


def files(folder: Path) -> dict[str, bytes]:
    """Return all files in a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def is_sound(cache: Path) -> bool:
    """Return whether huggingface_hub finds no problem in its cache."""
    return not scan_cache_dir(cache).warnings


@contextlib.contextmanager
def shut(folder: Path) -> Iterator[None]:
    """Make a folder immutable, even for root."""
    if shutil.which("chattr") and os.geteuid() == 0:
        done = subprocess.run(["chattr", "+i", folder], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("this file system keeps nothing from root")
        try:
            yield
        finally:
            subprocess.run(["chattr", "-i", folder], check=True)
    elif sys.platform == "win32" or os.geteuid() == 0:
        pytest.skip("no way to shut a folder")
    else:
        folder.chmod(0o500)
        try:
            yield
        finally:
            folder.chmod(0o700)


# Removing.


def test_all_parts_are_removed(tmp_path: Path) -> None:
    split(tmp_path)
    write_header(tmp_path / "other.gguf")
    model = disk_scan.inspect(tmp_path / "big-00002-of-00003.gguf")
    assert file_operations.removable(model)
    file_operations.remove(model)
    assert set(files(tmp_path)) == {"other.gguf"}


def test_what_is_left_of_a_model_is_removed(tmp_path: Path) -> None:
    split(tmp_path)[1].unlink()
    model = only(tmp_path)
    assert not file_operations.movable(model)
    file_operations.remove(model)
    file_operations.remove(model)  # removed again, without an error
    assert files(tmp_path) == {}


@needs_links
def test_of_a_link_the_link_is_removed(tmp_path: Path, near: Path) -> None:
    file = write_header(near / "model.gguf")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "link.gguf").symlink_to(file)
    file_operations.remove(only(tmp_path / "mine"))
    assert not list((tmp_path / "mine").iterdir())
    assert file.exists()


def test_ollamas_are_left_alone(tmp_path: Path, near: Path) -> None:
    """Holds even if a person opens the blob itself."""
    file = write_header(tmp_path / "blobs" / f"sha256-{'d' * 64}")
    layer = {
        "mediaType": "application/vnd.ollama.image.model",
        "digest": f"sha256:{'d' * 64}",
    }
    manifest = tmp_path / "manifests" / "registry.ollama.ai" / "library" / "gpt-oss" / "20b"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"layers": [layer]}))
    for model in (only(tmp_path, ModelSource.OLLAMA), disk_scan.inspect(file)):
        assert not file_operations.removable(model)
        assert not file_operations.movable(model)
        with pytest.raises(FileRefused, match="Ollama"):
            file_operations.remove(model)
        with pytest.raises(FileRefused, match="Ollama"):
            move(model, near)
    assert file.exists()


def test_jan_forgets_what_is_removed(tmp_path: Path) -> None:
    root = tmp_path / "llamacpp" / "models"
    far_away = write_header(tmp_path / "away.gguf")
    for name, file in (("imported", far_away), ("own", root / "own" / "model.gguf")):
        description = root / name / "model.yml"
        description.parent.mkdir(parents=True)
        description.write_text(f"model_path: {file.relative_to(tmp_path).as_posix()}\n")
    write_header(root / "own" / "model.gguf")
    models = {model.name: model for model in disk_scan.scan([SearchFolder(ModelSource.JAN, root)])}
    file_operations.remove(models["imported"])
    assert set(files(tmp_path)) == {
        "llamacpp/models/own/model.gguf",
        "llamacpp/models/own/model.yml",
    }
    file_operations.remove(models["own"])
    assert list(root.iterdir()) == []


def test_what_is_refused_is_as_it_was(tmp_path: Path, folder: Path) -> None:
    old = tmp_path / "old"
    split(old)
    before = files(old)
    model = only(old)
    with shut(old):
        with pytest.raises(FileRefused) as caught:
            file_operations.remove(model)
        assert caught.value.path == model.path
        with pytest.raises(FileRefused):
            move(model, folder)
    assert files(old) == before
    assert files(folder) == {}


# Removing from the hub's cache.


def test_nothing_of_a_repository_is_left(tmp_path: Path) -> None:
    hub_file(tmp_path, "q4/model.gguf")
    absent = tmp_path / "models--org--repo" / ".no_exist" / REVISION / "config.json"
    absent.parent.mkdir(parents=True)
    absent.touch()
    hub_file(tmp_path, repository="org/other", etag="f" * 64)
    models = {
        model.name: model
        for model in disk_scan.scan([SearchFolder(ModelSource.HUGGING_FACE, tmp_path)])
    }
    file_operations.remove(models["org/repo/q4/model"])
    assert not (tmp_path / "models--org--repo").exists()
    assert is_sound(tmp_path)
    assert only(tmp_path, ModelSource.HUGGING_FACE).name == "org/other/model"


@needs_links
def test_a_snapshot_keeps_its_other_files(tmp_path: Path) -> None:
    hub_file(tmp_path, "q4/model-00001-of-00002.gguf", etag="1" * 64)
    hub_file(tmp_path, "q4/model-00002-of-00002.gguf", etag="2" * 64)
    readme = hub_file(tmp_path, "README.md", etag="3" * 40)
    file_operations.remove(only(tmp_path))
    assert readme.exists()
    assert not readme.with_name("q4").exists()
    (repository,) = scan_cache_dir(tmp_path).repos
    assert repository.nb_files == 1
    assert set(repository.refs) == {"main"}
    assert [path.name for path in readme.resolve().parent.iterdir()] == ["3" * 40]
    assert is_sound(tmp_path)


@needs_links
def test_it_goes_from_every_revision(tmp_path: Path, folder: Path) -> None:
    """Otherwise no space would be freed, and it would still be listed."""
    for change in (file_operations.remove, lambda model: move(model, folder)):
        old = hub_file(tmp_path / "hub", revision="v1")
        new = hub_file(tmp_path / "hub", commit=OTHER)
        same = hub_file(tmp_path / "hub", "another name.gguf")
        change(disk_scan.inspect(old))
        assert not any(path.exists() for path in (old, new, same))
        assert not scan_cache_dir(tmp_path / "hub").repos
        assert is_sound(tmp_path / "hub")
    assert (folder / "model.gguf").exists()


def test_without_links_the_file_is_in_the_snapshot(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_SYMLINKS", True)
    cache = tmp_path / "hub"
    for change in (file_operations.remove, lambda model: move(model, folder)):
        hub_file(cache)
        change(only(cache, ModelSource.HUGGING_FACE))
        assert [path.name for path in cache.iterdir()] == [".locks"]
        assert is_sound(cache)
    assert set(files(folder)) == {"model.gguf"}


@needs_links
def test_a_download_keeps_what_it_needs(tmp_path: Path) -> None:
    """These are its lock, its unfinished blob, and the folders around them."""
    path = hub_file(tmp_path)
    part = path.resolve().with_name(f"{'f' * 64}{partial_file.PART}")
    part.touch()
    lock = tmp_path / ".locks" / "models--org--repo" / f"{'e' * 64}.lock"
    with filelock.FileLock(lock), pytest.raises(FileRefused):
        file_operations.remove(only(tmp_path))
    assert path.exists()
    file_operations.remove(only(tmp_path))
    assert part.exists()
    assert is_sound(tmp_path)
    assert list(disk_scan.scan([SearchFolder(ModelSource.HUGGING_FACE, tmp_path)])) == []


@needs_links
def test_a_blob_that_is_refused_keeps_its_name(tmp_path: Path) -> None:
    path = hub_file(tmp_path)
    with shut(path.resolve().parent), pytest.raises(FileRefused):
        file_operations.remove(only(tmp_path))
    assert path.exists()
    assert is_sound(tmp_path)


def shared(cache: Path, repository: str) -> Path:
    """Return a file whose blob is in the store shared by the hub's repositories."""
    path = hub_file(cache, repository=repository)
    size = path.stat().st_size
    assert _shared_blobs.publish_blob_to_shared_store(
        blob_path=str(path.resolve()),
        xet_hash="c" * 64,
        cache_dir=cache,
        expected_size=size,
    )
    return path


@needs_links
def test_what_repositories_share_goes_with_the_last(tmp_path: Path, folder: Path) -> None:
    cache = tmp_path / "hub"
    one, two = shared(cache, "org/one"), shared(cache, "org/two")
    store = _shared_blobs.shared_blob_path(cache, "c" * 64)
    content = store.read_bytes()
    file_operations.remove(disk_scan.inspect(one))
    assert two.read_bytes() == content
    assert move(disk_scan.inspect(two), folder).read_bytes() == content
    assert not store.exists()
    assert is_sound(cache)
    assert not list(cache.glob("models--*"))


# Moving.


def test_a_file_moves(tmp_path: Path, folder: Path) -> None:
    file = write_header(tmp_path / "old" / "model.gguf")
    content, time = file.read_bytes(), file.stat().st_mtime_ns
    told: list[tuple[int, int]] = []
    path = file_operations.move(
        disk_scan.inspect(file), folder, threading.Event(), lambda *now: told.append(now)
    )
    assert path == folder / "model.gguf"
    assert files(folder) == {"model.gguf": content}
    assert files(tmp_path / "old") == {}
    assert path.stat().st_mtime_ns == time
    assert told == sorted(told)
    assert told[-1] == (2 * len(content), 2 * len(content))


def test_parts_keep_their_names(tmp_path: Path, folder: Path) -> None:
    split(tmp_path / "old")
    before = files(tmp_path / "old")
    told: list[tuple[int, int]] = []
    path = file_operations.move(
        only(tmp_path / "old"), folder, threading.Event(), lambda *now: told.append(now)
    )
    assert path.name == "big-00001-of-00003.gguf"
    assert files(folder) == before
    assert files(tmp_path / "old") == {}
    assert told[-1] == (2 * sum(map(len, before.values())),) * 2
    assert only(folder).problem is None


def test_a_file_of_the_hub_gets_its_own_name(tmp_path: Path, folder: Path) -> None:
    content = hub_file(tmp_path / "hub", "q4/model.gguf").read_bytes()
    path = move(only(tmp_path / "hub", ModelSource.HUGGING_FACE), folder)
    assert path == folder / "model.gguf"
    assert not path.is_symlink()
    assert files(folder) == {"model.gguf": content}
    assert is_sound(tmp_path / "hub")
    assert not list((tmp_path / "hub").glob("models--*"))


@needs_links
def test_where_it_is_already(tmp_path: Path) -> None:
    file = write_header(tmp_path / "old" / "model.gguf")
    (tmp_path / "way").symlink_to(file.parent)
    for folder in (file.parent, tmp_path / "way", file.parent / ".." / "old"):
        assert move(disk_scan.inspect(file), folder) == file
    assert set(files(file.parent)) == {"model.gguf"}


@needs_links
def test_to_where_a_link_leads(tmp_path: Path, near: Path) -> None:
    """A path through a link back is recognised as the same file, not as a copy."""
    file = write_header(near / "model.gguf")
    link = tmp_path / "model.gguf"
    slashes = "/" * (file.stat().st_size - len("nearmodel.gguf"))
    link.symlink_to(f"near{slashes}model.gguf")  # the path's length is the file's size
    assert link.lstat().st_size == file.stat().st_size
    with pytest.raises(TargetExists):
        move(disk_scan.inspect(file), tmp_path)
    assert move(disk_scan.inspect(link), near) == file
    assert file.is_file()
    assert not link.is_symlink()


def test_no_other_file_is_overwritten(tmp_path: Path, folder: Path) -> None:
    parts = split(tmp_path / "old")
    before = files(tmp_path / "old")
    other = folder / parts[2].name
    for content in (b"short", bytes(parts[2].stat().st_size)):
        other.write_bytes(content)
        with pytest.raises(TargetExists) as caught:
            move(only(tmp_path / "old"), folder)
        assert caught.value.path == other
        assert files(folder) == {other.name: content}
    other.unlink()
    other.mkdir()
    with pytest.raises(TargetExists):
        move(only(tmp_path / "old"), folder)
    assert files(tmp_path / "old") == before
    assert list(folder.iterdir()) == [other]


def test_a_file_that_comes_meanwhile_is_not_overwritten(tmp_path: Path, folder: Path) -> None:
    """Files placed before it are removed again."""
    parts = split(tmp_path / "old")
    before = files(tmp_path / "old")

    def report(done: int, total: int) -> None:
        if done == total:
            (folder / parts[2].name).write_bytes(b"other")

    with pytest.raises(TargetExists):
        file_operations.move(only(tmp_path / "old"), folder, threading.Event(), report)
    assert files(tmp_path / "old") == before
    assert files(folder) == {parts[2].name: b"other"}


def test_an_equal_file_counts_as_moved(tmp_path: Path, folder: Path) -> None:
    parts = split(tmp_path / "old")
    before = files(tmp_path / "old")
    shutil.copy(parts[1], folder)
    move(only(tmp_path / "old"), folder)
    assert files(folder) == before
    assert files(tmp_path / "old") == {}


def test_there_must_be_a_folder(tmp_path: Path) -> None:
    file = write_header(tmp_path / "old" / "model.gguf")
    for wrong in (tmp_path / "nowhere", file):
        with pytest.raises(FileRefused):
            move(disk_scan.inspect(file), wrong)
    assert set(files(tmp_path)) == {"old/model.gguf"}


def test_a_folder_that_takes_nothing(tmp_path: Path, near: Path) -> None:
    file = write_header(tmp_path / "old" / "model.gguf")
    with shut(near), pytest.raises(FileRefused) as caught:
        move(disk_scan.inspect(file), near)
    assert caught.value.path == near
    assert file.exists()


@pytest.mark.parametrize("after", range(8))
@pytest.mark.parametrize("parts", [1, 3])
def test_stop(tmp_path: Path, folder: Path, parts: int, after: int) -> None:
    split(tmp_path / "old", parts)
    before = files(tmp_path / "old")
    stop, told = threading.Event(), []

    def report(done: int, total: int) -> None:
        told.append(done)
        if len(told) == after:
            stop.set()

    if not after:
        stop.set()
    try:
        file_operations.move(only(tmp_path / "old"), folder, stop, report)
    except Cancelled:
        assert (files(tmp_path / "old"), files(folder)) == (before, {})
    else:
        assert (files(tmp_path / "old"), files(folder)) == ({}, before)
        assert len(told) <= after + 1


def test_a_copy_that_reads_back_as_something_else(
    tmp_path: Path, far: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split(tmp_path / "old")
    before = files(tmp_path / "old")
    real = os.fsync

    def faulty(descriptor: int) -> None:
        real(descriptor)
        os.lseek(descriptor, 100, os.SEEK_SET)
        os.write(descriptor, b"\xff")

    monkeypatch.setattr(os, "fsync", faulty)
    with pytest.raises(CopyDiffers) as caught:
        move(only(tmp_path / "old"), far)
    assert caught.value.path == far / "big-00001-of-00003.gguf"
    assert (files(tmp_path / "old"), files(far)) == (before, {})


def test_a_disk_without_room(tmp_path: Path, far: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_header(tmp_path / "old" / "model.gguf")
    os.truncate(file, 100 << 20)  # sparse
    real = shutil.disk_usage(far)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: real._replace(free=300 << 20))
    with pytest.raises(TargetFull) as caught:
        move(disk_scan.inspect(file), far)
    assert caught.value.path == far / "model.gguf"
    assert (caught.value.needed, caught.value.free) == (100 << 20, 44 << 20)
    assert files(far) == {}
    os.truncate(file, 44 << 20)
    move(disk_scan.inspect(file), far)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Yield a disk of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount a disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_fills_up(tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Includes space taken by another program meanwhile."""
    monkeypatch.setattr(file_operations, "_SPARE", -(1 << 30))
    monkeypatch.setattr(file_operations, "_CHUNK", 1 << 16)
    file = write_header(tmp_path / "old" / "model.gguf")
    os.truncate(file, 2 << 20)
    with pytest.raises(TargetFull) as caught:
        move(disk_scan.inspect(file), small)
    assert caught.value.needed == 2 << 20
    assert files(small) == {}
    assert file.stat().st_size == 2 << 20


@pytest.mark.parametrize(
    ("code", "error"),
    [(errno.ENOSPC, TargetFull), (errno.EDQUOT, TargetFull), (errno.EIO, FileRefused)],
)
def test_a_disk_that_fails_at_the_end(
    tmp_path: Path,
    far: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    error: type[LibraryError],
) -> None:
    def failing(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    file = write_header(tmp_path / "old" / "model.gguf")
    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(error) as caught:
        move(disk_scan.inspect(file), far)
    assert caught.value.path == far / "model.gguf"
    assert files(far) == {}
    assert file.exists()


def test_without_second_names_parts_are_copied(
    tmp_path: Path, near: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts are copied where the file system has no hard links, such as exFAT."""

    def refused(*names: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refused)
    split(tmp_path / "old")
    before = files(tmp_path / "old")
    move(only(tmp_path / "old"), near)
    assert (files(tmp_path / "old"), files(near)) == ({}, before)


# Killed.

# Moves as each line of its input says, and ends, as by kill -9, before the n-th step: a progress
# report, or an operation on a file below OLD or NEW. Prints the exit code; errors are on stderr. A
# process of its own is forked for each move, as the imports take longer than all the rest.
_MOVE = """
import gc, json, os, sys, threading
from pathlib import Path
from app.models import disk_scan, file_operations

file_operations._CHUNK, file_operations._FLUSH = 300, 600

def move(old, new, steps):
    def step(*_):
        nonlocal steps
        steps -= 1
        if steps < 0:
            os.kill(os.getpid(), 9)

    def hook(event, args):
        if event == "open" or event.startswith("os.") and event not in ("os.scandir", "os.listdir"):
            if args and str(args[0]).startswith((old, new)):
                step()

    (model,) = disk_scan.scan([disk_scan.SearchFolder(disk_scan.ModelSource.CHOSEN, Path(old))])
    sys.addaudithook(hook)
    file_operations.move(model, Path(new), threading.Event(), step)

gc.disable()  # it would write to every page that is shared with the process that forks

for line in sys.stdin:
    if not hasattr(os, "fork"):
        move(*json.loads(line))
    elif child := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    else:
        move(*json.loads(line))
        os._exit(0)
"""


class Mover:
    """Other processes that move models, and are killed over it."""

    def __init__(self) -> None:
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", _MOVE]
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def killed(self, old: Path, new: Path, steps: int) -> bool:
        """Move from ``old`` for ``steps`` steps, or to the end; return whether it was killed."""
        line = json.dumps([str(old), str(new), steps]) + "\n"
        if sys.platform == "win32":
            self.close(line)
            code, self._process = self._process.returncode, self._start()
            return code != 0
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line)
        self._process.stdin.flush()
        return int(self._process.stdout.readline()) != 0

    def close(self, last: str = "") -> None:
        _, errors = self._process.communicate(last, timeout=60)
        assert errors == ""


@pytest.fixture
def mover() -> Iterator[Mover]:
    mover = Mover()
    yield mover
    mover.close()


def whole(*folders: Path) -> list[InstalledModel]:
    """Return the complete models of a scan."""
    found = disk_scan.scan(SearchFolder(ModelSource.CHOSEN, folder) for folder in folders)
    return [model for model in found if model.problem is None]


def _split_of_two(old: Path) -> None:
    split(old, 2)


@pytest.mark.parametrize("make", [_split_of_two, hub_file], ids=["parts", "hub"])
def test_killed_at_any_moment(
    tmp_path: Path,
    folder: Path,
    make: Callable[[Path], object],
    mover: Mover,
    request: pytest.FixtureRequest,
) -> None:
    some = random.Random(request.node.name)
    for steps in range(200):
        if steps > 8 and "FIRESIDE_EXPLORE" not in os.environ and some.random() < 0.6:
            continue
        old, new = tmp_path / str(steps), folder / str(steps)
        new.mkdir()
        make(old)
        (before,) = whole(old)
        content = [file.read_bytes() for file in before.files]
        if not mover.killed(old, new, steps):
            break
        found = whole(old, new)
        assert 1 <= len(found) <= 2, steps
        for model in found:
            assert [file.read_bytes() for file in model.files] == content, steps
        # Incomplete models may only be leftovers, in the old place, of those complete in the new
        # one.
        assert [
            m.problem for m in disk_scan.scan([SearchFolder(ModelSource.CHOSEN, new)]) if m.problem
        ] == []
        for left in list(disk_scan.scan([SearchFolder(ModelSource.CHOSEN, old)])):
            assert left.problem is None or whole(new)
            move(left, new)
        (after,) = whole(old, new)
        assert after.path.parent == new
        assert [file.read_bytes() for file in after.files] == content, steps
        assert set(files(new)) == {file.name for file in after.files}, steps
    assert steps > 8
    assert set(files(new)) == {file.name for file in before.files}
