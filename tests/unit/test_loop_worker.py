"""The loop of tools with a worker, whose every token is one byte, and with its real formats."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.answer_events import Delta, Done, Event, PartAdded, Prompt, StopReason
from app.base.errors import FiresideError
from app.base.types import Message, Part, PartKind, Request, Role, Sampling
from app.engine.backend import Planned, ScriptedBackend
from app.engine.engine_protocol import TokenMask
from app.engine.scheduled_backend import ScheduledBackend
from app.formats import Abilities
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool import Result
from app.tools.tool_events import ResultsShortened
from tests.fakes.engine import VOCABULARY, FakeModel, FakeSampler, Served, answers, spell, thinks
from tests.fakes.tools import FakeTool, model
from tests.unit.test_worker import PLAN

V = VOCABULARY


class CallsOften(FakeModel):
    """A model that calls Python ``most`` times, each time with other code, and then answers."""

    def __init__(self, size: int, most: int, code: str) -> None:
        super().__init__(size)
        self.most, self.code = most, code
        self.made: Callable[[], int] = int

    def sampler(
        self, sampling: Sampling, sequence: int, mask: TokenMask | None = None
    ) -> FakeSampler:
        made = self.made()
        header = spell(V.channel, "analysis to=python code", V.message)
        if made < self.most:
            again = spell(V.start, "assistant")
            call = spell(self.code.format(made))
            self.script = [*thinks("I compute."), *again, *header, *call, V.call]
        else:
            self.script = answers("Done.")
        return super().sampler(sampling, sequence, mask)


class ServedBackend(ScriptedBackend):
    """The worker as a backend."""

    def __init__(self, served: Served) -> None:
        super().__init__()
        self.served = served

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        self.requests.append(request)
        number = self.served.send("ask", request, False)
        ended = False
        try:
            while (payload := self.served.pipe.answer()[1]) is not None:
                ended = isinstance(payload, FiresideError)
                if isinstance(payload, FiresideError):
                    raise payload
                yield payload
            ended = True
        finally:
            if not ended:
                self.served.pipe.command("cancel", number)
                while not (
                    (payload := self.served.pipe.answer()[1]) is None
                    or isinstance(payload, FiresideError)
                ):
                    pass

    def abilities(self, model: object) -> Abilities:
        return Abilities(tools=True)


class Answered:
    """An answer with many calls: its parts, and of each round the tokens it had to process."""

    def __init__(self, size: int, most: int, result: str, code: str, path: Path) -> None:
        self.model = CallsOften(size, most, code)
        self.served = Served(self.model)
        try:
            path.write_bytes(b"weights")
            self.served.do("load", path, PLAN, None)
            backend = ServedBackend(self.served)
            tool = FakeTool(answer=lambda *_: [Result(result)])
            tool.most_calls = 100
            self.model.made = lambda: len(tool.ran)
            registry = Registry(lambda: [tool])
            self.loop = ToolLoop(ScheduledBackend(backend), registry)
            asked = Message(Role.USER, (Part("Compute."),))
            request = Request(model(), (asked,), tools=registry.declared(["python"]))
            self.parts: list[Part] = []
            self.prompts: list[Prompt] = []
            self.shortened: list[tuple[int, ResultsShortened]] = []
            self.done: Done | None = None
            for event in self.loop.stream(request, threading.Event()):
                self._take(event)
            self.requests = backend.requests
        finally:
            self.served.close()
        assert self.model.memory.wrong == []

    def _take(self, event: Event | Planned) -> None:
        match event:
            case Delta():
                if event.index == len(self.parts):
                    self.parts.append(Part("", event.kind))
                at = event.index
                self.parts[at] = replace(self.parts[at], text=self.parts[at].text + event.text)
            case PartAdded(part):
                self.parts.append(part)
            case Prompt():
                self.prompts.append(event)
            case ResultsShortened():
                self.shortened.append((len(self.prompts), event))
            case Done():
                self.done = event


@pytest.fixture
def answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answered]:
    told = threading.excepthook
    monkeypatch.setattr(  # ends a thread in place of the process
        threading, "excepthook", lambda args: args.exc_type is SystemExit or told(args)
    )

    def answer(size: int, most: int, result: str, code: str = "step {}") -> Answered:
        return Answered(size, most, result, code, tmp_path / "model.gguf")

    return answer


def test_a_step_costs_its_result_and_no_more(answered: Callable[..., Answered]) -> None:
    a = answered(9000, 20, "A result.")
    assert a.done
    assert a.done.reason is StopReason.END
    assert len([part for part in a.parts if part.kind is PartKind.CALL]) == 20
    assert a.parts[-1].text == "Done."
    assert not a.shortened
    first = a.prompts[0].count
    step = len(spell(V.start, "python to=assistant", V.channel, "analysis", V.message, V.end))
    bridge = step + len("A result.") + len(spell(V.start, "assistant"))
    # A byte is a token here; with gpt-oss's vocabulary these words are 16 in all.
    assert a.done.stats.evaluated <= first + 20 * (bridge + 1)


@pytest.mark.parametrize(("size", "apart"), [(2800, 2), (2000, 1)])
def test_a_long_loop_never_fills_the_context(
    answered: Callable[..., Answered], size: int, apart: int
) -> None:
    a = answered(size, 12, "r" * 150, "# {} " + "c" * 60)
    assert a.done
    assert a.done.reason is StopReason.END
    assert a.parts[-1].text == "Done."
    results = [part.text for part in a.parts if part.kind is PartKind.RESULT]
    assert results == ["r" * 150] * 12
    times = [at for at, _ in a.shortened]
    assert times
    assert min(later - before for before, later in itertools.pairwise(times)) >= apart
    assert all(p.count + p.reserved <= p.context for p in a.prompts[:-1])
