"""Measure the local server beside llama.cpp's two: several clients at once, and an agent's loop.

usage: python -m tests.bench.serve [--model FILE] [--clients 1,2,4,8] [--tokens N] [--rounds N]
           [--turns N] [--context N] [--llama-server FILE] [--package PYTHON]
           [--template FILE] [--random-weights]

All have the same file, the threads, batches and context of Fireside's plan, and are asked in turns
over HTTP by OpenAI's Chat Completions, as streams. ``--package``: the Python of an environment with
llama-cpp-python's server. ``--random-weights``: the model's words are no Harmony, as which
llama-server would read them. An answer has ``--tokens``, and does not end before; no two prompts
are the same. See README.md in this folder.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from app.base import gguf
from app.engine import probe
from app.engine.overrides import Overrides
from app.engine.plan import Plan, propose
from app.formats import choose
from app.host import demo_model
from tests.bench.contenders.http_servers import (
    FiresideServe,
    HttpServerProcess,
    LlamaServerChat,
    PackageServer,
)

WORDS = "The lamp on the desk was still warm when the letter came, and nobody could say why. "
COMMANDS = ["ls", "make", "pytest", "git status", "git diff"]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "run",
            "description": "Run a command in the project's folder.",
            "parameters": {
                "type": "object",
                "properties": {"command": {"type": "string", "enum": COMMANDS}},
                "required": ["command"],
                "additionalProperties": False,
            },
        },
    }
]
_numbers = count(1)


@dataclass(frozen=True)
class Measured:
    """Tokens per second of all, and the last first token in seconds."""

    speed: float
    first: float


def at_once(server: HttpServerProcess, clients: int, tokens: int) -> Measured:
    """Have ``clients`` ask at once, from nothing."""

    def ask(number: int) -> tuple[float, float]:
        question = f"Letter {number}. {WORDS * 2}Tell me all about it, at length."
        began = time.perf_counter()
        arrivals = [*server.stream([{"role": "user", "content": question}], tokens)]
        return arrivals[0] - began, time.perf_counter()

    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        answers = [*pool.map(ask, [next(_numbers) for _ in range(clients)])]
    took = max(ended for _, ended in answers) - began
    return Measured(clients * tokens / took, max(first for first, _ in answers))


@dataclass(frozen=True)
class Turn:
    """Tokens of a prompt: all, those that are new since the turn before, those evaluated."""

    prompt: int
    new: int
    evaluated: int


def agent(server: HttpServerProcess, turns: int) -> Iterator[Turn]:
    """Ask as an agent does in its loop: each prompt has a call and its result more.

    They are the same for all servers, and not what was drawn.
    """
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": f"You are agent {next(_numbers)}. {WORDS * 20}"},
        {"role": "user", "content": "Find out why the tests fail."},
    ]
    known = 0
    for turn in range(turns):
        if turn:
            name, number = COMMANDS[turn % len(COMMANDS)], f"call_{turn}"
            call = {"name": "run", "arguments": json.dumps({"command": name})}
            said = {
                "role": "assistant",
                "content": "",
                "reasoning_content": f"I should run {name} and look at what it says.",
                "tool_calls": [{"id": number, "type": "function", "function": call}],
            }
            result = f"Result {turn}. {WORDS * 3}"
            messages += [said, {"role": "tool", "tool_call_id": number, "content": result}]
        answer = server.ask({"messages": messages, "tools": TOOLS, "max_tokens": 4})
        prompt = answer["usage"]["prompt_tokens"]
        yield Turn(prompt, prompt - known, server.evaluated(answer))
        known = prompt


def measure(options: argparse.Namespace, stack: ExitStack) -> None:
    """Print both tables."""
    counts = [int(each) for each in options.clients.split(",")]
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    model = options.model
    if model is None:  # a copy is any model, and may say what it likes
        model = Path(shutil.copy(demo_model().place, folder / "demo-copy.gguf"))
    model = model.absolute()
    plan, stops = _plan(model, options.context, max(counts))
    print(f"{model.name}: {plan.context:,} tokens of context, {plan.threads} threads", flush=True)

    def add(server: HttpServerProcess) -> HttpServerProcess:
        return stack.enter_context(closing(server))

    others: dict[str, HttpServerProcess] = {}
    if options.llama_server:
        made = LlamaServerChat(
            folder / "2",
            options.llama_server,
            model,
            plan,
            max(counts),
            options.template,
            parses=not options.random_weights,
        )
        others["llama-server"] = add(made)
    if options.package:
        others["llama_cpp.server"] = add(
            PackageServer(folder / "3", options.package, model, plan, stops, options.template)
        )
    ours = add(FiresideServe(folder / "1", model, plan.context, max(counts)))
    servers = {"fireside serve": ours, **others}
    _print_speeds(servers, counts, options.tokens, options.rounds)
    if options.turns:
        _print_agents(servers, options.turns)


def _plan(model: Path, context: int, places: int) -> tuple[Plan, frozenset[int]]:
    """Return the app's plan, and the tokens that end an answer."""
    header = gguf.read(model, arrays=True)
    plan = propose(header, probe.machine(), Overrides(context=context, places=places))
    return plan, frozenset(choose(header).stops)


def _print_speeds(
    servers: Mapping[str, HttpServerProcess], counts: Sequence[int], tokens: int, rounds: int
) -> None:
    print(f"\ntokens/s of all, first token ({tokens} tokens each, from nothing)")
    print("| clients | " + " | ".join(servers) + " |\n| --- |" + " --- |" * len(servers))
    for clients in counts:
        found: dict[str, list[Measured]] = {name: [] for name in servers}
        for _ in range(rounds):  # in turns, since a machine's speed changes
            for name, server in servers.items():
                found[name].append(at_once(server, clients, tokens))
        cells = [
            f"{statistics.median(each.speed for each in runs):.1f}, "
            f"{statistics.median(each.first for each in runs):.2f} s"
            for runs in found.values()
        ]
        print(f"| {clients} | " + " | ".join(cells) + " |", flush=True)


def _print_agents(servers: Mapping[str, HttpServerProcess], turns: int) -> None:
    print(f"\nan agent's loop: what is evaluated of the prompt at turn {turns}, in tokens")
    print("| | of | new | alone | beside another, in turn |\n| --- | --- | --- | --- | --- |")
    for name, server in servers.items():
        *_, alone = agent(server, turns)
        *_, beside = chain(*zip(agent(server, turns), agent(server, turns), strict=True))
        cells = (alone.prompt, alone.new, alone.evaluated, beside.evaluated)
        print(f"| {name} | " + " | ".join(f"{cell:,}" for cell in cells) + " |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a GGUF file; by default the demo model")
    parser.add_argument("--clients", default="1,2,4,8")
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--context", type=int, default=16_384)
    parser.add_argument("--llama-server", type=Path, metavar="FILE")
    parser.add_argument("--package", type=Path, metavar="PYTHON")
    parser.add_argument(
        "--template", type=Path, metavar="FILE", help="gpt-oss's, for a file without"
    )
    parser.add_argument("--random-weights", action="store_true")
    with ExitStack() as stack:
        measure(parser.parse_args(), stack)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
