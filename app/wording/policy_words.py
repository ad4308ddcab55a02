"""Sentences about what an administrator has decided, and about the files that say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.base import errors as e
from app.base.system_files import POLICY
from app.base.system_policy import Policy
from app.wording.language import tr


def set_by_organization() -> str:
    """Return the mark of whatever only an administrator can change."""
    return tr("Set by your organization.")


def forbidden_sentence(error: e.LocalServerForbidden | e.ToolsForbidden) -> str:
    """Return that the policy forbids what was asked for."""
    if isinstance(error, e.LocalServerForbidden):
        return tr("Your organization has turned off the local server.")
    return tr("Your organization has turned off tools.")


def system_file_sentence(error: e.SystemFileError) -> str:
    """Return what is wrong with a file of an administrator, where, and what holds until then."""
    if error.path.name == POLICY:
        until = tr(
            "Until your administrator fixes it, Fireside stays offline, and tools and the local "
            "server are off."
        )
    else:
        until = tr("Until your administrator fixes it, it isn’t used.")
    return f"{_fault(error)} {until}"


def _fault(error: e.SystemFileError) -> str:
    path = error.path
    match error:
        case e.SystemFileUnreadable(reason=reason):
            return tr("Couldn’t read {name} ({reason}).").format(name=path, reason=reason)
        case e.SystemFileUnsafe():
            return tr("Other users can change {path}, so it can’t be trusted.").format(path=path)
        case e.SystemFileBroken(line=line, detail=detail):
            told = tr("{path} is damaged in line {line} ({detail}).")
            return told.format(path=path, line=line, detail=detail)
        case e.SystemFileKeyUnknown(line=line, key=key):
            told = tr("{path} has an unknown setting in line {line}: {key}.")
            return told.format(path=path, line=line, key=key)
        case e.SystemFileValueWrong(line=line, key=key, wanted=wanted):
            told = tr("{path} has a wrong value for {key} in line {line}. It must be {wanted}.")
            return told.format(path=path, line=line, key=key, wanted=_wanted(wanted))
    return tr("Couldn’t use {path}.").format(path=path)


def _wanted(word: str) -> str:
    named = {
        "switch": tr("true or false"),
        "folders": tr("a list of absolute paths"),
        "tables": tr("a list of tables"),
    }
    return named.get(word, word)


def policy_summary(path: Path, policy: Policy, error: e.SystemFileError | None) -> str:
    """Return what the policy in the file at ``path`` decides, for the report."""
    if error:
        return system_file_sentence(error)
    if not path.exists():
        return tr("none ({path})").format(path=path)
    decided = ", ".join(_decided(policy)) or tr("nothing is restricted")
    return f"{decided} ({path})"


def _decided(policy: Policy) -> Iterator[str]:
    if policy.offline:
        yield tr("always offline")
    if not policy.tools:
        yield tr("tools off")
    if not policy.server:
        yield tr("local server off")
    for folder in policy.model_folders:
        yield tr("shared models in {folder}").format(folder=folder)
