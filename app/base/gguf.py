"""Reads the header of a GGUF file: what a model is, without loading it.

Format: ggml's docs/gguf.md. A struct-level reader, since the gguf package takes 21 s for
gpt-oss's vocabulary and this one well under a second.
"""

from __future__ import annotations

import math
import mmap
import re
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from app.base.errors import ModelMissing, ModelTruncated, ModelUnreadable, NotGguf

_SCALARS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_STRING, _ARRAY = 8, 9
ARCHITECTURE = "gpt-oss"  # of the models that Fireside runs
MOST_PARTS = 1000
# Far more than any real header has, and little enough that a hostile or damaged one costs no
# more than a second and some megabytes in the window's own process.
_MOST_ENTRIES = 1 << 16
_MOST_ITEMS = 1 << 22
_LONGEST_STRING = 1 << 20
_LONGEST_HEADER = 1 << 28

# ggml type: (weights a block, bytes a block), from ggml.c's type_traits.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    9: (32, 36), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    15: (256, 292), 16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18),
    21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4),
    27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66),
    39: (32, 17),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's place: ``offset`` and ``size`` in bytes, counted from the data section."""

    name: str
    shape: tuple[int, ...]
    type: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Header:
    """All that a GGUF says before its data."""

    path: Path
    metadata: dict[str, Any]
    tensors: tuple[Tensor, ...]
    data_offset: int
    file_size: int

    @property
    def architecture(self) -> str:
        """The kind of model, ``gpt-oss`` for those that Fireside runs."""
        return str(self.metadata.get("general.architecture", ""))

    def number(self, name: str, default: int = 0) -> int:
        """The architecture's own integer, such as ``block_count``."""
        value = self.metadata.get(f"{self.architecture}.{name}", default)
        return value if isinstance(value, int) else default

    @property
    def weights(self) -> int:
        """Bytes of all tensors together."""
        return sum(t.size for t in self.tensors)


class _Reader:
    """A cursor over the mapped file. Running over its end raises struct.error, and what no
    header has ValueError."""

    def __init__(self, data: mmap.mmap | bytes, arrays: bool) -> None:
        self.data = data
        self.at = 0
        self.arrays = arrays

    def unpack(self, format: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + format, self.data, self.at)
        self.at += struct.calcsize("<" + format)
        return values

    def string(self) -> str:
        (length,) = self.unpack("Q")
        if length > _LONGEST_STRING or self.at > _LONGEST_HEADER:
            raise ValueError(length)
        if self.at + length > len(self.data):
            raise struct.error
        text = self.data[self.at : self.at + length].decode("utf-8", errors="replace")
        self.at += length
        return text

    def strings(self, count: int) -> list[bytes]:
        """``count`` strings as bytes; an empty list where arrays are not wanted."""
        data, at, found = self.data, self.at, []
        unpack = struct.Struct("<Q").unpack_from
        for _ in range(count):
            start = at + 8
            at = start + unpack(data, at)[0]
            if at - start > _LONGEST_STRING:
                raise ValueError(at - start)
            if self.arrays:
                found.append(data[start:at])
        if at > len(data):
            raise struct.error
        self.at = at
        return found

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind != _ARRAY:
            return self.unpack(_SCALARS[kind])[0]
        item, count = self.unpack("IQ")
        if count > _MOST_ITEMS:
            raise ValueError(count)
        if item == _STRING:
            return self.strings(count)
        return list(self.unpack(f"{count}{_SCALARS[item]}"))  # KeyError for arrays of arrays

    def tensor(self) -> Tensor:
        name = self.string()
        (dimensions,) = self.unpack("I")
        if dimensions > 4:
            raise ValueError(dimensions)
        shape = self.unpack(f"{dimensions}Q")
        kind, offset = self.unpack("IQ")
        return Tensor(name, shape, kind, offset, tensor_size(kind, math.prod(shape)))


def unnumbered(stem: str) -> str:
    """A file's name without its ending, and without the number of a part (llama.cpp: gguf-split:
    ``-00001-of-00003``)."""
    return re.sub(r"-\d{5}-of-\d{5}\Z", "", stem)


def part_count(stem: str) -> int:
    """Of how many parts the file of this name is one; 0 where its name has no number, or one
    that cannot be."""
    named = re.search(r"-(\d{5})-of-(\d{5})\Z", stem)
    possible = named and 1 <= int(named[1]) <= int(named[2]) <= MOST_PARTS
    return int(named[2]) if named and possible else 0


def numbered(path: Path, count: int) -> list[Path]:
    """The files of a model in ``count`` parts, of which ``path`` is one."""
    stem = unnumbered(path.stem)
    return [
        path.with_name(f"{stem}-{n:05}-of-{count:05}{path.suffix}") for n in range(1, count + 1)
    ]


def tensor_size(kind: int, count: int) -> int:
    """Bytes of ``count`` weights of a ggml type; 0 for one that is not known."""
    weights, size = _BLOCKS.get(kind, (1, 0))
    return count // weights * size


def read(path: Path, *, arrays: bool = False) -> Header:
    """The header of the file at ``path``.

    ``arrays``: whether arrays of strings (the vocabulary) are kept, as lists of bytes.
    Raises ModelMissing, ModelUnreadable, NotGguf, and ModelTruncated where the file is
    shorter than its header says.
    """
    try:
        if path.exists() and not path.is_file():
            raise ModelUnreadable(path, "not a file")  # a folder, or a pipe that would block
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise NotGguf(path)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                header = _parse(path, data, arrays)
    except FileNotFoundError:
        raise ModelMissing(path) from None
    except OSError as error:
        raise ModelUnreadable(path, error.strerror or str(error)) from error
    except ValueError:  # a NUL in the path
        raise ModelMissing(path) from None
    return _checked(header)


def _checked(header: Header) -> Header:
    expected = max((header.data_offset + t.offset + t.size for t in header.tensors), default=0)
    if header.file_size < expected:
        raise ModelTruncated(header.path, header.file_size, expected)
    return header


def read_from(file: BinaryIO, path: Path, size: int, *, arrays: bool = False) -> Header:
    """The header that ``file`` begins with, of which there are ``size`` bytes: the same as `read`,
    for one that is not on this disk. Reads no more of it than twice the header."""
    wanted = 1 << 16
    while True:
        file.seek(0)
        data = file.read(min(wanted, size))
        try:
            if data[:4] != b"GGUF":
                raise NotGguf(path)
            header = replace(_parse(path, data, arrays), file_size=size)
        except ModelTruncated:
            if len(data) < wanted or wanted > _LONGEST_HEADER:
                raise
            wanted *= 2
        else:
            return _checked(header)


def _parse(path: Path, data: mmap.mmap | bytes, arrays: bool) -> Header:
    reader = _Reader(data, arrays)
    try:
        _, version, tensor_count, key_count = reader.unpack("IIQQ")
        if version not in (2, 3) or max(tensor_count, key_count) > _MOST_ENTRIES:
            raise NotGguf(path)
        metadata = {}
        for _ in range(key_count):
            key = reader.string()
            (kind,) = reader.unpack("I")
            metadata[key] = reader.value(kind)
        tensors = tuple(reader.tensor() for _ in range(tensor_count))
        alignment = metadata.get("general.alignment", 32)
        start = reader.at + -reader.at % alignment
    except struct.error:
        raise ModelTruncated(path, len(data), max(reader.at, len(data)) + 1) from None
    except (ValueError, LookupError, TypeError, ArithmeticError):
        raise NotGguf(path) from None
    return Header(path, metadata, tensors, start, len(data))
