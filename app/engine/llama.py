"""llama.cpp, in the worker process. This is the only module that imports it.

It uses the low-level API only: llama_cpp.Llama rolls back a windowed cache wrongly without an
error, parses control tokens in text, and keeps all logits.
"""

from __future__ import annotations

import ctypes
import functools
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec, module_from_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app.base import gguf
from app.base.errors import EngineFailed, OutOfMemory
from app.base.types import Sampling
from app.engine import bandwidth, gpu_library, probe
from app.engine.engine_protocol import Piece, TokenMask
from app.engine.ggml import Ggml, split
from app.engine.load_failure import refused
from app.engine.memory_model import CacheType
from app.engine.plan import Plan
from app.engine.probe import Devices, Speeds, UnusedBackend
from app.engine.sampler_chain import ChainSampler, Samplers
from app.engine.worker import Worker
from app.formats import choose

if spec := find_spec("llama_cpp"):
    # The package's __init__ imports the high-level API, with numpy and jinja2: half a second, 23
    # MB.
    sys.modules.setdefault("llama_cpp", module_from_spec(spec))
import llama_cpp.llama_cpp as llama

_ABORTED = 2  # of llama_decode's return codes
_CODES = {1: "there is no room for the batch in the cache"}
_WINDOW = llama.LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY
_CACHE_TYPES = {CacheType.F16: 1, CacheType.Q8_0: 8}  # of enum ggml_type


def main(connection: Connection, *, gpus: bool = True) -> None:
    """Serve the pipe until it ends; without ``gpus``, no driver is asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl+C
    llama.llama_log_set(_log, None)
    unused = _ggml().load_backends(gpu_library.found(gpu_library.root()), gpus=gpus)
    for each in unused:
        sys.stderr.write(f"{each.name}: {each.fault}: {each.detail}\n")
    llama.llama_backend_init()
    Worker(connection, Llama(unused)).serve()
    sys.stderr.flush()
    os._exit(0)  # skips the drivers' clean-up, which is not needed


@llama.llama_log_callback  # type: ignore[untyped-decorator]
def _log(level: int, text: bytes, _: object) -> None:
    """Write llama.cpp's messages, except the thousands of debug messages."""
    global _logging
    if level != _CONTINUED:
        _logging = level > _DEBUG
    if _logging:
        line = text.decode("utf-8", errors="replace")
        if level == _ERROR and len(_errors) < _MOST_ERRORS:
            _errors.append(line)
        sys.stderr.write(line)


_DEBUG, _ERROR, _CONTINUED = 1, 4, 5  # of enum ggml_log_level
_logging = True
_errors: list[str] = []
"""Error messages since this was last cleared: llama.cpp reports reasons only in its log."""
_MOST_ERRORS = 20


class Llama:
    """llama.cpp as an `Engine`."""

    def __init__(self, unused: tuple[UnusedBackend, ...] = ()) -> None:
        self._unused = unused
        self.version = _version()
        # llama.cpp calls its abort callback between the nodes of its graph, a thousand times per
        # token, so a C function serves as callback, without the GIL: strlen(text) is true if the
        # text is not empty.
        self._stopped = ctypes.create_string_buffer(2)
        libc = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
        self._callback = ctypes.cast(libc.strlen, llama.ggml_abort_callback)
        self._ggml = _ggml()
        self._model: _Model | None = None

    def devices(self) -> Devices:
        return Devices(
            gpus=self._ggml.gpus(),
            features=_features(llama.llama_print_system_info().decode()),
            backends=self._ggml.backends(),
            version=f"llama-cpp-python {self.version}, ggml {self._ggml.version()}",
            unused=self._unused,
        )

    def measure(self) -> Iterator[Speeds]:
        return bandwidth.measure(self._ggml, probe.machine(self.devices()))

    def load(self, path: Path, plan: Plan, progress: Callable[[float], bool]) -> _Model:
        if self._model:
            self._model.close()
        self._model = None
        self._model = _Model(path, plan, self._ggml, progress)
        self._model.watch(self._callback, ctypes.cast(self._stopped, ctypes.c_void_p))
        return self._model

    def stop(self, stopped: bool) -> None:
        self._stopped[0] = b"x" if stopped else b"\0"


def _version() -> str:
    """Return the version of llama-cpp-python, by the name of its folder.

    importlib.metadata would take an eighth of the process's start: it imports all of `email`.
    """
    stem, suffix = "llama_cpp_python-", ".dist-info"
    for folder in Path(llama.__file__).parents[1].glob(f"{stem}*{suffix}"):
        return folder.name.removeprefix(stem).removesuffix(suffix)
    from importlib import metadata  # it was installed in some other way

    return metadata.version("llama-cpp-python")


@functools.cache
def _ggml() -> Ggml:
    return Ggml(Path(llama._base_path))


def _features(info: str) -> tuple[str, ...]:
    """Return the processor's features, from "CPU : SSE3 = 1 | AVX2 = 1 | …"."""
    found = re.search(r"CPU : (.*)", info)
    pairs = (pair.split("=") for pair in found[1].split("|") if "=" in pair) if found else ()
    return tuple(name.strip() for name, value in pairs if value.strip() != "0")


class _Model:
    """A loaded model and its context."""

    def __init__(
        self, path: Path, plan: Plan, ggml: Ggml, progress: Callable[[float], bool]
    ) -> None:
        _errors.clear()
        self.format = choose(gguf.read(path, arrays=True))
        parameters = _model_parameters(plan, ggml)
        parameters.progress_callback = llama.llama_progress_callback(
            lambda fraction, _: progress(fraction)
        )
        self._handle = llama.llama_model_load_from_file(os.fsencode(path), parameters)
        if not self._handle:
            raise refused(path, _errors)
        self.sequences = plan.sequences
        self._plan = plan
        self._threads = plan.batch_threads
        self._samplers = Samplers(llama, path, self.sequences, on_device=_output_on_gpu(plan))
        settings = _context_parameters(plan)
        self._samplers.add_to(settings)
        self._context = llama.llama_init_from_model(self._handle, settings)
        if not self._context:
            self._samplers.close()
            llama.llama_model_free(self._handle)
            # Creating a context hardly fails for any other reason than a lack of memory.
            raise refused(path, _errors) if _errors else OutOfMemory(path, "")
        vocabulary = llama.llama_model_get_vocab(self._handle)
        self.batch = plan.ubatch
        self._batch = _Batch(self.batch)
        size = llama.llama_vocab_n_tokens(vocabulary)
        self._samplers.attach(self._context, size, self._batch.rows)
        self.asynchronous = plan.gpu_layers > plan.layers and not plan.cpu_experts
        self.size = llama.llama_n_ctx(self._context)
        self.memory = _Memory(self._context, llama.llama_model_n_swa(self._handle))

    def close(self) -> None:
        """Free all memory."""
        self._samplers.close()
        llama.llama_free(self._context)
        llama.llama_model_free(self._handle)

    def watch(self, callback: Any, data: Any) -> None:
        """Let a running decode be stopped.

        This works on the CPU and Metal only: elsewhere a batch runs to its end.
        """
        llama.llama_set_abort_callback(self._context, callback, data)

    def decode(self, pieces: Sequence[Piece]) -> bool:
        batch = self._batch.fill(pieces)
        if batch.n_tokens > 1:
            self._set_threads(batch.n_tokens, sum(piece.start for piece in pieces))
        code = llama.llama_decode(self._context, batch)
        if code == 0:
            return True
        self._batch.clear()
        if code == _ABORTED:
            return False
        raise EngineFailed(f"llama_decode: {_CODES.get(code, code)}")

    def _set_threads(self, tokens: int, cells: int) -> None:
        """Have a batch use as many threads as are worth it: llama.cpp has but one number for all.

        With two threads, two tokens of the demo model took twice as long as with one: the threads
        wait for each other at each of 400 nodes.
        """
        threads = self._plan.threads_of(tokens, cells)
        if threads != self._threads:
            self._threads = threads
            llama.llama_set_n_threads(self._context, self._plan.threads, threads)

    def sampler(
        self, sampling: Sampling, sequence: int, mask: TokenMask | None = None
    ) -> ChainSampler:
        return self._samplers.sampler(sampling, sequence, mask)


class _Batch:
    """A batch of llama.cpp's, allocated once, of at most ``size`` tokens.

    ``rows``: where the token stands whose logits each sequence draws from.
    """

    def __init__(self, size: int) -> None:
        self.rows: dict[int, int] = {}
        self._tokens: Any = (llama.llama_token * size)()
        self._positions: Any = (llama.llama_pos * size)()
        self._draws = (ctypes.c_int8 * size)()
        self._sequences: Any = (llama.llama_seq_id * size)()
        of_one, at = ctypes.POINTER(llama.llama_seq_id), ctypes.addressof(self._sequences)
        width = ctypes.sizeof(llama.llama_seq_id)
        # Each token is of one sequence. What names it is an array of its own.
        self._named = (of_one * size)(
            *(ctypes.cast(at + nth * width, of_one) for nth in range(size))
        )
        self._ones = (ctypes.c_int32 * size)(*[1] * size)
        self._drawing: list[int] | None = None
        self._all = llama.llama_batch(
            token=self._tokens,
            pos=self._positions,
            n_seq_id=self._ones,
            seq_id=self._named,
            logits=self._draws,
        )

    def clear(self) -> None:
        """Forget from which tokens is drawn."""
        for row in self.rows.values():
            self._draws[row] = 0
        self.rows.clear()
        self._drawing = None

    def fill(self, pieces: Sequence[Piece]) -> Any:
        """Return the batch with these pieces."""
        drawing = []  # those of one token
        for sequence, tokens, _, draws in pieces:
            if draws and len(tokens) == 1:
                drawing.append(sequence)
        if len(drawing) == len(pieces) and drawing == self._drawing:  # nearly always
            for row, (_, tokens, start, _) in enumerate(pieces):
                self._tokens[row] = tokens[0]
                self._positions[row] = start
            return self._all
        self.clear()
        end = 0
        for sequence, tokens, start, draws in pieces:
            begin, count = end, len(tokens)
            end += count
            self._tokens[begin:end] = tokens
            self._positions[begin:end] = range(start, start + count)
            self._sequences[begin:end] = (sequence,) * count
            if draws:
                self._draws[end - 1] = 1
                self.rows[sequence] = end - 1
        self._all.n_tokens = end
        if len(drawing) == len(pieces):
            self._drawing = drawing
        return self._all


def _output_on_gpu(plan: Plan) -> bool:
    return bool(plan.shares) and plan.gpu_layers > 0


def _model_parameters(plan: Plan, ggml: Ggml) -> Any:
    parameters = llama.llama_model_default_params()
    devices, overrides, layers = ggml.choose(plan.shares), ggml.overrides(plan), split(plan.shares)
    parameters.devices = ctypes.cast(devices, ctypes.c_void_p)
    parameters.tensor_buft_overrides = ctypes.cast(overrides, ctypes.c_void_p)
    parameters.tensor_split = layers
    # llama.cpp reads them until the load is over.
    parameters.kept = devices, overrides, layers
    parameters.n_gpu_layers = plan.gpu_layers
    several = len(plan.shares) > 1
    parameters.split_mode = llama.LLAMA_SPLIT_MODE_LAYER if several else llama.LLAMA_SPLIT_MODE_NONE
    parameters.use_extra_bufts = plan.repack
    parameters.load_mode = llama.LLAMA_LOAD_MODE_MMAP if plan.mmap else llama.LLAMA_LOAD_MODE_NONE
    return parameters


def _context_parameters(plan: Plan) -> Any:
    parameters = llama.llama_context_default_params()
    parameters.n_ctx = plan.context
    parameters.n_batch = parameters.n_ubatch = plan.ubatch
    parameters.n_threads, parameters.n_threads_batch = plan.threads, plan.batch_threads
    # The sequences share all cells, so that one conversation may fill them. Each draws from one
    # token of a batch; with a limit of two, those that a GPU draws use no random number before
    # they are accepted.
    parameters.n_seq_max = parameters.n_outputs_max = plan.sequences
    parameters.n_outputs_max_per_seq = 2
    parameters.kv_unified = True
    parameters.swa_full = False
    parameters.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_AUTO
    parameters.type_k = parameters.type_v = _CACHE_TYPES[plan.cache]
    return parameters


class _Memory:
    """The context's cache, as `app.engine.kv_memory.KvMemory`."""

    def __init__(self, context: Any, window: int) -> None:
        self.window = window
        self._context = context
        self._memory = llama.llama_get_memory(context)
        self._sequences = range(llama.llama_n_seq_max(context))

    def oldest(self, sequence: int) -> int:
        return int(llama.llama_memory_seq_pos_min(self._memory, sequence))

    def cut(self, sequence: int, length: int) -> bool:
        return bool(llama.llama_memory_seq_rm(self._memory, sequence, length, -1))

    def clear(self, sequence: int) -> None:
        llama.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        if all(llama.llama_memory_seq_pos_max(self._memory, any_) < 0 for any_ in self._sequences):
            llama.llama_memory_clear(self._memory, False)  # the first cells are filled next

    def share(self, source: int, target: int, length: int) -> None:
        llama.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def window_state(self, sequence: int) -> bytes:
        size = llama.llama_state_seq_get_size_ext(self._context, sequence, _WINDOW)
        state = (ctypes.c_uint8 * size)()
        got = llama.llama_state_seq_get_data_ext(self._context, state, size, sequence, _WINDOW)
        return bytes(state) if got else b""

    def set_window(self, sequence: int, state: bytes) -> bool:
        size = len(state)
        array = (ctypes.c_uint8 * size).from_buffer_copy(state)
        return bool(
            llama.llama_state_seq_set_data_ext(self._context, array, size, sequence, _WINDOW)
        )

    def state(self, sequence: int, most: int) -> bytearray:
        size = llama.llama_state_seq_get_size_ext(self._context, sequence, 0)
        if not 0 < size <= most:
            return bytearray()
        state = bytearray(size)
        array = (ctypes.c_uint8 * size).from_buffer(state)
        got = llama.llama_state_seq_get_data_ext(self._context, array, size, sequence, 0)
        return state if got == size else bytearray()

    def set_state(self, sequence: int, state: bytearray) -> bool:
        self.clear(sequence)
        size = len(state)
        array = (ctypes.c_uint8 * size).from_buffer(state)
        if llama.llama_state_seq_set_data_ext(self._context, array, size, sequence, 0):
            return True
        self.clear(sequence)
        return False

    def save(self, sequence: int, path: Path, tokens: Sequence[int]) -> bool:
        array = (llama.llama_token * len(tokens))(*tokens)
        name = os.fsencode(path)
        return bool(
            llama.llama_state_seq_save_file(self._context, name, sequence, array, len(tokens))
        )

    def load(self, sequence: int, path: Path, tokens: Sequence[int]) -> bool:
        self.clear(sequence)
        count = len(tokens)
        array, found = (llama.llama_token * count)(), ctypes.c_size_t()
        name = os.fsencode(path)
        read = llama.llama_state_seq_load_file(
            self._context, name, sequence, array, count, ctypes.byref(found)
        )
        if read and list(array[: found.value]) == list(tokens):
            return True
        self.clear(sequence)
        return False
