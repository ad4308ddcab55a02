"""A cluster of a ZIM file: blobs that are compressed together, or not at all.

How much is decompressed is bounded: a small cluster can claim to be of any size.
"""

from __future__ import annotations

import lzma
import struct
import sys
from collections.abc import Iterator
from typing import Protocol

from app.tools.browser.encyclopaedia.zim_bytes import ZimBytes, ZimFault

LARGEST = 64 << 20
"""Bytes of a compressed cluster that are read, unpacked."""

_PIECE = 256 << 10  # compressed bytes that are read together
_PLAIN, _PLAIN_OLD, _XZ, _ZSTD = 1, 0, 4, 5
_BROKEN = (lzma.LZMAError, ValueError, EOFError)
_EXTENDED = 0x10  # the flag of offsets of 8 bytes


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool:
        """Whether all has been unpacked."""

    @property
    def needs_input(self) -> bool:
        """Whether more data is needed."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return at most so many bytes; the rest of the data is kept."""


class ZimCluster:
    """The cluster from ``place`` to ``end``. Raises ZimFault."""

    def __init__(self, file: ZimBytes, place: int, end: int) -> None:
        if not 0 <= place < end:
            raise ZimFault("a cluster is not where it should be")
        self._file, self._place, self._end = file, place + 1, end
        (kind,) = file.read(place, 1)
        self._form, self._width = ("Q", 8) if kind & _EXTENDED else ("I", 4)
        self._packed = kind & 0x0F not in (_PLAIN, _PLAIN_OLD)
        self._data = bytearray()
        self._source = self._unpacked(kind & 0x0F) if self._packed else iter(())
        (first,) = struct.unpack(f"<{self._form}", self._slice(0, self._width))
        self.count = first // self._width - 1
        """The number of its blobs."""
        if first % self._width or self.count < 0 or first > LARGEST:
            raise ZimFault("a cluster is damaged")

    @property
    def size(self) -> int:
        """The bytes that it takes in memory."""
        return len(self._data)

    def span(self, blob: int) -> tuple[int, int]:
        """Return where a blob begins and ends in the cluster."""
        if not 0 <= blob < self.count:
            raise ZimFault("an entry is not where it should be")
        raw = self._slice(blob * self._width, 2 * self._width)
        begin, end = struct.unpack(f"<2{self._form}", raw)
        if not (self.count + 1) * self._width <= begin <= end:
            raise ZimFault("a cluster is damaged")
        return begin, end

    def blob(self, blob: int, most: int) -> bytes:
        """Return a blob of at most so many bytes."""
        begin, end = self.span(blob)
        if end - begin > most:
            raise ZimFault("an entry is too large")
        return self._slice(begin, end - begin)

    def place_of(self, blob: int) -> int:
        """Return where in the file a blob begins; -1 if it is compressed."""
        return -1 if self._packed else self._place + self.span(blob)[0]

    def _slice(self, begin: int, size: int) -> bytes:
        end = begin + size
        if not self._packed:
            if self._place + end > self._end:
                raise ZimFault("a cluster is damaged")
            return self._file.read(self._place + begin, size)
        if end > LARGEST:
            raise ZimFault("a cluster is too large")
        while len(self._data) < end:
            piece = next(self._source, None)
            if piece is None:
                raise ZimFault("a cluster is damaged")
            self._data += piece
        return bytes(self._data[begin:end])

    def _unpacked(self, kind: int) -> Iterator[bytes]:
        """Yield what the cluster has, as far as it is asked for."""
        unpacker, broken = _unpacker(kind), (*_BROKEN, _zstd_error())
        place = self._place
        while not unpacker.eof:
            data = b""
            if unpacker.needs_input:
                data = self._file.read(place, min(_PIECE, self._end - place))
                place += len(data)
                if not data:
                    return
            try:
                yield unpacker.decompress(data, _PIECE)
            except broken as error:
                raise ZimFault("a cluster is damaged") from error


def _unpacker(kind: int) -> _Unpacker:
    if kind == _ZSTD:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        return zstd.ZstdDecompressor()
    if kind == _XZ:
        return lzma.LZMADecompressor(memlimit=LARGEST * 2)
    raise ZimFault("it is compressed in a way that is not known")


def _zstd_error() -> type[Exception]:
    if sys.version_info >= (3, 14):
        from compression.zstd import ZstdError
    else:
        from backports.zstd import ZstdError
    return ZstdError
