"""Settings and the folders that hold a person's data."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import platformdirs

from app.base.errors import StoreReadOnly
from app.base.files import replace_text


class Theme(StrEnum):
    """Which colours the window wears."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Folders:
    """Where things are kept. Everything is below one folder, which is easily backed up."""

    data: Path

    @classmethod
    def find(cls, data_dir: Path | None = None) -> Self:
        """``data_dir``, else FIRESIDE_DATA_DIR, else the system's place; made if missing.
        Raises StoreReadOnly where it cannot be made."""
        env = os.environ.get("FIRESIDE_DATA_DIR")
        chosen = data_dir or (Path(env) if env else None)
        if chosen is None:
            chosen = platformdirs.user_data_path("Fireside", appauthor=False)
        try:
            chosen = chosen.expanduser().absolute()
            chosen.mkdir(parents=True, exist_ok=True)
        except (OSError, RuntimeError):  # the latter: "~nobody" has no home
            raise StoreReadOnly(cls(chosen).chats) from None
        return cls(chosen)

    @property
    def settings(self) -> Path:
        return self.data / "settings.json"

    @property
    def chats(self) -> Path:
        return self.data / "chats.db"

    @property
    def engine_log(self) -> Path:
        return self.data / "engine.log"

    @property
    def connections(self) -> Path:
        """The record of every connection."""
        return self.data / "connections.log"

    @property
    def downloads(self) -> Path:
        """What was begun to be downloaded, and what has come."""
        return self.data / "downloads.json"

    @property
    def kept(self) -> Path:
        """What the model has read of each chat, to be read no second time."""
        return self.data / "kept"


@dataclass(frozen=True, slots=True)
class Settings:
    """Each setting, declared once, with its default. JSON on disk."""

    theme: Theme = Theme.SYSTEM
    language: str = ""
    """Of the window, "en" or "de"; empty for the system's."""
    instructions: str = ""
    """The person's own instructions to the model, for every chat."""
    prepare: bool = True
    """Whether the engine reads ahead while the person reads or types."""
    name_chats: bool = True
    """Whether the model gives a new chat its title."""
    context: int | None = None
    """Tokens of context; this and the next three: None, or empty, leaves it to the plan."""
    gpu_layers: int | None = None
    cpu_experts: int | None = None
    """Of how many layers the experts stay on the CPU."""
    cache_type: str = ""
    """How keys and values are stored: "f16" or "q8_0"."""
    kept_gb: int = 4
    """Gigabytes of disk for what the model has read of each chat; 0 keeps nothing."""
    model: str = ""
    """Path of the chosen model, or "demo"; empty before the first choice."""
    models: tuple[str, ...] = ()
    """Paths of the GGUF files that were opened, the last one first."""
    folders: tuple[str, ...] = ()
    """The person's own folders to look for models in."""
    download_folder: str = ""
    """Where downloads go, laid out as the Hugging Face cache; empty for that cache itself."""
    download_mount: str = ""
    """Where the drive of that folder was mounted when it was chosen."""
    download_limit: int = 0
    """Megabytes a second; 0 for no limit."""
    offline: bool = False
    """Whether no connection is to be opened."""
    text_size: int = 15
    """Of the conversation, in pixels."""
    copy_markdown: bool = True
    """Whether what is copied of a conversation is Markdown, or else plain text."""
    closed_folders: tuple[str, ...] = ()
    """The folders of chats that the side bar does not unfold."""
    chat: int | None = None
    """The chat that was open last."""
    export_form: str = ".md"
    """How chats were exported last, as the ending of the file; and the next three."""
    export_reasoning: bool = True
    export_branches: bool = False
    export_folder: str = ""
    window: str = ""
    """Geometry of the window as Qt saves it, in base64."""
    splitter: str = ""


def _parse(value: Any, default: Any, annotation: str) -> Any:
    """``value`` as the type of its field, or the default where it cannot be."""
    if annotation in ("int | None", "int"):
        return value if isinstance(value, int) and not isinstance(value, bool) else default
    if isinstance(default, tuple):
        return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else default
    if isinstance(default, StrEnum):
        return type(default)(value) if value in list(type(default)) else default
    return value if isinstance(value, type(default)) else default


def _read(path: Path) -> dict[str, Any] | None:
    """The object in the file, or None where the file holds something else. Raises OSError."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) else None


def load(path: Path) -> Settings:
    """The settings in ``path``; defaults for what is missing or makes no sense.

    A file that is no JSON object is kept beside it as ``settings.json.broken``. One that
    cannot be read at all counts as empty: Fireside starts nevertheless.
    """
    try:
        raw = _read(path)
        if raw is None:
            path.replace(path.with_name(path.name + ".broken"))
    except OSError:
        raw = None
    return Settings(
        **{
            field.name: _parse(raw[field.name], field.default, str(field.type))
            for field in dataclasses.fields(Settings)
            if raw and field.name in raw
        }
    )


def save(settings: Settings, path: Path) -> None:
    """Writes all or nothing: a crash leaves the old file or the new one. Raises OSError.

    What a later Fireside wrote there under names that this one does not know is kept.
    """
    try:
        there = _read(path) or {}
    except OSError:
        there = {}
    # ASCII, since a path on Linux may hold bytes that are no text and UTF-8 cannot write.
    text = json.dumps(there | dataclasses.asdict(settings), indent=2)
    replace_text(path, text + "\n")
