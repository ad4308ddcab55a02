"""Namespaces of Linux, for a network of one's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_INSIDE = "FIRESIDE_TESTS_NAMESPACE"


def missing() -> str:
    """Return what is missing for namespaces, in words; empty if nothing is."""
    if not sys.platform.startswith("linux"):
        return "network namespaces are Linux's"
    for program in ("unshare", "ip", "mount"):
        if not shutil.which(program):
            return f"there is no {program}"
    tried = subprocess.run(inside(["true"]), capture_output=True, text=True, check=False)
    return tried.stderr.strip()


def is_inside() -> bool:
    """Return whether this process is in a namespace of ours."""
    return _INSIDE in os.environ


def again_inside(arguments: Sequence[str]) -> int:
    """Run ``python -m tests.web`` with these arguments in new namespaces; return how it ended."""
    command = inside([sys.executable, "-m", "tests.web", *arguments])
    return subprocess.run(command, env=os.environ | {_INSIDE: "1"}, check=False).returncode


def ip(*arguments: str) -> None:
    """Run iproute2's ``ip``."""
    subprocess.run(["ip", *arguments], check=True)


def replace_file(path: str, text: str, folder: Path) -> None:
    """Let a file of the system have another text, for this namespace of mounts."""
    file = folder / path.replace("/", "_")
    file.write_text(text, encoding="utf-8")
    subprocess.run(["mount", "--bind", str(file), path], check=True)


def lose_packets() -> None:
    """Route everything to where it is lost without a word."""
    ip("link", "set", "lo", "up")
    ip("address", "add", "10.9.0.1/24", "dev", "lo")
    ip("route", "add", "default", "via", "10.9.0.2", "dev", "lo")


def inside(command: Sequence[str]) -> list[str]:
    """Return a command that runs another one in new namespaces of network and mounts."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--net", "--mount", "--", *command]
