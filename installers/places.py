"""Where the set-up puts things: into `.venv` in the clone."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOG = VENV / "setup.log"
STATE = VENV / "setup.json"
