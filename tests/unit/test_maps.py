"""The maps of the code have every module, and nothing that is gone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
README = (APP / "README.md").read_text(encoding="utf-8")


def packages() -> dict[Path, str]:
    """Return each package with its map: the docstring of its ``__init__``, of app its README."""
    found = {APP: README}
    for file in (ROOT / "installers" / "__init__.py", *sorted(APP.glob("*/**/__init__.py"))):
        found[file.parent] = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return found


def modules(package: Path) -> set[str]:
    names = {file.stem for file in package.glob("*.py")} - {"__init__", "__main__"}
    return names | {file.parent.name for file in package.glob("*/*.py")}


def test_each_map_has_all_modules_of_its_package() -> None:
    missing = {
        f"{package.relative_to(ROOT).as_posix()}/{name}"
        for package, text in packages().items()
        for name in modules(package) - set(re.findall(r"\w+", text))
    }
    assert missing == set()


def test_each_row_of_a_map_is_a_module_of_its_package() -> None:
    rows = [
        (package, name)
        for package, text in packages().items()
        if package != APP
        for name in re.findall(r"(?m)^[ `]+([a-z0-9_]+)[`/]* {2,}\S", text)
    ]
    assert len(rows) > 300
    assert [(package, name) for package, name in rows if name not in modules(package)] == []


def test_files_that_the_readme_names_are_there() -> None:
    rooms = ("app", "installers", "tests")
    files = [f"/{file.as_posix()}" for room in rooms for file in (ROOT / room).rglob("*.py")]
    named = set(re.findall(r"[\w/]+\.py\b", README))
    assert len(named) > 200
    assert {name for name in named if not any(file.endswith(f"/{name}") for file in files)} == set()
