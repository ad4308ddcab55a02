"""Helpers for the tests with the real engine."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.base import gguf
from app.base.draft import Draft
from app.base.types import (
    Delta,
    Done,
    Effort,
    Message,
    Part,
    Request,
    Role,
    Sampling,
)
from app.engine.supervisor import LocalBackend
from app.formats import choose
from app.tokenizer import Tokenizer
from tests.fakes.exact_model import exact_model

DEMO = exact_model()
# Largest difference of a logit with the weights of `DEMO`: 0.003 was seen in correct runs, 17
# without the window.
ROUNDING = 0.02
GREEDY = Sampling(temperature=0.0)
# Tokens; more than the cells of the window: 128 and a batch of 512, in steps of 256.
BEYOND_THE_WINDOW = 1000

# Ten turns, several times the length of the window.
CHAT = (
    "My name is Ada.",
    "Count to 100.",
    "What is the capital of France?",
    "Tell me a short story.",
    "Show the times table of 7.",
    "What is my name?",
    "Count to 100.",
    "Hello",
    "Write a Python function that adds two numbers.",
    "What is my name?",
)


def user(text: str) -> Message:
    return Message(Role.USER, (Part(text),))


def ask(
    text: str,
    effort: Effort = Effort.MEDIUM,
    seed: int | None = 1,
    max_tokens: int | None = None,
    **more: object,
) -> Request:
    sampling = Sampling(seed=seed, max_tokens=max_tokens)
    return Request(DEMO, (user(text),), effort, sampling=sampling, **more)  # type: ignore[arg-type]


def answer(
    backend: LocalBackend, request: Request, now: threading.Event | None = None
) -> tuple[Message, Done]:
    draft = Draft()
    for event in backend.stream(request, threading.Event(), now):
        if isinstance(event, Delta):
            draft.add(event)
    assert isinstance(event, Done)
    return Message(Role.ASSISTANT, draft.parts), event


def prepare(backend: LocalBackend, request: Request) -> None:
    """Prefill a conversation to its end."""
    list(backend.prepare(request, threading.Event()))


Logits = npt.NDArray[np.float32]


def logits(backend: LocalBackend) -> Logits:
    """Return the logits from which the first token of the last answer was drawn."""
    return np.fromfile(backend._loader.log.with_name("logits"), np.float32)


def prompt_tokens(backend: LocalBackend) -> list[int]:
    """Return the tokens of the last prompt."""
    return [int(token) for token in np.fromfile(backend._loader.log.with_name("prompt"), np.int32)]


def off_by(backend: LocalBackend, request: Request, found: Logits) -> float:
    """Return the largest difference of any logit from a run that reuses nothing."""
    short = replace(request.sampling, seed=1, max_tokens=1)
    _, done = answer(backend, replace(request, sampling=short))
    assert done.stats.reused == 0
    return float(np.max(np.abs(found - logits(backend))))


def is_as_cold(backend: LocalBackend, request: Request, found: Logits) -> bool:
    """Return whether an answer begins as in a run that reuses nothing.

    Later words do not count: where two tokens are about equally probable, rounding decides.
    """
    return off_by(backend, request, found) < ROUNDING


def tokenizer() -> Tokenizer:
    """Return the demo model's vocabulary."""
    return choose(gguf.read(Path(DEMO.place), arrays=True)).tokenizer


def size(text: str) -> int:
    """Return the number of tokens of a text with the demo model's vocabulary."""
    return len(tokenizer().encode(text))


@dataclass
class Talk:
    """A chat as the window runs it: prefilled again after each answer."""

    number: int
    request: Request

    @classmethod
    def long(cls, number: int, effort: Effort = Effort.LOW, turns: int = 9) -> Talk:
        """Return a unique chat of more than a thousand tokens."""
        past = [
            message
            for turn in range(turns)
            for message in (
                user(f"Chat {number}, turn {turn}: what is the capital of Spain? " * 4),
                Message(Role.ASSISTANT, (Part(f"Turn {turn}. The capital is **Madrid**. " * 4),)),
            )
        ]
        return cls(number, Request(DEMO, tuple(past), effort, sampling=GREEDY, chat=number))

    def asked(self, text: str) -> Request:
        return replace(self.request, messages=(*self.request.messages, user(text)))

    def ask(self, backend: LocalBackend, text: str) -> tuple[Message, Done]:
        request = self.asked(text)
        said, done = answer(backend, request)
        self.request = replace(request, messages=(*request.messages, said))
        prepare(backend, self.request)
        return said, done
