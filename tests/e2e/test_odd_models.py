"""Models that are damaged, that never end, or that write what nobody asked for."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.base import gguf
from app.base.errors import AnswerEndless, NotFinite
from app.base.types import Channel, Delta, Done, Draft, Event, ModelRef, Part, StopReason
from app.engine.backend import Planned
from app.engine.local import LocalBackend
from tests.e2e.engine import DEMO, answer, ask
from tests.fakes import child


def spoiled(path: Path, how: str) -> ModelRef:
    """The demo model, damaged."""
    data = bytearray(DEMO.path.read_bytes())
    if how == "half of it was never written":
        data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    else:
        header = gguf.read(DEMO.path)
        (norm,) = (t for t in header.tensors if t.name == "output_norm.weight")
        at = header.data_offset + norm.offset
        value = float("nan") if how == "no numbers" else 0.0
        data[at : at + norm.size] = struct.pack("<f", value) * (norm.size // 4)
    path.write_bytes(data)
    return ModelRef(path, "spoiled")


@pytest.mark.parametrize(
    "how", ["no numbers", "all the same number", "half of it was never written"]
)
def test_damaged_weights_are_told(backend: LocalBackend, tmp_path: Path, how: str) -> None:
    request = replace(ask("Hello"), model=spoiled(tmp_path / "spoiled.gguf", how))
    with pytest.raises(NotFinite) as caught:
        answer(backend, request)
    assert caught.value.path.name == "spoiled.gguf"
    assert answer(backend, ask("Hello"))[0].text


def test_an_answer_without_end_is_ended(make: Callable[..., LocalBackend]) -> None:
    backend = make(target=child.repeats)
    events: list[Event | Planned] = []
    with pytest.raises(AnswerEndless) as caught:
        events.extend(iter_into(backend, events))
    done = events[-1]
    assert isinstance(done, Done)
    assert done.reason is StopReason.LENGTH
    assert done.stats.generated == caught.value.tokens < 3000 < done.stats.context


def iter_into(backend: LocalBackend, events: list[Event | Planned]) -> list[Event]:
    for event in backend.stream(ask("Hello"), threading.Event()):
        events.append(event)
    return []


def test_a_person_s_turn_that_is_made_up_is_an_end(
    make: Callable[..., LocalBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would come behind it is not even drawn: there is nothing more to draw."""
    text = "<|channel|>final<|message|>Paris.<|end|><|start|>user<|message|>"
    monkeypatch.setenv(child.SCRIPT, text)
    said, done = answer(make(target=child.writes), ask("Hello"))
    assert said.parts == (Part("Paris."),)
    assert done.reason is StopReason.END


def test_a_call_s_header_is_nobody_s_to_read(
    make: Callable[..., LocalBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "<|channel|>functions.f<|channel|>analysis code<|message|><|call|>"
    monkeypatch.setenv(child.SCRIPT, text)
    said, done = answer(make(target=child.writes), ask("Hello"))
    assert said.parts == (Part("", Channel.ANALYSIS, "functions.f", "code"),)
    assert done.reason is StopReason.CALL


def test_an_answer_on_no_channel_is_one(
    make: Callable[..., LocalBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(child.SCRIPT, "It is Paris.<|return|>")
    draft = Draft()
    for event in make(target=child.writes).stream(ask("Hello"), threading.Event()):
        if isinstance(event, Delta):
            draft.add(event)
    assert draft.parts == (Part("It is Paris."),)
