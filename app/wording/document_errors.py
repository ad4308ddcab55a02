"""Explanations of errors about attached files."""

from __future__ import annotations

from app.base import errors as e
from app.wording.language import tr
from app.wording.quantities import gigabytes


def document_sentence(error: e.DocumentError) -> str:
    name = error.path.name
    match error:
        case e.DocumentUnreadable() if error.path.is_dir():
            return tr("{name} is a folder. Attach the files inside it instead.").format(name=name)
        case e.DocumentUnreadable():
            return tr(
                "Can’t read {name} ({reason}). Check that the file exists and that you have "
                "permission to open it."
            ).format(name=name, reason=error.reason)
        case e.DocumentImage():
            return tr(
                "Can’t attach {name}: gpt-oss can’t read images. Attach text, PDF, Word or code "
                "files instead."
            ).format(name=name)
        case e.DocumentUnknown():
            return tr(
                "Can’t attach {name}: unsupported file type. You can attach text, code, "
                "Markdown, CSV, JSON, HTML, PDF and DOCX files."
            ).format(name=name)
        case e.DocumentEncrypted():
            return tr(
                "{name} is password-protected. Save a copy without a password and attach that."
            ).format(name=name)
        case e.DocumentTooLarge():
            return tr("{name} is larger than {size}. Attach part of it.").format(
                name=name, size=gigabytes(error.limit)
            )
        case e.DocumentTooLong():
            return tr("{name} is too long for any model. Attach part of it.").format(name=name)
        case e.DocumentEmpty() if error.pages:
            return tr(
                "{name} contains only scanned pages. Run text recognition (OCR) on it first."
            ).format(name=name)
        case e.DocumentEmpty():
            return tr("{name} contains no text.").format(name=name)
        case e.DocumentBroken():
            return tr("{name} is damaged ({detail}). Try saving or downloading it again.").format(
                name=name, detail=error.detail.rstrip(".")
            )
    return tr("{name} couldn’t be read.").format(name=name)
