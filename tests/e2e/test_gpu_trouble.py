"""A GPU that is lost, a driver that crashes, and a context that has to grow."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.base.answer_events import Delta
from app.base.draft import Draft
from app.base.errors import GpuLost
from app.base.types import Message, Part, PartKind, Request, Role
from app.engine.backend import GpuFault, GpuTrouble, Planned
from app.engine.overrides import Overrides
from app.engine.probe import BackendFault
from app.engine.speed_model import OFFLOAD_USUAL
from app.engine.supervisor import EngineOptions, LocalBackend
from app.wording.gpu_trouble import trouble_sentence
from tests.e2e.engine import ask
from tests.fakes import gpu_processes
from tests.fakes.gpu_processes import CARDS, WORDS

CALL_ALL = "".join(WORDS)
ON_GPU = EngineOptions(Overrides(gpu_layers=5))  # the demo model alone is faster on a CPU
Make = Callable[..., LocalBackend]


def history(backend: LocalBackend) -> list[str]:
    return backend._loader.log.with_name("history").read_text("utf-8").splitlines()


def in_a_turn() -> Request:
    """Return a request for what follows a call of a tool."""
    asked = ask("Count to 4.")
    call = Part("count()", PartKind.CALL, "python")
    answer = Message(Role.ASSISTANT, (call, Part("1 2 3 4", PartKind.RESULT)))
    return replace(asked, messages=(*asked.messages, answer), drawn=(1, 2, 3))


def told(backend: LocalBackend, request: Request) -> tuple[str, list[Planned]]:
    """Return the answer, and the plans by which the model was loaded meanwhile."""
    last = request.messages[-1]
    begun = last.parts if last.role is Role.ASSISTANT else ()
    draft, plans = Draft(begun), []
    for event in backend.stream(request, threading.Event()):
        if isinstance(event, Delta):
            draft.add(event)
        if isinstance(event, Planned):
            plans.append(event)
    return "".join(part.text for part in draft.parts[len(begun) :]), plans


@pytest.mark.parametrize(
    ("kind", "fault", "request_"),
    [
        ("CUDA", GpuFault.LOST, ask("Count to 4.")),
        ("Vulkan", GpuFault.LOST, in_a_turn()),
        ("memory", GpuFault.FULL, ask("Count to 4.")),
    ],
)
def test_an_answer_goes_on_when_a_gpu_is_lost(
    make: Make, monkeypatch: pytest.MonkeyPatch, kind: str, fault: GpuFault, request_: Request
) -> None:
    monkeypatch.setenv("FIRESIDE_TEST_LOST", f"{kind} 1")
    backend = make(target=gpu_processes.loses_a_gpu, options=lambda: ON_GPU)
    said, (first, second) = told(backend, request_)
    assert said == CALL_ALL  # no word is missing, and none came twice
    assert first.trouble is None
    assert second.trouble == GpuTrouble(fault, first.plan.shares[0].gpu.description)
    assert second.plan.gpu  # it is still listed, and may only have been asleep
    sentence = trouble_sentence(second.trouble, second.plan, "Demo model")
    assert sentence.startswith("Other apps" if fault is GpuFault.FULL else CARDS[0].description)


def test_a_gpu_that_is_lost_again_is_left_alone(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESIDE_TEST_LOST", "CUDA 2")
    backend = make(target=gpu_processes.loses_a_gpu, options=lambda: ON_GPU)
    with pytest.raises(GpuLost) as caught:
        told(backend, ask("Count to 4."))
    assert caught.value.gpu == CARDS[0].description
    said, (planned,) = told(backend, ask("Count to 4."))
    assert said == CALL_ALL
    assert [share.gpu.name for share in planned.plan.shares] == ["CUDA1"]


def test_a_context_grows_and_stays(make: Make) -> None:
    backend = make(target=gpu_processes.needs_context)
    said, (first, second) = told(backend, ask("Count to 4."))
    assert said == CALL_ALL
    assert second.plan.context >= first.plan.context  # the longest
    assert second.trouble is None
    loads = [line for line in history(backend) if line.startswith("loads")]
    assert len(loads) == 2
    assert first.plan.gpu is None
    # Without measured speeds, it is the usual length.
    assert history(backend).count(f"copies batches from {OFFLOAD_USUAL}") == 2


def test_a_driver_that_crashes_is_asked_once(make: Make) -> None:
    backend = make(target=gpu_processes.driver_crashes)
    said, (planned,) = told(backend, ask("Count to 4."))
    assert said == CALL_ALL
    assert planned.trouble == GpuTrouble(GpuFault.DRIVER)
    assert [unused.fault for unused in backend.devices().unused] == [BackendFault.CRASHED]
    assert "CPU" in trouble_sentence(planned.trouble, planned.plan, "Demo model")
    assert history(backend).count("crashed") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_a_process_that_is_killed_at_the_start_is_no_driver_s_fault(make: Make) -> None:
    backend = make(target=gpu_processes.killed_at_first, options=lambda: ON_GPU)
    said, (planned,) = told(backend, ask("Count to 4."))
    assert said == CALL_ALL
    assert planned.trouble is None
    assert planned.plan.gpu
