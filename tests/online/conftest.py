"""The only tests that may use the network.

They have a command of their own::

    python -m pytest tests/online

Without a network they are skipped with a message; with FIRESIDE_ONLINE=1, as in a release, that is
a failure.
"""

from __future__ import annotations

import os
import socket

import pytest


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
