"""Read the real window through AT-SPI, as a screen reader does, and ask by keyboard.

usage: screen_reader.py PYTHON FOLDER

Runs on the system's Python, which has pyatspi, in a session bus of its own (see
``test_screen_reader``); PYTHON starts Fireside on FOLDER. Prints what it finds as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pyatspi

QUESTION = "What is the capital of France?"
ENTER = 0xFF0D


def applications() -> Iterator[pyatspi.Accessible]:
    desktop = pyatspi.Registry.getDesktop(0)
    yield from (app for app in desktop if app and app.name == "Fireside")


def below(parent: pyatspi.Accessible) -> Iterator[pyatspi.Accessible]:
    """Yield all accessible objects that are showing, in order."""
    for child in parent:
        if child and child.getState().contains(pyatspi.STATE_SHOWING):
            yield child
            yield from below(child)


def find(role: str, name: str = "") -> list[pyatspi.Accessible]:
    everything = (each for app in applications() for each in below(app))
    return [e for e in everything if e.getRoleName() == role and e.name.startswith(name)]


def text_of(found: pyatspi.Accessible) -> str:
    return str(found.queryText().getText(0, -1))


def until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"never: {what}")
        pump(0.1)


def pump(seconds: float) -> None:
    """Process events, such as announcements, for that long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pyatspi.Registry.pumpQueuedEvents()
        context.iteration(False)
        time.sleep(0.01)


def describe(found: pyatspi.Accessible) -> dict[str, object]:
    inside = [(e.getRoleName(), e.name) for e in below(found)]
    return {"role": found.getRoleName(), "name": found.name, "text": text_of(found), "in": inside}


def main() -> None:
    heard: list[str] = []
    pyatspi.Registry.registerEventListener(
        lambda event: heard.append(str(event.any_data)), "object:announcement"
    )
    app = subprocess.Popen([sys.argv[1], "-m", "app", "--data-dir", sys.argv[2]])
    try:
        until(lambda: find("text", "Message"), "the field for a message")
        (field,) = find("text", "Message")
        # Without a window manager, nobody else gives the window the keyboard focus.
        subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "Fireside", "windowfocus"])
        until(lambda: field.getState().contains(pyatspi.STATE_FOCUSED), "the keyboard in it")
        pump(1)  # until the demo model is loaded
        keys = pyatspi.Registry.generateKeyboardEvent
        keys(0, QUESTION, pyatspi.KEY_STRING)
        until(lambda: text_of(field) == QUESTION, f"the question, but {text_of(field)!r}")
        keys(ENTER, None, pyatspi.KEY_SYM)
        until(lambda: any("Answer finished" in text for text in heard), "an answer")
        (pane,) = find("panel", "Chat")
        (messages,) = find("list", "Messages")
        found = {
            "pane": [pane.name, pane.description],
            "list": [messages.name, messages.description],
            "messages": [describe(each) for each in messages],
            "heard": heard,
        }
        print(json.dumps(found, indent=1), flush=True)
    finally:
        app.terminate()
        app.wait(10)


if __name__ == "__main__":
    from gi.repository import GLib

    context = GLib.MainContext.default()
    main()
