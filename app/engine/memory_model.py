"""The memory that a gpt-oss model takes, in bytes, by the settings it is run with.

The sizes are those of llama.cpp 0c1e57098 (llama-cpp-python 0.3.36), taken from its graph for
gpt-oss and compared with what it reports by tests/e2e/test_plan_agrees.py.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from enum import StrEnum

from app.base import gpt_oss
from app.base.gguf import GgufHeader

_MIB = 1 << 20
_RUNTIME = 60 * _MIB  # Python and the libraries (measured, like the next)
_RUNTIME_GPU = 450 * _MIB  # a driver and what it holds: CUDA's (measured)
_RUNTIME_LATER = {"CUDA": 180 * _MIB}  # a context on each further card (measured: 0.15-0.19 GB)
_RUNTIME_TOKEN = 560  # bytes for each token of the vocabulary: here, and in llama.cpp
_CHECKPOINTS = 32  # as in app.engine.kv_pool
_POSITIONS = 41  # bytes per token: ids, positions, and places in both caches
_LAST_ROWS, _DRAWN_ROWS = 6, 3  # of the embedding for each token: at the logits, and drawing
_DRAWING = 4  # what a GPU that draws has of each logit: itself, drawn from, its probability, its id


class CacheType(StrEnum):
    """The type in which the keys and values of the cache are stored."""

    F16 = "f16"
    Q8_0 = "q8_0"


_ELEMENT = {CacheType.F16: 2.0, CacheType.Q8_0: 34 / 32}  # bytes
_ROTATION = {CacheType.F16: 0, CacheType.Q8_0: 1 << 16}  # a matrix that evens out rounding errors


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Planned use of one memory, the computer's or a GPU's, in bytes by purpose."""

    weights: int = 0
    cache: int = 0
    compute: int = 0
    runtime: int = 0

    def __add__(self, other: MemoryUse) -> MemoryUse:
        return MemoryUse(
            self.weights + other.weights,
            self.cache + other.cache,
            self.compute + other.compute,
            self.runtime + other.runtime,
        )

    @property
    def total(self) -> int:
        """The sum, in bytes."""
        return self.weights + self.cache + self.compute + self.runtime


PARTS = ("gate", "up", "down")
"""The three matrices of each expert."""
_LAYER = re.compile(r"blk\.(\d{1,3})\.(?:ffn_(gate|up|down)_exps)?")


@dataclass(frozen=True, slots=True)
class Held:
    """What one GPU of a backend ``api`` holds: ``layers`` in a row, and ``experts`` in bytes."""

    api: str
    layers: int
    experts: int


def sequences(places: int) -> int:
    """Return how many sequences the cache holds: those that grow, and as many that wait for more.

    One place more is the window's.
    """
    return 2 * places + 1


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """The settings that the cache depends on, wherever it lies.

    ``places``: how many answers are generated at a time; see `sequences`.
    """

    context: int
    cache: CacheType
    ubatch: int
    places: int = field(default=1, kw_only=True)

    @property
    def sequences(self) -> int:
        """How many sequences share the context; each has a window of its own."""
        return sequences(self.places)

    @property
    def tokens(self) -> int:
        """The longest batch that llama.cpp has buffers for: as many tokens of each sequence."""
        return self.ubatch + -self.ubatch % self.sequences


@dataclass(frozen=True, slots=True)
class MemorySettings(CacheSettings):
    """The settings that the memory depends on.

    ``gpus`` in the order of the layers; the last has the output, too. ``copied``: whether there are
    weights on the CPU that long batches copy to the first GPU. ``pipeline``: whether the GPUs work
    on several batches at a time.
    """

    gpus: tuple[Held, ...] = ()
    copied: bool = False
    pipeline: bool = False


class ModelSizes:
    """A model's sizes in bytes, by what llama.cpp does with them.

    Raises ModelError if its header has numbers that no gpt-oss has.
    """

    def __init__(self, header: GgufHeader) -> None:
        s = self._shape = gpt_oss.shape(header)
        self.layers, self.trained = s.layers, s.context
        dense, experts = [0] * s.layers, [0] * s.layers
        parts = [dict.fromkeys(PARTS, 0) for _ in dense]
        self.opening = self.output = self.largest = self.vocabulary = 0
        for tensor in header.tensors:
            layer = _LAYER.match(tensor.name)
            if layer and int(layer[1]) < s.layers:
                kind, number = dense, int(layer[1])
                if part := layer[2]:
                    kind = experts
                    self.largest = max(self.largest, tensor.size)
                    parts[number][part] += tensor.size
                kind[number] += tensor.size
            elif tensor.name.startswith("token_embd"):
                self.opening += tensor.size
                self.vocabulary = tensor.shape[-1] if tensor.shape else 0
            else:
                self.output += tensor.size
        # Cumulative sums over the layers, since plans need them thousands of times.
        self.dense = [0, *itertools.accumulate(dense)]
        self.experts = [0, *itertools.accumulate(experts)]
        self.parts = tuple(parts)
        """The bytes of each of the `PARTS` of a layer's experts."""
        self.chosen, self.grouped = s.chosen / s.experts, s.heads // s.kv_heads
        """The share of the experts that a token uses; the queries for each head of the cache."""
        self.weights = self.opening + self.output + self.dense[-1] + self.experts[-1]
        self._cell = 2 * s.head * s.kv_heads  # elements of a layer's cache for each token
        self._row = 4 * s.width
        self._heads = s.heads * s.head
        # Bytes per token of a batch at the widest point of the graph: three rows of the chosen
        # experts, two of the embedding, one of the heads, and the positions.
        widest = 3 * s.chosen * s.expert_width + self._heads
        self._peak = 4 * widest + 2 * self._row + _POSITIONS

    def _attention(self, s: MemorySettings) -> int:
        """Return the bytes that a GPU's attention needs for a batch.

        They are the heads' queries and results, two rows of the embedding, and for CUDA a layer's
        cache in 16 bits if it is stored in fewer.
        """
        wide = 0 if s.cache is CacheType.F16 else 2 * s.context * self._cell
        return s.tokens * (8 * self._heads + 2 * self._row + _POSITIONS) + wide

    def cells(self, layer: int, s: CacheSettings) -> int:
        """Return how many tokens a layer's cache holds.

        Every second layer sees only a window of each sequence, which are padded to 256 cells
        together (llama_kv_cache_iswa).
        """
        window = s.sequences * self._shape.window + s.ubatch
        padded = window + -window % 256
        return s.context if layer % 2 else min(s.context, padded)

    def cache(self, layers: range, s: CacheSettings) -> int:
        """Return the size of the keys and values of some layers."""
        odd = layers.stop // 2 - layers.start // 2
        cells = odd * self.cells(1, s) + (len(layers) - odd) * self.cells(0, s)
        return int(cells * self._cell * _ELEMENT[s.cache])

    def read(self, layers: range, kind: CacheType) -> float:
        """Return the bytes of some layers' cache that each token of a long chat adds."""
        odd = layers.stop // 2 - layers.start // 2
        return odd * self._cell * _ELEMENT[kind]

    def checkpoints(self, kind: CacheType) -> int:
        """Return the size of the checkpoints of the window."""
        window = self._shape.window * self._cell
        return int(_CHECKPOINTS * (self.layers - self.layers // 2) * window * _ELEMENT[kind])

    def masks(self, s: CacheSettings) -> int:
        """Return the size of the attention masks of both kinds of layers."""
        return 2 * s.tokens * (self.cells(1, s) + self.cells(0, s))

    def logits(self, s: MemorySettings) -> int:
        """Return the size of what a token of each sequence is drawn from."""
        return 4 * self.vocabulary * s.sequences * (_DRAWING if s.gpus else 1)

    def compute(self, s: MemorySettings) -> tuple[int, tuple[int, ...]]:
        """Return the buffers for one batch, on the host and on each GPU."""
        masks = self.masks(s) + _ROTATION[s.cache]
        row = s.tokens * self._row
        rows = _DRAWN_ROWS if s.gpus else _LAST_ROWS
        last = self.logits(s) + rows * row  # more than the layers only for short batches
        if not s.gpus:
            return max(s.tokens * (self._peak + self._row), last) + masks, ()
        # For a long batch, weights on the CPU are copied to the first GPU one after the other, and
        # so is the cache of layers that are entirely on the CPU.
        copied = self.largest if s.copied else 0
        if sum(held.layers for held in s.gpus) < self.layers:
            copied += self.cache(range(1, 2), s)
        host = 2 * row + s.tokens * _POSITIONS + masks
        first = max(s.tokens * self._peak, self._attention(s)) + masks
        later = max(s.tokens * (self._peak - 4 * self._heads), self._attention(s)) + masks
        if s.pipeline:  # four copies of what passes from one device to the next
            host += 3 * (masks + row)
            later = first + 3 * masks + 8 * row
            first += 3 * masks + 4 * row
        buffers = [first + copied, *[later] * (len(s.gpus) - 1)]
        buffers[-1] = max(buffers[-1], last + masks)
        return host, tuple(buffers)


def uses(model: ModelSizes, s: MemorySettings) -> tuple[MemoryUse, tuple[MemoryUse, ...]]:
    """Return the memory that settings use, of the computer and of each GPU."""
    compute, computes = model.compute(s)
    layer = first = model.layers - sum(held.layers for held in s.gpus)
    used = []
    for number, (held, buffers) in enumerate(zip(s.gpus, computes, strict=True)):
        part = range(layer, layer + held.layers)
        layer = part.stop
        weights = model.dense[part.stop] - model.dense[part.start] + held.experts
        weights += model.output if number == len(s.gpus) - 1 else 0
        cache = model.cache(part, s)
        runtime = _RUNTIME_LATER.get(held.api, 0) if number else 0
        used.append(MemoryUse(weights, cache, buffers, runtime))
    weights = model.weights - sum(use.weights for use in used)
    runtime = _RUNTIME + _RUNTIME_TOKEN * model.vocabulary + model.checkpoints(s.cache)
    runtime += _RUNTIME_GPU if s.gpus else 0
    cache = model.cache(range(first), s)
    return MemoryUse(weights, cache, compute + model.logits(s), runtime), tuple(used)
