"""Drawing while a GPU works, and the messages that an answer is sent in."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.answer_events import Delta, Prefill, StopReason
from app.base.draft import Draft
from app.base.errors import EngineFailed
from app.base.types import PartKind
from app.engine import generation
from app.engine.delta_wire import pack, unpack
from app.engine.generation import DeltaJoiner
from tests.fakes.engine import VOCABULARY, FakeModel, Served, answers, serving, spell, thinks
from tests.unit.test_worker import PLAN, done, of_kind, request, said

ANOTHERS = spell(VOCABULARY.end, VOCABULARY.start, "user", VOCABULARY.message, "Why?")
KINDS = st.sampled_from([PartKind.TEXT, PartKind.REASONING])
DELTAS = st.builds(Delta, st.integers(0, 2), st.text(max_size=3), KINDS, st.sampled_from(["", "f"]))


@pytest.fixture
def cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Yield a worker whose model decodes while it is called."""
    with serving(tmp_path, monkeypatch) as start:
        yield start(FakeModel(), PLAN)


@pytest.fixture
def gpu(cpu: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Yield a worker whose model decodes while its answer is sent."""
    model = FakeModel()
    model.asynchronous = True
    with serving(tmp_path, monkeypatch) as start:
        yield start(model, PLAN)


def ask(served: Served, script: list[int], **more: Any) -> list[Any]:
    served.model.script = script
    return served.do("ask", request("Count.", **more))


# --- While a GPU works ----------------------------------------------------------------------


def test_the_next_decode_begins_before_the_text_is_sent(gpu: Served) -> None:
    told: list[str] = []
    send, decode = gpu.pipe.send, gpu.model.on_decode

    def sent(payload: tuple[int, Any]) -> None:
        if isinstance(delta := unpack(payload[1]), Delta):
            told.append(delta.text)
        send(payload)

    def decoded() -> bool:
        told.append("decode")
        return decode()

    gpu.pipe.send, gpu.model.on_decode = sent, decoded  # type: ignore[method-assign]
    ask(gpu, answers("Hi"))
    assert told.index("H") > 0
    assert told[told.index("H") - 1] == "decode"
    assert told[-1] != "decode"  # not the token that ends the answer


@pytest.mark.parametrize("stop", [(), ("Two",), ("wo, th",)])
@pytest.mark.parametrize(
    "script",
    [
        answers("One, Two, three."),
        [*thinks("Two."), *answers("One, Two, three.", after=True)],
        # another's turn, which only the parser knows to be an end
        [*answers("One.")[:-1], *ANOTHERS],
    ],
)
def test_nothing_is_left_of_a_token_that_was_decoded_too_early(
    gpu: Served, cpu: Served, script: list[int], stop: tuple[str, ...]
) -> None:
    ours, theirs = (ask(each, [*script], stop=stop) for each in (gpu, cpu))
    assert said(ours) == said(theirs)
    assert done(ours).reason is done(theirs).reason
    assert gpu.model.held == cpu.model.held
    assert done(ask(gpu, answers("One."))).reason is StopReason.END


@pytest.mark.parametrize("aborts", [False, True])
def test_a_stop_while_the_gpu_works_keeps_the_text(gpu: Served, aborts: bool) -> None:
    def decoded() -> bool:
        if len(gpu.model.script) == 4:
            gpu.cancel(gpu.number)
            return not aborts
        return True

    gpu.model.on_decode = decoded
    events = ask(gpu, answers("Madrid."))
    assert done(events).reason is StopReason.CANCELLED
    assert [part.text for part in said(events)] == ["Madr"]


def test_text_before_a_fault_is_sent(gpu: Served) -> None:
    def decoded() -> bool:
        if len(gpu.model.script) == 2:
            raise EngineFailed("llama_decode: 1")
        return True

    gpu.model.on_decode = decoded
    *events, error = ask(gpu, answers("Madrid."))
    assert isinstance(error, EngineFailed)
    assert [part.text for part in said(events)] == ["Madri"]


# --- Messages -------------------------------------------------------------------------------


def test_an_answer_of_a_fast_model_takes_few_messages(gpu: Served) -> None:
    text = "One, two, three. " * 30
    events = ask(gpu, answers(text))
    assert [part.text for part in said(events)] == [text]
    assert of_kind(Delta, events)[0].text == "O"  # at once
    assert len(of_kind(Delta, events)) < len(text) / 5


@given(st.lists(st.tuples(DELTAS, st.integers(0, 20)), max_size=12))
def test_joined_deltas_make_the_same_answer_soon(steps: list[tuple[Delta, int]]) -> None:
    """Nothing waits longer than 16 ms and a token, nor behind another part."""
    now, last = [100.0], [0.0]
    sent: list[Delta] = []

    def send(delta: Delta) -> None:
        sent.append(delta)
        last[0] = now[0]

    plain, joined = Draft(), Draft()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.engine.generation.time.monotonic", lambda: now[0])
        joiner = DeltaJoiner(send)
        for delta, pause in steps:
            now[0] += pause / 1000
            due = now[0] - last[0] >= generation._JOINED_S
            delta = replace(delta, index=min(delta.index, len(plain.parts)))
            plain.add(delta)
            joiner.add(delta)
            if due:
                assert last[0] == now[0]
                assert sent[-1].text.endswith(delta.text)
        joiner.flush()
    for delta in sent:
        joined.add(delta)
    assert joined.parts == plain.parts


@given(DELTAS)
def test_a_delta_comes_through_the_pipe_as_it_was(delta: Delta) -> None:
    delta = replace(delta, id="7", format_data="{}")
    assert unpack(pickle.loads(pickle.dumps(pack(delta)))) == delta


def test_what_is_no_delta_comes_through_as_it_is() -> None:
    for payload in (None, Prefill(1, 2), EngineFailed("x")):
        assert unpack(payload) is payload
