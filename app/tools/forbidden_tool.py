"""A tool that the policy of this computer forbids."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from app.base.types import ToolNamespace
from app.tools.tool import Call, CallContext, CallInvalid, Proposal, Result, Tool

FORBIDDEN = "forbidden"
"""The word for one that is forbidden; see `Tool.unavailable`."""
_REPLY = "Tools are switched off on this computer."


class ForbiddenTool:
    """A tool that is there to be seen, with the name of the real one, and does nothing."""

    unavailable = FORBIDDEN

    def __init__(self, real: Tool) -> None:
        self._real = real

    @property
    def key(self) -> str:
        return self._real.key

    @property
    def most_calls(self) -> int:
        return self._real.most_calls

    def declaration(self) -> ToolNamespace | None:
        """Return None: no model is told of it."""
        return None

    def names(self, name: str) -> bool:
        return self._real.names(name)

    def expect(self, context: CallContext) -> None:
        """Do nothing."""

    def propose(self, call: Call, context: CallContext) -> Proposal:
        """Raise CallInvalid."""
        raise CallInvalid(_REPLY)

    def run(
        self, proposal: Proposal, context: CallContext, cancel: threading.Event
    ) -> Iterator[str | Result]:
        """Do nothing; there can be no proposal for it."""
        yield Result(_REPLY)

    def forget(self, chat: int) -> None:
        self._real.forget(chat)

    def close(self) -> None:
        self._real.close()
