"""``fireside ask`` with a scripted model and a server's tool. Arguments: those of the command."""

from __future__ import annotations

import sys
from typing import Any

from app.base.types import ModelRef, Part, PartKind
from app.cli import ask_tools, main
from app.cli.ask_tools import AskedTools
from app.engine import engine_parts
from app.engine.backend import ScriptedBackend
from app.formats import Abilities
from app.server import open_server
from app.tools.registry import Registry
from app.tools.tool import Effect, Result
from tests.fakes.tools import calls, says, server

FIGURE = Part("", PartKind.MEDIA, "figure 1.png", media_type="image/png", data=b"\x89PNG")


def engine(*_: object) -> Any:
    return ScriptedBackend(
        calls("functions.files__search", '{"query": "a\\u001b[2Jb"}', thinks="Look it up."),
        calls("functions.files__search", '{"query": "more"}', at=3),
        says("Two found.", at=6),
    )


class Unable(ScriptedBackend):
    """A model that cannot use tools."""

    def abilities(self, model: ModelRef) -> Abilities:
        return Abilities()


def run(*_: object) -> AskedTools:
    tool = server("files", Effect.READS, "search")
    tool.answer = lambda proposal, cancel: [Result("found \x1b[31mit", made=(FIGURE,))]
    return AskedTools((tool.key,), Registry(lambda: [tool]), lambda key, address: address)


if __name__ == "__main__":
    unable = "--unable" in sys.argv
    vars(engine_parts)["DemoFilter"] = (lambda *_: Unable(says("Hi."))) if unable else engine
    vars(ask_tools)["open_tools"] = run
    sys.exit(
        main(
            ["ask", *(each for each in sys.argv[1:] if each != "--unable")],
            lambda *_: 1,
            open_server,
        )
    )
