"""The operating system's wall around Python. `tests.attacks` has the attempts."""

from __future__ import annotations

import ctypes
import importlib
import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.tools.python import wall
from app.tools.python.wall import examination, seccomp, system_calls, windows
from app.tools.python.wall.detachment import own_files
from tests.attacks import filter as bpf
from tests.attacks.__main__ import OTHER_USER, printed, start
from tests.attacks.attempts import ATTEMPTS

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="Linux's wall")

_HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_*, of linux/audit.h
_I386 = 0x40000003
_CODE = {  # of each machine; the names are the kernel's
    machine: seccomp.assembled(seccomp.program(machine, pid=77)) for machine in _AUDIT
}


@linux_only
def test_no_native_attempt_gets_through_the_wall_and_each_does_without() -> None:
    """Also as another user: as root, modes stop nothing, and there is more to lose."""
    users = [[], ["--user", OTHER_USER]] if os.getuid() == 0 else [[]]
    for user in users:
        # One after the other: without the wall, a signal to everything reaches the other one, too.
        walled = printed(start("victim", *user))
        without = printed(start("victim", "--bare", *user))
        holds = {layer.split()[0] for layer in walled["holds"]["layers"]} | {"detached"}
        assert walled["holds"]["missing"] == [] or "seccomp" in holds
        through = [
            row["name"] for row in walled["rows"] if row["succeeded"] and row["layer"] in holds
        ]
        failed = [
            (row["name"], row["said"])
            for row in without["rows"]
            if not row["succeeded"] and not row["needs"]
        ]
        assert (through, failed) == ([], [])
        assert len(walled["rows"]) == len(ATTEMPTS) >= 24


@linux_only
def test_what_a_kernel_lacks_is_told_and_the_rest_holds() -> None:
    found = printed(start("kernels"))
    for case, result in found.items():
        if case == "Landlock 0":
            assert result["missing"] == ["Landlock"], case
            assert set(result["can"]) == {"read", "write", "scratch", "thread"}, case
        elif case.startswith("Landlock"):
            assert case in result["layers"], case
            assert set(result["can"]) == {"scratch", "thread"}, case
        else:
            assert "seccomp" in result["missing"], case
            assert "read" not in result["can"], case


@linux_only
def test_the_wall_here_is_examined_by_a_process_behind_it() -> None:
    told = examination.examine()
    assert told is not None
    assert {"limits", "seccomp"} & set(told.layers)
    assert all(layer.split()[0] not in told.missing for layer in told.layers)


@linux_only
def test_a_process_with_threads_is_refused(tmp_path: Path) -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with pytest.raises(RuntimeError):
            wall.lock((), tmp_path, 1 << 30)
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("machine", _AUDIT)
def test_the_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    header = _HEADERS[machine]
    if not header.exists():
        pytest.skip("needs linux-libc-dev")
    defined = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    defined |= {"newfstatat": defined.get("fstatat", defined.get("newfstatat"))}
    for table in (system_calls.WHOLLY[machine], system_calls.PARTLY[machine]):
        assert {name: int(defined[name]) for name in table} == table


Case = tuple[str, tuple[int, ...], bool]
_CASES: list[Case] = [
    ("openat", (0, 0, 0), True),
    ("openat", (0, 0, 0o1101), True),  # for writing: Landlock's matter
    ("openat", (0, 0, 0o1000), False),  # emptied while reading
    ("clone", (0x3D0F00,), True),  # as glibc starts a thread
    ("clone", (17,), False),  # a process
    ("clone", (0x3D0F00 | 0x10000000,), False),  # in another namespace of users
    ("clone", (0x3D0F00 | 0x40000000,), False),  # … of networks
    ("clone3", (0, 88), False),
    ("fcntl", (3, 1030), True),  # F_DUPFD_CLOEXEC
    ("fcntl", (3, 8), False),  # F_SETOWN
    ("fcntl", (3, 10), False),  # F_SETSIG
    ("ioctl", (0, 0x5401), True),
    ("ioctl", (0, 0x5412), False),  # TIOCSTI
    ("madvise", (0, 0, 4), True),
    ("madvise", (0, 0, 100), False),
    ("mmap", (0, 1, 3, 0x22), True),
    ("mmap", (0, 1, 1, 0x01), True),  # of a file
    ("mmap", (0, 1, 3, 0x21), False),
    ("mmap", (0, 1, 3, 0x122), False),
    ("prctl", (15,), True),
    ("prctl", (1,), False),  # PR_SET_PDEATHSIG
    ("prctl", (4,), False),  # PR_SET_DUMPABLE
    ("prlimit64", (0,), True),
    ("prlimit64", (77,), True),
    ("prlimit64", (78,), False),
    ("tgkill", (77, 78, 6), True),
    ("tgkill", (78, 78, 6), False),
    ("read", (0,), True),
]


@pytest.mark.parametrize("machine", _AUDIT)
def test_the_filter_judges_calls_by_their_arguments(machine: str) -> None:
    """Arm's filter cannot run here, so both run in an interpreter."""
    numbers = system_calls.WHOLLY[machine] | system_calls.PARTLY[machine]
    for name, arguments, allowed in _CASES:
        for upper in (0, 0xDEADBEEF << 32):  # which the kernel ignores
            high = tuple(each | upper for each in arguments)
            said = bpf.verdict(_CODE[machine], _AUDIT[machine], numbers[name], *high)
            assert (said == bpf.ALLOW) is allowed, (name, arguments)


@pytest.mark.parametrize("machine", _AUDIT)
def test_the_filter_shuts_what_it_does_not_know(machine: str) -> None:
    numbers = system_calls.WHOLLY[machine] | system_calls.PARTLY[machine]
    for number in set(range(1024)) - set(numbers.values()):
        assert bpf.verdict(_CODE[machine], _AUDIT[machine], number) == 0x50026  # ENOSYS
    assert len(set(numbers.values())) == len(numbers)
    other = {"x86_64": "aarch64", "aarch64": "x86_64"}[machine]
    for foreign in (_AUDIT[other], _I386):
        assert bpf.verdict(_CODE[machine], foreign, numbers["read"]) == bpf.KILL
    assert bpf.verdict(_CODE[machine], _AUDIT[machine], 0x40000000) == bpf.KILL
    assert len(_CODE[machine]) // 8 < 4096  # BPF_MAXINSNS


def test_the_folder_of_the_start_is_not_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the first place for modules, and may be the user's home."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    files = set(own_files())
    assert tmp_path not in files
    assert Path(os.__file__).parent in files
    assert any(path.name == "site-packages" for path in files)


def test_a_frozen_program_reads_its_modules_from_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert {tmp_path, Path(sys.executable)} <= set(own_files())


@pytest.mark.parametrize("system", ["linux", "macos", "windows"])
def test_each_systems_wall_can_be_imported_on_every_system(system: str) -> None:
    lock: Callable[..., wall.Wall] = importlib.import_module(f"app.tools.python.wall.{system}").lock
    assert lock.__annotations__["return"] == "Wall"


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the size is that of 64 bits")
def test_the_limits_of_a_job_have_the_size_that_windows_expects() -> None:
    assert ctypes.sizeof(windows._Limits) == 144  # of winnt.h on 64 bits
