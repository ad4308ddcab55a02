"""The checks before a release, and the permissions of its workflows."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from app import __version__
from installers import release

ROOT = Path(__file__).resolve().parents[2]

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture
def module(tmp_path: Path) -> Path:
    return Path(shutil.copy(ROOT / "app" / "__init__.py", tmp_path))


def test_a_release_says_where_it_is(module: Path) -> None:
    before = module.read_text("utf-8")
    release.ready(f"v{__version__}", "some-one/fire.side", module)
    told: dict[str, str] = {}
    exec(module.read_text("utf-8"), told)
    assert (told["REPOSITORY"], told["__version__"]) == ("some-one/fire.side", __version__)
    release.ready(f"v{__version__}", "other/name", module)  # a fork's own release
    exec(module.read_text("utf-8"), told)
    assert told["REPOSITORY"] == "other/name"
    after = module.read_text("utf-8").split("\n")
    (changed,) = set(before.split("\n")) - set(after)
    assert changed.startswith("REPOSITORY = ")


@pytest.mark.parametrize(
    ("tag", "repository", "words"),
    [
        (__version__, "a/b", "is not v"),
        ("v99.0", "a/b", "is not v99.0|says"),
        (f"v{__version__}", 'a/b"; import os', "OWNER/NAME"),
        (f"v{__version__}", "b", "OWNER/NAME"),
    ],
)
def test_what_does_not_fit_stops_it(module: Path, tag: str, repository: str, words: str) -> None:
    before = module.read_bytes()
    with pytest.raises(SystemExit, match=words):
        release.ready(tag, repository, module)
    assert module.read_bytes() == before


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_what_they_name_and_may_do_no_more_than_they_must(path: Path) -> None:
    text = path.read_text("utf-8")
    for action in re.findall(r"uses: (.+)", text):
        if action.startswith("./"):  # another workflow of this repository
            assert (ROOT / action).is_file()
            continue
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action
    granted = re.findall(r"^ *(\w+(?:-\w+)*): (?:read|write)$", text, re.MULTILINE)
    assert set(granted) <= {"contents"}
    assert text.count("contents: write") == (1 if path.name == "release.yml" else 0)
    assert "secrets." not in text
    # Values that others control, such as the name of a branch, must not be part of a command.
    for command in re.findall(r"run: \|?\n?(.*)", text):
        assert "${{ github" not in command
    scripts = re.findall(r"python (installers/\w+\.py)", text)
    # `build.py` comes with the packages.
    assert all((ROOT / script).is_file() for script in scripts if "build" not in script)


def test_no_release_on_a_fact_that_no_longer_holds() -> None:
    """A release waits for the online checks, which also run every week."""
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    assert "uses: ./.github/workflows/outside.yml" in text
    assert "needs: [linux, others, outside]" in text
    asked = (ROOT / ".github" / "workflows" / "outside.yml").read_text("utf-8")
    assert "python -m pytest tests/online" in asked
    assert 'FIRESIDE_ONLINE: "1"' in asked  # no network is a failure
    assert "schedule:" in asked


def test_the_metadata_names_the_repository_of_the_release(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    shutil.copy(ROOT / "pyproject.toml", file)
    release.set_urls("some/one", file)
    urls = tomllib.loads(file.read_text("utf-8"))["project"]["urls"]
    assert urls["Homepage"] == "https://github.com/some/one"
    assert urls["Issues"] == "https://github.com/some/one/issues"
