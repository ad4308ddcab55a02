"""Run the engine's tests as on other processors.

usage: python -m tests.processors [--libraries FOLDER] [--only TEXT] [-- OPTION…]

llama.cpp is compiled for each generation of processors, as in a package (`installers/llama.py`;
once, into build/, some 15 minutes), or taken from FOLDER with such libraries. Each variant that
this processor can run is used alone, which shows differences in rounding. The output of failed runs
is in build/processors/. OPTION goes to pytest.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "processors"
TESTS = [f"tests/e2e/test_{name}.py" for name in ("engine", "reuse", "control", "title_cost")]
_VARIANT = re.compile(r"(?:lib)?ggml-cpu-(\w+)\.(?:so|dll|dylib)")


def compiled() -> Path:
    """Return the folder of the libraries, compiling them if necessary.

    Raises CalledProcessError.
    """
    from installers import llama

    wheel: Path = llama.wheel(ROOT / "build", ROOT / "constraints.txt", ())
    target: Path = FOLDER / wheel.parent.name
    if not target.exists():
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.startswith("llama_cpp/lib/")]
            archive.extractall(FOLDER / "unpacked", names)
        (FOLDER / "unpacked" / "llama_cpp" / "lib").rename(target)
    return target


def variants(libraries: Path) -> dict[str, Path]:
    """Return the CPU variants by name, the simplest first."""
    found = {m[1]: path for path in libraries.iterdir() if (m := _VARIANT.fullmatch(path.name))}
    return dict(sorted(found.items(), key=lambda item: item[1].stat().st_size))


def alone(libraries: Path, variant: Path, folder: Path) -> Path:
    """Make a folder with one variant and everything that is no variant."""
    folder.mkdir()
    for path in libraries.iterdir():
        if path == variant or not _VARIANT.fullmatch(path.name):
            shutil.copy(path, folder)
    return folder


def features(environment: dict[str, str]) -> str:
    """Return the CPU features llama.cpp reports; empty if it cannot run here."""
    asked = [sys.executable, "-m", "app", "doctor", "--data-dir", environment["FIRESIDE_DATA_DIR"]]
    said = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True)
    found = re.search(r"CPU +(.*)\n +Backends +.*CPU", said.stdout)
    return found[1] if found and not said.returncode else ""


def main() -> int:
    separator = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--libraries", type=Path)
    parser.add_argument("--only", default="", help="the variants whose name has this text")
    options = parser.parse_args(sys.argv[1:separator])
    libraries = options.libraries or compiled()
    FOLDER.mkdir(parents=True, exist_ok=True)
    table = []
    for name, path in variants(libraries).items():
        if options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as home:
            environment = {
                **os.environ,
                "LLAMA_CPP_LIB_PATH": str(alone(libraries, path, Path(home, "lib"))),
                "FIRESIDE_DATA_DIR": str(Path(home, "data")),
                "QT_QPA_PLATFORM": "offscreen",
            }
            used = features(environment)
            said = "cannot be run here"
            if used:
                del environment["FIRESIDE_DATA_DIR"]
                with (FOLDER / f"{name}.log").open("w", encoding="utf-8") as out:
                    command = [sys.executable, "-m", "pytest", "-q", *TESTS]
                    subprocess.run(
                        [*command, *sys.argv[separator + 1 :]],
                        cwd=ROOT,
                        env=environment,
                        stdout=out,
                        stderr=subprocess.STDOUT,
                        stdin=subprocess.DEVNULL,
                    )
                lines = (FOLDER / f"{name}.log").read_text("utf-8").splitlines() or [""]
                said = lines[-1].strip("= ")
        table.append((name, said))
        print(f"{name:14} {said:60} {used}", flush=True)
    ran = [said for _, said in table if said != "cannot be run here"]
    return int(not ran or any("passed" not in s or "failed" in s or "error" in s for s in ran))


if __name__ == "__main__":
    sys.exit(main())
