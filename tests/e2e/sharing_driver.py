"""A window without Qt: what a `Host` answers to the lines of its standard input, as JSON.

``ask TEXT`` tells when the answer begins, and then the answer; ``unload`` unloads the model. It
ends with its input. ``python -m tests.e2e.sharing_driver FOLDER [MODEL]``.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from app.base.answer_events import Delta, Done
from app.base.errors import FiresideError
from app.base.settings import Folders
from app.base.types import Message, ModelRef, Part, PartKind, Request, Role, Sampling
from app.host import Host, demo_model


def tell(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def answer(host: Host, model: ModelRef, text: str) -> None:
    """Answer greedily, as a chat's question."""
    asked = (Message(Role.USER, (Part(text),)),)
    request = Request(model, asked, sampling=Sampling(temperature=0.0), chat=1)
    said, kinds, evaluated = "", [], 0
    try:
        for event in host.backend.stream(request, threading.Event()):
            kinds.append(type(event).__name__)
            if isinstance(event, Delta):
                if kinds.count("Delta") == 1:
                    tell(begun=True)
                said += event.text if event.kind is PartKind.TEXT else ""
            elif isinstance(event, Done):
                evaluated = event.stats.evaluated
    except FiresideError as error:
        tell(error=repr(error))
        return
    tell(text=said, loaded="Loading" in kinds, evaluated=evaluated)


def main() -> None:
    folder, *chosen = sys.argv[1:]
    model = ModelRef.of_file(Path(chosen[0]), "model") if chosen else demo_model()
    host = Host(Folders(Path(folder)), lambda event: None)
    tell(ready=True)
    for line in sys.stdin:
        command, _, text = line.strip().partition(" ")
        if command == "unload":
            host.backend.unload()
            tell(unloaded=True)
        else:
            answer(host, model, text)
    host.close()
    tell(closed=True)


if __name__ == "__main__":
    main()
