"""The positions of the messages of a long conversation."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

_CHUNK = 64


class MessageHeights:
    """Heights of messages in pixels, with their sums.

    Changing one, and finding the one at a position, take time proportional to the square root of
    their number.
    """

    def __init__(self) -> None:
        self._chunks: list[list[int]] = []
        self._tops: list[int] | None = None  # sums above each chunk, and the total

    def __len__(self) -> int:
        return sum(map(len, self._chunks[-1:])) + _CHUNK * max(0, len(self._chunks) - 1)

    def __getitem__(self, index: int) -> int:
        return self._chunks[index // _CHUNK][index % _CHUNK]

    def __setitem__(self, index: int, height: int) -> None:
        self._chunks[index // _CHUNK][index % _CHUNK] = height
        self._tops = None

    def set_all(self, heights: list[int]) -> None:
        self._chunks = [heights[i : i + _CHUNK] for i in range(0, len(heights), _CHUNK)]
        self._tops = None

    def append(self, height: int) -> None:
        if not self._chunks or len(self._chunks[-1]) == _CHUNK:
            self._chunks.append([])
        self._chunks[-1].append(height)
        self._tops = None

    def cut(self, count: int) -> None:
        """Keep only the first ``count``."""
        self._chunks = self._chunks[: -(-count // _CHUNK)]
        if count % _CHUNK:
            self._chunks[-1] = self._chunks[-1][: count % _CHUNK]
        self._tops = None

    @property
    def total(self) -> int:
        """The sum of all heights, in pixels."""
        return self._sums()[-1]

    def top(self, index: int) -> int:
        """Return the sum of the heights above an index."""
        chunk, rest = divmod(index, _CHUNK)
        sums = self._sums()
        if chunk == len(self._chunks):
            return sums[-1]
        return sums[chunk] + sum(self._chunks[chunk][:rest])

    def at(self, y: int) -> int:
        """Return the index at a height: the first above the beginning, the last below the end."""
        sums = self._sums()
        chunk = min(max(0, bisect_right(sums, y) - 1), len(self._chunks) - 1)
        tops = list(accumulate(self._chunks[chunk][:-1], initial=sums[chunk]))
        return chunk * _CHUNK + max(0, bisect_right(tops, y) - 1)

    def _sums(self) -> list[int]:
        if self._tops is None:
            self._tops = list(accumulate(map(sum, self._chunks), initial=0))
        return self._tops
