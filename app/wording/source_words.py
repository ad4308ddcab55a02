"""Words about the user's folders and encyclopaedias: their status, and what they take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.tools.browser.source_status import (
    IndexState,
    SkippedFiles,
    SkipReason,
    SourceKind,
    SourceStatus,
)
from app.tools.visible import one_line
from app.wording.errors import explain
from app.wording.language import tr
from app.wording.quantities import duration, gigabytes, percent

_EXAMPLES = 4  # names of files that are left out


def source_state(status: SourceStatus) -> str:
    """Return the status of a source, in one line: "5,012 files", "Reading… 40%, 12 s left"."""
    is_folder = status.entry.kind is SourceKind.FOLDER
    match status.state:
        case IndexState.WAITING:
            return tr("Waiting…")
        case IndexState.INDEXING:
            return _reading(status)
        case IndexState.PAUSED:
            return " · ".join((tr("Paused"), documents(status)))
        case IndexState.MISSING:
            return tr("Folder not found") if is_folder else tr("File not found")
        case IndexState.FAILED:
            return explain(status.problem).sentence if status.problem else tr("Failed")
    return documents(status)


def documents(status: SourceStatus) -> str:
    """Return how much can be searched: "5,012 files"."""
    if status.entry.kind is SourceKind.FOLDER:
        return tr("%Ln file(s)", "", status.documents)
    return tr("%Ln article(s)", "", status.documents)


def share_of(status: SourceStatus) -> float:
    """Return how much has been read, from 0 to 1."""
    return status.done / status.total if status.total else 0.0


def has_trouble(status: SourceStatus) -> bool:
    """Return whether a source's state needs the user."""
    return status.state in (IndexState.MISSING, IndexState.FAILED)


def is_reading(status: SourceStatus) -> bool:
    """Return whether a source is not read to its end yet."""
    return status.state in (IndexState.WAITING, IndexState.INDEXING, IndexState.PAUSED)


def size_on_disk(status: SourceStatus) -> str:
    """Return how much can be searched, and what its index takes."""
    size = tr("index {size}").format(size=gigabytes(status.size))
    return " · ".join((documents(status), size))


def skipped_sentences(skipped: Iterable[SkippedFiles]) -> Iterator[str]:
    """Yield why files were left out, with the first of them by name."""
    for each in skipped:
        first = each.examples[:_EXAMPLES]
        names = ", ".join(map(one_line, first))
        more = each.count > len(first)
        text = _skipped(each.reason, each.count)
        yield f"{text}: {names}{', …' if more else ''}" if names else text


def removal_sentence(status: SourceStatus) -> str:
    """Return what is removed with a source, and what stays."""
    size = gigabytes(status.size)
    if status.entry.kind is SourceKind.FOLDER:
        text = tr("Its index ({size}) is deleted. The folder itself and its files stay.")
    else:
        text = tr("Its index ({size}) is deleted. The file itself stays.")
    return " ".join(
        (
            text.format(size=size),
            tr("Pages cited in chats stay there until you delete the chats."),
        )
    )


def sources_summary(statuses: Iterable[SourceStatus]) -> str:
    """Return all of them in one line without their names, for diagnostics."""
    found = list(statuses)
    if not found:
        return tr("none")
    folders = [each for each in found if each.entry.kind is SourceKind.FOLDER]
    zims = [each for each in found if each.entry.kind is SourceKind.ENCYCLOPAEDIA]
    parts = []
    if folders:
        files = tr("%Ln file(s)", "", sum(each.documents for each in folders))
        parts.append(tr("%n folder(s) with {files}", "", len(folders)).format(files=files))
    if zims:
        parts.append(tr("%n encyclopaedia(s)", "", len(zims)))
    parts.append(tr("indexes {size}").format(size=gigabytes(sum(each.size for each in found))))
    parts += [tr("%n not found", "", lost)] if (lost := _count(found, IndexState.MISSING)) else []
    parts += [tr("%n failed", "", lost)] if (lost := _count(found, IndexState.FAILED)) else []
    reading = sum(is_reading(each) for each in found)
    parts += [tr("%n being read", "", reading)] if reading else []
    return ", ".join(parts)


def _count(statuses: Iterable[SourceStatus], state: IndexState) -> int:
    return sum(each.state is state for each in statuses)


def _reading(status: SourceStatus) -> str:
    if not status.total:
        return tr("Reading…")
    share = percent(share_of(status))
    if status.seconds_left is None:
        return tr("Reading… {share}").format(share=share)
    left = duration(max(1.0, status.seconds_left))
    return tr("Reading… {share}, {time} left").format(share=share, time=left)


def _skipped(reason: SkipReason, count: int) -> str:
    match reason:
        case SkipReason.KIND:
            return tr("%Ln file(s) without text, such as images", "", count)
        case SkipReason.SIZE:
            return tr("%Ln file(s) too large", "", count)
        case SkipReason.UNREADABLE:
            return tr("%Ln file(s) that can’t be opened", "", count)
        case SkipReason.ENCRYPTED:
            return tr("%Ln file(s) with a password", "", count)
        case SkipReason.EMPTY:
            return tr("%Ln empty or scanned file(s)", "", count)
        case SkipReason.DAMAGED:
            return tr("%Ln damaged file(s)", "", count)
        case SkipReason.STUCK:
            return tr("%Ln file(s) that took too long", "", count)
        case SkipReason.SECRET:
            return tr("%Ln key or password file(s)", "", count)
        case SkipReason.REMOTE:
            return tr("%Ln file(s) only in the cloud", "", count)
    return tr("%Ln file(s) beyond the limit", "", count)
