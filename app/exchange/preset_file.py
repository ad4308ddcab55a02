"""Presets in a file of their own.

The file is JSON in UTF-8::

    {
      "format": "fireside-presets",
      "version": 1,
      "presets": [
        {
          "name": "…",
          "effort": "low" | "medium" | "high",
          "model": "",                      the name of its file, or "demo"; empty: any
          "instructions": "",
          "sampling": null | {…}            as `app.exchange.native_json` has it
        }
      ]
    }

What may be null or empty may be missing. A reader passes over fields that it does not know; what
such a reader would misunderstand gets another version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.base.codec import FieldError, an_object, decode, encode, member
from app.base.errors import ExchangeNoPresets
from app.base.types import Effort
from app.exchange.exporter import replacing
from app.exchange.foreign_json import Newer
from app.exchange.import_files import as_text, typed_errors
from app.exchange.json_stream import JsonReader, NotJson
from app.store import PLAIN, Preset, Store
from app.store.chat_title import one_line
from app.store.rows import clean

FORMAT = "fireside-presets"
VERSION = 1

_LOCAL: dict[str, Any] = {"id": 0, "default": False, "tools": PLAIN.tools}
"""The fields that are decided on this computer only, with defaults for reading."""
_LARGEST = 16_000_000  # bytes, more than anybody writes by hand


@dataclass(frozen=True, slots=True)
class PresetReport:
    """The result of an import.

    ``renamed`` of the ``added`` presets got another name than in the file, since that was taken;
    ``known`` ones were there already, with the same values.
    """

    added: tuple[Preset, ...]
    renamed: int
    known: int


def export_presets(store: Store, path: Path, presets: Sequence[int] | None = None) -> None:
    """Write presets, all by default, to a file that is replaced at the end.

    Raises ExchangeUnwritable, StoreError.
    """
    chosen = [p for p in store.presets.all() if presets is None or p.id in presets]
    with replacing(path) as file:
        file.write(json.dumps(document(chosen), ensure_ascii=False, indent=2) + "\n")


def document(presets: Iterable[Preset]) -> dict[str, Any]:
    """Return the contents of a file of presets."""
    return {"format": FORMAT, "version": VERSION, "presets": [_json(p) for p in presets]}


def import_presets(store: Store, path: Path) -> PresetReport:
    """Add the presets of a file that are not there yet: all of them or none.

    One whose name is taken gets a number. None becomes the default. Raises ExchangeError,
    StoreError.
    """
    found = _read(path)
    new = new_to(store, found)
    added = store.presets.add(new)
    renamed = sum(one.name != other.name for one, other in zip(new, added, strict=True))
    return PresetReport(tuple(added), renamed, len(found) - len(new))


def new_to(store: Store, presets: Sequence[Preset]) -> list[Preset]:
    """Return the presets that the store does not have, whatever their names."""
    there = [_portable(preset) for preset in store.presets.all()]
    return [preset for preset in presets if _portable(preset) not in there]


def _read(path: Path) -> list[Preset]:
    with typed_errors(path), path.open("rb") as file:
        head = file.peek(16).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        if head != b"{" or path.stat().st_size > _LARGEST:
            raise ExchangeNoPresets(path)
        reader = JsonReader(as_text(file))
        raw = an_object(reader.value())
        reader.end()
        return parse(raw, path)


def parse(raw: dict[str, Any], path: Path) -> list[Preset]:
    """Return the presets in the contents of the file at ``path``.

    Raises ExchangeNoPresets, FieldError, Newer.
    """
    if raw.get("format") != FORMAT:
        raise ExchangeNoPresets(path)
    version = member(raw, "version", int)
    if version > VERSION:
        raise Newer(version, VERSION)
    presets = []
    for count, item in enumerate(member(raw, "presets", list), start=1):
        try:
            presets.append(_preset(an_object(item)))
        except (FieldError, NotJson) as error:
            raise FieldError(f"preset {count}: {error}") from error
    return presets


def _preset(raw: dict[str, Any]) -> Preset:
    preset = decode(Preset, raw | {"effort": member(raw, "effort", Effort)} | _LOCAL)
    if not (name := one_line(preset.name)):
        raise FieldError("“name” is empty")
    return replace(
        preset, name=name, model=clean(preset.model), instructions=clean(preset.instructions)
    )


def _portable(preset: Preset) -> Preset:
    """Return the preset without what belongs to this computer."""
    return replace(preset, model=Path(preset.model).name, **_LOCAL)


def _json(preset: Preset) -> dict[str, Any]:
    raw = encode(_portable(preset))
    return {name: value for name, value in raw.items() if name not in _LOCAL}
