"""Measure an update of a growing message against parsing all of it each time.

usage: python -m tests.bench.markdown [--updates N] [--longest N]

Processor time of this thread in milliseconds, for updates of 16 characters.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time

from app.markdown import MarkdownStream, parse

STEP = 16  # characters: about 250 tokens a second at 62 updates a second
WORDS = (
    "the model reads a **bold** word and `code` or a [link](https://a.b/c) with *stress* in $x^2$ "
    "plain sentences that go on for a while and end."
)
ROWS = "| a | *b* | `c` |\n"


def prose(random_: random.Random, size: int) -> str:
    words = []
    while size > 0:
        words.append(random_.choice(WORDS.split()))
        size -= len(words[-1]) + 1
    return " ".join(words)


def message(size: int) -> str:
    """Return a typical answer: paragraphs, with an occasional heading, list, code or table."""
    random_ = random.Random(1)
    blocks: list[str] = []
    while sum(map(len, blocks)) < size:
        match random_.randrange(8):
            case 0:
                blocks.append("## " + prose(random_, 30))
            case 1:
                blocks.append("\n".join("- " + prose(random_, 60) for _ in range(6)))
            case 2:
                blocks.append("```python\n" + "total = sum(values)\n" * 12 + "```")
            case 3:
                blocks.append("| a | b | c |\n|---|---|---|\n" + ROWS * 6)
            case _:
                blocks.append(prose(random_, 500))
    return "\n\n".join(blocks)[:size]


def tails(size: int) -> dict[str, str]:
    """Return messages that consist of one long last block."""
    random_ = random.Random(1)
    return {
        "one paragraph": prose(random_, size),
        "a list": "".join(f"- {prose(random_, 60)}\n" for _ in range(size // 60)),
        "a fence": "```python\n" + "total = sum(values)\n" * (size // 20),
        "a fence in a list": "- a\n  - b\n    ```python\n"
        + "    total = sum(values)\n" * (size // 24),
        "a table": "| a | b | c |\n|---|---|---|\n" + ROWS * (size // len(ROWS)),
        "a formula": "$$\n" + "x_1 + y\n" * (size // 8),
        "quotations": "> " * 20 + "\n" + ("> " * 20 + "words and *words*\n") * (size // 58),
    }


def milliseconds(started: int) -> float:
    return (time.thread_time_ns() - started) / 1e6


def measure(text: str, updates: int) -> str:
    """Measure the last updates of a message."""
    stream = MarkdownStream()
    start = max(len(text) - updates * STEP, len(text) // 2)
    stream.feed(text[:start])
    costs, naive = [], []
    for at in range(start, len(text), STEP):
        started = time.thread_time_ns()
        stream.feed(text[at : at + STEP])
        costs.append(milliseconds(started))
        if len(costs) % 20 == 1:
            started = time.thread_time_ns()
            parse(text[: at + STEP])
            naive.append(milliseconds(started))
    started = time.thread_time_ns()
    stream.finish()
    end = milliseconds(started)
    middle, late = statistics.median(costs), statistics.quantiles(costs, n=20)[-1]
    whole = statistics.median(naive)
    return (
        f"{middle:7.3f} {late:7.3f} {max(costs):7.3f} {end:7.3f} {whole:9.2f} {middle / whole:8.4f}"
    )


def up_to(longest: int, *sizes: int) -> list[int]:
    """Return the sizes up to the longest, at least one."""
    return [size for size in sizes if size <= longest] or [longest]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=400, help="of each message, the last ones")
    parser.add_argument("--longest", type=int, default=256_000, help="message, in characters")
    options = parser.parse_args()
    updates, longest = options.updates, options.longest
    parse("to *load* what is loaded late")
    print(f"{'ms':26} median     p95     max     end  all of it    ratio")
    for size in up_to(longest, 1_000, 4_000, 16_000, 64_000, 256_000):
        print(f"{f'an answer, {size:,}':25}", measure(message(size), updates))
    for size in up_to(longest, 16_000, 64_000):
        for name, text in tails(size).items():
            print(f"{f'{name}, {size:,}':25}", measure(text, updates))


if __name__ == "__main__":
    main()
