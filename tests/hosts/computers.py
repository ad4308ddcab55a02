"""The computers: this one, and others at the ends of cables, with servers on them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.authority import Authority
from tests.hosts.cable import Cable
from tests.web.namespace import ip, replace_file

_SERVER = Path(__file__).with_name("talking_server.py")
NAME = "gpu.example.org"


class Computers:
    """All of them. ``gpu`` is where the model is, ``other`` is somebody else's."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.authority = Authority(_made(folder / "authority"))
        self.stranger = Authority(_made(folder / "stranger"))
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        os.makedirs("/run/netns", exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/netns"], check=True)
        ip("link", "set", "lo", "up")
        self.gpu, self.other = (self._connect(n, name) for n, name in enumerate(("gpu", "other")))
        self._hosts = folder / "hosts"
        self._hosts.write_text("")
        replace_file("/etc/hosts", "", folder)
        replace_file("/etc/nsswitch.conf", "hosts: files\n", folder)
        self.name({NAME: self.gpu.there})

    def name(self, addresses: Mapping[str, str]) -> None:
        """Let names have these addresses from now on."""
        lines = ["127.0.0.1 localhost", *(f"{each} {name}" for name, each in addresses.items())]
        Path("/etc/hosts").write_text("\n".join(lines) + "\n", "utf-8")

    @contextmanager
    def server(
        self, on: str, port: int = 8000, certificate: Path | None = None
    ) -> Iterator[subprocess.Popen[str]]:
        """Run a server on a computer, which says that it is the one of this name."""
        tls = ["--tls", str(certificate)] if certificate else []
        command = ["ip", "netns", "exec", on, sys.executable, str(_SERVER), on, str(port), *tls]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            try:
                yield process
            finally:
                process.kill()

    def _connect(self, number: int, name: str) -> Cable:
        ip("netns", "add", name)
        return self._stack.enter_context(Cable(number, name))


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a server at once."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def wait_until_asked(process: subprocess.Popen[str]) -> None:
    """Wait until a server has got a question."""
    assert process.stdout
    assert process.stdout.readline() == "asked\n"


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
