"""The tools that there are, and those that are on in the chat that is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.base.types import ModelRef, ToolNamespace
from app.tools.tool import Tool
from app.ui.bridge import Bridge
from app.ui.state.chat_settings import ShownChatSettings
from app.ui.state.model_choice import ModelChoice
from app.wording.tool_settings import SERVER

if TYPE_CHECKING:
    from app.tools.mcp.server_status import ServerStatus

_AGAIN_MS = 5000

ToolCosts = Callable[[ModelRef, Sequence[str]], Future[Mapping[str, int]]]
"""A function that counts the tokens that each of some tools takes of a prompt of a model."""


@dataclass(frozen=True, slots=True)
class ToolOffer:
    """A tool that can be switched on.

    ``unavailable`` is the word for why it cannot be used now, empty if it can. ``state`` says how a
    server stands. ``tokens`` are those that it takes of each prompt; None while unknown.
    """

    key: str
    unavailable: str = ""
    state: str = ""
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class _FoundTool:
    key: str
    unavailable: str
    state: str
    declaration: ToolNamespace | None


class ChatTools(QObject):
    """The tools that are offered, with what each costs the model that is asked."""

    changed = Signal()
    """Other tools are offered or on, or a cost is known."""

    def __init__(
        self,
        tools: Callable[[], Sequence[Tool]],
        server: Callable[[str], ServerStatus | None],
        costs: ToolCosts,
        work: Callable[[Callable[[], list[_FoundTool]]], Future[list[_FoundTool]]],
        settings: ShownChatSettings,
        models: ModelChoice,
        bridge: Bridge,
    ) -> None:
        """Create it; ``work`` does what may take long on another thread."""
        super().__init__(settings)
        self._tools, self._server, self._costs = tools, server, costs
        self._work, self._bridge = work, bridge
        self._settings, self._models = settings, models
        self._counted: dict[tuple[str, str], int] = {}  # by the model and the tool
        self._declared: dict[str, object] = {}  # what was counted
        self._looks = 0
        self._counting = False  # one at a time: each waits until the engine is free
        self.offers: tuple[ToolOffer, ...] = ()
        self._again = QTimer(self)  # while one is being prepared
        self._again.setSingleShot(True)
        self._again.setInterval(_AGAIN_MS)
        self._again.timeout.connect(self.refresh)
        settings.changed.connect(self.changed)
        models.ready.connect(self.refresh)

    @property
    def on(self) -> tuple[str, ...]:
        """The keys of the tools that are on in the chat that is shown, in order."""
        return self._settings.own.tools

    def plain(self) -> tuple[str, ...]:
        """Return the keys of those that are on in a new chat."""
        return self._settings.plain.tools

    @property
    def used(self) -> tuple[ToolOffer, ...]:
        """Those of them that can be used now."""
        return tuple(o for o in self.offers if o.key in self.on and not o.unavailable)

    @property
    def tokens(self) -> int:
        """The tokens that they take of each prompt, as far as they are known."""
        return sum(offer.tokens or 0 for offer in self.used)

    def refresh(self) -> None:
        """Look in the background which tools there are, and count what is new."""
        self._looks += 1
        newest = self._looks

        def show(found: list[_FoundTool]) -> None:
            if newest == self._looks:
                self._show(found)

        def fail(error: BaseException) -> None:
            raise error

        self._bridge.when_done(self._work(self._look), show, fail)

    def _look(self) -> list[_FoundTool]:
        return [
            _FoundTool(tool.key, tool.unavailable, self._state(tool.key), tool.declaration())
            for tool in self._tools()
        ]

    def _show(self, found: list[_FoundTool]) -> None:
        """Show what was found, and have counted what is new."""
        model = self._models.current
        for tool in found:
            if self._declared.get(tool.key) != tool.declaration:
                self._counted = {k: n for k, n in self._counted.items() if k[1] != tool.key}
        self._declared = {tool.key: tool.declaration for tool in found}
        offers = []
        for tool in found:
            known = self._counted.get((model.key, tool.key)) if model else None
            offers.append(ToolOffer(tool.key, tool.unavailable, tool.state, known))
        self._set(tuple(offers))
        if any(tool.unavailable == "preparing" for tool in found):
            self._again.start()
        usable = {tool.key for tool in found if tool.declaration and not tool.unavailable}
        unknown = [o.key for o in offers if o.key in usable and o.tokens is None]
        if model and unknown and not self._models.loading and not self._counting:
            self._counting = True
            self._bridge.when_done(
                self._costs(model, unknown),
                lambda tokens: self._count(model, tokens),
                lambda error: self._count(model, {}),  # counted again once there is a model
            )

    def _state(self, key: str) -> str:
        name = key.removeprefix(SERVER)
        status = self._server(name) if name != key else None
        if status is None:
            return ""
        from app.wording.server_words import server_state  # there is a server, so it is loaded

        return server_state(status)

    def switch(self, key: str, *, on: bool) -> None:
        """Switch a tool on or off in the chat that is shown."""
        own = self._settings.own
        wanted = {*own.tools, key} if on else {*own.tools} - {key}
        order = dict.fromkeys((*(offer.key for offer in self.offers), *own.tools, key))
        self._settings.choose(replace(own, tools=tuple(each for each in order if each in wanted)))

    def _count(self, model: ModelRef, tokens: Mapping[str, int]) -> None:
        self._counting = False
        self._counted |= {(model.key, key): count for key, count in tokens.items()}
        asked = self._models.current
        if asked and asked.key == model.key:
            offers = (replace(o, tokens=tokens.get(o.key, o.tokens)) for o in self.offers)
            self._set(tuple(offers))
        if tokens:  # meanwhile there may be more to count
            self.refresh()

    def _set(self, offers: tuple[ToolOffer, ...]) -> None:
        if offers != self.offers:
            self.offers = offers
            self.changed.emit()
