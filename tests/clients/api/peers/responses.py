"""Clients of OpenAI's Responses."""

from __future__ import annotations

from tests.clients.api.peer import Peer

PEERS = (
    Peer("openai-py-responses", "openai_responses.py", ("openai",)),
    Peer("openai-agents", "openai_agents.py", ("openai-agents",)),
    Peer("codex", "codex_exec.py", npm=("@openai/codex",), seconds=600),
)
