"""Measure what a schema costs a token: answers by one, beside free ones, in turns within one run.

usage: python -m tests.bench.shape [--model FILE] [--tokens N] [--rounds N]

Both have the same schema in the prompt, and the same number of tokens: the schema's array is too
long to end, and a token that would end a free answer is replaced.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from app.base.answer_events import Done
from app.base.types import Effort, Message, ModelRef, Part, Request, Role, Sampling
from app.engine import engine_process
from app.engine.engine_protocol import Piece
from app.engine.scheduled_backend import ScheduledBackend
from app.engine.supervisor import LocalBackend
from app.host import demo_model
from tests.bench.together import OTHER

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "city": {"enum": ["Athens", "Bern", "Cairo"]},
    },
    "required": ["name", "age", "city"],
    "additionalProperties": False,
}
SCHEMA = json.dumps({"type": "array", "items": PERSON, "minItems": 1000})


def counting(connection: Connection, log: Path) -> None:
    """Run the real worker, which writes down how it drew each answer."""
    os.environ["OMP_WAIT_POLICY"] = "passive"  # before anything loads llama.cpp
    from app.engine import llama as adapter
    from app.engine.sampler_chain import ChainSampler, Samplers

    drawn: list[float] = []
    masked: list[int] = []
    stops: set[int] = set()
    decode, sample = adapter._Model.decode, ChainSampler.sample
    mask, close = Samplers.mask, ChainSampler.close

    def decoded(model: adapter._Model, pieces: Sequence[Piece]) -> bool:
        stops.update(model.format.stops)
        return decode(model, pieces)

    def sampled(sampler: ChainSampler) -> int:
        began = time.perf_counter()
        token = sample(sampler)
        drawn.append(time.perf_counter() - began)
        return OTHER if token in stops else token

    def masking(samplers: Samplers, row: int, allowed: bytes) -> None:
        masked.append(row)
        mask(samplers, row, allowed)

    def closed(sampler: ChainSampler) -> None:
        close(sampler)
        log.with_name("drawn").write_text(json.dumps([drawn, len(masked)]))
        drawn.clear()
        masked.clear()

    adapter._Model.decode = decoded  # type: ignore[method-assign, assignment]
    ChainSampler.sample = sampled  # type: ignore[method-assign, assignment]
    Samplers.mask = masking  # type: ignore[method-assign, assignment]
    ChainSampler.close = closed  # type: ignore[method-assign, assignment]
    engine_process.run_child(connection, log)


@dataclass(frozen=True)
class Answer:
    """Times per token in seconds, of all and of drawing; ``refused``: the part drawn again."""

    token: float
    drawing: float
    refused: float


def answered(backend: ScheduledBackend, log: Path, asked: Request) -> Answer:
    (done,) = (each for each in backend.stream(asked, threading.Event()) if isinstance(each, Done))
    drawn, masked = json.loads(log.with_name("drawn").read_text())
    tokens = done.stats.generated
    assert tokens == asked.sampling.max_tokens
    return Answer(done.stats.generation_s / tokens, sum(drawn) / tokens, masked / tokens)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    model = ModelRef.of_file(options.model, "model") if options.model else demo_model()
    said = Message(Role.USER, (Part("Make a list of the people who live here."),))
    sampling = Sampling(temperature=0, max_tokens=options.tokens)
    shaped = Request(
        model, (said,), Effort.LOW, sampling=sampling, ephemeral=True, response_schema=SCHEMA
    )
    free = replace(shaped, instructions=f"# Response Formats\n\n{SCHEMA}", response_schema="")
    pairs: list[tuple[Answer, Answer]] = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "engine.log"
        with closing(ScheduledBackend(LocalBackend(log, target=counting))) as backend:
            for _ in backend.load(model, threading.Event()):
                pass
            for _ in range(options.rounds + 1):
                pairs.append((answered(backend, log, free), answered(backend, log, shaped)))
    pairs = pairs[1:] or pairs  # the first ones prepare what llguidance needs of the vocabulary
    for name, nth in (("free", 0), ("by a schema", 1)):
        token, drawing, refused = (
            statistics.median(getattr(pair[nth], field) for pair in pairs)
            for field in ("token", "drawing", "refused")
        )
        spent = f"{token * 1e3:8.3f} ms a token, {drawing * 1e3:.3f} of them to draw it"
        print(f"{name:12}{spent}, {refused:.0%} drawn twice")
    ratio = statistics.median(free.token / shaped.token for free, shaped in pairs)
    best = min(one.token for one, _ in pairs) / min(other.token for _, other in pairs)
    print(f"speed by a schema: ratio {ratio:.3f}, of the best ones {best:.3f}")


if __name__ == "__main__":
    main()
