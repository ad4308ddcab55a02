"""The rows that the store hands out, and how they lie in columns and JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from app.base.types import Effort, Message, Part, Role, Sampling, Stats
from app.formats.harmony import stored_parts


class State(StrEnum):
    """How far a message got."""

    DONE = "done"
    STREAMING = "streaming"
    """Being written now; never seen after a start (see CUT_OFF)."""
    STOPPED = "stopped"
    """The person stopped it."""
    CUT_OFF = "cut off"
    """Fireside or its engine ended in the middle, or the context was full."""


class TitleBy(StrEnum):
    """Who named a chat; a later one in this list is never replaced by an earlier one."""

    QUESTION = "question"
    MODEL = "model"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """What a chat was given for all its answers: instructions of its own (empty: the person's
    general ones), how they are drawn (None: as the model was made for), and the name of the
    preset that both came from (empty: of none). It is a copy: the preset may change, or go."""

    instructions: str = ""
    sampling: Sampling | None = None
    preset: str = ""


PLAIN = ChatSettings()
"""Of a chat that was given nothing."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A setup under a name, and the effort and the model (its key; empty for any) to begin with.
    ``default``: it is what new chats begin with."""

    id: int
    name: str
    effort: Effort = Effort.MEDIUM
    model: str = ""
    instructions: str = ""
    sampling: Sampling | None = None
    default: bool = False

    @property
    def setup(self) -> ChatSettings:
        """What a chat gets of it."""
        return ChatSettings(self.instructions, self.sampling, self.name)


@dataclass(frozen=True, slots=True)
class ChatRow:
    """A chat in the list. Times are POSIX seconds. ``model`` is the key of the one that was
    asked last, empty where that is not known. ``folder`` is empty for a chat that is in none;
    ``deleted`` is when it went into the bin."""

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


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message in its chat. ``effort``, ``model``, ``stats`` and ``thought_s`` (seconds of
    reasoning) are an answer's. ``thought_open``: whether the person toggled its panel open
    (True), closed (False), or not at all (None)."""

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


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that is to be sent when the answer before it is there."""

    parts: tuple[Part, ...]
    effort: Effort


@dataclass(frozen=True, slots=True)
class Unsent:
    """What a person has written in a chat and not sent: what stands in the composer, and the
    messages that wait, the first one first."""

    parts: tuple[Part, ...] = ()
    queue: tuple[Queued, ...] = ()


CHAT = (
    "id, title, title_by, effort, created, updated, leaf, instructions, sampling, preset, model, "
    "pinned, archived, folder, deleted"
)
LISTED = "deleted IS NULL AND NOT archived"
"""The chats that a person sees without looking for them."""
ORDER = "pinned DESC, updated DESC, id DESC"
"""Of chats in a list."""
MESSAGE = (
    "id, chat, parent, role, state, created, effort, model, stats, thought_s, thought_open, parts"
)
DRAFT = "chat, parts, queue"
PRESET = "id, name, effort, model, instructions, sampling, is_default"


def clean(text: str) -> str:
    """Text that UTF-8 can hold: surrogate pairs joined, each lone one replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def pack_parts(parts: tuple[Part, ...]) -> str:
    return json.dumps(_raw_parts(parts), ensure_ascii=False)


def _raw_parts(parts: tuple[Part, ...]) -> list[dict[str, str]]:
    raw = []
    for part in parts:
        fields = {name: clean(value) for name, value in stored_parts.to_fields(part).items()}
        optional = {name: fields[name] for name in ("recipient", "content_type", "name")}
        said = {name: value for name, value in optional.items() if value}
        raw.append({"channel": fields["channel"], "text": fields["text"], **said})
    return raw


def unpack_parts(text: str) -> tuple[Part, ...]:
    """Fields that a later version added are passed over; its channels are commentary."""
    return _parts(json.loads(text))


def _parts(raw: list[dict[str, str]]) -> tuple[Part, ...]:
    return tuple(map(stored_parts.from_fields, raw))


def pack_queue(queue: tuple[Queued, ...]) -> str:
    raw = [{"effort": each.effort, "parts": _raw_parts(each.parts)} for each in queue]
    return json.dumps(raw, ensure_ascii=False)


def unpack_queue(text: str) -> tuple[Queued, ...]:
    return tuple(Queued(_parts(each["parts"]), Effort(each["effort"])) for each in json.loads(text))


def pack_stats(stats: Stats) -> str:
    return json.dumps({f.name: getattr(stats, f.name) for f in fields(Stats)})


def _unpack_stats(text: str) -> Stats:
    """A number that another version did not know is 0."""
    raw = json.loads(text)
    return Stats(**{f.name: raw.get(f.name, 0) for f in fields(Stats)})


def pack_sampling(sampling: Sampling | None) -> str | None:
    return None if sampling is None else json.dumps(asdict(sampling))


def _unpack_sampling(text: str | None) -> Sampling | None:
    """A field that another version did not know has its default."""
    if text is None:
        return None
    raw = json.loads(text)
    return Sampling(**{f.name: raw[f.name] for f in fields(Sampling) if f.name in raw})


def chat_row(row: tuple[Any, ...]) -> ChatRow:
    number, title, title_by, effort, created, updated, leaf, *others = row
    instructions, sampling, preset, model, pinned, archived, folder, deleted = others
    return ChatRow(
        number,
        title,
        TitleBy(title_by),
        Effort(effort),
        created,
        updated,
        leaf,
        ChatSettings(instructions, _unpack_sampling(sampling), preset),
        model,
        bool(pinned),
        bool(archived),
        folder,
        deleted,
    )


def pack_setup(setup: ChatSettings) -> dict[str, str | None]:
    """The values of its columns, by their names."""
    return {
        "instructions": clean(setup.instructions),
        "sampling": pack_sampling(setup.sampling),
        "preset": clean(setup.preset),
    }


def draft_row(row: tuple[Any, ...]) -> tuple[int | None, Unsent]:
    chat, parts, queue = row
    return chat, Unsent(unpack_parts(parts), unpack_queue(queue))


def preset_row(row: tuple[Any, ...]) -> Preset:
    number, name, effort, model, instructions, sampling, default = row
    unpacked = _unpack_sampling(sampling)
    return Preset(number, name, Effort(effort), model, instructions, unpacked, bool(default))


def message_row(row: tuple[Any, ...]) -> MessageRow:
    number, chat, parent, role, state, created, effort, model, stats, thought_s, opened, parts = row
    return MessageRow(
        number,
        chat,
        parent,
        Message(Role(role), unpack_parts(parts)),
        State(state),
        created,
        Effort(effort) if effort else None,
        model,
        _unpack_stats(stats) if stats else None,
        thought_s,
        None if opened is None else bool(opened),
    )
