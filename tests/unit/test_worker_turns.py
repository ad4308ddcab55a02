"""Turns with tools in the worker: each step costs only what is new."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base.answer_events import Delta, Done, StopReason
from app.base.draft import Draft
from app.base.types import Message, Part, PartKind, Request, Role, Sampling, ToolNamespace
from app.engine.engine_protocol import NeedsContext
from tests.fakes.engine import (
    FORMAT,
    VOCABULARY,
    FakeModel,
    Served,
    answers,
    serving,
    spell,
    thinks,
)
from tests.fakes.vocabulary import CONTROL
from tests.unit.test_worker import LONG, PLAN, done, of_kind, request, size

PYTHON = (ToolNamespace("python"),)
V = VOCABULARY
Start = Callable[..., Served]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Yield a function that starts workers with a loaded model."""
    with serving(tmp_path, monkeypatch) as start:

        def begin(size: int = 12_000, keep: Path | None = None, longest: int = 0) -> Served:
            return start(FakeModel(size), replace(PLAN, longest=longest), keep)

        yield begin


def calls(code: str, *, first: bool = False) -> list[int]:
    """Return the tokens of reasoning and a call after it, in another order than is rendered."""
    begun = thinks("I compute.") if first else []
    again = spell(V.start, "assistant") if first else []
    header = spell(V.channel, "analysis to=python code", V.message)
    return [*begun, *again, *header, *spell(code), V.call]


class Turn:
    """A turn as the loop runs it, of which every call returns ``result``."""

    def __init__(self, served: Served, asked: Request, *, declares: bool = True) -> None:
        self.served = served
        self.asked = replace(asked, tools=PYTHON if declares else ())
        self.done: Done | None = None
        self.drawn: tuple[int, ...] = ()

    def step(self, *script: int, **more: Any) -> list[Any]:
        """Ask for the next round, and draw it; return its events."""
        self.served.model.script = list(script)
        return self.read(self.served.do("ask", replace(self.request, **more)))

    def read(self, events: list[Any]) -> list[Any]:
        if of_kind(Done, events):
            last = self.asked.messages[-1]
            draft = Draft(last.parts if last.role is Role.ASSISTANT else ())
            for delta in of_kind(Delta, events):
                draft.add(delta)
            self.done = done(events)
            self.drawn = self.done.drawn
            question = self.asked.messages[: -1 if last.role is Role.ASSISTANT else None]
            said = Message(Role.ASSISTANT, draft.parts)
            self.asked = replace(self.asked, messages=(*question, said))
        return events

    def result(self, text: str) -> None:
        parts = (*self.asked.messages[-1].parts, Part(text, PartKind.RESULT))
        said = Message(Role.ASSISTANT, parts)
        self.asked = replace(self.asked, messages=(*self.asked.messages[:-1], said))

    @property
    def request(self) -> Request:
        return replace(self.asked, drawn=self.drawn)

    @property
    def new(self) -> int:
        """The tokens that the next round has to process: those of the result, and its end."""
        result = self.asked.messages[-1].parts[-1].text
        return len(spell(result, V.end, V.start, "assistant"))

    def call(self, code: str, result: str, **more: Any) -> int:
        """Draw a call and take its result; return the tokens evaluated beyond what is new."""
        new = self.new if self.drawn else 0
        self.step(*calls(code, first=not self.drawn), **more)
        assert self.done
        assert self.done.reason is StopReason.CALL
        self.result(result)
        return self.done.stats.evaluated - new


def test_a_step_costs_only_its_result(start: Start) -> None:
    served = start()
    turn = Turn(served, request(LONG))
    first = turn.call("1", "One.")
    assert first == size(replace(request(LONG), tools=PYTHON)) == turn.done.stats.evaluated  # type: ignore[union-attr]
    drawn = turn.drawn
    assert drawn == tuple(calls("1", first=True)[:-1])
    assert [turn.call(f"{n}", f"Result {n} <|end|>.") for n in range(8)] == [0] * 8
    assert turn.drawn[: len(drawn)] == drawn
    said = turn.step(*answers("Done."))
    assert turn.done
    assert turn.done.stats.reused == len(served.model.held) - turn.done.stats.evaluated - (
        len(answers("Done.")) - 1
    )
    assert turn.done.drawn == ()
    assert of_kind(Delta, said)[-1].text
    assert turn.asked.messages[-1].text == "Done."
    # The next turn costs its question and what is rendered without reasoning.
    text = turn.asked.messages[-1]
    asked = replace(turn.asked, messages=(*turn.asked.messages, *request("Why?").messages))
    served.model.script = answers("So.")
    after = done(served.do("ask", asked)).stats
    assert after.evaluated <= len(text.text) + 150
    assert after.dropped == 0


def test_a_seed_reads_the_prompt_once(start: Start) -> None:
    served = start()
    sampling = Sampling(seed=7)
    served.model.script = answers("Hello.")
    served.do("ask", request(LONG))
    turn = Turn(served, request(LONG, sampling=sampling))
    assert turn.call("1", "One.") == size(replace(request(LONG), tools=PYTHON))
    assert [turn.call("2", "Two.") for _ in range(3)] == [0] * 3
    assert turn.done
    assert turn.done.stats.seed == 7


@pytest.mark.parametrize("number", [1, None])
def test_others_use_the_engine_in_between(start: Start, number: int | None) -> None:
    served = start()
    turn = Turn(served, replace(request(LONG), chat=number))
    turn.call("1", "One.")
    for n in range(3):
        other = replace(request(f"{n} is another chat. {LONG}"), chat=10 + n)
        served.model.script = answers("Yes.")
        served.do("ask", other)
        served.do("prepare", other)
        title = replace(other, chat=1, ephemeral=True, background=True)  # of the same chat
        served.model.script = answers("Title")
        served.do("ask", title)
        assert turn.call("2", f"Result {n}.") == 0


def test_a_turn_that_is_given_up_is_not_kept(start: Start) -> None:
    served = start()
    Turn(served, request(LONG)).call("1", "One.")
    served.model.script = answers("Yes.")
    served.do("ask", request("Something else."))
    loaded = served._worker._model
    assert loaded
    pool = loaded.pool
    assert not any(held.waits for held in pool._idle)
    assert not any(aside.waits for aside in pool._asides.all)


def test_the_context_grows_within_a_turn(start: Start, tmp_path: Path) -> None:
    """The engine is loaded anew, and the turn comes from disk."""
    keep = tmp_path / "kept"
    served = start(3_000, keep, longest=12_000)
    served.do("budget", 1 << 30)
    turn = Turn(served, request(LONG))
    turn.call("1", "x" * 900)
    events = turn.step()
    assert [type(event) for event in events] == [NeedsContext]
    new = turn.new
    served.close()
    longer = start(12_000, keep)
    longer.do("budget", 1 << 30)
    turn.served = longer
    drawn = turn.drawn
    turn.step(*answers("Done."))
    assert turn.done
    assert turn.done.stats.evaluated == new
    assert turn.done.stats.restored > len(drawn)


def test_oldest_messages_are_dropped_and_what_was_drawn_stays(start: Start) -> None:
    texts = [text for n in range(6) for text in (f"{n}. {LONG}"[:100], "Madrid.")]
    served = start(2_400)
    turn = Turn(served, request(*texts, "Now."), declares=False)
    found: list[tuple[int, int]] = []
    for n in range(8):
        beyond = turn.call("1", f"{n} " * 40)
        assert turn.done
        found.append((turn.done.stats.dropped, beyond))
        assert len(turn.drawn) > 100 * n
    dropped = [n for n, _ in found]
    assert dropped == sorted(dropped)
    assert dropped[0] == 0 < dropped[-1]
    anew = [n for n, (_, beyond) in enumerate(found) if beyond]
    assert len(anew) == len(set(dropped))  # once for each time, and for the first prompt


def test_answer_now_before_a_round(start: Start) -> None:
    """It begins the answer at once, without a token of reasoning."""
    served = start()
    turn = Turn(served, request(LONG))
    turn.call("1", "One.")
    known = threading.Event()

    def decoded() -> bool:
        if not known.is_set():
            served.pipe.command("hurry", served.number)
            while not served._worker._signals.hurried(served.number):
                known.wait(0.001)
            known.set()
        return True

    served.model.on_decode = decoded
    turn.step(*spell("One it is.", CONTROL["<|return|>"]))
    assert turn.asked.messages[-1].text == "One it is."


def test_several_calls_at_once(start: Start) -> None:
    served = start()
    turn = Turn(served, request("Go."))
    two = [
        *spell(V.channel, "commentary to=functions.f", V.message, "{}", V.end, V.start),
        *spell("assistant", *calls("2")),
    ]
    turn.step(*two)
    turn.result("One.")
    turn.result("Two.")
    new = len(FORMAT.bridge(turn.request, turn.drawn))
    turn.step(*answers("Done."))
    assert turn.done
    assert turn.done.stats.evaluated == new
    text = bytes(token for token in served.model.held if token < 256).decode()
    assert "functions.f to=assistantcommentaryOne." in text
    assert "python to=assistantanalysisTwo." in text


def test_a_tool_s_answer_that_the_model_writes_itself_is_left_out(start: Start) -> None:
    served = start()
    turn = Turn(served, request("Go."))
    header = spell(V.end, V.start, "python to=assistant", V.channel, "analysis", V.message)
    turn.step(*calls("2")[:-1], *header)
    assert turn.done
    assert turn.done.reason is StopReason.CALL
    turn.result("Two.")
    turn.step(*answers("Done."))
    text = bytes(token for token in served.model.held if token < 256).decode()
    assert text.count("python to=assistant") == 1
    assert turn.done.stats.evaluated < 60


def test_the_name_of_a_function_costs_no_step_anything(start: Start) -> None:
    """The header of the reply is processed with the call."""
    served = start()
    turn = Turn(served, request("Go."))
    name = f"functions.{'a' * 20}__{'b' * 40}"
    turn.step(*spell(V.channel, f"commentary to={name}", V.message, "{}", V.call))
    turn.result("Done.")
    new = turn.new
    turn.step(*answers("Yes."))
    assert turn.done
    assert turn.done.stats.evaluated == new < len(name)


def test_a_call_where_the_context_ends(start: Start) -> None:
    asked = replace(request("Go."), tools=PYTHON)
    script = calls("1")
    served = start(size(asked) + len(script) + 5)  # no room for a header
    turn = Turn(served, request("Go."))
    turn.step(*script)
    assert turn.done
    assert turn.drawn == tuple(script[:-1])
    assert len(served.model.held) == size(asked) + len(script) - 1
