"""Contrast of all text on every background it has, as required by WCAG 2.2."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from app.base.resources import resource

TEXT, SHAPE = 4.5, 3.0
PAGES = ("background", "sidebar", "raised", "notice")
PRESSED = ("hover", "pressed", "selected")
BLOCKS = ("bubble", "code", "header", "inline_code")
MARKS = ("selection", "found", "found_current")
USES = {
    # Selected or found text gets this colour, whatever it had before.
    "text": (*PAGES, *PRESSED, *BLOCKS, *MARKS, "track", "chosen"),
    # Placeholders stand on hover and selected, quotations contain code, choices stand on the track.
    "muted": (*PAGES, *PRESSED, "code", "header", "inline_code", "track"),
    "link": (*PAGES, "hover", "header", "inline_code"),
    "danger": (*PAGES, "code"),
    "citation": (*PAGES, "header", "track"),
}
RINGS = {"accent": (*PAGES, "hover", "selected", "bubble", "code", "header")}


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> dict[str, str]:
    colours = json.loads(resource("themes", f"{request.param}.json").read_text(encoding="utf-8"))
    assert isinstance(colours, dict)
    return colours


def brightness(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((brightness(one), brightness(other)))
    return (light + 0.05) / (dark + 0.05)


def poor(theme: dict[str, str], uses: Mapping[str, tuple[str, ...]], least: float) -> list[str]:
    found = []
    for colour, grounds in uses.items():
        for ground in grounds:
            if (got := contrast(theme[colour], theme[ground])) < least:
                found.append(f"{colour} on {ground}: {got:.2f}")
    return found


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_text(theme: dict[str, str]) -> None:
    assert poor(theme, USES, TEXT) == []


def test_text_on_buttons(theme: dict[str, str]) -> None:
    assert poor(theme, {"on_accent": ("accent", "accent_hover")}, TEXT) == []


def test_rings_and_icons(theme: dict[str, str]) -> None:
    assert poor(theme, RINGS, SHAPE) == []
    assert poor(theme, {"danger": PAGES, "warning": PAGES}, SHAPE) == []
