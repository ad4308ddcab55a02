"""What the KV cache needs of llama.cpp's memory, so that it can be tested without it.

All sequences share the cells. Half of the layers keep every token, in as many cells as the context
has tokens. The others keep a window of the last tokens, in cells that are overwritten as soon as no
next token of their sequence sees them; a cell of two sequences never is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class KvMemory(Protocol):
    """llama.cpp's memory of several sequences, by their numbers.

    ``window``: how many tokens the windowed layers see, the present one among them.
    """

    window: int

    def oldest(self, sequence: int) -> int:
        """Return the first position that the windowed layers hold, -1 if they hold nothing."""

    def cut(self, sequence: int, length: int) -> bool:
        """Truncate to the first ``length`` tokens; return False if that is impossible.

        It succeeds even if the window that the next token must see is gone.
        """

    def clear(self, sequence: int) -> None:
        """Remove all tokens. If no other sequence has any, the first cells are the next to fill."""

    def share(self, source: int, target: int, length: int) -> None:
        """Let a sequence that is empty have the first ``length`` tokens of another, in its cells.

        This copies nothing. Of the window, it has what the other still holds: set it at once
        (`set_window`), so that it has cells of its own.
        """

    def window_state(self, sequence: int) -> bytes:
        """Return the state of the windowed layers; empty if that fails."""

    def set_window(self, sequence: int, state: bytes) -> bool:
        """Restore that state, in cells of its own; return whether it fitted."""

    def state(self, sequence: int, most: int) -> bytearray:
        """Return the whole state; empty if that fails, or takes more than ``most`` bytes."""

    def set_state(self, sequence: int, state: bytearray) -> bool:
        """Replace the state by that one; return False, with the sequence empty, if it fails."""

    def save(self, sequence: int, path: Path, tokens: Sequence[int]) -> bool:
        """Write the whole state to a file; return whether that succeeded."""

    def load(self, sequence: int, path: Path, tokens: Sequence[int]) -> bool:
        """Replace the state by that in a file.

        Return False, with the sequence empty, if the file is not of ``tokens`` or does not fit.
        """
