"""Bodies that a server has compressed, unpacked without more memory than was allowed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

PACKED = ("gzip", "x-gzip", "deflate")
"""The encodings that are unpacked."""

_PIECE = 1 << 16  # bytes


class Unpacker:
    """A body in gzip or deflate; of the latter, servers send two kinds."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._is_first = True

    @property
    def is_done(self) -> bool:
        """Whether all that was compressed came."""
        return self._zlib.eof

    def feed(self, chunk: bytes, limit: int) -> bytes:
        """Return what more there is, no more than ``limit`` bytes. Raises zlib.error."""
        try:
            found = self._zlib.decompress(chunk, limit)
        except zlib.error:
            if not self._is_first:
                raise
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)  # without zlib's header
            found = self._zlib.decompress(chunk, limit)
        self._is_first = False
        while (
            self._zlib.eof and len(found) < limit and self._zlib.unused_data.startswith(b"\x1f\x8b")
        ):
            rest = self._zlib.unused_data  # several files in one, as gzip allows
            self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)
            found += self._zlib.decompress(rest, limit - len(found))
        return found

    def unpacked(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield all that there is, as soon as it comes, in small pieces. Raises zlib.error."""
        for chunk in chunks:
            piece = self.feed(chunk, _PIECE)
            while piece:
                yield piece
                # At an end, what is left is also the tail, and would come twice.
                left = b"" if self.is_done else self._zlib.unconsumed_tail
                piece = self.feed(left, _PIECE)
            if self.is_done and self._zlib.unused_data:
                return  # what follows is not compressed, and may never end
