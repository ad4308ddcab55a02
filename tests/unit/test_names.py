"""Public classes and modules have unique names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

APP = Path(__file__).parents[2] / "app"

SHARED = {
    "chat": "a turn of a chat, and OpenAI's Chat Completions",
    "graphics": "base has the cards and drivers as values, wording the sentences about them",
    "engine_errors": "the engine's errors as the local server's clients and as users are told them",
    "errors": "base has the errors as values, wording their sentences",
    "supervisor": "the owner of a child process: of the engine's, and of the documents'",
    "worker": "the loop of a child process: of the engine's, and of the documents'",
    "presets": "the store's presets, and the room of the window that shows them",
    "blocks": "the blocks of a text, and the room that lays them out and paints them",
    "service": "import and export, and MCP servers, for the window",
    "exchange": "import and export, and the room of the window for them",
    "pages": "the pages that the browser has displayed, and the stack of pages of the window",
    "files": "atomic writes of files, and the browser's folders",
    "messages": "the store's messages, and Anthropic's endpoint, whose name is its path",
    "models": "the models on disk and on the hub, and the room of the window for them",
}
"""Names of modules that stand twice, since the field's term is the same in two rooms."""


def modules() -> list[Path]:
    files = (path for path in APP.rglob("*.py") if path.name != "__main__.py")
    return sorted(path for path in files if path != APP / "__init__.py")


def name_of(path: Path) -> str:
    return path.parent.name if path.name == "__init__.py" else path.stem


def place_of(path: Path) -> Path:
    """Return the module's package; a package and its main module count as one."""
    folder = path.parent
    return folder if path.name == "__init__.py" or path.stem == folder.name else path


def twice(named: Iterable[tuple[str, Path]]) -> dict[str, list[str]]:
    places: defaultdict[str, set[Path]] = defaultdict(set)
    for name, place in named:
        places[name].add(place)
    return {
        name: sorted(str(place.relative_to(APP)) for place in found)
        for name, found in places.items()
        if len(found) > 1
    }


def test_modules_are_named_once() -> None:
    found = twice((name_of(path), place_of(path)) for path in modules())
    assert {name: places for name, places in found.items() if name not in SHARED} == {}


def test_shared_names_are_still_shared() -> None:
    found = twice((name_of(path), place_of(path)) for path in modules())
    assert set(SHARED) <= set(found)


def test_public_classes_are_named_once() -> None:
    classes = (
        (name, path)
        for path in modules()
        for name in re.findall(r"(?m)^class ([A-Za-z]\w*)", path.read_text(encoding="utf-8"))
    )
    assert twice(classes) == {}
