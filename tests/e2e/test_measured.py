"""Speeds with the real engine: measured, kept, and used for answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.base.answer_events import Done, SlowAnswer, SlowCause
from app.engine import answer_watch, probe, speed_meter
from app.engine.backend import Planned
from app.engine.probe import Devices, Speeds
from app.engine.speed_file import SpeedFile
from app.engine.supervisor import LocalBackend
from tests.e2e.engine import DEMO, ask
from tests.fakes import gpt_oss, measuring_processes


def test_this_computer_is_measured(
    make: Callable[..., LocalBackend], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed_meter, "_software", lambda _: "")
    backend = make(speeds=SpeedFile(tmp_path / "speeds.json"))
    found = backend.measure(threading.Event(), again=True)
    assert found.processor
    assert all(speed > 0 for _, speed in found.processor)
    assert backend.devices().speeds == found
    assert probe.machine(backend.devices()).speeds == found
    known = SpeedFile(tmp_path / "speeds.json").speeds(backend.devices())
    assert known == found


def test_a_slow_answer_is_told_after_it(
    make: Callable[..., LocalBackend], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is a fake one, and the computer on battery."""
    monkeypatch.setattr(answer_watch, "_LARGE", 0)
    monkeypatch.setattr(probe, "on_battery", lambda: True)
    file = SpeedFile(tmp_path / "speeds.json")
    file.keep(Devices(), "", Speeds(processor=((1, 40.0),)), good=True)
    backend = make(target=measuring_processes.answers_slowly, speeds=file)
    for told in (True, False):
        *_, done, last = backend.stream(ask("Hello"), threading.Event())
        if told:
            assert isinstance(done, Done)
            assert isinstance(last, SlowAnswer)
            assert (last.cause, last.expected) == (SlowCause.BATTERY, done.stats.expected)
            assert last.expected > 2 * last.reached
        else:
            assert isinstance(last, Done)


def test_a_card_is_measured_before_a_large_model_fills_it(
    make: Callable[..., LocalBackend], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "model", lambda _: gpt_oss.header("20b"))
    monkeypatch.setattr(speed_meter, "_software", lambda _: "")
    file = SpeedFile(tmp_path / "speeds.json")
    backend = make(target=measuring_processes.has_a_card, speeds=file)
    (planned,) = (e for e in backend.load(DEMO, threading.Event()) if isinstance(e, Planned))
    assert planned.plan.gpu
    assert planned.plan.tokens_s  # which is predicted from measured speeds only
    found = file.speeds(measuring_processes.DEVICES)
    assert found
    assert dict(found.gpus)["Vulkan0"].weights == 300.0
    running = backend.pid
    assert backend.measure(threading.Event(), again=False) == found
    assert backend.pid == running
    backend.measure(threading.Event(), again=True)
    assert backend.pid is None  # the model makes room, and is loaded again when it is needed
