"""The operating system's wall around the process in which a model's code runs.

The first boundary is WebAssembly. This is the second: what would hold if the first were broken.
What the process may still do behind it: compute, read its own program, write to its scratch
folder and to the pipes that it was started with.

::

    linux         no_new_privs, Landlock, seccomp, limits; no root, no helper, no namespaces
    landlock      which files may be opened (Linux)
    seccomp       which system calls may be made (Linux): the program for the kernel's filter
    system_calls  the numbers of those calls on x86-64 and arm64
    detachment    what a process lets go of first: descriptors, terminal, environment (Unix)
    examination   what the wall consists of here, for the diagnosis
    macos         Seatbelt; written, not run
    windows       a job object and mitigation policies; written, not run

**Use.** `lock` is the first thing that the process does: before any other package is imported,
since on Linux both Landlock and seccomp hold the calling thread only. What a wall cannot do is the
parent's part: start the process with an empty environment, a scratch folder of its own, no
descriptors but its pipes, and **from a thread that lives as long as the process shall**: Linux ends
a process with the thread that started it (PDEATHSIG). The parent must not trust what it is sent,
either: never unpickle it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Wall:
    """What a wall consists of: names of the system's own means, such as ``Landlock 7``.

    ``missing`` are those that this system should have and has not, such as in a container.
    """

    layers: tuple[str, ...]
    missing: tuple[str, ...] = ()


def lock(
    readable: Sequence[Path],
    scratch: Path,
    memory: int,
    descriptors: Sequence[int] = (0, 1, 2),
) -> Wall:
    """Put this process behind the wall, for good; return what holds.

    ``readable`` are files and folders that it may read beside its own program and Python's library,
    ``scratch`` the one folder that it may write to, which exists; it becomes the working and the
    temporary folder. ``memory`` is how many bytes of memory of its own it may take (on Linux and
    Windows), ``descriptors`` the pipes that stay open (not on Windows): every other one is closed,
    and of the standard three those that are not named lead nowhere from now on.

    Never raises for what the system lacks: that is in the result. Raises RuntimeError if other
    threads run already, and OSError if ``scratch`` cannot be used.
    """
    if sys.platform == "linux":
        from app.tools.python.wall import linux

        return linux.lock(readable, scratch, memory, descriptors)
    if sys.platform == "darwin":
        from app.tools.python.wall import macos

        return macos.lock(readable, scratch, memory, descriptors)
    from app.tools.python.wall import windows

    return windows.lock(memory, scratch)
