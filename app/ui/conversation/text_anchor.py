"""The line of text that stays in place while a conversation changes around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from PySide6.QtCore import QPoint

from app.ui.conversation.message_state import MessageState
from app.ui.conversation.message_view import MessageView
from app.ui.conversation.sections import Section


@dataclass(frozen=True, slots=True)
class TextAnchor:
    """A line of a message, ``y`` pixels below the top edge of the view.

    Without a section, it is the message's top.
    """

    record: MessageState
    section: Section | None
    position: int
    y: int

    @classmethod
    def at(cls, record: MessageState, view: MessageView | None, offset: int, above: int) -> Self:
        """Return the line at the top edge.

        The edge is ``offset`` pixels below the top of a message's place, whose first ``above``
        pixels belong to something else.
        """
        inside = offset - above
        if view is None or inside <= 0 or record.measured is None:
            return cls(record, None, 0, -offset)
        found = view.position_at(QPoint(view.width() // 4, inside))
        if found is None:
            return cls(record, None, 0, -offset)
        section, position = found
        place = view.place_of(section, position) or 0
        return cls(record, section, position, place - inside)

    def offset(self, view: MessageView, height: int, above: int) -> int:
        """Return the offset of the top edge, in the message's place, that keeps the line in place.

        The message is ``height`` pixels high now, below ``above`` pixels of something else.
        """
        place = view.place_of(self.section, self.position) if self.section else None
        if place is not None:
            return place + above - self.y
        if self.section is not None:  # the line is no longer shown
            return 0
        return min(-self.y, height) if self.y < 0 else -self.y
