"""The frozen app, Fireside.app, as a disk image for a Mac.

Signed with the identity in FIRESIDE_IDENTITY ("Developer ID Application: …"), and then with a
hardened runtime; without one only for the Mac that it is on, which every Mac with Apple's own
processors demands. Where FIRESIDE_NOTARY names a profile of notarytool (``xcrun notarytool
store-credentials``), Apple looks the image over, too, and its ticket is put on it.
"""

from __future__ import annotations

import os
import platform
import plistlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app import __version__

ROOT = Path(__file__).resolve().parents[1]
MACOS = ROOT / "installers" / "macos"
ID = "io.github.fireside_chat.fireside"
_MACH_O = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")  # of one processor, of several


def info() -> dict[str, Any]:
    """Return what PyInstaller has to add to the app's Info.plist (`BUNDLE`'s ``info_plist``)."""
    told: dict[str, Any] = plistlib.loads((MACOS / "Info.plist").read_bytes())
    return told | {"CFBundleShortVersionString": __version__, "CFBundleVersion": __version__}


def package(frozen: Path, icons: Path, dist: Path) -> list[Path]:
    """Write ``fireside-VERSION-macos-MACHINE.dmg``. Raises CalledProcessError."""
    target = dist / f"fireside-{__version__}-macos-{platform.machine()}.dmg"
    sign(frozen)
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder) / "Fireside"
        # With its links as they are, and what the signature says of each file.
        _run("ditto", frozen, stage / frozen.name)
        (stage / "Applications").symlink_to("/Applications")
        shutil.copy(ROOT / "LICENSE", stage / "LICENSE.txt")
        image = ("-volname", "Fireside", "-fs", "HFS+", "-format", "UDZO", "-ov")
        _run("hdiutil", "create", *image, "-srcfolder", stage, target)
    if identity := os.environ.get("FIRESIDE_IDENTITY"):
        _run("codesign", "--force", "--timestamp", "--sign", identity, target)
    if profile := os.environ.get("FIRESIDE_NOTARY"):
        _run("xcrun", "notarytool", "submit", target, "--keychain-profile", profile, "--wait")
        _run("xcrun", "stapler", "staple", target)
    return [target]


def sign(bundle: Path) -> None:
    """Sign what is inside first, since a signature seals what it holds."""
    identity = os.environ.get("FIRESIDE_IDENTITY")
    command = ["codesign", "--force", "--sign", identity or "-"]
    if identity:
        command += ["--timestamp", "--options", "runtime"]
    for file in libraries(bundle):
        _run(*command, file)
    _run(*command, "--entitlements", MACOS / "entitlements.plist", bundle)


def libraries(bundle: Path) -> Iterator[Path]:
    """Yield what has a signature of its own in a bundle but its program, the deepest first."""
    program = bundle / "Contents" / "MacOS" / "fireside"
    files = (path for path in bundle.rglob("*") if path.is_file() and not path.is_symlink())
    for file in sorted(files, key=lambda path: (-len(path.parts), path)):
        with file.open("rb") as start:
            if file != program and start.read(4) in _MACH_O:
                yield file


def check(dist: Path) -> None:
    """Copy the app out of its image as a person does, use it, and remove it.

    Raises AssertionError or CalledProcessError.
    """
    (image,) = dist.glob("fireside-*-macos-*.dmg")
    with tempfile.TemporaryDirectory() as folder:
        volume, data = Path(folder) / "volume", Path(folder) / "data"
        app = Path(folder) / "Fireside.app"
        _run("hdiutil", "attach", image, "-nobrowse", "-readonly", "-mountpoint", volume)
        try:
            assert (volume / "Applications").is_symlink()
            _run("ditto", volume / "Fireside.app", app)
        finally:
            _run("hdiutil", "detach", volume)
        _run("codesign", "--verify", "--deep", "--strict", app)
        told = plistlib.loads((app / "Contents" / "Info.plist").read_bytes())
        assert told["CFBundleShortVersionString"] == __version__, told
        program = app / "Contents" / "MacOS" / "fireside"
        environment = {**os.environ, "FIRESIDE_DATA_DIR": str(data)}
        smoke = subprocess.run(
            [program, "--smoke"], env=environment, capture_output=True, text=True, timeout=300
        )
        assert (smoke.returncode, smoke.stderr) == (0, ""), smoke
        subprocess.run([program, "ask", "Hello"], env=environment, check=True, timeout=300)
        shutil.rmtree(app)
        assert list(data.iterdir()), "what a person has is not in the app"


def _run(*command: str | Path) -> None:
    subprocess.run(list(map(str, command)), check=True)
