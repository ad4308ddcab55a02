"""`fireside pull`, `models` and `completion`, without a network and without an engine."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.__main__ import main
from app.cli import models, pull
from app.engine.probe import Machine

SMALL = Machine(8 * 10**9, 6 * 10**9, 4)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pull, models):
        monkeypatch.setattr(module, "this_machine", lambda *_: SMALL)


class Terminal(io.StringIO):
    """A terminal at which a person types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdin", "said"), [(None, "--yes"), (io.StringIO("y\n"), "--yes"), (Terminal("n\n"), "[y/N]")]
)
def test_one_that_is_too_large_is_not_downloaded_unasked(
    stdin: io.StringIO | None,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    assert main(["pull", "gpt-oss-120b", "--data-dir", str(tmp_path)]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "Too large" in err
    assert said in err
    assert not (tmp_path / "downloads.json").exists()


def test_an_unknown_name_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pull", "gpt-4", "--data-dir", str(tmp_path)]) == 2
    assert "gpt-oss-20b, gpt-oss-120b" in capsys.readouterr().err


def test_the_list_has_what_can_be_downloaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--data-dir", str(tmp_path)]) == 0
    table = capsys.readouterr().out
    assert "No models found" in table
    assert "gpt-oss-120b  63.4 GB" in table
    assert main(["models", "--json", "--data-dir", str(tmp_path)]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["installed"] == []
    assert [(offer["name"], offer["fits"]) for offer in listed["offered"]] == [
        ("gpt-oss-20b", False),
        ("gpt-oss-120b", False),
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in ("completion", "--effort", "gpt-oss-20b"):
        assert word.removeprefix("--") in script
    if shell != "bash" or not shutil.which("bash") or sys.platform == "win32":
        return
    file = tmp_path / "script"
    file.write_text(
        f"{script}\nfor words in 'fireside pu' 'fireside pull gpt-oss-2'; do\n"
        "COMP_WORDS=($words); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()\n"
        "_shtab_fireside; echo ${COMPREPLY[*]}\ndone\n"
    )
    ran = subprocess.run(["bash", file], capture_output=True, text=True, timeout=60, check=False)
    assert ran.stdout.split() == ["pull", "gpt-oss-20b"]
