"""Clients of Anthropic's Messages."""

from __future__ import annotations

from tests.clients.api.peer import Peer

PEERS = (
    Peer("anthropic-py", "anthropic_messages.py", python=("anthropic",)),
    Peer("anthropic-js", "anthropic_messages.mjs", npm=("@anthropic-ai/sdk", "zod")),
    Peer("claude-code", "claude_code.py", npm=("@anthropic-ai/claude-code",), demo=False),
)
