"""What is chosen for many machines, what was chosen by memory alone, and the predicted speeds.

usage: python -m tests.bench.machines

Also prints the public figures that the model of speeds was fitted to, beside its predictions. Cards
have their makers' bandwidths, and the links and processors what ggml is known to reach with them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.engine import plan, speed_model
from app.engine.choice import Choice, Option
from app.engine.memory_model import PARTS, CacheType, ModelSizes
from app.engine.overrides import Overrides
from app.engine.placement import Wanted, place
from app.engine.plan import Plan
from app.engine.probe import Devices, DeviceSpeed, Gpu, Machine, Speeds, tools_memory
from app.engine.speed_model import Card
from tests.fakes import gpt_oss

GIB = 1 << 30
ON_CPU = speed_model._DRAW - speed_model._DRAW_ON_GPU  # seconds more for a token drawn there
DDR4, DDR5 = 38.0, 60.0  # GB/s that ggml reads of two channels
PCIE3, PCIE4_X8, PCIE4 = 12.0, 13.0, 25.0  # GB/s from locked memory; half of it from other


@dataclass(frozen=True)
class Board:
    """A graphics card of ``gib``, of which ``used`` by others; speeds in GB/s."""

    name: str
    gib: float
    speed: float
    link: float = PCIE4
    used: float = 0.3
    backend: str = "CUDA"
    unified: bool = False

    def gpu(self, number: int) -> tuple[Gpu, DeviceSpeed]:
        memory, free = int(self.gib * GIB), int((self.gib - self.used) * GIB)
        place = f"0000:{number + 1:02x}:00.0"
        name = f"{self.backend}{number}"
        found = Gpu(name, self.name, memory, free, self.unified, place)
        return found, DeviceSpeed(self.speed, self.link / 2, self.link)


@dataclass(frozen=True)
class Case:
    """A machine; ``before``: number of the card, context, cache, GPU layers, experts on the CPU.

    ``chosen``: layers by card, context, cache, layers with experts on the CPU, ubatch.
    """

    ram: int
    cpu: float
    boards: tuple[Board, ...]
    before: tuple[int | None, int, str, int, int]
    chosen: tuple[dict[str, int], int, str, int, int]
    size: str = "20b"

    @property
    def name(self) -> str:
        """The machine in words."""
        cards = " + ".join(f"{b.name} {b.gib:g}" for b in self.boards) or "no GPU"
        used = "".join(f" ({b.used:g} used)" for b in self.boards if b.used > 1)
        memory = "DDR5" if self.cpu == DDR5 else "DDR4" if self.cpu == DDR4 else "unified"
        return f"{self.size}: {cards}{used}, {self.ram} GB {memory}"

    @property
    def machine(self) -> Machine:
        """The machine, with measured speeds."""
        found = [board.gpu(number) for number, board in enumerate(self.boards)]
        speeds = Speeds(tuple((gpu.name, s) for gpu, s in found), ((8, self.cpu),))
        devices = Devices(tuple(gpu for gpu, _ in found), ("AVX2",))
        return Machine(
            self.ram * GIB,
            (self.ram - 3) * GIB,
            8,
            devices,
            speeds=speeds,
            reserved=tools_memory(self.ram * GIB),
        )

    def plan(self) -> Plan:
        """Return what is chosen."""
        return plan.propose(gpt_oss.header(self.size), self.machine)

    def old(self) -> Option:
        """Return what was chosen before: memory-mapped, in batches of 512 tokens."""
        number, context, cache, gpu_layers, experts = self.before
        model = ModelSizes(gpt_oss.header(self.size))
        cards: tuple[Card, ...] = ()
        if number is not None:
            gpu, speed = self.boards[number].gpu(number)
            cards = (Card(gpu, gpu.api, gpu.available - GIB // 2, speed),)
        first = model.layers + 1 - gpu_layers if cards else 0
        wanted = Wanted(context, CacheType(cache), 512 if cards else 256, first, experts)
        choice = Choice(model, self.machine, Overrides(mapped=True))
        return choice._option(place(model, cards, wanted))


def chosen(made: Plan) -> tuple[dict[str, int], int, str, int, int]:
    """Return a plan as `Case.chosen` has it."""
    shares = {share.gpu.description: share.layers for share in made.shares}
    if len(shares) < len(made.shares):  # cards of one name
        shares = {share.gpu.name: share.layers for share in made.shares}
    return shares, made.context, made.cache.value, made.cpu_experts, made.ubatch


RTX4060 = Board("RTX 4060", 8, 272, PCIE4_X8)
RTX3060 = Board("RTX 3060", 12, 360)
RTX3090 = Board("RTX 3090", 24, 936, used=0.5)
IGPU = Board("Radeon 780M", 16, 70, backend="Vulkan", unified=True)

CPU32K = (None, 32768, "f16", 0, 0)
CPU131K = (None, 131072, "f16", 0, 0)
RTX3080, RTX2060 = Board("RTX 3080", 10, 760), Board("RTX 2060", 6, 336, PCIE3)
RX7900XT, B580 = (
    Board("RX 7900 XT", 20, 800, backend="Vulkan"),
    Board("Arc B580", 12, 456, PCIE4_X8, backend="Vulkan"),
)
APU8 = Board("Radeon 780M", 8, 70, backend="Vulkan", unified=True)
M4 = Board("Apple M4", 16, 120, backend="MTL", used=0, unified=True)
H100 = Board("H100", 80, 3350, 50)
GTX1070 = Board("GTX 1070", 8, 256, PCIE3, backend="Vulkan")

CASES = (
    Case(16, DDR5, (), CPU32K, ({}, 32768, "f16", 0, 256)),
    Case(32, DDR5, (), CPU131K, ({}, 131072, "f16", 0, 256)),
    Case(
        16,
        DDR4,
        (Board("GTX 1650", 4, 128, PCIE3),),
        (0, 32768, "f16", 25, 22),
        ({"GTX 1650": 24}, 16384, "f16", 21, 512),
    ),
    Case(
        32, DDR4, (RTX2060,), (0, 32768, "f16", 25, 17), ({"RTX 2060": 24}, 16384, "f16", 16, 1024)
    ),
    Case(
        32, DDR5, (RTX4060,), (0, 32768, "f16", 25, 12), ({"RTX 4060": 24}, 16384, "f16", 11, 1024)
    ),
    Case(
        32,
        DDR5,
        (RTX4060, IGPU),
        (1, 131072, "f16", 25, 0),
        ({"RTX 4060": 24}, 16384, "f16", 11, 1024),
    ),
    Case(32, DDR4, (RTX3080,), (0, 32768, "f16", 25, 7), ({"RTX 3080": 24}, 16384, "f16", 6, 1024)),
    Case(32, DDR4, (RTX3060,), (0, 16384, "f16", 25, 0), ({"RTX 3060": 24}, 16384, "f16", 0, 512)),
    Case(
        32,
        DDR4,
        (replace(RTX3060, used=1.2),),
        (0, 32768, "f16", 25, 4),
        ({"RTX 3060": 24}, 16384, "f16", 3, 512),
    ),
    Case(
        32,
        DDR5,
        (Board("RTX 4060 Ti", 16, 288, PCIE4_X8),),
        (0, 131072, "f16", 25, 0),
        ({"RTX 4060 Ti": 24}, 131072, "f16", 0, 512),
    ),
    Case(
        64,
        DDR5,
        (Board("RTX 4090", 24, 1008),),
        (0, 131072, "f16", 25, 0),
        ({"RTX 4090": 24}, 131072, "f16", 0, 512),
    ),
    Case(
        32,
        DDR5,
        (RX7900XT,),
        (0, 131072, "f16", 25, 0),
        ({"RX 7900 XT": 24}, 131072, "f16", 0, 512),
    ),
    Case(32, DDR5, (B580,), (0, 16384, "f16", 25, 0), ({"Arc B580": 24}, 16384, "f16", 0, 512)),
    Case(
        32,
        DDR5,
        (RTX4060, RTX4060),
        (0, 32768, "f16", 25, 12),
        ({"CUDA0": 13, "CUDA1": 11}, 65536, "f16", 0, 512),
    ),
    Case(
        32,
        DDR5,
        (RTX3060, RTX4060),
        (0, 16384, "f16", 25, 0),
        ({"RTX 3060": 24}, 16384, "f16", 0, 512),
    ),
    Case(
        32,
        DDR5,
        (replace(RTX3060, used=1.0), RTX4060),
        (0, 32768, "f16", 25, 4),
        ({"RTX 4060": 3, "RTX 3060": 21}, 32768, "f16", 0, 512),
    ),
    Case(
        32,
        DDR4,
        (replace(RTX3060, used=1.0), GTX1070),
        (0, 32768, "f16", 25, 4),
        ({"GTX 1070": 3, "RTX 3060": 21}, 32768, "f16", 0, 512),
    ),
    Case(
        32, DDR5, (IGPU,), (0, 131072, "f16", 25, 0), ({"Radeon 780M": 24}, 131072, "f16", 0, 256)
    ),
    Case(16, DDR5, (APU8,), CPU32K, ({"Radeon 780M": 24}, 16384, "q8_0", 10, 256)),
    Case(24, 90.0, (M4,), (0, 32768, "f16", 25, 0), ({"Apple M4": 24}, 32768, "f16", 0, 256)),
    Case(
        64,
        DDR4,
        (RTX2060,),
        (0, 32768, "f16", 37, 35),
        ({"RTX 2060": 36}, 32768, "f16", 35, 128),
        "120b",
    ),
    Case(
        64,
        DDR5,
        (RTX4060,),
        (0, 32768, "f16", 37, 34),
        ({"RTX 4060": 36}, 32768, "f16", 34, 128),
        "120b",
    ),
    Case(
        64,
        DDR4,
        (RTX3090,),
        (0, 32768, "f16", 37, 24),
        ({"RTX 3090": 36}, 32768, "f16", 24, 1024),
        "120b",
    ),
    Case(
        64,
        DDR5,
        (RTX3090, RTX3090),
        (0, 32768, "f16", 37, 24),
        ({"CUDA0": 18, "CUDA1": 18}, 32768, "f16", 10, 1024),
        "120b",
    ),
    Case(
        64,
        DDR5,
        (RTX3090,) * 3,
        (0, 32768, "f16", 37, 24),
        ({"CUDA0": 12, "CUDA1": 12, "CUDA2": 12}, 131072, "f16", 0, 512),
        "120b",
    ),
    Case(
        128, DDR5, (H100,), (0, 131072, "f16", 37, 0), ({"H100": 36}, 131072, "f16", 0, 512), "120b"
    ),
)


@dataclass(frozen=True)
class Figure:
    """A published speed of answers, and where it stands; ``cpu``: GB/s that ggml reads."""

    where: str
    tokens_s: float
    board: Board
    on_cpu: int = 0
    cpu: float = 40.0

    def predicted(self) -> float:
        """Return the speed that is predicted for it, in tokens per second.

        All of them were drawn on the CPU.
        """
        gpu, speed = self.board.gpu(0)
        speeds = Speeds(((gpu.name, speed),), ((8, self.cpu),))
        there = Machine(64 * GIB, 60 * GIB, 8, Devices((gpu,)), speeds=speeds)
        wishes = Overrides(context=16384, cpu_experts=self.on_cpu, gpu_layers=25)
        on_gpu = plan.propose(gpt_oss.header("20b"), there, wishes).tokens_s
        return 1 / (1 / on_gpu + ON_CPU)


FIGURES = (
    Figure("llama.cpp#25262", 81.0, Board("RTX 4000 SFF Ada", 20, 280)),
    Figure("llama.cpp#25262, Windows", 305.7, Board("RTX PRO 6000", 96, 1792)),
    Figure("llama.cpp#21024, llama-bench", 181.3, replace(RTX3090, backend="Vulkan")),
    Figure("llmfit", 162.6, RX7900XT),
    Figure("llmfit", 66.5, Board("M4 Pro", 18, 273, backend="MTL", unified=True)),
    Figure("llmfit#775, i9-10900X", 36.4, Board("RTX 2080", 8, 448, PCIE3), 12),
    Figure("smeltcore", 64.0, RTX3060, 2),
    Figure("tests/bench/README.md", 84.0, H100, 4, 37.0),
    Figure("tests/bench/README.md", 42.0, H100, 13, 37.0),
    Figure("tests/bench/README.md", 31.0, H100, 18, 37.0),
    Figure("tests/bench/README.md", 24.0, H100, 24, 37.0),
)


def main() -> None:
    """Print both tables."""
    print("tokens/s of an answer, and of a prompt; experts of so many layers on the CPU\n")
    for case in CASES:
        old, new = case.old(), case.plan()
        number, context, cache, gpu_layers, experts = case.before
        before = f"{case.boards[number].name if number is not None else 'CPU'}"
        print(case.name)
        told = f"{before}, {context // 1024}k {cache}, {gpu_layers} layers, {experts} on CPU"
        ubatch = old.placement.wanted.ubatch
        token = old.token + (ON_CPU if old.placement.cards else 0)
        print(f"  before  {told:62} {1 / token:5.0f} {ubatch / old.batch:6.0f}")
        shares, context, cache, experts, ubatch = chosen(new)
        parts = " + ".join(f"{name}: {n}" for name, n in shares.items()) or "CPU"
        border = new.moved[-1].parts if new.moved else PARTS
        told = f"{parts}, {context // 1024}k {cache}, {experts} on CPU"
        told += f" (one only {'+'.join(border)})" if border != PARTS else ""
        told += f", batch {ubatch}" + ("" if new.mmap else ", not mapped")
        told += f", {new.places} at once"
        print(f"  now     {told:73} {new.tokens_s:5.0f} {new.prompt_tokens_s:6.0f}")
    print("\nwhat was published, and what is predicted\n")
    for figure in FIGURES:
        said, found = figure.tokens_s, figure.predicted()
        name = f"{figure.board.name}, {figure.on_cpu} on CPU ({figure.where})"
        print(f"  {name:62} {said:5.0f} {found:6.0f} {found / said - 1:+5.0%}")


if __name__ == "__main__":
    main()
