"""Environments for clients, which stay until their packages change."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.clients.api.peer import Peer

_PATIENCE_S = 900


class Unavailable(Exception):
    """What a peer needs cannot be installed here, for the reason given."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A folder with a peer's packages: ``venv`` and ``node_modules``, where it has any."""

    folder: Path
    versions: dict[str, str]
    """The versions of the packages that were asked for."""

    @property
    def python(self) -> Path:
        """The interpreter that has the packages of PyPI."""
        own = self.folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
        return own if own.exists() else Path(sys.executable)


def cache() -> Path:
    """Return the folder of all environments."""
    named = os.environ.get("FIRESIDE_CLIENTS")
    return Path(named) if named else Path.home() / ".cache" / "fireside-clients"


def environment(peer: Peer, *, fresh: bool = False) -> Environment:
    """Return the peer's environment, installed if it is not yet. Raises Unavailable."""
    wanted = json.dumps([peer.python, peer.npm, sys.version_info[:2]])
    key = hashlib.sha256(wanted.encode()).hexdigest()[:8]
    folder = cache() / f"{peer.name}-{key}"
    ready = folder / "versions.json"
    if fresh or not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        ready.write_text(json.dumps(_install(peer, folder)), encoding="utf-8")
    return Environment(folder, json.loads(ready.read_text("utf-8")))


def _install(peer: Peer, folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    if peer.python:
        _run([sys.executable, "-m", "venv", str(folder / "venv")])
        python = str(Environment(folder, {}).python)
        _run([python, "-m", "pip", "install", "-q", *peer.python])
        listed = json.loads(_run([python, "-m", "pip", "list", "--format=json"]))
        everything = {entry["name"].lower(): entry["version"] for entry in listed}
        names = [_bare(package).lower() for package in peer.python]
        found |= {name: everything[name] for name in names if name in everything}
    if peer.npm:
        npm = shutil.which("npm")
        if not npm:
            raise Unavailable("npm is not installed")
        (folder / "package.json").write_text('{"private": true, "type": "module"}', "utf-8")
        _run([npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), *peer.npm])
        for package in peer.npm:
            name = package[0] + package[1:].partition("@")[0]
            about = folder / "node_modules" / name / "package.json"
            found[name] = json.loads(about.read_text("utf-8"))["version"]
    return found


def _bare(package: str) -> str:
    for mark in "[=<>~":
        package = package.partition(mark)[0]
    return package


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{command[0]} took more than {_PATIENCE_S} s") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise Unavailable(lines[-1].strip()[:300] if lines else done.stderr[-300:])
    return done.stdout
