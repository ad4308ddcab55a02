"""The wall on macOS: Seatbelt, by which Chromium shuts its renderers in, too. Written, not run.

The profile denies everything that it does not name. Apple marks its interface as deprecated since
2016, and enforces it (macOS 15, 26). Descriptors that are open already go on working.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path

from app.tools.python.wall import Wall
from app.tools.python.wall.detachment import detach, own_files

_LARGEST_FILE = 4 << 20
_PROFILE = """
(version 1)
(deny default)
(deny process-fork)
(deny process-exec*)
(deny network*)
(deny mach-lookup)
(allow process-info* (target self))
(allow signal (target self))
(allow sysctl-read)
(allow file-read-metadata)
(allow file-read* (literal "/") (literal "/dev/urandom") (literal "/dev/random"))
(allow file-read* file-write-data (literal "/dev/null") (literal "/dev/zero"))
(allow file-read* file-map-executable (subpath "/usr/lib") (subpath "/System/Library"))
(allow file-read* file-write* (subpath (param "SCRATCH")))
(deny file-link)
(deny file-write-create (vnode-type SYMLINK) (vnode-type FIFO) (vnode-type SOCKET))
"""
_READABLE = '(allow file-read* file-map-executable (subpath (param "READ{0}")))\n'


def lock(readable: Sequence[Path], scratch: Path, memory: int, descriptors: Sequence[int]) -> Wall:
    """Put this process behind the wall; see `app.tools.python.wall.lock`.

    ``memory`` has no effect: macOS does not enforce RLIMIT_DATA. WebAssembly's own cap holds.
    """
    import resource  # Unix has it

    scratch = scratch.resolve(strict=True)
    detach(scratch, descriptors)
    for kind, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, _LARGEST_FILE)):
        resource.setrlimit(kind, (most, most))
    paths = [path.resolve() for path in (*readable, *own_files())]
    holds = _sandbox(paths, scratch)
    return Wall(("limits", "Seatbelt"), ()) if holds else Wall(("limits",), ("Seatbelt",))


def _sandbox(readable: Sequence[Path], scratch: Path) -> bool:
    rules = "".join(_READABLE.format(index) for index in range(len(readable)))
    pairs = [("SCRATCH", str(scratch))]
    pairs += [(f"READ{index}", str(path)) for index, path in enumerate(readable)]
    texts = [os.fsencode(text) for pair in pairs for text in pair]
    parameters = (ctypes.c_char_p * (len(texts) + 1))(*texts, None)
    error = ctypes.c_char_p()
    try:
        begin = ctypes.CDLL("/usr/lib/libSystem.B.dylib").sandbox_init_with_parameters
    except (OSError, AttributeError):
        return False
    begin.argtypes = (ctypes.c_char_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_void_p)
    profile = (_PROFILE + rules).encode()
    return int(begin(profile, 0, parameters, ctypes.byref(error))) == 0
