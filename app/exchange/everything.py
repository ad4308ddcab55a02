"""Everything in one file, to move to another computer.

A ZIP archive of files that can also be imported one by one::

    fireside.json   {"format": "fireside-everything", "version": 1}
    chats.json      all chats but those in the bin, as `app.exchange.native_json` has them
    presets.json    all presets, as `app.exchange.preset_file` has them
    settings.json   the settings that mean the same on another computer

There are no secrets in it, no models, and no settings of this computer, such as paths and the list
of models on other computers. Where a chat was answered is in it. What a reader would misunderstand
gets another version. Names in an archive are never used as paths.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.base import settings as settings_file
from app.base.codec import FieldError, an_object, member
from app.base.errors import ExchangeNotEverything, ExchangeUnreadable
from app.base.settings import Settings
from app.exchange import importer, native_json, preset_file
from app.exchange.exporter import replacing, trees
from app.exchange.foreign_json import Newer
from app.exchange.import_files import as_text, typed_errors
from app.exchange.importer import ImportedFiles, ImportReport, Progress
from app.exchange.json_stream import JsonReader
from app.store import Preset, Store

FORMAT = "fireside-everything"
VERSION = 1

_MANIFEST, _CHATS, _PRESETS, _SETTINGS = (
    f"{name}.json" for name in ("fireside", "chats", "presets", "settings")
)
_LARGEST = 16_000_000  # bytes of each file but that of the chats


@dataclass(frozen=True, slots=True)
class EverythingReport:
    """The result of an import: of chats, and how many presets were added."""

    chats: ImportReport
    presets: int


@dataclass(frozen=True, slots=True)
class Everything:
    """A file that has been read completely.

    ``presets`` are those that the store has not yet; ``settings`` has those that differ from the
    present ones, by name.
    """

    chats: ImportedFiles
    presets: tuple[Preset, ...]
    settings: Mapping[str, Any]

    def into(self, store: Store, on_progress: Progress = lambda done: None) -> EverythingReport:
        """Add the chats and presets that the store does not have. Raises as `ImportedFiles.into`.

        Running it again after a fault or Cancelled adds the rest.
        """
        report = self.chats.into(store, on_progress)
        return EverythingReport(report, len(store.presets.add(self.presets)))


def export_everything(
    store: Store,
    settings: Settings,
    path: Path,
    on_progress: Callable[[float], None] = lambda share: None,
) -> Path:
    """Write everything to ``path``, which is replaced at the end, and return it.

    One chat at a time is in memory. ``on_progress`` gets the share that is done, and may raise
    Cancelled. Raises ExchangeUnwritable, StoreError.
    """
    chosen = sorted(store.chats.live())
    small = {
        _MANIFEST: {"format": FORMAT, "version": VERSION},
        _PRESETS: preset_file.document(store.presets.all()),
        _SETTINGS: settings_file.portable(settings),
    }
    on_progress(0.0)
    with (
        replacing(path) as file,
        zipfile.ZipFile(file.buffer, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, content in small.items():
            archive.writestr(name, json.dumps(content, indent=2) + "\n")
        with (
            archive.open(_CHATS, "w", force_zip64=True) as raw,
            io.TextIOWrapper(raw, "utf-8", errors="replace", newline="\n") as text,
        ):
            found = trees(store, chosen, lambda done: on_progress(done / len(chosen)))
            native_json.write(text, found)
    return path


def read_everything(
    store: Store,
    settings: Settings,
    path: Path,
    on_progress: Progress = lambda done: None,
) -> Everything:
    """Read a file completely, without changing anything.

    Raises ExchangeError: ExchangeNotEverything if it is another file.
    """
    if path.exists() and not path.is_file():  # a pipe would block
        raise ExchangeUnreadable(path, "not a file")
    with typed_errors(path), path.open("rb") as file:
        if not file.peek(4).startswith(b"PK\x03\x04"):
            raise ExchangeNotEverything(path)
        with zipfile.ZipFile(file) as archive:
            if _MANIFEST not in archive.namelist():
                raise ExchangeNotEverything(path)
            manifest = _object(archive, _MANIFEST, path)
            if manifest.get("format") != FORMAT:
                raise ExchangeNotEverything(path)
            version = member(manifest, "version", int)
            if version > VERSION:
                raise Newer(version, VERSION)
            presets = preset_file.parse(_object(archive, _PRESETS, path), path)
            wanted = settings_file.changes(settings, _object(archive, _SETTINGS, path))
            _info(archive, _CHATS)
    found = importer.read(path, on_progress, store)
    if found.faults:
        raise found.faults[0]
    return Everything(found, tuple(preset_file.new_to(store, presets)), wanted)


def _object(archive: zipfile.ZipFile, name: str, path: Path) -> dict[str, Any]:
    """Return the JSON object in a small file of an archive."""
    info = _info(archive, name)
    if info.flag_bits & 1:
        raise ExchangeUnreadable(path, "password-protected")
    with archive.open(info) as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise FieldError(f"“{name}” is far too large")
    reader = JsonReader(as_text(io.BufferedReader(io.BytesIO(data))))
    value = an_object(reader.value())
    reader.end()
    return value


def _info(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    try:
        return archive.getinfo(name)
    except KeyError:
        raise FieldError(f"“{name}” is missing") from None
