"""The button that scrolls to the end of a conversation."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractScrollArea

from app.ui.controls import Button
from app.ui.conversation.virtual_list import VirtualList
from app.ui.theme import Theme
from app.wording.language import tr

_SIZE, _BELOW = 34, 12  # pixels


class JumpButton(Button):
    """A button that floats over a scroll area while the end is far below."""

    def __init__(self, theme: Theme, area: QAbstractScrollArea, view: VirtualList) -> None:
        super().__init__(
            theme, "jumpToLatest", tr("Jump to latest"), icon="arrow-down", kind="float",
            colour="text", size=16, shortcut="End", clicked=view.follow,
        )  # fmt: skip
        self._area, self._view = area, view
        self.setParent(area)
        self.setFixedSize(_SIZE, _SIZE)
        self.hide()
        view.settled.connect(self._update)

    def place(self) -> None:
        """Place it above the middle of the lower edge."""
        left = (self._area.width() - _SIZE) // 2
        self.move(left, self._area.height() - _SIZE - _BELOW)

    def _update(self) -> None:
        self.setVisible(self._view.far_from_end)
        self.raise_()
