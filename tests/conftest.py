"""Rules for every test: a home folder of its own, no network, no processes left running."""

from __future__ import annotations

import gc
import ipaddress
import itertools
import multiprocessing
import os
import random
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import hypothesis
import psutil
import pytest

from app.base import system_files
from tests.fakes.administrator import Administrator

# Set before Qt is loaded. A test that wants a real screen sets it for its own process.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# There is no deadline, and none for making examples: their time means nothing while other tests
# share the processors. The examples are the same each time, so that a failure comes from the change
# under test. FIRESIDE_EXPLORE=1 looks for new ones, three times as many.
_EXPLORE = "FIRESIDE_EXPLORE" in os.environ
hypothesis.settings.register_profile(
    "fireside",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=not _EXPLORE,
    max_examples=100 if _EXPLORE else 30,
)
hypothesis.settings.load_profile("fireside")

_FOREIGN = (
    *("FIRESIDE_DATA_DIR", "HF_HOME", "HF_TOKEN", "HF_ENDPOINT", "HF_HUB_CACHE"),
    *("LANGUAGE", "LC_ALL", "LC_MESSAGES"),
)
_PLACES = ("roaming", "local", "data", "config", "cache", "state", "run")
_PATIENCE_S = 60.0  # of those that end a test, on a busy machine
_monotonic = time.monotonic  # a test may have another one, until after its leaks were looked for


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Register pytest-qt's options, so that ``-p no:pytest-qt`` accepts this configuration."""
    if not pluginmanager.hasplugin("pytest-qt"):
        parser.addini("qt_log_level_fail", "an option of pytest-qt")
        parser.addini("qt_log_ignore", "another one", type="linelist")
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run the tests in another order")


def pytest_configure() -> None:
    """Be as low as the app's processes in the background, which would starve beside the tests."""
    if sys.platform != "win32":
        own = psutil.Process()
        own.nice(max(10, own.nice()))
    # Once: what serves a web to a module's tests sets it for all of them (`fakes/web`).
    os.environ.pop("SSL_CERT_FILE", None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle the tests if a seed is given, since they must pass in any order."""
    seed = config.getoption("--shuffle")
    if seed is not None:
        random.Random(seed).shuffle(items)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave what all tests share to itself: else every collection of garbage looks at it."""
    gc.disable()  # a sixth of the time; and nearly all that is made stays
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


_numbers = itertools.count()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty folder, as pytest's own does, which looks at all the others each time."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    folder = tmp_path_factory.getbasetemp() / f"{name}{next(_numbers)}"
    folder.mkdir(0o700)
    return folder


class _Homes:
    """Home folders, of which one that a test has left as it was is the next one's, too."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._last: Path | None = None
        self._made: object = None

    def empty(self) -> Path:
        """Return an empty one."""
        if self._last is None or _seen(self._last) != self._made:
            # Short, since a socket's path is limited to about 100 characters.
            self._last = self._root / f"h{next(_numbers)}"
            for place in ("", *_PLACES):
                os.mkdir(os.path.join(self._last, place), 0o700)
            self._made = _seen(self._last)
        return self._last


def _seen(home: Path) -> object:
    """Return what is to be seen of a home and its places."""
    try:
        places = [os.path.join(home, place) for place in ("", *_PLACES)]
        return [(os.lstat(place).st_mode, sorted(os.listdir(place))) for place in places]
    except OSError:
        return None


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> _Homes:
    return _Homes(tmp_path_factory.getbasetemp())


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, homes: _Homes) -> Path:
    """Return an empty home folder with the standard folders of all three systems."""
    folder = homes.empty()
    path = str(folder)
    places = {
        "HOME": "",
        "USERPROFILE": "",
        "APPDATA": "roaming",
        "LOCALAPPDATA": "local",
        "WIN_PD_OVERRIDE_LOCAL_APPDATA": "local",  # platformdirs asks Windows, not the environment
        "XDG_DATA_HOME": "data",
        "XDG_CONFIG_HOME": "config",
        "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state",
        "XDG_RUNTIME_DIR": "run",
    }
    environment = {
        **{name: os.path.join(path, place) if place else path for name, place in places.items()},
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "LANG": "C.UTF-8",  # for English output of commands
        # A folder without certificates: to read the system's takes a client 40 ms.
        "SSL_CERT_DIR": os.path.join(path, "run"),
    }
    # Nothing needs what was set before the tests, so it is not set again after each.
    for name, value in environment.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    for name in _FOREIGN:
        os.environ.pop(name, None)
    # Nothing that an administrator has set on this computer counts.
    monkeypatch.setattr(system_files, "system_folder", lambda: folder / "system")
    return folder


@pytest.fixture
def administrator(home: Path, monkeypatch: pytest.MonkeyPatch) -> Administrator:
    """Return one whose files Fireside reads."""
    if sys.platform == "win32":  # there, files in a user's folder are the user's
        monkeypatch.setattr(system_files, "others_can_write", lambda path, handle: False)
    return Administrator(system_files.system_folder())


def _is_here(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forbid every connection except to this computer.

    An attempt raises OSError, as it would without a network, and the test fails even if that was
    handled.
    """
    tried: list[object] = []

    def guarded(real: Callable[..., Any], host_of: Callable[..., object]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            host = host_of(*args)
            if not _is_here(host):
                tried.append(host)
                raise OSError(f"a test tried to reach {host!r}")
            return real(*args, **kwargs)

        return call

    def peer(sock: socket.socket, address: Any) -> object:
        inet = sock.family in (socket.AF_INET, socket.AF_INET6)
        return address[0] if inet else None

    for name in ("connect", "connect_ex"):
        real = getattr(socket.socket, name)
        monkeypatch.setattr(socket.socket, name, guarded(real, peer))
    monkeypatch.setattr(
        socket, "getaddrinfo", guarded(socket.getaddrinfo, lambda host=None, *_: host)
    )
    yield
    if tried:
        pytest.fail(f"tried to reach {tried}", pytrace=False)


def _threads() -> set[threading.Thread]:
    # Dummy threads are Qt's threads that once ran Python; they outlive the test.
    return {t for t in threading.enumerate() if not isinstance(t, threading._DummyThread)}


def _has_children() -> bool:
    """Return whether there may be processes of ours: on Linux the kernel says so at once."""
    # Python's own helper stays as long as this process.
    tracker = getattr(resource_tracker._resource_tracker, "_pid", None)
    try:
        for task in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{task}/children", "rb", buffering=0) as children:
                if any(int(pid) != tracker for pid in children.read().split()):
                    return True
        return False
    except OSError:
        return True


def _children() -> set[psutil.Process]:
    multiprocessing.active_children()  # reaps the ones that ended
    if not _has_children():
        return set()
    found = set()
    for child in psutil.Process().children(recursive=True):
        try:
            helper = any("multiprocessing.resource_tracker" in arg for arg in child.cmdline())
            if not helper and child.status() != psutil.STATUS_ZOMBIE:
                found.add(child)
        except psutil.Error:
            continue  # it ended meanwhile
    return found


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Fail a test that leaves threads or processes behind, and name them."""
    threads, children = _threads(), _children()
    yield
    deadline = _monotonic() + _PATIENCE_S
    while (left := (_threads() - threads) | (_children() - children)) and (_monotonic() < deadline):
        time.sleep(0.02)
    for leaked in left:
        if isinstance(leaked, psutil.Process):
            leaked.kill()  # so that the next tests are not affected
    if left:
        pytest.fail(f"left running: {sorted(map(_describe, left))}", pytrace=False)


def _describe(leaked: threading.Thread | psutil.Process) -> str:
    if isinstance(leaked, threading.Thread):
        return f"thread {leaked.name}"
    try:
        return f"process {leaked.pid}: {' '.join(leaked.cmdline())}"
    except psutil.Error:
        return f"process {leaked.pid}"
