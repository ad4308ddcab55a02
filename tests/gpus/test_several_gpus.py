"""Plans for several GPUs against llama.cpp: where layers lie, what they take, what they answer.

On Debian 13 with mesa-vulkan-drivers, and llama.cpp's Vulkan library in the environment's ``gpu``
folder, these are three devices of Mesa's software driver (skipped with fewer)::

    GGML_VK_VISIBLE_DEVICES=0,0,0 MESA_SHADER_CACHE_DIR=~/.cache pytest tests/gpus

The second variable is needed because each test has its own home folder, and compiling the shaders
takes minutes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.engine import probe
from app.engine.memory_model import PARTS, CacheType, Held, MemorySettings, ModelSizes, uses
from app.engine.placement import MovedExperts
from app.engine.plan import Plan, Share
from app.engine.probe import Devices, Gpu
from app.host import demo_model
from tests.fakes import gpt_oss
from tests.gpus import children

DEMO = Path(demo_model().place)
TOKENS = 60
MIB = 1 << 20
# Larger buffers go to the CPU, unsaid, since this driver refuses them.
EXPERTS, WORDS = 16, 40_000

_ASSIGNED = re.compile(r"layer +(\d+) assigned to device (\S+?),")
_CACHE = re.compile(r"llama_kv_cache: size = +([\d.]+) MiB")
_BUFFER = re.compile(r"(\S+) +(model|KV|compute|output) buffer size = +([\d.]+) MiB")


@pytest.fixture(scope="module")
def gpus() -> tuple[Gpu, ...]:
    found, _ = children.run(children.devices)
    assert isinstance(found, Devices)
    if len(found.gpus) < 3:
        pytest.skip(f"three GPUs are needed; found: {found.gpus}, not used: {found.unused}")
    return found.gpus


def made(
    path: Path,
    gpus: Sequence[Gpu],
    layers: Sequence[int],
    moved: Sequence[MovedExperts] = (),
    *,
    context: int = 4096,
    ubatch: int = 256,
    cache: CacheType = CacheType.F16,
    pipeline: bool = False,
    mmap: bool = True,
) -> Plan:
    """Return a plan with these ``layers`` on the first of ``gpus``, and what it should take."""
    model = ModelSizes(probe.model(path))
    first, held = model.layers - sum(layers), []
    for gpu, many in zip(gpus, layers, strict=False):
        part = range(first, first + many)
        first = part.stop
        size = model.experts[part.stop] - model.experts[part.start]
        size -= sum(_size(model, each) for each in moved if each.layer in part)
        size += sum(_size(model, each) for each in moved if each.to == gpu.name)
        held.append(Held("Vulkan", many, size))
    copied = sum(layers) < model.layers or any(not each.to for each in moved)
    settings = MemorySettings(context, cache, ubatch, tuple(held), copied, pipeline)
    host, used = uses(model, settings)
    return Plan(
        context=context,
        ubatch=ubatch,
        threads=1,
        batch_threads=1,
        layers=model.layers,
        host=host,
        host_room=0,
        cache=cache,
        shares=tuple(
            Share(gpu, n, use, 0) for gpu, n, use in zip(gpus, layers, used, strict=False)
        ),
        gpu_layers=sum(layers) + 1 if layers else 0,
        moved=tuple(moved),
        repack=False,
        mmap=mmap,
        pipeline=pipeline,
    )


def _size(model: ModelSizes, moved: MovedExperts) -> int:
    return sum(model.parts[moved.layer][part] for part in moved.parts)


def layers_in(log: str) -> dict[str, list[int]]:
    """Return the layers of each device; the last number is the output."""
    found: dict[str, list[int]] = {}
    for number, device in _ASSIGNED.findall(log):
        layers = found.setdefault(device, [])
        if int(number) not in layers:
            layers.append(int(number))
    return found


def bytes_in(log: str) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for device, kind, size in _BUFFER.findall(log):
        found[device, kind] += round(float(size) * MIB)
    return found


@pytest.fixture(scope="module", params=["20b", "120b"])
def halved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sparse file of a model's shape, with fewer experts and words."""
    path: Path = tmp_path_factory.mktemp("halved") / f"{request.param}.gguf"
    gpt_oss.write(request.param, path, experts=EXPERTS, words=WORDS)
    return path


# --- Borders ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shares", [(12, 12), (13, 11), (1, 23), (8, 9, 7), (22, 1, 1), (7, 10), (5, 4, 3), (24, 0)]
)
def test_layers_lie_where_they_should(
    gpus: tuple[Gpu, ...], halved: Path, shares: tuple[int, ...]
) -> None:
    every = ModelSizes(probe.model(halved)).layers
    chosen = made(halved, gpus, shares)
    _, log = children.run(children.measure, halved, chosen)
    expected: dict[str, list[int]] = {}
    layer = every - sum(shares)
    if layer:
        expected["CPU"] = [*range(layer)]
    for share in chosen.shares:
        expected.setdefault(share.gpu.name, []).extend(range(layer, layer + share.layers))
        layer += share.layers
    expected[chosen.shares[-1].gpu.name].append(every)
    assert layers_in(log) == {name: found for name, found in expected.items() if found}


# --- Memory ----------------------------------------------------------------------------------

CASES = [
    ((24,), 16384, 2048, False),
    ((24,), 131072, 512, False),
    ((14, 10), 16384, 2048, False),
    ((14, 10), 65536, 1024, False),
    ((14, 10), 131072, 512, False),
    ((14, 10), 131072, 512, True),
    ((9, 8, 7), 65536, 1024, False),
    ((9, 8, 7), 16384, 512, True),
]


@pytest.mark.parametrize(("shares", "context", "ubatch", "pipeline"), CASES)
def test_memory_of_each_gpu(
    gpus: tuple[Gpu, ...],
    halved: Path,
    context: int,
    shares: tuple[int, ...],
    ubatch: int,
    pipeline: bool,
) -> None:
    every = ModelSizes(probe.model(halved)).layers
    layers = (shares[0] + every - 24, *shares[1:])
    agrees(halved, made(halved, gpus, layers, context=context, ubatch=ubatch, pipeline=pipeline))


@pytest.mark.parametrize(("to", "ubatch"), [("", 512), ("", 2048), ("Vulkan1", 1024)])
def test_memory_with_moved_experts(
    gpus: tuple[Gpu, ...], halved: Path, ubatch: int, to: str
) -> None:
    every = ModelSizes(probe.model(halved)).layers
    moved = [MovedExperts(layer, PARTS, to) for layer in range(3)]
    moved.append(MovedExperts(3, ("down",), to))
    layers, mmap = (every - 6, 6), bool(to)
    chosen = made(halved, gpus, layers, moved, context=16384, ubatch=ubatch, mmap=mmap)
    # With experts on another GPU, the first one's buffers are smaller than planned, by 16 MiB.
    agrees(halved, chosen, 0.1 if to else 0.02)


def agrees(path: Path, chosen: Plan, rel: float = 0.02) -> None:
    """Compare a plan's buffers on each device, and its cache, with llama.cpp's own."""
    _, log = children.run(children.measure, path, chosen)
    assert ("pipeline parallelism enabled" in log) is chosen.pipeline
    told = bytes_in(log)
    for share in chosen.shares:
        theirs = told[share.gpu.name, "compute"]
        ours = share.use.compute
        print(f"{share.gpu.name}: {ours / MIB:.1f} planned, {theirs / MIB:.1f} MiB", end="; ")
        assert ours == pytest.approx(theirs, rel=rel)
    cache = sum(round(float(size) * MIB) for size in _CACHE.findall(log))
    assert chosen.host.cache + chosen.device.cache == pytest.approx(cache, rel=0.01)
    host = sum(told[name, kind] for name in HOST for kind in ("compute", "output"))
    assert chosen.host.compute == pytest.approx(host, rel=0.02)


HOST = ("CPU", "Vulkan_Host")


# --- Answers ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def on_the_cpu() -> list[int]:
    tokens, _ = children.run(children.answer, DEMO, made(DEMO, (), ()), TOKENS)
    assert isinstance(tokens, list)
    return tokens


SPLITS: dict[str, tuple[tuple[int, ...], tuple[MovedExperts, ...], dict[str, object]]] = {
    "one": ((4,), (), {}),
    "two": ((2, 2), (), {}),
    "three": ((1, 2, 1), (), {}),
    "uneven": ((3, 1), (), {}),
    "some layers": ((1, 1), (), {}),
    "pipeline": ((2, 2), (), {"pipeline": True}),
    "short batches": ((2, 2), (), {"ubatch": 32}),
    "compact cache": ((2, 2), (), {"cache": CacheType.Q8_0}),
    "experts on the CPU": (
        (2, 2),
        tuple(MovedExperts(layer, PARTS) for layer in (0, 1)),
        {"mmap": False},
    ),
    "experts in the file": ((2, 2), tuple(MovedExperts(layer, PARTS) for layer in (0, 1)), {}),
    "all but experts on the first": (
        (4, 0),
        tuple(MovedExperts(layer, PARTS, "Vulkan1") for layer in (2, 3)),
        {},
    ),
    "down only": ((4,), (MovedExperts(1, ("down",)),), {"mmap": False}),
    "gate and up only": ((4,), (MovedExperts(1, ("gate", "up")),), {"mmap": False}),
}


@pytest.mark.parametrize("split", SPLITS)
def test_the_same_tokens(gpus: tuple[Gpu, ...], on_the_cpu: list[int], split: str) -> None:
    layers, moved, more = SPLITS[split]
    every = ModelSizes(probe.model(DEMO)).layers
    if split != "some layers":
        layers = (layers[0] + every - 4, *layers[1:])
    chosen = made(DEMO, gpus, layers, moved, **more)  # type: ignore[arg-type]
    tokens, log = children.run(children.answer, DEMO, chosen, TOKENS)
    assert tokens == on_the_cpu
    told = bytes_in(log)
    used = {name for name, kind in told if kind == "model" and not name.startswith("CPU")}
    expected = {share.gpu.name for share in chosen.shares}
    if any(not each.to for each in moved) and not chosen.mmap:
        expected.add("Vulkan_Host")  # locked memory, from which a GPU copies faster
        assert told["Vulkan_Host", "model"] > 0
        assert "overrides to CPU are used with mmap" not in log
    assert used == expected
