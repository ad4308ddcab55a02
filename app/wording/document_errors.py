"""Explanations of errors about attached files."""

from __future__ import annotations

from app.base import errors as e
from app.wording.language import tr
from app.wording.quantities import gigabytes


def document_sentence(error: e.DocumentError) -> str:
    name = error.path.name
    match error:
        case e.DocumentUnreadable() if error.path.is_dir():
            return tr("“{name}” is a folder. Attach the files in it.").format(name=name)
        case e.DocumentUnreadable():
            return tr(
                "“{name}” cannot be read ({reason}). Check that it is there, and who may read it."
            ).format(name=name, reason=error.reason)
        case e.DocumentImage():
            return tr("“{name}” is a picture, and gpt-oss reads only text.").format(name=name)
        case e.DocumentUnknown():
            return tr(
                "“{name}” is of a kind that cannot be attached. Fireside reads text, code, "
                "Markdown, CSV, JSON, HTML, PDF and DOCX. Save it as one of these, and attach that."
            ).format(name=name)
        case e.DocumentEncrypted():
            return tr(
                "“{name}” is locked with a password. Save it without one, and attach that."
            ).format(name=name)
        case e.DocumentTooLarge():
            return tr("“{name}” is larger than {size}. Attach a part of it.").format(
                name=name, size=gigabytes(error.limit)
            )
        case e.DocumentTooLong():
            return tr("“{name}” is longer than any model can read. Attach a part of it.").format(
                name=name
            )
        case e.DocumentEmpty() if error.pages:
            return tr(
                "“{name}” has no text: its pages are pictures. Run a text recognition (OCR) on "
                "it first."
            ).format(name=name)
        case e.DocumentEmpty():
            return tr("“{name}” has no text in it.").format(name=name)
        case e.DocumentBroken():
            return tr(
                "“{name}” is damaged ({detail}). Save it again in its own program, or get it again."
            ).format(name=name, detail=error.detail.rstrip("."))
    return tr("“{name}” could not be read.").format(name=name)
