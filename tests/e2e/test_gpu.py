"""Answers are the same, whatever part of the model the GPU runs.

To test on Mesa's software driver with a Vulkan build of llama.cpp:

    GGML_VK_VISIBLE_DEVICES=0 MESA_SHADER_CACHE_DIR=~/.cache pytest tests/e2e/test_gpu.py

The first variable is needed because ggml skips such a driver; the second because each test has its
own home folder, and compiling the shaders takes minutes. Tested with Mesa 25.0.7; 22.3.6 crashes in
its own library unless GGML_VK_SERIALIZE_SUBMISSIONS=1 is set, too.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from app.base.answer_events import Delta
from app.base.types import Effort, Message, Part, Request, Role, Sampling
from app.engine.backend import Planned
from app.engine.overrides import Overrides
from app.engine.plan import Plan
from app.engine.supervisor import EngineOptions, LocalBackend
from app.host import demo_model

QUESTIONS = (
    "What is the capital of France?",
    "What is 7 times 8?",
    "Write a Python function that adds two numbers.",
)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gpu") / "engine.log"


@pytest.fixture(scope="module", autouse=True)
def gpu(log: Path) -> None:
    if not LocalBackend(log).devices().gpus:
        pytest.skip("this build of llama.cpp finds no GPU")


def answers(log: Path, wishes: Overrides) -> tuple[Plan, list[str]]:
    """Return the plan and the greedy answers with their reasoning."""
    backend = LocalBackend(log, None, lambda: EngineOptions(wishes))
    plans: list[Plan] = []

    def words(request: Request) -> Iterator[str]:
        said: list[Delta] = []
        for event in backend.stream(request, threading.Event()):
            if isinstance(event, Planned):
                plans.append(event.plan)
            if isinstance(event, Delta):
                said.append(event)
        # Tokens come one by one or several at once, as fast as they are drawn.
        for kind, parts in groupby(said, lambda part: part.kind):
            yield f"{kind}: {''.join(part.text for part in parts)}\n"

    sampling = Sampling(temperature=0, max_tokens=200)
    try:
        said = [
            "".join(words(Request(demo_model(), (message,), effort, sampling=sampling)))
            for message in (Message(Role.USER, (Part(text),)) for text in QUESTIONS)
            for effort in Effort
        ]
    finally:
        backend.close()
    return plans[0], said


@pytest.fixture(scope="module")
def on_the_cpu(log: Path) -> list[str]:
    plan, said = answers(log, Overrides(context=8192, gpu_layers=0))
    assert plan.gpu is None
    return said


@pytest.mark.parametrize(("layers", "experts"), [(5, 0), (5, 2), (5, 4), (3, 0), (3, 4), (1, 0)])
def test_the_same_tokens(log: Path, on_the_cpu: list[str], layers: int, experts: int) -> None:
    plan, said = answers(log, Overrides(context=8192, gpu_layers=layers, cpu_experts=experts))
    assert plan.gpu
    assert (plan.gpu_layers, plan.cpu_experts) == (layers, experts)
    assert said == on_the_cpu
