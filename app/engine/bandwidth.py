"""In the worker process: how fast this computer's devices read weights, and are sent data.

Matrices of MXFP4, gpt-oss's own type, are multiplied by a vector, as for each token of an answer: a
device then reads every weight once, so that its memory is the limit. Done through ggml's graphs
alone, on each device that it lists. What cannot be measured stays unknown, and the log says why.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from app.engine.ggml import Ggml
from app.engine.probe import DeviceSpeed, Gpu, Machine, Speeds

_MXFP4, _F32 = 39, 0  # of enum ggml_type
_MIB = 1 << 20
_COLUMNS = 2880  # of gpt-oss's matrices: 90 blocks of 32 weights in 17 bytes
_ROW = _COLUMNS // 32 * 17
_MATRICES = 4  # each below the 128 MiB that are the largest buffer of some drivers
_MOST, _LEAST = 256 * _MIB, 32 * _MIB  # in all; some processors and GPUs have caches of 128 MiB
_SHARE = 8  # the part of the free memory that is taken
_FILL = 0x7F  # makes the scales of the weights 0.5; memory that nobody wrote to is one page
_COUNTS = 1, _MATRICES, 8 * _MATRICES  # of products in a graph, of which starting takes time, too
_ENOUGH_S = 0.025, 0.002, 0.0  # for one of these; if it takes less, it is the next one's turn
_CPU_BUDGET_S, _GPU_BUDGET_S = 0.2, 0.4  # a GPU that was idle takes a while to clock up
_COPIED, _COPIES = 64 * _MIB, 3  # bytes, and how often

_P, _INT, _SIZE, _LONG = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_int64
_SET_THREADS = ctypes.CFUNCTYPE(None, _P, _INT)


class _Unmeasured(Exception):
    """A device cannot be measured; the message says why."""


class _Parameters(ctypes.Structure):
    """struct ggml_init_params."""

    _fields_ = (("size", _SIZE), ("buffer", _P), ("no_alloc", ctypes.c_bool))


def measure(ggml: Ggml, machine: Machine) -> Iterator[Speeds]:
    """Yield the speeds that are known so far: after each number of threads, and each GPU."""
    speeds = Speeds()
    for threads, rate in _processor(ggml, machine):
        speeds = replace(speeds, processor=(*speeds.processor, (threads, rate)))
        yield speeds
    for gpu in machine.devices.gpus:
        if speed := _gpu(ggml, gpu):
            speeds = replace(speeds, gpus=(*speeds.gpus, (gpu.name, speed)))
            yield speeds


@contextmanager
def _noted(name: str) -> Iterator[None]:
    """Note in the log that something cannot be measured."""
    try:
        yield
    except (_Unmeasured, AttributeError) as error:  # the latter: this ggml lacks a function
        print(f"bandwidth of {name}: unknown ({error})", file=sys.stderr)


def _processor(ggml: Ggml, machine: Machine) -> Iterator[tuple[int, float]]:
    """Yield numbers of threads, and how many GB of weights they read in a second."""
    cores = machine.performance_cores or machine.cores
    with _noted("the processor"), ExitStack() as stack:
        weights = _Weights(_Device(ggml, None, stack), machine.available)
        for threads in sorted({1, (cores + 1) // 2, cores}):
            weights.device.set_threads(threads)
            yield threads, weights.rate(_CPU_BUDGET_S)


def _gpu(ggml: Ggml, gpu: Gpu) -> DeviceSpeed | None:
    speed: DeviceSpeed | None = None
    with _noted(gpu.name), ExitStack() as stack:
        speed = DeviceSpeed(_Weights(_Device(ggml, gpu, stack), gpu.available).rate(_GPU_BUDGET_S))
    if speed and not gpu.unified:
        with _noted(f"{gpu.name}’s link"):
            speed = replace(speed, pageable=_link(ggml, gpu, pinned=False))
        with _noted(f"{gpu.name}’s link, pinned"):
            speed = replace(speed, pinned=_link(ggml, gpu, pinned=True))
    return speed


class _Weights:
    """Weights in the memory of a device that has ``free`` bytes."""

    def __init__(self, device: _Device, free: int) -> None:
        rows = min(_MOST, free // _SHARE) // _MATRICES // _ROW
        self._size = rows * _ROW
        if self._size * _MATRICES < _LEAST:
            raise _Unmeasured(f"{free // _MIB} MiB are free")
        self.device = device
        self._graphs = device.products(rows)
        device.compute(self._graphs[0])  # the first time, a driver may compile its programs

    def rate(self, budget: float) -> float:
        """Return how many GB of them are read in a second, measured for ``budget`` seconds."""
        end = time.perf_counter() + budget
        for graph, count, enough in zip(self._graphs, _COUNTS, _ENOUGH_S, strict=True):
            size, times = count * self._size, [self.device.compute(graph)]
            if times[0] >= enough:
                break
        while time.perf_counter() < end:
            times.append(self.device.compute(graph))
        # Other programs, and the clock of a device that was idle, only ever make it slower.
        return size / sorted(times)[len(times) // 4] / 1e9


def _link(ggml: Ggml, gpu: Gpu, *, pinned: bool) -> float:
    """Return how many GB a GPU is sent in a second, from ordinary or from pinned memory."""
    rows = min(_COPIED, gpu.available // _SHARE) // _ROW
    size = rows * _ROW
    with ExitStack() as stack:
        device = _Device(ggml, gpu, stack)
        target = device.matrix(rows)
        source = device.pinned(size) if pinned else ctypes.create_string_buffer(size)
        ctypes.memset(source, 1, size)
        times = [device.send(target, source, size) for _ in range(1 + _COPIES)]
        return size / min(times[1:]) / 1e9


class _Device:
    """A device, the processor if ``gpu`` is None; ``stack`` frees all that it is given."""

    def __init__(self, ggml: Ggml, gpu: Gpu | None, stack: ExitStack) -> None:
        self._call, self._stack = ggml.function, stack
        self._device = ggml.find(gpu)
        if not self._device:
            raise _Unmeasured("not found")
        start = self._call("ggml_backend_dev_init", _P, _P, ctypes.c_char_p)
        self._backend = self._owned(start(self._device, None), "ggml_backend_free")
        self._compute = self._call("ggml_backend_graph_compute", _INT, _P, _P)

    def set_threads(self, count: int) -> None:
        registry = self._call("ggml_backend_dev_backend_reg", _P, _P)(self._device)
        find = self._call("ggml_backend_reg_get_proc_address", _P, _P, ctypes.c_char_p)
        address = find(registry, b"ggml_backend_set_n_threads")
        if not address:
            raise _Unmeasured("its threads cannot be set")
        _SET_THREADS(address)(self._backend, count)

    def products(self, rows: int) -> tuple[int, ...]:
        """Return graphs that multiply matrices by a vector, as many as `_COUNTS` says."""
        context = self._context(_MATRICES + 1 + sum(_COUNTS), graphs=len(_COUNTS))
        matrices = [self._tensor(context, _MXFP4, rows) for _ in range(_MATRICES)]
        vector = self._tensor(context, _F32, 1)
        multiply = self._call("ggml_mul_mat", _P, _P, _P, _P)
        supported = self._call("ggml_backend_dev_supports_op", ctypes.c_bool, _P, _P)
        new = self._call("ggml_new_graph", _P, _P)
        expand = self._call("ggml_build_forward_expand", None, _P, _P)
        graphs = tuple(new(context) for _ in _COUNTS)
        for graph, count in zip(graphs, _COUNTS, strict=True):
            for number in range(count):
                product = multiply(context, matrices[number % _MATRICES], vector)
                if not supported(self._device, product):
                    raise _Unmeasured("it cannot multiply MXFP4")
                expand(graph, product)
        self._allocate(context)
        ones = (ctypes.c_float * _COLUMNS)(*[1.0] * _COLUMNS)
        self.send(vector, ones, ctypes.sizeof(ones))
        return graphs

    def matrix(self, rows: int) -> int:
        """Return a matrix in the device's memory."""
        context = self._context(1, graphs=0)
        tensor = self._tensor(context, _MXFP4, rows)
        self._allocate(context)
        return tensor

    def pinned(self, size: int) -> int:
        """Return the address of memory of the computer that is locked for this device."""
        kind = self._call("ggml_backend_dev_host_buffer_type", _P, _P)(self._device)
        if not kind:
            raise _Unmeasured("it has no pinned memory")
        allocate = self._call("ggml_backend_buft_alloc_buffer", _P, _P, _SIZE)
        buffer = self._owned(allocate(kind, size), "ggml_backend_buffer_free")
        return int(self._call("ggml_backend_buffer_get_base", _P, _P)(buffer))

    def compute(self, graph: int) -> float:
        """Compute a graph, and return how many seconds that took."""
        begun = time.perf_counter()
        if status := self._compute(self._backend, graph):
            raise _Unmeasured(f"its status is {status}")
        return time.perf_counter() - begun

    def send(self, tensor: int, source: Any, size: int) -> float:
        """Copy data to a tensor, and return how many seconds that took."""
        copy = self._call("ggml_backend_tensor_set", None, _P, _P, _SIZE, _SIZE)
        begun = time.perf_counter()
        copy(tensor, source, 0, size)
        return time.perf_counter() - begun

    def _context(self, tensors: int, *, graphs: int) -> int:
        each = self._call("ggml_tensor_overhead", _SIZE)()
        graph = self._call("ggml_graph_overhead", _SIZE)()
        parameters = _Parameters(tensors * each + graphs * graph, None, True)
        return self._owned(self._call("ggml_init", _P, _Parameters)(parameters), "ggml_free")

    def _tensor(self, context: int, kind: int, rows: int) -> int:
        new = self._call("ggml_new_tensor_2d", _P, _P, _INT, _LONG, _LONG)
        return int(new(context, kind, _COLUMNS, rows))

    def _allocate(self, context: int) -> None:
        """Give the tensors of a context memory of the device, and write to all of it."""
        allocate = self._call("ggml_backend_alloc_ctx_tensors", _P, _P, _P)
        buffer = self._owned(allocate(context, self._backend), "ggml_backend_buffer_free")
        self._call("ggml_backend_buffer_clear", None, _P, ctypes.c_uint8)(buffer, _FILL)

    def _owned(self, pointer: int | None, free: str) -> int:
        """Return a pointer that is freed at the end. Raises _Unmeasured if it is NULL."""
        if not pointer:
            raise _Unmeasured("no memory")
        self._stack.callback(self._call(free, None, _P), pointer)
        return pointer
