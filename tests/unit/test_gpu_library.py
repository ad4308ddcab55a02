"""The GPU libraries that the app may load, and how far one is that is being compiled."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from app.base import gguf
from app.engine import gpu_library
from app.engine.gpu_library import BuildFault, GpuBuild

MANIFEST: dict[str, Any] = {
    "backend": "cuda",
    "ggml": "0.25.3 unknown",
    "architectures": ["86"],
    "weights": ["mxfp4", "q8_0", "q4_K"],
    "preload": ["libcudart.so.13", "libcublas.so.13"],
    "head": 64,
}


def install(root: Path, manifest: object, backend: str = "cuda") -> Path:
    folder = root / "gpu" / backend
    folder.mkdir(parents=True)
    for name in (gpu_library.file_name(backend), "libcudart.so.13", "libcublas.so.13"):
        (folder / name).touch()
    (folder / "gpu_library.json").write_text(
        manifest if isinstance(manifest, str) else json.dumps(manifest)
    )
    return folder


def build(root: Path, **told: object) -> Path:
    file = root / "gpu" / "build.json"
    file.parent.mkdir()
    values = {"backend": "cuda", "percent": 40, "seconds_left": 300, "pid": os.getpid(), **told}
    file.write_text(json.dumps(values))
    os.utime(file, (time.time(),) * 2)  # tests.anywhere shifts the clock, but not the disk's
    return file


def test_a_complete_library_is_found(tmp_path: Path) -> None:
    folder = install(tmp_path, MANIFEST)
    (library,) = gpu_library.found(tmp_path)
    assert library.file == folder / gpu_library.file_name("cuda")
    assert (library.backend, library.ggml, library.head) == ("cuda", "0.25.3 unknown", 64)
    assert library.architectures == ("86",)
    assert library.preload == ("libcudart.so.13", "libcublas.so.13")


def test_cuda_is_first_and_one_may_do_everything(tmp_path: Path) -> None:
    all_of_it = {"ggml": "1", "architectures": [], "weights": [], "preload": []}
    install(tmp_path, {"backend": "vulkan", **all_of_it}, "vulkan")
    install(tmp_path, MANIFEST)
    cuda, vulkan = gpu_library.found(tmp_path)
    assert (cuda.backend, vulkan.backend) == ("cuda", "vulkan")
    assert vulkan.lacks(gguf.BLOCKS) == ()
    assert vulkan.head == 0


def test_what_a_library_cannot_multiply(tmp_path: Path) -> None:
    install(tmp_path, MANIFEST)
    (library,) = gpu_library.found(tmp_path)
    assert library.lacks([0, 1, 30, 39, 8, 12]) == ()
    assert library.lacks([39, 22, 2, 77]) == ("77", "iq2_s", "q4_0")
    assert set(gpu_library._KINDS) == set(gguf.BLOCKS)


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[]",
        {**MANIFEST, "backend": "vulkan"},
        "[" * 100_000,
        {**MANIFEST, "ggml": 3},
        {**MANIFEST, "architectures": ["all"]},
        {**MANIFEST, "head": float("inf")},
        {**MANIFEST, "weights": ["mxfp4" * 300_000]},
        {**MANIFEST, "weights": "mxfp4"},
        {**MANIFEST, "preload": ["../libcudart.so.13"]},
        {**MANIFEST, "preload": ["libcublasLt.so.13"]},
        {name: value for name, value in MANIFEST.items() if name != "architectures"},
    ],
)
def test_a_broken_library_is_left_out(tmp_path: Path, manifest: object) -> None:
    install(tmp_path, manifest)
    assert gpu_library.found(tmp_path) == ()


def test_an_unfinished_library_is_none(tmp_path: Path) -> None:
    (install(tmp_path, MANIFEST) / "gpu_library.json").unlink()
    assert gpu_library.found(tmp_path) == ()
    assert gpu_library.progress(tmp_path) is None


def test_one_is_being_compiled(tmp_path: Path) -> None:
    file = build(tmp_path)
    running = GpuBuild("cuda", 40, 300, running=True)
    assert gpu_library.progress(tmp_path) == running
    os.utime(file, (0, 0))
    quiet = gpu_library.progress(tmp_path)
    assert quiet == GpuBuild("cuda", 40, 300, running=False)
    os.utime(file, (4e9, 4e9))  # the clock was set back
    assert gpu_library.progress(tmp_path) == quiet


def test_a_state_is_never_absurd(tmp_path: Path) -> None:
    build(tmp_path, percent=-7, seconds_left=10**9, fault="other", detail="x" * 10_000 + "end")
    told = gpu_library.progress(tmp_path)
    assert told
    assert (told.percent, told.seconds_left) == (0, 86_400)
    assert len(told.detail) == 1000
    assert told.detail.endswith("end")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells it by silence only")
def test_the_builder_has_ended(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    build(tmp_path, pid=ended.pid, seconds_left=None)
    assert gpu_library.progress(tmp_path) == GpuBuild("cuda", 40, None, running=False)


def test_it_failed(tmp_path: Path) -> None:
    build(tmp_path, fault="disk", detail="No space left on device")
    assert gpu_library.progress(tmp_path) == GpuBuild(
        "cuda", 40, 300, False, BuildFault.DISK, "No space left on device"
    )


@pytest.mark.parametrize(
    "told",
    [
        {"backend": "x"},
        {"percent": "x"},
        {"percent": float("inf")},
        {"seconds_left": float("inf")},
        {"fault": "x"},
        {"pid": None},
        {"pid": 10**30},
    ],
)
def test_a_strange_state_is_none(tmp_path: Path, told: dict[str, object]) -> None:
    build(tmp_path, **told)
    assert gpu_library.progress(tmp_path) is None


def test_where_they_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert gpu_library.root() == Path(sys.prefix)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "fireside"))
    assert gpu_library.root() == tmp_path
