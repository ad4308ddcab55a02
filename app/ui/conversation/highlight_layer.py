"""Highlights in the text of messages: the selection and the search hits."""

from __future__ import annotations

from app.ui.blocks.box import Highlights
from app.ui.conversation.find_controller import FindController
from app.ui.conversation.message_view import MessageView
from app.ui.conversation.selection import Selection
from app.ui.conversation.virtual_list import VirtualList


class HighlightLayer:
    """The highlights of the visible widgets, kept up to date."""

    def __init__(self, view: VirtualList, selection: Selection, finder: FindController) -> None:
        self._view, self._selection, self._finder = view, selection, finder

    def update_all(self) -> None:
        """Update every visible message."""
        for view in self._view.views.active.values():
            self.update(view)

    def update(self, view: MessageView) -> None:
        """Update one message."""
        record = view.record
        if record is None:
            return
        message = self._view.records.index(record)
        for section, canvas in view.shown:
            number = record.sections.index(section)
            selected = self._selection.within(message, number, canvas.column.length)
            found, current = self._finder.ranges(message, number, canvas.column)
            canvas.set_highlights(Highlights(selected, found, current))
