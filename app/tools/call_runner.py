"""One call: checked, asked about where that is needed, run, and always answered by a result."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from app.base import log
from app.base.answer_events import Event
from app.base.errors import Cancelled, StoreError
from app.base.threads import AnyEvent
from app.base.types import Message, Outcome, Part, Request, Role
from app.store.rows import clean
from app.tools import arguments, replies
from app.tools.consent import (
    LASTING,
    CallInQuestion,
    CallRefused,
    ConsentStore,
    has_other_source,
    is_tainted,
    judge,
    remembered,
)
from app.tools.registry import Registry, function_of, is_declared
from app.tools.repetition import goes_in_circles, key_of
from app.tools.shortening import cut, short_result
from app.tools.tool import (
    Call,
    CallContext,
    CallInvalid,
    ConsentReason,
    Effect,
    Proposal,
    Result,
    Tool,
)
from app.tools.tool_events import (
    WAITING,
    CallOutput,
    CallStarted,
    Consent,
    ConsentAsked,
    Decision,
)

CallSteps = Generator[Event, None, Result]


class _NotRun(Exception):
    """A call does not run; its result says why."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


@dataclass(frozen=True, slots=True)
class CallPlace:
    """Where a call stands: its part's number, the answer so far, and how long a result may be.

    ``answer`` has no later calls. ``tokens`` is the most that a result may have; ``scale`` as for
    `shortening.cut`.
    """

    index: int
    answer: tuple[Part, ...]
    tokens: int
    scale: float = 1.0


class CallRunner:
    """The runner of a turn's calls: it counts them, and knows what the user has decided.

    ``request`` is the turn's; ``messages`` are those before its answer. A call is stopped by
    ``cancel`` and by ``hurry``, after which the answer is to follow.
    """

    def __init__(
        self,
        request: Request,
        messages: Sequence[Message],
        registry: Registry,
        consents: ConsentStore | None,
        cancel: threading.Event,
        hurry: AnyEvent,
    ) -> None:
        self._request = request
        self._messages = tuple(messages)
        self._registry = registry
        self._consents = consents
        self._cancel, self._hurry = cancel, hurry
        self._ends = AnyEvent(cancel, hurry)
        self._made: list[str] = []  # the keys of the calls so far
        self._limit = registry.most_calls(request.tools)
        self._decision = ""  # of the user about the present call
        self.fruitless = 0
        """How many calls in a row were not run, whatever the reason."""

    def expect(self, name: str, answer: tuple[Part, ...]) -> None:
        """Have the tool get ready whose call is being written."""
        tool = self._registry.named(name, self._request.tools)
        if tool and is_declared(tool, self._request.tools):
            try:
                tool.expect(self._context(answer))
            except Exception as fault:  # noqa: BLE001 - one tool must not end an answer
                log.report(fault, "a tool")

    def run(self, part: Part, place: CallPlace) -> CallSteps:
        """Carry a call out; whatever happens, the last thing is its result."""
        call = Call(part.id, part.name, part.text)
        ran, self._decision = False, ""
        try:
            tool, proposal = yield from self._agreed(call, place)
            ran = True
            result = yield from self._carried_out(tool, proposal, place)
        except _NotRun as fault:
            result = fault.result
        except CallInvalid as fault:
            result = replies.refusal(str(fault), Outcome.INVALID)
        except Exception as fault:  # noqa: BLE001 - one tool must not end an answer
            log.report(fault, "a tool")
            result = replies.failed()
        self.fruitless = 0 if ran else self.fruitless + 1
        facts = replace(result.facts, decision=self._decision)
        return _capped(replace(result, facts=facts), place)

    def resume(self, part: Part, place: CallPlace) -> CallSteps:
        """Answer a call that an earlier run of the program left without a result.

        The user continued the answer, so what has no effects is run, and what a built-in tool reads
        is read again. What was asked about, and had not started, is asked about again.
        """
        if self._request.imported:
            return replies.imported()
        if part.facts == WAITING:
            return (yield from self.run(part, place))
        tool = self._registry.named(part.name, self._request.tools)
        if tool is None or not is_declared(tool, self._request.tools):
            return replies.unknown_end()
        try:
            call = self._checked(Call(part.id, part.name, part.text))
            proposal = tool.propose(call, self._context(place.answer, place))
        except CallInvalid as fault:
            return replies.refusal(str(fault), Outcome.INVALID)
        except Exception as fault:  # noqa: BLE001 - one tool must not end an answer
            log.report(fault, "a tool")
            return replies.unknown_end()
        if proposal.effect not in (Effect.NONE, Effect.READS) or proposal.server:
            return replies.unknown_end()
        return (yield from self.run(part, place))

    # --- Before a call runs -------------------------------------------------------------------

    def _agreed(
        self, call: Call, place: CallPlace
    ) -> Generator[Event, None, tuple[Tool, Proposal]]:
        """Return a call's tool and proposal once it may run. Raises _NotRun and CallInvalid."""
        if self._cancel.is_set():
            raise _NotRun(replies.stopped())
        if self._hurry.is_set():
            raise _NotRun(replies.hurried())
        yield from self._counted(call, place.index)
        tool = self._tool_of(call.name)
        call = self._checked(call)
        context = self._context(place.answer, place)
        proposal = tool.propose(call, context)
        sources = (source.key for space in self._request.tools for source in space.sources)
        if proposal.call != call or proposal.tool not in (tool.key, *sources):
            raise ValueError("a proposal for another call")
        asked = yield from self._consented(proposal, place)
        if asked:  # which may have taken hours
            again = self._tool_of(call.name).propose(call, context)
            if again != proposal:
                raise _NotRun(replies.changed())
        return tool, proposal

    def _counted(self, call: Call, index: int) -> Generator[Event]:
        """Count a call. Raises _NotRun if it only repeats others, or there are too many."""
        self._made.append(key_of(call))
        if len(self._made) > self._limit:
            consent = Consent(f"limit {call.id}", None, ConsentReason.LIMIT, lasting=False)
            decision = yield from self._asked(consent, index)
            if decision in (Decision.REFUSE, Decision.NEVER):
                self._hurry.set()
                raise _NotRun(replies.enough(consent.words))
            self._limit += self._registry.most_calls(self._request.tools)
        if goes_in_circles(self._made):
            raise _NotRun(replies.repeated())

    def _tool_of(self, name: str) -> Tool:
        """Return the tool that is called, if it is on. Raises _NotRun."""
        declared = self._request.tools
        tool = self._registry.named(name, declared)
        if tool is None:
            raise _NotRun(replies.unknown_tool(name, declared))
        if is_declared(tool, declared):
            return tool
        known = function_of(name, declared) or any(space.name == name for space in declared)
        raise _NotRun(replies.unusable(name) if known else replies.switched_off(name, declared))

    def _checked(self, call: Call) -> Call:
        """Return a call with arguments that fit the declaration. Raises CallInvalid."""
        function = function_of(call.name, self._request.tools)
        if function is None or not function.schema:
            return call
        fitting = arguments.checked(call.name, call.arguments, function.schema)
        return replace(call, arguments=fitting)

    def _context(self, answer: tuple[Part, ...], place: CallPlace | None = None) -> CallContext:
        request = self._request
        written = Message(Role.ASSISTANT, answer, host=request.model.host)
        messages = (*self._messages, written)
        found = CallContext(request.chat, messages, request.tools, imported=request.imported)
        return replace(found, room=int(place.tokens / place.scale)) if place else found

    # --- Consent ------------------------------------------------------------------------------

    def _consented(self, proposal: Proposal, place: CallPlace) -> Generator[Event, None, bool]:
        """Return, once a call may run, whether the user was asked. Raises _NotRun."""
        messages = self._context(place.answer).messages
        # To read, what the user has typed since is enough.
        near = messages[-1:] if proposal.effect is Effect.READS else messages
        verdict = judge(
            proposal,
            self._decided(proposal),
            tainted=self._request.imported or is_tainted(messages),
            other_server=has_other_source(near, proposal.tool),
            remote=bool(self._request.model.host),
        )
        if isinstance(verdict, CallRefused):
            raise _NotRun(replies.never())
        if not isinstance(verdict, CallInQuestion):
            return False
        consent = Consent(proposal.call.id, proposal, verdict.reason, lasting=verdict.lasting)
        decision = yield from self._asked(consent, place.index)
        self._decision = decision
        if decision is Decision.NEVER or (decision in LASTING and verdict.lasting):
            self._keep(proposal, decision)
        if decision in (Decision.REFUSE, Decision.NEVER):
            raise _NotRun(replies.refused(consent.words))
        return True

    def _asked(self, consent: Consent, index: int) -> Generator[Event, None, Decision]:
        """Ask the user; return the decision. Raises _NotRun if the answer ends meanwhile."""
        yield ConsentAsked(index, consent)
        try:
            return consent.wait(self._ends)
        except Cancelled:
            consent.decide(Decision.REFUSE)  # too late for any other
            stop = self._cancel.is_set()
            raise _NotRun(replies.stopped() if stop else replies.hurried()) from None

    def _decided(self, proposal: Proposal) -> Decision | None:
        """Return what was decided about the function before; nothing if that cannot be read."""
        p = proposal
        with suppress(StoreError):
            if self._consents:
                rows = self._consents.get(self._request.chat, p.tool, p.function)
                return remembered(rows, p.pin)
        return None

    def _keep(self, proposal: Proposal, decision: Decision) -> None:
        """Keep a lasting decision; if that is not possible, it was for this once."""
        p, chat = proposal, self._request.chat
        with suppress(StoreError, KeyError):
            if self._consents and (decision is not Decision.CHAT or chat is not None):
                where = chat if decision is Decision.CHAT else None
                self._consents.set(where, p.tool, p.function, p.pin, decision)

    # --- While a call runs --------------------------------------------------------------------

    def _carried_out(self, tool: Tool, proposal: Proposal, place: CallPlace) -> CallSteps:
        yield CallStarted(place.index, proposal)
        began = time.monotonic()
        result: Result | None = None
        stop = AnyEvent(self._ends)
        steps = tool.run(proposal, self._context(place.answer, place), stop)
        try:
            for step in steps:
                if isinstance(step, Result):
                    result = step
                else:
                    yield CallOutput(place.index, step)
        finally:
            stop.set()  # also if the answer is given up
            if isinstance(steps, Generator):
                steps.close()
        if result is None:
            raise ValueError("a tool without a result")
        facts = replace(
            result.facts,
            seconds=result.facts.seconds or time.monotonic() - began,
            source="" if proposal.effect is Effect.NONE else proposal.tool,
        )
        return replace(result, facts=facts)


def _capped(result: Result, place: CallPlace) -> Result:
    """Return a result that is not too long, with the short form that stays of it later."""
    text = cut(clean(result.text), place.tokens, place.scale)
    short = result.facts.short or short_result(text)
    facts = replace(result.facts, short="" if short == text else short)
    return replace(result, text=text, facts=facts)
