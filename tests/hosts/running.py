"""Runs a case in namespaces of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.web import namespace

_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_S = 300


def missing() -> str:
    """Return what is missing for the cases, in words; empty if nothing is."""
    if reason := namespace.missing():
        return reason
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun"
    return "" if shutil.which("openssl") else "there is no openssl"


def run_case(name: str) -> dict[str, Any]:
    """Run a case; return its row. Raises CalledProcessError."""
    command = namespace.inside([sys.executable, "-m", "tests.hosts", "--inside", name])
    done = subprocess.run(
        command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=_PATIENCE_S,
        env=os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"},
    )  # fmt: skip
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row
