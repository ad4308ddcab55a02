"""What an administrator decides: how it is read, and that it holds against the user's settings."""

from __future__ import annotations

import json
import os
import queue
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.base import settings as settings_file
from app.base import system_files, system_policy
from app.base.errors import (
    LocalServerForbidden,
    Offline,
    SystemFileBroken,
    SystemFileError,
    SystemFileKeyUnknown,
    SystemFileUnreadable,
    SystemFileUnsafe,
    SystemFileValueWrong,
    ToolsForbidden,
)
from app.base.settings import Folders, Settings
from app.base.system_files import system_folder  # as it is without a fixture
from app.base.system_policy import STRICTEST, Policy
from app.base.types import Effort, Message, Part, PartKind, Role
from app.base.write_access import sddl_lets_others_write
from app.cli.ask_tools import open_tools
from app.cli.output import FAILED
from app.host import Host
from app.models import file_operations
from app.models.disk_scan import ModelSource
from app.reruns import RerunEnded
from app.tools.registry import Registry
from app.tools.tool import Call, CallContext, CallInvalid
from app.wording.errors import explain
from tests.fakes.administrator import Administrator
from tests.fakes.headers import write_header
from tests.fakes.local_server import scripted
from tests.fakes.tools import FakeTool

ALL = 'offline = true\ntools = false\nserver = false\nmodel_folders = ["{folder}"]\n'
NOWHERE = CallContext(None, ())


def read(administrator: Administrator) -> tuple[Policy, SystemFileError | None]:
    return system_policy.read(administrator.system)


# --- The file -------------------------------------------------------------------------------------


def test_without_a_file_everything_is_allowed(administrator: Administrator) -> None:
    assert read(administrator) == (Policy(), None)


def test_everything_can_be_decided(administrator: Administrator, tmp_path: Path) -> None:
    administrator.decide(ALL.format(folder=tmp_path.as_posix()))
    assert read(administrator) == (Policy(True, False, False, (tmp_path,)), None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("offline = \n", SystemFileBroken),
        (b"offline = true\n# \xff\n", SystemFileBroken),
        ("offlin = true\n", SystemFileKeyUnknown),
        ("[network]\noffline = true\n", SystemFileKeyUnknown),
        ("offline = 1\n", SystemFileValueWrong),
        ('tools = "off"\n', SystemFileValueWrong),
        ('model_folders = "/srv/models"\n', SystemFileValueWrong),
        ('model_folders = ["models"]\n', SystemFileValueWrong),
        (b"#" * (1 << 20) + b"\n", SystemFileUnreadable),
    ],
)
def test_what_cannot_be_understood_allows_nothing(
    administrator: Administrator, text: str | bytes, expected: type[SystemFileError]
) -> None:
    path = administrator.decide(text)
    found, error = read(administrator)
    assert found == STRICTEST
    assert type(error) is expected
    assert error.path == path


@pytest.mark.parametrize("text", ["\n\nserver =\n", "\n\nserver = 0\n", "\n\nserve = false\n"])
def test_it_is_said_in_which_file_and_line(administrator: Administrator, text: str) -> None:
    path = administrator.decide(text)
    error = read(administrator)[1]
    assert error
    sentence = explain(error).sentence
    assert str(path) in sentence
    assert "line 3" in sentence
    assert "stays offline" in sentence


def test_a_key_is_found_where_it_is_set_not_where_it_is_mentioned() -> None:
    text = '# server = false\n[a]\nother = "server"\n  "server" = 1\n'
    assert system_files.SystemFile(Path("/x"), {}, text).line_of("server") == 4


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_a_file_that_others_can_change_allows_nothing(
    administrator: Administrator, mode: int
) -> None:
    administrator.decide("").chmod(mode)
    found, error = read(administrator)
    assert found == STRICTEST
    assert isinstance(error, SystemFileUnsafe)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_nor_does_one_that_others_can_replace(administrator: Administrator) -> None:
    administrator.decide("")
    administrator.system.chmod(0o777)
    assert isinstance(read(administrator)[1], SystemFileUnsafe)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a permission there")
def test_nor_one_behind_a_link_that_others_can_replace(
    administrator: Administrator, tmp_path: Path
) -> None:
    path = administrator.decide("")
    path.rename(tmp_path / "elsewhere.toml")
    path.symlink_to(tmp_path / "elsewhere.toml")
    assert read(administrator) == (Policy(), None)
    tmp_path.chmod(0o777)
    assert isinstance(read(administrator)[1], SystemFileUnsafe)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_nor_one_of_somebody_else(
    administrator: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = administrator.decide("")
    if os.geteuid() == 0:
        os.chown(path, 12345, -1)
    else:  # root may write everything, so it is trusted: somebody else is who runs this
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert isinstance(read(administrator)[1], SystemFileUnsafe)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_a_file_that_may_not_be_read_allows_nothing(
    administrator: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = administrator.decide("")

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(system_files, "open_regular", refuse)
        found, error = read(administrator)
    assert found == STRICTEST
    assert error
    assert f"{path} (Permission denied)" in explain(error).sentence


@pytest.mark.parametrize(
    ("sddl", "others"),
    [
        # As an administrator makes a file in ProgramData.
        ("O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)", False),
        ("O:SYG:SYD:(A;;FA;;;SY)(A;;FR;;;WD)(A;;FRFX;;;BU)", False),
        ("O:S-1-5-21-1-2-3-1001G:SYD:(A;;FA;;;SY)", True),  # a user's own
        ("O:BAG:SYD:(A;ID;FA;;;BA)(A;ID;0x1301bf;;;BU)", True),  # users may modify it
        ("O:BAG:SYD:(A;;FA;;;BA)(A;;FW;;;WD)", True),
        ("O:BAG:SYD:(A;;FA;;;S-1-5-21-1-2-3-1001)", True),
        ("O:BAG:SYD:(A;OICIIO;FA;;;CO)(A;;FA;;;BA)", False),  # for what is made in a folder
        ("O:BAG:SYD:(D;;FA;;;WD)(A;;FA;;;BA)", False),  # a denial
        ("O:BAG:SYD:NO_ACCESS_CONTROL", True),
        ("O:BAG:SY", True),
        ("", True),
    ],
)
def test_who_may_write_on_windows(sddl: str, others: bool) -> None:
    assert sddl_lets_others_write(sddl) is others


# --- What holds by it -----------------------------------------------------------------------------


def host_of(tmp_path: Path, publish: Any = print) -> Host:
    return Host(Folders(tmp_path), publish, backend=None, open_server=scripted)


def test_offline_cannot_be_switched_off(administrator: Administrator, tmp_path: Path) -> None:
    administrator.decide("offline = true\n")
    with closing(host_of(tmp_path)) as host:
        assert host.settings.offline
        assert host.change(offline=False).offline
        with pytest.raises(Offline):
            host.network.bare().client().get("https://example.org")
    # Nor does it become the user's own choice.
    assert not settings_file.load(Folders(tmp_path).settings).offline


def test_the_server_is_forbidden(administrator: Administrator, tmp_path: Path) -> None:
    settings_file.save(Settings(serve=True), Settings(), Folders(tmp_path).settings)
    administrator.decide("server = false\n")
    with closing(host_of(tmp_path)) as host:
        assert not host.settings.serve
        assert not host.change(serve=True).serve
        with pytest.raises(LocalServerForbidden):
            _ = host.server
    assert settings_file.load(Folders(tmp_path).settings).serve  # as the user had chosen


def test_no_tool_is_declared_or_run_again(administrator: Administrator, tmp_path: Path) -> None:
    administrator.decide("tools = false\n")
    told: queue.Queue[Any] = queue.Queue()
    with closing(host_of(tmp_path, told.put)) as host:
        keys = [tool.key for tool in host.tools.all()]
        assert "python" in keys  # it is there to be seen
        assert host.tools.declared(keys) == ()
        stored = host.disk(_answer_with_call).result(60)
        host.reruns.start(stored, 0)
        while not isinstance(event := told.get(timeout=60), RerunEnded):
            pass
        assert isinstance(event.error, ToolsForbidden)
        with pytest.raises(ToolsForbidden):
            host.tool_parts.mcp.start("files").result(60)


def _answer_with_call(store: Any) -> int:
    question = Message(Role.USER, (Part("Go."),))
    _, answer = store.messages.ask(None, question, Effort.LOW, "m")
    parts = (Part("1 + 1", PartKind.CALL, "python", "a"),)
    return int(store.messages.update(answer.id, parts=parts).id)


def test_a_forbidden_tool_does_nothing() -> None:
    real = FakeTool("python")
    (tool,) = Registry(lambda: [real], allowed=False).all()
    with pytest.raises(CallInvalid):
        tool.propose(Call("a", "python", "1"), NOWHERE)
    assert tool.key == "python"
    assert tool.unavailable
    assert tool.declaration() is None


def test_a_shared_folder_is_searched_and_only_read(
    administrator: Administrator, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    write_header(shared / "team.gguf")
    administrator.decide(f'model_folders = ["{shared.as_posix()}"]\n')
    data = Folders.find(tmp_path / "data").data
    with closing(host_of(data)) as host:
        host.change(folders=(str(shared),))  # the user's own, too
        (found,) = [m for m in host.library.find().result(60).models if m.path.parent == shared]
        assert found.place.kind is ModelSource.SHARED
        assert not file_operations.removable(found)
        assert not file_operations.movable(found)
        error = host.library.remove(found).exception(60)
        assert "shared folder" in explain(error or Exception()).sentence
    assert found.path.exists()


def test_a_damaged_policy_is_known_to_the_host(
    administrator: Administrator, tmp_path: Path
) -> None:
    administrator.decide("nonsense")
    with closing(host_of(tmp_path)) as host:
        assert host.policy == STRICTEST
        assert isinstance(host.policy_damage, SystemFileBroken)


# --- On the command line --------------------------------------------------------------------------


def fireside(*arguments: str, data: Path) -> int:
    def no_window(*_: object) -> int:
        raise AssertionError

    return cli.main([*arguments, "--data-dir", str(data)], no_window, scripted)


def test_serve_says_that_it_is_forbidden(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    administrator.decide("server = false\n")
    assert fireside("serve", data=tmp_path) == FAILED
    assert "Your organization has turned off the local server." in capsys.readouterr().err


def test_ask_opens_no_tools(administrator: Administrator, tmp_path: Path) -> None:
    administrator.decide("tools = false\n")

    def give_up(_: str) -> Any:
        raise AssertionError

    with ExitStack() as stack, pytest.raises(ToolsForbidden):
        open_tools(("python",), Folders(tmp_path), stack, give_up)


def test_pull_is_offline(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    administrator.decide("offline = true\n")
    assert fireside("pull", "gpt-oss-20b", "--yes", data=tmp_path) == FAILED
    assert "Fireside is offline." in capsys.readouterr().err


def test_models_lists_shared_ones(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    write_header(shared / "team.gguf")
    administrator.decide(f'model_folders = ["{shared.as_posix()}"]\n')
    assert fireside("models", "--json", data=tmp_path) == 0
    listed = json.loads(capsys.readouterr().out)["installed"]
    assert [row["name"] for row in listed if row["place"] == "Shared"] == ["team"]


def test_every_command_says_that_the_policy_is_damaged(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = administrator.decide("offline = perhaps\n")
    assert fireside("models", data=tmp_path) == 0
    assert f"{path} is damaged in line 1" in capsys.readouterr().err


def test_doctor_tells_what_is_decided(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = administrator.decide("offline = true\nserver = false\n")
    assert fireside("doctor", "--json", data=tmp_path) == 0
    told = json.loads(capsys.readouterr().out)["policy"]
    assert told == {
        "file": str(path),
        "found": True,
        "problem": None,
        "offline": True,
        "tools": True,
        "server": False,
        "model_folders": [],
    }
    assert fireside("doctor", data=tmp_path) == 0
    said = " ".join(capsys.readouterr().out.split())  # as it is not wrapped
    assert f"always offline, local server off ({path})" in said


@pytest.mark.parametrize(
    ("system", "folder"),
    [
        ("linux", "/etc/fireside"),
        ("darwin", "/Library/Application Support/Fireside"),
        ("win32", "C:/ProgramData/Fireside"),
    ],
)
def test_no_variable_of_the_user_moves_the_files(
    monkeypatch: pytest.MonkeyPatch, system: str, folder: str
) -> None:
    found = {"CSIDL_COMMON_APPDATA": "C:/ProgramData"}
    monkeypatch.setattr("platformdirs.windows.get_win_folder_via_ctypes", found.__getitem__)
    for name in ("WIN_PD_OVERRIDE_COMMON_APPDATA", "ProgramData", "XDG_CONFIG_DIRS", "HOME"):
        monkeypatch.setenv(name, str(Path(__file__).parent))
    monkeypatch.setattr("app.base.system_files.sys.platform", system)
    assert system_folder() == Path(folder)
