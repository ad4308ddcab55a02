"""Suites that make requests of their own for every endpoint."""

from __future__ import annotations

from tests.clients.api.peer import Peer

PEERS = (
    Peer(
        "schemathesis",
        "schemathesis_openai.py",
        python=("schemathesis",),
        seconds=1800,
        demo=False,
        needs={"FIRESIDE_OPENAPI": "openapi.json of github.com/openai/openai-openapi"},
    ),
)
