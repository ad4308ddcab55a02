"""What a process may try that is behind the wall alone, as if WebAssembly had been broken.

What an attempt returns is what the attacker says. Nothing here harms a computer without a wall.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import resource
import signal
import socket
import struct
import termios
import threading
from contextlib import suppress
from pathlib import Path

from tests.attacks.world import World, raw, vector

TOO_MUCH = 6 << 30
_UNRESERVED = 0x4000  # MAP_NORESERVE: a small computer grants it, too
_kept: list[object] = []  # what an attempt has opened, until the next one


def forget() -> None:
    """Let go of what the last attempt has opened."""
    for each in _kept:
        if isinstance(each, int):
            os.close(each)
    _kept.clear()


# --- Files ------------------------------------------------------------------------------------


def open_around(world: World) -> bytes:
    """Read the key by roundabout paths."""
    ways = (
        f"{world.scratch}/../{world.home.name}/.ssh/id_ed25519",
        f"/proc/self/root{world.key}",
        f"/proc/self/cwd/../{world.home.name}/.ssh/id_ed25519",
    )
    for way in ways:
        with suppress(OSError):
            return Path(way).read_bytes()
    os.symlink(world.key, world.scratch / "link")
    return (world.scratch / "link").read_bytes()


def replace_module(world: World) -> None:
    world.module.unlink()
    world.module.write_bytes(b"poison")


def rename_over_module(world: World) -> None:
    evil = world.scratch / "evil"
    evil.write_bytes(b"poison")
    os.rename(evil, world.module)


def rewrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"poison")


def set_attribute(world: World) -> None:
    raw("setxattr", bytes(world.key), b"user.poison", b"x", 1, 0)


def leave_links(world: World) -> None:
    os.symlink("/etc/passwd", world.scratch / "plot.png")


def leave_pipe(world: World) -> None:
    os.mkfifo(world.scratch / "data.csv")


def hard_link(world: World) -> bytes:
    os.link(world.key, world.scratch / "key")
    return (world.scratch / "key").read_bytes()


def inherited(_: World) -> bytes:
    """Read whatever descriptors are open already."""
    found = b""
    for number in range(3, 200):
        with suppress(OSError):
            found += os.pread(number, 4096, 0)
    return found


def own_environment(_: World) -> bytes:
    """Look for the environment in the process's own memory, beside its arguments."""
    found = repr(dict(os.environ)).encode()
    with suppress(OSError):
        found += Path("/proc/self/environ").read_bytes()
    end = ctypes.c_void_p.in_dll(ctypes.CDLL(None), "__libc_stack_end").value or 0
    arguments = ctypes.cast(end, ctypes.POINTER(ctypes.c_void_p))
    if first := arguments[1]:  # its strings come before the variables
        found += ctypes.string_at(first, 4096)
    return found


# --- Sockets ----------------------------------------------------------------------------------


def connect(family: int, address: object, kind: int = socket.SOCK_STREAM) -> None:
    with socket.socket(family, kind) as made:
        made.settimeout(1)
        made.connect(address)  # type: ignore[arg-type]
        made.send(b"hello")


def listen(_: World) -> bytes:
    server = socket.create_server(("127.0.0.1", 0))
    _kept.append(server)
    return str(server.getsockname()[1]).encode()


def odd_sockets(_: World) -> bytes:
    made = b""
    for family, kind, protocol in ((16, 3, 0), (40, 1, 0), (17, 3, 0)):  # netlink, vsock, packet
        with suppress(OSError):
            _kept.append(socket.socket(family, kind, protocol))
            made += b"%d " % family
    return made


# --- Processes --------------------------------------------------------------------------------


def execute(world: World) -> None:
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", f"echo x > {world.outside}/executed"], {})
    os.waitpid(pid, 0)


def become(world: World) -> None:
    """Execute another program in this process's place; the victim then starts another child."""
    os.execve("/bin/sh", ["sh", "-c", f"echo x > {world.outside}/become"], {})


def call_as_32_bit(world: World) -> None:
    """Signal the parent by the 32-bit numbers of system calls, which another filter would miss."""
    code = bytes.fromhex("53 b825000000 89fb 89f1 cd80 5b c3")  # push; eax=kill; int 0x80; pop; ret
    memory = mmap.mmap(
        -1, 4096, flags=_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    )
    memory.write(code)
    _kept.append(memory)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)(address)(
        world.parent, signal.SIGUSR1
    )


def call_by_x32(world: World) -> None:
    """Signal the parent by x86-64's second set of numbers."""
    ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 + 62), world.parent, signal.SIGUSR1)


def fork(world: World) -> bytes:
    pid = os.fork()
    if pid == 0:
        (world.scratch / "forked").write_text(str(os.getpid()))
        os._exit(0)
    os.waitpid(pid, 0)
    return (world.scratch / "forked").read_bytes()


def raw_clone(world: World) -> bytes:
    pid = raw("clone", signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return str(pid).encode()


def raw_clone3(world: World) -> bytes:
    arguments = ctypes.create_string_buffer(struct.pack("=8Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0))
    pid = raw("clone3", arguments, 64)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return str(pid).encode()


def queue_signal(world: World) -> None:
    info = ctypes.create_string_buffer(struct.pack("=iii", signal.SIGUSR1, 0, -1), 128)
    raw("rt_sigqueueinfo", world.parent, signal.SIGUSR1, info)


def signal_by_descriptor(world: World) -> None:
    descriptor = raw("pidfd_open", world.parent, 0)
    raw("pidfd_send_signal", descriptor, signal.SIGUSR1, 0, 0)


def signal_by_pipe(world: World) -> None:
    """Let the kernel send it, when a pipe becomes readable."""
    reading, writing = os.pipe()
    fcntl.fcntl(reading, 10, signal.SIGUSR1)  # F_SETSIG
    fcntl.fcntl(reading, fcntl.F_SETOWN, world.parent)
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(writing, b"x")


def trace(world: World) -> None:
    raw("ptrace", 0x4206, world.parent, 0, 0)  # PTRACE_SEIZE


def read_by_file(world: World) -> bytes:
    with Path(f"/proc/{world.parent}/mem").open("rb", buffering=0) as file:
        file.seek(world.address)
        return file.read(64)


def read_by_call(world: World) -> bytes:
    buffer = ctypes.create_string_buffer(64)
    here = vector(ctypes.addressof(buffer), 64)
    raw("process_vm_readv", world.parent, here, 1, vector(world.address, 64), 1, 0)
    return buffer.raw


def write_by_call(world: World) -> None:
    buffer = ctypes.create_string_buffer(b"poisoned", 8)
    here = vector(ctypes.addressof(buffer), 8)
    raw("process_vm_writev", world.parent, here, 1, vector(world.counter, 8), 1, 0)


def limit_parent(world: World) -> None:
    _, hard = resource.prlimit(world.parent, resource.RLIMIT_NOFILE)
    resource.prlimit(world.parent, resource.RLIMIT_NOFILE, (50, hard))


def slow_parent(world: World) -> None:
    os.setpriority(os.PRIO_PROCESS, world.parent, 19)


def pin_parent(world: World) -> None:
    os.sched_setaffinity(world.parent, [min(os.sched_getaffinity(0))])


def second_thread(world: World) -> bytes:
    """Read and fork where a wall that holds one thread only would not hold."""
    found: list[bytes] = []

    def work() -> None:
        for step in (lambda: found.append(world.key.read_bytes()), lambda: fork(world)):
            with suppress(OSError):
                step()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return b"".join(found)


# --- The terminal, and what else the kernel offers ----------------------------------------------


def write_to_terminal(world: World) -> None:
    terminal = os.open(world.terminal, os.O_RDWR | os.O_NOCTTY)
    os.write(terminal, b"\x1b]0;poison\x07")


def type_into_terminal(world: World) -> None:
    terminal = os.open(world.terminal, os.O_RDWR | os.O_NOCTTY)
    for byte in b"rm -rf\n":
        fcntl.ioctl(terminal, termios.TIOCSTI, bytes([byte]))


def memory_file(_: World) -> bytes:
    _kept.append(os.memfd_create("poison"))
    return b"made"


def kernel_doors(_: World) -> bytes:
    """Open what has been the way into many a kernel."""
    opened = b""
    attributes = ctypes.create_string_buffer(struct.pack("=IIIII", 2, 4, 8, 1, 0), 128)
    doors: tuple[tuple[str, tuple[int | ctypes.Array[ctypes.c_char], ...]], ...] = (
        ("io_uring_setup", (4, ctypes.create_string_buffer(256))),
        ("userfaultfd", (1,)),
        ("inotify_init1", (0,)),
        ("pidfd_open", (os.getpid(), 0)),
        ("bpf", (0, attributes, 72)),
        ("fanotify_init", (0, 0)),
        (
            "perf_event_open",
            (ctypes.create_string_buffer(struct.pack("=II", 1, 64), 64), 0, -1, -1, 0),
        ),
        ("memfd_secret", (0,)),
    )
    for name, arguments in doors:
        with suppress(OSError):
            _kept.append(raw(name, *arguments))
            opened += name.encode() + b" "
    return opened


def leave_namespaces(_: World) -> bytes:
    with suppress(OSError):
        raw("unshare", 0x08000000)  # CLONE_NEWIPC, for root
        return b"left"
    raw("unshare", 0x10000000 | 0x08000000)  # with CLONE_NEWUSER
    return b"left"


def keep_in_kernel(_: World) -> bytes:
    """Keep a secret in the kernel's keys, which outlive the process."""
    return str(raw("add_key", b"user", b"fireside-poison", b"x", 1, -4)).encode()


# --- More than its share ------------------------------------------------------------------------

_PRIVATE = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)
_SHARED = getattr(mmap, "MAP_SHARED", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)


def take(_: World) -> None:
    """Take memory the ordinary way; the pages are touched where it is granted."""
    _kept.append(mmap.mmap(-1, TOO_MUCH, flags=_PRIVATE | _UNRESERVED))


def take_shared(_: World) -> None:
    _kept.append(mmap.mmap(-1, TOO_MUCH, flags=_SHARED | _UNRESERVED))


def take_stack(_: World) -> None:
    grows_down = 0x100
    _kept.append(mmap.mmap(-1, TOO_MUCH, flags=_PRIVATE | _UNRESERVED | grows_down))


def large_file(world: World) -> None:
    with (world.scratch / "large").open("wb") as file:
        file.truncate(1 << 30)


def many_descriptors(_: World) -> bytes:
    for _each in range(500):
        _kept.append(os.dup(0))
    return b"500"


def raise_limits(_: World) -> None:
    for most in (resource.RLIM_INFINITY, 1 << 30):
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (most, most))


def outlive(_: World) -> None:
    """Ask not to be ended with the parent."""
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
