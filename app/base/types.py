"""The values that packages hand to each other. All are frozen; none needs a library."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Effort(StrEnum):
    """How long a model reasons before it answers."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Role(StrEnum):
    """Who wrote a message.

    The store has those of users and assistants only; a server's client may send all.
    """

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class PartKind(StrEnum):
    """What a part of a message is."""

    REASONING = "reasoning"
    TEXT = "text"
    CALL = "call"
    """A call of a tool, by the model."""
    RESULT = "result"
    """What a tool returned."""
    FILE = "file"
    """The text of an attached file."""
    MEDIA = "media"
    """A picture or a sound, as bytes."""
    UNKNOWN = "unknown"
    """A kind that a newer version stored."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message: reasoning, text, a call, a result, a file, or media.

    ``text`` holds a call's arguments as the model wrote them, or the text of a result or a file.
    ``name`` is the function that is called or has returned (``functions.get_weather``,
    ``python``), the name of a file, or, where the kind is unknown, that kind. ``id`` tells which
    call a call or result is; it is empty where the chat format has no ids. ``format_data`` is
    what the chat format needs to render the part exactly as it was drawn, and opaque to all
    others. ``media_type`` is MIME's; ``data`` are the bytes of media.
    """

    text: str
    kind: PartKind = PartKind.TEXT
    name: str = ""
    id: str = ""
    format_data: str = ""
    media_type: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Message:
    """What one side said in one go."""

    role: Role
    parts: tuple[Part, ...]
    day: datetime.date | None = field(default=None, compare=False)
    """The local day on which a question was asked; None: the conversation's."""

    @property
    def text(self) -> str:
        """The words that a reader is meant to read: no reasoning, calls, results or files."""
        return "\n\n".join(p.text for p in self.parts if p.kind is PartKind.TEXT)

    @property
    def attached(self) -> tuple[Part, ...]:
        """The files that came with the words."""
        return tuple(part for part in self.parts if part.kind is PartKind.FILE)

    @property
    def reasoning(self) -> str:
        """The chain of thought, without calls of tools."""
        return "\n\n".join(p.text for p in self.parts if p.kind is PartKind.REASONING)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn, and how many.

    The defaults are those that gpt-oss was made for, with llama.cpp's own min_p. ``seed=None``
    draws one; the same seed repeats an answer, at the price of processing the whole conversation
    again. ``max_tokens=None``: as long as the context allows.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.01
    seed: int | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class FileLocation:
    """A model in a file on this computer."""

    path: Path


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model behind an HTTP endpoint that speaks OpenAI's API, by its id there."""

    url: str
    model: str


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model that a person can choose, wherever it runs.

    ``sampling`` is how it is meant to be sampled. ``alias`` is what is stored for it, where that
    is not its location.
    """

    location: FileLocation | Endpoint
    name: str
    sampling: Sampling = Sampling()
    alias: str = ""

    @classmethod
    def of_file(
        cls, path: Path, name: str, sampling: Sampling = Sampling(), alias: str = ""
    ) -> ModelRef:
        """Return a model in a file."""
        return cls(FileLocation(path), name, sampling, alias)

    @property
    def key(self) -> str:
        """What settings and chats know it by."""
        return self.alias or self.place

    @property
    def place(self) -> str:
        """The path of the file, or the endpoint's address and the model's id there."""
        match self.location:
            case FileLocation(path):
                return str(path)
            case Endpoint(url, model):
                return f"{url}#{model}"


@dataclass(frozen=True, slots=True)
class ToolFunction:
    """A function that a model may call.

    ``schema``: the JSON schema of its arguments, as declared; empty where they are plain text.
    """

    name: str
    description: str = ""
    schema: str = ""


@dataclass(frozen=True, slots=True)
class ToolNamespace:
    """Functions under one name, as ``functions`` has those of a server's client."""

    name: str
    functions: tuple[ToolFunction, ...] = ()
    description: str = ""


class ToolChoice(StrEnum):
    """Whether the model is to call tools. A request may name one function instead."""

    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Request:
    """All that a backend needs for one answer.

    Where the last message is the assistant's, it is continued where it ended. Reasoning in
    ``messages`` may be left out of the prompt: the chat format decides. What a backend cannot do
    is refused with RequestUnsupported, and never ignored.
    """

    model: ModelRef
    messages: tuple[Message, ...]
    effort: Effort = Effort.MEDIUM
    instructions: str = ""
    today: datetime.date = field(default_factory=datetime.date.today)
    """The day on which the conversation began, which the prompt tells first."""
    sampling: Sampling = Sampling()
    chat: int | None = None
    """The conversation that it belongs to, by which cached states on disk can be deleted."""
    ephemeral: bool = False
    """Whether nothing will follow on it, so that its state is not kept."""
    client: str = ""
    """Who asks, for a fair order; empty for the window, which always comes first."""
    background: bool = False
    """Nobody waits for it: it gives way to everything else."""
    tools: tuple[ToolNamespace, ...] = ()
    tool_choice: ToolChoice | str = ToolChoice.AUTO
    """A string is the name of the one function to call."""
    stop: tuple[str, ...] = ()
    """Texts that end the answer where it would write one of them, and are not part of it."""
    response_schema: str = ""
    """The JSON schema of the answer; empty for free text."""
    drawn: tuple[int, ...] = ()
    """The tokens of the turn so far, bridges included, where it goes on after a tool call."""


@dataclass(frozen=True, slots=True)
class Stats:
    """What an answer cost. Times are in seconds, memory in bytes."""

    prompt_tokens: int
    evaluated: int
    """Prompt tokens that were processed; the others were in the cache."""
    generated: int
    reasoning_tokens: int
    first_token_s: float
    """From the request's arrival in the engine to the first token."""
    generation_s: float
    peak_memory: int
    """The most memory that the engine's process ever held."""
    seed: int
    context: int
    """Tokens that the context holds in all."""
    restored: int = 0
    """Of the prompt tokens that were reused, those that came from a cache on disk."""
    dropped: int = 0
    """How many messages, the oldest ones, did not fit into the context and were left out."""

    @property
    def reused(self) -> int:
        """Prompt tokens that did not have to be processed again."""
        return self.prompt_tokens - self.evaluated

    @property
    def tokens_per_second(self) -> float:
        """Speed of generation, 0 where nothing was generated."""
        return self.generated / self.generation_s if self.generation_s > 0 else 0.0


class StopReason(StrEnum):
    """Why an answer ended."""

    END = "end"
    """The model said so."""
    CALL = "call"
    """The model calls a tool."""
    STOP_TEXT = "stop_text"
    """It would have written one of the request's stop texts."""
    CANCELLED = "cancelled"
    LENGTH = "length"
    """The context, or ``max_tokens``, is full."""


# What a backend yields, in this order: any Loading, one Prompt, any Prefill, any Delta, one Done.


@dataclass(frozen=True, slots=True)
class Loading:
    """The model is being read: ``fraction`` of it so far, 0 to 1."""

    fraction: float


@dataclass(frozen=True, slots=True)
class Prompt:
    """The size of what the model is asked with, in tokens, and of its context.

    ``reserved`` tokens of the context are kept free for the answer. ``dropped`` messages, the
    oldest ones, are left out because they would not fit.
    """

    count: int
    context: int
    reserved: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Prefill:
    """``done`` of the prompt's ``total`` tokens have been processed."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Delta:
    """More text of the answer's part number ``index``.

    The part's other fields come with every delta. A delta without text may change them, once it
    is known what the part is; a call without arguments has a single delta, without text.
    """

    index: int
    text: str
    kind: PartKind = PartKind.TEXT
    name: str = ""
    id: str = ""
    format_data: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The end of an answer."""

    reason: StopReason
    stats: Stats


Event = Loading | Prompt | Prefill | Delta | Done
