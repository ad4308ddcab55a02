"""Ctrl+K and F1: shows what finds everything, and the list of keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.host import Host
from app.ui.bridge import Bridge
from app.ui.sidebar.chat_index import ChatIndex
from app.ui.theme import Theme
from app.ui.window_layout import WindowLayout

if TYPE_CHECKING:
    from app.ui.commands import Command
    from app.ui.palette.palette import Palette


class PaletteController(QObject):
    """Makes both when they are wanted. ``commands`` gives what they list."""

    opened = Signal(object)
    """A Found: the place that the person wants to see."""

    def __init__(
        self,
        frame: WindowLayout,
        theme: Theme,
        host: Host,
        bridge: Bridge,
        index: ChatIndex,
        commands: Callable[[], list[Command]],
    ) -> None:
        super().__init__(frame)
        self._frame, self._theme, self._host, self._bridge = frame, theme, host, bridge
        self._index, self._commands = index, commands
        self.palette: Palette | None = None

    def toggle(self) -> None:
        """Shows what finds chats, messages and commands, or takes it away."""
        if self.palette is None:
            self.palette = self._make()
        if self.palette.isVisible():
            self.palette.close_again()
        else:
            self.palette.open()

    def show_keys(self) -> None:
        """Lists the keys."""
        from app.ui.palette.shortcut_list import ShortcutList

        ShortcutList(self._commands(), self._frame).show()

    def _make(self) -> Palette:
        from app.ui.palette.palette import Palette

        palette = Palette(
            self._theme,
            self._frame,
            self._bridge,
            self._commands(),
            lambda: list(self._index.rows.values()),
            self._host.searches.search,
        )
        palette.opened.connect(self.opened)
        return palette
