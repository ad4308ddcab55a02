"""Here, and only here, tests reach the network. They are run by their own command::

    python -m pytest tests/online

and skipped, in words, where there is no network; with FIRESIDE_ONLINE=1, as in a release, that is a
failure, too.
"""

from __future__ import annotations

import os
import socket

import pytest


@pytest.fixture(autouse=True)
def no_network() -> None:
    """In the place of the suite's own: nothing is forbidden."""


@pytest.fixture(scope="session", autouse=True)
def network() -> None:
    """There is one."""
    try:
        socket.create_connection(("huggingface.co", 443), 10).close()
    except OSError as error:
        said = f"there is no network: huggingface.co cannot be reached ({error})"
        if os.environ.get("FIRESIDE_ONLINE") == "1":
            pytest.fail(said, pytrace=False)
        pytest.skip(said)
