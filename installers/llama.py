"""llama.cpp for every computer of this kind, as a wheel of llama-cpp-python.

`from_source.py` compiles it for the one processor that it runs on. Here the processor's part is
compiled once for each generation, and a GPU's is a library of its own; ggml loads what fits when
the engine starts (`app.engine.ggml`).
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from installers import vulkan_tools
from installers.from_source import LLAMA_CMAKE, llama_cmake_args

BACKENDS = {"win32": ("vulkan",), "darwin": ("metal",)}.get(sys.platform, ("vulkan",))
"""Those of GPUs that a package has unless it is told otherwise."""


def wheel(build: Path, constraints: Path, backends: Sequence[str]) -> Path:
    """Return the wheel, compiled in the folder ``build`` unless it is there from before.

    CMAKE_ARGS in the environment is added. Raises CalledProcessError, and ShaderError for a Vulkan
    library without what makes it fast.
    """
    found = re.search(r"^llama-cpp-python==(\S+)", constraints.read_text("utf-8"), re.MULTILINE)
    assert found, constraints
    source = build / f"llama_cpp_python-{found[1]}"
    vulkan = "vulkan" in backends
    tools = []
    if vulkan and sys.platform == "linux":
        tools = vulkan_tools.flags(build, platform.machine())
    own = f"{shlex.join(tools)} {os.environ.get('CMAKE_ARGS', '')}".strip()
    arguments = cmake_args(backends, source, sys.platform, own)
    name = hashlib.sha256(f"{found[1]} {arguments}".encode()).hexdigest()[:12]
    folder = build / "wheels" / name
    if not list(folder.glob("*.whl")):
        _unpack(source, found[1])
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        where = ["-C", f"build-dir={(build / 'cmake' / name).as_posix()}", "-w", str(folder)]
        command = [*pip, "wheel", "-v", "--no-deps", "--no-cache-dir", *where, str(source)]
        # Else the version of ggml that it tells would be the last commit of Fireside.
        _compile(command, {"CMAKE_ARGS": arguments, "GIT_CEILING_DIRECTORIES": str(build)}, vulkan)
    made = next(folder.glob("*.whl"))
    if vulkan:
        with zipfile.ZipFile(made) as archive:
            (library,) = (each for each in archive.namelist() if "ggml-vulkan." in each)
            counts = vulkan_tools.check_library(archive.read(library))
        print(f"{library} has shaders with", ", ".join(f"{n} ({c})" for n, c in counts.items()))
    return made


def _compile(command: list[str], environment: dict[str, str], vulkan: bool) -> None:
    """Run the compilation; end it early where the shader compiler turns out not to do.

    Raises CalledProcessError, ShaderError.
    """
    said = []
    with subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            said.append(line)
            if vulkan and "Configuring done" in line:
                try:
                    vulkan_tools.check_configured("".join(said))
                except vulkan_tools.ShaderError:
                    process.terminate()
                    raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def cmake_args(backends: Iterable[str], source: Path, platform: str, own: str) -> str:
    """Return CMAKE_ARGS for llama-cpp-python, which splits it as a shell would on every system."""
    flags = [
        "-DGGML_NATIVE=OFF",
        "-DGGML_BACKEND_DL=ON",
        "-DGGML_CPU_ALL_VARIANTS=ON",
        # Only so do the backends go to where the bindings are.
        "-DCMAKE_INSTALL_BINDIR=llama_cpp/lib",
        *(f"-DGGML_{name.upper()}=ON" for name in backends),
    ]
    if platform != "win32":
        # What the failed assertions of two builds name is the same wherever they were built.
        mapped = f"-ffile-prefix-map={source}=."
        flags += [f"-DCMAKE_C_FLAGS={mapped}", f"-DCMAKE_CXX_FLAGS={mapped}"]
    if platform == "linux":
        flags.append("-DCMAKE_INSTALL_RPATH=$ORIGIN")
    return llama_cmake_args(" ".join([*map(shlex.quote, flags), own]).strip(), LLAMA_CMAKE)


def _unpack(source: Path, version: str) -> None:
    """Unpack llama-cpp-python's source to a place that has the same name in every build."""
    if source.exists():
        return
    folder = source.parent / "sdist"
    what = ["--no-deps", "--no-binary", ":all:", f"llama-cpp-python=={version}"]
    subprocess.run([sys.executable, "-m", "pip", "download", "-d", str(folder), *what], check=True)
    partial = source.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(partial, filter="data")
    (partial / source.name).rename(source)
    partial.rmdir()


def libraries(names: Iterable[str]) -> list[str]:
    """Return those of the files in llama_cpp/lib that are loaded.

    A wheel has no links, so each library is there under up to three names.
    """
    chosen: dict[str, str] = {}
    for name in sorted(names):
        plain = re.sub(r"(\.\d+)+", "", name)
        if re.fullmatch(r"(lib)?(llama|ggml.*)\.(so|dylib|dll)", plain):
            numbers = name.count(".") - plain.count(".")
            linked = plain.startswith(("libggml.", "libggml-base."))  # as .so.0, by the others
            if plain not in chosen or numbers == linked:
                chosen[plain] = name
    return sorted(chosen.values())
