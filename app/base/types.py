"""The values that packages exchange. All are frozen; none needs a library."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit


class Effort(StrEnum):
    """The reasoning effort: how long a model reasons before it answers."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Role(StrEnum):
    """Who wrote a message.

    The store has users' and assistants' messages only; a server's client may send all roles.
    """

    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class PartKind(StrEnum):
    """The kind of a part of a message."""

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
    PAGE = "page"
    """A page as a tool has displayed it to the model, packed, for the citations."""
    UNKNOWN = "unknown"
    """A kind that a newer version has stored and this one does not know."""


DEMO_NAME = "Demo model"
"""The name under which the built-in model's answers are stored."""

DECLINED = "declined"
"""The ``name`` of text in the place of an answer that the demo model could not give."""


class Outcome(StrEnum):
    """How a call of a tool ended."""

    DONE = "done"
    FAILED = "failed"
    """It ran, and reported an error."""
    REFUSED = "refused"
    """The user, or a rule, did not allow it."""
    STOPPED = "stopped"
    """It was stopped, by the user or at its time limit."""
    UNKNOWN = "unknown"
    """It is not known whether it was carried out: the program ended meanwhile."""
    INVALID = "invalid"
    """There is no such tool, it is switched off, or it cannot be called like this."""


@dataclass(frozen=True, slots=True)
class ResultFacts:
    """Facts about a tool's result that its text does not have.

    ``seconds`` is how long the call ran. ``short`` is the text that stays in the prompt when the
    context gets tight. ``count`` is the number of results found; None if it finds none.
    ``changes`` says in one line what was changed outside the chat; empty for nothing. ``source`` is
    the key of the tool, if it reads or changes anything outside the chat. ``decision`` is what the
    user decided about the call (`app.tools.tool_events.Decision`); empty if nobody was asked.
    """

    outcome: Outcome = Outcome.DONE
    seconds: float = 0.0
    short: str = ""
    count: int | None = None
    changes: str = ""
    source: str = ""
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message: reasoning, text, a call, a result, a file, or media.

    ``text`` holds a call's arguments as the model wrote them, or the text of a result or a file.
    ``name`` is the function that is called or has returned (``functions.get_weather``, ``python``),
    the name of a file, or, if the kind is unknown, that kind; of text it is empty, or `DECLINED`.
    ``id`` identifies a call and its result; it is empty if the chat format has no ids.
    ``format_data`` is what the chat format needs to render the part exactly as it was generated,
    opaque to everything else. ``media_type`` is MIME's; ``data`` are the bytes of media: what a
    tool made, such as a figure or a page, has the ``id`` of the call. ``facts`` are those of a
    result; a call has `app.tools.tool_events.WAITING` until it starts, if the user is asked.
    """

    text: str
    kind: PartKind = PartKind.TEXT
    name: str = ""
    id: str = ""
    format_data: str = ""
    media_type: str = ""
    data: bytes = b""
    facts: ResultFacts | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    parts: tuple[Part, ...]
    day: datetime.date | None = field(default=None, compare=False)
    """The local day on which a question was asked; None if it is the conversation's day."""
    host: str = field(default="", compare=False)
    """Where an answer was generated (`Endpoint.host`), to be shown; empty for this computer.

    If it was continued elsewhere, both, such as "localhost, gpu.example.org". Of an imported answer
    it is what the file says.
    """
    origin: str = field(default="", compare=False)
    """Where this program had an answer generated (`Endpoint.origin`), and nowhere else.

    Empty for this computer, for several places, and for an imported answer. The turn is known
    there, so nothing may set this but the turn itself.
    """

    @property
    def text(self) -> str:
        """The text meant for the reader, without reasoning, calls, results or files."""
        return "\n\n".join(p.text for p in self.parts if p.kind is PartKind.TEXT)

    @property
    def declined(self) -> bool:
        """Whether it stands in the place of an answer that the demo model could not give."""
        return any(p.kind is PartKind.TEXT and p.name == DECLINED for p in self.parts)

    @property
    def attached(self) -> tuple[Part, ...]:
        """The files attached to the message."""
        return tuple(part for part in self.parts if part.kind is PartKind.FILE)

    @property
    def reasoning(self) -> str:
        """The chain of thought, without tool calls."""
        return "\n\n".join(p.text for p in self.parts if p.kind is PartKind.REASONING)


@dataclass(frozen=True, slots=True)
class Sampling:
    """Parameters of sampling: how tokens are drawn, and how many.

    The defaults are those recommended for gpt-oss, with llama.cpp's default min_p. ``seed=None``
    picks a random seed; the same seed repeats an answer, at the price of processing the whole
    conversation again. ``max_tokens=None``: as many as the context allows.
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
    """A model with the id ``model`` behind an HTTP endpoint that speaks OpenAI's API.

    ``url`` is the base of its addresses, such as "https://gpu.example.org/v1", without a slash at
    its end.
    """

    url: str
    model: str

    @classmethod
    def of_key(cls, key: str) -> Self | None:
        """Return the endpoint that a `ModelRef.key` names; None if that is no endpoint's."""
        url, mark, model = key.partition("#")
        return cls(url, model) if mark and url.startswith(("https://", "http://")) else None

    @property
    def host(self) -> str:
        """The host, with its port if the address names one: what the user is shown.

        Of a model that a program on this computer only forwards to, it is where that runs.
        """
        if self._forwarded:
            return FORWARDED_TO
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def origin(self) -> str:
        """The scheme, the host and the port: what a permission to send something is about.

        Without TLS, others may read what is sent to the same host.
        """
        scheme = "https" if self._forwarded else urlsplit(self.url).scheme
        return f"{scheme}://{self.host}"

    @property
    def is_here(self) -> bool:
        """Whether it is another program on this computer, so that nothing leaves it."""
        return is_loopback(urlsplit(self.url).hostname or "") and not self._forwarded

    @property
    def _forwarded(self) -> bool:
        # Ollama on this computer sends what is asked of gpt-oss:120b-cloud to its own servers.
        tag = self.model.rpartition(":")[2].strip().lower() if ":" in self.model else ""
        cloud = tag == "cloud" or tag.endswith("-cloud")
        return cloud and is_loopback(urlsplit(self.url).hostname or "")


FORWARDED_TO = "ollama.com"
"""Where Ollama's models with the tag “cloud” run, whichever computer is asked."""


def is_this_computer(host: str) -> bool:
    """Return whether a host, as `Endpoint.host` and `Message.host` name it, is this computer."""
    try:
        return not host or is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:  # it is what a file says
        return False


def is_loopback(host: str) -> bool:
    """Return whether a host, without a port, is this computer by its name or address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model that the user can choose, wherever it runs.

    ``sampling`` is its recommended sampling. ``alias``, if any, is stored for it instead of its
    location.
    """

    location: FileLocation | Endpoint
    name: str
    sampling: Sampling = Sampling()
    alias: str = ""

    @classmethod
    def of_file(
        cls, path: Path, name: str, sampling: Sampling = Sampling(), alias: str = ""
    ) -> ModelRef:
        """Return a reference to the model in a file."""
        return cls(FileLocation(path), name, sampling, alias)

    @property
    def key(self) -> str:
        """The string by which settings and chats refer to it."""
        return self.alias or self.place

    @property
    def host(self) -> str:
        """The host that answers; empty for this computer."""
        return self.location.host if isinstance(self.location, Endpoint) else ""

    @property
    def origin(self) -> str:
        """The origin that answers (`Endpoint.origin`); empty for this computer."""
        return self.location.origin if isinstance(self.location, Endpoint) else ""

    @property
    def is_here(self) -> bool:
        """Whether it runs on this computer, so that nothing of a chat leaves it."""
        return not isinstance(self.location, Endpoint) or self.location.is_here

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

    ``schema``: the JSON schema of its arguments, as declared; empty if they are plain text.
    ``strict``: whether the arguments have to follow it, so that no others can be drawn.
    """

    name: str
    description: str = ""
    schema: str = ""
    strict: bool = False


@dataclass(frozen=True, slots=True)
class ToolSource:
    """A source that functions search: the key of its tool, and the name that the model uses.

    Several sources may have the same name; to the model they are one.
    """

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolNamespace:
    """A named group of functions, such as ``functions`` for those of a server's client.

    ``sources`` are those that the functions search, the default first.
    """

    name: str
    functions: tuple[ToolFunction, ...] = ()
    description: str = ""
    sources: tuple[ToolSource, ...] = ()


class ToolChoice(StrEnum):
    """The choice whether the model may or must call tools, unless a request names one function."""

    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Request:
    """All that a backend needs for one answer.

    If the last message is the assistant's, it is continued from its end. Reasoning in ``messages``
    may be left out of the prompt: the chat format decides. What a backend cannot do raises
    RequestUnsupported, and is never ignored.
    """

    model: ModelRef
    messages: tuple[Message, ...]
    effort: Effort = Effort.MEDIUM
    instructions: str = ""
    today: datetime.date = field(default_factory=datetime.date.today)
    """The day on which the conversation began, which the prompt states first."""
    sampling: Sampling = Sampling()
    chat: int | None = None
    """The chat that it belongs to, so that its cached states on disk can be deleted."""
    ephemeral: bool = False
    """Whether no further request will continue it, so that its state is not kept."""
    client: str = ""
    """The client that asks, for fair scheduling; empty for the window, which always comes first."""
    background: bool = False
    """Whether nobody is waiting for it, so that it gives way to everything else."""
    tools: tuple[ToolNamespace, ...] = ()
    tool_choice: ToolChoice | str = ToolChoice.AUTO
    """Whether tools may or must be called in this answer, or its rest if it goes on.

    A string is the name of the one function to call.
    """
    stop: tuple[str, ...] = ()
    """Stop texts: the answer ends before the first of them, which is not part of it."""
    response_schema: str = ""
    """The JSON schema of the answer, as JSON; empty for free text. "{}" is any JSON."""
    drawn: tuple[int, ...] = ()
    """The turn's tokens so far, bridges included, if it goes on after a tool call."""
    imported: bool = False
    """Whether the chat came from a file or a pipe, so that its text need not be the user's."""
    whole: bool = False
    """Whether no message may be left out: what does not fit raises ContextFull."""

    @property
    def goes_on(self) -> bool:
        """Whether the answer goes on after the result of a tool."""
        last = self.messages[-1].parts[-1:] if self.messages else ()
        return bool(self.drawn) or any(part.kind is PartKind.RESULT for part in last)
