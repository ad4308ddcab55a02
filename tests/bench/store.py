"""Measure a database of 100,000 messages in 2,000 chats against an empty one.

usage: python -m tests.bench.store [--chats N] [--messages N] [--keep FILE]

A search is typed letter by letter, in English, German and Chinese. Milliseconds are wall-clock
time; memory is the resident set size of this process.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil

from app.base.types import Effort, Message, Part, Role
from app.store import Store
from tests.fakes.many_chats import fill

TYPED = (
    "the of and",
    "would people bawexy",
    "zebra the",
    "In that Kola",
    "dampfwetter straße",
    "Größe schiff",
    "prüfungkarte der",
    "丕与",
    "下丕 乎",
    "一亠亥",
    "wort 下",
    "nothing of the kind",
)


def milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - started) / 1e6


def keystrokes(store: Store, reasoning: bool = False) -> list[tuple[float, str]]:
    costs = []
    for text in TYPED:
        for end in range(1, len(text) + 1):
            search = functools.partial(store.search, text[:end], reasoning=reasoning)
            costs.append((milliseconds(search), text[:end]))
    return costs


def measure(path: Path) -> dict[str, float]:
    """Return the time of each step, in milliseconds."""
    memory = psutil.Process().memory_info
    before = memory().rss

    costs = {"start": statistics.median([_start_and_close(path) for _ in range(5)])}
    store = Store(path)
    costs["list of chats"] = statistics.median(milliseconds(store.chats.listed) for _ in range(5))
    chats = store.chats.listed()[:50]
    read = [milliseconds(partial(store.messages.conversation, chat.id)) for chat in chats]
    costs["open a chat"] = statistics.median(read)
    for name, reasoning in (("", False), (", reasoning", True)):
        keystrokes(store, reasoning)  # as with a warm page cache
        typed = sorted(keystrokes(store, reasoning))
        costs[f"keystroke{name}, median"] = typed[len(typed) // 2][0]
        costs[f"keystroke{name}, p95"] = typed[len(typed) * 95 // 100][0]
        costs[f"keystroke{name}, worst"] = typed[-1][0]
        print(f"  slowest{name}:", ", ".join(f"{text!r} {ms:.1f}" for ms, text in typed[-4:]))
    chat = store.chats.create(Effort.LOW).id
    question = Message(Role.USER, (Part("Why is the sky blue? " * 20),))
    costs["a question is written"] = statistics.median(
        milliseconds(lambda: store.messages.add(chat, None, question)) for _ in range(50)
    )
    costs["backup"] = milliseconds(store.upkeep.backup)

    def delete() -> None:
        store.bin.erase([chat])
        store.upkeep.sweep()

    costs["delete for good"] = milliseconds(delete)
    costs["memory, MB"] = (memory().rss - before) / 1e6
    costs["file, MB"] = path.stat().st_size / 1e6
    store.close()
    return costs


def _start_and_close(path: Path) -> float:
    started = time.perf_counter_ns()
    store = Store(path)
    spent = (time.perf_counter_ns() - started) / 1e6
    store.close()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=2000)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="the database, made where it is not there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        empty, full = Path(folder, "empty", "chats.db"), options.keep or Path(folder, "chats.db")
        empty.parent.mkdir()
        one = Store(empty)
        fill(one, chats=1, messages=2)
        one.close()
        if not full.exists():
            made = Store(full)
            fill(made, options.chats, options.messages)
            made.close()
        small, large = measure(empty), measure(full)
    print(f"{'':28} {'1 chat':>10} {'all':>10} {'ratio':>8}")
    for name in large:
        ratio = large[name] / small[name] if small[name] else float("inf")
        print(f"{name:28} {small[name]:10.2f} {large[name]:10.2f} {ratio:8.1f}")


if __name__ == "__main__":
    main()
