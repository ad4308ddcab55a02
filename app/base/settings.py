"""Settings, and the folders that hold a user's data."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import platformdirs

from app.base import codec, system_files
from app.base.errors import SettingsDamaged, StoreReadOnly
from app.base.file_lock import changing
from app.base.files import put_aside, replace_text
from app.base.types import Effort

SERVER_PORT = 8347
"""The port of the local server, unless the user chooses another."""
SMALLEST_PORT, LARGEST_PORT = 1024, 65535
"""The limits of `Settings.serve_port`: systems keep smaller ones for themselves."""
SMALLEST_TEXT, LARGEST_TEXT = 11, 26
"""The limits of `Settings.text_size`."""


class ThemeChoice(StrEnum):
    """The user's choice of theme."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Folders:
    """The paths of all data, below one folder that is easily backed up.

    ``system`` is the folder of an administrator's files, which are no data (`system_files`).
    """

    data: Path
    system: Path = dataclasses.field(default_factory=lambda: system_files.system_folder())

    @classmethod
    def find(cls, data_dir: Path | None = None) -> Self:
        """Return ``data_dir``, else FIRESIDE_DATA_DIR, else the system's data folder.

        It is created if missing. Raises StoreReadOnly if that fails.
        """
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
        """The log of all connections."""
        return self.data / "connections.log"

    @property
    def mcp(self) -> Path:
        """The configuration of MCP servers."""
        return self.data / "mcp.json"

    @property
    def sources(self) -> Path:
        """The list of the folders and encyclopaedias that chats may search."""
        return self.data / "sources.json"

    @property
    def indexes(self) -> Path:
        """The folder of their indexes."""
        return self.data / "indexes"

    @property
    def endpoints(self) -> Path:
        """The list of models behind endpoints."""
        return self.data / "endpoints.json"

    @property
    def downloads(self) -> Path:
        """The queue of downloads."""
        return self.data / "downloads.json"

    @property
    def speeds(self) -> Path:
        """The measured speeds of this computer."""
        return self.data / "speeds.json"

    @property
    def kept(self) -> Path:
        """The folder of the KV cache on disk: the engine's state for each chat."""
        return self.data / "kept"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults; stored as JSON."""

    theme: ThemeChoice = ThemeChoice.SYSTEM
    language: str = ""
    """The window's language, "en" or "de"; empty for the system's."""
    instructions: str = ""
    """The user's own instructions to the model, for every chat."""
    prepare: bool = True
    """Whether the engine processes the next prompt ahead while the user reads or types."""
    name_chats: bool = True
    """Whether the model gives a new chat its title."""
    context: int | None = None
    """The size of the context in tokens. Here and in the next two, None or "" leaves it to plan."""
    gpu_layers: int | None = None
    cpu_experts: int | None = None
    """The number of layers whose experts stay on the CPU."""
    cache_type: str = ""
    """How keys and values are stored: "f16" or "q8_0"."""
    map_weights: bool = False
    """Whether a model's weights stay in its file, even if there is memory for a faster layout."""
    unused_gpus: tuple[str, ...] = ()
    """The graphics cards that are switched off, by their place on the bus or their name."""
    answers_at_once: int | None = None
    """How many answers of other programs are generated at a time; None leaves it to plan."""
    unload_minutes: int = 0
    """After how many minutes without use the model is unloaded; 0 for never."""
    serve: bool = False
    """Whether the local server is on while the window is open."""
    serve_port: int = SERVER_PORT
    kept_gb: int = 4
    """Gigabytes of disk for the KV cache of chats; 0 keeps nothing."""
    model: str = ""
    """Path of the chosen model, or "demo"; empty before the first choice."""
    models: tuple[str, ...] = ()
    """Paths of the GGUF files that were opened, the most recent first."""
    folders: tuple[str, ...] = ()
    """The user's own folders to look for models in."""
    download_folder: str = ""
    """Where downloads go, laid out as the Hugging Face cache; empty for that cache itself."""
    download_mount: str = ""
    """Where the drive of that folder was mounted when it was chosen."""
    download_limit: int = 0
    """The limit for downloads in megabytes per second; 0 for no limit."""
    hub_address: str = ""
    """The address of the hub; empty for Hugging Face itself."""
    offline: bool = False
    """Whether network connections are forbidden."""
    text_size: int = 15
    """The text size of the conversation, in pixels."""
    send_with_ctrl: bool = False
    """Whether Ctrl+Enter sends a message, rather than Enter."""
    effort: Effort = Effort.MEDIUM
    """The effort for new chats."""
    python: bool = True
    """Whether Python is on in new chats."""
    web_search: str = "wikipedia"
    """The search engine for the web, by its key in `app.tools.browser.web.providers`."""
    searxng_address: str = ""
    """The address of the user's SearXNG."""
    web_by_proxy: bool = False
    """Whether pages of the web are read through this computer's proxy, if it has one.

    A proxy looks names up itself, so it cannot be checked where an address leads.
    """
    notify: bool = True
    """Whether to say that a long answer is done while another program is in front."""
    zoom: int = 100
    """How large everything is, in percent."""
    copy_markdown: bool = True
    """Whether text copied from a conversation is Markdown, else plain text."""
    open_folders: tuple[str, ...] = ()
    """The chat folders that are expanded in the sidebar."""
    chat: int | None = None
    """The chat that was open last."""
    export_form: str = ".md"
    """The suffix of the last export's format; the next three are its options."""
    export_reasoning: bool = True
    export_branches: bool = False
    export_folder: str = ""
    exports: str = ""
    """The folder that every export begins in; empty for the one that was used last."""
    window: str = ""
    """Geometry of the window as Qt saves it, in base64."""
    splitter: str = ""


_PORTABLE = (
    "theme", "language", "instructions", "prepare", "name_chats", "text_size", "send_with_ctrl",
    "effort", "notify", "copy_markdown", "export_form", "export_reasoning",
    "export_branches",
)  # fmt: skip
"""The settings that mean the same on another computer. A hub's address is not one: a file from
elsewhere must not say where the token goes, nor what is searched for on the web. For the same
reason the list of models on other computers stays: it would say where chats go."""


def portable(settings: Settings) -> dict[str, Any]:
    """Return the settings that mean the same on another computer, as JSON."""
    encoded = codec.encode(settings)
    return {name: encoded[name] for name in _PORTABLE}


def changes(settings: Settings, raw: dict[str, Any]) -> dict[str, Any]:
    """Return what `portable` gave elsewhere, where it differs; what cannot be read is left out."""
    found = {}
    for name in _PORTABLE:
        own = getattr(settings, name)
        value = _parse(raw[name], own, name) if name in raw else own
        if value != own:
            found[name] = value
    return found


@dataclass(frozen=True, slots=True)
class Loaded:
    """The content of a settings file.

    ``known`` are the names of the fields that it has; ``others`` are fields that this version does
    not know, unchanged. ``lost`` are the names of those whose values could not be read; ``damage``
    is what is wrong with the file, empty for nothing.
    """

    settings: Settings = Settings()
    known: frozenset[str] = frozenset()
    others: dict[str, Any] = dataclasses.field(default_factory=dict)
    lost: tuple[str, ...] = ()
    damage: str = ""


_LIMITS = {
    "text_size": (SMALLEST_TEXT, LARGEST_TEXT),
    "zoom": (80, 200),
    "context": (1024, 1 << 30),
    "gpu_layers": (0, 10_000),
    "cpu_experts": (0, 10_000),
    "answers_at_once": (1, 16),
    "unload_minutes": (0, 100_000),
    "serve_port": (SMALLEST_PORT, LARGEST_PORT),
    "kept_gb": (0, 100_000),
    "download_limit": (0, 100_000),
}
"""The least and most of numbers: others would fill the memory, or the window could not show."""
_UNREAD = object()
_AFTER = re.compile(r"\s*(?:[,}\"]|//|$)")  # what may follow a value, even if its comma is missing
_KEY = re.compile(r'"([A-Za-z_][A-Za-z0-9_]*)"\s*:\s*')


def _parse(value: object, default: Any, name: str) -> Any:
    """Return ``value`` as the field's type and in its limits, or the default if that fails.

    Of a list, only the strings are kept.
    """
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    try:
        parsed = codec.decode_value(codec.hints(Settings)[name], value, name)
    except codec.FieldError:
        return default
    if parsed is not None and name in _LIMITS:
        least, most = _LIMITS[name]
        return min(max(parsed, least), most)
    return parsed


def _same(value: Any, parsed: Any) -> bool:
    """Return whether a field was read without loss."""
    if isinstance(parsed, tuple):
        return isinstance(value, list) and value == list(parsed)
    return bool(value == parsed) and isinstance(value, bool) is isinstance(parsed, bool)


def _salvaged(text: str) -> dict[str, Any]:
    """Return the fields of a damaged object, each parsed by itself; `_UNREAD` if unreadable."""
    found: dict[str, Any] = {}
    decoder = json.JSONDecoder(strict=False)
    at = 0
    while key := _KEY.search(text, at):
        at = key.end()
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            found.setdefault(key[1], _UNREAD)
            continue
        if _AFTER.match(text, end):
            found[key[1]], at = value, end
        else:
            found.setdefault(key[1], _UNREAD)
    return found


def _text(data: bytes) -> str:
    """Decode a file as an editor may have saved it: UTF-8 or UTF-16, with or without a BOM."""
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        return data.decode(encoding, "replace")


def read(path: Path) -> Loaded:
    """Return the settings in ``path``, without changing anything.

    Everything readable in a damaged file is used; missing fields have their defaults, as all do if
    there is no file.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Loaded()
    except OSError as error:
        return Loaded(lost=("*",), damage=error.strerror or str(error))
    text, damage = _text(data), ""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raw, damage = _salvaged(text), str(error)
    if not isinstance(raw, dict):
        raw, damage = {}, "it holds no settings"
    values: dict[str, Any] = {}
    lost = []
    for field in dataclasses.fields(Settings):
        if field.name in raw:
            value = raw.pop(field.name)
            values[field.name] = _parse(value, field.default, field.name)
            if not _same(value, values[field.name]):
                lost.append(field.name)
    lost += [name for name, value in raw.items() if value is _UNREAD]
    others = {name: value for name, value in raw.items() if value is not _UNREAD}
    if damage and not values and not others:
        lost = ["*"]
    return Loaded(
        Settings(**values),
        frozenset(values.keys() - lost),
        others,
        tuple(lost),
        damage or ("a value of another kind" if lost else ""),
    )


def load(path: Path) -> Settings:
    """Return the settings in ``path``, with defaults for missing or invalid fields."""
    return read(path).settings


def open_(path: Path) -> tuple[Settings, SettingsDamaged | None]:
    """Return the settings in ``path`` when the program starts.

    A damaged file is renamed, and what could be read of it is written in its place; the error says
    what was lost.
    """
    loaded = read(path)
    if not loaded.damage:
        return loaded.settings, None
    kept = None
    with contextlib.suppress(OSError):
        kept = put_aside(path)
        _write(loaded.settings, loaded.others, path)
    return loaded.settings, SettingsDamaged(path, loaded.lost, loaded.damage, kept)


def save(settings: Settings, before: Settings, path: Path) -> None:
    """Write what differs from ``before``, which is what this process has read or saved last.

    The rest stays as other processes have left it, as do unknown fields, written by a later
    version. It is atomic: a crash leaves the old file or the new one. A file that has been damaged
    meanwhile is renamed. Raises OSError, and may wait for another process.
    """
    with changing(path):
        there = read(path)
        if there.damage:
            put_aside(path)
        theirs = {
            name: getattr(there.settings, name)
            for name in there.known
            if getattr(settings, name) == getattr(before, name)
        }
        _write(dataclasses.replace(settings, **theirs), there.others, path)


def _write(settings: Settings, others: dict[str, Any], path: Path) -> None:
    # ASCII, since a path on Linux may contain bytes that are not text, which UTF-8 cannot encode.
    text = json.dumps(others | codec.encode(settings), indent=2)
    replace_text(path, text + "\n")
