"""Lists that two processes change at the same instant: neither's change is lost."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from app.base import file_lock, secrets, settings
from app.base.file_lock import changing, try_lock
from app.base.files import replace_text
from app.base.secrets import Secrets
from app.base.settings import Settings
from app.base.types import Endpoint
from app.engine.remote import endpoint_list
from app.engine.remote.endpoint_list import EndpointList
from app.engine.remote.remote_server import SavedEndpoint
from app.tools.browser import source_file
from app.tools.browser.source_file import SourceFile
from app.tools.browser.source_status import SourceEntry, SourceKind
from app.tools.mcp import approvals, servers
from app.tools.mcp.approvals import Approvals, Approved, Start
from app.tools.mcp.servers import Server, ServerFile

NAMES = "one", "two", "three"


def endpoints(folder: Path) -> Callable[[str], object]:
    found = EndpointList(folder / "list.json", Secrets(folder))
    return lambda name: found.save(SavedEndpoint(Endpoint("https://a.example/v1", name)))


def keys(folder: Path) -> Callable[[str], object]:
    found = Secrets(folder)
    return lambda name: found._change(name, {"value": "v"})


def sources(folder: Path) -> Callable[[str], object]:
    found = SourceFile(folder / "list.json")

    def add(name: str) -> None:
        entry = SourceEntry(f"files:{name}", SourceKind.FOLDER, folder / name, name, "0a")
        found.change(lambda all_: [*all_, entry])

    return add


def programs(folder: Path) -> Callable[[str], object]:
    found = ServerFile(folder / "list.json")
    return lambda name: found.put(Server(name, "run"))


def approved(folder: Path) -> Callable[[str], object]:
    found = Approvals(folder / "list.json")
    return lambda name: found.put(name, Approved(Start(name)))


def preferences(folder: Path) -> Callable[[str], object]:
    fields = dict(zip(NAMES, ("model", "exports", "window"), strict=True))
    saved = [Settings()]

    def change(name: str) -> None:
        now = replace(saved[-1], **{fields[name]: name})  # type: ignore[arg-type]
        settings.save(now, saved[-1], folder / "list.json")
        saved.append(now)

    return change


LISTS = [
    (endpoints, endpoint_list),
    (keys, secrets),
    (sources, source_file),
    (programs, servers),
    (approved, approvals),
    (preferences, settings),
]


@pytest.mark.parametrize(("open_list", "module"), LISTS)
def test_both_changes_are_kept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    open_list: Callable[[Path], Callable[[str], object]],
    module: ModuleType,
) -> None:
    """Each list is opened twice, as by two processes, and the first is stopped as it writes."""
    one, two = open_list(tmp_path), open_list(tmp_path)
    one(NAMES[0])
    two(NAMES[0])  # so that both have read it
    writes, waits, go_on = (threading.Event() for _ in range(3))

    def slowly(path: Path, text: str) -> None:
        if not writes.is_set():
            writes.set()
            assert go_on.wait(60)
        replace_text(path, text)

    def watched(file: int) -> bool:
        if not (is_locked := try_lock(file)):
            waits.set()
        return is_locked

    monkeypatch.setattr(module, "replace_text", slowly)
    monkeypatch.setattr(file_lock, "try_lock", watched)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(one, NAMES[1])
        try:
            assert writes.wait(60)
            second = pool.submit(two, NAMES[2])
            second.add_done_callback(lambda _: waits.set())
            assert waits.wait(60)
        finally:
            go_on.set()
        wait((first, second))
        first.result()
        second.result()
    (file,) = (path for path in tmp_path.glob("*.json"))
    text = file.read_text("utf-8")
    assert [name for name in NAMES if f'"{name}"' in text] == list(NAMES), text
    json.loads(text)


def test_a_second_damage_keeps_the_first(tmp_path: Path) -> None:
    """Each damaged list of sources is put aside under a name of its own."""
    path, add = tmp_path / "list.json", sources(tmp_path)
    for number in range(3):
        path.write_text(f"{{damaged {number}", "utf-8")
        add(f"name{number}")
    kept = [(tmp_path / f"list.json.{n}.old").read_text("utf-8") for n in (1, 2, 3)]
    assert kept == ["{damaged 0", "{damaged 1", "{damaged 2"]
    assert [each.name for each in SourceFile(path).entries] == ["name2"]


HOLDS = """
import sys
from pathlib import Path
from app.base.file_lock import changing
with changing(Path(sys.argv[1])):
    print("has it", flush=True)
    sys.stdin.read()
"""


def test_a_process_that_is_killed_gives_the_lock_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list.json"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == "has it\n"
        with monkeypatch.context() as patch:
            patch.setattr(file_lock, "_LONGEST_S", 0.0)
            with pytest.raises(TimeoutError), changing(path):
                pass
        holder.kill()
        with changing(path):
            pass
    with changing(path):
        pass
    assert [each.name for each in tmp_path.iterdir()] == [file_lock.NAME]


def test_without_locks_it_is_changed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(file: int) -> bool:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(file_lock, "try_lock", unsupported)
    endpoints(tmp_path)("one")
    assert "one" in (tmp_path / "list.json").read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / file_lock.NAME).symlink_to(tmp_path / "other")
    with pytest.raises(OSError), changing(tmp_path / "list.json"):  # noqa: PT011 - any
        pass
    assert not (tmp_path / "other").exists()
