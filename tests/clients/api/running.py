"""Runs a peer's program, and reads what it checked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.clients.api.environments import Environment
from tests.clients.api.peer import Peer
from tests.clients.api.served import Service

PROGRAMS = Path(__file__).parent / "programs"
_QUIET = {
    "DO_NOT_TRACK": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "PYTHONUTF8": "1",
}
"""What keeps clients from asking other servers."""
_KEPT = ("PATH", "LANG", "SSL_CERT_FILE", "SYSTEMROOT", "TEMP")


@dataclass(frozen=True, slots=True)
class Check:
    """A check that a program made, and what was wrong."""

    name: str
    good: bool
    detail: str = ""


def run(peer: Peer, installed: Environment, service: Service, *, demo: bool) -> list[Check]:
    """Run a peer's program, in a home of its own; a program that breaks is a check that fails."""
    with tempfile.TemporaryDirectory() as home:
        checks = Path(home) / "checks"
        checks.touch()
        kept = {name: value for name, value in os.environ.items() if _is_kept(name)}
        environment = kept | _QUIET | {
            "HOME": home,
            "FIRESIDE_URL": service.url,
            "FIRESIDE_TOKEN": service.token,
            "FIRESIDE_MODEL": service.model,
            "FIRESIDE_ENGINE": "demo" if demo else "scripted",
            "FIRESIDE_FOLDER": str(installed.folder),
            "FIRESIDE_CHECKS": str(checks),
        }  # fmt: skip
        try:
            done = subprocess.run(
                _command(peer, installed), cwd=home, env=environment, timeout=peer.seconds,
                stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            )  # fmt: skip
            end, said = f"ended with {done.returncode}", (done.stdout + done.stderr)[-2000:]
            broken = done.returncode != 0
        except subprocess.TimeoutExpired as error:
            end, said, broken = (
                f"ran longer than {peer.seconds} s",
                repr(error.stdout)[-2000:],
                True,
            )
        lines = checks.read_text("utf-8").splitlines()
        found = [Check(**json.loads(line)) for line in lines]
    if broken or not found:
        found.append(Check("the program", False, f"{end}: {said}"))
    return found


def _is_kept(name: str) -> bool:
    return name in _KEPT or name.startswith("FIRESIDE_")


def _command(peer: Peer, installed: Environment) -> list[str]:
    program = PROGRAMS / peer.program
    if program.suffix == ".py":
        return [str(installed.python), str(program), *peer.arguments]
    # Modules are looked up from where the program lies.
    for script in PROGRAMS.glob("*.mjs"):
        shutil.copy(script, installed.folder)
    node = shutil.which("node") or "node"
    return [node, str(installed.folder / peer.program), *peer.arguments]
