"""Every imported package is declared in pyproject.toml, for the part that imports it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PROJECT["dependency-groups"]
DISTRIBUTIONS = packages_distributions()
# Desktop packages, whose tests are skipped without them, and one of a script with its own setup.
FOREIGN = {"fontTools", "gi", "pyatspi"}
# Modules of a later Python than the oldest one: compression.zstd.
LATER = {"compression"}
# Folders of files that run elsewhere: in the sandbox, or in an environment of a real client.
OWN = {"guest", "programs"}


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a module, also those within others: `ast.walk` visits expressions."""
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        for inner in getattr(node, name, ()):
            yield inner
            yield from _statements(inner)


def _imports(folder: str) -> Iterator[tuple[str, Path]]:
    """Yield each foreign top-level module that the files in a folder import, with the file.

    Those of some folders run elsewhere, with packages of their own.
    """
    files = sorted(file for file in (ROOT / folder).rglob("*.py") if file.parent.name not in OWN)
    scripts = (ROOT / "installers").glob("*.py")
    ours = {"app", "installers", "tests"} | {file.stem for file in (*files, *scripts)}
    for file in files:
        for node in _statements(ast.parse(file.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                top = name.partition(".")[0]
                if top not in sys.stdlib_module_names and top not in ours | FOREIGN | LATER:
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
    undeclared = {
        module: str(file.relative_to(ROOT))
        for module, file in _imports(folder)
        if not declared & {canonicalize_name(name) for name in DISTRIBUTIONS.get(module, ())}
    }
    assert undeclared == {}


def test_no_private_module_of_huggingface_hub_is_imported() -> None:
    private = re.compile(r"huggingface_hub(\.\w+)*\._|from huggingface_hub.* import _")
    for file in (ROOT / "app").rglob("*.py"):
        assert not private.search(file.read_text(encoding="utf-8")), file
