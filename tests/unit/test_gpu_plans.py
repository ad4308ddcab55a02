"""How a plan for several GPUs is told to llama.cpp, and what its log tells of a GPU."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base import driver_libraries
from app.base.errors import CacheUnsupported, OutOfMemory
from app.engine import ggml, gpu_recovery, load_failure
from app.engine.backend import GpuFault, GpuTrouble
from app.engine.gpu_library import GpuLibrary
from app.engine.load_failure import GpuFailure
from app.engine.memory_model import PARTS, CacheType, MemoryUse
from app.engine.placement import MovedExperts
from app.engine.plan import Plan, Share
from app.engine.probe import BackendFault, Devices, Gpu, UnusedBackend
from app.wording.gpu_trouble import trouble_sentence, unused_sentence
from tests.fakes import drivers, gpt_oss

NOTHING = MemoryUse(0, 0, 0)
CARDS = tuple(Gpu(f"CUDA{n}", f"card {n}", 8 << 30, 8 << 30, pci=f"0000:0{n}:00.0") for n in "123")
FILE = Path("model.gguf")


def plan(
    *layers: int, moved: tuple[MovedExperts, ...] = (), pipeline: bool = False, dense: int = 0
) -> Plan:
    """Return a plan with these ``layers`` on as many cards, and ``dense`` ones on the CPU."""
    shares = tuple(Share(gpu, n, NOTHING, 0) for gpu, n in zip(CARDS, layers, strict=False))
    return Plan(
        context=4096,
        ubatch=512,
        threads=1,
        batch_threads=1,
        layers=sum(layers) + dense,
        host=NOTHING,
        host_room=0,
        cache=CacheType.F16,
        shares=shares,
        gpu_layers=sum(layers) + 1 if layers else 0,
        moved=moved,
        repack=False,
        mmap=True,
        pipeline=pipeline,
    )


@given(st.lists(st.integers(0, 40), min_size=2, max_size=3), st.integers(0, 5))
def test_borders_are_exact(layers: list[int], dense: int) -> None:
    """By the rule of llama-model.cpp, in its arithmetic (tests/long has llama.cpp itself)."""
    told = plan(*layers, dense=dense)
    parts = np.cumsum(np.array(list(ggml.split(told.shares)), np.float32)[: len(layers)])
    parts = parts / parts[-1]
    on_gpus = np.arange(told.gpu_layers, dtype=np.float32) / np.float32(told.gpu_layers)
    devices = np.searchsorted(parts, on_gpus, side="right").tolist()
    *counts, last = (devices.count(n) for n in range(len(layers)))
    assert [*counts, last - 1] == layers  # the last also has the output


def test_moved_experts_are_found_by_their_names() -> None:
    moved = (
        *(MovedExperts(layer, PARTS) for layer in (1, 10)),
        MovedExperts(2, ("down",)),
        MovedExperts(3, ("gate", "up"), "CUDA1"),
    )
    found = ggml.patterns(moved)
    names = [tensor.name for tensor in gpt_oss.header("20b").tensors]

    def moved_to(name: str) -> str | None:
        return next((to for pattern, to in found if re.search(pattern, name)), None)

    assert len(found) == 3
    on_cpu = [name for name in names if moved_to(name) == ""]
    elsewhere = [name for name in names if moved_to(name) == "CUDA1"]
    assert len(on_cpu) == 2 * 6 + 2  # weights and biases
    assert all(re.match(r"blk\.(1|10)\.ffn_\w+_exps|blk\.2\.ffn_down_exps", n) for n in on_cpu)
    assert {n.split(".")[2] for n in elsewhere} == {"ffn_gate_exps", "ffn_up_exps"}
    assert len(elsewhere) == 4


@pytest.fixture(scope="module")
def libraries() -> ggml.Ggml:
    """Return ggml's own libraries, without llama.cpp."""
    spec = find_spec("llama_cpp")
    assert spec
    assert spec.submodule_search_locations
    found = ggml.Ggml(Path(spec.submodule_search_locations[0]) / "lib")
    found.load_backends()
    return found


def test_overrides_keep_several_cards_from_working_at_a_time(libraries: ggml.Ggml) -> None:
    def patterns(told: Plan) -> list[bytes | None]:
        return [override.pattern for override in libraries.overrides(told)]

    assert patterns(plan(24)) == [None]
    assert patterns(plan(12, 12, pipeline=True)) == [None]
    nothing, end = patterns(plan(12, 12))
    assert nothing
    assert end is None
    names = [tensor.name for tensor in gpt_oss.header("20b").tensors]
    assert not [name for name in names if re.search(nothing.decode(), name)]
    one, end = patterns(plan(12, 12, moved=(MovedExperts(1, PARTS),)))
    assert one != nothing
    assert end is None
    assert list(libraries.choose(plan(12).shares)) == [None]  # there is no such card here


def test_a_device_s_properties(libraries: ggml.Ggml) -> None:
    (processor,) = (libraries._gpu(d, unified=False) for d in libraries._by_name().values())
    assert processor.name == "CPU"
    assert processor.memory >= processor.available > 0
    assert processor.pci == ""


def test_a_gpu_never_has_more_free_memory_than_it_has() -> None:
    assert ggml.free_memory(5 << 30, 8 << 30) == 5 << 30
    assert ggml.free_memory(9 << 30, 8 << 30) == 8 << 30
    assert ggml.free_memory((1 << 64) - (100 << 20), 8 << 30) == 0  # 100 MiB over its budget


@pytest.mark.parametrize(
    ("built", "card", "runs"),
    [
        (("86",), (8, 6), True),
        (("86",), (8, 9), True),
        (("86", "75"), (7, 5), True),
        (("89",), (8, 6), False),
        (("86",), (9, 0), False),
        (("75",), (6, 1), False),
        (("120",), (12, 0), True),
        (("120",), (12, 1), False),
        ((), (6, 1), True),
    ],
)
def test_the_cards_that_a_cuda_library_has_code_for(
    built: tuple[str, ...], card: tuple[int, int], runs: bool
) -> None:
    assert GpuLibrary(Path(), "cuda", "", built).runs_on(card) == runs


def test_a_card_that_cuda_was_not_compiled_for_is_left_out(
    libraries: ggml.Ggml, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = GpuLibrary(tmp_path, "cuda", libraries.version(), ("86",))
    library.file.write_bytes(b"no library")

    def loads(*cards: tuple[str, tuple[int, int], int]) -> list[tuple[str, str]]:
        monkeypatch.setattr(driver_libraries, "cuda", lambda: drivers.cuda(*cards))
        return [(unused.fault.value, unused.card) for unused in libraries.load_backends([library])]

    other = ("other card", drivers.GTX_1070[0])
    assert loads(drivers.GTX_1070) == [other]  # and nothing is loaded
    assert loads(drivers.RTX_3060) == [("not loaded", "")]
    monkeypatch.setattr(libraries, "_unable", set())
    assert loads(drivers.RTX_3060, drivers.GTX_1070) == [other, ("not loaded", "")]
    monkeypatch.setattr(ggml, "_GPU", ggml._CPU)  # which there is
    for name, at, listed in (
        ("CUDA1", "0000:02:00.0", 0),
        ("CUDA0", "0000:01:00.0", 1),
        ("Vulkan1", "0000:02:00.0", 1),
    ):
        gpu = Gpu(name, "", 1, 1, pci=at)
        monkeypatch.setattr(libraries, "_gpu", lambda _, unified, gpu=gpu: gpu)
        assert len(libraries.gpus()) == listed


@pytest.mark.parametrize(
    ("version", "preload", "fault"),
    [("0.0.1 abc", "", "other version"), ("", "missing.so", "not loaded"), ("", "", "not loaded")],
)
def test_a_gpu_library_that_does_not_fit(
    libraries: ggml.Ggml, tmp_path: Path, version: str, preload: str, fault: str
) -> None:
    needed = (preload,) if preload else ()
    library = GpuLibrary(tmp_path, "cuda", version or libraries.version(), preload=needed)
    library.file.write_bytes(b"no library")
    (unused,) = libraries.load_backends([library])
    assert (unused.name, unused.fault) == ("cuda", BackendFault(fault))
    assert unused.detail
    assert libraries.load_backends([library], gpus=False) == ()


ALLOCATION = "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 300.00 MiB on device 1: cudaM"


@pytest.mark.parametrize(
    ("lines", "device"),
    [
        (
            [f"{ALLOCATION}alloc failed: out of memory\n", "unable to allocate CUDA1 buffer"],
            "CUDA1",
        ),
        (["ggml_gallocr_reserve_n_impl: failed to allocate Vulkan1 buffer of size 5"], "Vulkan1"),
        (["alloc_tensor_range: failed to allocate CUDA_Host buffer of size 9"], "CPU"),
        (["failed to allocate compute pp buffers"], ""),
    ],
)
def test_whose_memory_was_full(lines: list[str], device: str) -> None:
    error = load_failure.refused(FILE, lines)
    assert isinstance(error, OutOfMemory)
    assert error.device == device


def test_a_cache_that_needs_flash_attention() -> None:
    said = "llama_init_from_model: failed to initialize the context: quantized V cache was "
    error = load_failure.refused(FILE, [f"{said}requested, but this requires Flash Attention\n"])
    assert isinstance(error, CacheUnsupported)


CUDA = (
    "CUDA error: {}\n  current device: {}, in function ggml_cuda_mul_mat at ggml-cuda.cu:9\n  x\n"
)


@pytest.mark.parametrize(
    ("log", "failure"),
    [
        (CUDA.format("unspecified launch failure", 1), GpuFailure("CUDA1")),
        (CUDA.format("unknown error", -1), GpuFailure("")),
        (CUDA.format("out of memory", 0), GpuFailure("CUDA0", full=True)),
        ("ggml_vulkan: device lost on Vulkan1\nterminate called", GpuFailure("Vulkan1")),
        ("terminate called after throwing an instance of 'vk::DeviceLostError'", GpuFailure("")),
        ("an instance of 'vk::OutOfDeviceMemoryError'", GpuFailure("", full=True)),
        ("ggml.c:1: GGML_ASSERT(n > 0) failed", None),
    ],
)
def test_a_gpu_that_ended_the_process(log: str, failure: GpuFailure | None) -> None:
    assert load_failure.gpu_failure(f"a line before\n{log}\nframe 1\nframe 2") == failure


def test_losses_are_counted_in_a_row() -> None:
    losses, devices, told = gpu_recovery.GpuLosses(), Devices(CARDS[:2]), plan(12, 12)
    assert losses.add(told, GpuFailure("CUDA2")) == "card 2"
    assert losses.left(devices).gpus == CARDS[:2]
    losses.worked(told)
    losses.add(told, GpuFailure("CUDA2"))
    assert losses.left(devices).gpus == CARDS[:2]
    losses.add(told, GpuFailure("CUDA2", full=True))  # it works
    assert losses.left(devices).gpus == CARDS[:2]
    losses.add(told, GpuFailure("CUDA2"))
    assert losses.left(devices).gpus == CARDS[:1]
    assert losses.add(told, GpuFailure("")) == ""


def test_a_card_whose_library_lacks_the_weights_is_left_out() -> None:
    header, devices = gpt_oss.header("20b"), Devices(CARDS[:1])
    cut = GpuLibrary(Path(), "cuda", "", weights=("mxfp4", "q8_0"))
    assert gpu_recovery.able(header, devices, [cut]) == (devices, None)
    other = GpuLibrary(Path(), "cuda", "", weights=("q4_0",))
    left, unable = gpu_recovery.able(header, devices, [other])
    assert (left.gpus, unable) == ((), CARDS[0])
    assert gpu_recovery.able(
        header, devices, [GpuLibrary(Path(), "vulkan", "", weights=("q4_0",))]
    )[0]


def test_each_trouble_has_a_sentence() -> None:
    for told in (plan(24), plan()):
        sentences = {
            trouble_sentence(GpuTrouble(fault, gpu), told, "gpt-oss-20b")
            for fault in GpuFault
            for gpu in (CARDS[0].description, "")
        }
        assert all(sentence.endswith(".") for sentence in sentences)
        assert len(sentences) == 6  # two do not name the card
    unused = {unused_sentence(UnusedBackend("cuda", fault, "no file")) for fault in BackendFault}
    assert len(unused) == len(BackendFault)
    assert any("CUDA couldn’t be loaded (no file)." in sentence for sentence in unused)
