"""A file during its download: what is there, what is missing, and who fetches it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import threading
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from app.models.cache_path import CachePath
from app.models.partial_file import (
    JOURNAL,
    PART,
    ByteRange,
    Checker,
    PartialFile,
    forget,
)

MIB = 1 << 20
SIZE = 5 * MIB + 1234
CONTENT = random.Random(3).randbytes(SIZE)


def place(cache: Path, etag: str = "e" * 64) -> CachePath:
    return CachePath(cache, "org/name", "m.gguf", "main", "c" * 40, etag)


@contextlib.contextmanager
def opened(cache: Path, size: int = SIZE, etag: str = "e" * 64) -> Iterator[PartialFile]:
    blob = PartialFile(place(cache, etag), size)
    try:
        yield blob
    finally:
        blob.close()


def left(cache: Path, size: int, block: int, *lines: str, header: str | None = None) -> None:
    """Write bytes and a journal as left by an interrupted download, in the first version's form."""
    blob = place(cache).blob
    blob.parent.mkdir(parents=True, exist_ok=True)
    with blob.with_name(blob.name + PART).open("wb") as file:
        file.write(CONTENT[: min(size, SIZE)])
        file.truncate(size)
    if header is None:
        header = json.dumps({"format": 1, "size": size, "block": block, "file": "m.gguf"})
    text = "".join(f"{line}\n" for line in (header, *lines))
    blob.with_name(blob.name + JOURNAL).write_text(text, encoding="ascii")


def crc(start: int, count: int) -> str:
    return f"{zlib.crc32(CONTENT[start : start + count]):08x}"


def write(blob: PartialFile, start: int, end: int) -> None:
    """Write in pieces that are not aligned with blocks."""
    for at in range(start, end, 300_000):
        blob.write(at, memoryview(CONTENT)[at : min(at + 300_000, end)])


def test_what_has_arrived_is_there_at_the_next_start(tmp_path: Path) -> None:
    with opened(tmp_path) as blob:
        assert (blob.have, blob.complete) == (0, False)
        write(blob, 0, MIB + 5)
        write(blob, 3 * MIB, 3 * MIB + 7)
        assert blob.have == MIB + 5 + 7
    with opened(tmp_path) as blob:
        assert blob.have == MIB + 5 + 7
        assert blob.take(0) == ByteRange(MIB + 5, 3 * MIB)  # up to what is there
        assert blob.take(0) == ByteRange(3 * MIB + 7, SIZE)
        assert blob.take(0) is None
        write(blob, MIB + 5, 3 * MIB)
        write(blob, 3 * MIB + 7, SIZE)
        assert (blob.have, blob.complete) == (SIZE, True)
    with opened(tmp_path) as blob:
        assert blob.complete
        buffer = bytearray(blob.block)
        for index in range(blob.count):
            data = blob.read(index, buffer)
            assert data == CONTENT[index * MIB : (index + 1) * MIB]
            assert blob.is_sound(index, data)
        blob.finish()
    assert place(tmp_path).blob.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("size", "block"),
    [(SIZE, MIB), (64 * MIB - 1, MIB), (64 * MIB, 4 * MIB), (256 * MIB, 4 * MIB)],
)
def test_half_a_file_of_an_earlier_version_goes_on(tmp_path: Path, size: int, block: int) -> None:
    left(tmp_path, size, block, f"0 {crc(0, block)}", f"1 {crc(block, 5)} 5")
    with opened(tmp_path, size) as blob:
        assert blob.have == block + 5
        assert blob.take(0) == ByteRange(block + 5, size)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "x",
        "1",
        "1 x",
        "-1 00000000",
        "6 00000000",
        "99 00000000",
        "1 00000000 0",
        "4 00000000 0",
    ]
    + [f"1 00000000 {count}" for count in (-1, MIB, MIB + 1, "x")]
    + ["6 00000000 1", "-1 00000000 1", "5 00000000 1234"],
)
def test_nonsense_in_the_journal_is_passed_over(tmp_path: Path, line: str) -> None:
    left(tmp_path, SIZE, MIB, f"0 {crc(0, MIB)}", line, f"2 {crc(2 * MIB, MIB)}")
    with opened(tmp_path) as blob:
        assert blob.have == 2 * MIB
        assert [blob.take(0), blob.take(0)] == [ByteRange(MIB, 2 * MIB), ByteRange(3 * MIB, SIZE)]


@pytest.mark.parametrize(
    "header",
    ["", "no JSON", "[]", "7", '{"format": 1}']
    + [json.dumps({"format": 1, "size": size, "block": block, "file": "m.gguf"})
       for size, block in ((SIZE - 1, MIB), (SIZE, 4 * MIB))],
)  # fmt: skip
def test_a_journal_of_other_bytes_is_not_believed(tmp_path: Path, header: str) -> None:
    left(tmp_path, SIZE, MIB, f"0 {crc(0, MIB)}", header=header)
    with opened(tmp_path) as blob:
        assert blob.have == 0
        assert blob.take(0) == ByteRange(0, SIZE)


def test_the_line_that_was_being_written_does_not_count(tmp_path: Path) -> None:
    left(tmp_path, SIZE, MIB, f"0 {crc(0, MIB)}")
    journal = place(tmp_path).blob.with_name("e" * 64 + JOURNAL)
    with journal.open("a") as file:
        file.write("1 12")
    with opened(tmp_path) as blob:
        assert blob.have == MIB


def test_each_connection_gets_its_share(tmp_path: Path) -> None:
    with opened(tmp_path, 40 * MIB) as blob:
        runs = [blob.take(4) for _ in range(4)]
        assert all(runs)
        taken = [(run.start, run.end) for run in runs if run]
        assert taken[0][0] == 0
        assert all(end == start for (_, end), (start, _) in pairwise(taken))
        assert taken[-1][1] < 40 * MIB
        assert max(end - start for start, end in taken) <= 10 * MIB
        first = runs[0]
        assert first
        blob.release(first)
        again = blob.take(4)
        assert again
        assert again.start == 0


@pytest.mark.parametrize("git", [False, True])
@pytest.mark.parametrize("right", [False, True])
def test_what_arrived_is_compared_with_what_the_hub_has(
    tmp_path: Path, git: bool, right: bool
) -> None:
    """A small file is compared by git's own hash, a large one by sha256."""
    told = CONTENT if right else CONTENT[::-1]
    etag = hashlib.sha256(told).hexdigest()
    if git:
        etag = hashlib.sha1(b"blob %d\0" % SIZE + told).hexdigest()
    with opened(tmp_path, etag=etag) as blob:
        write(blob, 0, SIZE)
        checker = Checker(blob, etag)
        assert checker.follow(threading.Event()) is right
        assert checker.checked == SIZE


def test_what_has_arrived_is_forgotten_by_its_files_name(tmp_path: Path) -> None:
    for etag in ("a" * 64, "b" * 64):
        with opened(tmp_path, etag=etag) as blob:
            write(blob, 0, 10)
    folder = place(tmp_path).folder
    (folder / "blobs" / ("c" * 64 + JOURNAL)).write_text("no JSON")
    assert not forget(folder, {"other.gguf"})
    assert forget(folder, {"m.gguf"}, keep={"a" * 64})
    names = {path.name[0] for path in (folder / "blobs").iterdir()}
    assert names == {"a", "c"}
    assert forget(folder, {"m.gguf"})
    assert not forget(folder, {"m.gguf"})
