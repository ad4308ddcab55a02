"""gpt-oss's vocabulary, out of a model's file on this computer, to count what servers are sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from app import formats
from app.base import gguf
from app.base.errors import ModelError
from app.base.jobs import Jobs
from app.base.threads import report_errors
from app.formats import ChatFormat

_WHOLE = 200_000  # tokens: the demo model's vocabulary is smaller, and not gpt-oss's own


class LocalVocabulary:
    """The format with the vocabulary, built in the background when it is first wanted.

    It takes a second, 90 MB, and a thread of ``jobs``. ``find`` yields the models' files on this
    computer, and may take long. Thread-safe.
    """

    def __init__(self, jobs: Jobs, find: Callable[[], Iterable[Path]]) -> None:
        self._jobs, self._find = jobs, find
        self._lock = threading.Lock()
        self._begun = False
        self._format: ChatFormat | None = None

    def at_hand(self) -> ChatFormat | None:
        """Return the format; None while it is being built, and if there is no such file."""
        with self._lock:
            if not self._begun:
                self._begun = True
                self._jobs.submit(partial(report_errors, self._build))
            return self._format

    def _build(self) -> None:
        for path in self._find():
            if self._jobs.ending.is_set():
                return
            found = _format_of(path)
            if found:
                with self._lock:
                    self._format = found
                return


def _format_of(path: Path) -> ChatFormat | None:
    try:
        header = gguf.read(path, arrays=True)
        tokens = header.metadata.get("tokenizer.ggml.tokens")
        if not isinstance(tokens, list) or len(tokens) < _WHOLE:
            return None
        return formats.choose(header)
    except ModelError:
        return None
