"""Models on other computers on the command line: listed, named, asked."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from app import cli
from app.base import settings as settings_file
from app.base.settings import Folders, Settings
from app.base.types import Endpoint
from app.cli.output import ANSWERED, FAILED, USAGE
from app.cli.remote_models import NameUnclear, RemoteModels
from app.network.connection_log import ConnectionLog
from tests.fakes.administrator import Administrator
from tests.fakes.local_server import scripted
from tests.fakes.remote.ollama import Ollama
from tests.fakes.remote.player import Player, serving
from tests.fakes.remote.said import Said
from tests.fakes.remote.vllm import Vllm

MODEL = "openai/gpt-oss-120b"
TWO = """
[[endpoint]]
address = "https://gpu.example.org"
model = "openai/gpt-oss-120b"
name = "big"

[[endpoint]]
address = "https://other.example.org:8443"
model = "openai/gpt-oss-120b"
name = "big"

[[endpoint]]
address = "https://gpu.example.org"
model = "openai/gpt-oss-20b"
"""


def fireside(*arguments: str, data: Path) -> int:
    def no_window(*_: object) -> int:
        raise AssertionError

    return cli.main([*arguments, "--data-dir", str(data)], no_window, scripted)


def serve(administrator: Administrator, server: Player, name: str = "team") -> None:
    administrator.write(
        "endpoints.toml",
        f'[[endpoint]]\naddress = "{server.url}"\nmodel = "{MODEL}"\nname = "{name}"\n',
    )


# --- Names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "openai/gpt-oss-20b",
        "openai/gpt-oss-20b@gpu.example.org",
        "https://gpu.example.org/v1#openai/gpt-oss-20b",
    ],
)
def test_a_model_has_several_names(administrator: Administrator, tmp_path: Path, name: str) -> None:
    administrator.write("endpoints.toml", TWO)
    with ExitStack() as stack:
        found = RemoteModels(Folders(tmp_path), stack).named(Path(name))
    assert found
    assert found.location == Endpoint("https://gpu.example.org/v1", "openai/gpt-oss-20b")


def test_a_name_that_several_have_is_not_guessed(
    administrator: Administrator, tmp_path: Path
) -> None:
    administrator.write("endpoints.toml", TWO)
    with ExitStack() as stack:
        models = RemoteModels(Folders(tmp_path), stack)
        with pytest.raises(NameUnclear) as unclear:
            models.named(Path("big"))
        assert unclear.value.names == ["big@gpu.example.org", "big@other.example.org:8443"]
        found = models.named(Path("big@other.example.org:8443"))
        assert found
        assert found.host == "other.example.org:8443"


def test_two_ways_to_one_host_are_told_apart(administrator: Administrator, tmp_path: Path) -> None:
    ways = "https://gpu.example.org/v1", "http://gpu.example.org/v1"
    entry = '[[endpoint]]\naddress = "{}"\nmodel = "big"\nunencrypted = true\n'
    administrator.write("endpoints.toml", "".join(map(entry.format, ways)))
    with ExitStack() as stack:
        models = RemoteModels(Folders(tmp_path), stack)
        with pytest.raises(NameUnclear) as unclear:
            models.named(Path("big@gpu.example.org"))
        assert unclear.value.names == [f"{url}#big" for url in ways]
        for url in ways:
            found = models.named(Path(f"{url}#big"))
            assert found
            assert found.location == Endpoint(url, "big")


def test_a_file_is_a_file(
    administrator: Administrator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    administrator.write("endpoints.toml", TWO)
    monkeypatch.chdir(tmp_path)
    Path("big").touch()
    with ExitStack() as stack:
        assert RemoteModels(Folders(tmp_path), stack).named(Path("big")) is None


def test_ask_says_how_to_tell_them_apart(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    administrator.write("endpoints.toml", TWO)
    assert fireside("ask", "Hello?", "--model", "big", data=tmp_path) == USAGE
    assert "big@other.example.org:8443" in capsys.readouterr().err


def test_a_name_that_nothing_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fireside("ask", "Hello?", "--model", "nobody", data=tmp_path) == USAGE
    assert "No file or added model is called nobody." in capsys.readouterr().err


# --- The list -------------------------------------------------------------------------------------


def test_models_lists_them_without_asking_anybody(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    administrator.write("endpoints.toml", TWO)
    chosen = "https://gpu.example.org/v1#openai/gpt-oss-20b"
    settings_file.save(Settings(model=chosen), Settings(), Folders(tmp_path).settings)
    assert fireside("models", "--json", data=tmp_path) == 0
    remote = json.loads(capsys.readouterr().out)["remote"]
    assert [row["name"] for row in remote] == ["big", "big", "openai/gpt-oss-20b"]
    assert [row["in_use"] for row in remote] == [False, False, True]
    assert all(row["shared"] for row in remote)
    assert fireside("models", data=tmp_path) == 0
    said = capsys.readouterr().out
    assert "big on other.example.org:8443\n    Set by your organization." in said


def test_a_damaged_list_is_said(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = administrator.write("endpoints.toml", "endpoint = 7\n")
    assert fireside("models", data=tmp_path) == 0
    assert f"{path} has a wrong value for endpoint in line 1." in capsys.readouterr().err


def test_doctor_tells_which_were_added(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = administrator.write("endpoints.toml", TWO)
    assert fireside("doctor", "--json", data=tmp_path) == 0
    told = json.loads(capsys.readouterr().out)["endpoints"]
    assert (told["file"], told["found"], told["problems"], told["own"]) == (str(path), True, [], 0)
    assert told["shared"][1]["host"] == "other.example.org:8443"
    assert fireside("doctor", data=tmp_path) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "big on gpu.example.org, big on other.example.org:8443," in said


# --- Asking ---------------------------------------------------------------------------------------


def test_ask_is_answered_elsewhere_and_says_so(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Vllm()) as server:
        serve(administrator, server)
        server.say(Said("Paris.", reasoning="A capital."))
        asked = ("ask", "What is the capital of France?", "--model", "team", "--effort", "low")
        assert fireside(*asked, data=tmp_path) == ANSWERED
        said = capsys.readouterr()
        assert said.out == "Paris.\n"
        assert "A capital." in said.err
        assert f"Answered by team on {Endpoint(server.url, MODEL).host}" in said.err
        assert server.asked[-1].json["reasoning_effort"] == "low"
    (logged,) = {each.host for each in ConnectionLog(Folders(tmp_path).connections).read()}
    assert logged == Endpoint(server.url, MODEL).host


def test_ask_as_json_tells_where(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Vllm()) as server:
        serve(administrator, server)
        server.say(Said("Paris."))
        assert fireside("ask", "Hello?", "--model", "team", "--json", data=tmp_path) == ANSWERED
        told = json.loads(capsys.readouterr().out)
        assert (told["answer"], told["model"], told["host"]) == (
            "Paris.",
            "team",
            Endpoint(server.url, MODEL).host,
        )


def test_ask_says_what_a_server_has_cut(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Ollama("llama-4", context=2048)) as server:
        server.say(Said("I see only words."))
        administrator.write(
            "endpoints.toml",
            f'[[endpoint]]\naddress = "{server.url}"\nmodel = "llama-4"\ncontext = 2048\n',
        )
        assert fireside("ask", "word " * 2000, "--model", "llama-4", data=tmp_path) == ANSWERED
    said = capsys.readouterr()
    assert said.out == "I see only words.\n"
    assert "seems to have left out part of this chat" in said.err


def test_a_file_that_is_named_goes_along(administrator: Administrator, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("The word is copper.")
    with serving(Vllm()) as server:
        serve(administrator, server)
        server.say(Said("Copper."))
        asked = ("ask", "What is the word?", "--file", str(note), "--model", "team")
        assert fireside(*asked, data=tmp_path) == ANSWERED
        assert "copper" in json.dumps(server.asked[-1].json)


def test_a_policy_keeps_it_here(
    administrator: Administrator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    administrator.decide("offline = true\n")
    with serving(Vllm()) as server:
        serve(administrator, server)
        assert fireside("ask", "Hello?", "--model", "team", data=tmp_path) == FAILED
        assert server.asked == []
    assert "offline" in capsys.readouterr().err


def test_the_chosen_model_is_not_asked_unless_it_is_named(
    administrator: Administrator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Vllm()) as server:
        serve(administrator, server)
        chosen = f"{server.url}#{MODEL}"
        settings_file.save(Settings(model=chosen), Settings(), Folders(tmp_path).settings)
        assert fireside("ask", "What is the capital of France?", data=tmp_path) == ANSWERED
        assert server.asked == []
