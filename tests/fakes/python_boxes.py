"""Boxes for Python that are no process of WebAssembly: a scripted one, and native Python."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from app.tools.python.python_box import BoxEnded, BoxResult, BoxStopped


class ScriptedBox:
    """A box whose cells are answered by a function of their code.

    The answer is a result, texts and then a result, or an exception to raise.
    """

    def __init__(
        self,
        answer: Callable[[str], object] = lambda code: BoxResult(stdout=code),
        memory: int = 0,
    ) -> None:
        self._answer, self._memory = answer, memory
        self.alive = True
        self.files: dict[str, bytes] = {}
        self.ran: list[str] = []

    def memory(self) -> int:
        return self._memory

    def put(self, files: Mapping[str, bytes]) -> None:
        self.files |= files

    def run(self, code: str, seconds: float, cancel: threading.Event) -> Iterator[str | BoxResult]:
        if not self.alive:
            raise BoxEnded("it is gone")
        self.ran.append(code)
        answer = self._answer(code)
        for each in answer if isinstance(answer, list) else [answer]:
            if isinstance(each, Exception):
                self.alive = not isinstance(each, (BoxEnded, BoxStopped))
                raise each
            assert isinstance(each, (str, BoxResult))
            yield each

    def kill(self) -> None:
        self.alive = False


_NATIVE = """
import json, sys, io, contextlib, traceback, ast, os
names = {"__name__": "__main__"}
for line in sys.stdin:
    out, err, failed = io.StringIO(), io.StringIO(), False
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            tree = ast.parse(json.loads(line))
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<cell>", "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
                if value is not None:
                    print(repr(value))
        except BaseException:
            traceback.print_exc()
            failed = True
    print(json.dumps([out.getvalue(), err.getvalue(), failed]), flush=True)
"""


class NativeBox:
    """A second real box: this computer's own Python, with no sandbox at all. For tests only."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _NATIVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self._folder.name,
            text=True,
            encoding="utf-8",
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def memory(self) -> int:
        return 0

    def put(self, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            Path(self._folder.name, name).write_bytes(content)

    def run(self, code: str, seconds: float, cancel: threading.Event) -> Iterator[str | BoxResult]:
        assert self._process.stdin is not None
        begun, before = time.monotonic(), self._contents()
        said: list[str] = []
        reader = threading.Thread(target=lambda: said.append(self._line()))
        reader.start()
        try:
            self._process.stdin.write(json.dumps(code) + "\n")
            self._process.stdin.flush()
        except OSError:
            reader.join()
            raise BoxEnded("it is gone") from None
        while reader.is_alive():
            reader.join(0.02)
            if cancel.is_set() or time.monotonic() - begun > seconds:
                self.kill()
                reader.join()
                raise BoxStopped if cancel.is_set() else BoxEnded("it is late")
        if not said[0]:
            raise BoxEnded("it is gone")
        out, err, failed = json.loads(said[0])
        new = {n: c for n, c in self._contents().items() if before.get(n) != c}
        files = tuple((f"/{name}", content) for name, content in new.items())
        yield BoxResult(out, err, failed=failed, files=files, seconds=time.monotonic() - begun)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._folder.cleanup()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def _contents(self) -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in Path(self._folder.name).iterdir() if p.is_file()}
