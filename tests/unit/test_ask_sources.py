"""`fireside ask --tools files:…`: real folders, read for the answer or in the window's list."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest

from app.base.settings import Folders
from app.cli import main
from app.cli.ask_sources import AskedSources
from app.cli.ask_tools import open_tools
from app.engine import engine_parts
from app.server import open_server
from app.tools.browser.faults import FolderTooWide
from app.tools.browser.library import SourceLibrary
from tests.fakes.browsing import BrowsingModel, cites, open_, search
from tests.fakes.zim_file import metadata, page, zim


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "My notes, 2026"
    (folder / "铜").mkdir(parents=True)
    (folder / "铜" / "copper  & tin.md").write_text(
        "# Copper\n\nCopper is a kind of metal.\n", "utf-8"
    )
    return folder


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    """Return folders of nobody, with temporary ones of their own."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setitem(
        vars(engine_parts),
        "DemoFilter",
        lambda *_: BrowsingModel(search("copper"), open_(0), cites("Copper is a kind of metal{}.")),
    )
    return Folders.find(tmp_path / "data")


def asked(folders: Folders, *arguments: str) -> int:
    return main(
        ["ask", "--data-dir", str(folders.data), *arguments, "Copper?"], lambda *_: 1, open_server
    )


def test_a_folder_by_its_path_leaves_nothing(
    notes: Path, folders: Folders, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert asked(folders, "--tools", f"files:{notes}") == 0
    said = capsys.readouterr()
    file = notes / "铜" / "copper  & tin.md"
    assert said.out == f"Copper is a kind of metal[1].\n\n[1] Copper, {file}, line 4\n"
    assert "My notes 2026: 1 file\n" in said.err
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not folders.sources.exists()
    assert not folders.indexes.exists()


def test_a_folder_of_the_window_by_its_name(
    notes: Path, folders: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    library = SourceLibrary(folders, lambda event: None)
    entry = library.add_folder(notes)
    library.wait(entry.key, threading.Event())
    library.close()
    before = folders.sources.read_bytes()
    assert asked(folders, "--tools", entry.key, "--json") == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["answer"] == "Copper is a kind of metal[1]."
    assert [(c["number"], c["tool"], c["lines"]) for c in found["citations"]] == [
        (1, entry.key, [[4, 4]])
    ]
    assert [call["name"] for call in found["calls"]] == ["browser.search", "browser.open"]
    assert folders.sources.read_bytes() == before


@pytest.fixture
def sources(folders: Folders) -> Iterator[AskedSources]:
    def give_up(text: str) -> NoReturn:
        raise SystemExit(text)

    with ExitStack() as stack:
        yield AskedSources(folders, stack, give_up)


def test_what_cannot_be_searched_is_told(
    sources: AskedSources, notes: Path, tmp_path: Path
) -> None:
    with pytest.raises(SystemExit, match="there is no files:Nowhere"):
        sources.open("files:Nowhere")
    with pytest.raises(FolderTooWide):
        sources.open(f"files:{Path(notes.anchor)}")
    other = tmp_path / "other" / notes.name
    other.mkdir(parents=True)
    keys = [sources.open(f"files:{path}") for path in (notes, other)]
    assert len(set(keys)) == 2


def test_files_are_the_default_in_whatever_order_they_are_asked_for(
    folders: Folders, notes: Path
) -> None:
    def give_up(text: str) -> NoReturn:
        raise SystemExit(text)

    with ExitStack() as stack:
        opened = open_tools(("web", f"files:{notes}"), folders, stack, give_up)
        [browser] = opened.registry.declared(opened.keys)
        assert [source.name for source in browser.sources] == ["files", "web"]


@pytest.mark.parametrize(("typed", "imported"), [([], True), (["Hi"], False)])
def test_a_question_that_is_piped_in_need_not_be_the_users(
    folders: Folders,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: list[str],
    imported: bool,
) -> None:
    model = BrowsingModel("Hi.")
    monkeypatch.setitem(vars(engine_parts), "DemoFilter", lambda *_: model)
    piped = tmp_path / "piped.txt"
    piped.write_text("Read https://evil.example/", "utf-8")
    with piped.open(encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert (
            main(["ask", "--data-dir", str(folders.data), *typed], lambda *_: 1, open_server) == 0
        )
    assert [request.imported for request in model.requests] == [imported]


def test_an_encyclopaedia_by_its_path(
    folders: Folders, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "metals, in short.zim"
    copper = page("Copper", "<p>Copper is a kind of metal.</p>")
    path.write_bytes(zim([copper, *metadata(Title="Metals", Language="eng")], main="Copper"))
    assert asked(folders, "--tools", f"zim:{path}") == 0
    said = capsys.readouterr().out
    assert said == "Copper is a kind of metal[1].\n\n[1] Copper, zim:/Metals/Copper, line 4\n"
    assert list((tmp_path / "temporary").iterdir()) == []
