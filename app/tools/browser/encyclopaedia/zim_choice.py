"""Whether a file may be added as an encyclopaedia, and what it is called."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from app.tools.browser.encyclopaedia.zim_bytes import ZimFault
from app.tools.browser.encyclopaedia.zim_file import ZimFile
from app.tools.browser.faults import NotAnEncyclopaedia, SourceKnown
from app.tools.browser.source_status import SourceEntry

_ENGLISH = ("eng", "en", "mul", "")


def checked_file(path: Path, known: Iterable[SourceEntry]) -> tuple[Path, str]:
    """Return the real path of a ZIM file, and its title with its language. Raises SourceError."""
    real = Path(os.path.realpath(path.expanduser()))
    for entry in known:
        if entry.path == real:
            raise SourceKnown(path, entry.name)
    try:
        file = ZimFile(real)
        try:
            title = file.metadata("Title") or real.stem
            language = file.metadata("Language").partition(",")[0]
        finally:
            file.close()
    except ZimFault as error:
        raise NotAnEncyclopaedia(path, str(error)) from error
    return real, title if language in _ENGLISH else f"{title} ({language})"
