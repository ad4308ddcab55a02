"""Agents in loops of a tool and a chat of the window, by the scripted engine: what they cost."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.base.types import Message, ModelRef, Role, Sampling
from app.formats import RenderedRequest
from tests.fakes.engine import FORMAT
from tests.together import alone
from tests.together.actors import Actor, Ask, Life, Pause, Prepare, agent
from tests.together.cost import Cost
from tests.together.scripted_plan import WORDS, Running, ScriptedPlan, Settings

_CONTEXT = 24_000


class _Calm(Actor):
    """One whose answers are all whole."""

    def sampling(self) -> Sampling:
        return Sampling(temperature=0.0)

    def how(self) -> dict[str, int | bool | None]:
        return {}

    def stops(self) -> tuple[str, ...]:
        return ()


class AgentsPlan(ScriptedPlan):
    """So many agents, and the window: ``costs`` has what each one's turns have cost.

    The window's chat is number 0.
    """

    def __init__(self, seed: int, folder: Path, agents: int, turns: int = 4) -> None:
        self.costs = [Cost() for _ in range(agents + 1)]
        self._turns = turns
        super().__init__(seed, folder)

    def _settings(self) -> Settings:
        return Settings(_CONTEXT, _CONTEXT, places=4, asynchronous=False, disk=True, limited=True)

    def _cast(self) -> dict[str, Life]:
        def life(number: int, work: Callable[[Actor], Life]) -> Life:
            name = f"agent{number}" if number else "window"
            dice = random.Random(f"agents {self.seed} {number}")
            model = ModelRef.of_file(Path("model.gguf"), "Scripted")
            return work(_Calm(name, number, dice, model, WORDS, 300, self._turns, shared))

        shared = WORDS.text(random.Random(self.seed), 1000)
        agents = {f"agent{n}": life(n, agent) for n in range(1, len(self.costs))}
        return {"window": life(0, _talks)} | agents

    def _check(self, running: Running) -> None:
        super()._check(running)
        act, outcome, cost = running.act, running.outcome, self.costs[running.actor]
        if isinstance(act, Ask) and outcome.done:
            rendered = self._rendered(act, FORMAT.render)
            cost.add(rendered.tokens, outcome.done.stats.evaluated)
            if outcome.done.drawn:
                cost.know((*rendered.tokens[: rendered.turn], *outcome.done.drawn))
        elif isinstance(act, Prepare):
            cost.know(self._rendered(act, FORMAT.ahead).tokens)

    @staticmethod
    def _rendered(act: Ask | Prepare, render: Callable[..., RenderedRequest]) -> RenderedRequest:
        return alone.prompt(act.request, _CONTEXT, render)


def _talks(actor: Actor) -> Life:
    """Talk in one chat, which is read ahead while the user reads the answer."""
    messages: list[Message] = []
    for _ in range(2 * actor.turns):
        messages.append(actor.question(0))
        request = actor.request(messages, 0)
        outcome = yield Ask(request)
        messages.append(Message(Role.ASSISTANT, outcome.parts))
        yield Prepare(replace(request, messages=tuple(messages)))
        yield Pause(actor.dice.randrange(60))
