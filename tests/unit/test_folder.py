"""A folder of the user's: nothing outside it is reached, whatever lies in it."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.folder import Folder, FolderItem
from app.base.folder_paths import PathRefused, path_parts

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
SECRET = b"outside"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_bytes(SECRET)
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_bytes(b"one")
    (root / "sub" / "b.txt").write_bytes(b"two")
    return root


@pytest.fixture
def folder(root: Path) -> Iterator[Folder]:
    with Folder(root) as opened:
        yield opened


def names(items: list[FolderItem]) -> set[str]:
    return {item.name for item in items}


def test_files_are_listed_and_read(folder: Folder) -> None:
    assert {(item.name, item.is_folder, item.size) for item in folder.entries()} == {
        ("a.txt", False, 3), ("sub", True, 0),
    }  # fmt: skip
    assert names(folder.entries("sub")) == {"b.txt"}
    assert folder.read("sub/b.txt", 100) == b"two"
    assert folder.read("sub/b.txt", 2) == b"tw"
    assert folder.status("sub/b.txt").size == 3
    assert folder.status("").is_folder


@pytest.mark.parametrize(
    "path",
    [
        "..", "../outside/secret.txt", "sub/../../outside/secret.txt", "sub/..", ".", "./a.txt",
        "/etc/passwd", "//host/share", "sub//b.txt", "sub/", "a.txt\0", "x" * 5000,
        "/".join("x" * 100),
    ],
)  # fmt: skip
def test_paths_that_lead_out_are_refused(folder: Folder, path: str) -> None:
    for reach in (folder.open_file, folder.status, folder.entries):
        with pytest.raises(PathRefused):
            reach(path)


@pytest.mark.parametrize(
    "path",
    [
        "C:\\Windows\\win.ini", "C:/Windows", "..\\outside", "a.txt:stream", "a.txt::$DATA",
        "CON", "con.txt", "sub/NUL", "aux .txt", "COM1", "lpt9.log", "com¹", "CONIN$", "a.txt ",
        "a.txt.", "sub./b.txt", "\\\\?\\C:\\x", "a\x01b", "a*b", 'a"b', "a|b",
    ],
)  # fmt: skip
def test_names_that_mean_something_else_on_windows_are_refused_there(path: str) -> None:
    with pytest.raises(PathRefused):
        path_parts(path, windows=True)


@pytest.mark.parametrize("path", ["console.txt", "nullable/aux2.c", "com.txt", "日本/é.txt", "a b"])
def test_names_that_only_look_like_them_are_not(path: str) -> None:
    assert path_parts(path, windows=True) == tuple(path.split("/"))


@given(st.text(alphabet=st.sampled_from("./\\ab:\0~*-"), max_size=12), st.booleans())
def test_no_path_has_parts_that_leave_it(path: str, windows: bool) -> None:
    try:
        parts = path_parts(path, windows=windows)
    except PathRefused:
        return
    assert "/".join(parts) == path
    assert not {"", ".", ".."} & set(parts)
    assert "\0" not in path
    if windows:
        assert not set("\\:") & set(path)


@POSIX
def test_links_are_not_there(folder: Folder, root: Path) -> None:
    (root / "link.txt").symlink_to(root.parent / "outside" / "secret.txt")
    (root / "inner.txt").symlink_to("a.txt")
    (root / "away").symlink_to(root.parent / "outside")
    (root / "up").symlink_to("..")
    (root / "loop").symlink_to("loop")
    assert names(folder.entries()) == {"a.txt", "sub"}
    for path in ("link.txt", "inner.txt", "away/secret.txt", "up/outside/secret.txt", "loop"):
        with pytest.raises(PathRefused):
            folder.open_file(path)
    for path in ("away", "up", "loop", "away/secret.txt"):
        with pytest.raises(PathRefused):
            folder.entries(path)
        with pytest.raises(PathRefused):
            folder.status(path)


@POSIX
def test_a_hard_link_is_the_file(folder: Folder, root: Path) -> None:
    (root / "hard.txt").hardlink_to(root / "a.txt")
    assert folder.read("hard.txt", 10) == b"one"


@POSIX
def test_pipes_sockets_and_devices_do_not_block(folder: Folder, root: Path) -> None:
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(root, os.O_RDONLY)
        before = os.getcwd()
        os.chdir(root)  # a socket's path is limited to about 100 characters
        try:
            listener.bind("socket")
        finally:
            os.chdir(before)
            os.close(here)
        assert names(folder.entries()) == {"a.txt", "sub"}
        for path in ("pipe", "socket"):
            with pytest.raises(PathRefused):
                folder.open_file(path)
    with Folder(Path("/dev")) as devices, pytest.raises(PathRefused):
        devices.open_file("zero")


@POSIX
def test_names_that_are_no_unicode_are_read(root: Path) -> None:
    (root / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"latin")
    (root / "cafe\u0301.txt").write_bytes(b"decomposed")
    with Folder(root) as folder:
        found = {
            item.name: folder.read(item.name, 20) for item in folder.entries() if item.size > 3
        }
    assert found == {os.fsdecode(b"caf\xe9.txt"): b"latin", "cafe\u0301.txt": b"decomposed"}


@POSIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read all")
def test_what_may_not_be_read_raises(folder: Folder, root: Path) -> None:
    (root / "sub").chmod(0)
    try:
        with pytest.raises(PermissionError):
            folder.entries("sub")
    finally:
        (root / "sub").chmod(0o700)


@POSIX
def test_the_root_stays_the_one_that_was_opened(folder: Folder, root: Path) -> None:
    root.rename(root.parent / "moved")
    root.symlink_to(root.parent / "outside")
    assert names(folder.entries()) == {"a.txt", "sub"}
    assert folder.read("a.txt", 10) == b"one"


@POSIX
def test_a_link_swapped_in_meanwhile_is_not_followed(folder: Folder, root: Path) -> None:
    """Another process exchanges a folder, and a file, for links to the outside all the time."""
    (root / "sub" / "secret.txt").write_bytes(b"inside!")
    (root / "file").write_bytes(b"inside!")
    ended = threading.Event()

    def swap() -> None:
        here = root / "sub"
        while not ended.is_set():
            here.rename(root / "sub.real")
            here.symlink_to(root.parent / "outside")
            here.unlink()
            (root / "sub.real").rename(here)
            (root / "link").symlink_to(root.parent / "outside" / "secret.txt")
            (root / "link").replace(root / "file")
            (root / "new").write_bytes(b"inside!")
            (root / "new").replace(root / "file")

    swapper = threading.Thread(target=swap)
    swapper.start()
    seen: set[bytes] = set()
    try:
        for _ in range(1500):
            for path in ("sub/secret.txt", "file"):
                try:
                    seen.add(folder.read(path, 100))
                except OSError:
                    seen.add(b"refused")
    finally:
        ended.set()
        swapper.join()
    assert b"inside!" in seen
    assert seen <= {b"inside!", b"refused"}


NAMES = ("a", "b", "link", "up", "out")
PATHS = st.lists(st.sampled_from((*NAMES, "..", ".", "")), min_size=1, max_size=5).map("/".join)


@POSIX
@given(
    st.lists(st.tuples(st.sampled_from("fdlu"), st.lists(st.sampled_from(NAMES), max_size=3))),
    st.lists(PATHS, min_size=10, max_size=30),
)
def test_whatever_is_read_lies_inside_and_behind_no_link(
    made: list[tuple[str, list[str]]], paths: list[str]
) -> None:
    """Random trees with links to all places: files, folders, upwards, outside."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        (top / "root").mkdir()
        (top / "secret").write_bytes(SECRET)
        for kind, parts in made:
            path = top / "root" / "/".join(parts or ["a"])
            with contextlib.suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                match kind:
                    case "f":
                        path.write_bytes(b"inside")
                    case "d":
                        path.mkdir()
                    case "l":
                        path.symlink_to(top / "secret")
                    case "u":
                        path.symlink_to("..")
        with Folder(top / "root") as folder:
            for relative in paths:
                with contextlib.suppress(OSError):
                    assert folder.read(relative, 100) == b"inside"
                    steps = [top / "root", *map(Path, relative.split("/"))]
                    way = [Path(*steps[: n + 1]) for n in range(len(steps))]
                    assert not any(each.is_symlink() for each in way)


def test_a_closed_folder_cannot_be_used(root: Path) -> None:
    folder = Folder(root)
    folder.close()
    folder.close()
    with pytest.raises(OSError, match="closed"):
        folder.read("a.txt", 1)


def test_no_folder_is_left_open(root: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("no list of open files")
    before = len(os.listdir("/proc/self/fd"))
    with Folder(root) as folder:
        for path in ("a.txt", "sub/b.txt", "sub/none", "a.txt/x", "..", "sub"):
            for reach in (lambda p: folder.read(p, 1), folder.status, folder.entries):
                with contextlib.suppress(OSError):
                    reach(path)
    assert len(os.listdir("/proc/self/fd")) == before
