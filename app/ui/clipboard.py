"""Texts to the clipboard, with what a word processor makes of them where it asks for that."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

RICHEST = 30_000
"""Characters of which HTML is made, as the copy is: in a tenth of a second. What makes it when it
is asked for would be Python's object in Qt's hands, and asked when Python has ended."""


def copy_text(text: str, rich: Callable[[], str] | None = None) -> None:
    """To the clipboard; with ``rich``, also as the HTML that it makes."""
    data = QMimeData()
    data.setText(text)
    if rich and len(text) <= RICHEST:
        data.setHtml(rich())
    QGuiApplication.clipboard().setMimeData(data)


def copy_markdown(text: str) -> None:
    """Markdown to the clipboard, and what it says."""

    def rich() -> str:
        # Imported here: most sessions never need it.
        from app.exchange.rich import fragment, markdown_html

        return fragment([markdown_html(text)])

    copy_text(text, rich)
