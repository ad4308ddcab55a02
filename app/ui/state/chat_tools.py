"""The tools that there are, and those that are on in the chat that is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.base.types import ModelRef, ToolNamespace, ToolSource
from app.tools.browser.source import GONE
from app.tools.effective_tools import effective_tools, needs_switch
from app.tools.tool import Tool
from app.ui.bridge import Bridge, Newest
from app.ui.state.chat_settings import ShownChatSettings
from app.ui.state.model_choice import ModelChoice
from app.ui.state.source_list import SourceList
from app.wording.tool_settings import SERVER, is_source

if TYPE_CHECKING:
    from app.tools.mcp.server_status import McpServerStatus

_AGAIN_MS = 5000

ToolCosts = Callable[[ModelRef, Sequence[str]], Future[Mapping[str, int]]]
"""A function that counts the tokens that each of some tools takes of a prompt of a model."""


@dataclass(frozen=True, slots=True)
class ToolOffer:
    """A tool that can be switched on.

    ``unavailable`` is the word for why it cannot be used now, empty if it can. ``state`` says how a
    server stands. ``tokens`` are those that it takes of each prompt; None while unknown. Tools with
    the same ``shared`` are declared by the same tokens, which are taken once.
    """

    key: str
    unavailable: str = ""
    state: str = ""
    tokens: int | None = None
    shared: str = ""


@dataclass(frozen=True, slots=True)
class _FoundTool:
    key: str
    unavailable: str
    state: str
    declaration: ToolNamespace | None

    @property
    def seen(self) -> ToolNamespace | None:
        """What a model sees of it; equal for sources of the same name."""
        if (own := self.declaration) is None:
            return None
        return replace(own, sources=tuple(ToolSource("", each.name) for each in own.sources))


class ChatTools(QObject):
    """The tools that are offered, with what each costs the model that is asked."""

    changed = Signal()
    """Other tools are offered or on, or a cost is known."""

    def __init__(
        self,
        tools: Callable[[], Sequence[Tool]],
        server: Callable[[str], McpServerStatus | None],
        sources: SourceList,
        costs: ToolCosts,
        work: Callable[[Callable[[], list[_FoundTool]]], Future[list[_FoundTool]]],
        settings: ShownChatSettings,
        models: ModelChoice,
        bridge: Bridge,
    ) -> None:
        """Create it; ``work`` does what may take long on another thread."""
        super().__init__(settings)
        self._tools, self._server, self._sources, self._costs = tools, server, sources, costs
        self._work, self._bridge = work, bridge
        self._settings, self._models = settings, models
        # By the model, and what it sees.
        self._counted: dict[tuple[str, ToolNamespace | None], int] = {}
        self._states: Mapping[str, str] = {}  # of folders and encyclopaedias
        self._looks = Newest(bridge)
        self._counting = False  # one at a time: each waits until the engine is free
        self._outdated = False  # since more was to be counted meanwhile
        self.offers: tuple[ToolOffer, ...] = ()
        self._again = QTimer(self)  # while one is being prepared
        self._again.setSingleShot(True)
        self._again.setInterval(_AGAIN_MS)
        self._again.timeout.connect(self.refresh)
        settings.changed.connect(self.changed)
        settings.changed.connect(self._watch)
        models.ready.connect(self.refresh)
        sources.changed.connect(self._show_sources)

    @property
    def on(self) -> tuple[str, ...]:
        """The keys of the tools that are on in the chat that is shown, in order."""
        return effective_tools(self._settings.own, self._models.asked)

    @property
    def elsewhere(self) -> str:
        """The host of the model that is asked, if it is another computer; else empty."""
        model = self._models.asked
        return model.host if model and not model.is_here else ""

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
        return _tokens_of(self.used)

    def more_tokens(self, key: str, *, on: bool) -> int:
        """Return how many more of them there are once a tool is switched; less than 0 for fewer."""
        others = [offer for offer in self.used if offer.key != key]
        own = [offer for offer in self.offers if offer.key == key and on]
        return _tokens_of([*others, *own]) - self.tokens

    def missing(self, keys: Sequence[str]) -> list[str]:
        """Return those of some keys whose folder or encyclopaedia is not there."""
        there = {offer.key for offer in self.offers if offer.unavailable != GONE}
        return [key for key in keys if is_source(key) and key not in there]

    @property
    def shown(self) -> tuple[ToolOffer, ...]:
        """What is offered, and what is on and gone; tokens that are shared stand at one of them."""
        offers = list(self.offers)
        known = {offer.key for offer in offers}
        offers += [ToolOffer(key, "removed") for key in self.on if key not in known]
        first: dict[str, str] = {}
        for offer in self.used:
            first.setdefault(offer.shared, offer.key)
        return tuple(
            replace(o, tokens=None) if o.shared and first.get(o.shared, o.key) != o.key else o
            for o in offers
        )

    def refresh(self) -> None:
        """Look in the background which tools there are, and count what is new."""

        def fail(error: BaseException) -> None:
            raise error

        self._looks.when_done(self._work(self._look), self._show, fail)

    def _look(self) -> list[_FoundTool]:
        return [
            _FoundTool(tool.key, tool.unavailable, self._state(tool.key), tool.declaration())
            for tool in self._tools()
        ]

    def _show(self, found: list[_FoundTool]) -> None:
        """Show what was found, and have counted what is new."""
        model = self._models.current
        offers = []
        for tool in found:
            known = self._counted.get((model.key, tool.seen)) if model else None
            shared = tool.seen.name if tool.seen and tool.seen.sources else ""
            state = tool.state or self._sources.state(tool.key)
            offers.append(ToolOffer(tool.key, tool.unavailable, state, known, shared))
        self._set(tuple(offers))
        if any(tool.unavailable == "preparing" for tool in found):
            self._again.start()
        usable = [tool for tool in found if tool.declaration and not tool.unavailable]
        counted = {seen for key, seen in self._counted if model and key == model.key}
        unknown = {tool.seen: tool.key for tool in usable if tool.seen not in counted}
        if not model or not unknown or self._models.loading:
            return
        self._outdated = self._counting
        if not self._counting:
            self._counting = True
            seen = {key: each for each, key in unknown.items()}
            self._bridge.when_done(
                self._costs(model, [*seen]),
                lambda tokens: self._count(model, seen, tokens),
                lambda error: self._count(model, seen, {}),  # again once there is a model
            )

    def _watch(self) -> None:
        self._sources.watch(frozenset(filter(is_source, self.on)))

    def _show_sources(self) -> None:
        """Show the status of folders and encyclopaedias; look again if there is more to it."""
        self._set(
            tuple(
                replace(offer, state=self._sources.state(offer.key))
                if is_source(offer.key)
                else offer
                for offer in self.offers
            )
        )
        states = {status.entry.key: status.state for status in self._sources.statuses}
        if states != self._states:  # one may be new, or not be usable any more
            self._states = states
            self.refresh()

    def _state(self, key: str) -> str:
        name = key.removeprefix(SERVER)
        status = self._server(name) if name != key else None
        if status is None:
            return ""
        from app.wording.mcp_words import server_state  # there is a server, so it is loaded

        return server_state(status)

    def switch(self, key: str, *, on: bool) -> None:
        """Switch a tool on or off in the chat that is shown.

        What reads the user's own data is switched for models here, or for those elsewhere.
        """
        own = self._settings.own
        if needs_switch(key, self._models.asked):
            tools = self._switched(own.remote_tools, key, on=on)
            self._settings.choose(replace(own, remote_tools=tools))
        else:
            self._settings.choose(replace(own, tools=self._switched(own.tools, key, on=on)))

    def _switched(self, tools: tuple[str, ...], key: str, *, on: bool) -> tuple[str, ...]:
        wanted = {*tools, key} if on else {*tools} - {key}
        order = dict.fromkeys((*(offer.key for offer in self.offers), *tools, key))
        return tuple(each for each in order if each in wanted)

    def _count(
        self,
        model: ModelRef,
        seen: Mapping[str, ToolNamespace | None],
        tokens: Mapping[str, int],
    ) -> None:
        self._counting = False
        self._counted |= {(model.key, seen[key]): count for key, count in tokens.items()}
        if tokens or self._outdated:  # of a model that is not loaded any more, there are none
            self.refresh()

    def _set(self, offers: tuple[ToolOffer, ...]) -> None:
        if offers != self.offers:
            self.offers = offers
            self.changed.emit()


def _tokens_of(offers: Sequence[ToolOffer]) -> int:
    """Return the tokens of some tools, those that are shared once."""
    shared: dict[str, int] = {}
    for offer in offers:
        if offer.shared:
            shared[offer.shared] = max(shared.get(offer.shared, 0), offer.tokens or 0)
    own = sum(offer.tokens or 0 for offer in offers if not offer.shared)
    return own + sum(shared.values())
