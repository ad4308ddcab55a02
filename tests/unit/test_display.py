"""A display that cannot be opened, and a library that is missing: a sentence, and no abort."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.base import outside
from app.cli import display, open_window
from installers.system_packages import LIBRARIES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there always is one")

RENAMED = "libxcb-cursoX.so.0"


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("variable", "value"), [("DISPLAY", ":987"), ("WAYLAND_DISPLAY", "no-7")])
def test_a_display_that_does_not_open(variable: str, value: str, tmp_path: Path) -> None:
    """The whole command: one sentence, an exit code, and a line in the log."""
    ran = subprocess.run(
        [sys.executable, "-m", "app", "--data-dir", str(tmp_path)],
        env=os.environ | {variable: value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    assert value in line
    assert f"Check {variable}" in line
    assert line in (tmp_path / "fireside.log").read_text(encoding="utf-8")


def test_what_needs_no_display_is_left_to_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":987")
    assert display.problem()
    for platform in ("offscreen", "vnc:size=8x8", "xcb;offscreen"):
        monkeypatch.setenv("QT_QPA_PLATFORM", platform)
        assert display.problem() == ""


def test_the_order_of_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":987")
    assert display._platforms() == ["xcb"]
    monkeypatch.setenv("WAYLAND_DISPLAY", "no-7")
    assert display._platforms() == ["wayland", "xcb"]
    assert "no-7" in display.problem()
    monkeypatch.setattr(display, "_x11_opens", lambda: True)
    monkeypatch.setattr(display, "_cannot_load", lambda plugin: "")
    assert display.problem() == "", "Qt falls back to X11"


def test_the_reason_that_a_frozen_app_hides() -> None:
    error = OSError("Failed to load dynlib/dll 'libqxcb.so'.")
    assert display.missing_library(error) == ""
    error.__cause__ = OSError("libxcb.so.1: cannot open shared object file: No such file")
    assert "libxcb.so.1" in display.missing_library(error)


def test_a_library_that_a_plugin_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Qt's own plugin, changed so that it needs a library that no system has."""
    (real,) = display._qt_files("plugins/platforms/libqxcb.so")
    qt = real.parents[2]
    plugins = tmp_path / "some_qt" / "Qt" / "plugins" / "platforms"
    plugins.mkdir(parents=True)
    (tmp_path / "some_qt" / "__init__.py").touch()
    (tmp_path / "some_qt" / "Qt" / "lib").mkdir()
    for library in (qt / "lib").glob("libQt6*"):
        (tmp_path / "some_qt" / "Qt" / "lib" / library.name).symlink_to(library)
    changed = plugins / "libqxcb.so"
    changed.write_bytes(real.read_bytes().replace(b"libxcb-cursor.so.0", RENAMED.encode()))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(display, "_QT", "some_qt")
    monkeypatch.setattr(display, "_distribution", lambda: {"debian"})
    sentence = display._cannot_load("libqxcb.so")
    assert RENAMED in sentence
    assert "package manager" in sentence  # it is in no table


@pytest.mark.parametrize(
    ("distribution", "command"),
    [
        ({"ubuntu", "debian"}, "sudo apt install libxcb-cursor0 libegl1"),
        ({"arch"}, "sudo pacman -S xcb-util-cursor libglvnd"),
        ({"fedora"}, "sudo dnf install 'libxcb-cursor.so.0()(64bit)' 'libEGL.so.1()(64bit)'"),
        ({"opensuse"}, "sudo zypper install 'libxcb-cursor.so.0()(64bit)' 'libEGL.so.1()(64bit)'"),
        ({"solaris"}, ""),
    ],
)
def test_the_command_that_helps(distribution: set[str], command: str) -> None:
    libraries = ["libxcb-cursor.so.0", "libEGL.so.1"]
    assert display.install_command(libraries, distribution) == command


def test_the_installer_and_the_program_name_the_same_packages() -> None:
    packages = outside.value("system_libraries")["debian"]["packages"]
    assert LIBRARIES.items() <= packages.items()


@pytest.mark.parametrize("name", ["libEGL.so.1", "libxkbcommon.so.0"])
def test_an_import_of_qt_that_fails(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(shutil, "which", lambda program: None)

    def missing(*arguments: object) -> int:
        raise ImportError(f"{name}: cannot open shared object file: No such file or directory")

    assert open_window._open(tmp_path, None, False, missing) == 1
    assert f"Missing system libraries: {name}." in capsys.readouterr().err

    def broken(*arguments: object) -> int:
        raise ImportError("cannot import name 'x'")

    with pytest.raises(ImportError):
        open_window._open(tmp_path, None, False, broken)
