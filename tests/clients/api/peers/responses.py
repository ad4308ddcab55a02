"""Clients of OpenAI's Responses."""

from __future__ import annotations

from tests.clients.api.peer import Peer

PEERS = (
    Peer("openai-py-responses", "openai_responses.py", python=("openai",)),
    Peer("openai-js-responses", "openai_responses.mjs", npm=("openai", "zod")),
    Peer("openai-agents", "openai_agents.py", python=("openai-agents",)),
    Peer("ai-sdk-responses", "ai_sdk_responses.mjs", npm=("ai", "@ai-sdk/openai", "zod")),
    Peer(
        "pydantic-ai-responses",
        "pydantic_ai_responses.py",
        python=("pydantic-ai-slim[openai]",),
    ),
    Peer("langchain-responses", "langchain_responses.py", python=("langchain-openai",)),
    Peer("codex", "codex_exec.py", npm=("@openai/codex",), seconds=600),
)
