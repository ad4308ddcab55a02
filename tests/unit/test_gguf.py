"""The reader of GGUF headers, on the demo model and on damaged files."""

from __future__ import annotations

import errno
import io
import os
import re
import struct
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base import gguf, gpt_oss
from app.base.errors import (
    ModelDamaged,
    ModelError,
    ModelForeign,
    ModelMissing,
    ModelNewer,
    ModelTruncated,
    ModelUnreadable,
    NotGguf,
)
from app.base.resources import resource
from tests.fakes import mutants

DEMO = resource("models", "demo-gpt-oss.gguf")


def test_reads_the_demo_model() -> None:
    header = gguf.read(DEMO)
    assert header.architecture == "gpt-oss"
    assert header.number("block_count") == 4
    assert header.number("attention.sliding_window") == 128
    assert len(header.tensors) == 79
    assert header.data_offset + header.weights <= header.file_size
    assert header.metadata["tokenizer.ggml.tokens"] == []


def test_keeps_the_vocabulary_when_asked() -> None:
    tokens = gguf.read(DEMO, arrays=True).metadata["tokenizer.ggml.tokens"]
    assert len(tokens) == 2048
    assert tokens[-1] == b"<|call|>"


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    whole = DEMO.read_bytes()
    header = gguf.read(DEMO)
    cuts = [*range(5, 60), *range(60, header.data_offset, 997), len(whole) - 200]
    for cut in cuts:
        path = tmp_path / "cut.gguf"
        path.write_bytes(whole[:cut])
        with pytest.raises(ModelTruncated) as caught:
            gguf.read(path)
        assert caught.value.size == cut < caught.value.expected


@pytest.mark.parametrize("content", [b"", b"GGU", b"PK\x03\x04 not a model at all", b"GGML" * 9])
def test_other_files_are_no_gguf(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.gguf"
    path.write_bytes(content)
    with pytest.raises(NotGguf):
        gguf.read(path)


def test_missing_and_unreadable(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        gguf.read(tmp_path / "none.gguf")
    with pytest.raises(ModelUnreadable):
        gguf.read(tmp_path)  # a folder


@given(st.binary(max_size=400), st.sampled_from([2, 3]))
def test_no_garbage_is_more_than_a_model_error(
    tmp_path_factory: pytest.TempPathFactory, garbage: bytes, version: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "garbage.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", version, 3, 3) + garbage)
    with pytest.raises(ModelError):
        gguf.read(path)


def entry(value: bytes, key: bytes = b"k") -> bytes:
    return struct.pack("<Q", len(key)) + key + value


HOSTILE = {
    "arrays in arrays": (0, 1, entry(struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 100_000)),
    "a long string": (0, 1, entry(struct.pack("<IQ", 8, 2_000_000_000))),
    "a long key": (0, 1, struct.pack("<Q", 2_000_000_000)),
    "many numbers": (0, 1, entry(struct.pack("<IIQ", 9, 10, 200_000_000))),
    "many strings": (0, 1, entry(struct.pack("<IIQ", 9, 8, 60_000_000))),
    "many tensors": (4_000_000, 0, b""),
    "many keys": (0, 4_000_000, b""),
    "many dimensions": (1, 0, struct.pack("<Q", 1) + b"t" + struct.pack("<I", 1 << 30)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_header_costs_nothing(tmp_path: Path, kind: str) -> None:
    """The file is large enough for everything that the header claims."""
    tensors, keys, rest = HOSTILE[kind]
    path = tmp_path / "hostile.gguf"
    with path.open("wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, tensors, keys) + rest)
        file.truncate(6_000_000_000)  # sparse
    tracemalloc.start()
    with pytest.raises(ModelDamaged):
        gguf.read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


class Failing(io.BytesIO):
    """A file on a medium that fails after ``good`` bytes."""

    def __init__(self, data: bytes, good: int) -> None:
        super().__init__(data)
        self.good = good

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= self.good:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().read(min(size or 0, self.good - self.tell()))


def test_what_a_failing_medium_says_is_told() -> None:
    data = DEMO.read_bytes()
    for good in (0, 1, 20_000):
        with pytest.raises(ModelUnreadable) as caught:
            gguf.read_from(Failing(data, good), DEMO, len(data), arrays=True)
        assert caught.value.reason == os.strerror(errno.EIO)


def test_a_file_that_is_cut_after_it_was_measured() -> None:
    data = DEMO.read_bytes()
    for there in (30, 5000, 20_000):
        with pytest.raises(ModelTruncated):
            gguf.read_from(io.BytesIO(data[:there]), DEMO, len(data))


def test_a_file_that_gives_little_at_a_time() -> None:
    """Like a pipe or an answer over the network."""

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 997))

    data = DEMO.read_bytes()
    assert gguf.read_from(Slow(data), DEMO, len(data), arrays=True) == gguf.read(DEMO, arrays=True)


def test_no_more_is_read_than_the_header() -> None:
    class Watched(io.BytesIO):
        most = 0

        def read(self, size: int | None = -1) -> bytes:
            found = super().read(size)
            self.most = max(self.most, self.tell())
            return found

    file = Watched(DEMO.read_bytes())
    header = gguf.read_from(file, DEMO, len(file.getvalue()))
    assert header == gguf.read(DEMO)
    assert file.most < header.data_offset + (1 << 17)


def test_nothing_in_the_app_maps_a_file_that_it_does_not_own() -> None:
    """If the file is truncated or its medium fails, a memory map kills the process."""
    app = Path(gguf.__file__).parent.parent
    maps = re.compile(r"^\s*(import|from) mmap|memmap|mmap_size|QFile\.map", re.MULTILINE)
    for path in app.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not maps.search(text), path


def test_a_type_that_is_not_known_counts_by_the_way_to_the_next(tmp_path: Path) -> None:
    pairs, tensors, weights = mutants.parse(DEMO.read_bytes())
    known = {tensor.name: tensor.size for tensor in gguf.read(DEMO).tensors}
    for index in (0, 6, len(tensors) - 1):
        others = [*tensors]
        others[index] = replace(tensors[index], kind=gguf.TYPES + 7)
        path = tmp_path / "new.gguf"
        path.write_bytes(mutants.build(pairs, others, weights))
        found = gguf.read(path)
        name = tensors[index].name.decode()
        assert 0 <= found.tensors[index].size - known[name] < gguf.ALIGNMENT
        with pytest.raises(ModelNewer) as caught:
            gpt_oss.model(path)
        assert caught.value.detail == f"tensor '{name}' has type {gguf.TYPES + 7}"


@pytest.mark.parametrize(
    ("version", "error"),
    [(1, ModelForeign), (2, None), (3, None), (4, ModelNewer), (3 << 24, ModelForeign)],
)
def test_versions(tmp_path: Path, version: int, error: type[ModelError] | None) -> None:
    path = tmp_path / "some.gguf"
    data = DEMO.read_bytes()
    path.write_bytes(data[:4] + struct.pack("<I", version) + data[8:])
    if error is None:
        assert gpt_oss.model(path).tensors
    else:
        with pytest.raises(error):
            gpt_oss.model(path)


def test_a_path_that_no_file_can_have() -> None:
    with pytest.raises(ModelMissing):
        gguf.read(Path("a\0b.gguf"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="of POSIX")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    path = tmp_path / "pipe.gguf"
    os.mkfifo(path)
    with pytest.raises(ModelUnreadable):
        gguf.read(path)
