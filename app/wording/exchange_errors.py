"""Explanations of errors in reading or writing files of chats and presets."""

from __future__ import annotations

from app.base import errors as e
from app.wording.language import tr
from app.wording.quantities import gigabytes


def exchange_sentence(error: e.ExchangeError) -> str:
    name = error.path.name
    match error:
        case e.ExchangeUnreadable():
            return tr(
                "Can’t read {name} ({reason}). Check that the file exists and that you have "
                "permission to open it."
            ).format(name=name, reason=error.reason)
        case e.ExchangeUnknown():
            return tr(
                "No chats found in {name}. Choose an export from Fireside, ChatGPT, Claude (.zip "
                "or conversations.json), LM Studio or Open WebUI."
            ).format(name=name)
        case e.ExchangeNoPresets():
            return tr(
                "No presets found in {name}. Choose a file ending in .fireside-presets.json."
            ).format(name=name)
        case e.ExchangeNotEverything():
            return tr(
                "{name} isn’t a full Fireside export. Choose a .zip file created with "
                "Export everything."
            ).format(name=name)
        case e.ExchangeDamaged():
            return tr(
                "{name} is damaged or incomplete ({detail}). Nothing was imported. Try exporting "
                "it again."
            ).format(name=name, detail=error.detail)
        case e.ExchangeNewer():
            return tr(
                "{name} was created by a newer version of Fireside (format {found}; this version "
                "supports {known}). Update Fireside to open it."
            ).format(name=name, found=error.found, known=error.known)
        case e.ExchangeTooLarge():
            return tr("{name} contains a chat larger than {limit}. Nothing was imported.").format(
                name=name, limit=gigabytes(error.limit)
            )
        case e.ExchangeUnwritable():
            return tr(
                "Couldn’t save {name} ({reason}). Check the permissions and free space of "
                "{parent}, or choose another folder."
            ).format(name=name, reason=error.reason, parent=error.path.parent)
    return tr("Couldn’t use {name}. Choose another file.").format(name=name)
