"""matplotlib's backend: figures are pictures in a folder, from which the child takes them.

Runs in the guest.
"""

from __future__ import annotations

import os
from typing import Any

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

FOLDER = "/run/figures"
MOST = 10
"""Figures that are shown of one call."""
_PIXELS = 20_000_000  # the largest picture

FigureCanvas = FigureCanvasAgg
FigureManager = FigureManagerBase


def show(*args: Any, **options: Any) -> None:
    """Save all open figures and close them, as a notebook shows them."""
    from matplotlib import pyplot

    for number in pyplot.get_fignums():
        figure = pyplot.figure(number)
        try:
            if figure.get_axes() or figure.texts or figure.images or figure.lines:
                _save(figure)
        finally:
            pyplot.close(figure)


def add(picture: bytes | None) -> bool:
    """Add a picture, if it is one; return whether it was."""
    if not picture:
        return False
    path, shown = _next()
    with open(path, "wb") as file:
        file.write(picture if shown else b"")
    return True


def _save(figure: Any) -> None:
    path, shown = _next()
    if not shown:
        with open(path, "wb"):
            return
    width, height = figure.get_size_inches()
    most = (_PIXELS / max(width * height, 1e-6)) ** 0.5
    figure.savefig(path, format="png", dpi=min(figure.dpi, most))


def _next() -> tuple[str, bool]:
    """Return the path of the next figure, and whether it is shown; else it is only counted."""
    os.makedirs(FOLDER, exist_ok=True)
    count = len(os.listdir(FOLDER))
    return os.path.join(FOLDER, f"{count:05}.png"), count < MOST
