"""The frozen app as an installer for Windows, which needs no administrator.

`windows/fireside.nsi` says what it does; NSIS compiles it, on any system. FIRESIDE_SIGN may name a
command that signs the file whose path is appended to it, as ``signtool sign /n NAME /tr …`` does.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from app import REPOSITORY, __version__

ROOT = Path(__file__).resolve().parents[1]
WINDOWS = ROOT / "installers" / "windows"
PROGRAMS = ("fireside", "fireside-app")
"""For a terminal, and for the Start menu: a program of Windows has a console or has none."""

_NSIS = r"C:\Program Files (x86)\NSIS\makensis.exe"

RESOURCE = """\
# What Windows shows under Properties, Details; PyInstaller reads it.
VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0x0, OS=0x40004,
                    fileType=0x1, subtype=0x0, date=(0, 0)),
  kids=[
    StringFileInfo([StringTable("040904B0", [
      StringStruct("CompanyName", "The Fireside authors"),
      StringStruct("FileDescription", "Fireside"),
      StringStruct("FileVersion", "{version}"),
      StringStruct("InternalName", "{name}"),
      StringStruct("LegalCopyright", "The Fireside authors. Apache License 2.0"),
      StringStruct("OriginalFilename", "{name}.exe"),
      StringStruct("ProductName", "Fireside"),
      StringStruct("ProductVersion", "{version}"),
    ])]),
    VarFileInfo([VarStruct("Translation", [1033, 1200])]),
  ],
)
"""


def resource(name: str) -> str:
    """Return the version resource of a program, as PyInstaller's ``version`` wants it in a file."""
    return RESOURCE.format(name=name, version=__version__, numbers=numbers(__version__))


def numbers(version: str) -> tuple[int, int, int, int]:
    """Return a version as Windows has it: four numbers, without what makes it a pre-release."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    assert found, version
    major, minor, micro = (int(each or 0) for each in found.groups())
    return major, minor, micro, 0


def package(frozen: Path, icons: Path, dist: Path) -> list[Path]:
    """Write ``fireside-VERSION-windows-x86_64.exe``; return its path.

    Raises CalledProcessError, and FileNotFoundError where there is no NSIS.
    """
    target = dist / f"fireside-{__version__}-windows-x86_64.exe"
    for name in PROGRAMS:
        sign(frozen / f"{name}.exe")
    size = sum(file.stat().st_size for file in frozen.rglob("*") if file.is_file())
    values: dict[str, object] = {
        "VERSION": __version__,
        "NUMBERS": ".".join(map(str, numbers(__version__))),
        "FOLDER": frozen.resolve(),
        "ICON": (icons / "fireside.ico").resolve(),
        "LICENCE": ROOT / "LICENSE",
        "SIZE": size // 1024,
        "TARGET": target.resolve(),
    }
    if REPOSITORY:
        values["PAGE"] = f"https://github.com/{REPOSITORY}"
    compiler = shutil.which("makensis") or _NSIS
    given = [f"-D{name}={value}" for name, value in values.items()]
    flags = ["-V2", "-WX", "-INPUTCHARSET", "UTF8"]
    subprocess.run([compiler, *flags, *given, str(WINDOWS / "fireside.nsi")], check=True)
    sign(target)
    return [target]


def sign(file: Path) -> None:
    """Sign a file, if FIRESIDE_SIGN says how."""
    if command := os.environ.get("FIRESIDE_SIGN"):
        subprocess.run([*shlex.split(command), str(file)], check=True)


def check(dist: Path) -> None:
    """Install it silently, use it, and remove it. Raises AssertionError."""
    (installer,) = dist.glob("fireside-*-windows-x86_64.exe")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "Fireside"
        data = Path(folder) / "data"
        subprocess.run([installer, "/S", f"/D={place}"], check=True, timeout=600)
        program, windowed = (place / f"{name}.exe" for name in PROGRAMS)
        environment = {**os.environ, "FIRESIDE_DATA_DIR": str(data)}
        for each in (program, windowed):
            smoke = subprocess.run([each, "--smoke"], env=environment, timeout=300)
            assert smoke.returncode == 0, f"{each.name} --smoke ended with {smoke.returncode}"
        asked: list[str | Path] = [program, "ask", "Hello"]
        answer = subprocess.run(
            asked, env=environment, check=True, timeout=300, stdout=subprocess.PIPE
        )
        assert answer.stdout.strip(), "no answer in the terminal"
        command = registered(r"Software\Classes\Fireside.gguf\shell\open\command")
        assert command == f'"{windowed}" --model "%1"', command
        # Without "_?=" it would go on in a copy of itself, and nobody could wait for it.
        remove: list[str | Path] = [place / "uninstall.exe", "/S", f"_?={place}"]
        subprocess.run(remove, check=True, timeout=600)
        left = sorted(file.name for file in place.rglob("*")) if place.exists() else []
        assert left in ([], ["uninstall.exe"]), left  # which runs, and cannot remove itself so
        assert registered(r"Software\Classes\Fireside.gguf\shell\open\command") is None
        assert list(data.iterdir()), "what a person has is not to be removed"


def registered(key: str) -> str | None:
    """Return the default value of a key of HKEY_CURRENT_USER, or None if there is no such key."""
    if sys.platform != "win32":
        raise NotImplementedError("only Windows has a registry")
    import winreg

    try:
        return str(winreg.QueryValue(winreg.HKEY_CURRENT_USER, key))
    except FileNotFoundError:
        return None
