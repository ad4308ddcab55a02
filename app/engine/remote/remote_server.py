"""Servers of models, and their models that the user has added, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.base.types import Endpoint, ModelRef


class ServerKind(StrEnum):
    """The program that a server is."""

    VLLM = "vllm"
    SGLANG = "sglang"
    LLAMA_SERVER = "llama-server"
    LLAMA_CPP_PYTHON = "llama-cpp-python"
    OLLAMA = "ollama"
    LM_STUDIO = "lm-studio"
    TRANSFORMERS = "transformers"
    FIRESIDE = "fireside"
    OPENROUTER = "openrouter"
    OPENAI = "openai"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ServedHere:
    """A model that a server offers: its id there, and its context in tokens, 0 if unknown."""

    id: str
    context: int = 0


@dataclass(frozen=True, slots=True)
class RemoteServer:
    """A server as it was found: ``url`` is the base of its addresses (`Endpoint.url`).

    ``version`` is empty if it does not say. ``models`` are in its own order.
    """

    url: str
    kind: ServerKind = ServerKind.OTHER
    version: str = ""
    models: tuple[ServedHere, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedEndpoint:
    """A model behind an endpoint that was added, with what was found out about its server.

    ``context``, in tokens, is 0 if the server does not say. ``unencrypted``: the user has accepted
    that it is reached without TLS. ``shared``: an administrator has added it for everyone on this
    computer, so it cannot be changed here. ``name`` is the user's own name for it; empty for the
    model's.
    """

    endpoint: Endpoint
    kind: ServerKind = ServerKind.OTHER
    version: str = ""
    context: int = 0
    unencrypted: bool = False
    shared: bool = False
    name: str = ""

    @property
    def model(self) -> ModelRef:
        """The model, as chats refer to it."""
        return ModelRef(self.endpoint, self.name or self.endpoint.model)
