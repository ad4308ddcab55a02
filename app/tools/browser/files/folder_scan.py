"""What there is to read in a folder: its files, but for what is excluded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from app.base.folder import Folder, FolderItem
from app.tools.browser.files import ignore_rules
from app.tools.browser.files.exclusions import (
    has_no_text,
    is_foreign,
    is_never_read,
    is_secret,
    largest,
)
from app.tools.browser.files.ignore_rules import IgnoreRules
from app.tools.browser.source_status import SkipReason

MOST_FILES = 200_000
"""The files of a folder that are read."""
_MOST_SEEN = 2_000_000  # entries that are looked at
_DEEPEST = 40  # folders within each other


@dataclass(slots=True)
class FolderScan:
    """What a look through a folder has found.

    ``files`` are the sizes and times of change (in nanoseconds) of the files to read, by their
    paths, those nearest to the root first. ``skipped`` are the reasons for others. ``unread`` are
    folders that could not be looked into: nothing is known of what is in them.
    """

    files: dict[str, tuple[int, int]] = field(default_factory=dict)
    skipped: dict[str, SkipReason] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)

    def is_unknown(self, relative: str) -> bool:
        """Return whether a path is in a folder that could not be looked into."""
        if not self.unread:
            return False
        parts = relative.split("/")
        return any("/".join(parts[:end]) in self.unread for end in range(len(parts)))


def scan(
    folder: Folder,
    seen: Callable[[int], None] = lambda count: None,
    without: Collection[str] = (),
) -> FolderScan:
    """Look through a folder, breadth first.

    ``seen`` is called now and then with the number of entries so far. ``without`` are paths that
    are left out. Raises OSError if the folder itself cannot be read.
    """
    result = FolderScan()
    waiting: deque[tuple[str, int, IgnoreRules]] = deque([("", 0, IgnoreRules())])
    count = 0
    while waiting:
        relative, depth, rules = waiting.popleft()
        try:
            items = folder.entries(relative)
        except OSError:
            if not relative:
                raise
            result.unread.add(relative)
            result.skipped[relative] = SkipReason.UNREADABLE
            continue
        count += len(items)
        seen(count)
        if relative and is_foreign({item.name for item in items}):
            continue
        rules = _rules_of(folder, relative, items, rules)
        for item in sorted(items, key=lambda each: each.name):
            path = f"{relative}/{item.name}" if relative else item.name
            if path in without or _is_excluded(item, path, rules):
                continue
            if not item.is_folder:
                _add_file(result, item, path)
            elif depth + 1 < _DEEPEST and count < _MOST_SEEN:
                waiting.append((path, depth + 1, rules))
            else:
                result.unread.add(path)
                result.skipped[path] = SkipReason.MANY
    return result


def admits(folder: Folder, relative: str, without: Collection[str] = ()) -> bool:
    """Return whether a file would be read now, spelled like that, by all rules around it.

    Raises OSError.
    """
    parts = relative.split("/")
    rules, inside, result = IgnoreRules(), "", FolderScan()
    for number, part in enumerate(parts):
        items = folder.entries(inside)
        if inside and is_foreign({item.name for item in items}):
            return False
        rules = _rules_of(folder, inside, items, rules)
        inside = "/".join(parts[: number + 1])
        item = next((each for each in items if each.name == part), None)
        if item is None or inside in without or _is_excluded(item, inside, rules):
            return False
        if not item.is_folder:
            _add_file(result, item, inside)
            break
    return relative in result.files


def _rules_of(
    folder: Folder, relative: str, items: Collection[FolderItem], rules: IgnoreRules
) -> IgnoreRules:
    """Return the rules that hold in a folder."""
    there = {item.name for item in items if not item.is_folder}
    texts = []
    for name in ignore_rules.NAMES:
        if name in there:
            path = f"{relative}/{name}" if relative else name
            try:
                data = folder.read(path, ignore_rules.LARGEST)
            except OSError:
                continue
            texts.append(data.decode("utf-8", "surrogateescape"))
    return rules.inside(relative, texts) if texts else rules


def _is_excluded(item: FolderItem, path: str, rules: IgnoreRules) -> bool:
    return is_never_read(item) or rules.exclude(path, is_folder=item.is_folder)


def _add_file(result: FolderScan, item: FolderItem, path: str) -> None:
    reason: SkipReason | None = None
    if is_secret(item.name, item.size):
        reason = SkipReason.SECRET
    elif has_no_text(item.name):
        reason = SkipReason.KIND
    elif item.is_remote:
        reason = SkipReason.REMOTE
    elif item.size > largest(item.name):
        reason = SkipReason.SIZE
    elif item.size == 0:
        reason = SkipReason.EMPTY
    elif len(result.files) >= MOST_FILES:
        reason = SkipReason.MANY
    if reason:
        result.skipped[path] = reason
    else:
        result.files[path] = (item.size, item.mtime_ns)
