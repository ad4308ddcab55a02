"""Why a window asks to be closed, other than to end Fireside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.removal import DataKind


class Restart:
    """The window is closed and opened again, for example to be in another language."""


@dataclass(frozen=True, slots=True)
class Removal:
    """The window is closed for good, and then data of these kinds is removed."""

    kinds: frozenset[DataKind]
