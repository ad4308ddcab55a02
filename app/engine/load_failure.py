"""Find out from llama.cpp's log why it refused a file.

Its messages are those of llama.cpp 0c1e57098 (llama-cpp-python 0.3.36): ggml/src/gguf.cpp,
src/llama-model-loader.cpp, llama-model.cpp, llama-context.cpp, llama-vocab.cpp, llama-mmap.cpp,
ggml-alloc.c, ggml-cuda.cu, ggml-vulkan.cpp; messages that end the process are printed by ggml_abort
(ggml.c), or by C++ for an exception that nobody catches, such as Vulkan's. The first of several
messages is the reason; later ones come from callers that passed it on.
"""

from __future__ import annotations

import errno
import os
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.base.errors import (
    CacheUnsupported,
    ModelDamaged,
    ModelError,
    ModelForeign,
    ModelLoadFailed,
    ModelNewer,
    ModelUnreadable,
    OutOfMemory,
    UnsupportedArchitecture,
)

_KILLED = -9  # exit code of a process that was killed
# Exit codes of a process that failed to read a mapped file from its medium: a signal, or
# EXCEPTION_IN_PAGE_ERROR on Windows.
_NOT_READ = {-getattr(signal, "SIGBUS", 0), 0xC0000006}
_LONGEST = 300  # characters of a reason

# Callers that passed a message on: function names, and the source folder that aborted.
_PASSED_ON = re.compile(
    r"\A(error loading model( hyperparameters| vocabulary)?: |[a-z]\w*: )+"
    r"|\A\S*[/\\](?=[\w.-]+:\d+: )"
)
_ABORTED = re.compile(r"\S+\.(c|cpp|h|cu|m|cuh):\d+: .")
_TOLD = re.compile(r"error|fail|unable|cannot|invalid|not found|wrong|unknown", re.IGNORECASE)
_MEMORY = re.compile(r"alloc|out of memory|cannot reserve", re.IGNORECASE)
_NO_CACHE = re.compile(r"quantized V cache was requested, but this requires Flash Attention")
# The device whose memory could not be allocated. "CUDA_Host" is memory of the computer.
_ON_DEVICE = re.compile(r"allocat\w+ (\S+?) buffer")
_ON_CUDA = re.compile(r"MiB on device (\d+): cudaMalloc failed")
# What drivers say of a GPU that no longer works, with its name or number if they tell.
_CUDA = re.compile(r"\b(CUDA|ROCm|MUSA) error: (.*)(?:\s+current device: (-?\d+))?")
_VULKAN = re.compile(r"device lost on (Vulkan\d+)|vk::DeviceLostError|ErrorDeviceLost")
_VULKAN_FULL = re.compile(r"vk::OutOf(?:Device|Host)MemoryError|ErrorOutOfDeviceMemory")
_FULL = "out of memory"
_FILE = re.compile(r"(?:read error|seek error|mmap failed|failed to open .*?): (.+)")
_KIND = re.compile(r"(?:unknown|unsupported) model architecture: '(.*?)'")
_DETAILED: tuple[tuple[type[ModelNewer | ModelForeign | ModelDamaged], re.Pattern[str]], ...] = (
    (
        ModelNewer,
        re.compile(
            r"unknown pre-tokenizer|invalid ggml type|only supports up to version"
            r"|wrong number of tensors|ROPE_SCALING_TYPE"
        ),
    ),
    (
        ModelForeign,
        re.compile(
            r"not found|missing tensor|wrong shape|cannot find tokenizer|unknown tokenizer"
            r"|no longer supported"
        ),
    ),
    (
        ModelDamaged,
        re.compile(
            r"not within the file bounds|end of file|exceeds remaining|duplicate|offset|invalid"
            r"|corrupted|wrong|expected|too long|failed to read|is empty|overflow"
            r"|GGML_ASSERT\((?:hparams|n_expert)"
        ),
    ),
)


def refused(path: Path, lines: Sequence[str]) -> ModelError:
    """Return the error for a file that llama.cpp refused, given the error ``lines`` of its log."""
    told = [_plain(line) for line in lines if line.strip()]
    if not told:
        return ModelLoadFailed(path, "")
    reason = told[0]
    if any(_NO_CACHE.search(line) for line in told):
        return CacheUnsupported(path)
    if _MEMORY.search(reason):
        return OutOfMemory(path, reason, device=_full_device(lines))
    if found := _FILE.search(reason):
        return ModelUnreadable(path, found[1])
    if found := _KIND.search(reason):
        return UnsupportedArchitecture(path, found[1])
    kinds = (error for error, pattern in _DETAILED if pattern.search(reason))
    return next(kinds, ModelLoadFailed)(path, reason)


def _full_device(lines: Sequence[str]) -> str:
    """Return ggml's name of the device whose memory is full; empty if the log does not tell."""
    for line in lines:
        if found := _ON_CUDA.search(line):
            return f"CUDA{found[1]}"
        if found := _ON_DEVICE.search(line):
            return "CPU" if found[1].endswith("_Host") else found[1]
    return ""


@dataclass(frozen=True, slots=True)
class GpuFailure:
    """A GPU that ended the process: ``device`` is ggml's name, empty if the log does not tell.

    ``full``: its memory was, because another program took more of it.
    """

    device: str
    full: bool = False


def gpu_failure(log: str) -> GpuFailure | None:
    """Return which GPU failed while it worked, given the end of the ``log``; None if none did."""
    if found := _CUDA.search(log):
        number = found[3]
        device = f"{found[1]}{number}" if number and int(number) >= 0 else ""
        return GpuFailure(device, found[2].strip() == _FULL)
    if lost := list(_VULKAN.finditer(log)):
        return GpuFailure(next((name for each in lost if (name := each[1])), ""))
    return GpuFailure("", full=True) if _VULKAN_FULL.search(log) else None


def last_message(log: str) -> str:
    """Return the last line of a ``log`` that looks like an error message; empty if none does."""
    lines = reversed(log.splitlines())
    return next((_plain(line) for line in lines if _TOLD.search(line)), "")


def ended(path: Path, exit_code: int | None, log: str) -> ModelError:
    """Return the error for a file whose loading ended the process, given the end of its ``log``."""
    if was_killed(exit_code):  # the system kills a process that uses too much memory
        return OutOfMemory(path, "", killed=True)
    if exit_code in _NOT_READ:
        return not_read(path)
    lines = log.splitlines()
    found = refused(path, [line for line in lines if _ABORTED.search(line)])
    if isinstance(found, ModelLoadFailed) and not found.detail:
        return ModelLoadFailed(path, ": ".join(filter(None, (_name(exit_code), last_message(log)))))
    return found


def was_killed(exit_code: int | None) -> bool:
    """Return whether the system or a person ended the process."""
    return exit_code == _KILLED


def could_not_read(exit_code: int | None) -> bool:
    """Return whether the process died because a mapped file was truncated or its medium fails."""
    return exit_code in _NOT_READ


def not_read(path: Path) -> ModelUnreadable:
    """Return the error for such a file, with the system's message from reading it."""
    return ModelUnreadable(path, os.strerror(errno.EIO))


def _name(exit_code: int | None) -> str:
    if exit_code is None:
        return ""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"


def _plain(line: str) -> str:
    """Return a log line without names of functions and folders."""
    return _PASSED_ON.sub("", line.strip()).rstrip(".")[:_LONGEST]
