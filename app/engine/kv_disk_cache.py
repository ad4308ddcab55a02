"""The KV cache of each chat on disk, so that nothing is processed twice.

Each entry is a folder, in a folder for each way to run a model (its identity)::

    kept/<identity>/<entry>/entry.json    the chat, and the sha256 of the other files
                            tokens        the token ids, four bytes each
                            state         llama.cpp's own file of the cache (24 KiB a token
                                          for gpt-oss-20b)
                            window-<n>    the window at the length n, for truncating to it

An entry is written under another name, and renamed to the sha256 of its identity and its header
when it is whole. Nothing in it is trusted: another identity is never looked at, and an entry with
a hash that differs is thrown away.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import uuid
from array import array
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FORMAT = 2
_HEADER = "entry.json"
_UNFINISHED = ".part"
_WINDOWS = 4  # of the newest checkpoints; each is 3 MiB for gpt-oss-20b
_SPARE = 2 << 30  # bytes that are left free on the disk


@dataclass(frozen=True, slots=True)
class CachedState:
    """An entry of the cache on disk."""

    folder: Path
    tokens: Sequence[int]
    windows: tuple[int, ...]
    hashes: dict[str, str]

    @property
    def state(self) -> Path:
        """The path of llama.cpp's file."""
        return self.folder / "state"

    def window(self, length: int) -> bytes:
        """Return the window as it was at a length. Raises OSError."""
        return (self.folder / f"window-{length}").read_bytes()


class DiskCache:
    """The entries of one identity; ``budget`` is the limit in bytes for all identities together."""

    def __init__(self, root: Path, identity: str, budget: int = 0) -> None:
        self._root = root
        self._folder = root / identity
        self.budget = budget
        self._writer: threading.Thread | None = None
        self._lock = threading.Lock()
        self._entries: list[CachedState] = []
        _remove_unfinished(root)
        for header in _found(self._folder, f"*/{_HEADER}"):
            if entry := _read(header.parent):
                self._entries.append(entry)
            else:
                shutil.rmtree(header.parent, ignore_errors=True)

    @property
    def entries(self) -> list[CachedState]:
        """All complete entries, in no particular order."""
        with self._lock:
            return list(self._entries)

    def set_budget(self, size: int) -> None:
        """Change the budget, and delete entries beyond it."""
        self.budget = size
        self._make_room()

    def put(
        self,
        tokens: Sequence[int],
        windows: dict[int, bytes],
        save: Callable[[Path], bool],
        chat: int | None,
    ) -> bool:
        """Save an entry, of which ``save`` writes llama.cpp's file.

        The hashes are computed on a thread of their own; until then, the entry is not among
        `entries`. Return False if there is no room or writing fails.
        """
        self.wait()
        folder = self._folder / f"{uuid.uuid4().hex}{_UNFINISHED}"
        try:
            folder.mkdir(parents=True)
            if _free(folder) < _SPARE or not save(folder / "state"):
                raise OSError
            (folder / "tokens").write_bytes(array("i", tokens).tobytes())
            for length in sorted(windows)[-_WINDOWS:]:
                (folder / f"window-{length}").write_bytes(windows[length])
            if _size(folder) > self.budget or _free(folder) < _SPARE:
                raise OSError
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            return False
        self._writer = threading.Thread(target=self._finish, args=(folder, chat), name="kept")
        self._writer.start()
        return True

    def take(self, entry: CachedState) -> bool:
        """Return whether an entry's hashes are right; delete it otherwise."""
        try:
            whole = _head(entry.folder).get("hashes") == entry.hashes == _hashes(entry.folder)
            os.utime(entry.folder / _HEADER)
        except OSError:
            whole = False
        if not whole:
            self.drop(entry)
        return whole

    def drop(self, entry: CachedState) -> None:
        """Delete an entry."""
        with self._lock:
            self._entries = [e for e in self._entries if e.folder != entry.folder]
        shutil.rmtree(entry.folder, ignore_errors=True)

    def wait(self) -> None:
        """Wait until the entry that was put last is complete."""
        if self._writer:
            self._writer.join()
            self._writer = None

    def _finish(self, folder: Path, chat: int | None) -> None:
        """Complete an entry, and make room for it."""
        try:
            text = json.dumps({"chat": chat, "hashes": _hashes(folder)})
            (folder / _HEADER).write_text(text, encoding="ascii")
            final = self._folder / _name(self._folder, text)
            folder.rename(final)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            return
        if entry := _read(final):
            size = len(entry.tokens)
            for other in self.entries:  # the ones that this one extends
                if other.tokens == entry.tokens[: len(other.tokens)] and len(other.tokens) <= size:
                    self.drop(other)
            with self._lock:
                self._entries.append(entry)
        self._make_room()

    def _make_room(self) -> None:
        """Delete the least recently used entries until the rest is within the budget."""
        gone = set(make_room(self._root, self.budget))
        with self._lock:
            self._entries = [e for e in self._entries if e.folder not in gone]


def make_room(root: Path, budget: int) -> Iterable[Path]:
    """Delete the oldest entries below ``root`` until the rest take at most ``budget`` bytes.

    The age is the time since the last use. Return the folders of the deleted ones.
    """
    found = []
    for header in _found(root, f"*/*/{_HEADER}"):
        with suppress(OSError):
            found.append((header.stat().st_mtime, header.parent, _size(header.parent)))
    found.sort(reverse=True)
    gone = []
    for _, folder, size in found:
        budget -= size
        if budget < 0:
            shutil.rmtree(folder, ignore_errors=True)
            gone.append(folder)
    return gone


def forget(root: Path, chat: int) -> None:
    """Delete all entries of a chat, and those that do not say which chat they are of."""
    _remove_unfinished(root)
    for header in _found(root, f"*/*/{_HEADER}"):
        if _head(header.parent).get("chat", chat) == chat:
            shutil.rmtree(header.parent, ignore_errors=True)


def chats(root: Path) -> set[int]:
    """Return the chats that have entries, according to their headers; no hash is checked."""
    said = set()
    for header in _found(root, f"*/*/{_HEADER}"):
        with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            said.add(json.loads(header.read_text(encoding="ascii"))["chat"])
    return {chat for chat in said if isinstance(chat, int)}


def identity(path: Path, *facts: object) -> str:
    """Return a name for one way to run the model at ``path``.

    It is a hash of samples of 64 KiB from all over the file, and of ``facts``: everything else that
    has to be equal for a cached state to fit. Raises OSError.
    """
    digest = _sha256(repr((_FORMAT, path.stat().st_size, facts)).encode())
    with path.open("rb") as file:
        size = path.stat().st_size
        for sample in range(64):
            file.seek(size * sample // 64)
            digest.update(file.read(1 << 16))
    return str(digest.hexdigest())[:24]


def _found(folder: Path, pattern: str) -> list[Path]:
    try:
        return list(folder.glob(pattern))
    except OSError:  # a failing disk has no entries
        return []


def _remove_unfinished(root: Path) -> None:
    for unfinished in _found(root, f"*/*{_UNFINISHED}"):
        shutil.rmtree(unfinished, ignore_errors=True)


def _sha256(data: bytes) -> Any:
    """Return a hash object; hashlib loads OpenSSL, which a window need not wait for."""
    import hashlib

    return hashlib.sha256(data)


def _name(folder: Path, header: str) -> str:
    """Return an entry's name, the hash of its identity and header."""
    return str(_sha256((folder.name + header).encode()).hexdigest())[:32]


def _head(folder: Path) -> dict[str, Any]:
    """Return an entry's header; empty if it is damaged."""
    with suppress(OSError, ValueError, TypeError, RecursionError):
        text = (folder / _HEADER).read_text(encoding="ascii")
        if folder.name == _name(folder.parent, text):
            return dict(json.loads(text))
    return {}


def _read(folder: Path) -> CachedState | None:
    """Return the entry in a folder, or None if it is invalid."""
    try:
        hashes = {str(name): str(value) for name, value in _head(folder)["hashes"].items()}
        data = (folder / "tokens").read_bytes()
        tokens = array("i", data)
        lengths = (name.removeprefix("window-") for name in hashes if name.startswith("window-"))
        windows = tuple(sorted(int(length) for length in lengths))
        is_whole = _sha256(data).hexdigest() == hashes["tokens"]
        if not is_whole or any(not 0 < length <= len(tokens) for length in windows):
            return None
        return CachedState(folder, tokens.tolist(), windows, hashes)
    except (OSError, ValueError, LookupError, AttributeError):
        return None


def _hashes(folder: Path) -> dict[str, str]:
    """Return the sha256 of each file except the header."""
    import hashlib

    result = {}
    for path in sorted(folder.iterdir()):
        if path.name != _HEADER:
            with path.open("rb") as file:
                result[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return result


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free
