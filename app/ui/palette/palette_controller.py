"""Controller of the command palette (Ctrl+K) and the list of shortcuts (F1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.host import Host
from app.ui.bridge import Bridge
from app.ui.commands import Commands
from app.ui.state.chat_index import ChatIndex
from app.ui.theme import Theme

if TYPE_CHECKING:
    from app.ui.palette.palette import CommandPalette


class PaletteController(QObject):
    """A controller that creates both on first use."""

    opened = Signal(object)
    """A SearchHit: the place to open."""

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        host: Host,
        bridge: Bridge,
        index: ChatIndex,
        commands: Commands,
    ) -> None:
        super().__init__(window)
        self._window, self._theme, self._host, self._bridge = window, theme, host, bridge
        self._index, self._commands = index, commands
        self.palette: CommandPalette | None = None

    def toggle(self) -> None:
        """Open the palette, or close it."""
        if self.palette is None:
            self.palette = self._make()
        if self.palette.isVisible():
            self.palette.close_again()
        else:
            self.palette.open()

    def show_keys(self) -> None:
        """Show the list of shortcuts."""
        from app.ui.palette.shortcut_list import ShortcutList

        ctrl = self._host.settings.send_with_ctrl
        ShortcutList(self._commands.all, self._window, ctrl=ctrl).show()

    def _make(self) -> CommandPalette:
        from app.ui.palette.palette import CommandPalette

        palette = CommandPalette(
            self._theme,
            self._window,
            self._bridge,
            self._commands.all,
            lambda: list(self._index.rows.values()),
            self._host.searches.search,
        )
        palette.opened.connect(self.opened)
        return palette
