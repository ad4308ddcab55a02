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
    Peer(
        "gpt-oss",
        "gpt_oss_compatibility.py",
        npm=("@openai/agents@^0.0.15", "ajv@^8.17.1", "listr2@^9.0.1", "tsx"),
        seconds=1800,
        demo=False,
        needs={"FIRESIDE_GPT_OSS": "the folder compatibility-test of github.com/openai/gpt-oss"},
    ),
)
