"""`fireside serve`: the token, what is printed, and its end; the server itself is a fake here."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app import cli
from app.base import settings as settings_file
from app.base.errors import LocalServerPortTaken
from app.base.secrets import SERVER_TOKEN, Secrets
from app.base.settings import SERVER_PORT, Folders, Settings
from app.serving import (
    LocalServer,
    ServedRequest,
    ServedState,
    ServerParts,
    ServerStatus,
    ServingChanged,
)

TOKEN = "a-token-of-an-admin"
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
ENDED = ServedRequest(
    7,
    "codex_cli_rs/0.169",
    "/v1/responses",
    ServedState.ANSWERING,
    prompt_tokens=1234,
    generated=56,
    tokens_per_second=23.44,
)


class FakeServer:
    """A server that answers ``requests`` as soon as it is on; then comes the signal ``ending``.

    The request ``stopped`` runs until it is switched off.
    """

    def __init__(
        self,
        *requests: ServedRequest,
        ending: int = signal.SIGTERM,
        stopped: ServedRequest | None = None,
    ) -> None:
        self.requests, self.ending = requests, ending
        self.taken = False
        self.parts: ServerParts | None = None
        self.port, self.token = 0, ""
        self.hangup: object = None
        self.threads: set[str] = set()
        self.on = False
        self.stopped = stopped

    def open(self, parts: ServerParts) -> LocalServer:
        self.parts = parts
        return self

    def start(self, port: int, token: str) -> None:
        if self.taken:
            raise LocalServerPortTaken(port, "ollama")
        self.port, self.token, self.on = port, token, True
        self.hangup = signal.getsignal(getattr(signal, "SIGHUP", signal.SIGTERM))
        self.threads = {thread.name for thread in threading.enumerate()}
        assert self.parts
        self.parts.changed(ServingChanged())
        for request in self.requests:
            self.parts.changed(ServingChanged(request))
        signal.raise_signal(self.ending)

    def stop(self) -> None:
        self.on = False
        if self.parts and self.stopped:
            self.parts.changed(ServingChanged(self.stopped))
            self.stopped = None

    def set_token(self, token: str) -> None:
        self.token = token

    def status(self) -> ServerStatus:
        return ServerStatus(self.on, self.port)

    def stop_request(self, number: int) -> None:
        pass


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Whoever runs the tests in the background has signals ignored, and hands that on."""
    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def run(server: FakeServer, folder: Path, *options: str) -> int:
    def no_window(*_: object) -> int:
        raise AssertionError

    return cli.main(["serve", "--data-dir", str(folder), *options], no_window, server.open)


def tokens(folder: Path) -> str | None:
    return Secrets(folder).get(SERVER_TOKEN)


def test_pages_may_ask_if_they_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = FakeServer()
    pages = ("--origin", "https://Example.org/", "--origin", "http://localhost:3000")
    assert run(server, tmp_path, *pages) == 0
    assert server.parts
    assert server.parts.origins == ("https://example.org", "http://localhost:3000")
    for wrong in ("*", "null", "example.org", "https://example.org/a", "http://a:b", "file:///a"):
        with pytest.raises(SystemExit) as ended:
            run(server, tmp_path, "--origin", wrong)
        assert ended.value.code == 2
    assert "no address of a page" in capsys.readouterr().err


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal_comes(
    ending: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(ending)
    file = tmp_path / "config" / "token"
    server = FakeServer(
        ENDED, ending=ending, stopped=replace(ENDED, client="a script", generated=0)
    )
    assert run(server, tmp_path, "--token-file", str(file), "--port", "8399") == 0
    assert (server.port, server.on) == (8399, False)
    assert signal.getsignal(ending) is before
    assert server.parts
    assert server.parts.log == Folders(tmp_path).connections
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Serving demo at http://127.0.0.1:8399/v1", f"Token: in {file}"]
    told = [line.split("  ", 1)[1] for line in lines[3:]]
    ended = "/v1/responses  1,234 tokens in, 56 out, 23.4 tokens/s"
    assert told == [f"codex_cli_rs/0.169  {ended}", "a script  /v1/responses  not answered"]


def test_the_file_of_the_token_is_made_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "config" / "token"
    first, second = FakeServer(), FakeServer()
    assert run(first, tmp_path, "--token-file", str(file)) == 0
    assert file.read_text("utf-8") == first.token + "\n"
    assert len(first.token) >= 43  # 256 bits
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
    assert run(second, tmp_path, "--token-file", str(file)) == 0
    assert second.token == first.token
    assert tokens(tmp_path) is None


@pytest.mark.parametrize("written", ["", "\n", "short", "one token and another", "é" * 20])
def test_a_file_without_a_usable_token_is_refused(
    written: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "token"
    file.write_text(written, "utf-8")
    server = FakeServer()
    assert run(server, tmp_path, "--token-file", str(file)) == 1
    assert f"{file} has no usable token." in capsys.readouterr().err
    assert server.parts is None
    assert file.read_text("utf-8") == written


def test_a_file_of_the_token_that_cannot_be_read_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(FakeServer(), tmp_path, "--token-file", str(tmp_path)) == 1
    assert f"Couldn’t read {tmp_path}" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="files have no modes")
def test_others_who_can_read_the_token_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n", "utf-8")
    file.chmod(0o640)
    server = FakeServer()
    assert run(server, tmp_path, "--token-file", str(file)) == 0
    assert server.token == TOKEN
    assert f"chmod 600 {file}" in capsys.readouterr().err


def test_without_a_file_it_is_the_token_of_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shown in a terminal, and never written to a log."""
    server = FakeServer()
    assert run(server, tmp_path) == 0
    assert server.token == tokens(tmp_path)
    told = capsys.readouterr().out
    assert server.token not in told
    assert f"Token: in {tmp_path / 'secrets.json'}" in told
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal)
    again = FakeServer()
    assert run(again, tmp_path) == 0
    assert again.token == server.token
    assert f"Token: {server.token}\n" in terminal.getvalue()


def test_the_port_is_that_of_the_settings(tmp_path: Path) -> None:
    token = ("--token-file", str(tmp_path / "token"))
    server = FakeServer()
    assert run(server, tmp_path, *token) == 0
    assert server.port == SERVER_PORT
    settings_file.save(Settings(serve_port=9001), Settings(), Folders(tmp_path).settings)
    assert run(server, tmp_path, *token) == 0
    assert server.port == 9001


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_it_outlives_a_terminal_only_if_it_was_told_to(tmp_path: Path) -> None:
    token = ("--token-file", str(tmp_path / "token"))
    ending = FakeServer(ending=signal.SIGHUP)
    assert run(ending, tmp_path, *token) == 0
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        going_on = FakeServer()
        assert run(going_on, tmp_path, *token) == 0
        assert going_on.hangup is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_model_that_nobody_asks_is_unloaded_as_in_the_settings(tmp_path: Path) -> None:
    token = ("--token-file", str(tmp_path / "token"))
    server = FakeServer()
    assert run(server, tmp_path, *token) == 0
    assert "idle" not in server.threads
    settings_file.save(Settings(unload_minutes=5), Settings(), Folders(tmp_path).settings)
    assert run(server, tmp_path, *token) == 0
    assert "idle" in server.threads


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_what_is_no_port_is_wrong_usage(port: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        run(FakeServer(), tmp_path, "--port", port)
    assert ended.value.code == 2


def test_a_port_that_is_taken_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = FakeServer()
    server.taken = True
    before = signal.getsignal(signal.SIGTERM)
    assert run(server, tmp_path, "--token-file", str(tmp_path / "token"), "--port", "11434") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "Port 11434 is already in use by ollama. Choose another one.",
        "For example: fireside serve --port 11435",
    ]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_model_that_is_not_there_is_told_before_it_serves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = FakeServer()
    file = tmp_path / "gone.gguf"
    token = ("--token-file", str(tmp_path / "token"))
    assert run(server, tmp_path, *token, "--model", str(file)) == 3
    assert "gone.gguf" in capsys.readouterr().err
    assert server.port == 0


def test_it_goes_on_when_nobody_takes_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class FullDisk(io.StringIO):
        """A stdout that takes the first lines only."""

        def write(self, text: str) -> int:
            if "/v1/" in text and "Serving" not in text:
                raise OSError(28, "No space left on device")
            return super().write(text)

    monkeypatch.setattr(sys, "stdout", FullDisk())
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    server = FakeServer(ENDED, ENDED)
    assert run(server, tmp_path, "--token-file", str(tmp_path / "token")) == 0
    assert not server.on
    assert capsys.readouterr().err == "Couldn’t write the log: No space left on device\n"
