"""Every imported package is declared in pyproject.toml, for the part that imports it."""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PROJECT["dependency-groups"]
_distributions = functools.cache(packages_distributions)
# Desktop packages, whose tests are skipped without them, and one of a script with its own setup.
FOREIGN = {"fontTools", "gi", "pyatspi"}
# Modules of a later Python than the oldest one: compression.zstd.
LATER = {"compression"}
# Folders of files that run elsewhere: in the sandbox, or in an environment of a real client.
OWN = {"guest", "programs"}


# Each import begins a line of its own, as ruff sees to; so do some sentences.
_MAY_IMPORT = re.compile(r"(?m)^[ \t]*(?:from|import)[ \t]+(\w+)")


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a module, also those within others: `ast.walk` visits expressions."""
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        for inner in getattr(node, name, ()):
            yield inner
            yield from _statements(inner)


def _imports(folder: str, known: Callable[[str], bool]) -> Iterator[tuple[str, Path]]:
    """Yield each foreign, unknown top-level module that a folder's files import, with the file.

    Those of some folders run elsewhere, with packages of their own.
    """
    files = sorted(file for file in (ROOT / folder).rglob("*.py") if file.parent.name not in OWN)
    scripts = (ROOT / "installers").glob("*.py")
    ours = {"app", "installers", "tests"} | {file.stem for file in (*files, *scripts)}

    def usual(name: str) -> bool:
        return name in sys.stdlib_module_names or name in ours | FOREIGN | LATER or known(name)

    for file in files:
        text = file.read_text(encoding="utf-8")
        if all(map(usual, _MAY_IMPORT.findall(text))):
            continue  # nearly every file, and to parse them all takes 3 s
        for node in _statements(ast.parse(text)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                if not usual(top := name.partition(".")[0]):
                    yield top, file


def _declared(*lists: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(each).name) for each in chain(*lists)}


@pytest.mark.parametrize(
    ("folder", "declared"),
    [
        ("app", _declared(PROJECT["project"]["dependencies"])),
        ("installers", _declared(PROJECT["project"]["dependencies"], *GROUPS.values())),
        ("tests", _declared(PROJECT["project"]["dependencies"], GROUPS["dev"])),
    ],
)
def test_what_is_imported_is_declared(folder: str, declared: set[str]) -> None:
    distributions = _distributions()

    def known(module: str) -> bool:
        return bool(declared & {canonicalize_name(n) for n in distributions.get(module, ())})

    undeclared = {module: str(file.relative_to(ROOT)) for module, file in _imports(folder, known)}
    assert undeclared == {}


def test_no_private_module_of_huggingface_hub_is_imported() -> None:
    private = re.compile(r"huggingface_hub(\.\w+)*\._|from huggingface_hub.* import _")
    for file in (ROOT / "app").rglob("*.py"):
        assert not private.search(file.read_text(encoding="utf-8")), file
