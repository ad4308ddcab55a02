"""`fireside serve`: the real command with the real engine, asked over a socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

FIRESIDE = [sys.executable, "-m", "app"]
PATH = "/v1/chat/completions"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a signal kills there")


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    """Yield the command's process, its port, and the lines that it has printed first."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--data-dir", str(folder), "--token-file", str(folder / "token"))
    process = subprocess.Popen(
        [*FIRESIDE, "serve", "--port", str(port), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    try:
        assert process.stdout
        yield process, port, [process.stdout.readline() for _ in range(3)]
    finally:
        process.kill()
        process.communicate()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FIRESIDE, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def asked(port: int, token: str, question: str, **more: Any) -> Iterator[http.client.HTTPResponse]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = {"model": "demo", "messages": [{"role": "user", "content": question}], **more}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=110)) as connection:
        told = {"User-Agent": "a-script/1.0", **headers}
        connection.request("POST", PATH, json.dumps(body), told)
        with connection.getresponse() as answer:
            yield answer


def test_a_program_is_answered_until_the_command_is_ended(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, port, lines):
        assert lines[0] == f"Serving demo at http://127.0.0.1:{port}/v1\n"
        with asked(port, "another-token-than-that", "Hello") as answer:
            assert answer.status == 401
        assert psutil.Process(process.pid).children() == []  # no model is loaded unasked
        token = (tmp_path / "token").read_text("utf-8").strip()
        with asked(port, token, "What is the capital of France?") as answer:
            assert "Paris" in json.load(answer)["choices"][0]["message"]["content"]
        engine = psutil.Process(process.pid).children(recursive=True)
        assert engine
        # Another command is a guest of its engine, which has one model.
        other = tmp_path / "other.gguf"
        other.write_bytes(Path("resources/models/demo-gpt-oss.gguf").read_bytes())
        done = run("ask", "--data-dir", str(tmp_path), "--model", str(other), "Hello")
        assert done.returncode == 3
        assert "The command “fireside serve” is using Demo model." in done.stderr
        with asked(port, token, "Count to 100.", stream=True) as stream:
            assert stream.readline().startswith(b"data: {")
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
        lines += out.splitlines()
        assert token not in "".join(lines)
        assert "  a-script/1.0  /v1/chat/completions  " in lines[3]
        _, left = psutil.wait_procs(engine, timeout=120)
        assert not [one for one in left if one.status() != "zombie"]
        with pytest.raises(ConnectionRefusedError), asked(port, token, "Hello"):
            pass
