"""Calls of stored answers that the user runs again: nothing of it is stored, or told to a model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace

from app.base import log
from app.base.errors import CallUnrepeatable, FiresideError, ToolsForbidden
from app.base.jobs import Jobs
from app.base.types import Message, PartKind
from app.store import Store
from app.store.rows import clean
from app.tools.registry import Registry
from app.tools.tool import Call, CallContext, CallInvalid, Effect, Proposal, Result, Tool


class Rerun:
    """A call that runs again: the part number ``index`` of the message ``answer``."""

    def __init__(self, answer: int, index: int) -> None:
        self.answer, self.index = answer, index
        self.stopped = threading.Event()

    def cancel(self) -> None:
        """Stop it soon."""
        self.stopped.set()


@dataclass(frozen=True, slots=True)
class RerunOutput:
    """More output of a call that runs again."""

    rerun: Rerun
    text: str


@dataclass(frozen=True, slots=True)
class RerunEnded:
    """A call was run again; ``result`` is None if it could not be, for the reason ``error``."""

    rerun: Rerun
    result: Result | None
    error: FiresideError | None = None


RerunEvent = RerunOutput | RerunEnded


class Reruns:
    """The service that runs calls again, if they have no effects.

    Publishes RerunOutput and at last RerunEnded.
    """

    def __init__(
        self, store: Store, tools: Registry, publish: Callable[[RerunEvent], None]
    ) -> None:
        self._store, self._tools, self._publish = store, tools, publish
        self._jobs = Jobs("run again", 1)  # so that the model's calls have a box, too

    def start(self, answer: int, index: int) -> Rerun:
        """Run a call of a stored answer again, after those before it, on another thread."""
        rerun = Rerun(answer, index)
        self._jobs.submit_until(rerun.stopped, lambda: self._run(rerun))
        return rerun

    def close(self) -> None:
        """Stop all of them, and wait for their ends."""
        self._jobs.close()

    def _run(self, rerun: Rerun) -> None:
        ended = RerunEnded(rerun, None, CallUnrepeatable())
        try:
            tool, proposal, context = self._proposed(rerun)
            if result := self._carry_out(rerun, tool, proposal, context):
                ended = RerunEnded(rerun, replace(result, text=clean(result.text)))
        except FiresideError as error:
            ended = RerunEnded(rerun, None, error)
        except (KeyError, CallInvalid):  # it was deleted, or is no code
            pass
        except Exception as fault:  # noqa: BLE001 - of a tool
            log.report(fault, "a tool")
        finally:
            self._publish(ended)

    def _proposed(self, rerun: Rerun) -> tuple[Tool, Proposal, CallContext]:
        """Return what a call would do.

        Raises ToolsForbidden, CallUnrepeatable, StoreError, KeyError and CallInvalid. The calls
        before it are those of the answer's path.
        """
        if not self._tools.allowed:
            raise ToolsForbidden()
        answer = self._store.messages.get(rerun.answer)
        parts = answer.message.parts[: rerun.index + 1]
        path = self._store.messages.conversation(answer.chat)
        if answer.id not in [row.id for row in path] or len(parts) <= rerun.index:
            raise KeyError(rerun.answer)
        before = [row.message for row in path if row.id < answer.id]  # ids grow along a path
        context = CallContext(
            answer.chat, (*before, Message(answer.message.role, parts)), again=True
        )
        part = parts[-1]
        tool = self._tools.named(part.name) if part.kind is PartKind.CALL else None
        if tool is None:
            raise CallUnrepeatable()
        if tool.unavailable:
            raise CallUnrepeatable(tool.unavailable)
        proposal = tool.propose(Call(part.id, part.name, part.text), context)
        if proposal.effect is not Effect.NONE or proposal.server:
            raise CallUnrepeatable()
        return tool, proposal, context

    def _carry_out(
        self, rerun: Rerun, tool: Tool, proposal: Proposal, context: CallContext
    ) -> Result | None:
        steps = tool.run(proposal, context, rerun.stopped)
        result: Result | None = None
        try:
            for step in steps:
                if isinstance(step, Result):
                    result = step
                else:
                    self._publish(RerunOutput(rerun, step))
        finally:
            if isinstance(steps, Generator):
                steps.close()
        return result
