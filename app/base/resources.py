"""Paths of the files in ``resources/``."""

from __future__ import annotations

from pathlib import Path

_APP = Path(__file__).resolve().parents[1]


def resource(*names: str) -> Path:
    """Return the path of a file in ``resources/``.

    A wheel and a frozen app contain the folder as ``app/resources``; a clone has it beside
    ``app``. Raises FileNotFoundError if the installation is incomplete.
    """
    for root in (_APP / "resources", _APP.parent / "resources"):
        path = root.joinpath(*names)
        if path.exists():
            return path
    raise FileNotFoundError(f"resources/{'/'.join(names)}")
