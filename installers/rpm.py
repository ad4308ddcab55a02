"""The package for Fedora, openSUSE and their like, made by rpmbuild, which Debian has, too.

It asks for libraries by the names that they have for the linker, since distributions call the
packages differently.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from app import REPOSITORY, __version__
from app.base import licences
from installers import linux_needs
from installers.linux_needs import Binary

GTK = "libqgtk3.so"  # Qt's way to GNOME's file dialogs, where GTK is
VULKAN = "libggml-vulkan.so"  # loaded where Vulkan is

SPEC = """\
Name: {name}
Version: {version}
Release: 1
Summary: {summary}
License: {licence}
{place}AutoReqProv: no
{relations}

# What is installed is finished: nothing is stripped, compressed or changed.
%global debug_package %{{nil}}
%global __os_install_post %{{nil}}
%global _build_id_links none
%global _binary_payload w9.xzdio
%global _buildhost fireside
%global use_source_date_epoch_as_buildtime 1
%global clamp_mtime_to_source_date_epoch 1

%description
{description}

%install
cp -a "{root}/." "%{{buildroot}}/"

%files
%defattr(-,root,root,-)
{files}
"""

DESCRIPTION = """\
Fireside runs OpenAI's gpt-oss models on this computer, in a native window,
with llama.cpp. It gets a model with one click, shows its reasoning, and
keeps chats on the disk. Nothing that is written leaves the computer.

A tiny demo model is included, to look around with."""


def build(root: Path, dist: Path, machine: str) -> Path:
    """Write the package of what is below ``root``; return its path. Raises CalledProcessError."""
    told = next(root.rglob("resources/licences.txt")).read_text("utf-8")
    parts = {component.licence for component in licences.read(told)}
    text = SPEC.format(
        name="fireside",
        version=version(),
        summary="Chat with gpt-oss on your own computer",
        licence=" AND ".join(sorted(f"({each})" if " OR " in each else each for each in parts)),
        place=f"URL: https://github.com/{REPOSITORY}\n" if REPOSITORY else "",
        relations="\n".join(relations(linux_needs.binaries(root))),
        description=DESCRIPTION,
        root=root,
        files="\n".join(_files(root)),
    )
    return write(text, root.parent, dist, f"fireside-{version()}-1.{machine}.rpm")


def write(spec: str, work: Path, dist: Path, name: str) -> Path:
    """Have rpmbuild make the package ``name``; return its path. Raises CalledProcessError."""
    (work / "package.spec").write_text(spec, "utf-8")
    machine = name.split(".")[-2]
    command = ["rpmbuild", "-bb", "--quiet", f"--target={machine}-linux"]
    for macro, value in (
        ("_topdir", work / "rpmbuild"),
        ("_rpmdir", work / "made"),
        ("_rpmfilename", name),
        ("_dbpath", work / "rpmdb"),
    ):
        command.append(f"--define={macro} {value}")
    subprocess.run([*command, str(work / "package.spec")], check=True)
    return Path(shutil.move(work / "made" / name, dist / name))


def version() -> str:
    """Return Fireside's version as RPM sorts it: 1.0~rc1 comes before 1.0."""
    return re.sub(r"(?=(a|b|rc)\d+$)", "~", __version__)


def relations(found: Sequence[Binary]) -> list[str]:
    """Return the lines that tell what has to be there, what should, and what may."""
    optional = {VULKAN: "Recommends", GTK: "Suggests"}
    always = [binary for binary in found if binary.path.name not in optional]
    needed = linux_needs.foreign(always, found)
    lines = [_wanted("Requires", name) for name in sorted(needed)]
    for (library, kind), number in linux_needs.floors(always, needed).items():
        lines.append(_wanted("Requires", library, f"{kind}_{number}"))
    for binary in found:
        if field := optional.get(binary.path.name):
            more = linux_needs.foreign([binary], found) - needed
            lines += [_wanted(field, name) for name in sorted(more)]
    return [*lines, "Recommends: xdg-utils"]


def _wanted(field: str, library: str, symbols: str = "") -> str:
    return f"{field}: {library}({symbols})(64bit)"


def told(found: Sequence[Binary]) -> list[str]:
    """Return lines for people with what the packages need of a system."""
    needed = linux_needs.foreign(found, found)
    oldest = linux_needs.floors(found, needed)
    versions = ", ".join(f"{library} {kind} {number}" for (library, kind), number in oldest.items())
    return [f"needs of the system: {', '.join(sorted(needed))}", f"at least: {versions}"]


def _files(root: Path) -> Iterable[str]:
    """Yield the package's own folders and files, in RPM's words."""
    yield '"/usr/lib/fireside"'
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root).as_posix()
        if not place.startswith("usr/lib") and (path.is_symlink() or not path.is_dir()):
            kind = "%doc " if place.startswith("usr/share/doc/") else ""
            yield f'{kind}"/{place}"'
