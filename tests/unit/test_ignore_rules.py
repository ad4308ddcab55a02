"""The rules of .gitignore files, compared with git's own."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from app.tools.browser.files.ignore_rules import IgnoreRules

ATOMS = (
    "a", "b", "c", "ab", "*", "**", "?", "[ab]", "[!a]", "[a-c]", "\\*", ".", "x", "[[:alpha:]]",
    "[]a]", "[^]]", "a*b*c", "*.*", " ", "\\ ", "[z-a]",
)  # fmt: skip
NAMES = ("a", "b", "c", "ab", "abc", "a.b", "x", "*", "a b", "]", "aXbYc", "foo.txt", "**", "x ")


def exclude(text: str, path: str, *, is_folder: bool = False) -> bool:
    return IgnoreRules().inside("", [text]).exclude(path, is_folder=is_folder)


@pytest.mark.parametrize(
    ("rules", "path", "excluded"),
    [
        ("*.log", "a/b/c.log", True),
        ("/*.log", "a/c.log", False),
        ("build/", "build", False),  # a file of that name
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("**/z", "z", True),
        ("a/**", "a", False),
        ("*\n!keep.txt", "keep.txt", False),
        ("!keep.txt\n*", "keep.txt", True),
        ("# note\n\\#a\n\\!b", "#a", True),
        ("\\!b", "!b", True),
        ("name   ", "name", True),
        ("name\\ ", "name ", True),
        ("\ufeffa\r\nb\r\n", "b", True),
        ("a?c", "a/c", False),
        ("é*", "école.txt", True),
        ("日本語/*.txt", "日本語/a.txt", True),
        ("[", "[", False),
        ("\\", "\\", False),
        ("/", "a", False),
    ],
)
def test_rules(rules: str, path: str, excluded: bool) -> None:
    assert exclude(rules, path) is excluded


def test_a_rule_for_folders_is_for_folders() -> None:
    assert exclude("build/", "x/build", is_folder=True)


def test_inner_rules_count_for_more_than_outer_ones() -> None:
    outer = IgnoreRules().inside("", ["*.txt"])
    inner = outer.inside("notes", ["!a.txt"])
    assert not inner.exclude("notes/a.txt", is_folder=False)
    assert inner.exclude("notes/b.txt", is_folder=False)
    assert outer.exclude("a.txt", is_folder=False)


def test_a_hostile_rule_keeps_nobody_busy() -> None:
    rules = IgnoreRules().inside("", ["*a" * 300 + "b", "**/a*/" * 100 + "b", "[" * 900])
    for path in ("a" * 3000, "a/" * 1500 + "c", "[" * 2000):
        assert not rules.exclude(path, is_folder=False)  # without care it would take years


@pytest.mark.skipif(not shutil.which("git"), reason="git, with which this is compared, is missing")
@pytest.mark.parametrize("seed", range(4))
def test_rules_are_gits(tmp_path: Path, seed: int) -> None:
    """Random rules in random folders exclude what git says; 600 seeds were tried by hand."""
    rng = random.Random(seed)
    paths = {"/".join(rng.choices(NAMES, k=rng.randint(1, 4))) for _ in range(150)}
    folders = {path[:at] for path in paths for at, c in enumerate(path) if c == "/"}
    files = sorted(paths - folders)
    texts = {"": [pattern(rng) for _ in range(6)]}
    for folder in rng.sample(sorted(folders), 4):
        texts[folder] = [pattern(rng) for _ in range(3)]
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    for folder, lines in texts.items():
        (tmp_path / folder / ".gitignore").write_text("\n".join(lines) + "\n", "utf-8")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    done = subprocess.run(
        ["git", "-C", tmp_path, "check-ignore", "--no-index", "-z", "--stdin"],
        input="\0".join(files).encode(),
        capture_output=True,
        check=False,
    )
    theirs = set(filter(None, done.stdout.decode().split("\0")))
    assert {file for file in files if is_excluded(file, texts)} == theirs, texts


def pattern(rng: random.Random) -> str:
    parts = [
        rng.choice(["**", "", ""]) or "".join(rng.choices(ATOMS, k=rng.randint(1, 3)))
        for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 4]))
    ]
    return rng.choice(["", "", "", "!"]) + rng.choice(["", "", "/"]) + "/".join(parts)


def is_excluded(file: str, texts: dict[str, list[str]]) -> bool:
    rules, parts = IgnoreRules(), file.split("/")
    for end in range(len(parts)):
        folder = "/".join(parts[:end])
        if folder in texts:
            rules = rules.inside(folder, ["\n".join(texts[folder]) + "\n"])
        path = "/".join(parts[: end + 1])
        if rules.exclude(path, is_folder=end < len(parts) - 1):
            return True
    return False
