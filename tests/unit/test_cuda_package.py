"""The package for NVIDIA's cards, and what it fetches when it is installed."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from app import __version__
from app.base import outside
from installers import cuda_package

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="packages for Linux")


class Index(http.server.SimpleHTTPRequestHandler):
    """An index of packages, as PyPI's."""

    def log_message(self, *told: object) -> None:
        pass


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """Return the address of an index with both wheels of NVIDIA, in small."""
    folder = tmp_path / "index"
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Index, directory=str(folder))
    ) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        for project, names in cuda_package._WHEELS.items():
            (folder / project).mkdir(parents=True)
            wheel = folder / f"{project}.whl"
            with zipfile.ZipFile(wheel, "w") as archive:
                for name in names:
                    archive.writestr(f"nvidia/cu13/lib/{name}", f"{project} {name}")
                stem = project.replace("-", "_")
                archive.writestr(f"{stem}-13.1.dist-info/licenses/License.txt", "licence")
            digest = sha256(wheel.read_bytes()).hexdigest()
            listed = {"files": [{"url": f"{address}/{wheel.name}", "hashes": {"sha256": digest}}]}
            (folder / project / "index.html").write_text(json.dumps(listed), "utf-8")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield address
        server.shutdown()
        thread.join()


@pytest.fixture
def installed(tmp_path: Path, index: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the package's archive, unpacked."""
    files = [
        {
            "name": project,
            "version": "13.1",
            f"linux_{os.uname().machine}": {
                "size": 1,
                "sha256": sha256((tmp_path / "index" / f"{project}.whl").read_bytes()).hexdigest(),
            },
        }
        for project in cuda_package._WHEELS
    ]
    tools = {"licence": "https://nvidia.example/licence", "files": [*files, {"name": "ninja"}]}
    monkeypatch.setattr(outside, "value", lambda name: tools)
    monkeypatch.setattr(shutil, "which", lambda name: None)  # only the archive
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    compiled = tmp_path / "compiled"
    compiled.mkdir()
    (compiled / "libggml-cuda.so").write_bytes(b"library")
    preload = ["libcudart.so.13", "libcublasLt.so.13", "libcublas.so.13"]
    manifest = {"backend": "cuda", "ggml": "0.25.3 x", "preload": preload}
    (compiled / "gpu_library.json").write_text(json.dumps(manifest), "utf-8")
    (made,) = cuda_package.package(compiled, tmp_path)
    with tarfile.open(made) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / f"fireside-{__version__}-linux-{os.uname().machine}" / "gpu" / "cuda"


def _fetch(folder: Path, index: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FIRESIDE_PYPI": index, "no_proxy": "*"}
    command = [sys.executable, "-I", str(folder / "fetch"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_it_fetches_what_it_may_not_bring_and_removes_it(installed: Path, index: str) -> None:
    brought = {path.name for path in installed.iterdir()}
    assert not {name for name in brought if "cublas" in name or "cudart" in name}
    assert "gpu_library.json" not in brought, "not complete yet"
    assert os.access(installed / "fetch", os.X_OK)
    done = _fetch(installed, index)
    assert (done.returncode, done.stderr) == (0, "")
    assert "https://nvidia.example/licence" in done.stdout
    told = json.loads((installed / "gpu_library.json").read_text("utf-8"))
    assert all((installed / name).is_file() for name in told["preload"])
    assert (installed / "libcublas.so.13").read_text() == "nvidia-cublas libcublas.so.13"
    assert (installed / "nvidia-cublas-licence.txt").read_text() == "licence"
    again = _fetch(installed, "http://127.0.0.1:9")  # all is there
    assert (again.returncode, again.stderr) == (0, "")
    assert _fetch(installed, index, "--remove").returncode == 0
    assert {path.name for path in installed.iterdir()} == brought


def test_it_takes_no_other_file(installed: Path, index: str, tmp_path: Path) -> None:
    before = {path.name for path in installed.iterdir()}
    with (tmp_path / "index" / "nvidia-cuda-runtime.whl").open("ab") as wheel:
        wheel.write(b"!")
    done = _fetch(installed, index)
    assert done.returncode == 1
    assert str(installed / "fetch") in done.stderr, "how to try again"
    assert {path.name for path in installed.iterdir()} == before
