"""The models that are on this disk already, whoever downloaded them. Only headers are read.

Where each program keeps its models, by its own source (resources/outside.toml has which, and the
day it was looked at):

Hugging Face  ``hub/models--org--repo/snapshots/<revision>/<file>``, links to ``blobs``.
              llama.cpp since 2026, too.
LM Studio     ``models/<publisher>/<model>/<file>``; its home is named by
              ``~/.lmstudio-home-pointer``, another folder of models by ``downloadsFolder`` in
              settings.json.
Ollama        ``manifests/<host>/<namespace>/<name>/<tag>``, JSON whose layers name
              ``blobs/sha256-<hex>``. Two changes that are on their way there are read as well:
              a folder ``manifests-v2``, and manifests that list others, which are blobs.
Jan           ``<data>/llamacpp/models/<id>/model.yml`` with ``model_path``, absolute or from
              ``<data>``. Before 2025 ``models``, with the files below.
llama.cpp     files in one folder, or Hugging Face's layout.

What a download left unfinished has another suffix everywhere, or is in no manifest. What `shelf`
has not moved to its end is hidden (`unfinished`).
"""

from __future__ import annotations

import glob
import json
import os
import re
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import platformdirs

from app.base import companion_files, gguf, gpt_oss
from app.base.errors import ModelError, NoModel
from app.models import catalog

_SUFFIX = ".gguf"
_LONGEST_TEXT = 1 << 20
_OLLAMA_MODEL = "application/vnd.ollama.image.model"
_OLLAMA_HOSTS = ("registry.ollama.ai", "ollama.com")


class ModelSource(StrEnum):
    """Whose place it is; its value is the name that a person knows."""

    HUGGING_FACE = "Hugging Face"
    LM_STUDIO = "LM Studio"
    OLLAMA = "Ollama"
    JAN = "Jan"
    LLAMA_CPP = "llama.cpp"
    CHOSEN = "Folder"


@dataclass(frozen=True, slots=True)
class SearchFolder:
    """A folder to look in; a chosen one may be a single file."""

    kind: ModelSource
    path: Path


@dataclass(frozen=True, slots=True)
class Description:
    """What Jan says of a model, in the file at ``path``: its name, and where its file is."""

    path: Path
    name: str
    file: Path


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model that was found: ``path`` is what llama.cpp opens, the first of ``files``, those of
    its parts that are there; ``size`` in bytes of them all. ``problem`` says why Fireside cannot
    run it: ModelMissing names the part that is not there. ``offer`` is the name of the model of the
    catalogue that it is, in this conversion or another one; ``hashes`` are the sha256 of its files
    where whoever keeps them has named them so."""

    path: Path
    name: str
    size: int
    place: SearchFolder
    files: tuple[Path, ...]
    problem: ModelError | None = None
    offer: str = ""
    hashes: tuple[str | None, ...] = ()


def places(chosen: Iterable[Path] = ()) -> tuple[SearchFolder, ...]:
    """Where models may be on this computer, whether or not it exists, then what was chosen.

    A program's own default is looked at even where the environment names another place: who
    starts Fireside from a menu has not the environment of a shell.
    """
    found = [
        *(SearchFolder(ModelSource.HUGGING_FACE, path) for path in _hugging_face()),
        *(SearchFolder(ModelSource.LM_STUDIO, path) for path in _lm_studio()),
        *(SearchFolder(ModelSource.OLLAMA, path) for path in _ollama()),
        *(SearchFolder(ModelSource.JAN, path) for path in _jan()),
        *(SearchFolder(ModelSource.LLAMA_CPP, path) for path in _llama_cpp()),
        *(SearchFolder(ModelSource.CHOSEN, path.absolute()) for path in chosen),
    ]
    return tuple({place.path: place for place in reversed(found)}.values())[::-1]


def scan(
    places: Iterable[SearchFolder], stop: threading.Event | None = None
) -> Iterator[InstalledModel]:
    """Every model in ``places`` as it is found, once, in the first place that has it. Ends soon
    after ``stop`` is set. What cannot be looked into is passed over."""
    stop = stop or threading.Event()
    seen: set[object] = set()
    for place in places:
        for name, path in _FINDERS.get(place.kind, _in_folder)(place.path, stop):
            if stop.is_set():
                return
            parts = gpt_oss.parts(path)
            there = _there(parts)
            key = _identity(there[0] if there else path)
            if key not in seen and not any(_status(unfinished(part)) for part in parts):
                seen.add(key)
                if not _is_beside(model := _model(place, name, parts)):
                    yield model


def _is_beside(model: InstalledModel) -> bool:
    """Whether it only belongs to a model: by its header, or by its name where the header does not
    say that it is one of the offers."""
    return isinstance(model.problem, NoModel) or (
        not model.offer and companion_files.named(model.path.name)
    )


def look(path: Path) -> InstalledModel:
    """The model that the file at ``path``, whatever its name, is or is a part of. Where it is no
    file, ``problem`` says so."""
    path = path.absolute()
    return _model(
        SearchFolder(ModelSource.CHOSEN, path), _name(path, path.parent), gpt_oss.parts(path)
    )


def unfinished(path: Path) -> Path:
    """The hidden name of a file that is on its way to ``path``. A model is not listed while one of
    its parts has it."""
    return path.with_name(f".{path.name}.fireside-move")


def _model(place: SearchFolder, name: str, parts: list[Path]) -> InstalledModel:
    there = _there(parts)
    size = sum(status.st_size for part in there if (status := _status(part)))
    path = (there or tuple(parts))[0]
    hashes = tuple(_hash(part) for part in there)
    try:
        whole = gpt_oss.read(parts)
    except ModelError as error:
        return InstalledModel(path, name, size, place, there, error, "", hashes)
    # Whoever trains it further leaves its shape as it is (gguf-py: Keys.General.FINETUNE).
    own = not whole.metadata.get("general.finetune")
    offer = catalog.conversion(whole) if own else None
    return InstalledModel(path, name, size, place, there, None, offer.name if offer else "", hashes)


def _hash(path: Path) -> str | None:
    """The sha256 of a file that the hub's cache, or Ollama, calls by it."""
    named = re.fullmatch(r"(?:sha256-)?([0-9a-f]{64})", Path(os.path.realpath(path)).name)
    return named[1] if named else None


def _there(parts: list[Path]) -> tuple[Path, ...]:
    return tuple(part for part in parts if _status(part) is not None)


def _status(path: Path) -> os.stat_result | None:
    """The status of a regular file, or None for all else."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _identity(path: Path) -> object:
    """Equal for two paths to one file or folder, whatever links lead there."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return str(path)
    # Some network file systems number nothing.
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(path)


def _walk(root: Path, suffix: str, stop: threading.Event) -> Iterator[Path]:
    """The regular files below ``root`` that end in ``suffix``. Links are followed, but no folder
    is entered twice; what cannot be entered is passed over."""
    entered: set[object] = set()
    waiting = [root]
    while waiting and not stop.is_set():
        folder = waiting.pop()
        key = _identity(folder)
        if key in entered:
            continue
        entered.add(key)
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except (OSError, ValueError):  # the latter: a NUL in the path
            continue
        waiting += [folder / entry.name for entry in reversed(found) if _is_folder(entry)]
        for entry in found:
            # A hidden file is a part of a copy that goes on, or what a Mac leaves on other disks.
            wanted = entry.name.lower().endswith(suffix) and not entry.name.startswith(".")
            if wanted and _status(path := folder / entry.name):
                yield path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _in_folder(root: Path, stop: threading.Event) -> Iterator[tuple[str, Path]]:
    if _status(root):
        yield _name(root, root.parent), root
    for path in _walk(root, _SUFFIX, stop):
        yield _name(path, root), path


def _name(path: Path, root: Path) -> str:
    """A file's way from ``root``, or, in the hub's cache, from the repository's own name."""
    title = gguf.unnumbered(path.stem)
    hub = re.search(r"/models--([^/]+)/snapshots/[^/]+/(.+)", f"{path.parent.as_posix()}/{title}")
    if hub:
        return f"{hub[1].replace('--', '/')}/{hub[2]}"
    return "/".join([*path.relative_to(root).parent.parts, title])


def _in_ollama(root: Path, stop: threading.Event) -> Iterator[tuple[str, Path]]:
    """What manifests name, as ``ollama list`` shows it."""
    for way in sorted(glob.iglob("manifests*/*/*/*/*", root_dir=root)):
        host, namespace, model, tag = Path(way).parts[-4:]
        known = host in _OLLAMA_HOSTS
        owner = "" if known and namespace == "library" else f"{namespace}/"
        manifest = _json(root / way)
        listed = [_json(blob) for blob in _blobs(root, manifest.get("manifests"))]
        for one in (manifest, *listed):
            for blob in _blobs(root, one.get("layers"), _OLLAMA_MODEL):
                yield f"{'' if known else host + '/'}{owner}{model}:{tag}", blob


def _blobs(root: Path, layers: object, media: str = "") -> Iterator[Path]:
    """Ollama's files for those of ``layers`` that are of type ``media``, where one is given."""
    for layer in layers if isinstance(layers, list) else ():
        if not isinstance(layer, dict) or media not in ("", layer.get("mediaType")):
            continue
        digest = str(layer.get("digest"))
        if re.fullmatch(r"sha256[:-][0-9a-fA-F]{64}", digest):
            yield root / "blobs" / digest.replace(":", "-")


def _in_jan(root: Path, stop: threading.Event) -> Iterator[tuple[str, Path]]:
    """The files that Jan's descriptions name, by the name that Jan gives them; then others."""
    for said in descriptions(root, stop):
        yield said.name, said.file
    yield from _in_folder(root, stop)


def descriptions(root: Path, stop: threading.Event) -> Iterator[Description]:
    """What Jan says of its models in ``root``."""
    for path in _walk(root, "model.yml", stop):
        # Written by Jan, a key a line; a YAML parser for two of them is not worth its weight.
        lines = re.findall(r"^(\w+): *(.*?) *$", _text(path), re.MULTILINE)
        said = {key: value.strip("'\"") for key, value in lines}
        if said.get("model_path"):
            # From the data folder, of which ``root`` is llamacpp/models.
            name = said.get("name") or path.parent.relative_to(root).as_posix()
            yield Description(path, name, root.parent.parent / said["model_path"])


_FINDERS: dict[ModelSource, Callable[[Path, threading.Event], Iterator[tuple[str, Path]]]] = {
    ModelSource.OLLAMA: _in_ollama,
    ModelSource.JAN: _in_jan,
}


def hub_cache() -> Path:
    """Where huggingface_hub keeps what it downloads."""
    return _hugging_face()[0]


def _hugging_face() -> list[Path]:
    """The order of huggingface_hub's constants.py."""
    bases = [*_named("XDG_CACHE_HOME"), Path("~/.cache")]
    homes = [*_named("HF_HOME"), *(base / "huggingface" for base in bases)]
    caches = [*_named("HF_HUB_CACHE"), *_named("HUGGINGFACE_HUB_CACHE")]
    return _expanded([*caches, *(home / "hub" for home in homes)])


def _lm_studio() -> list[Path]:
    pointer = _text(Path.home() / ".lmstudio-home-pointer").strip()
    homes = [Path(pointer)] if pointer else []
    homes += [Path("~/.lmstudio"), Path("~/.cache/lm-studio")]
    homes = _expanded(homes)
    # An Electron application's own folder, where some have the settings.
    older = platformdirs.user_config_path("LM Studio", appauthor=False, roaming=True)
    chosen = [_folder_in(home / "settings.json", "downloadsFolder") for home in (*homes, older)]
    return [path for path in chosen if path] + [home / "models" for home in homes]


def _ollama() -> list[Path]:
    """The last one is that of the service which Ollama's installer sets up on Linux."""
    usual = [Path("~/.ollama/models"), Path("/usr/share/ollama/.ollama/models")]
    return _expanded([*_named("OLLAMA_MODELS"), *usual])


def _jan() -> list[Path]:
    homes = [
        platformdirs.user_data_path("Jan", appauthor=False, roaming=True),
        platformdirs.user_data_path("jan.ai.app", appauthor=False, roaming=True),  # till 2026
        platformdirs.user_config_path("Jan", appauthor=False, roaming=True),  # before 2025
    ]
    chosen = [_folder_in(home / "settings.json", "data_folder") for home in homes]
    folders = [*_named("JAN_DATA_FOLDER"), *(path for path in chosen if path)]
    folders = _expanded([*folders, *(home / "data" for home in homes), Path("~/jan")])
    return [data / way for data in folders for way in ("llamacpp/models", "models")]


def _llama_cpp() -> list[Path]:
    own = platformdirs.user_cache_path("llama.cpp", appauthor=False, opinion=False)
    return _expanded([*_named("LLAMA_CACHE"), own])


def _named(variable: str) -> list[Path]:
    """The folder that the environment names, if it does."""
    value = os.environ.get(variable)
    return [Path(os.path.expandvars(value))] if value else []


def _expanded(paths: Iterable[Path]) -> list[Path]:
    return [Path(os.path.expanduser(path)) for path in paths]


def _folder_in(settings: Path, key: str) -> Path | None:
    """The folder that another program's settings name under ``key``."""
    value = _json(settings).get(key)
    if not isinstance(value, str) or not value:
        return None
    return settings.parent / os.path.expanduser(value)


def _json(path: Path) -> dict[str, Any]:
    """The object in a file, empty where there is none."""
    try:
        value = json.loads(_text(path))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(path: Path) -> str:
    """The content of a small regular file, empty where it cannot be read."""
    if _status(path) is None:
        return ""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_TEXT + 1)  # it may have grown meanwhile
    except OSError:
        return ""
    return data.decode("utf-8-sig", errors="replace") if len(data) <= _LONGEST_TEXT else ""
