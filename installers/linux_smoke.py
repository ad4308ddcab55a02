"""The test of the packages for Linux.

A fresh Debian 12 gets the .deb and what it depends on, a person without rights starts it from the
desktop's menu, chats, loses the model's process, chats on; then it is removed. The archive is
unpacked in fresh Debians 12 and 13, with nothing but the packages that it asks for itself, is
installed for that person and removed. The .rpm comes to another and goes.

Needs root, a network for debootstrap and apt, rpm, Xvfb, xdotool, and ImageMagick for the picture.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

BASE = Path(__file__).resolve().parents[1] / "build" / "debian"
_MIRROR = "http://deb.debian.org/debian"
_HOME = "home/person"
_PATIENCE_S = 120.0
_DISPLAY = os.environ.get("FIRESIDE_TEST_DISPLAY", ":73")


def check(dist: Path) -> None:
    """Test the packages in ``dist``; what it looked like is in ``build/debian/``.

    Raises AssertionError.
    """
    _check_deb(next(dist.glob("fireside_*.deb")))
    for suite in ("bookworm", "trixie"):
        _check_archive(next(dist.glob("fireside-[0-9]*.tar.xz")), suite)
    for package in dist.glob("fireside-[0-9]*.rpm"):
        _check_rpm(package)


def _check_deb(package: Path) -> None:
    with _debian("bookworm") as root:
        before = _tree(root)
        shutil.copy(package, root / "tmp")
        inside(root, "apt-get", "install", "-y", "--no-install-recommends", f"/tmp/{package.name}")
        installed = inside(root, "dpkg", "-L", "fireside").split("\n")
        _smoke("fireside")
        print(subprocess.run(person("fireside", "doctor"), capture_output=True, text=True).stdout)
        _serve("fireside")
        with _screen():
            _chat(root)
        inside(root, "apt-get", "purge", "-y", "fireside")
        left = {path for path in _tree(root) - before if "fireside" in path.lower()}
        left |= {path for path in installed if (root / path[1:]).is_file()}
        assert not left, left
        assert (root / _HOME / ".local/share/Fireside/chats.db").exists()
        print(f"{package.name}: removed; what is left is the person's data")


def _check_archive(archive: Path, suite: str) -> None:
    with _debian(suite) as root:
        folder = root / _HOME / "Jörgs 100 % Programme"
        folder.mkdir()
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="tar")
        inside(root, "chown", "-R", "person:", f"/{_HOME}")
        program = f"/{next(folder.iterdir()).relative_to(root)}/fireside"
        done = subprocess.run(person(program), capture_output=True, text=True)
        assert done.returncode == 1, done
        wanted = re.findall(r"sudo apt install (.*)", done.stderr)
        assert len(wanted) == 1, done
        inside(root, "apt-get", "update")
        inside(root, "apt-get", "install", "-y", "--no-install-recommends", *wanted[0].split())
        _smoke(program)
        subprocess.run(person("mkdir", "-p", f"/{_HOME}/.local/share"), check=True)
        before = set((root / _HOME).rglob("*"))
        subprocess.run(person(program, "--install"), check=True)
        entry = (root / _HOME / ".local/share/applications/fireside.desktop").read_text("utf-8")
        (line,) = re.findall(r"^Exec=(.*)$", entry, re.MULTILINE)
        _smoke(shlex.split(line)[0])
        subprocess.run(person(program, "--uninstall"), check=True)
        left = {path for path in set((root / _HOME).rglob("*")) - before if not path.is_dir()}
        assert not [path for path in left if ".local/share/Fireside/" not in str(path)], left
        print(f"{archive.name}: tried in {suite}")


def _check_rpm(package: Path) -> None:
    with _debian("bookworm") as root:
        before = _tree(root)
        shutil.copy(package, root / "tmp")
        rpm = ("rpm", "--root", str(root), "--dbpath", "/var/lib/rpm")
        subprocess.run([*rpm, "-i", "--nodeps", str(package)], check=True)
        subprocess.run([*rpm, "-V", "--nodeps", "fireside"], check=True)
        print(
            subprocess.run(person("fireside", "--version"), capture_output=True, text=True).stdout
        )
        subprocess.run([*rpm, "-e", "fireside"], check=True)
        left = {path for path in _tree(root) - before if "fireside" in path.lower()}
        assert not left, left
        print(f"{package.name}: installed and removed")


@contextlib.contextmanager
def _debian(suite: str) -> Iterator[Path]:
    """Make a new Debian with nothing but what every one has, and a person in it."""
    fresh, root = BASE / f"fresh-{suite}", BASE / "root"
    if not (fresh / "etc/debian_version").exists():
        BASE.mkdir(parents=True, exist_ok=True)
        partial = fresh.with_suffix(".partial")
        subprocess.run(["debootstrap", "--variant=minbase", suite, partial, _MIRROR], check=True)
        partial.rename(fresh)
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["cp", "-a", fresh, root], check=True)
    mounts = {
        "/proc": "proc",
        "/dev": "dev",
        "/dev/pts": "dev/pts",
        "/dev/shm": "dev/shm",
        "/tmp/.X11-unix": "tmp/.X11-unix",
    }
    Path("/tmp/.X11-unix").mkdir(mode=0o1777, exist_ok=True)
    mounted = []
    try:
        for source, target in mounts.items():
            (root / target).mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "--bind", source, root / target], check=True)
            mounted.append(root / target)
        inside(root, "useradd", "--create-home", "person")
        yield root
    finally:
        for place in reversed(mounted):
            subprocess.run(["umount", place])


def inside(root: Path, *command: str) -> str:
    """Return what a command says that root runs in the new system."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"}
    print(f"$ {shlex.join(command)}", flush=True)
    done = subprocess.run(
        ["chroot", root, *command], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def person(*command: str) -> list[str]:
    """Return the command line that runs another as the person in the new system."""
    environment = f"HOME=/{_HOME} PATH=/usr/bin:/bin LANG=C.UTF-8 DISPLAY={_DISPLAY}".split()
    root = str(BASE / "root")
    return ["chroot", "--userspec=person", root, "env", "-i", "-C", "/tmp", *environment, *command]


def _smoke(program: str) -> None:
    """Open the window without a screen."""
    done = subprocess.run(
        person("env", "-u", "DISPLAY", program, "--smoke"), capture_output=True, text=True
    )
    # Qt says so of the offscreen platform.
    said = re.sub(r"^This plugin does not support .*\n", "", done.stderr, flags=re.MULTILINE)
    assert (done.returncode, said) == (0, ""), done
    print(f"{program} --smoke: 0, and nothing on stderr")


def _serve(program: str) -> None:
    """Have the local server run for some seconds, and end it by a signal."""
    limited = person("timeout", "--preserve-status", "--signal=TERM", "20", program)
    options = ("serve", "--port", "18347", "--token-file", "token")
    done = subprocess.run([*limited, *options], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout.startswith("Serving demo at http://127.0.0.1:18347/v1\n"), done
    print(f"{program} serve: ended by a signal")


@contextlib.contextmanager
def _screen() -> Iterator[None]:
    server = subprocess.Popen(
        ["Xvfb", _DISPLAY, "-screen", "0", "1400x1000x24", "-ac"], stderr=subprocess.DEVNULL
    )
    try:
        _until(lambda: Path(f"/tmp/.X11-unix/X{_DISPLAY[1:]}").exists(), "Xvfb")
        yield
    finally:
        server.terminate()
        server.wait()


def _chat(root: Path) -> None:
    """Chat by keys with the demo model, whose process is killed in between."""
    data, chosen = f"/{_HOME}/.local/share/Fireside", shlex.quote(json.dumps({"model": "demo"}))
    write = f"mkdir -p {data} && echo {chosen} > {data}/settings.json"
    subprocess.run(person("sh", "-c", write), check=True)
    entry = (root / "usr/share/applications/fireside.desktop").read_text("utf-8")
    line = re.findall(r"^Exec=(.*)$", entry, re.MULTILINE)[0]
    program = subprocess.Popen(person(*shlex.split(line.replace("%f", ""))), stderr=subprocess.PIPE)
    try:
        window = _until(
            lambda: xdotool("search", "--onlyvisible", "--name", "Fireside"), "a window"
        )
        time.sleep(5)
        _ask(window, "What is the capital of France?")
        _until(lambda: "Paris" in _answers(root), "an answer")
        engine = _engine()
        os.kill(engine, signal.SIGKILL)
        time.sleep(3)
        _ask(window, "What is the capital of Italy?")
        _until(lambda: "Rome" in _answers(root), "an answer after the model's process was killed")
        print(f"two answers, the second after process {engine} was killed; {BASE / 'chat.png'}")
    finally:
        time.sleep(2)
        picture = ["import", "-display", _DISPLAY, "-window", "root", str(BASE / "chat.png")]
        subprocess.run(picture, check=True)
        xdotool("key", "--clearmodifiers", "ctrl+q")
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(10)
        program.terminate()
        said = program.communicate()[1]
    assert not said, said.decode()


def _ask(window: str, question: str) -> None:
    xdotool("windowfocus", window)
    time.sleep(0.5)
    xdotool("type", "--delay", "30", question)
    xdotool("key", "Return")


def _answers(root: Path) -> str:
    """Return all that was answered so far, as the database has it."""
    path = root / _HOME / ".local/share/Fireside/chats.db"
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return repr(database.execute("SELECT text FROM part").fetchall())
    except sqlite3.Error:  # not yet
        return ""


def _engine() -> int:
    """Return the id of the process that runs the model: it has llama.cpp's libraries."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if "/llama_cpp/lib/" in (process / "maps").read_text():
                root = os.readlink(process / "root")
                if root == str(BASE / "root"):
                    return int(process.name)
    raise AssertionError("no process runs the model")


def _tree(root: Path) -> set[str]:
    """Return every path but the person's, what runs, and apt's and dpkg's own records."""
    own = ("home", "proc", "dev", "tmp", "var/lib/dpkg", "var/lib/apt", "var/cache", "var/log")
    passed = " ".join(f"-path ./{name} -prune -o" for name in own).split()
    find = ["find", ".", "-xdev", *passed, "-print"]
    said = subprocess.run(find, cwd=root, stdout=subprocess.PIPE, text=True, check=True)
    return set(said.stdout.split("\n"))


def xdotool(*arguments: str) -> str:
    return subprocess.run(
        ["xdotool", *arguments],
        env={**os.environ, "DISPLAY": _DISPLAY},
        capture_output=True,
        text=True,
    ).stdout


def _until(found: Callable[[], object], what: str) -> str:
    """Wait for ``found`` to return something; return it."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if result := found():
            return str(result).strip()
        time.sleep(0.2)
    raise AssertionError(f"{what} did not come within {_PATIENCE_S:.0f} s")
