"""What the model behind a fake server says, and what it gets to see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PIECES = re.compile(r"\s*\S+|\s+")
_FRAGMENT = 5  # characters of a call's arguments


@dataclass(frozen=True)
class Call:
    """A call of a function; ``arguments`` are JSON."""

    name: str
    arguments: str = "{}"


@dataclass(frozen=True)
class Said:
    """One answer of the model. ``full``: it ends because there is no room for more."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[Call, ...] = ()
    full: bool = False

    @property
    def finish(self) -> str:
        """Why it ends, as Chat Completions have it."""
        return "length" if self.full else "tool_calls" if self.calls else "stop"

    @property
    def reasoning_tokens(self) -> int:
        return tokens(self.reasoning)

    @property
    def generated(self) -> int:
        """The number of its tokens."""
        calls = sum(tokens(call.name) + tokens(call.arguments) for call in self.calls)
        return self.reasoning_tokens + tokens(self.text) + calls


@dataclass(frozen=True)
class Seen:
    """A message as the model gets it, after what its server does to it."""

    role: str
    text: str
    reasoning: str = ""
    calls: tuple[Call, ...] = ()
    id: str = ""
    """Of the call whose result it is."""

    @property
    def size(self) -> int:
        """The number of its tokens."""
        calls = sum(tokens(call.name) + tokens(call.arguments) for call in self.calls)
        return 4 + tokens(self.text) + tokens(self.reasoning) + calls


def tokens(text: str) -> int:
    """Return the number of tokens of a text, as all fakes count."""
    return (len(text.encode()) + 3) // 4


def size_of(prompt: Sequence[Seen]) -> int:
    """Return the number of tokens of a prompt."""
    return sum(each.size for each in prompt)


def pieces(text: str) -> list[str]:
    """Return a text as it streams: word by word."""
    return _PIECES.findall(text)


def fragments(arguments: str) -> Iterator[str]:
    """Yield the arguments of a call as they stream where servers cut them."""
    for at in range(0, len(arguments), _FRAGMENT):
        yield arguments[at : at + _FRAGMENT]


def seen(message: Mapping[str, Any], *keys: str) -> Seen:
    """Return a message of a chat completion; the server reads the reasoning in these ``keys``."""
    reasoning = next((message[key] for key in keys if message.get(key)), "")
    calls = (call["function"] for call in message.get("tool_calls") or ())
    return Seen(
        message["role"],
        flat(message.get("content")),
        reasoning,
        tuple(Call(call["name"], call["arguments"]) for call in calls),
        message.get("tool_call_id") or "",
    )


def flat(content: Any) -> str:
    """Return the text of a message's content, which may be a list of parts."""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""
