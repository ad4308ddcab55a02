"""Measure download speed, as ratios against curl and sha256sum in the same run.

usage: python -m tests.bench.download [--size MB] [--rounds N] [--folder DIR]

A server in a separate process offers a file, and the three take turns to fetch it over loopback.
Needs three times the size on disk; see README.md in this folder.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

from app.models.file_download import FileDownload
from app.models.hub_requests import WantedFile
from app.network import hub_client
from app.network.client import Network

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class _Handler(BaseHTTPRequestHandler):
    """Serve one file for every path, with sendfile."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    path_of_file: Path
    etag: str

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{self.etag}"')
        self.send_header("Content-Length", str(self.path_of_file.stat().st_size))
        self.end_headers()

    def do_GET(self) -> None:
        size = self.path_of_file.stat().st_size
        first, last = 0, size - 1
        if wanted := self.headers.get("Range"):
            first, last = map(int, wanted.removeprefix("bytes=").split("-"))
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", '"same"')
        self.send_header("Content-Length", str(last + 1 - first))
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        self.wfile.flush()
        with self.path_of_file.open("rb") as file:
            self.connection.sendfile(file, first, last + 1 - first)


def _serve(pipe: Connection, path: Path) -> None:
    with path.open("rb") as file:
        etag = hashlib.file_digest(file, "sha256").hexdigest()
    _Handler.path_of_file, _Handler.etag = path, etag
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        pipe.send(f"http://127.0.0.1:{server.server_address[1]}")
        server.serve_forever()


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def ours(network: Network, endpoint: str, folder: Path) -> None:
    """Download, verify and publish the file as the app does."""
    wanted = WantedFile("org/name", "bench.gguf", endpoint=endpoint)
    FileDownload(wanted, network=network, cache=folder).run(threading.Event(), lambda told: None)


def curl(endpoint: str, folder: Path) -> None:
    target = folder / "curl"
    subprocess.run(["curl", "-s", "-o", target, f"{endpoint}/bytes"], check=True)


def compare(endpoint: str, folder: Path, rounds: int) -> None:
    """Print one line for each of the three, and the two ratios."""
    network = Network(folder / "network.log")
    hub_client.install(network)
    mine: list[float] = []
    fetched: list[float] = []
    summed: list[float] = []
    hashed: list[float] = []
    for _ in range(rounds):
        cache = folder / "cache"
        mine.append(timed(lambda: ours(network, endpoint, cache)))  # noqa: B023
        shutil.rmtree(cache)
        fetched.append(timed(lambda: curl(endpoint, folder)))
        summed.append(
            timed(
                lambda: subprocess.run(
                    ["sha256sum", folder / "curl"], check=True, stdout=subprocess.DEVNULL
                )
            )
        )
        with (folder / "curl").open("rb") as file:
            hashed.append(timed(lambda: hashlib.file_digest(file, "sha256")))
        (folder / "curl").unlink()
    hub_client.uninstall()
    print(f"Fireside: {told(mine)}")
    print(f"curl: {told(fetched)}; sha256sum: {told(summed)}; Python's sha256: {told(hashed)}")
    for name, check in (("sha256sum", summed), ("Python's sha256, which is faster", hashed)):
        ratios = [(a + b) / c for a, b, c in zip(fetched, check, mine, strict=True)]
        each = " ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"  ratio {statistics.median(ratios):.2f} to curl and {name} (the median of {each})")


def told(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=1000, help="of the file, in MB")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="on the disk that is to be tried")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        path = folder / "file"
        with path.open("wb") as file:
            for _ in range(options.size):
                file.write(os.urandom(10**6))
        here, there = multiprocessing.Pipe()
        server = multiprocessing.Process(target=_serve, args=(there, path), daemon=True)
        server.start()
        print(f"{options.size} MB, {os.cpu_count()} cores", flush=True)
        compare(here.recv(), folder, options.rounds)
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
