"""Texts to the clipboard, with what a word processor makes of them where it asks for that."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QMimeData
from PySide6.QtGui import QGuiApplication

_HTML = "text/html"
RICHEST = 200_000
"""Characters of which HTML is made: some programs ask for it at once, and everything waits."""


class _Copied(QMimeData):
    """A text, of which HTML is made when somebody wants it."""

    def __init__(self, text: str, rich: Callable[[], str]) -> None:
        super().__init__()
        self.setText(text)
        self._rich: Callable[[], str] | str = rich

    def formats(self) -> list[str]:
        return [*super().formats(), _HTML]

    def hasFormat(self, mime: str) -> bool:
        return mime == _HTML or bool(super().hasFormat(mime))

    def retrieveData(self, mime: str, kind: object) -> object:
        if mime != _HTML:
            return super().retrieveData(mime, kind)
        if not isinstance(self._rich, str):
            self._rich = self._rich()
        return QByteArray(self._rich.encode())


def copy_text(text: str, rich: Callable[[], str] | None = None) -> None:
    """To the clipboard; with ``rich``, also as the HTML that it makes."""
    clipboard = QGuiApplication.clipboard()
    if rich and len(text) <= RICHEST:
        clipboard.setMimeData(_Copied(text, rich))
    else:
        clipboard.setText(text)


def copy_markdown(text: str) -> None:
    """Markdown to the clipboard, and what it says."""

    def rich() -> str:
        # Imported here: most sessions never need it.
        from app.exchange.rich import fragment, markdown_html

        return fragment([markdown_html(text)])

    copy_text(text, rich)
