"""Presets: named settings for chats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.store.chat_title import one_line
from app.store.database import Database
from app.store.rows import PRESET, Preset, clean, pack_sampling, pack_tools, preset_row


class PresetTable:
    """The table of presets.

    Names differ by more than case; a name that is taken gets a number.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Preset]:
        """Return all presets, by name."""
        rows = self._database.read(preset_row, f"SELECT {PRESET} FROM preset")
        return sorted(rows, key=lambda preset: (preset.name.casefold(), preset.id))

    def add(self, presets: Iterable[Preset]) -> list[Preset]:
        """Add copies of presets, with ids of their own, all or none."""
        with self._database.transaction():
            return [self._put(preset, None) for preset in presets]

    def set(self, preset: Preset) -> Preset:
        """Replace the preset with this id. A blank name keeps the present one."""
        with self._database.transaction():
            return self._put(preset, preset.id)

    def delete(self, preset: int) -> None:
        """Remove a preset. Chats that began with it keep what they have."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM preset WHERE id = ?", (preset,))

    def _put(self, preset: Preset, number: int | None) -> Preset:
        values: dict[str, Any] = {
            "name": self._free(preset.name, number),
            "effort": preset.effort,
            "model": clean(preset.model),
            "instructions": clean(preset.instructions),
            "sampling": pack_sampling(preset.sampling),
            "is_default": preset.default,
            "tools": pack_tools(preset.tools),
        }
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        if number is None:
            sql = f"INSERT INTO preset ({columns}) VALUES ({marks}) RETURNING {PRESET}"
        else:
            sql = f"UPDATE preset SET ({columns}) = ({marks}) WHERE id = ? RETURNING {PRESET}"
        with self._database.transaction() as db:
            if preset.default:  # there is at most one default
                db.execute("UPDATE preset SET is_default = 0 WHERE id IS NOT ?", (number,))
            target = () if number is None else (number,)
            return self._database.one(preset_row, sql, *values.values(), *target)

    def _free(self, name: str, number: int | None) -> str:
        """Return a name that no other preset has."""
        there = {preset.id: preset.name for preset in self.all()}
        own = there.pop(number, "") if number is not None else ""
        name = one_line(name) or own
        taken = {other.casefold() for other in there.values()}
        free, count = name, 1
        while free.casefold() in taken:
            count += 1
            free = f"{name} {count}"
        return free
