"""The model's memory, and how a person changes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QSlider, QWidget

from app.base import errors as e
from app.base import graphics_probe, settings
from app.base.graphics import Graphics
from app.base.types import ModelRef
from app.engine import plan, plan_choices, probe
from app.engine.memory_model import CacheType
from app.engine.overrides import Overrides
from app.engine.probe import Devices, DeviceSpeed, Gpu, Machine, Speeds
from app.ui.preferences.memory_bar import MemoryBar
from app.ui.preferences.preferences_dialog import PreferencesDialog
from tests.fakes import drivers
from tests.fakes.gpt_oss import header
from tests.ui.driver import Fireside, Start
from tests.ui.qt import child
from tests.ui.test_preferences import open_preferences

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

GIB = 1 << 30
GPU = Gpu("CUDA0", "A fine card", 16 * GIB, 15 * GIB, pci="0000:01:00.0")
SAME = replace(GPU, name="Vulkan0")
SMALL = Gpu("CUDA1", "A small card", 8 * GIB, 7 * GIB, pci="0000:02:00.0")
INTEGRATED = Gpu("Vulkan1", "On the board", 8 * GIB, 7 * GIB, unified=True, pci="0000:00:02.0")


@pytest.fixture
def computer(start: Start, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Fireside]:
    """Return a window whose demo model appears as gpt-oss-20b on a given computer."""

    def begin(*gpus: Gpu, free: float = 14, **changes: Any) -> Fireside:
        def look(devices: Devices) -> Machine:
            return Machine(16 * GIB, int(free * GIB), 8, devices, speeds=devices.speeds)

        monkeypatch.setattr(probe, "machine", look)
        monkeypatch.setattr(probe, "_header_or_error", lambda path: header("20b", path))
        fireside = start(**changes)
        fireside.backend.found = Devices(gpus)
        return fireside

    return begin


def open_page(fireside: Fireside) -> PreferencesDialog:
    dialog = open_preferences(fireside)
    dialog.show_page("memoryPage")
    bar = child(dialog, MemoryBar, "hostMemory")
    fireside.until(bar.isVisible)
    return dialog


def turn(
    fireside: Fireside, dialog: PreferencesDialog, name: str, key: Qt.Key, times: int = 1
) -> None:
    """Change a setting with the keyboard."""
    knob = child(dialog, QSlider, name)
    knob.setFocus()
    for _ in range(times):
        QTest.keyClick(knob, key)


def parts(dialog: PreferencesDialog, name: str = "hostMemory") -> dict[str, int]:
    return {part.name: part.size for part in child(dialog, MemoryBar, name).parts}


def note(dialog: PreferencesDialog, number: int) -> str:
    """Return what is said below a card."""
    return child(dialog, QLabel, f"gpuNote{number}").text()


def words(dialog: PreferencesDialog, name: str) -> str:
    return child(dialog, QSlider, name).accessibleDescription()


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def press(dialog: PreferencesDialog, name: str) -> None:
    child(dialog, QAbstractButton, name).click()


def settle(fireside: Fireside) -> None:
    """Wait until the page shows the plans for its fields."""
    fireside.until(lambda: not fireside.window.state.hardware.planning)


def test_the_bar_has_every_part_of_the_memory(computer: Callable[..., Fireside]) -> None:
    dialog = open_page(computer())
    shown = parts(dialog)
    names = ["Weights", "Cache", "Buffers", "Runtime", "Other apps", "Free"]
    assert list(shown) == names
    assert sum(shown.values()) == 16 * GIB
    assert shown["Other apps"] == 2 * GIB
    bar = child(dialog, MemoryBar, "hostMemory")
    assert bar.accessibleName().startswith("This computer: Weights 12.1 GB, Cache ")
    assert not child(dialog, QWidget, "gpuCards").isVisible()
    assert not child(dialog, QSlider, "gpuLayers").isVisible()
    assert not child(dialog, QSlider, "cpuExperts").isVisible()


def test_the_slider_has_a_stop_for_each_context_that_fits(
    computer: Callable[..., Fireside], monkeypatch: pytest.MonkeyPatch
) -> None:
    propose = plan.propose

    def fast(*arguments: Any) -> plan.Plan:
        made = propose(*arguments)
        return replace(made, tokens_s=3e6 / made.context, prompt_tokens_s=900.0)

    monkeypatch.setattr(plan_choices, "propose", fast)
    fireside = computer()
    dialog = open_page(fireside)
    slider = child(dialog, QSlider, "context")
    automatic = child(dialog, QAbstractButton, "contextAutomatic")
    assert slider.accessibleName() == "Context length"
    assert words(dialog, "context") == "32,768 tokens · about 92 tokens per second"
    assert "about 900 tokens per second" in slider.toolTip()
    assert automatic.isChecked()
    turn(fireside, dialog, "context", Qt.Key.Key_Home)
    assert words(dialog, "context") == "4,096 tokens · about 732 tokens per second"
    assert child(dialog, QLabel, "contextWords").text() == words(dialog, "context")
    assert not automatic.isChecked()
    turn(fireside, dialog, "context", Qt.Key.Key_End)
    longest = words(dialog, "context")
    press(dialog, "cacheF16")
    settle(fireside)
    assert words(dialog, "context") == longest
    assert child(dialog, QLabel, "planSummary").property("tone") == "danger"
    press(dialog, "contextAutomatic")
    assert words(dialog, "context") == "32,768 tokens · about 92 tokens per second"
    settle(fireside)
    turn(fireside, dialog, "context", Qt.Key.Key_End)
    assert words(dialog, "context") != longest  # which does not fit
    assert child(dialog, QLabel, "planSummary").property("tone") == "muted"


def test_the_bar_follows_the_knobs(computer: Callable[..., Fireside]) -> None:
    fireside = computer()
    dialog = open_page(fireside)
    automatic = parts(dialog)
    turn(fireside, dialog, "context", Qt.Key.Key_Left, 3)
    assert words(dialog, "context") == "4,096 tokens"
    short = parts(dialog)
    assert short["Cache"] < automatic["Cache"]
    assert short["Free"] > automatic["Free"]
    assert short["Weights"] == automatic["Weights"]
    turn(fireside, dialog, "context", Qt.Key.Key_Right, 3)
    assert words(dialog, "context") == "32,768 tokens"
    full = parts(dialog)
    press(dialog, "cacheQ8")
    settle(fireside)
    assert parts(dialog)["Cache"] < 0.6 * full["Cache"]
    press(dialog, "resetPlan")
    settle(fireside)
    assert child(dialog, QAbstractButton, "contextAutomatic").isChecked()
    assert parts(dialog) == automatic
    assert settings.load(fireside.host.folders.settings).context is None  # nothing was applied


def test_what_does_not_fit_is_said(computer: Callable[..., Fireside]) -> None:
    fireside = computer(free=13, context=131072, cache_type="f16")
    dialog = open_page(fireside)
    said = child(dialog, QLabel, "planSummary")
    assert words(dialog, "context") == "131,072 tokens"  # though it does not fit now
    assert "more free memory" in said.text()
    assert said.property("tone") == "danger"
    shown = parts(dialog)
    assert "Free" not in shown
    assert sum(shown.values()) > 16 * GIB
    turn(fireside, dialog, "context", Qt.Key.Key_Home)
    assert said.property("tone") == "muted"


def test_a_gpu_has_knobs_and_a_bar_of_its_own(computer: Callable[..., Fireside]) -> None:
    fireside = computer(GPU)
    dialog = open_page(fireside)
    assert words(dialog, "gpuLayers") == "Automatic (25 of 25)"
    assert sum(parts(dialog, "gpuMemory0").values()) == GPU.memory
    assert parts(dialog, "gpuMemory0")["Other apps"] == GIB
    before = parts(dialog, "gpuMemory0")["Weights"], parts(dialog)["Weights"]
    turn(fireside, dialog, "cpuExperts", Qt.Key.Key_End)
    settle(fireside)
    assert words(dialog, "cpuExperts") == "All 24"
    after = parts(dialog, "gpuMemory0")["Weights"], parts(dialog)["Weights"]
    assert after[0] < before[0]
    assert after[1] > before[1]
    turn(fireside, dialog, "gpuLayers", Qt.Key.Key_Right)
    settle(fireside)
    assert words(dialog, "gpuLayers") == "None"
    assert list(parts(dialog, "gpuMemory0")) == ["Other apps", "Free"]
    assert note(dialog, 0) == "Not used: no layers are on the GPU"


def test_a_gpu_that_shares_the_memory_has_no_bar(computer: Callable[..., Fireside]) -> None:
    shared = Gpu("MTL0", "Shares", 12 * GIB, 12 * GIB, unified=True)
    dialog = open_page(computer(shared, free=16))
    assert child(dialog, QSlider, "gpuLayers").isVisible()
    assert not child(dialog, MemoryBar, "gpuMemory0").isVisible()
    assert note(dialog, 0) == "Shares this computer’s memory"
    assert parts(dialog)["Weights"] > 12 * 10**9  # both together


def test_each_card_is_shown_once_and_can_be_left_out(computer: Callable[..., Fireside]) -> None:
    fireside = computer(SAME, INTEGRATED, SMALL, GPU)
    dialog = open_page(fireside)
    switches = {
        switch.accessibleName(): switch
        for switch in dialog.findChildren(QAbstractButton)
        if switch.objectName().startswith("useGpu")
    }
    assert set(switches) == {"Use A fine card", "Use A small card", "Use On the board"}
    fine = switches["Use A fine card"]
    number = int(fine.objectName().removeprefix("useGpu"))
    bar = f"gpuMemory{number}"
    assert parts(dialog, bar)["Weights"] > GIB
    assert all(switch.isChecked() for switch in switches.values())
    child(dialog, QAbstractButton, "contextAutomatic").setFocus()
    reached = []
    for _ in range(5):
        QTest.keyClick(focused(), Qt.Key.Key_Tab)
        reached.append(focused().objectName())
    assert reached == ["context", "useGpu0", "useGpu1", "useGpu2", "measureAgain"]
    fine.setFocus()
    QTest.keyClick(fine, Qt.Key.Key_Space)
    settle(fireside)
    assert not fine.isChecked()
    assert note(dialog, number) == "Switched off"
    assert list(parts(dialog, bar)) == ["Other apps", "Free"]
    press(dialog, "applyPlan")
    assert fireside.host.overrides.unused_gpus == (GPU.pci,)
    fine.click()
    settle(fireside)
    assert note(dialog, number) == ""
    press(dialog, "applyPlan")
    assert not fireside.host.overrides.unused_gpus


def test_the_speeds_are_measured_again_on_a_click(
    computer: Callable[..., Fireside], monkeypatch: pytest.MonkeyPatch
) -> None:
    fireside = computer(GPU)
    ready = threading.Event()
    fast = Speeds(((GPU.name, DeviceSpeed(330, 9, 24)),), ((4, 38.0), (8, 52.4)))

    def measure(cancel: threading.Event, *, again: bool) -> Speeds:
        assert again
        assert ready.wait(30)
        fireside.backend.found = replace(fireside.backend.found, speeds=fast)
        return fast

    monkeypatch.setattr(fireside.backend, "measure", measure)
    dialog = open_page(fireside)
    said = child(dialog, QLabel, "measuredSpeeds")
    again = child(dialog, QAbstractButton, "measureAgain")
    assert said.text() == "The speed of this computer hasn’t been measured yet."
    again.click()
    assert said.text() == "Measuring the speed of this computer…"
    assert not again.isEnabled()
    ready.set()
    fireside.until(lambda: "A fine card 330 GB/s, CPU 52.4 GB/s" in said.text())
    assert "from pinned memory 24.0 GB/s" in said.toolTip()
    assert again.isEnabled()

    def fails(cancel: threading.Event, *, again: bool) -> Speeds:
        raise e.EngineFailed("no devices")

    monkeypatch.setattr(fireside.backend, "measure", fails)
    again.click()
    fireside.until(lambda: said.property("tone") == "danger")


def test_what_to_do_about_a_gpu_is_told_in_one_place(
    computer: Callable[..., Fireside], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = "NVIDIA GeForce RTX 3060", (8, 6), 12
    found = Graphics(cuda=drivers.cuda(card))
    monkeypatch.setattr(graphics_probe, "look", lambda: found)
    fireside = computer()
    dialog = open_page(fireside)
    assert child(dialog, QLabel, "gpuHintText").text() == f"To use {card[0]} with CUDA, run:"
    command = child(dialog, QLabel, "gpuHintCommand").text()
    assert command.endswith("--gpu cuda")
    press(dialog, "gpuHintCopy")
    assert QGuiApplication.clipboard().text() == command
    fireside.backend.found = Devices(backends=("CUDA", "CPU"))
    dialog.show_page("generalPage")
    dialog.show_page("memoryPage")
    fireside.until(lambda: not child(dialog, QWidget, "gpuHint").isVisible())


def test_apply_keeps_the_wishes_and_reloads_the_model(
    computer: Callable[..., Fireside], monkeypatch: pytest.MonkeyPatch
) -> None:
    fireside = computer(GPU)
    loaded: list[ModelRef] = []
    load = fireside.backend.load

    def counted(model: ModelRef, cancel: threading.Event) -> Any:
        loaded.append(model)
        return load(model, cancel)

    monkeypatch.setattr(fireside.backend, "load", counted)
    dialog = open_page(fireside)
    apply = child(dialog, QAbstractButton, "applyPlan")
    foot = child(dialog, QWidget, "memoryFoot")
    assert not foot.isVisible()
    turn(fireside, dialog, "context", Qt.Key.Key_Home)
    assert foot.isVisible()
    turn(fireside, dialog, "context", Qt.Key.Key_Right)
    turn(fireside, dialog, "gpuLayers", Qt.Key.Key_Right, 11)
    turn(fireside, dialog, "cpuExperts", Qt.Key.Key_Right, 4)
    press(dialog, "cacheQ8")
    assert not loaded
    assert Overrides.of(fireside.host.settings) == Overrides()
    apply.click()
    assert Overrides.of(fireside.host.settings) == Overrides(8192, 10, 3, CacheType.Q8_0)
    assert not apply.isEnabled()
    fireside.until(lambda: loaded == [fireside.window.state.models.demo])
    fireside.stored(lambda store: None)
    kept = settings.load(fireside.host.folders.settings)
    assert (kept.context, kept.gpu_layers, kept.cpu_experts, kept.cache_type) == (
        8192, 10, 3, "q8_0"
    )  # fmt: skip
    press(dialog, "resetPlan")
    apply.click()
    assert Overrides.of(fireside.host.settings) == Overrides()


def test_the_knobs_stand_where_they_were_left(computer: Callable[..., Fireside]) -> None:
    fireside = computer(context=8192, cache_type="q8_0", kept_gb=16)
    dialog = open_page(fireside)
    assert words(dialog, "context") == "8,192 tokens"
    assert child(dialog, QAbstractButton, "cacheQ8").isChecked()
    assert words(dialog, "keptGb") == "16 GB"
    assert not child(dialog, QAbstractButton, "applyPlan").isEnabled()


def test_a_look_at_the_machine_leaves_a_turned_knob(computer: Callable[..., Fireside]) -> None:
    fireside = computer()
    dialog = open_page(fireside)
    turn(fireside, dialog, "context", Qt.Key.Key_Home)
    dialog.show_page("generalPage")
    dialog.show_page("memoryPage")
    fireside.qtbot.wait(100)
    assert words(dialog, "context") == "4,096 tokens"


def test_what_needs_no_other_plan_is_changed_at_once(computer: Callable[..., Fireside]) -> None:
    fireside = computer()
    dialog = open_page(fireside)
    assert words(dialog, "keptGb") == "4 GB"
    turn(fireside, dialog, "keptGb", Qt.Key.Key_Home)
    assert words(dialog, "keptGb") == "Off"
    assert fireside.host.settings.kept_gb == 0
    turn(fireside, dialog, "keptGb", Qt.Key.Key_End)
    assert fireside.host.settings.kept_gb == 64
    assert words(dialog, "unloadIdle") == "Off"
    turn(fireside, dialog, "unloadIdle", Qt.Key.Key_Right, 2)
    assert words(dialog, "unloadIdle") == "After 15 min"
    assert fireside.host.settings.unload_minutes == 15


def test_answers_at_once_and_what_they_cost(computer: Callable[..., Fireside]) -> None:
    fireside = computer()
    dialog = open_page(fireside)

    def said() -> str:
        return " ".join(label.text() for label in dialog.findChildren(QLabel))

    assert words(dialog, "answersAtOnce") == "Automatic (4)"
    assert "4 at once fit; 16 take 97.2 MB more." in said()
    one = parts(dialog)
    turn(fireside, dialog, "answersAtOnce", Qt.Key.Key_End)
    settle(fireside)
    assert words(dialog, "answersAtOnce") == "16"
    assert "16 at once take" in said()
    assert parts(dialog)["Cache"] > one["Cache"]
    press(dialog, "applyPlan")
    assert fireside.host.overrides == Overrides(places=16)
    press(dialog, "resetPlan")
    settle(fireside)
    assert words(dialog, "answersAtOnce") == "Automatic (4)"
    assert parts(dialog) == one


@pytest.mark.parametrize("model", [True, False])
def test_without_a_plan_there_is_nothing_to_turn(
    start: Start, model: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "_header_or_error", e.NotGguf)
    fireside = start(model=model)
    dialog = open_preferences(fireside)
    dialog.show_page("memoryPage")
    said = child(dialog, QLabel, "planSummary")
    told = "isn’t a valid GGUF file" if model else "Choose a model to see how much memory it needs."
    fireside.until(lambda: told in said.text())
    for name in ("context", "cacheType", "applyPlan", "resetPlan"):
        assert not child(dialog, QWidget, name).isEnabled()
    assert child(dialog, QSlider, "keptGb").isEnabled()


def test_what_the_engine_does_not_say(fireside: Fireside, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies() -> Devices:
        raise e.EngineDied(1, "")

    monkeypatch.setattr(fireside.backend, "devices", dies)
    dialog = open_preferences(fireside)
    dialog.show_page("memoryPage")
    said = child(dialog, QLabel, "planSummary")
    fireside.until(lambda: said.property("tone") == "danger")


def test_closing_while_the_machine_is_looked_at(fireside: Fireside) -> None:
    dialog = open_preferences(fireside)
    dialog.show_page("memoryPage")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    fireside.qtbot.wait(150)
