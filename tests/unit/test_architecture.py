"""The two rules of the design, and a PySide6 that keeps None's references."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BAD = "6.12.0"


def run(script: str, *arguments: str) -> str:
    """Return what a fresh Python prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_layers_hold() -> None:
    run("from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports())")


def test_what_is_not_ui_has_never_heard_of_qt_or_llama_cpp() -> None:
    script = """
        import importlib, pathlib, sys

        files = sorted(pathlib.Path("app").rglob("*.py"))
        names = [".".join(f.with_suffix("").parts).removesuffix(".__init__") for f in files]
        for name in names:
            if (name + ".").startswith(("app.ui.", "app.engine.llama.", "app.tools.python.guest.")):
                continue
            importlib.import_module(name)
            for stranger in ("PySide6", "shiboken6", "llama_cpp"):
                assert stranger not in sys.modules, f"{name} imports {stranger}"
        print(*names)
    """
    names = run(script).split()
    assert {"app.base.types", "app.store.rows", "app.engine.backend", "app.chat"} <= set(names)


def test_the_child_has_never_heard_of_qt() -> None:
    run("import app.engine.llama, sys; assert 'PySide6' not in sys.modules")


def test_the_child_knows_its_version_without_an_eighth_of_its_start() -> None:
    script = """
        import sys
        from app.engine import llama
        print(llama._version())
        assert "email" not in sys.modules
    """
    assert run(script).strip() == importlib.metadata.version("llama-cpp-python")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal")
def test_pyside_is_not_the_one_that_loses_references_to_none() -> None:
    assert importlib.metadata.version("PySide6-Essentials") != BAD


def test_void_calls_leave_none_alone() -> None:
    """6.12.0 loses a reference in each, until Python aborts (see pyproject.toml)."""
    script = """
        import sys
        from PySide6.QtCore import QObject

        thing = QObject()
        thing.setObjectName("x")
        before = sys.getrefcount(None)
        for _ in range(10_000):
            thing.setObjectName("x")
        print(sys.getrefcount(None) - before)
    """
    assert abs(int(run(script))) < 100


def test_a_window_without_sources_and_server_loads_nothing_of_them() -> None:
    script = """
        import sys
        import app.ui.window.window

        rooms = "browser.files", "browser.encyclopaedia", "browser.web", "browser.extraction"
        parts = "browser.policy", "browser.typed_addresses", "browser.session", "browser.library"
        unwanted = tuple(f"app.tools.{name}" for name in (*rooms, *parts))
        unwanted += "app.server", "waitress", "app.wording.client_snippets", "app.ui.window.tray"
        print([name for name in sys.modules if name.startswith(unwanted)])
    """
    assert run(script).strip() == "[]"


def test_what_is_imported_in_a_function_is_not_for_the_start() -> None:
    """Only imports that the window does not need belong into functions.

    A lazy import is an import in a function (see app/README.md). An import of a module that the
    window loads anyway saves nothing, and belongs to the top of its file. Exempt are imports that
    keep another room out for good: Qt out of the wording, all of the app out of each process that
    is started.
    """
    script = """
        import ast, importlib.util, pathlib, re, sys
        import app.ui.window

        loaded = set(sys.modules)

        def targets(node):
            if isinstance(node, ast.Import):
                yield from (name.name for name in node.names)
            elif node.module in loaded:  # else nothing below it is, either
                package = hasattr(sys.modules[node.module], "__path__")
                for name in node.names:
                    module = f"{node.module}.{name.name}"
                    is_module = package and importlib.util.find_spec(module)
                    yield module if is_module else node.module

        outside = ("__main__", "cli/", "wording/language", "tools/python/guest/")
        for file in pathlib.Path("app").rglob("*.py"):
            if file.relative_to("app").as_posix().startswith(outside):
                continue
            text = file.read_text(encoding="utf-8")
            if not re.search(r"(?m)^[ ]+(?:from|import)\\b", text):
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef):
                    for each in ast.walk(node):
                        if isinstance(each, ast.Import | ast.ImportFrom):
                            for name in targets(each):
                                if name in loaded:
                                    print(f"{file}:{each.lineno} {name}")
    """
    assert run(script).splitlines() == []
