"""The writing of an index, by one process at a time, and what can keep it from being written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.tools.browser.files.index_file import IndexDamaged, IndexFault, IndexFull
from app.tools.browser.index_process import IndexEnd, IndexTrouble


def written(index: Path, write: Callable[[], IndexEnd | IndexTrouble]) -> IndexEnd | IndexTrouble:
    """Return what the writing of an index comes to, or why it cannot be written now."""
    from filelock import FileLock, Timeout

    try:
        index.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{index}.lock").acquire(blocking=False):
            try:
                return write()
            except IndexDamaged:  # it was thrown away, so it is built anew
                return write()
    except Timeout:
        return IndexTrouble("busy")
    except IndexFull as error:
        return IndexTrouble("full", error.reason)
    except IndexFault as error:
        return IndexTrouble("unwritable", error.reason)
    except OSError as error:
        return IndexTrouble("unwritable", error.strerror or str(error))
