"""The frozen app for Linux: packages for Debian, for Fedora and openSUSE, and an archive.

The archive runs from any folder of any Linux; the .rpm has the same files (`rpm`).
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from app import __version__
from app.base import licences
from app.base.licences import Component
from installers import linux_needs, rpm
from installers.linux_needs import is_elf

ROOT = Path(__file__).resolve().parents[1]
LINUX = ROOT / "installers" / "linux"
ID = "io.github.fireside_chat.fireside"
_ICONS = (16, 22, 24, 32, 48, 64, 128, 256, 512)
# Of a system's libraries those that the archive brings along: what Python is linked against, whose
# names and versions differ between distributions, and those of X11 that few systems have.
_BROUGHT = re.compile(
    r"lib(bz2|brotli\w+|crypto|ffi|gomp|lzma|sqlite3|ssl|uuid"
    r"|xcb-(cursor|icccm|image|keysyms|render-util|util)|xkbcommon-x11)\.so"
)

CONTROL = """\
Package: fireside
Version: {version}
Architecture: {architecture}
Maintainer: The Fireside authors <maintainers@users.noreply.github.com>
Installed-Size: {size}
Depends: {depends}
Recommends: {recommends}
Suggests: {suggests}
Section: utils
Priority: optional
Description: chat with gpt-oss on your own computer
 Fireside runs OpenAI's gpt-oss models on this computer, in a native window,
 with llama.cpp. It gets a model with one click, shows its reasoning, and
 keeps chats on the disk. Nothing that is written leaves the computer.
 .
 A tiny demo model is included, to look around with.
"""


def package(frozen: Path, icons: Path, dist: Path) -> list[Path]:
    """Write the packages; return their paths.

    They are ``fireside-VERSION-linux-MACHINE.tar.xz`` and, where Debian's or RPM's programs are,
    ``fireside_VERSION_ARCHITECTURE.deb`` and ``fireside-VERSION-1.MACHINE.rpm``. Raises
    CalledProcessError.
    """
    machine = os.uname().machine
    target = dist / f"fireside-{__version__}-linux-{machine}.tar.xz"
    carried = _carry(frozen, target.name.removesuffix(".tar.xz"))
    print("\n".join(rpm.told(linux_needs.binaries(carried))))
    made = []
    if shutil.which("dpkg-deb") and shutil.which("dpkg-shlibdeps"):
        made.append(_deb(frozen, icons, dist))
    root = frozen.parent / "rpm" / "root"
    shutil.rmtree(root.parent, ignore_errors=True)
    _fill(root, carried, icons)
    if shutil.which("rpmbuild"):
        made.append(rpm.fireside(root, dist, machine))
    for name in ("applications", "icons", "mime", "man"):  # for `fireside --install`
        shutil.copytree(root / "usr/share" / name, carried / "share" / name, symlinks=True)
    shutil.copytree(root / "usr/lib/systemd", carried / "share/systemd")
    return [archive(carried, carried.name, target), *made]


# --- the package -----------------------------------------------------------------------------


def _deb(frozen: Path, icons: Path, dist: Path) -> Path:
    work = frozen.parent / "deb"
    shutil.rmtree(work, ignore_errors=True)
    root = work / "root"
    _fill(root, frozen, icons)
    architecture = _said("dpkg", "--print-architecture")
    fields = dependencies(root / "usr/lib/fireside", work)
    (root / "DEBIAN").mkdir()
    control = CONTROL.format(
        version=__version__,
        architecture=architecture,
        size=sum(-(-file.lstat().st_size // 1024) for file in _files(root)),
        depends=fields["Depends"],
        recommends="libvulkan1, xdg-utils",
        suggests=fields.get("Suggests", "libgtk-3-0"),
    )
    (root / "DEBIAN" / "control").write_text(control, "utf-8")
    sums = [
        f"{_md5(file)}  {file.relative_to(root)}\n"
        for file in _files(root / "usr")
        if not file.is_symlink()
    ]
    (root / "DEBIAN" / "md5sums").write_text("".join(sums), "utf-8")
    target = dist / f"fireside_{__version__}_{architecture}.deb"
    _run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", str(root), str(target))
    return target


def _fill(root: Path, frozen: Path, icons: Path) -> None:
    """Lay out what is installed, as Debian's policy has it."""
    shutil.copytree(frozen, root / "usr/lib/fireside", symlinks=True)
    share = root / "usr/share"
    names = {
        LINUX / "fireside.desktop": share / "applications/fireside.desktop",
        LINUX / "fireside-mime.xml": share / "mime/packages/fireside.xml",
        ROOT / "resources/icons/fireside.svg": share / "icons/hicolor/scalable/apps/fireside.svg",
        LINUX / "copyright": share / "doc/fireside/copyright",
        LINUX / "fireside.service": root / "usr/lib/systemd/user/fireside.service",
    }
    for size in _ICONS:
        place = share / f"icons/hicolor/{size}x{size}/apps/fireside.png"
        names[icons / f"fireside-{size}.png"] = place
    for source, target in names.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    day = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"])))
    told = (LINUX / f"{ID}.metainfo.xml").read_text("utf-8")
    place = share / f"metainfo/{ID}.metainfo.xml"
    place.parent.mkdir()
    place.write_text(told.replace("@VERSION@", __version__).replace("@DATE@", day), "utf-8")
    _gzip((LINUX / "fireside.1").read_bytes(), share / "man/man1/fireside.1.gz")
    _gzip(_changes().encode(), share / "doc/fireside/changelog.gz")
    texts = "../../../lib/fireside/_internal/resources/licences.txt"
    (share / "doc/fireside/licences.txt").symlink_to(texts)
    (root / "usr/bin").mkdir()
    for name in ("fireside", "fireside-app"):
        (root / f"usr/bin/{name}").symlink_to("../lib/fireside/fireside")
    (share / "man/man1/fireside-app.1.gz").symlink_to("fireside.1.gz")
    for file in [root, *root.rglob("*")]:
        if not file.is_symlink():
            program = file.is_dir() or file == root / "usr/lib/fireside/fireside"
            file.chmod(0o755 if program else 0o644)


def _changes() -> str:
    when = time.strftime(
        "%a, %d %b %Y %H:%M:%S +0000", time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))
    )
    who = re.findall(r"Maintainer: (.*)", CONTROL)[0]
    head = f"fireside ({__version__}) unstable; urgency=low"
    return f"{head}\n\n  * {__version__}.\n\n -- {who}  {when}\n"


def dependencies(folder: Path, work: Path) -> dict[str, str]:
    """Return the fields Depends and Suggests for what is in a folder, Vulkan's library apart.

    dpkg finds which package of this very system has what programs and libraries are linked
    against.
    """
    (work / "debian").mkdir(parents=True, exist_ok=True)
    (work / "debian/control").write_text(
        "Source: fireside\n\nPackage: fireside\nArchitecture: any\n"
    )
    binaries = [file for file in _files(folder) if is_elf(file) and file.name != rpm.VULKAN]
    own = sorted({f"-l{file.parent}" for file in binaries})
    arguments = []
    for file in sorted(binaries, key=lambda file: file.name == rpm.GTK):
        arguments += ["-dSuggests" if file.name == rpm.GTK else "-dDepends", f"-e{file}"]
    told = _said("dpkg-shlibdeps", "-O", "--ignore-missing-info", *own, *arguments, cwd=work)
    return dict(re.findall(r"^shlibs:(\w+)=(.*)$", told, re.MULTILINE))


# --- the archive -----------------------------------------------------------------------------


def _carry(frozen: Path, name: str) -> Path:
    """Return a copy of the frozen app with the libraries that not every system has."""
    folder = frozen.parent / "archive" / name
    shutil.rmtree(folder.parent, ignore_errors=True)
    shutil.copytree(frozen, folder, symlinks=True)
    libraries = brought(_said("ldd", *map(str, filter(is_elf, _files(frozen)))))
    for library in libraries:
        shutil.copy(library, folder / "_internal" / library.name)
    told = folder / "_internal/resources/licences.txt"
    told.write_text(licences.write(of_debian(libraries), told.read_text("utf-8")), "utf-8")
    shutil.copy(ROOT / "LICENSE", folder)
    return folder


def archive(folder: Path, name: str, target: Path) -> Path:
    """Write the archive of a folder, which is called ``name`` in it; return its path.

    Names are in order, and no entry has a time or an owner, so that two builds are the same.
    """
    moment = int(os.environ["SOURCE_DATE_EPOCH"])

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = moment
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
        return entry

    with tarfile.open(target, "w:xz") as made:
        made.add(folder, name, filter=plain)  # in the order of their names
    return target


def brought(told: str) -> list[Path]:
    """Return those libraries of ldd's output that the archive has to bring along."""
    found = re.findall(r"^\s+(\S+) => (/\S+)", told, re.MULTILINE)
    return [Path(path) for name, path in sorted(set(found)) if _BROUGHT.match(name)]


def of_debian(libraries: Iterable[Path]) -> list[Component]:
    """Return what Debian, or what is made of it, says of its own libraries' licences.

    Raises CalledProcessError for a library that is of no package.
    """
    found = {}
    for library in libraries:
        # By its name: /lib may be a link to /usr/lib, and dpkg knows only one of the two.
        package = _said("dpkg", "-S", f"*/{library.resolve().name}").split(":")[0]
        form = "${Version} ${source:Package}\\n"  # a line for each architecture
        version, source = _said("dpkg-query", "-W", "-f", form, package).split()[:2]
        text = Path("/usr/share/doc", package, "copyright").read_text("utf-8")
        place = f"https://sources.debian.org/src/{source}/"
        licence = "LicenseRef-Debian-copyright-file"
        found[package] = Component(package, version, licence, place, text)
    return [found[package] for package in sorted(found)]


# --- small things ----------------------------------------------------------------------------


def _files(folder: Path) -> Iterator[Path]:
    """Yield all files and links below a folder, by name."""
    return (path for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file())


def _md5(file: Path) -> str:
    import hashlib

    return hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()


def _gzip(data: bytes, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(data, mtime=0))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _said(*command: str, cwd: Path | None = None) -> str:
    """Return what a command writes to its standard output."""
    result = subprocess.run(
        command, cwd=cwd, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    return result.stdout.strip()


def check(dist: Path) -> None:
    """Install the packages where nothing else is, use them, remove them. Raises AssertionError."""
    from installers import linux_smoke

    linux_smoke.check(dist)
