"""The builder of GPU libraries: what it fetches, cuts and installs, and how it goes on."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import textwrap
import time
import zipfile
from pathlib import Path

import pytest

from app.base import outside
from app.engine import gpu_library as known
from app.engine.gpu_library import BuildFault
from installers import gpu_compile, gpu_cut, gpu_downloads, gpu_library, gpu_progress, gpu_vulkan
from installers.gpu_downloads import Download
from installers.gpu_library import Wanted
from installers.gpu_progress import Failed, Progress

ONE = Wanted("cuda", ("86",))
GGML = "llama_cpp_python-1/vendor/llama.cpp/ggml/src/ggml-cuda"
KEPT = ("fattn.cu", "mmq.cu", "template-instances/mmq-instance-mxfp4.cu")
LEFT_OUT = ("wkv.cu", "template-instances/mmq-instance-iq1_s.cu", "fattn-tile.cu")
programs = pytest.mark.skipif(sys.platform == "win32", reason="the fakes are scripts")


# --- what is fetched -------------------------------------------------------------------------


def test_the_source_is_the_one_that_is_installed() -> None:
    source = gpu_downloads.needed("cuda", "linux_x86_64")[0]
    pins = (gpu_library.GPU.parents[1] / "constraints.txt").read_text("utf-8").split()
    assert f"{source.name}=={source.version}" in pins


@pytest.mark.parametrize("system", gpu_downloads.ENVIRONMENT)
def test_each_system_has_its_files(system: str) -> None:
    cuda = gpu_downloads.needed("cuda", system)
    vulkan = gpu_downloads.needed("vulkan", system)
    assert len({hash for one in cuda for hash in one.hashes}) == 1 + 3 * 8
    assert all(len(hash) == 64 for one in cuda for hash in one.hashes)
    assert {one.name for one in cuda} - {one.name for one in vulkan} == {
        file["name"] for file in outside.value("gpu_tools")["files"] if file["for"] == "cuda"
    }
    assert 5e8 < sum(one.size for one in cuda) < 1e9
    assert gpu_downloads.needed("cuda", "linux_riscv64") == []


def wheel(folder: Path, name: str = "fireside_tool", content: str = "") -> Path:
    file = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        program = zipfile.ZipInfo("tool/bin/run")
        program.external_attr = 0o100755 << 16
        archive.writestr(program, content)
        archive.writestr(
            f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"
        )
        archive.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{name}-1.dist-info/RECORD", "")
    return file


def test_pip_refuses_a_file_with_another_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    digest = hashlib.sha256(wheel(shelf).read_bytes()).hexdigest()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    progress = Progress(tmp_path / "build.json", tmp_path / "log", "cuda:86", "")
    right = Download("fireside-tool", "1", 1, ("0" * 64, digest))
    file = gpu_downloads.fetch(right, tmp_path / "one", sys.executable, progress.run_fetch)
    gpu_downloads.unpack_wheel(file, tmp_path / "tools")
    if sys.platform != "win32":
        assert (tmp_path / "tools/tool/bin/run").stat().st_mode & 0o111
    wrong = right._replace(hashes=("0" * 64,))
    with pytest.raises(Failed) as failed:
        gpu_downloads.fetch(wrong, tmp_path / "two", sys.executable, progress.run_fetch)
    assert failed.value.fault is BuildFault.CHECKSUM


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE", BuildFault.CHECKSUM),
        ("ERROR: No matching distribution found for ninja==9", BuildFault.NETWORK),
        ("fatal error: error writing to x.s: No space left on device", BuildFault.DISK),
        ("c++: fatal error: Killed signal terminated program cc1plus", BuildFault.MEMORY),
        ("error: -- unsupported GNU version! gcc versions later than 16", BuildFault.COMPILER),
        ("  No CMAKE_CXX_COMPILER could be found.", BuildFault.COMPILER),
        ("Could NOT find Vulkan (missing: Vulkan_LIBRARY glslc)", BuildFault.HEADERS),
        ("error: 'LayerSettingEXT' is not a member of 'vk'", BuildFault.HEADERS),
        ("ptxas fatal: something else", BuildFault.OTHER),
    ],
)
def test_why_it_failed(said: str, fault: BuildFault) -> None:
    assert gpu_progress.cause(said) is fault


# --- what is left out ------------------------------------------------------------------------


def test_what_is_cut() -> None:
    assert all(gpu_cut.is_needed(Path(name).stem) for name in KEPT)
    assert not any(gpu_cut.is_needed(Path(name).stem) for name in LEFT_OUT)
    assert all(gpu_cut.is_needed(f"mmq-instance-{kind}") for kind in gpu_cut.WEIGHTS)
    assert not gpu_cut.is_needed("fattn-mma-f16-instance-ncols1_8-ncols2_8")
    assert gpu_cut.is_needed("fattn-vec-instance-q8_0-q8_0")
    assert set(gpu_cut.WEIGHTS) <= set(known._KINDS.values())


def test_the_door_knows_what_is_there(tmp_path: Path) -> None:
    gpu_cut.write_parts(tmp_path, ("86", "120"))
    door = (tmp_path / "cuda_gate.h").read_text()
    assert "#define ARCHITECTURES 86, 120\n" in door
    assert "GGML_TYPE_MXFP4, GGML_TYPE_Q8_0" in door
    assert "GGML_OP_FLASH_ATTN_EXT" in door
    assert "GGML_OP_SSM_SCAN" not in door
    attention = "".join(file.read_text() for file in sorted(tmp_path.glob("attention-*.cu")))
    cases = {
        (64, 64, columns // queries, queries)
        for columns in (8, 16, 32, 64)
        for queries in (1, 2, 4, 8)
    }
    assert all(f"({', '.join(map(str, case))});" in attention for case in cases)
    assert attention.count("DECL_") == len(cases)
    before = (tmp_path / "cuda_gate.h").stat().st_mtime_ns
    gpu_cut.write_parts(tmp_path, ("86", "120"))
    assert (tmp_path / "cuda_gate.h").stat().st_mtime_ns == before


# --- one build -------------------------------------------------------------------------------


PYTHON = f"#!/bin/sh\n''':'\nexec \"{sys.executable}\" \"$0\" \"$@\"\n'''\n"
"""The start of a program for this Python, whose path may have a space."""


class Shelf:
    """Stands in for PyPI: CMake and ninja are scripts that do what those would."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.fetched = folder, list[str]()
        self.cmake = "print('configured')"
        self.ninja = """
            import pathlib, sys
            steps = ("acc.cu.o", "mmvq.cu.o", "libggml-cuda.so")
            for number, name in enumerate(steps, 1):
                print(f"[{number}/3] Building {name}", flush=True)
            if "-n" not in sys.argv:
                made = pathlib.Path(sys.argv[sys.argv.index("-C") + 1]) / "bin"
                made.mkdir(exist_ok=True)
                (made / "libggml-cuda.so").write_bytes(b"library")
        """

    def fetch(self, download: Download, folder: Path, python: str, run: object) -> Path:
        self.fetched.append(download.name)
        folder.mkdir(parents=True)
        if download.name == gpu_downloads.SOURCE:
            return self._source(folder)
        files = {
            "cmake": {"cmake/data/bin/cmake": self.cmake},
            "ninja": {"ninja-1.data/scripts/ninja": self.ninja},
            "nvidia-cuda-nvcc": {"nvidia/cu13/bin/nvcc": ""},
            "nvidia-cuda-runtime": {"nvidia/cu13/lib/libcudart.so.13": ""},
            "nvidia-cublas": {
                "nvidia/cu13/lib/libcublas.so.13": "",
                "nvidia/cu13/lib/libcublasLt.so.13": "",
                "nvidia_cublas-1.dist-info/licenses/License.txt": "EULA",
            },
        }.get(download.name, {})
        file = folder / "x.whl"
        with zipfile.ZipFile(file, "w") as archive:
            for path, text in files.items():
                script = f"{PYTHON}{textwrap.dedent(text)}"
                info = zipfile.ZipInfo(path)
                info.external_attr = 0o100755 << 16
                archive.writestr(info, script)
        return file

    def _source(self, folder: Path) -> Path:
        source = folder / "source"
        for name in (*KEPT, *LEFT_OUT, "CMakeLists.txt"):
            path = source / GGML / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        archive = folder / "x.tar.gz"
        with tarfile.open(archive, "w:gz") as members:
            members.add(source / "llama_cpp_python-1", "llama_cpp_python-1")
        return archive


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = Shelf(tmp_path)
    monkeypatch.setattr(gpu_downloads, "fetch", shelf.fetch)
    monkeypatch.setattr(gpu_downloads, "here", lambda: "linux_x86_64")
    monkeypatch.setattr(gpu_compile, "is_cut", lambda: True)
    monkeypatch.setattr(gpu_library, "_try", lambda *_: "0.25.3 unknown")
    return shelf


@programs
def test_a_library_is_made_and_is_ready(shelf: Shelf, tmp_path: Path) -> None:
    assert gpu_library.main([str(tmp_path), "cuda:86"]) == 0
    (library,) = known.found(tmp_path)
    assert library.file.read_bytes() == b"library"
    assert library.ggml == "0.25.3 unknown"
    assert library.architectures == ("86",)
    assert library.weights == gpu_cut.WEIGHTS
    assert library.head == 64
    assert library.preload == ("libcudart.so.13", "libcublasLt.so.13", "libcublas.so.13")
    assert (library.folder / "licence-nvidia_cublas.txt").exists()
    assert not (tmp_path / "gpu/work").exists()
    assert known.progress(tmp_path) is None
    shelf.fetched.clear()
    assert gpu_library.main([str(tmp_path), "cuda:86"]) == 0
    assert shelf.fetched == []


@programs
def test_another_card_or_version_makes_it_stale(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu_library.main([str(tmp_path), "cuda:86"])
    assert gpu_library.is_ready(tmp_path, ONE)
    assert not gpu_library.is_ready(tmp_path, Wanted("cuda", ("86", "89")))
    monkeypatch.setattr(gpu_cut, "__file__", __file__)
    assert not gpu_library.is_ready(tmp_path, ONE)
    gpu_library.forget_stale(tmp_path, [ONE])
    assert known.found(tmp_path) == ()
    assert gpu_library.main([str(tmp_path), "cuda:86"]) == 0
    assert gpu_library.is_ready(tmp_path, ONE)


@programs
def test_it_goes_on_where_it_stopped(shelf: Shelf, tmp_path: Path) -> None:
    whole, shelf.cmake = shelf.cmake, "raise SystemExit('x.cu: error: No space left on device')"
    assert gpu_library.main([str(tmp_path), "cuda:86"]) == 1
    stopped = known.progress(tmp_path)
    assert stopped is not None
    assert (stopped.running, stopped.fault) == (False, BuildFault.DISK)
    assert "No space left" in stopped.detail
    assert known.found(tmp_path) == ()
    count = len(shelf.fetched)
    cmake = tmp_path / "gpu/work/tools/cmake/data/bin/cmake"
    cmake.write_text(f"{PYTHON}{whole}")
    assert gpu_library.main([str(tmp_path), "cuda:86"]) == 0
    assert len(shelf.fetched) == count
    assert "$ " in (tmp_path / "gpu/build.log").read_text()


def test_a_fault_of_our_own_is_told_too(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_downloads, "unpack_ggml", lambda: None)  # a TypeError
    assert gpu_library.main([str(tmp_path), "cuda:86"]) == 1
    stopped = known.progress(tmp_path)
    assert stopped is not None
    assert stopped.fault is BuildFault.OTHER
    assert stopped.detail.startswith("TypeError: ")
    assert "Traceback" in (tmp_path / "gpu/build.log").read_text()


@programs
def test_it_begins_anew_in_a_folder_that_was_moved(shelf: Shelf, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    shelf.cmake = "raise SystemExit('interrupted')"
    assert gpu_library.main([str(before), "cuda:86"]) == 1
    made = before / "gpu/work/cuda"
    made.mkdir(exist_ok=True)
    (made / "CMakeCache.txt").touch()
    before.rename(after)
    assert gpu_library.main([str(after), "cuda:86"]) == 1
    assert not (after / "gpu/work/cuda/CMakeCache.txt").exists()


@programs
def test_an_old_shader_compiler_is_refused(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_vulkan, "flags", lambda _: [])
    assert gpu_library.main([str(tmp_path), "vulkan"]) == 1
    stopped = known.progress(tmp_path)
    assert stopped is not None
    assert stopped.fault is BuildFault.HEADERS


@programs
def test_only_one_is_at_it(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_library, "_LEFT_BEHIND_S", 1)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    code = "import sys; sys.stdin.read()"
    with gpu_library.lock(tmp_path / "gpu") as alone:
        assert alone
        # A compiler that was left behind by a builder that was killed.
        left = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, close_fds=False
        )
    assert gpu_library.main([str(tmp_path), "cuda:86"]) == gpu_library.BUSY
    left.communicate()
    assert gpu_library.main([str(tmp_path), "cuda:86"]) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="locales of Linux")
def test_commands_speak_english_and_read_any_path(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "build.json", tmp_path / "log", "cuda:86", "stamp")
    code = "import locale, os; print(locale.getencoding(), os.environ['LC_ALL'])"
    encoding, language = progress.run([sys.executable, "-c", code]).split()
    assert encoding.lower() == "utf-8"
    assert language.startswith("C")


def test_how_far_it_is(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "build.json", tmp_path / "log", "cuda:86", "stamp")

    def percent() -> int:
        return int(json.loads((tmp_path / "build.json").read_text())["percent"])

    progress.fetching(0.5)
    assert percent() == 4
    acc, mmq, mmvq = (
        f"[{number}/3] Building CUDA object x/{name}.cu.o\n"
        for number, name in enumerate(("acc", "mmq-instance-mxfp4", "mmvq"), 1)
    )
    watch = gpu_compile.Watch("cuda", [acc, mmq, mmvq], tmp_path, progress)
    assert percent() == 8
    watch.heard(mmq)
    halfway = percent()
    assert 30 < halfway < 60
    again = gpu_compile.Watch("cuda", [acc, mmvq], tmp_path, progress)
    assert percent() == halfway
    again.heard(mmvq)
    again.heard(acc)
    assert percent() == 100


def test_how_far_vulkan_is(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "build.json", tmp_path / "log", "vulkan", "stamp")
    plan = ["[0/2] Re-checking globbed directories...", "[1/2] Re-running CMake..."]
    watch = gpu_compile.Watch("vulkan", plan, tmp_path, progress)
    watch.heard(plan[0])
    assert not (tmp_path / "build.json").exists()
    for number in range(1, 51):
        watch.heard(f"[{number}/100] Generate vulkan shaders for x.comp\n")
    assert 45 < json.loads((tmp_path / "build.json").read_text())["percent"] < 60


@pytest.mark.parametrize(
    ("backend", "memory", "jobs"),
    [("cuda", 32, 8), ("cuda", 3.2, 3), ("cuda", 0.3, 1), ("vulkan", 32, 8), ("vulkan", 4, 2)],
)
def test_no_more_at_a_time_than_memory_allows(backend: str, memory: float, jobs: int) -> None:
    assert gpu_compile.jobs(backend, 8, memory) == jobs
