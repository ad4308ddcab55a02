"""Find out from llama.cpp's log why it refused a file.

Its messages are those of llama.cpp 0c1e57098 (llama-cpp-python 0.3.36): ggml/src/gguf.cpp,
src/llama-model-loader.cpp, llama-model.cpp, llama-vocab.cpp, llama-mmap.cpp, ggml-alloc.c; messages
that end the process are printed by ggml_abort (ggml.c). The first of several messages is the
reason; later ones come from callers that passed it on.
"""

from __future__ import annotations

import errno
import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path

from app.base.errors import (
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
    if _MEMORY.search(reason):
        return OutOfMemory(path, reason)
    if found := _FILE.search(reason):
        return ModelUnreadable(path, found[1])
    if found := _KIND.search(reason):
        return UnsupportedArchitecture(path, found[1])
    kinds = (error for error, pattern in _DETAILED if pattern.search(reason))
    return next(kinds, ModelLoadFailed)(path, reason)


def ended(path: Path, exit_code: int | None, log: str) -> ModelError:
    """Return the error for a file whose loading ended the process, given the end of its ``log``."""
    if exit_code == _KILLED:  # the system kills a process that uses too much memory
        return OutOfMemory(path, "", killed=True)
    if exit_code in _NOT_READ:
        return not_read(path)
    lines = log.splitlines()
    found = refused(path, [line for line in lines if _ABORTED.search(line)])
    if isinstance(found, ModelLoadFailed) and not found.detail:
        last = next((_plain(line) for line in reversed(lines) if _TOLD.search(line)), "")
        return ModelLoadFailed(path, ": ".join(filter(None, (_name(exit_code), last))))
    return found


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
