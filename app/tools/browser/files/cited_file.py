"""The file that a citation leads to, for the user to open."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from app.base.folder import Folder
from app.tools.browser.files.folder_address import relative_of
from app.tools.browser.source_status import SourceEntry, SourceKind


def cited_file(entries: Iterable[SourceEntry], tool: str, address: str) -> Path | None:
    """Return the file at an address of one of the user's folders, given the key of its tool.

    None if there is none: the folder was removed from the list, or the file is not in it, whatever
    a stranger's chat says.
    """
    entry = next((e for e in entries if e.key == tool and e.kind is SourceKind.FOLDER), None)
    relative = relative_of(address, entry.name) if entry else None
    if not entry or not relative:
        return None
    try:
        with Folder(entry.path) as folder:
            return None if folder.status(relative).is_folder else entry.path / relative
    except OSError:
        return None
