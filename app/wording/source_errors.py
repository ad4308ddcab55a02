"""Explanations of errors of folders and encyclopaedias that are added."""

from __future__ import annotations

from app.tools.browser import faults as f
from app.tools.browser.source_status import SkippedFiles, SkipReason
from app.tools.visible import one_line
from app.wording.language import tr


def source_sentence(error: f.SourceError) -> str:
    """Return the sentence for an error of a folder or an encyclopaedia."""
    name = one_line(error.path.name or str(error.path))
    match error:
        case f.NotAFolder():
            text = tr("{name} isn’t a folder.")
        case f.FolderUnreadable():
            text = tr("Can’t read {name} ({reason}). Check that you have permission to open it.")
        case f.FolderTooWide():
            text = tr("{name} holds too much, and much that is private. Add a folder inside it.")
        case f.FolderPrivate():
            text = tr("{name} can’t be added: it holds keys, system files or Fireside’s own data.")
        case f.NotAnEncyclopaedia():
            text = tr("Can’t add {name}: it isn’t a complete ZIM file.")
        case f.SourceKnown():
            return tr("This is already added as “{known}”.").format(known=one_line(error.name))
        case f.FolderNested():
            return tr("{name} overlaps with “{known}”. Remove that one first.").format(
                name=name, known=one_line(error.name)
            )
        case f.SourceListUnwritable():
            text = tr("Couldn’t save the list of folders ({reason}).")
        case f.IndexDiskFull():
            text = tr("Not enough disk space to index {name}. Free up some space to continue.")
        case f.IndexUnwritable():
            text = tr("Couldn’t save the index of {name} ({reason}).")
        case f.IndexingFailed():
            text = tr("Couldn’t index {name} ({reason}).")
        case _:
            text = tr("Can’t use {name}.")
    return text.format(name=name, reason=one_line(getattr(error, "reason", "")))


def skipped_sentence(skipped: SkippedFiles) -> str:
    """Return how many files were skipped, and why: "12 files skipped: too large"."""
    count = tr("%Ln file(s) skipped:", "", skipped.count)
    return f"{count} {skip_reason(skipped.reason)}"


def skip_reason(reason: SkipReason) -> str:
    """Return why files were skipped, for use after their number."""
    match reason:
        case SkipReason.KIND:
            return tr("unsupported type")
        case SkipReason.SIZE:
            return tr("too large")
        case SkipReason.UNREADABLE:
            return tr("no permission to read")
        case SkipReason.ENCRYPTED:
            return tr("password-protected")
        case SkipReason.EMPTY:
            return tr("no text, or scanned pages only")
        case SkipReason.DAMAGED:
            return tr("damaged")
        case SkipReason.STUCK:
            return tr("took too long to read")
        case SkipReason.SECRET:
            return tr("keys and passwords")
        case SkipReason.REMOTE:
            return tr("in the cloud only")
        case SkipReason.MANY:
            return tr("too many files")
    return tr("can’t be read")
