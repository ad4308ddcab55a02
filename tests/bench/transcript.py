"""Measure the conversation on screen against the simple way to show one.

usage: python -m tests.bench.transcript [--messages N] [--steps N] [--updates N] [--longest N]
[--hostile N] [--starts N]

Milliseconds are processor time of the whole step including painting, in a window that is not on a
screen (Qt's offscreen platform). The simple way is one text browser for each message, whose HTML is
made and set again at every update. The last column has what must hold; its figures are for machines
with two shared cores, and no test checks them.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from app.ui.conversation.message_state import MessageState
from app.ui.conversation.sections import Section

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from markdown_it import MarkdownIt
from PySide6.QtCore import QEventLoop, QPoint
from PySide6.QtWidgets import QApplication, QTextBrowser

from app.base.answer_events import Delta
from app.base.draft import Draft
from app.base.settings import ThemeChoice
from app.base.types import Effort, Message, Part, PartKind, Role
from app.store import MessageRow, State
from app.ui.conversation.transcript import Transcript
from app.ui.theme import Theme
from tests.bench.markdown import message, tails, up_to
from tests.fakes.hostile import texts

STEP = 16
SIZE = (1180, 800)


def say(what: str, value: str, hold: str = "") -> None:
    print(f"{what:<46}{value:>30}   {hold}", flush=True)


def spent(work: Callable[[], object]) -> float:
    """Return the processor time of the work, in milliseconds."""
    started = time.process_time()
    work()
    QApplication.processEvents()
    return (time.process_time() - started) * 1000


def middle(costs: list[float]) -> str:
    ordered = sorted(costs)
    return f"{statistics.median(ordered):.1f} (p95 {ordered[int(0.95 * len(ordered))]:.1f}) ms"


def answer(number: int, text: str, state: State = State.DONE, *, thought: str = "") -> MessageRow:
    said = ((thought, PartKind.REASONING), (text, PartKind.TEXT))
    parts = tuple(Part(each, channel) for each, channel in said if each)
    message = Message(Role.ASSISTANT, parts)
    return MessageRow(number, 1, number - 1, message, state, 0.0, Effort.HIGH, "gpt-oss-20b")


def question(number: int, text: str) -> MessageRow:
    asked = Message(Role.USER, (Part(text),))
    return MessageRow(number, 1, number - 1 or None, asked, State.DONE, 0.0)


def conversation(count: int) -> list[MessageRow]:
    """Return questions and answers of 1,515 characters on average."""
    dice = random.Random(3)
    texts = [message(dice.randrange(400, 5000)) for _ in range(24)]
    rows = []
    for number in range(1, count + 1, 2):
        rows.append(question(number, f"Question {number}: what about it, and why?"))
        text = f"Answer {number}.\n\n{dice.choice(texts)}"
        rows.append(answer(number + 1, text, thought=texts[0][:400]))
    return rows


class Growing:
    """A transcript with a growing answer."""

    def __init__(self, transcript: Transcript, text: str) -> None:
        self.transcript, self.text = transcript, text
        self.draft = Draft()
        transcript.messages.set_rows([question(1, "Go on.")])
        transcript.messages.start(answer(2, "", State.STREAMING), self.draft)
        self.at = 0
        QApplication.processEvents()

    def grow(self, count: int) -> None:
        self.draft.add(Delta(0, self.text[self.at : self.at + count], PartKind.TEXT))
        self.at += count
        self.transcript.messages.feed(2)
        self.transcript.messages._tick.stop()
        self.transcript.messages.update_drafts()

    def update_costs(self, size: int, updates: int) -> list[float]:
        """Return the costs of updates by 16 characters, starting at that size."""
        while self.at < size:
            self.grow(min(2000, size - self.at))
        while self.transcript.list.unread() is not None:  # large deltas are parsed in slices
            QApplication.processEvents()
        return [spent(lambda: self.grow(STEP)) for _ in range(updates)]


def naive_costs(text: str, size: int, updates: int) -> list[float]:
    """Return the costs of the same updates where everything is rebuilt."""
    view, parser = QTextBrowser(), MarkdownIt("commonmark").enable("table")
    view.resize(*SIZE)
    view.show()

    def render(length: int) -> None:
        view.setHtml(parser.render(text[:length]))

    lengths = range(size, size + updates * STEP, STEP)
    costs = [spent(partial(render, length)) for length in lengths]
    view.deleteLater()
    return costs


def updates(transcript: Transcript, longest: int, times: int) -> None:
    text = message(longest + 6_000)
    medians = {}
    sizes = up_to(longest, 1_000, 4_000, 16_000, 64_000)
    for size in sizes:
        costs = Growing(transcript, text).update_costs(size, times)
        medians[size] = statistics.median(costs)
        hold = "4 (p95 10) at 64k" if size == 64_000 else ""
        say(f"update of an answer of {size:,} characters", middle(costs), hold)
    first, last = sizes[0], sizes[-1]
    say(f"  {last:,} against {first:,}", f"{medians[last] / medians[first]:.2f}", "1.5")
    few = naive_costs(text, last, 8)
    say(f"  the naive way at {last:,}", middle(few))
    say("  ratio", f"{medians[last] / statistics.median(few):.3f}")
    (middling,) = up_to(min(longest, 16_000), 16_000)
    for name, tail in tails(middling + 1_000).items():
        size = min(middling, len(tail) - 2000)
        costs = Growing(transcript, tail).update_costs(size, times)
        say(f"update at {middling:,} of {name}", middle(costs), "12")


def opening(transcript: Transcript, count: int, times: int) -> None:
    few, many = conversation(50), conversation(count)
    spent(lambda: transcript.messages.set_rows(few))
    small = min(spent(lambda: transcript.messages.set_rows(few)) for _ in range(3))
    before = psutil.Process().memory_info().rss
    large = min(spent(lambda: transcript.messages.set_rows(many)) for _ in range(3))
    say("open 50 messages, first paint", f"{small:.0f} ms")
    say(f"open {count:,} messages, first paint", f"{large:.0f} ms", "150")
    say("  ratio", f"{large / small:.2f}")
    bar = transcript.verticalScrollBar()
    wheel = []
    for _ in range(times):
        wheel.append(spent(lambda: bar.setValue(bar.value() - 120)))
    say("wheel frame", middle(wheel), "p95 12")
    dice = random.Random(5)
    jumps = [spent(lambda: bar.setValue(dice.randrange(bar.maximum()))) for _ in range(times)]
    say("random jump", middle(jumps), "p95 25")
    now = psutil.Process().memory_info().rss
    say("memory, scrolled", f"{now / 1e6:.0f} MB (+{(now - before) / 1e6:.0f})", "200 MB")
    transcript.selection.select_all()
    copied = spent(transcript.selection.text)
    say(f"copy all {count:,}", f"{copied:.0f} ms", "50")
    transcript.selection.clear()
    naive = time.process_time()
    parser = MarkdownIt("commonmark").enable("table")
    for row in few:
        view = QTextBrowser()
        view.setHtml(parser.render(row.message.text))
        view.document().setTextWidth(700)
        view.document().size()
        view.deleteLater()
    spentn = (time.process_time() - naive) * 1000
    say("  the naive way opens 50 in", f"{spentn:.0f} ms")


def shifts(transcript: Transcript, steps: int) -> None:
    """Check that a line being read stays in place, whatever happens elsewhere."""
    dice = random.Random(7)
    transcript.messages.set_rows(conversation(60))
    growing = answer(1001, "", State.STREAMING)
    rows = [*conversation(60), question(1000, "Go on.")]
    draft = Draft()
    text = message(200_000)
    transcript.messages.set_rows(rows)
    transcript.messages.start(growing, draft)
    QApplication.processEvents()
    bar = transcript.verticalScrollBar()
    moved = at = 0
    for _ in range(steps):
        if dice.random() < 0.1:
            bar.setValue(dice.randrange(max(1, bar.maximum() - 500)))
            QApplication.processEvents()
        seen = None if transcript.list.following else place(transcript)
        match dice.randrange(3):
            case 0:
                draft.add(Delta(0, text[at : at + 200], PartKind.TEXT))
                at += 200
                transcript.messages.feed(1001)
                transcript.messages.update_drafts()
            case 1:
                transcript.resize(dice.choice([(900, 700), (1180, 800), (760, 640)])[0], 800)
            case 2:
                # Closing the very panel that is being read may move it.
                reads = seen[0] if seen and seen[1] in (None, seen[0].thought) else None
                thinkers = [r for r in transcript.messages.records if r.thought and r is not reads]
                record = dice.choice(thinkers)
                transcript.messages.toggle_thought(record.row.id, not record.opened)
        QApplication.processEvents()
        moved += seen is not None and not still(transcript, seen)
    transcript.resize(*SIZE)
    say("content shifted unasked", f"{moved} of {steps} steps", "0")


Place = tuple[MessageState, Section, int, int]


def place(transcript: Transcript) -> Place | None:
    """Return a line near the top edge, and its distance to that edge."""
    for record, view in transcript.views.active.items():
        inside = QPoint(view.width() // 4, -view.y())
        if 0 <= inside.y() < view.height() and view.shown:
            found = view.position_at(inside)
            if found:
                section, position = found
                top = view.place_of(section, position)
                return record, section, position, view.y() + (top or 0)
    return None


def still(transcript: Transcript, seen: Place) -> bool:
    record, section, position, y = seen
    view = transcript.views.active.get(record)
    if view is None:
        return False
    top = view.place_of(section, position)
    return top is not None and abs(view.y() + top - y) <= 1


def hostile(transcript: Transcript, count: int | None) -> None:
    """Print the longest step of showing, scrolling and growing each hostile text."""
    worst: dict[str, float] = {}
    bar = transcript.verticalScrollBar()
    for name, text in list(texts().items())[:count]:
        costs = [step(partial(transcript.messages.set_rows, [question(1, "?"), answer(2, text)]))]
        while transcript.list.reading and len(costs) < 30:
            costs.append(step(lambda: None))
        costs += [step(partial(bar.setValue, bar.maximum() * k // 9)) for k in range(10)]
        shown = [question(1, text[:200_000]), answer(2, "ok")]
        costs.append(step(partial(transcript.messages.set_rows, shown)))
        growing = Growing(transcript, text)
        while growing.at < min(len(text), 16_000):
            growing.grow(1000)
            QApplication.processEvents()
        costs += [step(partial(growing.grow, STEP)) for _ in range(40)]
        worst[name] = max(costs)
    for name, cost in sorted(worst.items(), key=lambda pair: -pair[1])[:5]:
        say(f"hostile: {name}", f"{cost:.0f} ms", "100")
    if len(worst) > 5:
        say(
            f"hostile: the other {len(worst) - 5}", f"less than {sorted(worst.values())[-5]:.0f} ms"
        )


def step(work: Callable[[], object]) -> float:
    """Return the milliseconds of processor time of one turn of Qt's event loop."""
    started = time.process_time()
    work()
    QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 1)
    return (time.process_time() - started) * 1000


def start(times: int) -> None:
    """Measure the start of the whole program against an empty Qt window."""
    empty = (
        "import time, os; from PySide6.QtWidgets import QApplication, QWidget\n"
        "a = QApplication([]); w = QWidget(); w.resize(1180, 860); w.show(); a.processEvents()\n"
    )
    ours = (
        "from pathlib import Path; import tempfile, gc; gc.disable()\n"
        "from app.ui import app as ui; from app.ui.window import Window\n"
        "from app.base.settings import Folders; from app.host import Host\n"
        "from app.ui.bridge import Bridge; from app.ui.theme import Theme\n"
        "a = ui._application(); look = Theme(a); bridge = Bridge()\n"
        "host = Host(Folders.find(Path(tempfile.mkdtemp())), bridge.publish)\n"
        "w = Window(host, bridge, look); w.show(); a.processEvents()\n"
    )
    tell = (
        "import time; print(time.process_time() * 1000, flush=True)\n"
        "import os; input(); os._exit(0)\n"
    )
    found = {}
    for name, code in (("an empty window", empty), ("Fireside's window", ours)):
        runs = [_run(code + tell) for _ in range(times)]
        found[name] = min(runs)
        hold = "300 ms, 90 MB" if name.startswith("F") else ""
        say(f"{name} to first paint", "{:.0f} ms, {:.0f} MB".format(*found[name]), hold)
    one, other = found.values()
    say("  ratio", f"{other[0] / one[0]:.2f}")


def _run(code: str) -> tuple[float, float]:
    surroundings = dict(os.environ)
    # As when installed: compiled once, not at every start.
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True, env=surroundings
    ) as window:
        assert window.stdin
        assert window.stdout
        time_ms = float(window.stdout.readline())
        memory = psutil.Process(window.pid).memory_info().rss / 1e6
        window.stdin.write("\n")
    return time_ms, memory


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--updates", type=int, default=120, help="of each kind")
    parser.add_argument("--longest", type=int, default=64_000, help="answer, in characters")
    parser.add_argument("--hostile", type=int, help="texts of that kind; all")
    parser.add_argument("--starts", type=int, default=5)
    options = parser.parse_args()
    application = QApplication([])
    application.setStyle("Fusion")
    transcript = Transcript(Theme(application, ThemeChoice.LIGHT))
    transcript.resize(*SIZE)
    transcript.show()
    say("", "", "to hold")
    updates(transcript, options.longest, options.updates)
    opening(transcript, options.messages, options.updates)
    shifts(transcript, options.steps)
    hostile(transcript, options.hostile)
    start(options.starts)


if __name__ == "__main__":
    main()
