"""Explanations of errors of folders and encyclopaedias that are added."""

from __future__ import annotations

from app.tools.browser import faults as f
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
            text = tr("{name} contains too much, including private files. Add a folder inside it.")
        case f.FolderPrivate():
            text = tr(
                "{name} can’t be added: it contains keys, system files or Fireside’s own data."
            )
        case f.NotAnEncyclopaedia():
            text = tr("Can’t add {name}: it isn’t a complete ZIM file.")
        case f.SourceKnown():
            return tr("Already added as “{known}”.").format(known=one_line(error.name))
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
            text = tr("Couldn’t index {name}: reading it failed again and again.")
        case _:
            text = tr("Can’t use {name}.")
    return text.format(name=name, reason=one_line(getattr(error, "reason", "")))
