"""Read the header of a GGUF file: what a model is, without loading it.

Format: ggml's docs/gguf.md, as far as llama.cpp 0c1e57098 accepts it (ggml/src/gguf.cpp). This
reader works at the level of `struct`, since the gguf package takes 21 s for gpt-oss's vocabulary
and this one well under a second. It uses plain reads and never maps a file: if a medium fails, or
another program truncates the file, a mapping crashes the process, whereas a read raises an error
like any other.
"""

from __future__ import annotations

import math
import os
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from app.base.errors import (
    ModelDamaged,
    ModelForeign,
    ModelMissing,
    ModelNewer,
    ModelTruncated,
    ModelUnreadable,
    NotGguf,
)

_SCALARS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
U16, U32, I32, F32, BOOL, STRING, ARRAY = 2, 4, 5, 6, 7, 8, 9  # enum gguf_type
NAMES = {
    0: "u8", 1: "i8", 2: "u16", 3: "i16", 4: "u32", 5: "i32", 6: "f32", 7: "bool", 8: "str",
    9: "arr", 10: "u64", 11: "i64", 12: "f64",
}  # fmt: skip
"""The names of the types in llama.cpp."""
NORMAL_TOKEN = 1  # llama.cpp's LLAMA_TOKEN_TYPE_NORMAL; other types are not text
ARCHITECTURE = "gpt-oss"  # of the models that Fireside runs
ALIGNMENT = 32  # of tensors, in bytes, unless the header has another
MOST_PARTS = 1000
_VERSIONS = (2, 3)
_LONGEST_NAME = 63  # ggml's GGML_MAX_NAME, without the final NUL
_MOST_DIMENSIONS = 4
_MOST_WEIGHTS = (1 << 63) - 1  # ggml counts in 64 bits

# Limits far above any real header, yet low enough that a hostile or damaged one costs at most a
# second and some megabytes in the window's own process.
_MOST_ENTRIES = 1 << 16
_MOST_ITEMS = 1 << 21  # of all arrays; gpt-oss has 0.85 million, Gemma 1.3
_LONGEST_STRING = 1 << 20
_MOST_TEXT = 1 << 22  # bytes of all strings outside arrays
_LONGEST_HEADER = 1 << 26  # gpt-oss has 13 MB
_FEW = 512  # items of an array of numbers that is always kept: one for each layer
_CHUNK = 1 << 16  # bytes per read; more for longer items
_LARGE_CHUNK = 1 << 20

# ggml type: (weights per block, bytes per block), from ggml.c's type_traits. Missing numbers are
# types that ggml has removed.
BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    9: (32, 36), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    15: (256, 292), 16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18),
    21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4),
    27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66),
    39: (32, 17), 40: (64, 36), 41: (128, 18), 42: (64, 18),
}  # fmt: skip
TYPES = 43  # ggml's GGML_TYPE_COUNT; higher numbers are from a later llama.cpp


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's place: ``size`` in bytes, and ``offset`` in bytes from the data section's start.

    Where the ``type`` is unknown, the size reaches to the next tensor.
    """

    name: str
    shape: tuple[int, ...]
    type: int
    offset: int
    size: int


class Type(NamedTuple):
    """The type of a metadata value, in numbers of enum gguf_type.

    For an array, ``item`` is the type of its ``items`` items.
    """

    kind: int
    item: int = -1
    items: int = 1


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """Everything in a GGUF file that precedes its data section.

    ``types`` of the metadata are empty unless the header was read from a file.
    """

    path: Path
    metadata: dict[str, Any]
    tensors: tuple[Tensor, ...]
    data_offset: int
    file_size: int
    types: dict[str, Type] = field(default_factory=dict)

    @property
    def architecture(self) -> str:
        """The kind of model, ``gpt-oss`` for those that Fireside runs."""
        return str(self.metadata.get("general.architecture", ""))

    def number(self, name: str, default: int = 0) -> int:
        """Return an integer with the architecture's prefix, such as ``gpt-oss.block_count``."""
        value = self.metadata.get(f"{self.architecture}.{name}", default)
        return value if isinstance(value, int) else default

    @property
    def weights(self) -> int:
        """The total size of all tensors, in bytes."""
        return sum(t.size for t in self.tensors)


class _Ended(Exception):
    """The file ends within its header."""


class _Wrong(Exception):
    """The header contradicts itself or the format."""


class _Newer(Exception):
    """The file was written for a later llama.cpp."""


class _Reader:
    """A cursor over a file that is read forward once, in chunks."""

    def __init__(self, file: BinaryIO, size: int, arrays: bool) -> None:
        self._file, self._size, self._arrays = file, size, arrays
        self._data = b""
        self._at = 0  # in _data
        self._base = 0  # where in the file _data begins
        self._items = self._text = 0

    @property
    def place(self) -> int:
        """The current position, in bytes from the file's start."""
        return self._base + self._at

    def need(self, count: int) -> None:
        """Buffer at least ``count`` bytes."""
        missing = count - (len(self._data) - self._at)
        if missing <= 0:
            return
        if self.place + count > _LONGEST_HEADER:
            raise _Wrong("the header has no end")
        kept = self._data[self._at :]
        self._base, self._at = self.place, 0
        chunk = _LARGE_CHUNK if self._base > _LARGE_CHUNK else _CHUNK
        pieces, wanted = [kept], max(missing, chunk)
        while missing > 0:
            piece = self._file.read(wanted)
            if not piece:
                raise _Ended
            pieces.append(piece)
            missing, wanted = missing - len(piece), wanted - len(piece)
        self._data = b"".join(pieces)

    def unpack(self, format: str) -> tuple[Any, ...]:
        size = struct.calcsize("<" + format)
        self.need(size)
        values = struct.unpack_from("<" + format, self._data, self._at)
        self._at += size
        return values

    def string(self) -> str:
        (length,) = self.unpack("Q")
        self._text += length
        if length > _LONGEST_STRING or self._text > _MOST_TEXT:
            raise _Wrong(f"a string of {length} bytes")
        self.need(length)
        self._at += length
        return self._data[self._at - length : self._at].decode("utf-8", errors="replace")

    def strings(self, count: int) -> list[bytes]:
        """Read ``count`` strings as bytes; return an empty list if arrays are not kept."""
        found: list[bytes] = []
        unpack, keep = struct.Struct("<Q").unpack_from, self._arrays
        data, at, end = self._data, self._at, len(self._data)
        for _ in range(count):
            if at + 8 > end:
                self._at = at
                self.need(8)
                data, at, end = self._data, self._at, len(self._data)
            start = at + 8
            at = start + unpack(data, at)[0]
            if at > end:
                length, self._at = at - start, start
                if length > _LONGEST_STRING:
                    raise _Wrong(f"a string of {length} bytes")
                self.need(length)
                data, start, end = self._data, self._at, len(self._data)
                at = start + length
            if keep:
                found.append(data[start:at])
        self._at = at
        return found

    def numbers(self, item: int, count: int) -> list[Any]:
        """Read ``count`` numbers; return an empty list for long ones that are not kept."""
        if self._arrays or count <= _FEW:
            return list(self.unpack(f"{count}{_SCALARS[item]}"))
        self._skip(count * struct.calcsize("<" + _SCALARS[item]))
        return []

    def _skip(self, count: int) -> None:
        there = len(self._data) - self._at
        if count <= there:
            self._at += count
            return
        if self.place + count > _LONGEST_HEADER:
            raise _Wrong("the header has no end")
        self._base, self._at, self._data = self.place + count, 0, b""
        if self._base > self._size:
            raise _Ended
        self._file.seek(self._base)

    def value(self) -> tuple[Type, Any]:
        (kind,) = self.unpack("I")
        if kind == STRING:
            return Type(kind), self.string()
        if kind in _SCALARS:
            return Type(kind), self.unpack(_SCALARS[kind])[0]
        if kind != ARRAY:
            raise _Wrong(f"a value of type {kind}")
        item, count = self.unpack("IQ")
        self._items += count
        if self._items > _MOST_ITEMS:
            raise _Wrong(f"an array of {count} items")
        if item == STRING:
            return Type(kind, item, count), self.strings(count)
        if item not in _SCALARS:
            raise _Wrong(f"an array of type {item}")
        return Type(kind, item, count), self.numbers(item, count)

    def tensor(self) -> Tensor:
        """Read a tensor's entry; its size is not known yet."""
        name = self.string()
        (dimensions,) = self.unpack("I")
        if dimensions > _MOST_DIMENSIONS or len(name) > _LONGEST_NAME:
            raise _Wrong(f"tensor '{name[:_LONGEST_NAME]}' has {dimensions} dimensions")
        shape = self.unpack(f"{dimensions}Q")
        kind, offset = self.unpack("IQ")
        return Tensor(name, shape, kind, offset, 0)


def stem(name: str) -> str:
    """Return a file's name without its extension, which may be in capitals."""
    return re.sub(r"\.gguf\Z", "", name, flags=re.IGNORECASE)


def unnumbered(stem: str) -> str:
    """Return a stem without the number of a part, as in ``-00001-of-00003``."""
    return re.sub(r"-\d{5}-of-\d{5}\Z", "", stem)


def part_count(stem: str) -> int:
    """Return the number of parts according to a file's name; 0 if it has none or a wrong one."""
    named = re.search(r"-(\d{5})-of-(\d{5})\Z", stem)
    possible = named and 1 <= int(named[1]) <= int(named[2]) <= MOST_PARTS
    return int(named[2]) if named and possible else 0


def numbered(path: Path, count: int) -> list[Path]:
    """Return the files of a model in ``count`` parts, of which ``path`` is one."""
    stem = unnumbered(path.stem)
    return [
        path.with_name(f"{stem}-{n:05}-of-{count:05}{path.suffix}") for n in range(1, count + 1)
    ]


def tensor_size(kind: int, count: int) -> int:
    """Return the size in bytes of ``count`` weights of a ggml type; 0 for an unknown type."""
    weights, size = BLOCKS.get(kind, (1, 0))
    return count // weights * size


def read(path: Path, *, arrays: bool = False) -> GgufHeader:
    """Return the header of the file at ``path``; see `read_from`.

    Raises ModelMissing and ModelUnreadable, too.
    """
    try:
        if path.exists() and not path.is_file():
            raise ModelUnreadable(path, "not a file")  # a folder, or a pipe that would block
        file = path.open("rb", buffering=0)
    except FileNotFoundError:
        raise ModelMissing(path) from None
    except OSError as error:
        raise ModelUnreadable(path, error.strerror or str(error)) from error
    except ValueError:  # a NUL in the path
        raise ModelMissing(path) from None
    with file:
        return read_from(file, path, os.fstat(file.fileno()).st_size, arrays=arrays)


def read_from(file: BinaryIO, path: Path, size: int, *, arrays: bool = False) -> GgufHeader:
    """Return the header of ``file``, read from its start.

    ``size``: the file's, in bytes. ``path``: its name in errors.

    ``arrays``: whether long arrays (the vocabulary) are kept; strings in them are bytes. Raises
    NotGguf, ModelForeign and ModelNewer if llama.cpp does not accept this form of GGUF,
    ModelDamaged if the header contradicts itself, ModelTruncated if the file is shorter than its
    header says, and ModelUnreadable if reading raises OSError.
    """
    reader = _Reader(file, size, arrays)
    try:
        header = _parse(reader, path, size)
    except _Ended:
        raise ModelTruncated(path, size, max(reader.place, size) + 1) from None
    except _Wrong as error:
        raise ModelDamaged(path, str(error)) from None
    except _Newer as error:
        raise ModelNewer(path, str(error)) from None
    except OSError as error:
        raise ModelUnreadable(path, error.strerror or str(error)) from error
    expected = max((header.data_offset + t.offset + t.size for t in header.tensors), default=0)
    if size < expected:
        raise ModelTruncated(path, size, expected)
    return header


def _parse(reader: _Reader, path: Path, size: int) -> GgufHeader:
    try:
        reader.need(4)
    except _Ended:
        raise NotGguf(path) from None
    if reader.unpack("4s") != (b"GGUF",):
        raise NotGguf(path)
    (version,) = reader.unpack("I")
    if version == 1:
        raise ModelForeign(path, "GGUF version 1")
    if version not in _VERSIONS:
        if version & 0xFFFF:
            raise _Newer(f"GGUF version {version}")
        raise ModelForeign(path, "GGUF of a big-endian machine")
    tensor_count, key_count = reader.unpack("QQ")
    if max(tensor_count, key_count) > _MOST_ENTRIES:
        raise _Wrong(f"{tensor_count} tensors and {key_count} keys")
    metadata: dict[str, Any] = {}
    types: dict[str, Type] = {}
    for _ in range(key_count):
        key = reader.string()
        if not key or key in metadata:
            raise _Wrong(f"key '{key}' is duplicated" if key else "a key has no name")
        types[key], metadata[key] = reader.value()
    alignment = metadata.get("general.alignment", ALIGNMENT)
    if types.get("general.alignment", Type(U32)) != Type(U32) or alignment.bit_count() != 1:
        raise _Wrong(f"general.alignment is {alignment}")
    found: dict[str, Tensor] = {}
    for _ in range(tensor_count):
        tensor = reader.tensor()
        if tensor.name in found:
            raise _Wrong(f"tensor '{tensor.name}' is duplicated")
        found[tensor.name] = tensor
    start = reader.place + (-reader.place % alignment if found else 0)
    return GgufHeader(path, metadata, _placed([*found.values()], size - start), start, size, types)


def _placed(found: list[Tensor], room: int) -> tuple[Tensor, ...]:
    """Return the tensors with their sizes filled in, for a data section of ``room`` bytes."""
    placed: list[Tensor] = []
    for tensor, after in zip(found, [*found[1:], None], strict=False):
        size = _checked_size(tensor)
        if size is None:
            size = max(0, (after.offset if after else room) - tensor.offset)
        placed.append(Tensor(tensor.name, tensor.shape, tensor.type, tensor.offset, size))
    return tuple(placed)


def _checked_size(tensor: Tensor) -> int | None:
    """Return the size of a tensor in bytes, checked by ggml's rules; None for an unknown type."""
    count = math.prod(tensor.shape)
    if count > _MOST_WEIGHTS or max(tensor.shape, default=1) > _MOST_WEIGHTS:
        raise _Wrong(f"tensor '{tensor.name}' has {count} weights")
    if tensor.type not in BLOCKS:
        return None
    row, block = tensor.shape[0] if tensor.shape else 1, BLOCKS[tensor.type][0]
    if row % block:
        raise _Wrong(f"tensor '{tensor.name}' has rows of {row}, not in blocks of {block}")
    return tensor_size(tensor.type, count)
