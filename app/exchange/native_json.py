"""Fireside's own form of chats in a file: all that the store knows of them.

The file is JSON in UTF-8, one chat a line, in this order::

    {
      "format": "fireside-chats",
      "version": 1,
      "chats": [
        {
          "title": "…", "title_by": "question" | "model" | "person",
          "effort": "low" | "medium" | "high",
          "created": 1.5, "updated": 2.5,   POSIX seconds
          "model": "…",                     the key of the one asked last; may be empty
          "instructions": "",               of this chat; empty: the person's general ones
          "sampling": null | {"temperature", "top_p", "top_k", "min_p", "seed", "max_tokens"},
          "preset": "",                     the name of the one that both came from
          "pinned": false, "archived": false,
          "folder": "",                     empty for none
          "leaf": 2,                        the end of the branch that is shown; null: no message
          "messages": [                     of all branches; a parent stands before its children
            {
              "id": 1,                      of this chat's messages; any whole number
              "parent": null,               the id of the message above
              "next": 2,                    the one below that was last shown; null: the newest
              "role": "user" | "assistant",
              "state": "done" | "stopped" | "cut off",
              "created": 1.5,
              "effort": null, "model": "",  what an answer was made with
              "stats": null | {…},          the numbers of `app.base.types.Stats`
              "thought_s": null,            seconds of reasoning
              "thought_open": null,         whether its panel was opened or closed by hand
              "parts": [
                {
                  "text": "…",
                  "channel": "analysis" | "commentary" | "final",
                  "recipient": "",          the tool that it is for
                  "content_type": "",
                  "name": ""                of the file that the text is from; empty for words
                }
              ]
            }
          ]
        }
      ]
    }

What may be null, empty or false may be missing. A reader passes over fields that it does not
know; what such a reader would misunderstand gets another version.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from typing import Any, TextIO

from app.base.types import Effort, Message, Part, Role, Stats
from app.exchange.foreign_chat import LeftOut
from app.exchange.foreign_json import (
    Foreign,
    Newer,
    Wrong,
    an_object,
    checked,
    choice,
    maybe,
    number,
    sampling,
)
from app.exchange.json_stream import JsonReader, NotJson
from app.formats.harmony import stored_parts
from app.store import ChatRow, ChatSettings, ChatTree, MessageRow, State, TitleBy

FORMAT = "fireside-chats"
VERSION = 1

_PART_FIELDS = ("text", "channel", "recipient", "content_type", "name")

_Json = dict[str, Any]


def write(file: TextIO, trees: Iterable[ChatTree]) -> None:
    """Writes chats, of which one at a time is in memory."""
    head = json.dumps({"format": FORMAT, "version": VERSION})
    file.write(f'{head[:-1]}, "chats": [')
    gap = "\n"
    for tree in trees:
        file.write(gap + json.dumps(_chat_json(tree), ensure_ascii=False))
        gap = ",\n"
    file.write("\n]}\n")


def read(reader: JsonReader, left: Counter[LeftOut] | None = None) -> Iterator[ChatTree]:
    """The chats of a file, one at a time. In ``left`` is counted what a later version says in a
    field that this one does not know. Raises Wrong, Newer, and what the reader raises."""
    version = 0
    for name in reader.members():
        if name == "version":
            version = checked({name: reader.value()}, name, int)
            if version > VERSION:
                raise Newer(version, VERSION)
        elif name != "chats":
            reader.value()
        elif version < 1:
            raise Wrong("“version” does not stand before “chats”")
        else:
            for count, _ in enumerate(reader.items(), start=1):
                try:
                    raw = reader.value()
                    tree = _tree(raw)
                    if left is not None:
                        left[LeftOut.UNKNOWN] += sum(map(_says_more, raw["messages"]))
                    yield tree
                except (Wrong, NotJson) as error:
                    raise Wrong(f"chat {count}: {error}") from error
    reader.end()
    if not version:
        raise Wrong("“version” is missing")


# --- Out ----------------------------------------------------------------------------------


def _chat_json(tree: ChatTree) -> _Json:
    chat = tree.chat
    return {
        "title": chat.title,
        "title_by": chat.title_by,
        "effort": chat.effort,
        "created": chat.created,
        "updated": chat.updated,
        "model": chat.model,
        **asdict(chat.setup),
        "pinned": chat.pinned,
        "archived": chat.archived,
        "folder": chat.folder,
        "leaf": chat.leaf,
        "messages": [_message_json(row, tree.next.get(row.id)) for row in tree.messages],
    }


def _message_json(row: MessageRow, went: int | None) -> _Json:
    return {
        "id": row.id,
        "parent": row.parent,
        "next": went,
        "role": row.message.role,
        "state": State.CUT_OFF if row.state is State.STREAMING else row.state,
        "created": row.created,
        "effort": row.effort,
        "model": row.model,
        "stats": None if row.stats is None else asdict(row.stats),
        "thought_s": row.thought_s,
        "thought_open": row.thought_open,
        "parts": [stored_parts.to_fields(part) for part in row.message.parts],
    }


# --- In -----------------------------------------------------------------------------------


def _tree(raw: object) -> ChatTree:
    chat = an_object(raw)
    messages: dict[int, MessageRow] = {}
    went: dict[int, int] = {}
    for count, item in enumerate(checked(chat, "messages", list), start=1):
        try:
            row = _message(an_object(item))
            if row.id in messages:
                raise Wrong(f"the id {row.id} is there twice")
            if row.parent is not None and row.parent not in messages:
                raise Wrong("its parent does not stand before it")
        except Wrong as error:
            raise Wrong(f"message {count}: {error}") from error
        messages[row.id] = row
        below = maybe(item, "next", int)
        if below is not None:
            went[row.id] = below
    if any(below not in messages or messages[below].parent != up for up, below in went.items()):
        raise Wrong("“next” is no message below")
    leaf = maybe(chat, "leaf", int)
    if leaf not in messages and (messages or leaf is not None):
        raise Wrong("“leaf” is none of its messages")
    head = ChatRow(
        0,
        checked(chat, "title", str),
        choice(TitleBy, chat, "title_by"),
        choice(Effort, chat, "effort"),
        number(chat, "created"),
        number(chat, "updated"),
        leaf,
        ChatSettings(
            maybe(chat, "instructions", str) or "",
            sampling(chat),
            maybe(chat, "preset", str) or "",
        ),
        maybe(chat, "model", str) or "",
        maybe(chat, "pinned", bool) or False,
        maybe(chat, "archived", bool) or False,
        maybe(chat, "folder", str) or "",
    )
    return ChatTree(head, tuple(messages.values()), went)


def _message(raw: _Json) -> MessageRow:
    stats = maybe(raw, "stats", dict)
    role = choice(Role, raw, "role")
    if role not in (Role.USER, Role.ASSISTANT):
        raise Wrong(f"“role” is {role.value!r}")
    return MessageRow(
        checked(raw, "id", int),
        0,
        maybe(raw, "parent", int),
        Message(
            role,
            tuple(_part(an_object(part)) for part in checked(raw, "parts", list)),
        ),
        # One that is being written has nobody to go on writing it.
        State.CUT_OFF if raw.get("state") == State.STREAMING else choice(State, raw, "state"),
        number(raw, "created"),
        choice(Effort, raw, "effort") if raw.get("effort") is not None else None,
        maybe(raw, "model", str) or "",
        None if stats is None else _stats(stats),
        number(raw, "thought_s") if raw.get("thought_s") is not None else None,
        maybe(raw, "thought_open", bool),
    )


def _says_more(raw: _Json) -> bool:
    """Whether a message, or a part of it, that says nothing has something in an unknown field, or
    one that says something has whole sentences there."""
    message = Foreign(raw)
    parts = message.objects("parts")
    spoken = any(part.text("text").strip() for part in parts)
    for part in parts:
        part.aside(*_PART_FIELDS)
    message.aside("next", *(field.name for field in fields(MessageRow)))
    message.aside("role", "state")
    return any(m.unread(sentences=spoken) for m in (message, *parts))


def _part(raw: _Json) -> Part:
    optional = {name: maybe(raw, name, str) or "" for name in _PART_FIELDS[2:]}
    channel = choice(stored_parts.Channel, raw, "channel")
    return stored_parts.from_fields(
        {"text": checked(raw, "text", str), "channel": channel, **optional}
    )


def _stats(raw: _Json) -> Stats:
    """A number that is missing is 0."""
    numbers: dict[str, Any] = {
        field.name: checked(raw, field.name, int, float)
        if field.name.endswith("_s")
        else checked(raw, field.name, int)
        for field in fields(Stats)
        if field.name in raw
    }
    return Stats(**{field.name: numbers.get(field.name, 0) for field in fields(Stats)})
