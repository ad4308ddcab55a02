"""The place of a file in huggingface_hub's cache ("Understand caching" in its manual)."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from huggingface_hub import constants

from app.base.files import replacing


@dataclass(frozen=True, slots=True)
class CachePath:
    """The place of a file in the cache at ``cache``."""

    cache: Path
    repository: str
    file: str
    revision: str
    commit: str
    etag: str

    @property
    def folder(self) -> Path:
        """The repository's folder."""
        return repository_folder(self.cache, self.repository)

    @property
    def blob(self) -> Path:
        """The finished file, named by its ETag."""
        return self.folder / "blobs" / self.etag

    @property
    def lock(self) -> Path:
        """The lock that huggingface_hub takes for the same blob."""
        return self.cache / ".locks" / self.folder.name / f"{self.etag}.lock"

    @property
    def snapshot(self) -> Path:
        """The file by its name, in the snapshot of the commit."""
        return self.folder / "snapshots" / self.commit / PurePosixPath(self.file)

    def publish(self) -> Path:
        """Link the finished blob into the snapshot, and return its path there. Raises OSError."""
        target = self.snapshot
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.blob.exists() and not (target.exists() and target.samefile(self.blob)):
            target.unlink(missing_ok=True)
            self._link(target)
        # A commit requested by its hash need not be that of main; but other programs find files
        # through refs, so there has to be one.
        branch = constants.DEFAULT_REVISION if self.revision == self.commit else self.revision
        ref = self.folder / "refs" / branch
        if self.revision != self.commit or not ref.exists():
            ref.parent.mkdir(parents=True, exist_ok=True)
            write_text(ref, self.commit)
        return target

    def _link(self, target: Path) -> None:
        if not constants.HF_HUB_DISABLE_SYMLINKS:
            with contextlib.suppress(OSError):
                target.symlink_to(os.path.relpath(self.blob, target.parent))
                return
        self.blob.replace(target)  # as huggingface_hub does without symlinks

    def is_complete(self, size: int) -> bool:
        """Return whether the whole file is here, whichever program downloaded it."""
        return any(
            path.is_file() and path.stat().st_size == size for path in (self.blob, self.snapshot)
        )


def repository_folder(cache: Path, repository: str) -> Path:
    """Return the folder of a repository in the cache."""
    return cache / ("models--" + repository.replace("/", "--"))


def write_text(path: Path, text: str) -> None:
    """Write a file atomically, with the permissions that the umask gives."""
    with replacing(path) as file:
        file.write(text)
