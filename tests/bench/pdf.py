"""Measure the export of a long chat as PDF.

usage: python -m tests.bench.pdf [--messages N] [--kind plain|rich|both] [--out FOLDER]

``plain`` are words in three languages, as in `tests.fakes.many_chats`; ``rich`` has Markdown:
lists, code, tables and formulas. Seconds of processor time are those of all threads.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.base.types import Effort, Message, Part, PartKind, Role
from app.exchange import ExportWords
from app.store import ChatRow, MessageRow, State, TitleBy
from app.ui.exchange import pdf_layout
from app.ui.theme import Theme
from tests.fakes.many_chats import Words

CODE = """\
```python
def fibonacci(n: int) -> int:
    \"\"\"Return the nth number, counted from 0.\"\"\"
    first, second = 0, 1
    for _ in range(n):
        first, second = second, first + second
    return first  # {n}
```
"""
TABLE = """\
| Name | Value | Note |
| --- | ---: | --- |
| first | {n} | {a} |
| second | 2 | **{b}** |
| third | 3 | `{c}` |
"""
FORMULA = "$$\\sum_{{k=1}}^{{{n}}} \\frac{{1}}{{k^2}} < \\sqrt{{\\pi_{{{n}}}}}$$\n"
LIST = "1. **{a}** is the first\n2. $x_{{{n}}} = {n}$ is the second\n   - {b}\n   - {c}\n"


def messages(count: int, kind: str) -> list[MessageRow]:
    """Return questions and answers, the same every time."""
    dice = random.Random(16)
    languages = [Words(name, dice, min(30_000, 20 * count)) for name in ("en", "de", "zh")]

    def answer(number: int, words: Words) -> str:
        text = words.text(dice.randint(100, 1500))
        if kind == "plain":
            return text
        facts = {"n": number % 50, **{name: words.text(12) for name in "abc"}}
        extra = dice.choice((CODE, TABLE, FORMULA, LIST)).format(**facts)
        return f"## {words.text(20)}\n\n{text}\n\n{extra}\n{words.text(80)}"

    rows = []
    for number in range(count):
        words = dice.choice(languages)
        if number % 2 == 0:
            message = Message(Role.USER, (Part(words.text(dice.randint(20, 300))),))
        else:
            thought = Part(words.text(dice.randint(50, 800)), PartKind.REASONING)
            message = Message(Role.ASSISTANT, (thought, Part(answer(number, words))))
        rows.append(MessageRow(number, 1, None, message, State.DONE, 1.7e9, thought_s=3.0))
    return rows


def measure(count: int, kind: str, out: Path | None) -> None:
    rows = messages(count, kind)
    chat = ChatRow(1, "A long chat", TitleBy.PERSON, Effort.LOW, 1.7e9, 1.7e9, 1)
    wall, processor = time.perf_counter(), time.process_time()
    longest = 0.0
    work = pdf_layout.write(chat, rows, reasoning=True, words=ExportWords(), versions={})
    while True:
        started = time.perf_counter()
        try:
            next(work)
        except StopIteration as stopped:
            pdf = stopped.value
            break
        finally:
            longest = max(longest, time.perf_counter() - started)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(
        f"{count:,} messages as PDF, {kind}: {processor:.1f} s of the processor, {wall:.1f} s in "
        f"all, the longest step {longest * 1000:.0f} ms, {len(pdf) / 1e6:.2f} MB, "
        f"{pdf.count(b'/Type /Page' + chr(10).encode())} pages"
    )
    if out:
        (out / f"{kind}.pdf").write_bytes(pdf)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--kind", choices=("plain", "rich", "both"), default="both")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    application = QApplication([])
    Theme(application)
    for kind in ("plain", "rich") if options.kind == "both" else (options.kind,):
        measure(options.messages, kind, options.out)


if __name__ == "__main__":
    main()
