"""The only tests that may use the network.

They have a command of their own::

    python -m pytest tests/online

Without a network they are skipped with a message; with FIRESIDE_ONLINE=1, as in a release, that is
a failure.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

_TRUSTED = {name: os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")}


@pytest.fixture(autouse=True)
def trusted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust whom the system trusts: the suite's home has no certificates."""
    for name, value in _TRUSTED.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Replace the suite's own fixture: nothing is forbidden."""


@pytest.fixture(scope="session", autouse=True)
def network() -> None:
    """Skip, or fail in a release, if there is no network."""
    try:
        socket.create_connection(("huggingface.co", 443), 10).close()
    except OSError as error:
        said = f"there is no network: huggingface.co cannot be reached ({error})"
        if os.environ.get("FIRESIDE_ONLINE") == "1":
            pytest.fail(said, pytrace=False)
        pytest.skip(said)
