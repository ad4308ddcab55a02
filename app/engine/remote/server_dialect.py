"""How servers differ in what they take and send, as data.

Sources: resources/outside.toml (server_…); what each takes was read in its own sources, or tried.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from app.engine.remote.remote_server import ServerKind

TEXT_KEYS = ("reasoning", "reasoning_content", "thinking")
"""The keys in which reasoning comes as text, over all servers."""
DETAILS = "reasoning_details"
"""The key in which it comes as a list of objects, some of them encrypted, beside the text."""
ITEM = "item"
"""The word for reasoning that came as an item of the Responses interface."""

_ECHO = "remote "
_GPT_OSS = re.compile(r"gpt[-_. ]?oss", re.IGNORECASE)


class Continuation(StrEnum):
    """How a server is told to go on with an answer that was stopped."""

    NONE = "none"
    """It cannot go on; the model is asked to."""
    LAST = "last"
    """It does so whenever the last message is the assistant's."""
    TOLD = "told"
    """By a parameter, and only where a chat template renders the messages: not with gpt-oss."""


@dataclass(frozen=True, slots=True)
class ServerDialect:
    """What a kind of server expects.

    ``responses``: whether it is asked by the Responses interface rather than by chat completions.
    ``effort`` is the path of keys to the effort in a chat completion; empty if it takes none.
    ``samplers`` are the parameters of sampling that it knows beside temperature and top_p, and
    ``every_token`` is the top_k that means no limit. ``reasons_unsampled``: temperature and top_p
    are sent only if they are not 1, since its models that reason refuse them.

    ``chooses``: whether it heeds a tool_choice. ``shapes`` are the kinds of response_format that it
    heeds. ``seals``: whether reasoning can be had encrypted, and as a summary. ``most`` is how many
    tokens are asked for where nobody has set a limit, and its own would be too small; 0 for none.
    ``unparsed``: it sends what the model writes as it is, with control tokens spelled out.
    """

    responses: bool = False
    effort: tuple[str, ...] = ("reasoning_effort",)
    samplers: tuple[str, ...] = ("seed",)
    every_token: int = 0
    reasons_unsampled: bool = False
    continues: Continuation = Continuation.NONE
    chooses: bool = True
    shapes: tuple[str, ...] = ("json_schema", "json_object")
    seals: bool = False
    most: int = 0
    unparsed: bool = False

    @property
    def effort_name(self) -> str:
        """The effort's parameter, as servers name it in their refusals."""
        return ".".join(self.effort)


def dialect_of(kind: ServerKind) -> ServerDialect:
    """Return the dialect of a kind of server."""
    return _DIALECTS.get(kind, ServerDialect())


def is_gpt_oss(model: str) -> bool:
    """Return whether the id of a model names gpt-oss, which servers render as Harmony."""
    return _GPT_OSS.search(model) is not None


def echo(key: str, data: str = "") -> str:
    """Return a part's ``format_data``: how its reasoning is sent back, and as what, if not text."""
    return f"{_ECHO}{key} {data}".rstrip()


def echoed(format_data: str) -> tuple[str, str]:
    """Return the key and the data of `echo`; empty for what no server has sent."""
    if not format_data.startswith(_ECHO):
        return "", ""
    key, _, data = format_data.removeprefix(_ECHO).partition(" ")
    # Chats may come from files, and a key could be any of a message's.
    return (key, data) if key in (*TEXT_KEYS, DETAILS, ITEM) else ("", "")


_ALL_SAMPLERS = ("seed", "top_k", "min_p")
_LLAMA_CPP = ServerDialect(samplers=_ALL_SAMPLERS, continues=Continuation.LAST)

_DIALECTS = {
    ServerKind.VLLM: ServerDialect(samplers=_ALL_SAMPLERS, continues=Continuation.TOLD),
    ServerKind.SGLANG: ServerDialect(samplers=_ALL_SAMPLERS, every_token=-1),
    ServerKind.LLAMA_SERVER: _LLAMA_CPP,
    ServerKind.FIRESIDE: _LLAMA_CPP,
    ServerKind.LLAMA_CPP_PYTHON: ServerDialect(
        effort=(), samplers=_ALL_SAMPLERS, chooses=False, shapes=(), unparsed=True
    ),
    ServerKind.OLLAMA: ServerDialect(chooses=False),
    # Chat completions ignore the effort there.
    ServerKind.LM_STUDIO: ServerDialect(responses=True, shapes=("json_schema",)),
    ServerKind.TRANSFORMERS: ServerDialect(
        effort=("chat_template_kwargs", "reasoning_effort"),
        chooses=False,
        shapes=(),
        most=32_768,
    ),
    ServerKind.OPENROUTER: ServerDialect(samplers=_ALL_SAMPLERS),
    # There, no reasoning comes with chat completions.
    ServerKind.OPENAI: ServerDialect(responses=True, reasons_unsampled=True, seals=True),
}
