"""The commands of `tests.folders`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.folders import large, traced


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.folders", description=__doc__)
    parser.add_argument("task", choices=["large", "traced"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("words", nargs="?", default="configuration", help="found in it")
    options = parser.parse_args()
    if options.task == "large":
        return large.main(options.folder)
    return traced.main(options.folder, options.words)


if __name__ == "__main__":
    sys.exit(main())
