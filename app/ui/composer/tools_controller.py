"""Controller of the composer's tools: shows which are on, and switches them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from app.tools.browser.source import WEB
from app.tools.visible import one_line
from app.turn import TurnEnded
from app.ui.composer.composer import Composer
from app.ui.composer.context_usage import TokenUse
from app.ui.dialogs import ask_encyclopaedia, ask_folder, offer
from app.ui.state.chat_settings import ShownChatSettings
from app.ui.state.chat_tools import ChatTools
from app.ui.state.live_turns import LiveTurns
from app.ui.state.model_choice import ModelChoice
from app.ui.state.source_list import SourceList
from app.ui.theme import Theme
from app.wording.language import tr
from app.wording.tool_settings import SERVER, is_source, reading_again, tool_label, use_of_folders

if TYPE_CHECKING:
    from app.tools.browser.source_status import SourceEntry
    from app.ui.composer.tools_panel import ToolsPanel

_ENOUGH = 64  # tokens of a prompt from which its speed is worth remembering


class ToolsController(QObject):
    """A controller that connects the button, its panel and the chat that is shown.

    ``usage`` returns the use of the context by that chat.
    """

    chats_wanted = Signal(object)
    """A list of folders from which chats are to be imported."""
    told = Signal(str)
    """A sentence about what was added."""
    server_wanted = Signal(str)
    """The name of a server that was switched on, and may start."""
    page_wanted = Signal(str, str)
    """The names of a page of the preferences to be shown, and of the field to focus on it."""

    def __init__(
        self,
        composer: Composer,
        tools: ChatTools,
        sources: SourceList,
        settings: ShownChatSettings,
        models: ModelChoice,
        turns: LiveTurns,
        usage: Callable[[], TokenUse],
        theme: Theme,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._composer, self._tools, self._settings = composer, tools, settings
        self._sources = sources
        self._models, self._usage, self._theme, self._parent = models, usage, theme, parent
        self._speeds: dict[str, float] = {}  # of prompts, by the model's name
        self._panel: ToolsPanel | None = None
        self._added: dict[str, bool] = {}  # keys of what was added, until it is offered
        composer.tools_wanted.connect(self.open)
        composer.web_wanted.connect(self.switch_web)
        tools.changed.connect(self._show)
        turns.ended.connect(self._measure)
        self._show()

    def open(self) -> None:
        """Open the panel, or close it."""
        from app.ui.composer.tools_panel import ToolsPanel  # imported late: not needed at the start

        button = self._composer.tools_button
        if self._panel and self._is_open:
            self._panel.close()
            return
        if not button.isVisible():
            return
        self._tools.refresh()
        begun = self._has_price
        panel = self._panel = ToolsPanel(self._theme, self._parent, begun=begun)
        panel.switched.connect(self._switch)
        panel.proposed.connect(self._tell_cost)
        panel.manage.connect(self.manage)
        panel.folder_wanted.connect(lambda: self.choose_folder(back=True))
        panel.encyclopaedia_wanted.connect(lambda: self.choose_encyclopaedia(back=True))
        self._show_in(panel)
        composer = self._composer
        right = composer.mapToGlobal(QPoint(composer.width(), 0)).x()
        panel.show_above(button.mapToGlobal(QPoint(0, 0)), right)

    def web_usable(self) -> bool:
        """Return whether the web can be switched on or off here."""
        return self._composer.web_button.isVisible() and self._composer.web_button.isEnabled()

    def switch_web(self) -> None:
        """Switch the web on or off; in a chat that has begun, tell the price first."""
        if not self.web_usable():
            return
        self._propose(WEB, on=WEB not in self._tools.on)
        self._show()  # the button turns with the tool

    def add(self, paths: Sequence[Path], *, back: bool = False) -> None:
        """Add folders or encyclopaedias, and switch them on in the chat that is shown.

        They are shown in the panel if it is to come ``back``, else told.
        """
        for path in paths:
            self._sources.add(path, lambda entry: self._enter(entry, back=back))

    def offer(self, folders: Sequence[Path]) -> None:
        """Ask what is to be done with folders that were dropped."""
        names = one_line(folders[0].name or str(folders[0]))
        several = len(folders) > 1
        offer(
            self._parent,
            self._theme,
            "folderOffer",
            tr("Use %Ln folder(s) in this chat?", "", len(folders))
            if several
            else tr("Use “{name}” in this chat?").format(name=names),
            use_of_folders(self._tools.elsewhere),
            [
                ("addDropped", tr("Add folder"), lambda: self.add(folders)),
                ("importDropped", tr("Import chats…"), lambda: self.chats_wanted.emit(folders)),
            ],
        )

    def manage(self) -> None:
        """Open the preferences at the tools."""
        self.page_wanted.emit("toolsPage", "")

    def choose_folder(self, *, back: bool = False) -> None:
        """Ask for a folder to be added; see `add`."""
        ask_folder(self._parent, tr("Add folder"), lambda path: self.add([path], back=back))

    def choose_encyclopaedia(self, *, back: bool = False) -> None:
        """Ask for the file of an encyclopaedia to be added; see `add`."""
        ask_encyclopaedia(self._parent, lambda path: self.add([path], back=back))

    def _enter(self, entry: SourceEntry, *, back: bool) -> None:
        """Switch on what was added, once it is offered."""
        self._added[entry.key] = back
        self._sources.refresh()
        self._tools.refresh()
        self._propose_added()

    def _show(self) -> None:
        used = [offer.key for offer in self._tools.used]
        self._composer.set_tools([key for key in used if key != WEB])
        web = next((offer for offer in self._tools.offers if offer.key == WEB), None)
        self._composer.set_web(web.unavailable if web else None, on=WEB in used)
        self._composer.gauge.set_tools(self._tools.tokens)
        if self._panel and isValid(self._panel):
            self._show_in(self._panel)
        self._propose_added()

    def _propose_added(self) -> None:
        offered = {offer.key for offer in self._tools.offers}
        for key in [key for key in self._added if key in offered]:
            back = self._added.pop(key)
            self._propose(key, on=True)
            if back:
                self._show_panel()
            elif key in self._tools.on:
                self.told.emit(tr("“{name}” is on in this chat.").format(name=tool_label(key)))

    def _propose(self, key: str, *, on: bool) -> None:
        """Switch a tool; in a chat that has begun, tell the price first."""
        if on == (key in self._tools.on):
            return
        if not self._has_price or not self._composer.tools_button.isVisible():
            self._switch(key, on)
            return
        self._show_panel()
        if self._panel:
            self._panel.propose(key, stay=is_source(key))

    @property
    def _has_price(self) -> bool:
        """Whether switching a tool has the whole chat processed again, on this computer."""
        return self._settings.chat is not None and not self._tools.elsewhere

    def _show_in(self, panel: ToolsPanel) -> None:
        panel.show_tools(self._tools.shown, self._tools.on, self._tools.elsewhere)

    def _show_panel(self) -> None:
        """Open the panel, unless it is open."""
        if not self._is_open:
            self.open()

    @property
    def _is_open(self) -> bool:
        return self._panel is not None and isValid(self._panel) and self._panel.isVisible()

    def _switch(self, key: str, on: bool) -> None:
        self._tools.switch(key, on=on)
        if on and key.startswith(SERVER):
            self.server_wanted.emit(key.removeprefix(SERVER))

    def _tell_cost(self, key: str, on: bool) -> None:
        """Say what the next message will process again if a tool is switched."""
        used = self._usage().used
        tokens = max(0, used + self._tools.more_tokens(key, on=on)) if used else 0
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
