"""Suites that make requests of their own for every endpoint."""

from __future__ import annotations

from tests.clients.api.peer import Peer

_NEW_TOKENS = "Anthropic's input_tokens are without those of the cache"
_NO_COMPACTION = "the server has no /v1/responses/compact"
_NO_WEBSOCKET = "the server has no WebSockets"

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
    Peer(
        "open-responses",
        "open_responses.py",
        npm=("tsx", "zod@^3.25.76"),
        expected={
            "image-input": "gpt-oss reads no images",
            "compact-response": _NO_COMPACTION,
            "compact-missing-model": _NO_COMPACTION,
            "websocket-response": _NO_WEBSOCKET,
            "websocket-sequential-responses": _NO_WEBSOCKET,
            "websocket-continuation": _NO_WEBSOCKET,
            "websocket-reconnect-store-false-recovery": _NO_WEBSOCKET,
            "websocket-previous-response-not-found": _NO_WEBSOCKET,
            "websocket-failed-continuation-evicts-cache": _NO_WEBSOCKET,
            "websocket-compact-new-chain": _NO_WEBSOCKET,
        },
        demo=False,
        needs={"FIRESIDE_OPEN_RESPONSES": "a checkout of github.com/openresponses/openresponses"},
    ),
    Peer(
        "llmprobe",
        "llmprobe_surfaces.py",
        npm=("llmprobe",),
        seconds=900,
        demo=False,
        expected={
            "messages-prompt-cache-prefix": _NEW_TOKENS,
            "messages-prompt-caching": _NEW_TOKENS,
            "messages-usage": _NEW_TOKENS,
            "responses-previous-response-id": "the scripted engine answers the last question only",
            "responses-reasoning-effort-none": "gpt-oss always reasons; none is low",
            "responses-streaming": "OpenAI sends no [DONE] here, and names its events otherwise",
        },
    ),
)
