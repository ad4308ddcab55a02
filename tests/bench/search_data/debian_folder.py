"""Make a folder of 5,000 documents from Debian's packages of documentation.

usage: python -m tests.bench.search_data.debian_folder FOLDER

Needs Debian 12 with a network: `apt-get download` fetches 280 MB into ``FOLDER.debs``. Which
documents are taken does not depend on chance, so that the questions in ``questions.json`` find
theirs.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath

_COUNT = 5000
_KINDS = {".html", ".htm", ".txt", ".md", ".pdf", ".rst"}
_LANGUAGES = {
    "debian-handbook": ("/html/de-DE/", "/html/en-US/", "/html/zh-CN/"),
    "installation-guide-amd64": ("/en/", "/de/", "/zh_CN/"),
}
_PACKAGES = {  # and how many documents of each, at most
    "python3.11-doc": 600,
    "postgresql-doc-15": 1060,
    "debian-handbook": 400,
    "installation-guide-amd64": 270,
    "debian-reference-en": 20,
    "debian-reference-de": 20,
    "debian-reference-zh-cn": 20,
    "debian-reference-ja": 20,
    "debian-faq": 20,
    "debian-faq-de": 20,
    "debian-faq-zh-cn": 20,
    "debian-faq-ko": 20,
    "debian-faq-ru": 20,
    "developers-reference": 20,
    "developers-reference-de": 20,
    "maint-guide-de": 20,
    "maint-guide-zh-cn": 20,
    "debian-edu-doc-de": 4,
    "debian-edu-doc-zh-cn": 4,
    "debian-policy": 60,
    "debmake-doc": 40,
    "aptitude-doc-en": 90,
    "gimp-help-de": 300,
    "gimp-help-zh-cn": 300,
    "libreoffice-help-de": 250,
    "libreoffice-help-zh-cn": 250,
    "git-doc": 240,
    "sqlite3-doc": 260,
    "kicad-doc-de": 10,
    "kicad-doc-zh": 10,
    "lilypond-doc-html-de": 100,
    "lilypond-doc-html-zh": 80,
    "linuxcnc-doc-de": 3,
    "linuxcnc-doc-zh-cn": 2,
    "manpages-de": 160,
    "manpages-zh": 160,
    "rust-doc": 300,
}


def download(debs: Path) -> dict[str, Path]:
    """Fetch the packages that are not there yet, and return their files."""
    debs.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in _PACKAGES:
        if not list(debs.glob(f"{name}_*.deb")):
            subprocess.run(["apt-get", "download", "-qq", name], cwd=debs, check=True)
        (found[name],) = debs.glob(f"{name}_*.deb")
    return found


def documents(package: str, deb: Path) -> dict[str, bytes]:
    """Return the documents of a package by their paths in the folder."""
    packed = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], capture_output=True, check=True)
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
        for member in tar:
            path = _path(package, member.name)
            if member.isfile() and path and (file := tar.extractfile(member)):
                data = file.read()
                found[path] = gzip.decompress(data) if member.name.endswith(".gz") else data
    # By a hash, so that a chosen part is spread over the package.
    order = sorted(found, key=lambda path: hashlib.sha256(path.encode()).digest())
    return {path: found[path] for path in order[: _PACKAGES[package]]}


def _path(package: str, name: str) -> str:
    path = PurePosixPath(name.removeprefix("./").removesuffix(".gz"))
    manual = "/man/" in name and path.suffix[1:2].isdigit()
    wanted = _LANGUAGES.get(package, ("",))
    if not (manual or path.suffix in _KINDS) or not any(part in name for part in wanted):
        return ""
    if any(
        part in name for part in ("/_sources/", "/changelog", "copyright", "/rust-doc/html/core/")
    ):
        return ""
    if package == "rust-doc" and not any(
        f"/html/{part}/" in name for part in ("std", "book", "alloc")
    ):
        return ""
    inside = path.parts[2:] if path.parts[:2] == ("usr", "share") else path.parts
    inside = inside[1:] if inside[0] in ("doc", "gimp", "libreoffice") else inside
    if manual:
        path = path.with_name(path.name + ".txt")
    return "/".join((package, *inside[:-1], path.name))


def make(folder: Path) -> int:
    """Write the documents that are missing, and return how many there are."""
    taken: dict[str, bytes] = {}
    for package, deb in download(folder.with_suffix(".debs")).items():
        found = documents(package, deb)
        print(f"{package:28} {len(found):5,}")
        taken |= found
    for path in list(taken)[_COUNT:]:
        del taken[path]
    for path, data in taken.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.write_bytes(data)
    return len(taken)


if __name__ == "__main__":
    print(f"{make(Path(sys.argv[1])):,} documents")
