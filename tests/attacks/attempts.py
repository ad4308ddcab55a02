"""The table of native attempts, and what proves each, which the victim looks at."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.attacks import native
from tests.attacks.world import World, raw


class Evidence(Protocol):
    """What the victim can look at after an attempt. ``said`` is what the attacker returned."""

    world: World
    said: bytes
    child: int

    def shown(self, secret: str) -> bool:
        """Return whether the attacker shows a secret of this name."""

    def hits(self, place: str) -> bool:
        """Return whether something has arrived there since the attempt began."""

    def changed(self, path: Path) -> bool:
        """Return whether a file's bytes, mode, times or attributes are not those of before."""

    def has_descriptor(self, kind: str) -> bool:
        """Return whether the attacker holds a descriptor of this kind, as /proc names it."""

    def parent_changed(self, what: str) -> bool:
        """Return whether a value of the victim is not that of before."""

    def child_status(self, field: str) -> int:
        """Return a number of the attacker's /proc/…/status."""

    def survived(self) -> bool:
        """Return whether the attacker lives on after the one that started it has ended."""


Proof = Callable[[Evidence], bool]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt. ``layer`` is what of the wall stops it; ``needs`` what there must be to try."""

    name: str
    run: Callable[[World], object]
    proof: Proof
    layer: str
    needs: str = ""


def _another_process(evidence: Evidence) -> bool:
    return evidence.said.isdigit() and int(evidence.said) not in (0, evidence.child)


def _shown(*secrets: str) -> Proof:
    return lambda evidence: any(evidence.shown(each) for each in secrets)


def _changed(place: str, name: str = "") -> Proof:
    def proof(evidence: Evidence) -> bool:
        path: Path = getattr(evidence.world, place)
        return evidence.changed(path / name if name else path)

    return proof


def _hit(place: str) -> Proof:
    return lambda evidence: evidence.hits(place)


def _altered(what: str) -> Proof:
    return lambda evidence: evidence.parent_changed(what)


def _holds(kind: str) -> Proof:
    return lambda evidence: evidence.has_descriptor(kind)


def _is_large(evidence: Evidence) -> bool:
    file = evidence.world.scratch / "large"
    return file.exists() and file.stat().st_size == 1 << 30


def _took(evidence: Evidence) -> bool:
    return evidence.child_status("VmSize") > native.TOO_MUCH >> 10


_FILES, _CALLS, _LIMITS, _DETACHED = "Landlock", "seccomp", "limits", "detached"

ATTEMPTS = (
    Attempt("read a key", lambda w: w.key.read_bytes(), _shown("key"), _FILES),
    Attempt("read the chats", lambda w: w.database.read_bytes(), _shown("chats"), _FILES),
    Attempt("list the home folder", lambda w: repr(os.listdir(w.home)), _shown("name"), _FILES),
    Attempt("read a key by other paths", native.open_around, _shown("key"), _FILES),
    Attempt("read a key by a hard link", native.hard_link, _shown("key"), _FILES),
    Attempt(
        "write into the home folder",
        lambda w: (w.home / ".profile").write_text("x"),
        _changed("home", ".profile"),
        _FILES,
    ),
    Attempt(
        "empty the chats",
        lambda w: os.close(os.open(w.database, os.O_RDONLY | os.O_TRUNC)),
        _changed("database"),
        _FILES,
    ),
    Attempt(
        "rewrite the compiled module",
        lambda w: native.rewrite(w.module),
        _changed("module"),
        _FILES,
    ),
    Attempt(
        "empty the compiled module, reading",
        lambda w: os.open(w.module, os.O_RDONLY | os.O_TRUNC),
        _changed("module"),
        _CALLS,
    ),
    Attempt("replace the compiled module", native.replace_module, _changed("module"), _FILES),
    Attempt(
        "rename over the compiled module", native.rename_over_module, _changed("module"), _FILES
    ),
    Attempt(
        "make the module writable", lambda w: os.chmod(w.module, 0o666), _changed("module"), _CALLS
    ),
    Attempt(
        "change the program's code", lambda w: native.rewrite(w.code), _changed("code"), _FILES
    ),
    Attempt(
        "add to the program's code",
        lambda w: (w.program / "sitecustomize.py").write_text("x"),
        _changed("program", "sitecustomize.py"),
        _FILES,
    ),
    Attempt("open a key to everyone", lambda w: os.chmod(w.key, 0o644), _changed("key"), _CALLS),
    Attempt("change a file's date", lambda w: os.utime(w.key, (1, 1)), _changed("key"), _CALLS),
    Attempt("set a file's attributes", native.set_attribute, _changed("key"), _CALLS, "attributes"),
    Attempt("leave a symbolic link", native.leave_links, _changed("scratch", "plot.png"), _CALLS),
    Attempt(
        "leave a pipe that blocks its reader",
        native.leave_pipe,
        _changed("scratch", "data.csv"),
        _CALLS,
    ),
    Attempt("use inherited descriptors", native.inherited, _shown("key", "descriptor"), _DETACHED),
    Attempt("find the environment", native.own_environment, _shown("environment"), _DETACHED),
    Attempt(
        "connect by TCP",
        lambda w: native.connect(socket.AF_INET, ("127.0.0.1", w.tcp)),
        _hit("tcp"),
        _CALLS,
    ),
    Attempt(
        "connect by TCP, IPv6",
        lambda w: native.connect(socket.AF_INET6, ("::1", w.tcp6)),
        _hit("tcp6"),
        _CALLS,
        "IPv6",
    ),
    Attempt(
        "send by UDP",
        lambda w: native.connect(socket.AF_INET, ("127.0.0.1", w.udp), socket.SOCK_DGRAM),
        _hit("udp"),
        _CALLS,
    ),
    Attempt("listen", native.listen, _hit("listening"), _CALLS),
    Attempt(
        "connect to a unix socket",
        lambda w: native.connect(socket.AF_UNIX, str(w.socket)),
        _hit("unix"),
        _CALLS,
    ),
    Attempt(
        "connect to an abstract socket",
        lambda w: native.connect(socket.AF_UNIX, f"\0fireside-{w.parent}"),
        _hit("abstract"),
        _CALLS,
    ),
    Attempt(
        "make a netlink, vsock or packet socket", native.odd_sockets, _holds("socket:"), _CALLS
    ),
    Attempt("run a shell", native.execute, _changed("outside", "executed"), _CALLS),
    Attempt("become a shell", native.become, _changed("outside", "become"), _CALLS),
    Attempt("fork", native.fork, _another_process, _CALLS),
    Attempt("fork by clone", native.raw_clone, _another_process, _CALLS),
    Attempt("fork by clone3", native.raw_clone3, _another_process, _CALLS),
    Attempt(
        "signal the parent", lambda w: os.kill(w.parent, signal.SIGUSR1), _hit("signal"), _CALLS
    ),
    Attempt("signal everything", lambda _: os.kill(-1, signal.SIGCONT), _hit("continued"), _CALLS),
    Attempt(
        "signal a thread of the parent",
        lambda w: raw("tgkill", w.parent, w.parent, signal.SIGUSR1),
        _hit("signal"),
        _CALLS,
    ),
    Attempt("queue a signal", native.queue_signal, _hit("signal"), _CALLS),
    Attempt("signal by a descriptor", native.signal_by_descriptor, _hit("signal"), _CALLS),
    Attempt("have the kernel signal", native.signal_by_pipe, _hit("signal"), _CALLS),
    Attempt(
        "signal by 32-bit calls", native.call_as_32_bit, _hit("signal"), _CALLS, "32-bit calls"
    ),
    Attempt("signal by x32 calls", native.call_by_x32, _hit("signal"), _CALLS, "x32 calls"),
    Attempt("trace the parent", native.trace, _altered("tracer"), _CALLS),
    Attempt("read the parent's memory file", native.read_by_file, _shown("memory"), _FILES),
    Attempt("read the parent's memory", native.read_by_call, _shown("memory"), _CALLS),
    Attempt("write the parent's memory", native.write_by_call, _altered("counter"), _CALLS),
    Attempt(
        "read the parent's environment",
        lambda w: Path(f"/proc/{w.parent}/environ").read_bytes(),
        _shown("environment"),
        _FILES,
    ),
    Attempt("limit the parent", native.limit_parent, _altered("descriptors"), _CALLS),
    Attempt("slow the parent", native.slow_parent, _altered("priority"), _CALLS),
    Attempt("pin the parent to a core", native.pin_parent, _altered("cores"), _CALLS, "cores"),
    Attempt("do it in a second thread", native.second_thread, _shown("key"), _FILES),
    Attempt("write to the terminal", native.write_to_terminal, _hit("terminal"), _FILES),
    Attempt("type into the terminal", native.type_into_terminal, _hit("typed"), _FILES, "typing"),
    Attempt("make a file of memory", native.memory_file, _holds("memfd:"), _CALLS),
    Attempt("open the kernel's side doors", native.kernel_doors, _holds("anon_inode:"), _CALLS),
    Attempt(
        "leave the namespaces", native.leave_namespaces, _altered("namespace"), _CALLS, "namespaces"
    ),
    Attempt("keep a key in the kernel", native.keep_in_kernel, _hit("keys"), _CALLS, "keys"),
    Attempt("take 6 GB of memory", native.take, _took, _LIMITS),
    Attempt("take 6 GB of shared memory", native.take_shared, _took, _CALLS),
    Attempt("take 6 GB of stack", native.take_stack, _took, _CALLS),
    Attempt("make a file of 1 GB", native.large_file, _is_large, _LIMITS),
    Attempt("open 500 descriptors", native.many_descriptors, _holds(""), _LIMITS),
    Attempt("raise its limits again", native.raise_limits, _altered("dumps"), _LIMITS),
    Attempt("outlive its parent", native.outlive, lambda e: e.survived(), _CALLS),
)
