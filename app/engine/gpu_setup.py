"""The GPU library that the set-up compiles while Fireside runs, looked at in the background."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.jobs import Jobs

if TYPE_CHECKING:
    from app.engine.gpu_library import GpuBuild


class GpuSetup:
    """A service that looks how far it is, on threads of ``jobs``."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def progress(self) -> Future[GpuBuild | None]:
        """Read how far the library is; None if none is compiled."""

        def work() -> GpuBuild | None:
            from app.engine import gpu_library

            return gpu_library.progress(gpu_library.root())

        return self._jobs.submit(work)

    def backends(self) -> Future[tuple[str, ...]]:
        """Find for which backends there are GPU libraries beside llama.cpp."""

        def work() -> tuple[str, ...]:
            from app.engine import gpu_library

            return tuple(library.backend for library in gpu_library.found(gpu_library.root()))

        return self._jobs.submit(work)

    @property
    def log(self) -> Path:
        """The file with what the compiler has said."""
        from app.engine import gpu_library

        return gpu_library.log_file(gpu_library.root())
