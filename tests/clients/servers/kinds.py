"""The servers: how each is installed, and started."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from app.engine.remote.remote_server import ServerKind
from tests.clients.api.environments import Environment, Unavailable, environment
from tests.clients.api.peer import Peer
from tests.clients.servers import demo_gguf, demo_safetensors

CONTEXT = 32_768
MODEL = "gpt-oss-demo"
_ROOT = Path(__file__).parents[3]
_LLAMA = version("llama-cpp-python")
_START_S = 180
_COMPILE_S = 3 * 3600


@dataclass(frozen=True)
class Running:
    """A server that answers: ``model`` is the id that it has for the demo model."""

    process: subprocess.Popen[str]
    port: int
    model: str
    key: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def kill(self) -> None:
        """Kill it, without a word to its clients."""
        self.process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        self.process.wait(30)


class RealServer(Protocol):
    """A kind of server.

    ``context`` is the size of the context with which it is started, 0 if it knows no limit that
    this computer could reach. ``long`` is a number of words that it reads for some seconds.
    ``expected`` are the checks that cannot pass, and why.
    """

    name: str
    kind: ServerKind
    context: int
    long: int
    expected: Mapping[str, str]

    def install(self, *, fresh: bool) -> str:
        """Install it unless it is; return its version. Raises Unavailable."""

    def serve(self, folder: Path) -> contextlib.AbstractContextManager[Running]:
        """Run it meanwhile; ``folder`` is for its files."""


@dataclass
class LlamaServer:
    """llama.cpp's own server, of the llama.cpp that llama-cpp-python brings."""

    name: str = "llama-server"
    kind: ServerKind = ServerKind.LLAMA_SERVER
    context: int = CONTEXT
    long: int = 24_000
    expected: Mapping[str, str] = field(default_factory=dict)

    def install(self, *, fresh: bool) -> str:
        folder = _llama_source(fresh=fresh)
        binary = folder / "llama-server"
        if not binary.exists():
            _compile(_extracted(folder) / "vendor" / "llama.cpp", folder / "build", binary)
        return f"llama-cpp-python {_LLAMA}"

    @contextmanager
    def serve(self, folder: Path) -> Iterator[Running]:
        port = _free_port()
        model = folder / "demo.gguf"
        demo_gguf.write(model, template())
        command = [
            str(_llama_source() / "llama-server"), "--model", str(model), "--no-repack",
            "--ctx-size", str(self.context), "--parallel", "1", "--threads", "2", "--jinja",
            "--alias", MODEL, "--host", "127.0.0.1", "--port", str(port), "--no-webui",
        ]  # fmt: skip
        with _process(command, port, "/health", folder) as process:
            yield Running(process, port, MODEL)


@dataclass
class LlamaCppPython:
    """llama-cpp-python's server. It uses the llama.cpp that Fireside's environment has compiled."""

    name: str = "llama_cpp.server"
    kind: ServerKind = ServerKind.LLAMA_CPP_PYTHON
    context: int = CONTEXT
    long: int = 24_000
    expected: Mapping[str, str] = field(
        default_factory=lambda: {
            "effort": "it knows no effort",
            "usage": "not in streams",
            "by Responses": "it has no such interface",
        }
    )

    def install(self, *, fresh: bool) -> str:
        import llama_cpp

        installed = self._environment(fresh=fresh)
        ours = Path(llama_cpp.__file__).parents[1]
        for theirs in (installed.folder / "venv").rglob("site-packages"):
            (theirs / "zz-fireside.pth").write_text(f"{ours}\n", "utf-8")
        _llama_source()  # has the chat template
        return _LLAMA

    @contextmanager
    def serve(self, folder: Path) -> Iterator[Running]:
        port = _free_port()
        model = folder / "demo.gguf"
        demo_gguf.write(model, template())
        command = [
            str(self._environment().python), "-m", "llama_cpp.server", "--model", str(model),
            "--model_alias", MODEL, "--n_ctx", str(self.context), "--n_threads", "2",
            "--host", "127.0.0.1", "--port", str(port),
        ]  # fmt: skip
        with _process(command, port, "/v1/models", folder) as process:
            yield Running(process, port, MODEL)

    def _environment(self, *, fresh: bool = False) -> Environment:
        needed = ("uvicorn", "fastapi", "pydantic-settings", "sse-starlette", "PyYAML")
        python = (*needed, "starlette-context<0.4")
        return environment(Peer("llama_cpp.server", "", python=python), fresh=fresh)


@dataclass
class TransformersServe:
    """Hugging Face's server, with the demo model as safetensors."""

    name: str = "transformers-serve"
    kind: ServerKind = ServerKind.TRANSFORMERS
    context: int = 0
    long: int = 5_000
    expected: Mapping[str, str] = field(default_factory=dict)

    def install(self, *, fresh: bool) -> str:
        _llama_source()  # has the chat template
        return self._environment(fresh=fresh).versions["transformers"]

    @contextmanager
    def serve(self, folder: Path) -> Iterator[Running]:
        port = _free_port()
        model = folder / MODEL
        demo_safetensors.write(model, template())
        program = self._environment().python.parent / "transformers"
        command = [
            str(program), "serve", str(model),
            "--host", "127.0.0.1", "--port", str(port), "--device", "cpu",
        ]  # fmt: skip
        with _process(command, port, "/health", folder, HF_HUB_OFFLINE="1") as process:
            yield Running(process, port, str(model))

    def _environment(self, *, fresh: bool = False) -> Environment:
        # For plain "torch", pip takes a build for CUDA of several GB on Linux.
        python = ("torch==2.13.0", "transformers[serving]")
        return environment(Peer("transformers-serve", "", python=python), fresh=fresh)


@dataclass
class FiresideServe:
    """``fireside serve``. ``module`` is run for it."""

    module: str = "app"
    name: str = "fireside"
    kind: ServerKind = ServerKind.FIRESIDE
    context: int = 131_072
    long: int = 60_000
    expected: Mapping[str, str] = field(default_factory=dict)

    def install(self, *, fresh: bool) -> str:
        from app import __version__

        return __version__

    @contextmanager
    def serve(self, folder: Path) -> Iterator[Running]:
        port, token, model = _free_port(), folder / "token", folder / f"{MODEL}.gguf"
        shutil.copy(demo_safetensors.DEMO, model)  # under its own name, its answers are filtered
        command = [
            sys.executable, "-m", self.module, "--data-dir", str(folder / "data"), "serve",
            "--port", str(port), "--token-file", str(token), "--model", str(model),
        ]  # fmt: skip
        with _process(command, port, "/health", folder) as process:
            yield Running(process, port, MODEL, token.read_text("utf-8").strip())


SERVERS: tuple[RealServer, ...] = (
    LlamaServer(),
    LlamaCppPython(),
    TransformersServe(),
    FiresideServe(),
)


def template() -> str:
    """Return gpt-oss's chat template, which llama.cpp's source has."""
    return (_llama_source() / "openai-gpt-oss-120b.jinja").read_text("utf-8")


def _llama_source(*, fresh: bool = False) -> Path:
    """Return a folder with the sdist of llama-cpp-python, fetched if it is not yet.

    Raises Unavailable.
    """
    peer = Peer("llama-server", "", python=("cmake", "ninja", "scikit-build-core"))
    installed = environment(peer, fresh=fresh)
    folder = installed.folder
    if not (folder / "openai-gpt-oss-120b.jinja").exists():
        command = [
            str(installed.python), "-m", "pip", "download", "-q", "--no-deps", "--no-binary",
            "llama-cpp-python", "-d", str(folder), f"llama-cpp-python=={_LLAMA}",
        ]  # fmt: skip
        _run(command, 900)
        made = _extracted(folder) / "vendor/llama.cpp/models/templates/openai-gpt-oss-120b.jinja"
        shutil.copy(made, folder)
    return folder


def _extracted(folder: Path) -> Path:
    """Return the source, unpacked."""
    (archive,) = folder.glob("llama_cpp_python-*.tar.gz")
    source = folder / archive.name.removesuffix(".tar.gz")
    if not source.exists():
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
    return source


def _compile(source: Path, build: Path, binary: Path) -> None:
    """Compile llama-server. Raises Unavailable."""
    tools = build.parent / "venv" / "bin"
    options = (
        "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=OFF", "-DLLAMA_BUILD_TESTS=OFF",
        "-DLLAMA_BUILD_EXAMPLES=OFF", "-DLLAMA_BUILD_APP=OFF", "-DLLAMA_USE_PREBUILT_UI=OFF",
        "-DLLAMA_OPENSSL=OFF", f"-DCMAKE_MAKE_PROGRAM={tools / 'ninja'}",
    )  # fmt: skip
    cmake = str(tools / "cmake")
    _run([cmake, "-G", "Ninja", "-S", str(source), "-B", str(build), *options], 600)
    _run([cmake, "--build", str(build), "--target", "llama-server", "-j2"], _COMPILE_S)
    shutil.copy(build / "bin" / "llama-server", binary)
    shutil.rmtree(build)


def _run(command: list[str], seconds: int) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(str(error)[:300]) from error
    if done.returncode:
        raise Unavailable((done.stderr or done.stdout)[-300:])


@contextmanager
def _process(
    command: list[str], port: int, path: str, folder: Path, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """Run a server until the block ends; its log is in ``folder``. Raises Unavailable."""
    log = folder / "server.log"
    quiet = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", "DO_NOT_TRACK": "1"}
    with (
        log.open("w") as out,
        subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, text=True, cwd=_ROOT,
            env=os.environ | quiet | variables,
        ) as process,
    ):  # fmt: skip
        try:
            _wait(process, port, path, log)
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def _wait(process: subprocess.Popen[str], port: int, path: str, log: Path) -> None:
    """Wait until a server answers. Raises Unavailable."""
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise Unavailable(f"it does not start: {log.read_text('utf-8', 'replace')[-300:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
