"""Why a window is to be closed, other than to end Fireside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from app.base.errors import StoreError
from app.store import Backup

if TYPE_CHECKING:
    from app.removal import DataKind


class Restart:
    """The window is closed and opened again, for example to be in another language."""


@dataclass(frozen=True, slots=True)
class Removal:
    """The window is closed for good, and then data of these kinds is removed."""

    kinds: frozenset[DataKind]


Again: TypeAlias = Callable[[Backup | StoreError | Restart | Removal], object]
"""A function that closes the window and opens another: with a Backup in place of the chats, after
the repair that a StoreError calls for, or for one of the reasons above."""
