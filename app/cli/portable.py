"""``fireside --install`` and ``--uninstall``, which only the archive for any Linux has.

The menu entry, the icons, the type of GGUF files, the man page, the service for systemd and the
command come to where the person's own are, and go again. The program and the chats stay where they
are.

Places: specifications.freedesktop.org, basedir and desktop-entry (Exec); systemd.unit(5).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from app.cli import MENU_ENTRY
from app.cli.output import ANSWERED, FAILED, open_missing, say, speak
from app.wording.language import tr

_SERVICE = "systemd/user/fireside.service"
_MARK = "X-Fireside-Portable=true"  # in an entry, or a service, that this module wrote


def run(path: Path, *, remove: bool) -> int:
    """Put the files of the program at ``path`` in their places, or remove them; return the code."""
    open_missing()
    speak()
    try:
        done, kept = (_removed if remove else _installed)(path)
    except OSError as error:
        say(tr("Couldn’t write {path}: {reason}.").format(
            path=error.filename, reason=error.strerror
        ))  # fmt: skip
        return FAILED
    said = (
        tr("Removed Fireside from the applications menu:")
        if remove
        else tr("Added Fireside to the applications menu:")
    )
    if done:
        say(said, *(f"  {each}" for each in done))
    if kept:
        say(tr("Not changed, since it isn’t Fireside’s:"), *(f"  {each}" for each in kept))
    if remove:
        say(tr("To remove the app itself, delete {folder}.").format(folder=path.parent))
    elif str(_commands()) not in os.environ.get("PATH", "").split(os.pathsep):
        say(tr("To run `fireside` in a terminal, add {folder} to PATH.").format(folder=_commands()))
    return ANSWERED


def _installed(path: Path) -> tuple[list[Path], list[Path]]:
    """Write the files; return those written, and those of others that are in the way."""
    done, kept = [], []
    command = _commands() / "fireside"
    # By the link, whose path is an easy one: GLib ignores an entry whose program has a % in it.
    started = command if _is_own(command) else path
    for source, target in _places(path):
        if not _is_own(target):
            kept.append(target)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        if source == path:
            target.symlink_to(path)
        elif source.match(MENU_ENTRY):
            target.write_text(entry(source.read_text("utf-8"), started), "utf-8")
        elif source.match(_SERVICE):
            target.write_text(service(source.read_text("utf-8"), started), "utf-8")
        else:
            shutil.copyfile(source, target)
        done.append(target)
    _refresh()
    return done, kept


def _removed(path: Path) -> tuple[list[Path], list[Path]]:
    """Remove the same files; return those removed, and those of others that stay."""
    done, kept = [], []
    for _, target in _places(path):
        if not _is_own(target):
            kept.append(target)
        elif target.is_symlink() or target.exists():
            if target.match(_SERVICE):
                _run("systemctl", "--user", "disable", "--now", target.name)
            target.unlink()
            done.append(target)
    _refresh()
    return done, kept


def _places(path: Path) -> Iterator[tuple[Path, Path]]:
    """Yield what belongs where: files of the folder ``share``, and the program itself."""
    share = path.parent / "share"
    for source in sorted(share.rglob("*")):
        if source.is_file():
            yield source, _data() / source.relative_to(share)
    yield path, _commands() / "fireside"


def _is_own(target: Path) -> bool:
    """Whether nothing is there, or something that a version of this program put there."""
    if not target.is_symlink() and not target.exists():
        return True
    if target.parent == _commands():  # a link to a frozen Fireside, perhaps one that is gone
        to = target.readlink() if target.is_symlink() else Path()
        return to.name == "fireside" and (not to.exists() or (to.parent / "_internal").is_dir())
    if target.match(MENU_ENTRY) or target.match(_SERVICE):
        return _MARK in target.read_text("utf-8", errors="replace").splitlines()
    return True  # by a name that is only Fireside's


def entry(text: str, path: Path) -> str:
    """Return the menu entry with ``path`` as its program."""
    # In quotation marks these four need a backslash; the file's format wants each backslash twice.
    quoted = re.sub(r'(["`$\\])', r"\\\1", str(path)).replace("\\", r"\\").replace("%", "%%")
    line = f'Exec="{quoted}" '
    text = re.sub(r"^Exec=\S+ ", lambda _: line, text, flags=re.MULTILINE)
    return f"{text.rstrip()}\n{_MARK}\n"


def service(text: str, path: Path) -> str:
    """Return the service with ``path`` as its program."""
    quoted = re.sub(r'(["\\])', r"\\\1", str(path)).replace("%", "%%")
    text = re.sub(r"^ExecStart=\S+ ", lambda _: f'ExecStart="{quoted}" ', text, flags=re.MULTILINE)
    return f"{text.rstrip()}\n{_MARK}\n"


def _data() -> Path:
    """Return the folder of the person's data, which must be absolute to count."""
    told = Path(os.environ.get("XDG_DATA_HOME", ""))
    return told if told.is_absolute() else Path.home() / ".local" / "share"


def _commands() -> Path:
    return Path.home() / ".local" / "bin"


def _refresh() -> None:
    """Have desktops notice, as far as this one has the programs for it."""
    with suppress(OSError):
        os.utime(_data() / "icons" / "hicolor")
    for name, folder in (
        ("update-mime-database", _data() / "mime"),
        ("update-desktop-database", _data() / "applications"),
    ):
        if folder.is_dir():
            _run(name, str(folder))


def _run(*command: str) -> None:
    """Run a command of the system's, where there is one."""
    if shutil.which(command[0]):
        subprocess.run(command, capture_output=True, check=False)
