"""Controller of the composer's tools: shows which are on, and switches them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from app.turn import TurnEnded
from app.ui.composer.composer import Composer
from app.ui.composer.context_usage import TokenUse
from app.ui.state.chat_settings import ShownChatSettings
from app.ui.state.chat_tools import ChatTools
from app.ui.state.live_turns import LiveTurns
from app.ui.state.model_choice import ModelChoice
from app.ui.theme import Theme
from app.wording.tool_settings import SERVER, reading_again

if TYPE_CHECKING:
    from app.ui.composer.tools_panel import ToolsPanel

_ENOUGH = 64  # tokens of a prompt from which its speed is worth remembering


class ToolsController(QObject):
    """A controller that connects the button, its panel and the chat that is shown.

    ``usage`` returns the use of the context by that chat.
    """

    server_wanted = Signal(str)
    """The name of a server that was switched on, and may start."""
    page_wanted = Signal(str, str)
    """The names of a page of the preferences to be shown, and of the field to focus on it."""

    def __init__(
        self,
        composer: Composer,
        tools: ChatTools,
        settings: ShownChatSettings,
        models: ModelChoice,
        turns: LiveTurns,
        usage: Callable[[], TokenUse],
        theme: Theme,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._composer, self._tools, self._settings = composer, tools, settings
        self._models, self._usage, self._theme, self._parent = models, usage, theme, parent
        self._speeds: dict[str, float] = {}  # of prompts, by the model's name
        self._panel: ToolsPanel | None = None
        composer.tools_wanted.connect(self.open)
        tools.changed.connect(self._show)
        turns.ended.connect(self._measure)
        self._show()

    def open(self) -> None:
        """Open the panel, or close it."""
        from app.ui.composer.tools_panel import ToolsPanel  # imported late: not needed at the start

        button = self._composer.tools_button
        if not button.isVisible():
            return
        self._tools.refresh()
        begun = self._settings.chat is not None
        panel = self._panel = ToolsPanel(self._theme, self._parent, begun=begun)
        panel.switched.connect(self._switch)
        panel.proposed.connect(self._tell_cost)
        panel.manage.connect(self.manage)
        panel.show_tools(self._tools.offers, self._tools.on)
        composer = self._composer
        right = composer.mapToGlobal(QPoint(composer.width(), 0)).x()
        panel.show_above(button.mapToGlobal(QPoint(0, 0)), right)

    def manage(self) -> None:
        """Open the preferences at the tools."""
        self.page_wanted.emit("toolsPage", "")

    def _show(self) -> None:
        self._composer.set_tools([offer.key for offer in self._tools.used])
        self._composer.gauge.set_tools(self._tools.tokens)
        if self._panel and isValid(self._panel):
            self._panel.show_tools(self._tools.offers, self._tools.on)

    def _switch(self, key: str, on: bool) -> None:
        self._tools.switch(key, on=on)
        if on and key.startswith(SERVER):
            self.server_wanted.emit(key.removeprefix(SERVER))

    def _tell_cost(self, key: str, on: bool) -> None:
        """Say what the next message will process again if a tool is switched."""
        offer = next((o for o in self._tools.offers if o.key == key), None)
        own = (offer.tokens if offer else None) or 0
        used = self._usage().used
        tokens = max(0, used + (own if on else -own)) if used else 0
        if self._panel and isValid(self._panel):
            self._panel.ask(reading_again(tokens, self._speed))

    @property
    def _speed(self) -> float:
        """Tokens of a prompt in a second: as measured last, else as predicted; 0 if unknown."""
        asked, plan = self._models.asked, self._models.plan
        measured = self._speeds.get(asked.name, 0.0) if asked else 0.0
        return measured or (plan.prompt_tokens_s if plan else 0.0)

    def _measure(self, event: TurnEnded) -> None:
        stats = event.answer.stats
        if stats and stats.evaluated >= _ENOUGH and stats.prompt_s > 0:
            self._speeds[event.answer.model] = stats.prompt_tokens_per_second
