"""The rows that the store hands out, and how they lie in columns and JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from app.base.types import Channel, Effort, Message, Part, Role, Sampling, Stats


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
class ChatRow:
    """A chat in the list. Times are POSIX seconds. ``sampling`` is None where it is left to the
    model. ``model`` is the key of the one that was asked last, empty where that is not known.
    ``folder`` is empty for a chat that is in none; ``deleted`` is when it went into the bin."""

    id: int
    title: str
    title_by: TitleBy
    effort: Effort
    created: float
    updated: float
    leaf: int | None
    sampling: Sampling | None = None
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


CHAT = (
    "id, title, title_by, effort, created, updated, leaf, sampling, model, "
    "pinned, archived, folder, deleted"
)
MESSAGE = (
    "id, chat, parent, role, state, created, effort, model, stats, thought_s, thought_open, parts"
)


def clean(text: str) -> str:
    """Text that UTF-8 can hold: surrogate pairs joined, each lone one replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def pack_parts(parts: tuple[Part, ...]) -> str:
    raw = []
    for part in parts:
        item = {"channel": part.channel, "text": clean(part.text)}
        if part.recipient:
            item["recipient"] = clean(part.recipient)
        if part.content_type:
            item["content_type"] = clean(part.content_type)
        if part.name:
            item["name"] = clean(part.name)
        raw.append(item)
    return json.dumps(raw, ensure_ascii=False)


def unpack_parts(text: str) -> tuple[Part, ...]:
    """Fields that a later version added are passed over; its channels are commentary."""
    channels = {str(c): c for c in Channel}
    return tuple(
        Part(
            item["text"],
            channels.get(item["channel"], Channel.COMMENTARY),
            item.get("recipient", ""),
            item.get("content_type", ""),
            item.get("name", ""),
        )
        for item in json.loads(text)
    )


def pack_stats(stats: Stats) -> str:
    return json.dumps({f.name: getattr(stats, f.name) for f in fields(Stats)})


def _unpack_stats(text: str) -> Stats:
    """A number that another version did not know is 0."""
    raw = json.loads(text)
    return Stats(**{f.name: raw.get(f.name, 0) for f in fields(Stats)})


def pack_sampling(sampling: Sampling | None) -> str | None:
    return None if sampling is None else json.dumps(asdict(sampling))


def unpack_sampling(text: str) -> Sampling:
    """A field that another version did not know has its default."""
    raw = json.loads(text)
    return Sampling(**{f.name: raw[f.name] for f in fields(Sampling) if f.name in raw})


def chat_row(row: tuple[Any, ...]) -> ChatRow:
    number, title, title_by, effort, created, updated, leaf, sampling, model, *order = row
    pinned, archived, folder, deleted = order
    return ChatRow(
        number,
        title,
        TitleBy(title_by),
        Effort(effort),
        created,
        updated,
        leaf,
        unpack_sampling(sampling) if sampling else None,
        model,
        bool(pinned),
        bool(archived),
        folder,
        deleted,
    )


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
