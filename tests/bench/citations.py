"""Measure an answer with citations while it grows against the same answer without.

usage: python -m tests.bench.citations [--paragraphs N]

Milliseconds are processor time of an update with its painting, and of a step of scrolling, in a
window that is not on a screen. Each paragraph has two citations. No test checks the figures.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.base.answer_events import Delta
from app.base.draft import Draft
from app.base.settings import ThemeChoice
from app.base.types import Message, Role
from app.store import MessageRow, State
from app.ui.conversation.transcript import Transcript
from app.ui.theme import Theme
from tests.fakes.citations import browsed

_TEXT = (
    "Copper is a metal{} that conducts electricity well, and heat{}. It is used for wires and "
    "coins, and so on; see the table below for more.\n\n"
)
_LAST = 20  # updates that count: those at the end
_STEPS = 40


def grown(theme: Theme, paragraphs: int, *marks: str) -> tuple[float, float]:
    """Return the milliseconds of an update at the end of an answer, and of a step of scrolling."""
    application = QApplication.instance()
    assert application
    transcript = Transcript(theme)
    transcript.resize(900, 700)
    transcript.show()
    question, calls = browsed()
    row = MessageRow(2, 1, 1, Message(Role.ASSISTANT, calls.parts), State.STREAMING, 0.0)
    draft = Draft(calls.parts)
    transcript.messages.set_rows([MessageRow(1, 1, None, question, State.DONE, 0.0)])
    transcript.messages.start(row, draft)
    spent: list[float] = []
    for _ in range(paragraphs):
        draft.add(Delta(len(calls.parts), _TEXT.format(*marks)))
        begin = time.process_time()
        transcript.messages.feed(row.id)
        transcript.messages.update_drafts()
        application.processEvents()
        spent.append(time.process_time() - begin)
    bar = transcript.verticalScrollBar()
    begin = time.process_time()
    for step in range(_STEPS):
        bar.setValue(bar.maximum() * step // _STEPS)
        application.processEvents()
    scrolled = (time.process_time() - begin) / _STEPS
    transcript.deleteLater()
    application.processEvents()
    return 1000 * statistics.median(spent[-_LAST:]), 1000 * scrolled


def main() -> None:
    """Measure, and print one line for each length."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--paragraphs", type=int, default=300)
    options = parser.parse_args()
    application = QApplication([])
    application.setStyle("Fusion")
    theme = Theme(application, ThemeChoice.LIGHT)
    grown(theme, 2, "【1†L2】", "【2†L4】")  # what is loaded once
    for count in sorted({max(options.paragraphs // 15, 2), options.paragraphs}):
        bare, bare_step = grown(theme, count, "", "")
        cited, cited_step = grown(theme, count, "【1†L2】", "【2†L4】")
        print(
            f"{2 * count} citations: an update {cited:.1f} ms, without {bare:.1f}; "
            f"a step of scrolling {cited_step:.1f} ms, without {bare_step:.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
