"""Files that llama.cpp refuses: the reason from the header, and from llama.cpp's message."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.base import gguf
from app.base.errors import (
    ModelDamaged,
    ModelError,
    ModelForeign,
    ModelLoadFailed,
    ModelNewer,
    ModelTruncated,
    ModelUnreadable,
    OutOfMemory,
)
from app.base.resources import resource
from app.base.types import Message, ModelRef, Part, Request, Role
from app.engine import load_failure
from app.engine.ggml import _library
from app.engine.supervisor import LocalBackend
from app.models import disk_scan
from tests.fakes import engine_processes, mutants

DEMO = resource("models", "demo-gpt-oss.gguf")
DATA = DEMO.read_bytes()
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="of POSIX")


def libraries() -> Path:
    spec = importlib.util.find_spec("llama_cpp")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "lib"


def test_every_type_of_tensor_has_the_size_that_llama_cpp_gives_it() -> None:
    base = _library(libraries(), "ggml-base")
    base.ggml_type_size.restype, base.ggml_blck_size.restype = ctypes.c_size_t, ctypes.c_int64
    base.ggml_type_name.restype = ctypes.c_char_p
    theirs = {
        kind: (base.ggml_blck_size(kind), base.ggml_type_size(kind))
        for kind in range(gguf.TYPES)
        if base.ggml_blck_size(kind)  # removed types have none
    }
    assert theirs == gguf.BLOCKS
    assert base.ggml_type_name(gguf.TYPES - 1) == b"q2_0", "the last one there is"


def loads(paths: list[Path]) -> dict[Path, bool]:
    """Return whether llama.cpp by itself loads each file and decodes a batch with it."""
    code = Path(__file__).parent.parent / "fakes" / "llama_loads.py"
    done = subprocess.run(
        [sys.executable, str(code), *map(str, paths)], capture_output=True, text=True, check=True
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("loads: ")]
    said = [line.removeprefix("loads: ") == "yes" for line in lines]
    return dict(zip(paths, said, strict=True))


OWN_RULES = (
    "gpt-oss.context_length is zero",
    "gpt-oss.attention.sliding_window is zero",
    "tokenizer.ggml.token_type absent",
    "gpt-oss.rope.freq_base is nan",
    "gpt-oss.rope.scaling.factor is nan",
)


@POSIX
def test_the_verdict_by_the_header_is_llama_cpps(tmp_path: Path) -> None:
    """Tries some of the mutants; all of them, for some minutes, with FIRESIDE_EXPLORE=1."""
    all_of_them = [(n, h) for n, h in mutants.mutants(DATA).items() if not n.startswith("bytes")]
    if "FIRESIDE_EXPLORE" not in os.environ:
        all_of_them = random.Random(5).sample(all_of_them, 60)
    _, _, weights = mutants.parse(DATA)
    ours: dict[Path, tuple[str, ModelError | None]] = {}
    for number, (name, header) in enumerate(all_of_them):
        path = tmp_path / f"{number}.gguf"
        path.write_bytes(header + weights)
        ours[path] = name, disk_scan.inspect(path).problem
    theirs = loads([*ours])
    differ = [
        (name, problem)
        for path, (name, problem) in ours.items()
        if theirs[path] != (problem is None) and name not in OWN_RULES
    ]
    assert not differ
    assert set(theirs.values()) == {True, False}


# llama.cpp's messages, word for word (0c1e57098), and the errors made of them.
LOAD = "llama_model_load: error loading model: "
SAID = [
    (f"{LOAD}check_tensor_dims: tensor 'blk.0.attn_sinks.weight' not found", ModelForeign,
     "tensor 'blk.0.attn_sinks.weight' not found"),
    (f"{LOAD}missing tensor 'blk.0.attn_q.weight'", ModelForeign,
     "missing tensor 'blk.0.attn_q.weight'"),
    (f"{LOAD}check_tensor_dims: tensor 'output.weight' has wrong shape; expected 1, 2, got 3, 4",
     ModelForeign, "tensor 'output.weight' has wrong shape; expected 1, 2, got 3, 4"),
    (f"{LOAD}error loading model vocabulary: unknown pre-tokenizer type: 'gpt-6'", ModelNewer,
     "unknown pre-tokenizer type: 'gpt-6'"),
    (f"{LOAD}done_getting_tensors: wrong number of tensors; expected 80, got 79", ModelNewer,
     "wrong number of tensors; expected 80, got 79"),
    ("gguf_init_from_reader: tensor 'a' has invalid ggml type 77. should be in [0, 43)",
     ModelNewer, "tensor 'a' has invalid ggml type 77. should be in [0, 43)"),
    (f"{LOAD}tensor 'blk.3.ffn_up_exps.weight' data is not within the file bounds, model is "
     "corrupted or incomplete", ModelDamaged, "tensor 'blk.3.ffn_up_exps.weight' data is not "
     "within the file bounds, model is corrupted or incomplete"),
    (f"{LOAD}invalid model: tensor 'a' is duplicated", ModelDamaged,
     "invalid model: tensor 'a' is duplicated"),
    (f"{LOAD}error loading model hyperparameters: key a has wrong type i32 but expected type u32",
     ModelDamaged, "key a has wrong type i32 but expected type u32"),
    (f"{LOAD}unable to allocate CPU buffer", OutOfMemory, "unable to allocate CPU buffer"),
    ("ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 12",
     OutOfMemory, "failed to allocate buffer of size 12"),
    (f"{LOAD}llama_model_loader: something new", ModelLoadFailed, "something new"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "error", "detail"), SAID)
def test_llama_cpps_words_have_a_kind(line: str, error: type[ModelError], detail: str) -> None:
    behind = f"{LOAD}llama_model_loader: failed to load model from /a\n"
    found = load_failure.refused(DEMO, [line, behind, "llama_model_load_from_file_impl: failed\n"])
    assert type(found) is error
    assert vars(found)["detail"] == detail


def test_a_medium_that_fails_is_told_by_its_own_word() -> None:
    found = load_failure.refused(DEMO, [f"{LOAD}read error: Input/output error"])
    assert isinstance(found, ModelUnreadable)
    assert found.reason == "Input/output error"


def test_llama_cpp_said_nothing() -> None:
    assert type(load_failure.refused(DEMO, [])) is ModelLoadFailed


@POSIX
@pytest.mark.parametrize(
    ("target", "error", "detail"),
    [
        (
            engine_processes.asserts_while_loading,
            ModelDamaged,
            "llama-model.cpp:1328: GGML_ASSERT(hparams",
        ),
        (engine_processes.aborts_while_loading, ModelLoadFailed, "SIGABRT: something went wrong"),
        (engine_processes.crashes_while_loading, ModelLoadFailed, "SIGSEGV"),
        (engine_processes.cannot_read_while_loading, ModelUnreadable, ""),
        (engine_processes.dies_while_loading, OutOfMemory, ""),
    ],
)
def test_a_child_that_ends_while_it_loads(
    make: Callable[..., LocalBackend],
    target: Callable[..., None],
    error: type[ModelError],
    detail: str,
) -> None:
    backend = make(target=target)
    with pytest.raises(error) as caught:
        list(backend.load(ModelRef.of_file(DEMO, "demo"), threading.Event()))
    assert caught.value.path == DEMO
    assert detail in vars(caught.value).get("detail", "")
    assert backend.pid is None


@POSIX
def test_a_file_that_is_cut_while_it_is_loaded(
    make: Callable[..., LocalBackend], tmp_path: Path
) -> None:
    """The worker dies of a signal, or llama.cpp reports it; the file tells the reason."""
    path = tmp_path / "some.gguf"
    shutil.copyfile(DEMO, path)
    backend = make(target=engine_processes.cannot_read_while_loading)
    load = backend.load(ModelRef.of_file(path, "some"), threading.Event())
    next(load)
    os.truncate(path, 500_000)
    with pytest.raises(ModelTruncated):
        list(load)


@POSIX
def test_a_file_that_is_cut_while_it_answers(
    make: Callable[..., LocalBackend], tmp_path: Path
) -> None:
    path = tmp_path / "some.gguf"
    shutil.copyfile(DEMO, path)
    backend = make(target=engine_processes.cannot_read)
    request = Request(ModelRef.of_file(path, "some"), (Message(Role.USER, (Part("Hello"),)),))
    answer = backend.stream(request, threading.Event())
    next(answer)
    os.truncate(path, 500_000)
    with pytest.raises(ModelTruncated):
        list(answer)


@pytest.mark.parametrize("name", mutants.cases(DATA))
def test_the_list_the_command_line_and_the_loader_say_the_same(
    make: Callable[..., LocalBackend], tmp_path: Path, name: str
) -> None:
    path = tmp_path / f"{name}.gguf"
    path.write_bytes(mutants.cases(DATA)[name])
    listed = disk_scan.inspect(path).problem
    try:
        list(make().load(ModelRef.of_file(path, name), threading.Event()))
        loaded = None
    except ModelError as error:
        loaded = error
    assert (loaded is None) == (name == "whole-00001-of-00003")
    assert repr(listed) == repr(loaded)
    done = subprocess.run(
        [sys.executable, "-m", "app", "ask", "Hello", "--model", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (3 if loaded else 0)
    if loaded:
        assert path.name in done.stderr
        assert vars(loaded)["detail"] in done.stderr
        assert done.stdout == ""
