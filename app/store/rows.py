"""The rows that the store returns, and their form in columns and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from typing import Any

from app.base.answer_events import Stats
from app.base.codec import FieldError, an_object, decode, decode_value, encode, member
from app.base.types import Effort, Message, Part, PartKind, ResultFacts, Role, Sampling


class State(StrEnum):
    """The state of a message."""

    DONE = "done"
    STREAMING = "streaming"
    """Being generated; after a start it is CUT_OFF."""
    STOPPED = "stopped"
    """The user stopped it."""
    CUT_OFF = "cut off"
    """It was interrupted: Fireside or its engine ended, or the context was full."""


class TitleBy(StrEnum):
    """Who named a chat. A later member's title is never replaced by an earlier one's."""

    QUESTION = "question"
    MODEL = "model"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """The settings of a chat: instructions, sampling, the preset that both came from, and tools.

    Empty instructions are the user's general ones; sampling None is the model's own; an empty
    preset is none. The values are copies: the preset may change or be deleted. ``tools`` are the
    keys of those that are on (`app.tools`). While a model of another computer is asked, those that
    reach the user's own data are on by ``remote_tools`` instead.
    """

    instructions: str = ""
    sampling: Sampling | None = None
    preset: str = ""
    tools: tuple[str, ...] = ()
    remote_tools: tuple[str, ...] = ()


PLAIN = ChatSettings(tools=("python",))
"""The settings of a chat for which nothing was chosen."""


@dataclass(frozen=True, slots=True)
class Preset:
    """Named settings, with an initial effort and model (its key; empty for any).

    ``default``: new chats begin with it.
    """

    id: int
    name: str
    effort: Effort = Effort.MEDIUM
    model: str = ""
    instructions: str = ""
    sampling: Sampling | None = None
    default: bool = False
    tools: tuple[str, ...] = PLAIN.tools

    @property
    def setup(self) -> ChatSettings:
        """The settings that a chat gets from it."""
        return ChatSettings(self.instructions, self.sampling, self.name, self.tools)


@dataclass(frozen=True, slots=True)
class ChatRow:
    """A chat. Times are in POSIX seconds.

    ``model`` is the key of the one last used, empty if unknown. ``folder`` is empty for none;
    ``deleted`` is when the chat went into the bin. ``imported``: it came from a file, or, before
    version 9 of the schema, may have.
    """

    id: int
    title: str
    title_by: TitleBy
    effort: Effort
    created: float
    updated: float
    leaf: int | None
    setup: ChatSettings = PLAIN
    model: str = ""
    pinned: bool = False
    archived: bool = False
    folder: str = ""
    deleted: float | None = None
    imported: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message in its chat.

    ``effort``, ``model``, ``host`` (empty for this computer), ``stats`` and ``thought_s`` (seconds
    of reasoning) are an answer's.
    ``thought_open``: whether the user opened (True) or closed (False) its reasoning panel; None for
    neither.
    """

    id: int
    chat: int
    parent: int | None
    message: Message
    state: State
    created: float
    effort: Effort | None = None
    model: str = ""
    stats: Stats | None = None
    thought_s: float | None = None
    thought_open: bool | None = None
    host: str = ""


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that is sent when the answer before it is complete."""

    parts: tuple[Part, ...]
    effort: Effort


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A chat's draft: the composer's content, and the waiting messages in order."""

    parts: tuple[Part, ...] = ()
    queue: tuple[Queued, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A decision of the user about a function of a tool; ``chat`` is None for all chats.

    ``decision`` is one of `app.tools`. ``pin`` is the hash of what it is about.
    """

    chat: int | None
    tool: str
    function: str
    pin: str
    decision: str
    decided: float


@dataclass(frozen=True, slots=True)
class DepartureRow:
    """What the user has allowed to be sent to an origin; ``chat`` is None for all chats.

    ``origin`` is as `app.base.types.Endpoint` has it, ``kind`` and ``item`` are those of
    `app.tools.departure`.
    """

    chat: int | None
    origin: str
    kind: str
    item: str
    allowed: float


CHAT = (
    "id, title, title_by, effort, created, updated, leaf, instructions, sampling, preset, tools, "
    "remote_tools, model, pinned, archived, folder, imported, deleted"
)
LISTED = "deleted IS NULL AND NOT archived"
"""The SQL condition for chats in the list, neither deleted nor archived."""
ORDER = "pinned DESC, updated DESC, id DESC"
"""The SQL order of chats in a list."""
MESSAGE = (
    "id, chat, parent, role, state, created, effort, model, stats, thought_s, thought_open, host, "
    "origin"
)
PART = "kind, text, name, call, format_data, media_type, data, facts"
"""The columns of a part's content, without those that locate it."""
DRAFT = "chat, parts, queue"
CONSENT = "chat, tool, function, pin, decision, decided"
DEPARTURE = "chat, origin, kind, item, allowed"
PRESET = "id, name, effort, model, instructions, sampling, is_default, tools"


def clean(text: str) -> str:
    """Return text that UTF-8 can encode: surrogate pairs joined, lone ones as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


_KINDS = {kind.value: kind for kind in PartKind}


def _stored_kind(part: Part) -> tuple[str, str]:
    """Return a part's kind and name as they are stored."""
    if part.kind is not PartKind.UNKNOWN:
        return part.kind.value, part.name
    kind, _, name = part.name.partition(" ")
    return kind or PartKind.UNKNOWN.value, name


def _kind(kind: str, name: str) -> tuple[PartKind, str]:
    """Return the kind and name of a part from its columns.

    A kind that only a later version knows becomes the first word of the name, followed by the
    part's own name, so that `_stored_kind` gives back the same.
    """
    known = _KINDS.get(kind, PartKind.UNKNOWN)
    if known is PartKind.UNKNOWN:
        return known, f"{kind} {name}" if name else kind
    return known, name


def part_values(part: Part) -> tuple[str | bytes, ...]:
    """Return the values of a part's columns, as PART has them."""
    kind, name = _stored_kind(part)
    texts = (part.text, name, part.id, part.format_data, part.media_type)
    facts = json.dumps(encode(part.facts, text=clean, omit_defaults=True)) if part.facts else ""
    return (kind, *map(clean, texts), part.data, facts)


def part_row(row: tuple[Any, ...]) -> Part:
    kind, text, name, call, format_data, media_type, data, facts = row
    known = decode(ResultFacts, json.loads(facts)) if facts else None
    return Part(text, *_kind(kind, name), call, format_data, media_type, data, known)


def part_json(part: Part) -> dict[str, Any]:
    """Return a part as a JSON object, without fields that have their defaults."""
    kind, name = _stored_kind(part)
    raw: dict[str, Any] = {"kind": kind} | encode(part, text=clean, omit_defaults=True)
    raw["kind"] = kind
    raw.pop("name", None)
    return raw | {"name": clean(name)} if name else raw


def part_from(raw: object) -> Part:
    """Return the part in a JSON object. Raises FieldError."""
    found = an_object(raw)
    name = decode_value(str | None, found.get("name"), "name")
    kind, name = _kind(member(found, "kind", str), name or "")
    return decode(Part, found | {"kind": kind, "name": name})


def pack_parts(parts: tuple[Part, ...]) -> str:
    return json.dumps([part_json(part) for part in parts], ensure_ascii=False)


def _parts(raw: Iterable[object]) -> tuple[Part, ...]:
    return tuple(part_from(part) for part in raw)


def pack_queue(queue: tuple[Queued, ...]) -> str:
    raw = [encode(each) | {"parts": [part_json(p) for p in each.parts]} for each in queue]
    return json.dumps(raw, ensure_ascii=False)


def _unpack_queue(text: str) -> tuple[Queued, ...]:
    return tuple(decode(Queued, raw | {"parts": _parts(raw["parts"])}) for raw in json.loads(text))


def pack_stats(stats: Stats) -> str:
    return json.dumps(encode(stats))


def stats_from(raw: dict[str, Any]) -> Stats:
    """Return the statistics of an answer; missing ones are 0, or what `Stats` says."""
    needed = (each.name for each in fields(Stats) if each.default is MISSING)
    return decode(Stats, dict.fromkeys(needed, 0) | raw)


def pack_sampling(sampling: Sampling | None) -> str | None:
    return None if sampling is None else json.dumps(encode(sampling))


def _unpack_sampling(text: str | None) -> Sampling | None:
    """Return sampling from JSON; missing fields have their defaults."""
    return None if text is None else decode(Sampling, json.loads(text))


def chat_row(row: tuple[Any, ...]) -> ChatRow:
    number, title, title_by, effort, created, updated, leaf, *others = row
    instructions, sampling, preset, tools, remote, model, *others = others
    pinned, archived, folder, imported, deleted = others
    return ChatRow(
        number,
        title,
        TitleBy(title_by),
        Effort(effort),
        created,
        updated,
        leaf,
        ChatSettings(
            instructions,
            _unpack_sampling(sampling),
            preset,
            unpack_tools(tools),
            unpack_tools(remote),
        ),
        model,
        bool(pinned),
        bool(archived),
        folder,
        deleted,
        bool(imported),
    )


def pack_setup(setup: ChatSettings) -> dict[str, str | None]:
    """Return the settings as column values by name."""
    return {
        "instructions": clean(setup.instructions),
        "sampling": pack_sampling(setup.sampling),
        "preset": clean(setup.preset),
        "tools": pack_tools(setup.tools),
        "remote_tools": pack_tools(setup.remote_tools),
    }


def pack_tools(tools: Sequence[str]) -> str:
    """Return the keys of tools as a column value."""
    return json.dumps([clean(tool) for tool in tools], ensure_ascii=False)


def unpack_tools(text: str) -> tuple[str, ...]:
    """Return the keys of tools from a column; none if it is damaged."""
    with suppress(ValueError, FieldError):
        tools: tuple[str, ...] = decode_value(tuple[str, ...], json.loads(text), "tools")
        return tools
    return ()


def consent_row(row: tuple[Any, ...]) -> ConsentRow:
    return ConsentRow(*row)


def departure_row(row: tuple[Any, ...]) -> DepartureRow:
    return DepartureRow(*row)


def draft_row(row: tuple[Any, ...]) -> tuple[int | None, StoredDraft]:
    chat, parts, queue = row
    return chat, StoredDraft(_parts(json.loads(parts)), _unpack_queue(queue))


def preset_row(row: tuple[Any, ...]) -> Preset:
    number, name, effort, model, instructions, sampling, default, tools = row
    return Preset(
        number,
        name,
        Effort(effort),
        model,
        instructions,
        _unpack_sampling(sampling),
        bool(default),
        unpack_tools(tools),
    )


def message_row(rows: Sequence[tuple[Any, ...]]) -> MessageRow:
    """Return a message from its rows, each of which has the columns of one part or none."""
    columns = rows[0][: len(MESSAGE.split(", "))]
    number, chat, parent, role, state, created, effort, model, *others = columns
    stats, thought_s, opened, host, origin = others
    parts = (row[len(columns) :] for row in rows)
    return MessageRow(
        number,
        chat,
        parent,
        Message(
            Role(role),
            tuple(part_row(part) for part in parts if part and part[0] is not None),
            host=host,
            origin=origin,
        ),
        State(state),
        created,
        Effort(effort) if effort else None,
        model,
        stats_from(json.loads(stats)) if stats else None,
        thought_s,
        None if opened is None else bool(opened),
        host,
    )
