"""Run a command of Fireside with other offers than the register's.

usage: pull_driver.py CATALOGUE [ARGUMENT…]

CATALOGUE is a JSON file with offers as the register has them; HF_ENDPOINT names the hub.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from app.__main__ import main
from app.models import catalog

if __name__ == "__main__":
    # Whoever runs the tests in the background has SIGINT ignored, and hands that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    entries = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    offers = tuple(catalog._offer(**entry) for entry in entries)
    catalog.offers = lambda: offers
    sys.exit(main(sys.argv[2:]))
