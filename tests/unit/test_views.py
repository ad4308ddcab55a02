"""Views know nothing of the host: controllers, the shared state and the window do."""

from __future__ import annotations

import ast
from pathlib import Path

UI = Path(__file__).parents[2] / "app" / "ui"
KNOWING = {"state", "window", "startup"}
"""Folders that may know the host, besides the controllers and ``app``, which opens it."""


def imports_host(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "app.host":
            return True
        if isinstance(node, ast.Import) and any(name.name == "app.host" for name in node.names):
            return True
    return False


def test_views_do_not_import_the_host() -> None:
    views = [
        path
        for path in sorted(UI.rglob("*.py"))
        if path.relative_to(UI).parts[0] not in KNOWING | {"app.py"}
        and not path.stem.endswith("_controller")
    ]
    assert [str(path.relative_to(UI)) for path in views if imports_host(path)] == []
