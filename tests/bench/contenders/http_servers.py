"""Servers of OpenAI's Chat Completions that `tests.bench.serve` asks: ours, and llama.cpp's two."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from app.base import settings as settings_file
from app.base.settings import Folders, Settings
from app.engine.plan import Plan
from tests.bench.together import endless
from tests.fakes import engine_processes

PATIENCE_S = 900
TOKEN = "a-token-of-the-bench"
JsonObject = dict[str, Any]

# The package's server with the weights as they are in the file, if the plan has them so, and with a
# template for a file that has none: it has no options for that.
_PACKAGE = """\
import pathlib, llama_cpp
from llama_cpp import _internals, llama_cpp as own

made, read = own.llama_model_default_params, _internals.LlamaModel.metadata

def parameters():
    found = made()
    found.use_extra_bufts = {repack}
    return found

def metadata(model):
    found, template = read(model), {template}
    if template:
        found["tokenizer.chat_template"] = pathlib.Path(template).read_text("utf-8")
    return found

own.llama_model_default_params = llama_cpp.llama_model_default_params = parameters
_internals.LlamaModel.metadata = metadata
from llama_cpp.server.__main__ import main
main()
"""


class HttpServerProcess:
    """A server in a process of its own, at a port of its own; its output is in ``log``.

    ``endlessly`` are the members of a request that keep an answer from ending by itself.
    """

    def __init__(
        self, command: Callable[[int], Sequence[object]], log: Path, endlessly: JsonObject
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._endlessly = endlessly
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [str(part) for part in command(self.port)],
                env={**os.environ, "OMP_WAIT_POLICY": "passive"},
                stdout=output,
                stderr=output,
            )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def _wait(self) -> None:
        """Wait until it has the model, which some load with the first request."""
        until = time.monotonic() + PATIENCE_S
        asked = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
        while True:
            assert self._process.poll() is None, self.log.read_text("utf-8", "replace")[-2000:]
            assert time.monotonic() < until, f"{self.log} is silent"
            try:
                self.ask(asked)
                return
            except (OSError, http.client.HTTPException, _Unready):
                time.sleep(0.2)

    def ask(self, body: JsonObject) -> JsonObject:
        """Return the answer to a request of Chat Completions."""
        connection, answer = self._sent(body)
        try:
            said = answer.read()
            if answer.status in (404, 503):
                raise _Unready
            assert answer.status == 200, said
            whole: JsonObject = json.loads(said)
            return whole
        finally:
            connection.close()

    def stream(self, messages: Sequence[JsonObject], tokens: int) -> Iterator[float]:
        """Yield when each piece of an answer of so many tokens came, by time.perf_counter()."""
        body = {"messages": messages, "max_tokens": tokens, "stream": True, **self._endlessly}
        connection, answer = self._sent(body)
        reason = None
        try:
            assert answer.status == 200, answer.read()
            for line in answer:
                if not line.startswith(b"data: {"):
                    continue
                event = json.loads(line[6:])
                for choice in event["choices"]:
                    reason = choice["finish_reason"] or reason
                    if any(choice["delta"].get(name) for name in ("content", "reasoning_content")):
                        yield time.perf_counter()
        finally:
            connection.close()
        assert reason == "length", f"it ended by {reason}: {self.log}"

    def _sent(
        self, body: JsonObject
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
        asked = json.dumps({"model": self.model, **body})
        connection.request("POST", "/v1/chat/completions", asked, headers)
        return connection, connection.getresponse()

    model = "bench"

    def evaluated(self, answer: JsonObject) -> int:
        """Return how many tokens of the prompt were processed for the last answer."""
        usage = answer["usage"]
        cached = usage["prompt_tokens_details"]["cached_tokens"]
        return int(usage["prompt_tokens"] - cached)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)
        assert self._process.returncode is not None


class _Unready(Exception):
    """It has not loaded the model yet."""


class FiresideServe(HttpServerProcess):
    """``fireside serve`` with ``places``, whose answers do not end by themselves."""

    def __init__(self, folder: Path, model: Path, context: int, places: int) -> None:
        self.model = model.stem
        folder.mkdir()
        token = folder / "token"
        token.write_text(TOKEN, "utf-8")
        token.chmod(0o600)
        settings = Settings(context=context, answers_at_once=places)
        settings_file.save(settings, Settings(), Folders(folder).settings)
        options = ("--data-dir", folder, "--token-file", token, "--model", model)

        def command(port: int) -> Sequence[object]:
            module = ("-m", "tests.bench.contenders.http_servers")
            return (sys.executable, *module, "serve", "--port", port, *options)

        super().__init__(command, folder / "log", {})


class LlamaServerChat(HttpServerProcess):
    """llama-server with ``slots``, and the app's threads, batches and context.

    ``template`` is a file, for a model without one. ``parses``: whether it is to look for reasoning
    and calls; it fails where a model's words are no Harmony.
    """

    def __init__(
        self,
        folder: Path,
        program: Path,
        model: Path,
        plan: Plan,
        slots: int,
        template: Path | None,
        *,
        parses: bool,
    ) -> None:
        folder.mkdir()
        options = {
            "--model": model,
            "--host": "127.0.0.1",
            "--api-key": TOKEN,
            "--parallel": slots,
            "--ctx-size": plan.context,
            "--threads": plan.threads,
            "--threads-batch": plan.batch_threads,
            "--batch-size": plan.ubatch,
            "--ubatch-size": plan.ubatch,
            "--fit": "off",
        }
        repack = () if plan.repack else ("--no-repack",)
        reading = () if parses else ("--skip-chat-parsing",)
        written = ("--chat-template-file", template) if template else ()

        def command(port: int) -> Sequence[object]:
            spelt = [part for pair in options.items() for part in pair]
            flags = ("--jinja", "--kv-unified", *reading, *repack, *written)
            return (program, *spelt, "--port", port, *flags)

        super().__init__(command, folder / "log", {"ignore_eos": True})


class PackageServer(HttpServerProcess):
    """``llama_cpp.server`` of ``python``'s environment, with the app's threads and batches.

    ``stops``: the tokens that end an answer. ``template`` is a file, for a model without one.
    """

    def __init__(
        self,
        folder: Path,
        python: Path,
        model: Path,
        plan: Plan,
        stops: frozenset[int],
        template: Path | None,
    ) -> None:
        folder.mkdir()
        options = {
            "--model": model,
            "--host": "127.0.0.1",
            "--api_key": TOKEN,
            "--n_ctx": plan.context,
            "--n_threads": plan.threads,
            "--n_threads_batch": plan.batch_threads,
            "--n_batch": plan.ubatch,
            "--n_ubatch": plan.ubatch,
            "--logits_all": "false",  # by itself it keeps them for every token of the context
            "--interrupt_requests": "false",  # by itself a request ends the one before
        }

        def command(port: int) -> Sequence[object]:
            spelt = [part for pair in options.items() for part in pair]
            return (python, "-c", program, *spelt, "--port", port)

        program = _PACKAGE.format(
            repack=plan.repack, template=repr(str(template)) if template else None
        )
        bias = {str(token): -100 for token in sorted(stops)}
        super().__init__(command, folder / "log", {"logit_bias": bias})

    def evaluated(self, answer: JsonObject) -> int:
        """Return what its log says of the last prompt: it has nothing about it in an answer."""
        told = self.log.read_text("utf-8", "replace")
        left = re.findall(r"remaining (\d+) prompt tokens to eval", told)
        whole = int(answer["usage"]["prompt_tokens"])
        known = self._told
        self._told = len(left)
        return int(left[-1]) if len(left) > known else whole

    _told = 0


if __name__ == "__main__":  # Fireside's own command, whose answers do not end
    from app.__main__ import main

    engine_processes.DEFAULTS["target"] = endless
    raise SystemExit(main())
