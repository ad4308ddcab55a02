"""Clients of Chat Completions."""

from __future__ import annotations

from tests.clients.api.peer import Peer

PEERS = (
    Peer("openai-py", "openai_chat.py", python=("openai",)),
    Peer("openai-js", "openai_chat.mjs", npm=("openai", "zod")),
    Peer("ai-sdk", "ai_sdk.mjs", npm=("ai", "@ai-sdk/openai-compatible", "zod")),
    Peer("litellm", "litellm_chat.py", python=("litellm",)),
    Peer("llm", "llm_chat.py", python=("llm",)),
    Peer("pydantic-ai", "pydantic_ai_chat.py", python=("pydantic-ai-slim[openai]",)),
    Peer(
        "langchain",
        "langchain_standard.py",
        python=("langchain-openai", "langchain-tests", "pytest-asyncio"),
    ),
)
