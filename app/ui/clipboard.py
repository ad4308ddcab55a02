"""Copying of text to the clipboard, as plain text and as HTML for word processors."""

from __future__ import annotations

import atexit
from collections.abc import Callable

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication
from shiboken6 import isValid

from app.markdown import blocks_text, parse

RICHEST = 30_000
"""The most characters for which HTML is made: at the time of copying, in a tenth of a second."""


def copy_text(text: str, rich: Callable[[], str] | None = None, *, always: bool = False) -> None:
    """Copy text, and with ``rich`` the HTML that it returns; ``always``, even if it is long."""
    global _copied
    _copied = QMimeData()
    _copied.setText(text)
    if rich and (always or len(text) <= RICHEST):
        _copied.setHtml(rich())
    QGuiApplication.clipboard().setMimeData(_copied)


def _leave() -> None:
    """Replace the Python object on the clipboard by a Qt one, since it must not outlive Python."""
    if _copied is not None and isValid(_copied):  # Qt deletes it when something else is copied
        QGuiApplication.clipboard().setText(_copied.text())


_copied: QMimeData | None = None

atexit.register(_leave)  # before PySide's own, which was registered earlier, ends the application


def copy_markdown(text: str) -> None:
    """Copy Markdown as plain text, and rendered as HTML."""
    copy_text(text, lambda: _html(text))


def copy_plain(markdown: str) -> None:
    """Copy Markdown as the text that it shows, without marks."""
    copy_text(blocks_text(parse(markdown)))


def copy_rich(markdown: str) -> None:
    """Copy Markdown as HTML, and for editors that take none, as the text that it shows."""
    html = _html(markdown)
    copy_text(blocks_text(parse(markdown)), lambda: html, always=True)


def _html(markdown: str) -> str:
    # Imported late: most sessions never need it.
    from app.exchange.clipboard_html import fragment, markdown_html

    return fragment([markdown_html(markdown)])
