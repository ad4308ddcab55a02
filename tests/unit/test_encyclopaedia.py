"""Encyclopaedias as sources: added, searched at once, read into an index, opened."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.base.settings import Folders
from app.tools.browser.encyclopaedia import encyclopaedia_task
from app.tools.browser.encyclopaedia.encyclopaedia_task import EncyclopaediaTask
from app.tools.browser.faults import NotAnEncyclopaedia, SourceKnown
from app.tools.browser.files.file_index import FileIndex
from app.tools.browser.index_process import (
    IndexEnd,
    IndexPlan,
    IndexProcess,
    IndexStep,
    IndexTrouble,
)
from app.tools.browser.library import SourceLibrary
from app.tools.browser.source import PageText, Source, SourceFault
from app.tools.browser.source_status import IndexState, SkippedFiles, SkipReason, SourceStatus
from app.wording.errors import explain
from tests.fakes.index_processes import NoProcess
from tests.fakes.zim_file import Entry, metadata, page, zim

NEVER = threading.Event()
ENTRIES = [
    page(
        "Copper",
        "<p>Copper is a metal. It melts at 1,085 degrees. <a href='./Heat_%26_light'>heat</a> "
        "<a href='../../x.png'>up</a> <a href='https://b.org/'>web</a></p>",
    ),
    page("Heat & light", "<p>Both are radiation, which a black body gives off.</p>"),
    page("Empty", "", path="dir/Empty?"),
    Entry("Cuprum", title="Cuprum", to="Copper"),
    *metadata(Title="Wikipedia", Language="deu"),
]


class Shelf:
    """A library with one encyclopaedia."""

    def __init__(self, folder: Path, data: bytes) -> None:
        self.path = folder / "w.zim"
        self.path.write_bytes(data)
        (folder / "data").mkdir()
        self.folders = Folders(folder / "data")
        self.library = self.opened()
        self.key = self.library.add_encyclopaedia(self.path).key

    def opened(self, process: Callable[[], IndexProcess] = NoProcess) -> SourceLibrary:
        return SourceLibrary(self.folders, lambda _: None, process=process, every_s=3600)

    @property
    def source(self) -> Source:
        (source,) = self.library.sources()
        return source

    def becomes(self, done: Callable[[SourceStatus], bool]) -> None:
        """Look at it, and wait until that is done."""
        self.library.look(self.key)
        until = time.monotonic() + 60
        while not done(self.library.statuses()[0]) and time.monotonic() < until:
            time.sleep(0.005)
        assert done(self.library.statuses()[0])

    def search(self, query: str) -> list[str]:
        return [hit.address for hit in self.source.search(query, 5, NEVER)]

    def open(self, address: str) -> PageText:
        return self.source.open(address, NEVER, lambda _: False)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path, zim(ENTRIES, main="Copper"))
    yield made
    made.library.close()


def test_its_name_and_its_index(shelf: Shelf) -> None:
    status = shelf.library.wait(shelf.key, NEVER)
    assert (status.state, status.documents) == (IndexState.READY, 3)
    assert (shelf.key, shelf.source.name) == ("zim:Wikipedia (deu)", "wikipedia-deu")
    assert shelf.source.unavailable == ""
    with pytest.raises(SourceKnown):
        shelf.library.add_encyclopaedia(shelf.path)
    shelf.library.remove(shelf.key)
    assert not os.listdir(shelf.folders.data) or not shelf.folders.indexes.exists()


def test_titles_and_texts_are_found(shelf: Shelf) -> None:
    shelf.library.pause(shelf.key)  # titles need no index
    hit, *_ = shelf.source.search("At what temperature does copper melt?", 5, NEVER)
    assert (hit.title, hit.address) == ("Copper", "zim:/Wikipedia (deu)/Copper")
    assert "melts at 1,085 degrees" in hit.summary
    assert "melts" in hit.passage
    assert shelf.search("cuprum") == ["zim:/Wikipedia (deu)/Copper"]
    shelf.library.resume(shelf.key)
    shelf.library.wait(shelf.key, NEVER)
    assert shelf.search("black body radiation") == ["zim:/Wikipedia (deu)/Heat_&_light"]
    assert shelf.search("nothing of this kind") == []


def test_articles_are_opened(shelf: Shelf) -> None:
    copper = shelf.open("zim:/Wikipedia (deu)/Cuprum")
    assert copper.title == "Copper"
    assert copper.address == "zim:/Wikipedia (deu)/Copper"
    assert copper.text.startswith("# Copper\n\nCopper is a metal.")
    heat, up, web = copper.links
    assert heat == "zim:/Wikipedia (deu)/Heat_%26_light"
    assert (up, web) == ("zim:/Wikipedia (deu)/x.png", "https://b.org/")
    assert shelf.open(heat).title == "Heat & light"
    assert shelf.open("zim:/Wikipedia%20(deu)/Heat_&_light").title == "Heat & light"
    assert shelf.open("zim:/Wikipedia (deu)/").title == "Copper"  # its first page
    assert shelf.open("zim:/Wikipedia (deu)/dir/Empty%3F#part").title == "Empty"
    assert shelf.source.has(heat)
    assert not shelf.source.has("zim:/Other/Copper")
    with pytest.raises(SourceFault, match=r"There is no article zim:/Wikipedia \(deu\)/No in"):
        shelf.open("zim:/Wikipedia (deu)/No")


def test_an_interrupted_reading_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encyclopaedia_task, "_BATCH_S", 0)  # each article is written at once
    (tmp_path / "w.zim").write_bytes(zim(ENTRIES))
    task = EncyclopaediaTask(tmp_path / "w.zim", tmp_path / "index" / "x.db")
    told: list[object] = []

    def killed(event: object) -> None:
        told.append(event)
        if isinstance(event, IndexStep) and event.done == 2 and event.file:
            raise InterruptedError

    assert isinstance(task.run(killed, ()), IndexTrouble)
    assert isinstance(told[1], IndexPlan)
    assert told[1] == IndexPlan(3, 3, 0)
    told.clear()
    assert task.run(told.append, ()) == IndexEnd(3, (), changed=True)
    assert IndexPlan(1, 1, 2) in told
    assert task.run(told.append, ()) == IndexEnd(3, (), changed=False)
    (tmp_path / "w.zim").unlink()
    assert task.run(told.append, ()) == IndexTrouble("missing", "it is not there")


@pytest.mark.parametrize("damaged", [False, True])
def test_an_index_that_cannot_be_used_is_built_anew(tmp_path: Path, *, damaged: bool) -> None:
    (tmp_path / "w.zim").write_bytes(zim(ENTRIES))
    path = tmp_path / "x.db"
    task = EncyclopaediaTask(tmp_path / "w.zim", path)
    task.run(lambda _: None, ())
    if damaged:
        path.write_bytes(b"no index at all")
    else:
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA user_version = 1")  # of an older Fireside
    assert task.run(lambda _: None, ()) == IndexEnd(3, (), changed=True)
    with closing(FileIndex(path, stored=False)) as index:
        assert index.count() == 3


def test_an_article_that_kills_the_reader_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "w.zim").write_bytes(zim(ENTRIES))
    task = EncyclopaediaTask(tmp_path / "w.zim", tmp_path / "x.db")
    end = task.run(lambda _: None, ["Copper"])
    assert end == IndexEnd(2, (SkippedFiles(SkipReason.DAMAGED, 1),), changed=True)


def test_a_newer_file_begins_anew(shelf: Shelf) -> None:
    assert shelf.library.wait(shelf.key, NEVER).documents == 3
    shelf.library.close()
    newer = bytearray(zim([*ENTRIES, page("Zinc", "<p>It is bluish.</p>")]))
    newer[8:24] = bytes(range(1, 17))  # what identifies a file
    shelf.path.write_bytes(newer)
    shelf.library = shelf.opened()
    shelf.becomes(lambda status: status.documents == 4)
    assert shelf.search("what is bluish") == ["zim:/Wikipedia (deu)/Zinc"]


def test_what_is_gone_or_no_encyclopaedia_says_so(shelf: Shelf, tmp_path: Path) -> None:
    shelf.library.wait(shelf.key, NEVER)
    shelf.path.rename(tmp_path / "moved.zim")
    for call in (lambda: shelf.search("copper"), lambda: shelf.open("zim:/Wikipedia (deu)/Copper")):
        with pytest.raises(SourceFault, match="its file was moved or is damaged"):
            call()
    shelf.becomes(lambda status: status.state is IndexState.MISSING)
    assert shelf.source.unavailable == "gone"
    bad = tmp_path / "bad.zim"
    bad.write_bytes(b"no")
    with pytest.raises(NotAnEncyclopaedia) as error:
        shelf.library.add_encyclopaedia(bad)
    assert explain(error.value).sentence == "Can’t add bad.zim: it isn’t a complete ZIM file."


def test_a_file_of_the_old_kind(tmp_path: Path) -> None:
    entries = [page("Tin", "<a href='Lead.html'>l</a> <a href='../I/x.png'>i</a>", "A", "Tin.html"),
               page("Lead", "heavy", "A", "Lead.html"), *metadata(Title="Old")]  # fmt: skip
    shelf = Shelf(tmp_path, zim(entries, old=True))
    try:
        shelf.library.wait(shelf.key, NEVER)
        assert shelf.search("tin") == ["zim:/Old/A/Tin.html"]
        tin = shelf.open("zim:/Old/A/Tin.html")
        assert tin.links == ("zim:/Old/A/Lead.html", "zim:/Old/I/x.png")
        assert shelf.open(tin.links[0]).title == "Lead"
        with pytest.raises(SourceFault, match="There is no article"):
            shelf.open(tin.links[1])
        assert shelf.search("heavy") == ["zim:/Old/A/Lead.html"]
    finally:
        shelf.library.close()
