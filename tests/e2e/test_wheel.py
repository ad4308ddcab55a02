"""The built wheel works like the clone: installed and tried in another place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_an_installed_wheel_answers(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("fireside_chat-*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
        names = archive.namelist()
    assert not [name for name in names if name.startswith("tests/")]
    (info,) = site.glob("*.dist-info")
    points = (info / "entry_points.txt").read_text()
    assert "[console_scripts]\nfireside = app.__main__:main" in points
    assert "[gui_scripts]\nfireside-app = app.__main__:main" in points

    # -P keeps the start folder off sys.path; PYTHONPATH comes before the clone.
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app", "ask", "Hello", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answer"]
    where = subprocess.run(
        [sys.executable, "-P", "-c", "import app.host as h; print(h.demo_model().place)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(site)
    for file in ("Inter.ttf", "JetBrainsMono.ttf", "LICENSE-Inter.txt"):
        assert (site / "app" / "resources" / "fonts" / file).is_file()
