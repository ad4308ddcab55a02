"""Have a whole chat over a folder, without a window: from its adding to its removal.

usage: python -m tests.folders.offline_chat DATA FOLDER WORDS

The model is scripted, everything else is real. A line of JSON is printed for each answer: its text,
its displays with the lines that were shown, and how the calls ended.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
from pathlib import Path
from typing import Any

from app.base.pages.displays import displays_of
from app.base.settings import Folders
from app.base.types import Effort, Message, ModelRef, Part, PartKind, Role
from app.host import Host
from app.store import ChatSettings
from app.turn import Question, TurnEnded
from tests.fakes.browsing import BrowsingModel, cites, find, open_, search

MODEL = ModelRef.of_file(Path("m.gguf"), "m")


def _asks_nobody(event: str, arguments: object) -> None:
    """Refuse what could reach another computer; `tests.folders.traced` sees the rest."""
    asking = ("connect", "bind", "sendto", "getaddrinfo", "gethostbyname", "gethostbyaddr")
    if event in [f"socket.{name}" for name in asking]:
        raise RuntimeError(f"{event}: {arguments!r}")


def main(data: Path, folder: Path, words: str) -> None:
    events: queue.SimpleQueue[TurnEnded] = queue.SimpleQueue()

    def publish(event: Any) -> None:
        if isinstance(event, TurnEnded):
            events.put(event)

    model = BrowsingModel(
        search(words), open_(0), find(words.split()[0]), cites(f"{words}{{}}."),
        search("not in any file, surely: xylophonequartz"), "Nothing was found.",
    )  # fmt: skip
    host = Host(Folders.find(data), publish, backend=model)
    try:
        entry = host.tool_parts.source_library.add_folder(folder)
        status = host.tool_parts.source_library.wait(entry.key, threading.Event())
        print(json.dumps({"documents": status.documents, "state": status.state}), flush=True)
        chat: int | None = None
        for text in (f"What do my files say about {words}?", "And anything else?"):
            settings = ChatSettings(tools=(entry.key,))
            parts = (Part(text),)
            host.chats.send(Question(chat, parts, Effort.LOW, MODEL, settings))
            answer = events.get(timeout=120).answer
            chat = answer.chat
            print(json.dumps(_told(answer.message.parts)), flush=True)
        host.tool_parts.source_library.remove(entry.key)
        assert chat is not None
        host.chats.erase([chat]).result(60)
    finally:
        host.close()


def _told(parts: tuple[Part, ...]) -> dict[str, Any]:
    displays = displays_of([Message(Role.ASSISTANT, parts)])
    return {
        "text": parts[-1].text,
        "displays": [(d.page.address, d.page.lines[d.first : d.last + 1]) for d in displays],
        "outcomes": [p.facts.outcome for p in parts if p.kind is PartKind.RESULT and p.facts],
    }


if __name__ == "__main__":
    sys.addaudithook(_asks_nobody)
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
