"""Prepare a checkout for a release, as `.github/workflows/release.yml` does on each system.

    python installers/release.py TAG OWNER/NAME

Checks that the tag names the version, and writes down where Fireside is released: "About Fireside"
looks there for a newer one.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def ready(tag: str, repository: str, file: Path = ROOT / "app" / "__init__.py") -> None:
    """Write the repository to ``file``, which has the version, too.

    Raises SystemExit where tag and version differ, or the repository is none.
    """
    text = file.read_text("utf-8")
    (version,) = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    if tag != f"v{version}":
        raise SystemExit(f"The tag {tag} is not v{version}: app/__init__.py says {version}.")
    if not re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", repository):
        raise SystemExit(f"{repository!r} is not OWNER/NAME.")
    new, count = re.subn(
        r'^REPOSITORY = ".*"$', f'REPOSITORY = "{repository}"', text, flags=re.MULTILINE
    )
    if count != 1:
        raise SystemExit("app/__init__.py has no line that begins with REPOSITORY.")
    file.write_text(new, "utf-8")


def set_urls(repository: str, file: Path = ROOT / "pyproject.toml") -> None:
    """Have the package's metadata name the repository that the release comes from."""
    text = file.read_text("utf-8")
    file.write_text(
        re.sub(r"https://github\.com/[\w.-]+/[\w.-]+", f"https://github.com/{repository}", text),
        "utf-8",
    )


if __name__ == "__main__":
    _, given_tag, given_repository = sys.argv
    ready(given_tag, given_repository)
    set_urls(given_repository)
