"""Selecting text across messages, and copying it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.ui.clipboard import RICHEST, copy_text
from app.ui.conversation.selection import Selection, TextPosition
from app.ui.conversation.text_locator import TextLocator
from app.ui.conversation.virtual_list import VirtualList
from app.ui.theme import Theme


class SelectionController(QObject):
    """Owner of the selection in the conversation."""

    changed = Signal()

    def __init__(self, theme: Theme, view: VirtualList, locator: TextLocator) -> None:
        super().__init__(view)
        self._view, self._locator = view, locator
        self.markdown = True
        """Whether text is copied as Markdown, else as plain text."""
        self.range = Selection(theme)
        """The selection."""

    def select(self, fixed: TextPosition, moving: TextPosition) -> None:
        """Select the text between two positions."""
        self.range.set(fixed, moving)
        self.changed.emit()

    def extend(self, moving: TextPosition) -> None:
        """Move the free end of the selection."""
        self.select(self.range.fixed or moving, moving)

    def select_all(self) -> None:
        """Select every message."""
        records = self._view.records
        if not records:
            return
        last = len(records) - 1
        section = len(records[last].sections) - 1
        at = self._locator.length(last, section) if section >= 0 else 0
        self.select(TextPosition(0, 0, 0), TextPosition(last, max(section, 0), at))

    def clear(self) -> None:
        """Clear the selection."""
        if self.range:
            self.range.clear()
            self.changed.emit()

    def forget(self, first: int = 0) -> None:
        """Clear the selection if it reaches the removed messages from ``first`` on. No repaint."""
        ends = self.range.ends
        if not first or (ends and ends[1].message >= first):
            self.range.clear()

    def text(self, *, markdown: bool | None = None) -> str:
        """Return the selected text, in the format to copy or as requested."""
        wanted = self.markdown if markdown is None else markdown
        return self.range.copy(self._view.records, self._locator.style, markdown=wanted)

    def copy(self, *, markdown: bool | None = None) -> None:
        """Copy the selection: in the chosen format and as HTML, or only as requested here."""
        if self.range:
            text = self.text(markdown=markdown)
            if markdown is None and len(text) <= RICHEST:
                copy_text(text, self.range.rich(self._view.records, self._locator.style))
            else:
                copy_text(text)
