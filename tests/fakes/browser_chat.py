"""A chat in which a model calls the browser, without a model or an engine."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

from app.base.pages.displays import Displays, displays_of
from app.base.types import Message, Outcome, Part, PartKind, ResultFacts, Role
from app.tools.arguments import checked
from app.tools.browser.browser import Browser
from app.tools.browser.source import Source
from app.tools.registry import Registry, function_of
from app.tools.tool import Call, CallContext, CallInvalid, Proposal, Result


class BrowserChat:
    """A chat; its sources are on, the first one is the default."""

    def __init__(self, *sources: Source, room: int = 8000) -> None:
        self.browser = Browser(lambda: sources)
        self.registry = Registry(self.browser.tools)
        self.declared = self.registry.declared([source.key for source in sources])
        self.messages: tuple[Message, ...] = (Message(Role.USER, (Part("Look."),)),)
        self.room = room
        self.cancel = threading.Event()

    @property
    def displays(self) -> Displays:
        return displays_of(self.messages)

    def asks(self, text: str) -> None:
        """Add a question of the user."""
        self.messages += (Message(Role.USER, (Part(text),)),)

    def propose(self, function: str, arguments: str | dict[str, Any]) -> Proposal:
        """Return what a call would do. Raises CallInvalid."""
        return self._proposed(function, arguments)[0]

    def result(self, function: str, arguments: str | dict[str, Any]) -> Result:
        """Call a function, and add the call and its result to the chat."""
        call = self._call(function, arguments)
        try:
            proposal, context = self._proposed(function, arguments)
            tool = self.registry.named(call.name, self.declared)
            assert tool
            (result,) = tool.run(proposal, context, self.cancel)
            assert isinstance(result, Result)
        except CallInvalid as fault:
            result = Result(str(fault), ResultFacts(Outcome.INVALID))
        parts = (
            Part(call.arguments, PartKind.CALL, call.name, call.id),
            Part(result.text, PartKind.RESULT, call.name, call.id, facts=result.facts),
            *(replace(part, id=call.id) for part in result.made),
        )
        self.messages = (*self._before(), Message(Role.ASSISTANT, self._answer() + parts))
        return result

    def shows(self, function: str, **arguments: Any) -> str:
        """Call a function; return what the model reads."""
        return self.result(function, arguments).text

    def _proposed(
        self, function: str, arguments: str | dict[str, Any]
    ) -> tuple[Proposal, CallContext]:
        call = self._call(function, arguments)
        written = Part(call.arguments, PartKind.CALL, call.name, call.id)
        answer = Message(Role.ASSISTANT, (*self._answer(), written))
        context = CallContext(1, (*self._before(), answer), self.declared, room=self.room)
        if known := function_of(call.name, self.declared):
            call = replace(call, arguments=checked(call.name, call.arguments, known.schema))
        tool = self.registry.named(call.name, self.declared)
        assert tool
        proposal = tool.propose(call, context)
        assert proposal == tool.propose(call, context)
        assert proposal.call == call
        return proposal, context

    def _call(self, function: str, arguments: str | dict[str, Any]) -> Call:
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        name = f"browser.{function}" if function else "browser"
        return Call(f"call_{len(self._answer())}", name, text)

    def _answer(self) -> tuple[Part, ...]:
        last = self.messages[-1]
        return last.parts if last.role is Role.ASSISTANT else ()

    def _before(self) -> tuple[Message, ...]:
        return self.messages[:-1] if self._answer() else self.messages
