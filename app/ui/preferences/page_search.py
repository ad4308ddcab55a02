"""The search in the preferences: the rows that contain the words."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from app.ui.controls import tip
from app.ui.form_fields import named
from app.ui.form_page import FormPage, FormPart
from app.wording.language import tr

SEARCH_KEYS = "Ctrl+F"


class SearchField(QLineEdit):
    """The field to search in. Esc clears it, and then closes the dialog as everywhere."""

    entered = Signal()
    """The user wants to go to the first result."""
    left = Signal()
    """The user wants to go to the list of pages below."""

    def __init__(self) -> None:
        super().__init__()
        words = tr("Search settings")
        named(self, "preferenceSearch", words, tip(words, SEARCH_KEYS))
        self.setPlaceholderText(tr("Search"))
        self.setClearButtonEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Down:
            self.left.emit()
        else:
            super().keyPressEvent(event)


def found(page: FormPage, text: str) -> list[QWidget]:
    """Return the parts of a page that have all words of a text, from top to bottom.

    A part is a setting with its title, explanation and choices, or a text or button elsewhere.
    """
    words = text.casefold().split()
    if not words:
        return []
    has = [part for part in _parts(page) if all(word in _text(part) for word in words)]
    return sorted(has, key=lambda part: part.mapTo(page, part.rect().topLeft()).y())


def field_of(part: QWidget) -> QWidget | None:
    """Return the control that a part is about: in it, or the next one below it."""
    inside = [part, *part.findChildren(QWidget)]
    widget = next((w for w in inside if _takes_keys(w)), None)
    following = part.nextInFocusChain()
    while widget is None and following is not None and following is not part:
        widget = following if _takes_keys(following) else None
        following = following.nextInFocusChain()
    return widget


def _takes_keys(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.isVisible()


def _parts(page: FormPage) -> Iterator[QWidget]:
    rows = page.findChildren(FormPart)
    yield from (row for row in rows if row.isVisibleTo(page))
    for kind in (QLabel, QAbstractButton):
        for part in page.findChildren(kind):
            if part.isVisibleTo(page) and not any(row.isAncestorOf(part) for row in rows):
                yield part


def _text(part: QWidget) -> str:
    """Return all that a part says, in lower case."""
    said = []
    for widget in (part, *part.findChildren(QWidget)):
        said.append(widget.accessibleName())
        if isinstance(widget, QLabel | QAbstractButton):
            said.append(widget.text())
    return " ".join(said).casefold()
