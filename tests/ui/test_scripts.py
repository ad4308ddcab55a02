"""Every script is visible, and so are bold and italic, wherever text is shown.

The fonts are those in `fonts`, whatever this computer has: on Linux, Qt asks fontconfig.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ui.ink import SCRIPTS

_FONTS = Path(__file__).parent / "fonts"
_CONFIGURATION = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


@pytest.fixture(scope="module")
def ink(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("fonts")
    configuration = folder / "fonts.conf"
    configuration.write_text(_CONFIGURATION.format(fonts=_FONTS, cache=folder), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.ui.ink"],
        env={**os.environ, "FONTCONFIG_FILE": str(configuration)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert "glyph" not in done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_stays_on_the_screen_when_others_are_drawn(
    script: str, ink: dict[str, dict[str, Any]]
) -> None:
    """Fonts that were loaded after a layout used to make its characters disappear."""
    assert ink[script]["plain"] > 1000
    assert ink[script]["lost"] == 0
    assert ink[script]["same"]
    assert ink[script]["new"]
    assert ink[script]["installed"]
    assert ink[script]["zoomed"] > 2


@pytest.mark.parametrize("script", [script for script in SCRIPTS if script != "Emoji"])
@pytest.mark.parametrize("where", ["bold", "both", "within", "heading", "header", "pdf bold"])
def test_bold_is_bolder_in_every_script(
    script: str, where: str, ink: dict[str, dict[str, Any]]
) -> None:
    assert 1.1 < ink[script][where] < 2.2


@pytest.mark.parametrize("script", [script for script in SCRIPTS if script != "Emoji"])
def test_italics_lean_and_lose_nothing(script: str, ink: dict[str, dict[str, Any]]) -> None:
    assert ink[script]["slanted"]
    assert 0.8 < ink[script]["italic"] < 1.25
    assert 0.8 < ink[script]["pdf italic"] < 1.25
