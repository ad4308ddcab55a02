"""Measure what the steps of turns with tools cost: the tokens that each of them evaluates.

usage: python -m tests.bench.tools [--browser] [--model FILE] [--calls N] [--long N ...]
                                   [--folder FOLDER]

A model that calls Python in every round, whatever it would say itself, and results of several
lengths; with ``--browser`` it calls the browser, and the results are displays. Each turn runs
behind ``--long`` tokens, and again with another chat between its steps. "beyond" are the tokens
that a step evaluates besides those of its result.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from app.base import gguf
from app.base.answer_events import Delta, Done, Stats
from app.base.draft import Draft
from app.base.types import (
    Effort,
    Message,
    ModelRef,
    Part,
    PartKind,
    Request,
    Role,
    Sampling,
    ToolNamespace,
    ToolSource,
)
from app.engine.backend import Backend
from app.engine.supervisor import LocalBackend
from app.formats import choose
from app.host import demo_model
from app.tokenizer import Tokenizer
from app.tools.browser.browser_functions import BROWSER_FUNCTIONS
from app.tools.browser.page import wrapped
from app.tools.browser.source import PageText
from app.tools.browser.viewport import display_text, last_line
from tests.fakes import engine_processes

WORDS = "The capital of Spain is Madrid, and that of Peru is Lima. "
RESULTS = ("42", WORDS * 2, "a,b\n" * 20, WORDS * 20)
"""One of them is longer than the window."""
PAGE = wrapped(PageText("https://a.example/", "Capitals", (WORDS * 4 + "\n\n") * 100))
DISPLAYS = tuple(
    display_text(PAGE, n, 0, last) for n, last in enumerate((5, last_line(PAGE, 0), 2, 40))
)
MOST_BEYOND = 16
PATIENCE_S = 3600  # a batch of a large model may take minutes on a busy machine
PYTHON = (ToolNamespace("python"),)
BROWSER = (ToolNamespace("browser", BROWSER_FUNCTIONS, sources=(ToolSource("web", "web"),)),)


@dataclass(frozen=True)
class Step:
    """A step: the tokens of the result before it, and what came of it."""

    result: int
    stats: Stats
    request: Request

    @property
    def beyond(self) -> int:
        """The tokens evaluated besides the result's."""
        return self.stats.evaluated - self.result


def long_chat(model: ModelRef, tokenizer: Tokenizer, size: int, number: int = 1) -> Request:
    """Return a chat of at least ``size`` tokens, with its next question."""
    text = f"Chat {number}. {WORDS * 4}"
    pair = (Message(Role.USER, (Part(text),)), Message(Role.ASSISTANT, (Part(text),)))
    turns = size // (2 * len(tokenizer.encode(text))) + 1
    asked = Message(Role.USER, (Part("Use Python to add 17 and 25."),))
    return Request(model, (*pair * turns, asked), Effort.LOW, tools=PYTHON, chat=number)


def ask(backend: Backend, request: Request) -> tuple[Message, Done]:
    """Return the answer so far, and how it ended."""
    last = request.messages[-1]
    draft = Draft(last.parts if last.role is Role.ASSISTANT else ())
    done: Done | None = None
    for event in backend.stream(request, threading.Event()):
        if isinstance(event, Delta):
            draft.add(event)
        elif isinstance(event, Done):
            done = event
    assert done
    return Message(Role.ASSISTANT, draft.parts), done


def steps(
    backend: LocalBackend, tokenizer: Tokenizer, asked: Request, calls: int, between: Request | None
) -> Iterator[Step]:
    """Run a turn; yield its first prompt, and each step after a call.

    ``between`` is answered before each step.
    """
    request, result = asked, ""
    for number in range(calls + 1):
        if between:
            ask(backend, replace(between, sampling=Sampling(temperature=0)))
        said, done = ask(backend, request)
        yield Step(len(tokenizer.encode(result)), done.stats, request)
        results = RESULTS if asked.tools == PYTHON else DISPLAYS
        result = results[number % len(results)]
        answer = Message(Role.ASSISTANT, (*said.parts, Part(result, PartKind.RESULT)))
        request = replace(asked, messages=(*asked.messages, answer), drawn=done.drawn)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a GGUF file; by default the demo model")
    parser.add_argument("--browser", action="store_true", help="calls of the browser")
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--long", type=int, nargs="+", default=[1024, 16384])
    parser.add_argument("--folder", type=Path, help="where the engine writes its log")
    options = parser.parse_args()
    path = options.model
    model = ModelRef.of_file(path, path.stem) if path else demo_model()
    tokenizer = choose(gguf.read(Path(model.place), arrays=True)).tokenizer
    most = 0
    target = engine_processes.browses if options.browser else engine_processes.calls
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        log = Path(folder) / "engine.log"
        with closing(LocalBackend(log, target=target, silence=PATIENCE_S)) as backend:
            for size in options.long:
                asked = long_chat(model, tokenizer, size)
                asked = replace(asked, tools=BROWSER) if options.browser else asked
                other = long_chat(model, tokenizer, size // 8, number=2)
                for between in (None, other):
                    used = "another chat between the steps" if between else "alone"
                    print(f"\nbehind {size:,} tokens, {used}\n")
                    print("| step | prompt | result | evaluated | beyond | first token |")
                    print("| --- | --- | --- | --- | --- | --- |")
                    request = replace(asked, chat=3 if between else 1)
                    for number, step in enumerate(
                        steps(backend, tokenizer, request, options.calls, between)
                    ):
                        stats = step.stats
                        beyond = str(step.beyond) if number else ""
                        most = max(most, step.beyond if number else 0)
                        print(
                            f"| {number} | {stats.prompt_tokens:,} | {step.result:,} "
                            f"| {stats.evaluated:,} | {beyond} | {stats.first_token_s:.3f} s |",
                            flush=True,
                        )
    print(f"\nmost tokens beyond a result: {most}, of at most {MOST_BEYOND}")
    return most > MOST_BEYOND


if __name__ == "__main__":
    raise SystemExit(main())
