"""The folders that the user has added: which may be, how they stand, what is found in them."""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from app.base import file_lock
from app.base.errors import Cancelled
from app.base.settings import Folders
from app.tools.browser.faults import (
    FolderNested,
    FolderPrivate,
    FolderTooWide,
    FolderUnreadable,
    IndexDiskFull,
    IndexingFailed,
    NotAFolder,
    SourceError,
    SourceKnown,
    SourceListUnwritable,
)
from app.tools.browser.files.file_index import FileIndex, IndexFull
from app.tools.browser.files.file_reads import FileReads, FileTask
from app.tools.browser.files.folder_address import address_of, base_of, relative_of
from app.tools.browser.files.folder_source import FolderSource
from app.tools.browser.files.folder_task import FolderTask
from app.tools.browser.index_process import (
    IndexEnd,
    IndexProcess,
    IndexTask,
    IndexTrouble,
    Told,
    raised,
)
from app.tools.browser.library import SourceLibrary
from app.tools.browser.source import PageText, SourceFault
from app.tools.browser.source_status import IndexState, SkipReason, SourcesChanged, SourceStatus
from app.wording.errors import explain
from tests.fakes.index_processes import NoProcess, help_badly, serve_badly

NEVER = threading.Event()
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="links and permissions of POSIX")


class Desk:
    """A library in a data folder of its own, with what it has published."""

    def __init__(self, data: Path) -> None:
        data.mkdir()
        self.folders = Folders(data)
        self.events: list[SourcesChanged] = []
        self.library = self.opened()

    def opened(self, process: Callable[[], IndexProcess] = NoProcess) -> SourceLibrary:
        return SourceLibrary(self.folders, self.events.append, process=process, every_s=3600)

    def add(self, path: Path) -> str:
        key = self.library.add_folder(path).key
        assert self.settled(key).state is IndexState.READY
        return key

    def settled(self, key: str) -> SourceStatus:
        return self.library.wait(key, NEVER)

    def looked(self, key: str) -> SourceStatus:
        """Look at a source again, and return how it stands then."""
        before = len(self.events)
        self.library.look(key)
        until = time.monotonic() + 60
        while len(self.events) < before + 2 and time.monotonic() < until:
            time.sleep(0.002)
        return self.settled(key)

    def told(self, statuses: tuple[SourceStatus, ...]) -> None:
        """Wait until that is what was published last, which is a moment after it is so."""
        until = time.monotonic() + 60
        while self.events[-1].statuses != statuses and time.monotonic() < until:
            time.sleep(0.002)
        assert self.events[-1].statuses == statuses

    def source(self, key: str) -> FolderSource:
        [found] = [each for each in self.library.sources() if each.key == key]
        assert isinstance(found, FolderSource)
        return found

    def search(self, key: str, query: str) -> list[str]:
        return [hit.address for hit in self.source(key).search(query, 10, NEVER)]

    def open(self, key: str, address: str) -> PageText:
        return self.source(key).open(address, NEVER, lambda _: False)

    def refused(self, key: str, address: str) -> str:
        with pytest.raises(SourceFault) as fault:
            self.open(key, address)
        return str(fault.value)

    @property
    def index_files(self) -> list[str]:
        return sorted(os.listdir(self.folders.indexes)) if self.folders.indexes.exists() else []


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "data")
    yield made
    made.library.close()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    notes = tmp_path / "Notes"
    fill(notes, {"a.md": "# Copper\n\nIt melts at 1085 °C. See [tin](sub/b.txt).",
                 "sub/b.txt": "Tin melts at 232 °C.", ".env": "KEY=1"})  # fmt: skip
    return notes


def fill(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")


# --- Adding and removing ---


def test_a_folder_is_read_searched_and_opened(desk: Desk, notes: Path) -> None:
    key = desk.add(notes)
    assert key == "files:Notes"
    [status] = desk.library.statuses()
    assert (status.documents, status.skipped, status.problem) == (2, (), None)
    assert status.size > 0
    desk.told((status,))
    [hit] = desk.source(key).search("tin melts 232", 1, NEVER)
    assert (hit.address, hit.title) == ("files:/Notes/sub/b.txt", "b.txt")
    assert "232" in hit.passage
    page = desk.open(key, "files:/Notes/a.md")
    assert (page.title, page.links) == ("Copper", ("files:/Notes/sub/b.txt",))
    assert "【0†tin】" in page.text


@POSIX
def test_an_index_is_the_users_alone(desk: Desk, notes: Path) -> None:
    desk.add(notes)
    assert desk.folders.indexes.stat().st_mode & 0o777 == 0o700


def test_nothing_is_loaded_or_started_without_sources(tmp_path: Path) -> None:
    script = """
        import sys
        from pathlib import Path
        from app.base.settings import Folders
        from app.host import Host

        host = Host(Folders.find(Path(sys.argv[1])), print)
        host.tools.declared(["files:Notes", "python"])
        assert not host.tool_parts.has_sources
        host.close()
        print([name for name in sys.modules if name.startswith("app.tools.browser.lib")])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_nothing_is_left_of_a_removed_folder(desk: Desk, notes: Path) -> None:
    key = desk.add(notes)
    source = desk.source(key)
    desk.library.remove(key)
    assert desk.library.statuses() == ()
    assert os.listdir(desk.folders.data) == [file_lock.NAME]
    assert source.search("copper", 5, NEVER) == []
    assert (notes / "a.md").exists()
    desk.library.remove(key)
    assert desk.add(notes) == key, "it can be added again"


def test_the_list_survives_and_what_is_whole_is_not_read_again(desk: Desk, notes: Path) -> None:
    key = desk.add(notes)
    desk.library.close()

    def no_process() -> IndexProcess:
        raise AssertionError("nothing is to be read")

    class Unused(NoProcess):
        def run(self, *_: object) -> object:  # type: ignore[override]
            return no_process()

    desk.library = desk.opened(Unused)
    assert desk.library._thread is None, "no thread, either"
    [status] = desk.library.statuses()
    assert (status.state, status.documents) == (IndexState.READY, 2)
    assert desk.open(key, "files:/Notes/a.md").title == "Copper"


def test_names_are_unique_and_harmless(desk: Desk, tmp_path: Path) -> None:
    keys = []
    for place in ("x/Notes", "y/Notes", "z/NOTES", "x/a,b", "x/【0†x】", "x/日本語"):
        fill(tmp_path / place, {"a.txt": f"copper {place}"})
        keys.append(desk.library.add_folder(tmp_path / place).key)
    assert keys == [
        "files:Notes", "files:Notes 2", "files:NOTES 3", "files:a b", "files:〖0†x〗",
        "files:日本語",
    ]  # fmt: skip
    for key in keys:
        desk.settled(key)
        [found] = desk.search(key, "copper")
        assert desk.source(key).has(found)
        assert desk.open(key, found).text.startswith("copper")


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no Unicode")
def test_a_folder_whose_name_is_no_unicode_is_remembered(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    fill(folder, {"a.txt": "copper"})
    key = desk.add(folder)
    assert key == "files:caf?"
    desk.library.close()
    desk.library = desk.opened()
    assert desk.open(key, *desk.search(key, "copper")).text == "copper"


@pytest.mark.parametrize("place", ["home", "above", "/", "keys", "own", "in own", "/etc"])
def test_too_wide_and_private_folders_are_refused(desk: Desk, home: Path, place: str) -> None:
    (home / ".ssh").mkdir()
    (desk.folders.data / "indexes").mkdir()
    paths = {
        "home": home, "above": home.parent, "keys": home / ".ssh", "own": desk.folders.data,
        "in own": desk.folders.data / "indexes",
    }  # fmt: skip
    if place == "/etc" and not Path(place).exists():
        pytest.skip("no such folder on this system")
    path = paths.get(place) or Path(place)
    with pytest.raises((FolderTooWide, FolderPrivate)) as error:
        desk.library.add_folder(path)
    wide = place in ("home", "above", "/")
    assert isinstance(error.value, FolderTooWide) is wide
    assert "add" in explain(error.value).sentence.lower()
    assert desk.library.statuses() == ()


def test_a_folder_that_was_added_is_not_added_again(desk: Desk, notes: Path) -> None:
    desk.add(notes)
    for path, kind in (
        (notes, SourceKnown), (notes / "sub" / "..", SourceKnown), (notes / "sub", FolderNested),
        (notes.parent, FolderNested),
    ):  # fmt: skip
        with pytest.raises(kind) as error:
            desk.library.add_folder(path)
        assert "“Notes”" in explain(error.value).sentence
    with pytest.raises(NotAFolder):
        desk.library.add_folder(notes / "a.md")
    with pytest.raises(NotAFolder):
        desk.library.add_folder(notes / "none")


@POSIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read all")
def test_a_folder_that_may_not_be_read_is_refused(desk: Desk, notes: Path) -> None:
    notes.chmod(0)
    try:
        with pytest.raises(FolderUnreadable):
            desk.library.add_folder(notes)
    finally:
        notes.chmod(0o700)


def test_a_list_that_cannot_be_written_adds_nothing(
    desk: Desk, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, text: str) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("app.tools.browser.source_file.replace_text", refuse)
    with pytest.raises(SourceListUnwritable) as error:
        desk.library.add_folder(notes)
    assert "Read-only file system" in explain(error.value).sentence
    assert desk.library.statuses() == ()


def test_a_damaged_list_is_put_aside(desk: Desk, notes: Path) -> None:
    desk.add(notes)
    desk.library.close()
    desk.folders.sources.write_text('{"sources": [{"key": 1}]}', "utf-8")
    [first, *others] = desk.folders.indexes.iterdir()
    os.utime(first, (time.time(), time.time()))  # the clock may be another than that of the disk
    for path in others:
        os.utime(path, (1, 1))
    desk.library = desk.opened()
    assert desk.library.statuses() == ()
    assert desk.index_files == [first.name], "old ones go; nobody knows whose they were"
    desk.add(notes)
    assert '"key": 1' in (desk.folders.data / "sources.json.1.old").read_text("utf-8")


def test_what_a_later_version_has_in_the_list_is_kept_aside(desk: Desk, notes: Path) -> None:
    key = desk.add(notes)
    desk.library.close()
    raw = json.loads(desk.folders.sources.read_text("utf-8"))
    raw["sources"].append({**raw["sources"][0], "kind": "moon", "key": "moon:x"})
    desk.folders.sources.write_text(json.dumps(raw), "utf-8")
    desk.library = desk.opened()
    assert [each.entry.key for each in desk.library.statuses()] == [key]
    assert "moon" in desk.folders.sources.read_text("utf-8")
    desk.library.remove(key)
    assert "moon" in (desk.folders.data / "sources.json.1.old").read_text("utf-8")


def test_a_list_that_cannot_be_read_now_is_left_alone(
    desk: Desk, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.add(notes)
    desk.library.close()
    files = desk.index_files
    for name in files:
        os.utime(desk.folders.indexes / name, (1, 1))
    before = desk.folders.sources.read_text("utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", _refused)
        desk.library = desk.opened()
    with pytest.raises(SourceListUnwritable):
        desk.library.add_folder(notes)
    assert desk.folders.sources.read_text("utf-8") == before
    assert desk.index_files == files


def _refused(*_: object) -> str:
    raise OSError(errno.EIO, "Input/output error")


def test_every_error_has_a_sentence() -> None:
    for kind in SourceError.__subclasses__():
        error = kind(Path("/x/Notes"), *["why"] * (len(kind._facts) - 1))
        sentence = explain(error).sentence
        assert "unexpected" not in sentence
        assert "Notes" in sentence or "why" in sentence


# --- Changes ---


def test_changes_are_noticed(desk: Desk, notes: Path) -> None:
    key = desk.add(notes)
    fill(notes, {"a.md": "Now it is about silver.", "new.txt": "gold"})
    (notes / "sub" / "b.txt").unlink()
    assert desk.looked(key).documents == 2
    assert desk.search(key, "silver") == ["files:/Notes/a.md"]
    assert desk.search(key, "gold") == ["files:/Notes/new.txt"]
    assert desk.search(key, "tin copper") == []


def test_a_search_never_returns_what_is_gone_or_changed_unsaid(desk: Desk, notes: Path) -> None:
    key = desk.add(notes)
    desk.library.pause(key)  # so that nothing is looked at
    fill(notes, {"a.md": "Copper is now described otherwise."})
    (notes / "sub" / "b.txt").unlink()
    assert desk.search(key, "232") == []
    [hit] = desk.source(key).search("copper", 5, NEVER)
    assert "has changed" in hit.summary
    page = desk.open(key, hit.address)
    assert page.text == "Copper is now described otherwise."
    assert "has changed" in page.note
    assert "not there any more" in desk.refused(key, "files:/Notes/sub/b.txt")


def test_a_file_that_is_new_is_opened_before_it_is_indexed(desk: Desk, notes: Path) -> None:
    key = desk.add(notes)
    desk.library.pause(key)
    fill(notes, {"new.txt": "gold"})
    assert desk.open(key, "files:/Notes/new.txt").text == "gold"


def test_a_folder_that_is_away_is_said_to_be_and_comes_back(desk: Desk, notes: Path) -> None:
    key = desk.add(notes)
    notes.rename(notes.parent / "Away")
    with pytest.raises(SourceFault, match="cannot be found"):
        desk.search(key, "copper")
    assert "cannot be found" in desk.refused(key, "files:/Notes/a.md")
    status = desk.looked(key)
    assert (status.state, status.documents) == (IndexState.MISSING, 2)
    assert desk.source(key).unavailable == "gone"
    (notes.parent / "Away").rename(notes)
    assert desk.looked(key).state is IndexState.READY
    assert desk.source(key).unavailable == ""
    assert desk.search(key, "copper") == ["files:/Notes/a.md"]


def test_watched_sources_are_looked_at_again_and_again(desk: Desk, notes: Path) -> None:
    desk.library.close()
    looks = []

    class Counting(NoProcess):
        def run(self, task: IndexTask[IndexEnd], *others: object) -> IndexEnd:  # type: ignore[override]
            looks.append(task)
            return IndexEnd(0)

    desk.library = SourceLibrary(desk.folders, desk.events.append, process=Counting, every_s=0.01)
    key = desk.library.add_folder(notes).key
    desk.settled(key)
    desk.library.watch([key])
    until = time.monotonic() + 60
    while len(looks) < 4 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(looks) >= 4
    desk.library.watch([])


# --- What the model may open ---


@pytest.mark.parametrize(
    "address",
    [
        "files:/Notes/.env", "files:/Notes/../data/sources.json", "files:/Notes/%2e%2e/data/x",
        "files:/Notes/sub/../../x", "files:/Notes//etc/passwd", "files:/Notes/%2Fetc%2Fpasswd",
        "files:/Notes/none.txt", "files:/Other/a.md", "files:/Notes/a.md%00.txt", "files:/", "x",
        "file:///etc/passwd", "files:/Notes/link.txt", "files:/Notes/secret/x.txt",
        "files:/Notes/sub/b.txt/x",
    ],
)  # fmt: skip
def test_nothing_else_is_opened(desk: Desk, notes: Path, address: str) -> None:
    fill(notes, {"secret/x.txt": "copper", ".gitignore": "secret"})
    if sys.platform != "win32":
        (notes / "link.txt").symlink_to("a.md")
    key = desk.add(notes)
    assert "no document" in desk.refused(key, address)


def test_random_addresses_never_lead_elsewhere(desk: Desk, notes: Path) -> None:
    fill(notes.parent, {"outside.txt": "OUTSIDE", "Notes2/x.txt": "OUTSIDE"})
    fill(notes, {"secret/x.txt": "OUTSIDE", ".gitignore": "secret", "id_rsa": "OUTSIDE"})
    if sys.platform != "win32":
        (notes / "link").symlink_to(notes.parent)
    source = desk.source(desk.add(notes))
    pieces = (
        "files:", "/", "/Notes", "/", "..", "%2e%2e", "%2F", "%00", "a.md", "sub", "b.txt", "link",
        "secret", "x.txt", ".env", "id_rsa", "outside.txt", "2", "#", "?", " ", "%", "é", "\\", ":",
    )  # fmt: skip
    rng = random.Random(19)
    shown: list[str] = []
    for _ in range(600):
        address = "".join(rng.choices(pieces, k=rng.randint(1, 7)))
        address = address if rng.random() < 0.2 else f"files:/Notes/{address}"
        with suppress(SourceFault):
            page = source.open(address, NEVER, lambda _: True)
            assert page.address.startswith("files:/Notes")
            shown.append(page.text)
    assert len(shown) > 20
    assert not any("OUTSIDE" in text for text in shown)


def test_addresses_are_read_as_models_write_them(desk: Desk, notes: Path) -> None:
    fill(notes, {"a b/100% #1 ü.txt": "odd", "cafe\u0301.txt": "decomposed", "q?.txt": "asks"})
    key = desk.add(notes)
    for address in (
        "files:/Notes/a b/100%25 %231 ü.txt", "files:/Notes/a%20b/100%25%20%231%20%C3%BC.txt",
        *desk.search(key, "odd"),
    ):  # fmt: skip
        assert desk.open(key, address).text == "odd"
    assert desk.open(key, "files:/Notes/a.md#part").title == "Copper"
    assert desk.open(key, *desk.search(key, "decomposed")).text == "decomposed"
    if sys.platform != "darwin":  # whose file systems know both spellings
        assert desk.open(key, "files:/Notes/caf\u00e9.txt").text == "decomposed"
    assert desk.open(key, *desk.search(key, "asks")).text == "asks"


@POSIX
def test_addresses_of_odd_names_lead_back(tmp_path: Path) -> None:
    names = [
        os.fsdecode(b"caf\xe9.txt"), "a%20b", "【0†x】", "#?&=+", "\u202eevil.txt", "日本語", "😀",
        "a\nb", "tab\t", " lead", '"quoted"', "back\\slash",
    ]  # fmt: skip
    for name in names:
        address = address_of("My, notes", f"sub/{name}")
        assert relative_of(address, "My, notes") == f"sub/{name}"
        assert address.isprintable()
        assert not set("【】†") & set(address)
        address.encode()
        assert base_of(name).startswith("files:/")


def test_a_folder_opens_as_a_list_or_as_its_first_page(desk: Desk, notes: Path) -> None:
    fill(notes, {"site/index.html": "<title>Site</title><p>Welcome</p>", "site/x.html": "<p>x"})
    key = desk.add(notes)
    page = desk.open(key, "files:/Notes")
    assert page.links == ("files:/Notes/site", "files:/Notes/sub", "files:/Notes/a.md")
    assert "【0†site/】 (2 documents)" in page.text
    assert desk.open(key, "files:/Notes/sub/").links == ("files:/Notes/sub/b.txt",)
    assert desk.open(key, "files:/Notes/site").title == "Site"


def test_a_file_without_text_says_why(desk: Desk, notes: Path) -> None:
    fill(notes, {"bad.pdf": "%PDF-1.7 broken"})
    key = desk.add(notes)
    assert "it is damaged" in desk.refused(key, "files:/Notes/bad.pdf")


# --- Trouble ---


class Troubled(NoProcess):
    """One for which something is wrong, once."""

    trouble: IndexTrouble | None = None

    def run(self, task: IndexTask[IndexEnd], tell: Told, stop: threading.Event) -> IndexEnd:  # type: ignore[override]
        found, Troubled.trouble = Troubled.trouble, None
        if found:
            raise raised(task.path, found)
        return super().run(task, tell, stop)


def test_a_full_disk_is_said_and_tried_again(desk: Desk, notes: Path) -> None:
    desk.library.close()
    desk.library = desk.opened(Troubled)
    Troubled.trouble = IndexTrouble("full")
    key = desk.library.add_folder(notes).key
    status = desk.settled(key)
    assert status.state is IndexState.FAILED
    assert isinstance(status.problem, IndexDiskFull)
    assert desk.looked(key).state is IndexState.READY


def test_a_disk_that_gets_full_meanwhile_is_told(
    desk: Desk, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: FileIndex, texts: object) -> None:
        raise IndexFull(Path("x.db"), "database or disk is full")

    monkeypatch.setattr(FileIndex, "put", full)
    key = desk.library.add_folder(notes).key
    assert isinstance(desk.settled(key).problem, IndexDiskFull)


def test_a_damaged_index_is_built_again(desk: Desk, notes: Path) -> None:
    key = desk.add(notes)
    [index] = desk.folders.indexes.glob("*.db")
    desk.library.close()
    for path in desk.folders.indexes.glob("*.db*"):
        path.unlink()
    index.write_bytes(b"no database at all" * 1000)
    desk.library = desk.opened()
    assert desk.settled(key).documents == 2
    assert desk.search(key, "copper") == ["files:/Notes/a.md"]


def test_pause_and_resume(desk: Desk, notes: Path) -> None:
    key = desk.add(notes)
    desk.library.pause(key)
    fill(notes, {"new.txt": "gold"})
    desk.library.look(key)
    assert desk.search(key, "gold") == []
    desk.library.close()
    for end in desk.folders.indexes.glob("*.end.json"):
        end.unlink()  # as if it had been interrupted
    paused = desk.opened()
    [status] = paused.statuses()
    assert (status.state, status.documents) == (IndexState.PAUSED, 2)
    paused.close()
    assert json.loads(desk.folders.sources.read_text("utf-8"))["sources"][0]["paused"]
    desk.library = desk.opened()
    desk.library.resume(key)
    assert desk.settled(key).documents == 3
    assert desk.search(key, "gold") == ["files:/Notes/new.txt"]


def test_a_paused_folder_wakes_nobody(desk: Desk, notes: Path) -> None:
    desk.library.close()
    desk.library = desk.opened()
    key = desk.library.add_folder(notes).key
    desk.library.watch([key])
    desk.library.pause(key)
    desk.library.watch([key])
    assert desk.settled(key).state is not IndexState.INDEXING  # and does not wait for ever
    assert desk.library._pause_s(time.monotonic() + 10_000) > 1


def test_an_interrupted_reading_goes_on_at_the_next_start(desk: Desk, notes: Path) -> None:
    desk.library.close()

    class Endless(NoProcess):
        def run(self, task: object, tell: Told, stop: threading.Event) -> IndexEnd:  # type: ignore[override]
            while not stop.is_set():
                time.sleep(0.001)
            raise Cancelled

    desk.library = desk.opened(Endless)
    key = desk.library.add_folder(notes).key
    desk.library.close()
    desk.library = desk.opened()
    assert desk.settled(key).documents == 2


# --- The process itself ---


def bad_processes() -> IndexProcess:
    """Return the owner of processes that hang and crash, always two of them."""
    return IndexProcess(serve_badly, silent_s=0.8, file_s=60, much=0)


def test_files_that_hang_or_crash_a_reader_are_skipped(
    desk: Desk, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FolderTask, "helper", staticmethod(help_badly))
    fill(notes, {f"{n}.txt": f"copper {n}" for n in range(300)})
    fill(notes, {"crashes.txt": "x", "hangs.txt": "x", "z.txt": "zinc"})
    desk.library.close()
    desk.library = desk.opened(bad_processes)
    key = desk.library.add_folder(notes).key
    status = desk.settled(key)
    assert status.state is IndexState.READY
    [skipped] = status.skipped
    assert skipped.reason is SkipReason.STUCK
    assert {"crashes.txt", "hangs.txt"} <= set(skipped.examples)
    # On a busy computer, another one may seem to hang, too.
    assert status.documents + skipped.count == 305
    assert desk.search(key, "copper")
    assert desk.looked(key).skipped == (skipped,), "they are not tried again"
    assert "takes too long" in desk.refused(key, "files:/Notes/crashes.txt")


def test_the_process_ends_with_the_library_and_goes_on_after_a_kill(
    desk: Desk, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.tools.browser.library._TELL_S", 0.0)  # else it may be too fast
    fill(notes, {f"{n}.txt": f"copper {n} " * 500 for n in range(150)})
    desk.library.close()
    desk.library = desk.opened(IndexProcess)
    key = desk.library.add_folder(notes).key
    until = time.monotonic() + 60
    while not any(s.done for e in desk.events for s in e.statuses) and time.monotonic() < until:
        time.sleep(0.01)
    [child] = [each for each in psutil.Process().children() if "spawn_main" in str(each.cmdline())]
    if sys.platform != "win32":
        assert child.nice() == 10
    child.kill()
    status = desk.settled(key)
    assert status.state is IndexState.READY
    assert status.documents + sum(each.count for each in status.skipped) == 152
    assert any(s.total == 152 for e in desk.events for s in e.statuses)


def test_the_process_ends_with_a_window_that_was_killed_at_whatever_file() -> None:
    script = """
        import multiprocessing, os
        from app.base.processes import ChildProcess
        from app.tools.browser.index_process import serve
        from tests.fakes.index_processes import Endless

        ours, theirs = multiprocessing.Pipe()
        child = ChildProcess(serve, (theirs,), name="index")
        child.send((Endless(), ()))
        while child.receive(60) != "endless":
            pass
        print(child.pid, flush=True)
        os.kill(os.getpid(), 9)
    """
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    pid, until = int(found.stdout), time.monotonic() + 60
    while _runs(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_read_that_waits_for_another_one_can_be_stopped(notes: Path) -> None:
    begun, stop = threading.Event(), threading.Event()

    class Waiting(NoProcess):
        def run(self, task: object, tell: Told, stop: threading.Event) -> IndexEnd:  # type: ignore[override]
            begun.set()
            while not stop.is_set():
                time.sleep(0.001)
            raise Cancelled

    reads = FileReads(Waiting())
    task = FileTask(notes, "a.md")

    def read() -> None:
        with suppress(Cancelled):
            reads.read(task, NEVER)

    thread = threading.Thread(target=read)
    thread.start()
    assert begun.wait(60)
    stop.set()
    with pytest.raises(Cancelled):
        reads.read(task, stop)
    assert thread.is_alive()  # the other one goes on
    reads.close()
    thread.join(60)
    assert not thread.is_alive()


def test_a_process_that_never_starts_is_told(notes: Path, tmp_path: Path) -> None:
    process = IndexProcess(_ends_at_once)
    try:
        with pytest.raises(IndexingFailed):
            process.run(FolderTask(notes, tmp_path / "1.db"), lambda _: None, NEVER)
    finally:
        process.close()


def _ends_at_once(*_: object) -> None:
    os._exit(4)


def test_what_is_told_last_is_newest_whichever_thread_is_slower(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    telling, newer = threading.Event(), threading.Event()

    def publish(event: SourcesChanged) -> None:
        if not telling.is_set():
            telling.set()
            newer.wait(0.2)  # in which another thread would have been faster
        told.append(event.statuses)
        newer.set()

    library = SourceLibrary(Folders(tmp_path), publish, process=NoProcess)
    states = iter(("before", "after"))
    monkeypatch.setattr(library, "statuses", lambda: next(states))
    first = threading.Thread(target=library.tell)
    first.start()
    assert telling.wait(60)
    library.tell()
    first.join()
    library.close()
    assert told == ["before", "after"]
