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

%description
{description}

%install
cp -a "{root}/." "%{{buildroot}}/"

{scripts}
%files
%defattr(-,root,root,-)
{files}
"""

# What is installed is finished, and is not changed any more. Two builds are the same.
_MACROS = {
    "debug_package": "%{nil}",
    "__os_install_post": "%{nil}",
    "_build_id_links": "none",
    "_binary_payload": "w9.xzdio",
    "_buildhost": "fireside",
    "use_source_date_epoch_as_buildtime": "1",
    "clamp_mtime_to_source_date_epoch": "1",
}
DESCRIPTION = """\
Fireside runs OpenAI's gpt-oss models on this computer, in a native window,
with llama.cpp. It gets a model with one click, shows its reasoning, and
keeps chats on the disk. Nothing that is written leaves the computer.

A tiny demo model is included, to look around with."""


def fireside(root: Path, dist: Path, machine: str) -> Path:
    """Write the package of Fireside as it is laid out below ``root``; return its path.

    Raises CalledProcessError.
    """
    carried = licences.read(next(root.rglob("resources/licences.txt")).read_text("utf-8"))
    parts = {part for component in carried for part in _parts(component.licence)}
    return build(
        root,
        dist,
        f"fireside-{version()}-1.{machine}.rpm",
        summary="Chat with gpt-oss on your own computer",
        description=DESCRIPTION,
        licence=" AND ".join(sorted(parts)),
        relations=[*relations(linux_needs.binaries(root)), "Recommends: xdg-utils"],
    )


def _parts(licence: str) -> list[str]:
    """Return the licences that all apply together."""
    return [f"({licence})"] if " OR " in licence else licence.split(" AND ")


def build(
    root: Path,
    dist: Path,
    file: str,
    *,
    summary: str,
    description: str,
    licence: str,
    relations: Iterable[str],
    scripts: str = "",
) -> Path:
    """Have rpmbuild make the package ``file`` of what is below ``root``; return its path.

    Raises CalledProcessError.
    """
    name, machine = file.rsplit("-", 2)[0], file.split(".")[-2]
    text = SPEC.format(
        name=name,
        version=version(),
        summary=summary,
        licence=licence,
        place=f"URL: https://github.com/{REPOSITORY}\n" if REPOSITORY else "",
        relations="\n".join(relations),
        description=description,
        root=root,
        scripts=scripts,
        files="\n".join(_files(root)),
    )
    work = root.parent
    (work / f"{name}.spec").write_text(text, "utf-8")
    command = ["rpmbuild", "-bb", "--quiet", f"--target={machine}-linux"]
    places = {"_topdir": work / "rpmbuild", "_rpmdir": work / "made", "_dbpath": work / "rpmdb"}
    for macro, value in {**_MACROS, **places, "_rpmfilename": file}.items():
        command.append(f"--define={macro} {value}")
    subprocess.run([*command, str(work / f"{name}.spec")], check=True)
    return Path(shutil.move(work / "made" / file, dist / file))


def version() -> str:
    """Return Fireside's version as RPM sorts it: 1.0~rc1 comes before 1.0."""
    return re.sub(r"(?=(a|b|rc)\d+$)", "~", __version__)


_OPTIONAL = {VULKAN: "Recommends", GTK: "Suggests"}


def relations(found: Sequence[Binary], elsewhere: Iterable[str] = ()) -> list[str]:
    """Return the lines that tell what has to be there, what should, and what may.

    ``elsewhere``: names of libraries that a package asked for by its own name has.
    """
    always = [binary for binary in found if binary.path.name not in _OPTIONAL]
    needed = linux_needs.foreign(always, found) - {*elsewhere}
    lines = [_wanted("Requires", name) for name in sorted(needed)]
    for (library, kind), number in linux_needs.floors(always, needed).items():
        lines.append(_wanted("Requires", library, f"{kind}_{number}"))
    for binary in found:
        if field := _OPTIONAL.get(binary.path.name):
            more = linux_needs.foreign([binary], found) - needed
            lines += [_wanted(field, name) for name in sorted(more)]
    return lines


def _wanted(field: str, library: str, symbols: str = "") -> str:
    return f"{field}: {library}({symbols})(64bit)"


def told(found: Sequence[Binary]) -> list[str]:
    """Return lines for people with what the packages need of a system."""
    always = [binary for binary in found if binary.path.name not in _OPTIONAL]
    needed = linux_needs.foreign(always, found)
    oldest = linux_needs.floors(found, linux_needs.foreign(found, found))
    versions = ", ".join(f"{library} {kind} {number}" for (library, kind), number in oldest.items())
    return [f"needs of the system: {', '.join(sorted(needed))}", f"at least: {versions}"]


def _files(root: Path) -> Iterable[str]:
    """Yield the package's own folders and files, in RPM's words."""
    yield '"/usr/lib/fireside"'
    yield from (f'%dir "/usr/share/doc/{path.name}"' for path in root.glob("usr/share/doc/*"))
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root).as_posix()
        if not place.startswith("usr/lib/fireside") and (path.is_symlink() or not path.is_dir()):
            kind = "%doc " if place.startswith("usr/share/doc/") else ""
            yield f'{kind}"/{place}"'
