"""The clients, by endpoints. Each module has its ``PEERS``."""

from __future__ import annotations

import importlib
import pkgutil

from tests.clients.api.peer import Peer


def all_peers() -> list[Peer]:
    """Return the peers of all modules."""
    modules = [module.name for module in pkgutil.iter_modules(__path__)]
    found = (importlib.import_module(f"{__name__}.{name}") for name in modules)
    return [peer for module in found for peer in module.PEERS]
