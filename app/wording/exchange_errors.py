"""Explanations of errors in reading or writing files of chats and presets."""

from __future__ import annotations

from app.base import errors as e
from app.wording.language import tr
from app.wording.quantities import gigabytes


def exchange_sentence(error: e.ExchangeError) -> str:
    name = error.path.name
    match error:
        case e.ExchangeUnreadable():
            return tr("“{name}” cannot be read ({reason}). Check who may read it.").format(
                name=name, reason=error.reason
            )
        case e.ExchangeUnknown():
            return tr(
                "“{name}” holds no chats that Fireside can read. Choose an export of Fireside, "
                "ChatGPT, Claude (the .zip or conversations.json), LM Studio or Open WebUI."
            ).format(name=name)
        case e.ExchangeNoPresets():
            return tr(
                "“{name}” holds no presets. Choose a file that was exported on the page with "
                "the presets; its name ends in .fireside-presets.json."
            ).format(name=name)
        case e.ExchangeDamaged():
            return tr(
                "“{name}” is damaged or incomplete ({detail}). Export it again; none of it "
                "is imported."
            ).format(name=name, detail=error.detail)
        case e.ExchangeNewer():
            return tr(
                "“{name}” was written by a newer Fireside (version {found} of the format; "
                "this one knows {known}). Update Fireside."
            ).format(name=name, found=error.found, known=error.known)
        case e.ExchangeTooLarge():
            return tr(
                "“{name}” has a chat of more than {limit}, which is too large. None of it "
                "is imported."
            ).format(name=name, limit=gigabytes(error.limit))
        case e.ExchangeUnwritable():
            return tr(
                "“{name}” could not be written ({reason}). Check who may write in {parent} "
                "and how much room there is, or choose another folder."
            ).format(name=name, reason=error.reason, parent=error.path.parent)
    return tr("“{name}” could not be used.").format(name=name)
