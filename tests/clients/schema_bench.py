"""How many of the schemas that people use can be followed.

usage: python -m tests.clients.schema_bench FOLDER [--most N]

FOLDER is ``data`` of https://github.com/guidance-ai/jsonschemabench: a folder for each source of
schemas. Prints for each what share of N of its schemas (300, drawn with a fixed seed) can be
followed, how long the slowest took to compile, and what the others are refused for.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from pathlib import Path

from app.base.errors import SchemaError, SchemaUnsupported
from tests.fakes.schemas import mask_of


def main() -> None:
    parser = argparse.ArgumentParser(description="schemas that people use")
    parser.add_argument("folder", type=Path, help="data of JSONSchemaBench")
    parser.add_argument("--most", type=int, default=300, help="schemas of each source")
    asked = parser.parse_args()
    for folder in sorted(path for path in asked.folder.iterdir() if path.is_dir()):
        paths = sorted(folder.glob("*.json"))
        chosen = random.Random(1).sample(paths, min(asked.most, len(paths)))
        refused: Counter[str] = Counter()
        slowest = 0.0
        for path in chosen:
            began = time.process_time()
            try:
                mask_of(path.read_text("utf-8"))
            except SchemaUnsupported as error:
                refused[error.keyword] += 1
            except SchemaError as error:
                refused[type(error).__name__] += 1
            slowest = max(slowest, time.process_time() - began)
        followed = 1 - refused.total() / len(chosen)
        print(
            f"{folder.name:16} {len(chosen):4} {followed:6.1%}  slowest {slowest:.2f} s", end="  "
        )
        print(", ".join(f"{word} {count}" for word, count in refused.most_common(6)), flush=True)


if __name__ == "__main__":
    main()
