"""The stream of a chat completion as wire events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from app.base.errors import AnswerCutOff, ServerFailed
from app.base.types import StopReason
from app.engine.remote.server_dialect import REASONING_KEYS
from app.engine.remote.wire_events import (
    AnswerEnd,
    AnswerText,
    CallText,
    ReasoningText,
    UsageReport,
    WireEvent,
)

_REASONS = {"length": StopReason.LENGTH, "tool_calls": StopReason.CALL}


def chat_events(url: str, lines: Iterable[str]) -> Iterator[WireEvent]:
    """Yield what comes of the lines of a stream. Raises RemoteError."""
    for line in lines:
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            return
        yield from _chunk(url, json.loads(data))
    raise AnswerCutOff(url)


def _chunk(url: str, chunk: dict[str, Any]) -> Iterator[WireEvent]:
    if error := chunk.get("error"):
        raise ServerFailed(url, 200, str(error))
    for choice in chunk.get("choices", ()):
        delta = choice.get("delta") or {}
        for key in REASONING_KEYS:
            if delta.get(key):
                yield ReasoningText(delta[key], key)
                break
        if delta.get("content"):
            yield AnswerText(delta["content"])
        for call in delta.get("tool_calls") or ():
            function = call.get("function") or {}
            yield CallText(
                call.get("index", 0),
                call.get("id") or "",
                function.get("name") or "",
                function.get("arguments") or "",
            )
        if reason := choice.get("finish_reason"):
            yield AnswerEnd(_REASONS.get(reason, StopReason.END))
    if usage := chunk.get("usage"):
        yield UsageReport(usage.get("prompt_tokens"), None, usage.get("completion_tokens"))
