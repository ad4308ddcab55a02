"""A mask over llama.cpp's logits, applied in place and without numpy."""

from __future__ import annotations

import ctypes
import re
import struct
from collections.abc import Iterator
from typing import Any

from app.base.errors import EngineFailed

_NEVER = float("-inf")
_BITS = [[bit for bit in range(8) if byte >> bit & 1] for byte in range(256)]
_OTHERS = bytes(255 - byte for byte in range(256))
_SOME = re.compile(rb"[^\0]")


class MaskedLogits:
    """The logits of a vocabulary of ``size`` tokens, at an address."""

    def __init__(self, address: int, size: int) -> None:
        self._values: Any = (ctypes.c_float * size).from_address(address)
        self._size = size

    def forbid(self, token: int) -> None:
        """Make a token impossible."""
        self._values[token] = _NEVER

    def keep_only(self, allowed: bytes) -> None:
        """Make all tokens impossible that have no bit in a mask.

        The time depends on the smaller part, those that are allowed or the others: of 201,088, ten
        take 0.2 ms, and a tenth 9 ms.
        """
        values, size = self._values, self._size
        bits = int.from_bytes(allowed, "little") & ((1 << size) - 1)
        allowed = bits.to_bytes(-(-size // 8), "little")
        if not bits:
            raise EngineFailed("no token may come next")
        if bits.bit_count() * 2 > size:
            for token in _tokens(allowed.translate(_OTHERS), size):
                values[token] = _NEVER
            return
        left = [(token, values[token]) for token in _tokens(allowed, size)]
        ctypes.memmove(values, struct.pack("=f", _NEVER) * size, 4 * size)
        for token, value in left:
            values[token] = value


def _tokens(bits: bytes, size: int) -> Iterator[int]:
    """Yield the tokens whose bits are set."""
    for found in _SOME.finditer(bits):
        at = 8 * found.start()
        for bit in _BITS[bits[found.start()]]:
            if at + bit < size:
                yield at + bit
