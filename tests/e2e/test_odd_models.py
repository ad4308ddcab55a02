"""Models that are damaged, that never stop, or that write unexpected turns."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.base import gguf
from app.base.answer_events import Delta, Done, Event, StopReason
from app.base.draft import Draft
from app.base.errors import AnswerEndless, ModelDamaged, ModelError, NotFinite
from app.base.types import ModelRef, Part, PartKind
from app.engine.backend import Planned
from app.engine.supervisor import LocalBackend
from tests.e2e.engine import DEMO, answer, ask
from tests.fakes import engine_processes

_NAN = b"\0\x7e"  # as 16 bits: the scale of a Q8_0 block
_BLOCK = 34  # bytes of a block


def spoiled(path: Path, how: str) -> ModelRef:
    """Return the demo model, damaged."""
    data = bytearray(Path(DEMO.place).read_bytes())
    header = gguf.read(Path(DEMO.place))
    places = {t.name: (header.data_offset + t.offset, t.size) for t in header.tensors}
    if how == "half of it was never written":
        data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    elif how == "a matrix has no numbers":
        at, size = places["token_embd.weight"]
        for block in range(at, at + size, _BLOCK):
            data[block : block + 2] = _NAN
    else:
        at, size = places["output_norm.weight"]
        value = float("nan") if how == "a norm has no numbers" else 0.0
        data[at : at + size] = struct.pack("<f", value) * (size // 4)
    path.write_bytes(data)
    return ModelRef.of_file(path, "spoiled")


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("a norm has no numbers", ModelDamaged),
        ("a norm is zero", ModelDamaged),
        ("half of it was never written", ModelDamaged),
        ("a matrix has no numbers", NotFinite),
    ],
)
def test_damaged_weights_are_told(
    backend: LocalBackend, tmp_path: Path, how: str, kind: type[ModelError]
) -> None:
    request = replace(ask("Hello"), model=spoiled(tmp_path / "spoiled.gguf", how))
    with pytest.raises(kind) as caught:
        answer(backend, request)
    assert caught.value.path.name == "spoiled.gguf"
    assert answer(backend, ask("Hello"))[0].text


def test_an_answer_without_end_is_ended(make: Callable[..., LocalBackend]) -> None:
    backend = make(target=engine_processes.repeats)
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
    """Nothing is drawn after a made-up user turn begins."""
    text = "<|channel|>final<|message|>Paris.<|end|><|start|>user<|message|>"
    monkeypatch.setenv(engine_processes.SCRIPT, text)
    said, done = answer(make(target=engine_processes.writes), ask("Hello"))
    assert said.parts == (Part("Paris."),)
    assert done.reason is StopReason.END


def test_a_call_s_header_is_nobody_s_to_read(
    make: Callable[..., LocalBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "<|channel|>functions.f<|channel|>analysis code<|message|><|call|>"
    monkeypatch.setenv(engine_processes.SCRIPT, text)
    said, done = answer(make(target=engine_processes.writes), ask("Hello"))
    assert said.parts == (Part("", PartKind.CALL, "functions.f", format_data="analysis code"),)
    assert done.reason is StopReason.CALL


def test_an_answer_on_no_channel_is_one(
    make: Callable[..., LocalBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(engine_processes.SCRIPT, "It is Paris.<|return|>")
    draft = Draft()
    for event in make(target=engine_processes.writes).stream(ask("Hello"), threading.Event()):
        if isinstance(event, Delta):
            draft.add(event)
    assert draft.parts == (Part("It is Paris."),)
