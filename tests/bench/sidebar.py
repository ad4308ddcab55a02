"""Measure the list of chats with 2,000 chats against 20.

usage: python -m tests.bench.sidebar [--chats N]

Milliseconds are processor time including painting, in a list that is not on a screen (Qt's
offscreen platform); the median of nine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.base.settings import ThemeChoice
from app.base.types import Effort
from app.store import ChatRow, TitleBy
from app.ui.sidebar.chat_list import ChatList
from app.ui.theme import Theme

FEW = 20
DAY = 86400.0


def rows(count: int) -> list[ChatRow]:
    """Return rows: some pinned, a third in folders, the others from the last years."""
    now = time.time()

    def row(number: int) -> ChatRow:
        when = now - number * 0.4 * DAY
        folder = f"Folder {number % 30}" if number % 3 == 0 else ""
        title = f"What was said in chat {number}"
        return ChatRow(
            number + 1, title, TitleBy.QUESTION, Effort.LOW, when, when, None,
            pinned=number % 200 == 1, folder=folder,
        )  # fmt: skip

    return [row(number) for number in range(count)]


def spent(work: Callable[[int], object]) -> float:
    costs = []
    for number in range(9):
        started = time.process_time()
        work(number)
        QApplication.processEvents()
        costs.append((time.process_time() - started) * 1000)
    return statistics.median(costs)


def measure(theme: Theme, count: int) -> dict[str, float]:
    """Return the time of each step, in milliseconds."""
    chats = rows(count)

    def opened(_: int) -> None:
        view = ChatList(theme)
        view.resize(240, 700)
        view.show()
        view.set_chats(chats)
        QApplication.processEvents()
        view.deleteLater()

    view = ChatList(theme)
    view.resize(240, 700)
    view.show()
    view.set_chats(chats)

    def changed(number: int) -> None:
        view.set_chats([replace(chats[0], title=f"Another name {number}"), *chats[1:]])

    def scrolled(number: int) -> None:
        view.verticalScrollBar().setValue(number * view.verticalScrollBar().maximum() // 9)

    result = {
        "opened": spent(opened),
        "one has another name": spent(changed),
        "nothing has changed": spent(lambda _: view.set_chats(chats)),
        "a folder is closed or opened": spent(lambda n: view.fold("Folder 3", closed=n % 2 == 0)),
        "the next one is marked": spent(lambda n: view.mark(view.chats.near(n))),
        "a jump by the scroll bar": spent(scrolled),
    }
    view.setFocus()
    view.selectAll()
    result["one has another name, all are selected"] = spent(changed)
    view.deleteLater()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=2000)
    options = parser.parse_args()
    application = QApplication([])
    application.setStyle("Fusion")
    theme = Theme(application, ThemeChoice.LIGHT)
    few, many = measure(theme, FEW), measure(theme, options.chats)
    for what, cost in many.items():
        ratio = cost / few[what]
        print(f"{what:<40}{cost:8.1f} ms, {few[what]:.1f} with {FEW}: ratio {ratio:.1f}")


if __name__ == "__main__":
    main()
