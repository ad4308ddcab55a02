"""The words for efforts."""

from __future__ import annotations

from app.base.types import Effort
from app.wording.language import tr


def effort_label(effort: Effort) -> str:
    """Return an effort's label, for use beside the heading “Effort”."""
    match effort:
        case Effort.LOW:
            return tr("Low")
        case Effort.MEDIUM:
            return tr("Medium")
        case Effort.HIGH:
            return tr("High")


def effort_command(effort: Effort) -> str:
    """Return the name of the command that chooses an effort."""
    match effort:
        case Effort.LOW:
            return tr("Effort: low")
        case Effort.MEDIUM:
            return tr("Effort: medium")
        case Effort.HIGH:
            return tr("Effort: high")


def effort_name(effort: Effort) -> str:
    """Return an effort as shown below an answer."""
    match effort:
        case Effort.LOW:
            return tr("Low effort")
        case Effort.MEDIUM:
            return tr("Medium effort")
        case Effort.HIGH:
            return tr("High effort")
