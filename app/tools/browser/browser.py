"""The tool ``browser``: one tool for each source, so that each can be switched on by itself.

To the model they are one namespace, of which a call may name a source. This module is loaded with
every chat, what calls need with the first of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from app.base.errors import Cancelled
from app.base.types import Outcome, ResultFacts, ToolNamespace, ToolSource
from app.tools.browser.browser_functions import BROWSER_FUNCTIONS, NAME, NAMESPACE
from app.tools.browser.source import LOCAL, Source, SourceFault
from app.tools.registry import MOST_CALLS
from app.tools.tool import Call, CallContext, CallInvalid, Proposal, Result

_STOPPED = "The user stopped this call."


class Browser:
    """The browser. ``sources`` is asked each time for those that there are."""

    def __init__(self, sources: Callable[[], Sequence[Source]]) -> None:
        self.sources = sources

    def tools(self) -> tuple[SourceTool, ...]:
        """Return a tool for each source."""
        return tuple(SourceTool(self, source) for source in self._ordered())

    def on(self, context: CallContext) -> tuple[Source, ...]:
        """Return the sources that are on in a chat, the default first."""
        keys = {source.key for space in context.declared for source in space.sources}
        return tuple(source for source in self._ordered() if source.key in keys)

    def _ordered(self) -> list[Source]:
        """Return the sources: folders, encyclopaedias, the web."""

        def rank(source: Source) -> tuple[bool, ...]:
            return tuple(not source.key.startswith(kind) for kind in LOCAL)

        return sorted(self.sources(), key=rank)


class SourceTool:
    """A source as a tool. A call of any of them may use another that is on, too."""

    most_calls = MOST_CALLS

    def __init__(self, browser: Browser, source: Source) -> None:
        self._browser, self._source = browser, source

    @property
    def key(self) -> str:
        return self._source.key

    @property
    def unavailable(self) -> str:
        return self._source.unavailable

    def declaration(self) -> ToolNamespace | None:
        source = ToolSource(self._source.key, self._source.name)
        return ToolNamespace(NAMESPACE, BROWSER_FUNCTIONS, sources=(source,))

    def names(self, name: str) -> bool:
        return bool(NAME.fullmatch(name))

    def expect(self, context: CallContext) -> None:
        pass

    def propose(self, call: Call, context: CallContext) -> Proposal:
        from app.tools.browser.browser_call import BrowserCall

        return BrowserCall(call, context, self._browser.on(context)).proposal()

    def run(
        self, proposal: Proposal, context: CallContext, cancel: threading.Event
    ) -> Iterator[str | Result]:
        from app.tools.browser.browser_call import BrowserCall

        try:
            yield BrowserCall(proposal.call, context, self._browser.on(context)).result(cancel)
        except (SourceFault, CallInvalid) as fault:
            yield Result(str(fault), ResultFacts(Outcome.FAILED))
        except Cancelled:
            yield Result(_STOPPED, ResultFacts(Outcome.STOPPED))

    def forget(self, chat: int) -> None:
        pass

    def close(self) -> None:
        pass
