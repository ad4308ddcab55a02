"""Find the models on this disk, whichever program downloaded them. Only headers are read.

Where each program keeps its models, according to its source code (resources/outside.toml has the
commits and dates):

Hugging Face  ``hub/models--org--repo/snapshots/<revision>/<file>``, links to ``blobs``.
              llama.cpp since 2026, too.
LM Studio     ``models/<publisher>/<model>/<file>`` in its home, which
              ``~/.lmstudio-home-pointer`` may name; ``downloadsFolder`` in settings.json may name
              another folder of models.
Ollama        ``manifests/<host>/<namespace>/<name>/<tag>``, JSON whose layers name
              ``blobs/sha256-<hex>``. Two changes that are proposed there are read as well: a
              folder ``manifests-v2``, and manifests that list others, which are blobs.
Jan           ``<data>/llamacpp/models/<id>/model.yml`` with ``model_path``, absolute or from
              ``<data>``. Before 2025 ``models``, with the files below.
llama.cpp     files in one folder, or Hugging Face's layout.

Unfinished downloads have another suffix everywhere, or are in no manifest. The files of an
unfinished move by `file_operations` are hidden (`unfinished`).
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
_LONGEST_TEXT = 1 << 20  # bytes
_OLLAMA_MODEL = "application/vnd.ollama.image.model"
_OLLAMA_HOSTS = ("registry.ollama.ai", "ollama.com")


class ModelSource(StrEnum):
    """The program that keeps models in a folder; the value is its name."""

    HUGGING_FACE = "Hugging Face"
    LM_STUDIO = "LM Studio"
    OLLAMA = "Ollama"
    JAN = "Jan"
    LLAMA_CPP = "llama.cpp"
    CHOSEN = "Folder"
    SHARED = "Shared"
    """One that an administrator has named for all users; it is only read."""


@dataclass(frozen=True, slots=True)
class SearchFolder:
    """A folder to search, or a single file chosen by the user."""

    kind: ModelSource
    path: Path


@dataclass(frozen=True, slots=True)
class JanDescription:
    """Jan's description of a model, in the file at ``path``: the model's name and file."""

    path: Path
    name: str
    file: Path


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model that was found."""

    path: Path
    """The file that llama.cpp opens: the first of ``files``."""
    name: str
    size: int
    """The size of all ``files`` in bytes."""
    place: SearchFolder
    files: tuple[Path, ...]
    """Its parts that exist."""
    problem: ModelError | None = None
    """Why Fireside cannot run it, if so; ModelMissing names a missing part."""
    offer: str = ""
    """The name of the offer that it is a conversion of, if it is one."""
    hashes: tuple[str | None, ...] = ()
    """The sha256 of each file, known if the file is named by it, else None."""

    @property
    def title(self) -> str:
        """The name to show.

        That is the offer's name for an offered file: "gpt-oss-20b" for "gpt-oss-20b-MXFP4". Else it
        is its name without folders; with them for Ollama, which names models so.
        """
        if self.offer and self.path.stem.lower() == f"{self.offer}-mxfp4":
            return self.offer
        ollama = self.place.kind is ModelSource.OLLAMA
        return self.name if ollama else self.name.rpartition("/")[2]


def places(chosen: Iterable[Path] = (), shared: Iterable[Path] = ()) -> tuple[SearchFolder, ...]:
    """Return the folders that may have models, existing or not, and then the chosen ones.

    A program's default folder is included even if the environment names another one: Fireside
    started from a menu may not have the environment of the shell. Those ``shared`` by an
    administrator come first: what is in them counts as shared wherever else they are named.
    """
    found = [
        *(SearchFolder(ModelSource.SHARED, path) for path in shared),
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
    """Yield each model in ``places`` as it is found, once, for the first place that has it.

    Ends soon after ``stop`` is set. Folders that cannot be read are skipped.
    """
    stop = stop or threading.Event()
    seen: set[object] = set()
    for place in places:
        for name, path in _FINDERS.get(place.kind, _in_folder)(place.path, stop):
            if stop.is_set():
                return
            parts = gpt_oss.parts(path)
            existing = _existing(parts)
            key = _identity(existing[0] if existing else path)
            if key not in seen and not any(_status(unfinished(part)) for part in parts):
                seen.add(key)
                if not _is_companion(model := _model(place, name, parts)):
                    yield model


def _is_companion(model: InstalledModel) -> bool:
    """Return whether it is a companion file, by its header, or by its name if it is no offer."""
    return isinstance(model.problem, NoModel) or (
        not model.offer and companion_files.is_companion_name(model.path.name)
    )


def inspect(path: Path) -> InstalledModel:
    """Return the model that the file at ``path`` is or is a part of, whatever its name.

    If there is no such file, ``problem`` says so.
    """
    path = path.absolute()
    return _model(
        SearchFolder(ModelSource.CHOSEN, path), _name(path, path.parent), gpt_oss.parts(path)
    )


def unfinished(path: Path) -> Path:
    """Return the hidden name that a file has while it is being moved to ``path``.

    A model is not listed while one of its parts has such a name.
    """
    return path.with_name(f".{path.name}.fireside-move")


def _model(place: SearchFolder, name: str, parts: list[Path]) -> InstalledModel:
    existing = _existing(parts)
    size = sum(status.st_size for part in existing if (status := _status(part)))
    path = (existing or tuple(parts))[0]
    hashes = tuple(_hash(part) for part in existing)
    try:
        header = gpt_oss.read(parts)
    except ModelError as error:
        return InstalledModel(path, name, size, place, existing, error, "", hashes)
    # A fine-tuned model has the same shape (gguf-py: Keys.General.FINETUNE).
    tuned = header.metadata.get("general.finetune")
    offer = None if tuned else catalog.conversion(header)
    return InstalledModel(
        path, name, size, place, existing, None, offer.name if offer else "", hashes
    )


def _hash(path: Path) -> str | None:
    """Return the sha256 of a file that the hub's cache or Ollama names by it."""
    named = re.fullmatch(r"(?:sha256-)?([0-9a-f]{64})", Path(os.path.realpath(path)).name)
    return named[1] if named else None


def _existing(parts: list[Path]) -> tuple[Path, ...]:
    return tuple(part for part in parts if _status(part) is not None)


def _status(path: Path) -> os.stat_result | None:
    """Return the status of a regular file, None for all else."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _identity(path: Path) -> object:
    """Return a value that is equal for all paths to one file or folder, through links, too."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return str(path)
    # Some network file systems have no inode numbers.
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(path)


def _walk(root: Path, suffix: str, stop: threading.Event) -> Iterator[Path]:
    """Yield the regular files below ``root`` that end in ``suffix``.

    Links are followed, but no folder is entered twice; unreadable folders are skipped.
    """
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
            # Hidden files are unfinished copies, or macOS's metadata on other file systems.
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
    """Return a file's path from ``root``, or, in the hub's cache, from the repository's name."""
    title = gguf.unnumbered(path.stem)
    hub = re.search(r"/models--([^/]+)/snapshots/[^/]+/(.+)", f"{path.parent.as_posix()}/{title}")
    if hub:
        return f"{hub[1].replace('--', '/')}/{hub[2]}"
    return "/".join([*path.relative_to(root).parent.parts, title])


def _in_ollama(root: Path, stop: threading.Event) -> Iterator[tuple[str, Path]]:
    """Yield the models that manifests list, named as by ``ollama list``."""
    for path in sorted(glob.iglob("manifests*/*/*/*/*", root_dir=root)):
        host, namespace, model, tag = Path(path).parts[-4:]
        known = host in _OLLAMA_HOSTS
        owner = "" if known and namespace == "library" else f"{namespace}/"
        manifest = _json(root / path)
        listed = [_json(blob) for blob in _blobs(root, manifest.get("manifests"))]
        for each in (manifest, *listed):
            for blob in _blobs(root, each.get("layers"), _OLLAMA_MODEL):
                yield f"{'' if known else host + '/'}{owner}{model}:{tag}", blob


def _blobs(root: Path, layers: object, media_type: str = "") -> Iterator[Path]:
    """Yield Ollama's files for ``layers``, all or those of one media type."""
    for layer in layers if isinstance(layers, list) else ():
        if not isinstance(layer, dict) or media_type not in ("", layer.get("mediaType")):
            continue
        digest = str(layer.get("digest"))
        if re.fullmatch(r"sha256[:-][0-9a-fA-F]{64}", digest):
            yield root / "blobs" / digest.replace(":", "-")


def _in_jan(root: Path, stop: threading.Event) -> Iterator[tuple[str, Path]]:
    """Yield the files that Jan describes, with Jan's names, and then any others."""
    for description in jan_descriptions(root, stop):
        yield description.name, description.file
    yield from _in_folder(root, stop)


def jan_descriptions(root: Path, stop: threading.Event) -> Iterator[JanDescription]:
    """Yield Jan's descriptions of its models in ``root``."""
    for path in _walk(root, "model.yml", stop):
        # Jan writes one key per line; two keys do not justify a YAML parser in the package.
        lines = re.findall(r"^(\w+): *(.*?) *$", _text(path), re.MULTILINE)
        fields = {key: value.strip("'\"") for key, value in lines}
        if fields.get("model_path"):
            # Relative to the data folder, of which ``root`` is llamacpp/models.
            name = fields.get("name") or path.parent.relative_to(root).as_posix()
            yield JanDescription(path, name, root.parent.parent / fields["model_path"])


_FINDERS: dict[ModelSource, Callable[[Path, threading.Event], Iterator[tuple[str, Path]]]] = {
    ModelSource.OLLAMA: _in_ollama,
    ModelSource.JAN: _in_jan,
}


def hub_cache() -> Path:
    """Return the folder where huggingface_hub keeps what it downloads."""
    return _hugging_face()[0]


def _hugging_face() -> list[Path]:
    """Return the hub's caches, in the order of huggingface_hub's constants.py."""
    bases = [*_from_environment("XDG_CACHE_HOME"), Path("~/.cache")]
    homes = [*_from_environment("HF_HOME"), *(base / "huggingface" for base in bases)]
    caches = [*_from_environment("HF_HUB_CACHE"), *_from_environment("HUGGINGFACE_HUB_CACHE")]
    return _expanded([*caches, *(home / "hub" for home in homes)])


def lm_studio_homes() -> list[Path]:
    """Return the folders that may be LM Studio's."""
    pointer = _text(Path.home() / ".lmstudio-home-pointer").strip()
    homes = [Path(pointer)] if pointer else []
    return _expanded([*homes, Path("~/.lmstudio"), Path("~/.cache/lm-studio")])


def _lm_studio() -> list[Path]:
    homes = lm_studio_homes()
    # The Electron application's folder, where some installations have the settings.
    older = platformdirs.user_config_path("LM Studio", appauthor=False, roaming=True)
    chosen = [_folder_in(home / "settings.json", "downloadsFolder") for home in (*homes, older)]
    return [path for path in chosen if path] + [home / "models" for home in homes]


def _ollama() -> list[Path]:
    """Return Ollama's folders, with that of the service that its installer sets up on Linux."""
    usual = [Path("~/.ollama/models"), Path("/usr/share/ollama/.ollama/models")]
    return _expanded([*_from_environment("OLLAMA_MODELS"), *usual])


def jan_data_folders() -> list[Path]:
    """Return the folders that may be Jan's for data."""
    homes = [
        platformdirs.user_data_path("Jan", appauthor=False, roaming=True),
        platformdirs.user_data_path("jan.ai.app", appauthor=False, roaming=True),  # until 2026
        platformdirs.user_config_path("Jan", appauthor=False, roaming=True),  # before 2025
    ]
    chosen = [_folder_in(home / "settings.json", "data_folder") for home in homes]
    folders = [*_from_environment("JAN_DATA_FOLDER"), *(path for path in chosen if path)]
    return _expanded([*folders, *(home / "data" for home in homes), Path("~/jan")])


def _jan() -> list[Path]:
    folders = jan_data_folders()
    return [data / name for data in folders for name in ("llamacpp/models", "models")]


def _llama_cpp() -> list[Path]:
    own = platformdirs.user_cache_path("llama.cpp", appauthor=False, opinion=False)
    return _expanded([*_from_environment("LLAMA_CACHE"), own])


def _from_environment(variable: str) -> list[Path]:
    """Return the folder that an environment variable names, if it is set."""
    value = os.environ.get(variable)
    return [Path(os.path.expandvars(value))] if value else []


def _expanded(paths: Iterable[Path]) -> list[Path]:
    return [Path(os.path.expanduser(path)) for path in paths]


def _folder_in(settings: Path, key: str) -> Path | None:
    """Return the folder under ``key`` in another program's settings, if any."""
    value = _json(settings).get(key)
    if not isinstance(value, str) or not value:
        return None
    return settings.parent / os.path.expanduser(value)


def _json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file, empty if there is none."""
    try:
        value = json.loads(_text(path))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(path: Path) -> str:
    """Return the text of a small regular file, empty if it cannot be read."""
    if _status(path) is None:
        return ""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_TEXT + 1)  # the file may have grown meanwhile
    except OSError:
        return ""
    return data.decode("utf-8-sig", errors="replace") if len(data) <= _LONGEST_TEXT else ""
