"""Measured speeds: the measurement, the file that keeps them, and what answers teach."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from app.base.answer_events import Done, Prompt, SlowAnswer, SlowCause, Stats, StopReason
from app.base.errors import Cancelled, EngineFailed
from app.engine import bandwidth, plan, probe, speed_meter
from app.engine.answer_watch import AnswerWatch, Circumstances, judge
from app.engine.backend import ScriptedBackend
from app.engine.engine_process import EngineProcess, Target
from app.engine.ggml import Ggml
from app.engine.memory_model import MemoryUse
from app.engine.overrides import Overrides
from app.engine.probe import Devices, DeviceSpeed, Gpu, Machine, Speeds
from app.engine.processor_time import ProcessorTime
from app.engine.scheduled_backend import ScheduledBackend
from app.engine.scheduler import Scheduler
from app.engine.speed_file import SpeedFile
from app.engine.speed_meter import SpeedMeter
from app.wording.errors import Action
from app.wording.measured_speeds import measured_speeds
from app.wording.slow_answer import explain_slow
from tests.fakes import gpt_oss, measuring_processes

GIB, MIB = 1 << 30, 1 << 20
CARD = Gpu("CUDA0", "NVIDIA RTX 4060", 8 * GIB, 7 * GIB, pci="0000:01:00.0")
HERE = Devices((CARD,), version="ggml 1")
SPEEDS = Speeds((("CUDA0", DeviceSpeed(250.0, 6.0, 12.0)),), ((1, 9.0), (4, 30.0)))


# --- The measurement ----------------------------------------------------------------------


@pytest.fixture
def ggml(monkeypatch: pytest.MonkeyPatch) -> Ggml:
    """Return the real one, which is measured for a moment only."""
    monkeypatch.setattr(bandwidth, "_CPU_BUDGET_S", 0.0)
    monkeypatch.setattr(bandwidth, "_GPU_BUDGET_S", 0.0)
    spec = find_spec("llama_cpp")
    assert spec
    assert spec.origin
    found = Ggml(Path(spec.origin).parent / "lib")
    found.load_backends()
    return found


def test_the_cpu_and_gpus_are_measured(ggml: Ggml) -> None:
    """The CPU stands in for a GPU, too: ggml's functions are the same for both."""
    card = Gpu("CPU", "The CPU", GIB, GIB // 3)
    there = Machine(GIB, GIB // 3, 8, Devices((card,)), performance_cores=2)
    *before, speeds = bandwidth.measure(ggml, there)
    assert [len(each.processor) for each in before] == [1, 2]
    assert [threads for threads, _ in speeds.processor] == [1, 2]
    ((name, speed),) = speeds.gpus
    assert name == "CPU"
    assert min(speed.weights, speed.pageable, *dict(speeds.processor).values()) > 0
    assert speed.pinned == 0  # a CPU has none


def test_what_cannot_be_measured_is_unknown(
    ggml: Ggml, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    gone = Gpu("CUDA7", "Gone", GIB, GIB)
    full = Gpu("CPU", "Full", GIB, 100 * MIB)
    there = Machine(GIB, 100 * MIB, 1, Devices((gone, full)))
    assert list(bandwidth.measure(ggml, there)) == []
    told = capfd.readouterr().err
    assert "processor: unknown (100 MiB are free)" in told
    assert "CUDA7: unknown (not found)" in told

    def lacks(name: str, *_: Any) -> Any:
        raise AttributeError(f"undefined symbol: {name}")

    monkeypatch.setattr(ggml, "function", lacks)
    assert list(bandwidth.measure(ggml, Machine(GIB, GIB, 1))) == []
    assert "undefined symbol: ggml_backend_dev_init" in capfd.readouterr().err


# --- Its process --------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SpeedFile:
    monkeypatch.setattr(speed_meter, "_software", lambda _: "580")
    monkeypatch.setattr(speed_meter, "_BUSY", 2.0)  # other tests run, too
    return SpeedFile(tmp_path / "speeds.json")


def process(target: Target, folder: Path) -> Callable[[], EngineProcess]:
    return lambda: EngineProcess(target, folder / "engine.log", {})


def never_started() -> EngineProcess:
    raise AssertionError


@pytest.mark.parametrize("target", [measuring_processes.dies, measuring_processes.hangs])
def test_a_driver_that_dies_or_hangs_leaves_its_card_unknown(
    file: SpeedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: Any
) -> None:
    monkeypatch.setattr(speed_meter, "_PATIENCE_S", 0.5)
    never = threading.Event()
    found = speed_meter.measure(process(target, tmp_path), file, None, never, again=False)
    assert found.processor == measuring_processes.SPEEDS.processor
    assert found.gpus == ()
    again = SpeedFile(tmp_path / "speeds.json").speeds(measuring_processes.DEVICES)
    assert again == found


def test_nothing_that_was_measured_is_nothing_to_keep(file: SpeedFile, tmp_path: Path) -> None:
    file.keep(measuring_processes.DEVICES, "", measuring_processes.SPEEDS, good=True)
    dies = process(measuring_processes.dies_at_once, tmp_path)
    with pytest.raises(EngineFailed, match="nothing"):
        speed_meter.measure(dies, file, None, threading.Event(), again=True)
    known = file.speeds(measuring_processes.DEVICES)
    assert known
    assert known.processor == measuring_processes.SPEEDS.processor


def test_a_measurement_is_cancelled(file: SpeedFile, tmp_path: Path) -> None:
    cancel = threading.Event()
    threading.Timer(0.1, cancel.set).start()
    start = process(measuring_processes.hangs, tmp_path)
    with pytest.raises(Cancelled):
        speed_meter.measure(start, file, None, cancel, again=True)
    assert file.speeds(measuring_processes.DEVICES) is None


def test_what_is_measured_beside_busy_programs_is_measured_later(
    file: SpeedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed_meter, "_BUSY", -1.0)
    never = threading.Event()
    with pytest.raises(Cancelled):
        speed_meter.measure(
            process(measuring_processes.dies, tmp_path), file, None, never, again=False
        )
    assert file.speeds(measuring_processes.DEVICES) is None
    speed_meter.measure(process(measuring_processes.dies, tmp_path), file, None, never, again=True)
    assert file.is_due(measuring_processes.DEVICES, "580", good=True)


def test_what_is_known_is_not_measured_again(file: SpeedFile, tmp_path: Path) -> None:
    file.keep(measuring_processes.DEVICES, "580", SPEEDS, good=True)
    never = threading.Event()
    found = speed_meter.measure(
        process(measuring_processes.hangs, tmp_path), file, None, never, again=False
    )
    assert found.gpus == SPEEDS.gpus  # of before: the process does not get so far
    there = measuring_processes.DEVICES
    found = speed_meter.measure(never_started, file, there, never, again=False)
    assert found.gpus == SPEEDS.gpus  # without a process


# --- When ---------------------------------------------------------------------------------


class Measures(ScriptedBackend):
    """A backend that is needed for something else ``often`` times."""

    def __init__(self, often: int) -> None:
        super().__init__()
        self.often = often
        self.asked: list[bool] = []

    def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
        self.asked.append(again)
        if len(self.asked) <= self.often:
            raise Cancelled
        return SPEEDS


def test_a_measurement_is_repeated_until_nothing_comes_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speed_meter, "_SETTLED_S", 0.01)
    backend = Measures(2)
    with closing(SpeedMeter(backend)) as meter:
        assert meter.measure().result(60) == SPEEDS
    assert backend.asked == [True] * 3


def test_the_start_measures_what_is_not_known_and_the_end_does_not_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = Measures(0)
    with closing(SpeedMeter(backend)) as meter:
        meter.begin()  # in ten seconds
    assert backend.asked == []
    monkeypatch.setattr(speed_meter, "_LOOK_S", 0.0)
    monkeypatch.setattr(speed_meter, "_BUSY", -1.0)
    monkeypatch.setattr(speed_meter, "_SETTLED_S", 0.01)
    with closing(SpeedMeter(backend)) as meter:
        meter.begin()
        time.sleep(0.1)
    assert backend.asked == []  # the computer is busy all the time
    monkeypatch.setattr(speed_meter, "_BUSY", 2.0)
    monkeypatch.setattr(speed_meter, "_SETTLED_S", 0.0)
    with closing(SpeedMeter(backend)) as meter:
        meter.begin()
        assert until(lambda: backend.asked == [False])


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def test_a_question_comes_before_a_measurement() -> None:
    begun, ended = threading.Event(), []

    class Waits(ScriptedBackend):
        def measure(self, cancel: threading.Event, *, again: bool) -> Speeds:
            begun.set()
            ended.append(cancel.wait(60))
            raise Cancelled

    scheduler = Scheduler()
    backend = ScheduledBackend(Waits(), scheduler)

    def measure() -> None:
        with pytest.raises(Cancelled):
            backend.measure(threading.Event(), again=True)

    thread = threading.Thread(target=measure)
    thread.start()
    assert begun.wait(60)
    with scheduler.enter():  # begins once the measurement has ended
        assert ended == [True]
    thread.join()


# --- The file -----------------------------------------------------------------------------


def test_speeds_are_kept_for_the_same_computer(tmp_path: Path) -> None:
    path = tmp_path / "speeds.json"
    file = SpeedFile(path)
    assert file.speeds(HERE) is None
    assert file.is_due(HERE, "580", good=False)
    file.keep(HERE, "580", SPEEDS, good=True)
    for again in (file, SpeedFile(path)):
        found = again.speeds(HERE)
        assert found
        assert replace(found, measured=0.0) == SPEEDS
        assert abs(found.measured - time.time()) < 3600
        assert not again.is_due(HERE, "580", good=True)
        assert again.is_due(HERE, "590", good=False)  # a new driver
    for other in (
        replace(HERE, gpus=()),
        replace(HERE, gpus=(replace(CARD, description="NVIDIA RTX 5060"),)),
        replace(HERE, gpus=(replace(CARD, memory=16 * GIB),)),
        replace(HERE, gpus=(replace(CARD, pci="0000:02:00.0"),)),
    ):
        assert file.speeds(other) is None
        assert file.is_due(other, "580", good=False)
    assert file.speeds(replace(HERE, version="ggml 2"))  # until it is measured again
    less_free = replace(HERE, gpus=(replace(CARD, available=GIB),))
    assert file.speeds(less_free)


def test_what_cannot_be_measured_again_stays(tmp_path: Path) -> None:
    """A model that is loaded may fill the card."""
    file = SpeedFile(tmp_path / "speeds.json")
    file.keep(HERE, "580", SPEEDS, good=True)
    file.keep(HERE, "590", Speeds(processor=((1, 7.0),)), good=True)
    found = file.speeds(HERE)
    assert found
    assert (found.gpus, found.processor) == (SPEEDS.gpus, ((1, 7.0),))
    alone = replace(HERE, gpus=())
    file.keep(alone, "590", Speeds(), good=True)
    found = file.speeds(alone)
    assert found
    assert (found.gpus, found.processor) == ((), ())


def test_speeds_measured_on_battery_are_measured_again_on_mains(tmp_path: Path) -> None:
    file = SpeedFile(tmp_path / "speeds.json")
    file.keep(HERE, "", SPEEDS, good=False)
    assert file.speeds(HERE)
    assert not file.is_due(HERE, "", good=False)
    assert file.is_due(HERE, "", good=True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "[" * 100_000,
        lambda text: "[]",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("250.0", "-250.0"),
        lambda text: text.replace("250.0", "NaN"),
        lambda text: text.replace("250.0", "1e-300"),
        lambda text: text.replace('"threads": 4', '"threads": 0'),
        lambda text: text.replace("30.0", "0"),
        lambda text: " " * (1 << 20) + text,
        lambda text: text.replace("250.0", '"fast"'),
        lambda text: text.replace('"fingerprint"', '"finger"'),
    ],
)
def test_a_damaged_file_counts_as_none(tmp_path: Path, damage: Callable[[str], str]) -> None:
    path = tmp_path / "speeds.json"
    SpeedFile(path).keep(HERE, "", SPEEDS, good=True)
    whole = path.read_text()
    assert damage(whole) != whole
    path.write_text(damage(whole))
    file = SpeedFile(path)
    assert file.speeds(HERE) is None
    file.keep(HERE, "", SPEEDS, good=True)
    assert SpeedFile(path).speeds(HERE)


def test_a_folder_that_cannot_be_written_to_is_no_obstacle(tmp_path: Path) -> None:
    file = SpeedFile(tmp_path / "gone" / "speeds.json")
    file.keep(HERE, "", SPEEDS, good=True)
    assert file.speeds(HERE)


def test_answers_correct_the_predictions(tmp_path: Path) -> None:
    path = tmp_path / "speeds.json"
    file = SpeedFile(path)
    file.learn(0.8)  # nothing was predicted yet
    file.keep(HERE, "", SPEEDS, good=True)

    def correction() -> float:
        found = SpeedFile(path).speeds(HERE)
        assert found
        assert found.correction == file.correction
        return found.correction

    for _ in range(2):
        file.learn(0.8)
    assert correction() == 1.0  # of two answers
    file.learn(0.8)
    assert correction() == 0.8
    for _ in range(3):
        file.learn(0.1)
    assert correction() == 0.8  # an outlier or three
    for _ in range(9):
        file.learn(0.1)
    assert correction() == 0.5
    for _ in range(9):
        file.learn(7.0)
    assert correction() == 1.5
    file.keep(HERE, "", SPEEDS, good=True)
    assert correction() == 1.5
    file.keep(replace(HERE, gpus=()), "", SPEEDS, good=True)
    assert file.correction == 1.0


# --- Slow answers -------------------------------------------------------------------------

HEADER = gpt_oss.header("20b")
ALONE = replace(plan.make(HEADER, Machine(64 * GIB, 64 * GIB, 8)), tokens_s=10.0)
ON_CARD = replace(
    plan.make(HEADER, Machine(64 * GIB, 64 * GIB, 8, HERE), Overrides(context=16384)),
    tokens_s=40.0,
)
OURS = ON_CARD.shares[0].use.total
FREE = CARD.available - OURS


def stats(generated: int, speed: float, prompt: int = 4000) -> Stats:
    return Stats(prompt, prompt, generated, 0, 0.1, generated / speed, 0, 1, 16384)


def now(**changes: Any) -> Circumstances:
    """Return circumstances in which nothing slows an answer, but for ``changes``."""
    free = changes.pop("free", FREE)
    usual = Circumstances((replace(CARD, available=free),), free_memory=8 * GIB)
    return replace(usual, **changes)


@pytest.mark.parametrize(
    ("settings", "circumstances", "cause"),
    [
        (ON_CARD, now(free=FREE - 2 * GIB), SlowCause.GPU_MEMORY),
        (ON_CARD, now(free=0, on_battery=True), SlowCause.GPU_MEMORY),
        (ON_CARD, now(free=FREE - 200 * MIB), SlowCause.UNKNOWN),  # within what is inexact
        (ON_CARD, now(free=FREE + GIB), SlowCause.UNKNOWN),
        (ON_CARD, now(gpus=()), SlowCause.UNKNOWN),  # they could not be asked
        (ON_CARD, now(free_memory=400 * MIB, on_battery=True), SlowCause.MEMORY),
        (ON_CARD, now(on_battery=True, saves_power=True), SlowCause.BATTERY),
        (ON_CARD, now(saves_power=True), SlowCause.POWER_MODE),
        (ON_CARD, now(others_busy=0.6), SlowCause.PROCESSOR),
        (ON_CARD, now(others_busy=0.4), SlowCause.UNKNOWN),
        (ALONE, now(), None),
        (ALONE, now(free=0), None),
        (ALONE, now(others_busy=0.4), None),
        (ALONE, now(others_busy=0.6), SlowCause.PROCESSOR),
        (ALONE, now(on_battery=True), SlowCause.BATTERY),
        (ALONE, now(free_memory=GIB // 4), SlowCause.MEMORY),
    ],
)
def test_the_cause_of_a_slow_answer(
    settings: plan.Plan, circumstances: Circumstances, cause: SlowCause | None
) -> None:
    found = judge(settings, stats(48, 5.0), 30.0, circumstances)
    assert (found.cause if found else None) is cause
    if found:
        assert (found.reached, found.expected) == (5.0, 30.0)
        on_card = found.cause is SlowCause.GPU_MEMORY
        assert found.gpu == (CARD.description if on_card else "")
        others = CARD.memory - OURS - circumstances.gpus[0].available if on_card else 0
        assert found.others == others


@pytest.fixture
def watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[plan.Plan], tuple[AnswerWatch, SpeedFile]]:
    """Return a function that makes a watch of a plan, on a quiet computer."""
    monkeypatch.setattr(AnswerWatch, "_circumstances", lambda self, before: now())

    def make(settings: plan.Plan) -> tuple[AnswerWatch, SpeedFile]:
        file = SpeedFile(tmp_path / "speeds.json")
        file.keep(HERE, "", SPEEDS, good=True)
        return AnswerWatch(settings, 1.0, file, None, lambda: ()), file

    return make


def watched(
    watch: AnswerWatch, told: Stats, *, alone: bool = True
) -> tuple[Stats, list[SlowAnswer]]:
    """Return the statistics that come through, and what is said of a slow answer."""

    def events() -> Iterator[object]:
        yield Prompt(1, 2)
        yield Done(StopReason.END, told)

    prompt, done, *slow = watch.watched(events(), lambda: alone)  # type: ignore[arg-type]
    assert prompt == Prompt(1, 2)
    return done.stats, slow


def test_an_answer_has_its_expected_speed(watch: Any) -> None:
    made, _ = watch(ON_CARD)
    usual = watched(made, stats(100, 38.0, prompt=4046))[0]
    assert usual.expected == pytest.approx(40.0)
    deep = watched(made, stats(100, 30.0, prompt=16_000))[0]
    assert 1 / deep.expected == pytest.approx(1 / 40 + ON_CARD.deeper_s * (16_050 - 4096))
    shallow = watched(made, stats(100, 30.0, prompt=0))[0]
    assert 1 / shallow.expected == pytest.approx(1 / 40 - ON_CARD.deeper_s * (4096 - 50))
    assert 0 < ON_CARD.deeper_s < 1e-6


def test_an_answer_beside_others_is_not_compared(watch: Any) -> None:
    made, file = watch(ON_CARD)
    before = file.correction
    told, slow = watched(made, stats(100, 10.0), alone=False)
    assert (told.expected, slow, file.correction) == (0.0, [], before)
    assert watched(made, stats(100, 10.0))[1]


def test_a_slow_answer_is_told_once_for_each_load(watch: Any) -> None:
    made, _ = watch(ON_CARD)
    assert watched(made, stats(47, 1.0))[1] == []  # too short to say
    assert watched(made, stats(48, 21.0))[1] == []  # more than half
    (told,) = watched(made, stats(48, 10.0))[1]
    assert told.cause is SlowCause.UNKNOWN
    assert told.reached == pytest.approx(10.0)
    assert told.expected == pytest.approx(40.0, rel=0.01)
    assert watched(made, stats(48, 10.0))[1] == []


def test_answers_teach_but_not_those_with_a_cause(
    watch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, file = watch(ON_CARD)
    for _ in range(5):
        watched(made, stats(63, 32.0))
    assert file.correction == 1.0
    for _ in range(5):
        watched(made, stats(64, 32.0, prompt=4064))
    assert file.correction == pytest.approx(0.8)
    assert watched(made, stats(64, 32.0, prompt=4064))[0].expected == pytest.approx(32.0)
    monkeypatch.setattr(AnswerWatch, "_circumstances", lambda *_: now(on_battery=True))
    for _ in range(9):
        watched(made, stats(64, 1.0, prompt=4064))
    assert file.correction == pytest.approx(0.8)


def test_nothing_is_said_of_a_small_model(watch: Any) -> None:
    small = replace(ALONE, host=MemoryUse(50 * MIB, MIB, MIB))
    made, file = watch(small)
    for _ in range(3):
        told, slow = watched(made, stats(100, 1.0))
        assert (told.expected, slow) == (0.0, [])
    assert file.correction == 1.0


def test_the_share_of_other_programs() -> None:
    before = ProcessorTime(None)
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    share = ProcessorTime(None).by_others_since(before)
    assert 0.0 <= share <= 1.2  # the clocks tick in hundredths of a second


# --- Sentences ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slow", "words", "action"),
    [
        (
            SlowAnswer(9.44, 41.7, "RTX 4060", 3_100_000_000, SlowCause.GPU_MEMORY),
            "Other apps are using 3.1 GB of RTX 4060, which makes answers slow "
            "(9.4 instead of about 42 tokens/s). Close them, or use less memory.",
            Action.USE_LESS_MEMORY,
        ),
        (SlowAnswer(1, 9, cause=SlowCause.MEMORY), "low on memory", Action.USE_LESS_MEMORY),
        (SlowAnswer(1, 9, cause=SlowCause.BATTERY), "Plug in your computer", Action.NONE),
        (SlowAnswer(1, 9, cause=SlowCause.POWER_MODE), "faster power mode", Action.NONE),
        (SlowAnswer(1, 9, cause=SlowCause.PROCESSOR), "keeping the CPU busy", Action.NONE),
        (SlowAnswer(1, 9), "slower than expected", Action.USE_LESS_MEMORY),
    ],
)
def test_what_is_said_of_a_slow_answer(slow: SlowAnswer, words: str, action: Action) -> None:
    explanation = explain_slow(slow)
    assert words in explanation.sentence
    assert explanation.actions == ((action,) if action is not Action.NONE else ())


def test_measured_speeds_in_words() -> None:
    there = Machine(GIB, GIB, 4, HERE)
    assert list(measured_speeds(there)) == ["not measured yet"]
    told = list(measured_speeds(replace(there, speeds=replace(SPEEDS, measured=time.time()))))
    assert told == [
        "CPU 9.0 GB/s with 1 thread, 30.0 GB/s with 4 threads",
        "NVIDIA RTX 4060 250 GB/s, transfer 6.0 GB/s, from pinned memory 12.0 GB/s",
        "measured today",
    ]


def test_saving_power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mode = tmp_path / "platform_profile"
    monkeypatch.setattr(probe, "_POWER_MODE", mode)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not probe.saves_power()
    mode.write_text("balanced\n")
    assert not probe.saves_power()
    mode.write_text("low-power\n")
    assert probe.saves_power()
