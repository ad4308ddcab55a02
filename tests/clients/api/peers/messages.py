"""Clients of Anthropic's Messages."""

from __future__ import annotations

from tests.clients.api.peer import Peer

PEERS = (
    Peer("anthropic-py", "anthropic_messages.py", python=("anthropic",)),
    Peer("anthropic-js", "anthropic_messages.mjs", npm=("@anthropic-ai/sdk", "zod")),
    Peer(
        "anthropic-ai-sdk",
        "anthropic_ai_sdk.mjs",
        npm=("ai", "@ai-sdk/anthropic", "zod"),
    ),
    Peer(
        "anthropic-others",
        "anthropic_others.py",
        python=("langchain-anthropic", "pydantic-ai-slim[anthropic]"),
    ),
    Peer("claude-code", "claude_code.py", npm=("@anthropic-ai/claude-code",), demo=False),
)
