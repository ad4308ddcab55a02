"""`fireside --install` and `--uninstall` of the archive for any Linux."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.cli import main, portable
from app.server import open_server

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the archive is for Linux")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the frozen program, in a folder with a difficult name."""
    home, folder = tmp_path / "home", tmp_path / "Jörgs $ 100 %" / "fireside"
    entry = (ROOT / "installers/linux/fireside.desktop").read_text("utf-8")
    service = (ROOT / "installers/linux/fireside.service").read_text("utf-8")
    for name, text in {
        "fireside": "program",
        "_internal/library.so": "library",
        "share/applications/fireside.desktop": entry,
        "share/icons/hicolor/16x16/apps/fireside.png": "icon",
        "share/mime/packages/fireside.xml": "<mime-info/>",
        "share/systemd/user/fireside.service": service,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(folder / "fireside"))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("PATH", "")  # without the desktop's own programs
    (home / "data" / "Fireside").mkdir(parents=True)
    (home / "data" / "Fireside" / "chats.db").touch()
    return folder / "fireside"


def _main(*arguments: str) -> int:
    return main(list(arguments), lambda *_: pytest.fail("a window"), open_server)


def _files(home: Path) -> set[str]:
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if not path.is_dir()} | {
        path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_symlink()
    }


def test_what_is_installed_is_gone_again(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    before = _files(home)
    for _ in range(2):  # a second time changes nothing
        assert _main("--install") == 0
        assert _files(home) - before == {
            ".local/bin/fireside",
            "data/applications/fireside.desktop",
            "data/icons/hicolor/16x16/apps/fireside.png",
            "data/mime/packages/fireside.xml",
            "data/systemd/user/fireside.service",
        }
    assert (home / ".local/bin/fireside").resolve() == program
    entry = (home / "data/applications/fireside.desktop").read_text("utf-8")
    assert f'\nExec="{home}/.local/bin/fireside" --model=%f\n' in entry
    service = (home / "data/systemd/user/fireside.service").read_text("utf-8")
    assert f'\nExecStart="{home}/.local/bin/fireside" serve --token-file ' in service
    assert str(home / ".local/bin") in capsys.readouterr().err  # is not in PATH
    assert _main("--uninstall") == 0
    assert _files(home) == before
    assert str(program.parent) in capsys.readouterr().err


def test_what_others_put_there_stays(
    program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    entry, command = home / "data/applications/fireside.desktop", home / ".local/bin/fireside"
    for file in (entry, command):
        file.parent.mkdir(parents=True)
        file.write_text("another", "utf-8")
    for option in ("--install", "--uninstall"):
        assert _main(option) == 0
        assert {entry.read_text("utf-8"), command.read_text("utf-8")} == {"another"}
        assert str(command) in capsys.readouterr().err
    command.unlink()
    command.symlink_to(tmp_path / "an older one, removed" / "fireside")
    assert _main("--install") == 0
    assert command.resolve() == program


def test_only_the_archive_has_these_options(program: Path) -> None:
    (program.parent / "share/applications/fireside.desktop").unlink()
    with pytest.raises(SystemExit):
        _main("--install")


def test_an_entry_quotes_all_that_a_path_may_have(program: Path) -> None:
    assert 'Exec="/a\\\\"b\\\\`c\\\\\\\\d\\\\$ 9%%" --x=%f\n' in portable.entry(
        "Exec=a --x=%f\n", Path('/a"b`c\\d$ 9%')
    )


def test_a_service_quotes_all_that_a_path_may_have() -> None:
    assert 'ExecStart="/a\\"b c\\\\d$ 9%%" serve\n' in portable.service(
        "ExecStart=/usr/bin/fireside serve\n", Path('/a"b c\\d$ 9%')
    )
