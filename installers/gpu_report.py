"""Tells `from_source.py` in JSON which GPUs are here; a process of its own, since drivers crash."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.base.graphics import Graphics
from app.base.graphics_advice import advice, backend, cuda_cards, vulkan_cards
from app.base.graphics_probe import look
from app.wording.graphics import drivers, reason, told


def report(graphics: Graphics) -> dict[str, Any]:
    """Return what is here, what to build for it, and what is wrong."""
    choice = backend(graphics)
    architectures = {card.architecture for card in cuda_cards(graphics.cuda)}
    return {
        "cards": list(dict.fromkeys(_cards(graphics))),
        "drivers": drivers(graphics),
        "backend": choice.backend,
        "reason": reason(choice),
        "architectures": sorted(architectures, key=int),
        "advice": [line for one in advice(graphics) for line in told(one)],
    }


def _cards(graphics: Graphics) -> Iterator[str]:
    """Yield each card with its memory, once, though two drivers may tell of it."""
    known = set()
    for card in graphics.cuda.cards:
        known.add(card.pci)
        yield f"{card.name} ({card.memory / (1 << 30):.0f} GB)"
    for other in vulkan_cards(graphics):
        if not other.pci or other.pci not in known:
            yield f"{other.name} ({other.memory / (1 << 30):.0f} GB)"


if __name__ == "__main__":
    print(json.dumps(report(look())))
