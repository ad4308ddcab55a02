"""Run `fireside` with an engine that can be made slow, as `tests.fakes.engine_processes.held`."""

from __future__ import annotations

import sys

from app.__main__ import main
from tests.fakes import engine_processes

if __name__ == "__main__":
    engine_processes.DEFAULTS["target"] = engine_processes.held
    sys.exit(main())
