"""Folders read into indexes: what is read, what is not, and what has changed since."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from app.base.folder import Folder
from app.tools.browser.files.exclusions import LARGEST_TEXT
from app.tools.browser.files.file_index import FileIndex, IndexFault
from app.tools.browser.files.folder_scan import admits, scan
from app.tools.browser.files.folder_task import FolderTask, skips_of
from app.tools.browser.files.index_file import IndexFile
from app.tools.browser.files.text_reading import Unread, read_text
from app.tools.browser.index_process import IndexEnd, IndexPlan, IndexStep, IndexTrouble
from app.tools.browser.source_status import SkipReason
from tests.fakes.word_file import p, word

CASES = Path(__file__).parents[1] / "cases" / "attachments"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "Notes"
    root.mkdir()
    return root


def fill(root: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def folder(root: Path) -> Iterator[Folder]:
    with Folder(root) as opened:
        yield opened


# --- What is there to read ---


def test_what_rules_exclude_and_what_is_private_is_not_read(root: Path, folder: Folder) -> None:
    wanted = ["a.md", "README", "src/main.py", "src/deep/keep.log", "data.csv", "b.PDF", "é.txt"]
    unwanted = [
        ".env", ".git/config", ".ssh/id_rsa", "node_modules/x/readme.md", "src/__pycache__/a.py",
        "venv/lib/x.py", "cache/x.txt", "src/out.log", "private/diary.md", "Photos.app/x.txt",
        "app.min.js", "hidden/.secret/x.txt",
    ]  # fmt: skip
    fill(root, dict.fromkeys(wanted + unwanted, "text"))
    fill(root, {"venv/pyvenv.cfg": "", "cache/CACHEDIR.TAG": ""})
    fill(root, {".gitignore": "*.log\n/private/\n", "src/deep/.ignore": "!keep.log\n"})
    assert sorted(scan(folder).files) == sorted(wanted)
    assert all(admits(folder, name) for name in wanted)
    assert not any(admits(folder, name) for name in unwanted)


def test_keys_pictures_and_giants_are_counted_with_their_reasons(
    root: Path, folder: Folder
) -> None:
    fill(root, dict.fromkeys(("id_rsa", "id_ed25519.old", "server.PEM", "vault.kdbx"), KEY))
    fill(root, dict.fromkeys(("prod.env", "credentials.json", "client_secret_1.json"), "{}"))
    fill(root, {"x.jpg": "x", "x.zip": "x", "x.XLSX": "x", "empty.txt": "", "identity.md": "x"})
    for name, size in (("giant.txt", LARGEST_TEXT + 1), ("talk.key", 100_000)):
        with (root / name).open("wb") as file:
            file.truncate(size)
    found = scan(folder)
    assert list(found.files) == ["identity.md"]
    reasons = sorted(found.skipped.values())
    assert reasons.count(SkipReason.SECRET) == 7
    assert reasons.count(SkipReason.KIND) == 4, "one is Keynote's"
    assert found.skipped["giant.txt"] is SkipReason.SIZE
    assert found.skipped["empty.txt"] is SkipReason.EMPTY


def test_a_scan_is_bounded(root: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(root, {f"{n}.txt": "x" for n in range(10)} | {"a/b/c/d.txt": "x"})
    monkeypatch.setattr("app.tools.browser.files.folder_scan.MOST_FILES", 4)
    monkeypatch.setattr("app.tools.browser.files.folder_scan._DEEPEST", 2)
    found = scan(folder)
    assert len(found.files) == 4
    assert found.skipped["a/b"] is SkipReason.MANY
    assert found.is_unknown("a/b/c/d.txt")
    assert not found.is_unknown("a/x.txt")


def test_what_is_left_out_is_left_out(root: Path, folder: Folder) -> None:
    fill(root, {"data/chats.txt": "x", "a.txt": "x"})
    assert list(scan(folder, without=("data",)).files) == ["a.txt"]
    assert not admits(folder, "data/chats.txt", ("data",))


def test_a_path_is_admitted_only_as_it_is_spelled(root: Path, folder: Folder) -> None:
    fill(root, {"Secret/a.txt": "x", ".gitignore": "Secret\n"})
    for path in ("Secret/a.txt", "secret/a.txt", "SECRET/A.TXT", "Secret", ""):
        assert not admits(folder, path)


# --- Files into text ---


def text_of(folder: Folder, root: Path, name: str, content: str | bytes) -> str:
    fill(root, {name: content})
    return read_text(folder, name).text


def test_files_of_all_kinds_are_read(root: Path, folder: Folder) -> None:
    shutil.copy(CASES / "p4_form.pdf", root / "form.pdf")
    fill(root, {"letter.docx": word(p("Dear copper"))})
    assert "[Page 1]" in read_text(folder, "form.pdf").text
    assert "Dear copper" in read_text(folder, "letter.docx").text
    assert text_of(folder, root, "a.csv", "name;mass\ncopper;63") == "name;mass\ncopper;63"
    assert text_of(folder, root, "latin.txt", "café à la crème".encode("cp1252")) == (
        "café à la crème"
    )
    page = "<title>Metals</title><p>Copper &amp; tin</p><script>no</script>"
    assert text_of(folder, root, "p.html", page).strip() == "Copper & tin"
    assert read_text(folder, "p.html").title == "Metals"


def test_links_lead_into_the_folder_and_never_above_it(root: Path, folder: Folder) -> None:
    fill(root, {"sub/a.md": (
        "# Notes\n[one](b.md) [two](../c.md) [up](../../../etc/passwd) [root](/d.md) "
        "[web](https://example.org/x) [file](file:///etc/passwd) [mail](mailto:a@b) [it](#here) "
        "![picture](x.png) [space](<a b.md>)"
    )})  # fmt: skip
    read = read_text(folder, "sub/a.md")
    assert read.title == "Notes"
    assert read.links == (
        "files:/sub/b.md", "files:/c.md", "files:/etc/passwd", "files:/d.md",
        "https://example.org/x", "files:/sub/a b.md",
    )  # fmt: skip
    assert "【0†one】 【1†two】" in read.text
    assert "mail it" in read.text


def test_links_of_pages_do_so_too(root: Path, folder: Folder) -> None:
    page = '<a href="b.html#x">b</a> <a href="../../../../etc/passwd">up</a> <a href="#y">here</a>'
    fill(root, {"sub/a.html": page})
    assert read_text(folder, "sub/a.html").links == ("files:/sub/b.html#x", "files:/etc/passwd")


def test_a_file_cannot_forge_a_citation(root: Path, folder: Folder) -> None:
    text = text_of(folder, root, "a.md", "【0†L1】 [x](y.md) 【9†z】")
    assert text == "〖0†L1〗 【0†x】 〖9†z〗"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.bin2", bytes(range(256)) * 10, SkipReason.KIND),
        ("a", b"\x89PNG\r\n\x1a\n" + bytes(100), SkipReason.KIND),
        ("a.pdf", b"%PDF-1.7 broken", SkipReason.DAMAGED),
        ("a.docx", b"PK\3\4 broken", SkipReason.DAMAGED),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), SkipReason.ENCRYPTED),
        ("a.txt", b" \n \n", SkipReason.EMPTY),
        ("notes.txt", KEY.encode(), SkipReason.SECRET),
    ],
)
def test_files_without_text_say_why(
    root: Path, folder: Folder, name: str, content: bytes, reason: SkipReason
) -> None:
    with pytest.raises(Unread) as unread:
        text_of(folder, root, name, content)
    assert unread.value.reason is reason


# --- Into the index ---


class Run:
    """A task that runs in this process; it has no plan before its first look."""

    def __init__(self, root: Path, index: Path) -> None:
        self.task = FolderTask(root, index)
        self.index = index
        self.read: list[str] = []
        self.plan = IndexPlan(0, 0, 0)
        self.during: Callable[[object], None] = lambda told: None

    def __call__(self, *stuck: str) -> IndexEnd:
        self.read.clear()
        end = self.task.run(self._told, stuck)
        assert isinstance(end, IndexEnd), end
        return end

    def _told(self, told: object) -> None:
        if isinstance(told, IndexPlan):
            self.plan = told
        if isinstance(told, IndexStep) and told.file:
            self.read.append(told.file)
        self.during(told)

    def found(self, query: str) -> list[str]:
        index = FileIndex(self.index)
        try:
            return sorted(each.relative for each in index.search(query, 10))
        finally:
            index.close()


@pytest.fixture
def run(root: Path, tmp_path: Path) -> Run:
    return Run(root, tmp_path / "indexes" / "1.db")


def test_only_what_has_changed_is_read_again(root: Path, run: Run) -> None:
    fill(root, {"a.txt": "copper", "b.txt": "tin", "c.txt": "zinc"})
    assert run().documents == 3
    assert run.found("tin") == ["b.txt"]
    assert not run().changed
    assert run.read == []
    fill(root, {"b.txt": "silver, which is longer", "d.txt": "gold"})
    (root / "c.txt").unlink()
    end = run()
    assert (end.documents, sorted(run.read)) == (3, ["b.txt", "d.txt"])
    assert [run.found(word) for word in ("tin", "zinc", "silver", "gold", "copper")] == [
        [], [], ["b.txt"], ["d.txt"], ["a.txt"],
    ]  # fmt: skip


def test_a_change_of_rules_takes_files_out(root: Path, run: Run) -> None:
    fill(root, {"a.txt": "copper", "b/c.txt": "copper too"})
    run()
    fill(root, {".gitignore": "b/\n"})
    assert run().documents == 1
    assert run.found("copper") == ["a.txt"]


def test_a_moved_file_is_recognised_by_its_bytes(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(root, {"a.txt": "copper", "b.md": "tin [x](a.txt)", "other.txt": "silver"})
    run()
    tried: list[str] = []

    def noted(folder: Folder, name: str, *_: object) -> object:
        tried.append(name)
        return read_text(folder, name)

    monkeypatch.setattr("app.tools.browser.files.text_reading.read_text", noted)
    (root / "sub").mkdir()
    for name in ("a.txt", "b.md"):
        (root / name).rename(root / "sub" / name)
    assert run().documents == 3
    assert tried == ["sub/b.md"], "its links lead elsewhere now"
    assert run.found("copper") == ["sub/a.txt"]
    assert run.found("tin") == ["sub/b.md"]
    # The same size and time, but other bytes: that is another file.
    status = (root / "other.txt").stat()
    (root / "other.txt").unlink()
    fill(root, {"new.txt": "golden"})
    os.utime(root / "new.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    run()
    assert (run.found("golden"), run.found("silver")) == (["new.txt"], [])


def test_a_file_without_text_is_not_tried_until_it_changes(root: Path, run: Run) -> None:
    fill(root, {"a.pdf": "%PDF-1.7 broken", "b.txt": "x"})
    [skipped] = run().skipped
    assert (skipped.reason, skipped.count, skipped.examples) == (
        SkipReason.DAMAGED, 1, ("a.pdf",),
    )  # fmt: skip
    assert run().skipped == (skipped,)
    assert run.read == []
    fill(root, {"a.pdf": "now it is a text of another size"})
    assert run().documents == 2
    assert run.read == ["a.pdf"]
    assert run().skipped == ()


def test_a_document_that_gives_no_text_any_more_is_taken_out(root: Path, run: Run) -> None:
    fill(root, {"a.txt": "copper"})
    run()
    fill(root, {"a.txt": KEY})
    end = run()
    assert (end.documents, run.found("copper")) == (0, [])
    assert end.skipped[0].reason is SkipReason.SECRET


def test_a_file_at_which_a_process_ended_is_skipped(root: Path, run: Run) -> None:
    fill(root, {"a.txt": "copper", "b.txt": "tin"})
    end = run("a.txt")
    assert (end.documents, run.read) == (1, ["b.txt"])
    assert end.skipped[0].reason is SkipReason.STUCK
    assert run().documents == 1, "it is remembered"


def test_what_was_written_before_a_kill_is_kept(root: Path, run: Run) -> None:
    fill(root, {f"{n:03}.txt": f"copper {n} {'x' * n}" for n in range(250)})

    def killed(told: object) -> None:
        if isinstance(told, IndexStep) and told.file == "220.txt":
            raise KeyboardInterrupt

    run.during = killed
    with pytest.raises(KeyboardInterrupt):
        run()
    run.during = lambda told: None
    assert run().documents == 250
    assert len(run.read) == 50, "the first batch of 200 was there"


@pytest.mark.skipif(sys.platform == "win32", reason="names that are no Unicode")
def test_names_of_all_kinds_are_indexed(root: Path, run: Run) -> None:
    odd = os.fsdecode(b"caf\xe9.txt")
    names = [
        odd,
        "cafe\u0301.txt",
        "a b % # ? 【x】.txt",
        "日本語/メモ.txt",
        "😀.txt",
        "CON",
        "a:b",
    ]
    fill(root, {name: f"copper {n}" for n, name in enumerate(names)})
    assert run().documents == len(names)
    assert run.found("copper") == sorted(names)


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read all")
def test_what_cannot_be_looked_into_now_is_not_forgotten(root: Path, run: Run) -> None:
    fill(root, {"sub/a.txt": "copper"})
    run()
    (root / "sub").chmod(0)
    try:
        end = run()
    finally:
        (root / "sub").chmod(0o700)
    assert end.documents == 1
    assert end.skipped[0].reason is SkipReason.UNREADABLE


def test_a_folder_that_is_away_is_missing_and_keeps_its_index(root: Path, run: Run) -> None:
    fill(root, {"a.txt": "copper"})
    run()
    root.rename(root.parent / "away")
    trouble = run.task.run(lambda told: None, ())
    assert isinstance(trouble, IndexTrouble)
    assert trouble.word == "missing"
    assert run.found("copper") == ["a.txt"]


def test_an_empty_mount_point_is_no_empty_folder(root: Path, tmp_path: Path) -> None:
    """Of a drive that was mounted at the folder when it was added, and is not now."""
    fill(root, {"a.txt": "copper"})
    task = FolderTask(root, tmp_path / "1.db", mount=str(root))
    trouble = task.run(lambda told: None, ())
    assert isinstance(trouble, IndexTrouble)
    assert trouble.word == "missing"


def test_an_index_in_a_read_only_folder_is_read(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite makes files beside it, if it can; tried with a file system that is mounted so."""
    fill(root, {"a.txt": "copper"})
    run()

    def refuse(self: IndexFile) -> sqlite3.Connection:
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error

    monkeypatch.setattr(IndexFile, "_connected", refuse)
    with pytest.raises(IndexFault):
        run.found("copper")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert run.found("copper") == ["a.txt"]


def test_two_do_not_write_one_index(root: Path, run: Run) -> None:
    fill(root, {"a.txt": "copper"})
    inner: list[object] = []

    def another(told: object) -> None:
        if isinstance(told, IndexPlan):
            inner.append(run.task.run(lambda told: None, ()))

    run.during = another
    run()
    assert inner == [IndexTrouble("busy")]


def test_a_damaged_list_of_skipped_files_is_as_good_as_none(root: Path, run: Run) -> None:
    fill(root, {"a.txt": "copper"})
    run()
    skips_of(run.index).write_text('{"a.txt": [1]', "utf-8")
    assert run().documents == 1
