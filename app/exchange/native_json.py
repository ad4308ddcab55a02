"""Fireside's own file format for chats: all that the store knows of them.

The file is JSON in UTF-8, one chat a line, in this order::

    {
      "format": "fireside-chats",
      "version": 2,
      "chats": [
        {
          "title": "…", "title_by": "question" | "model" | "person",
          "effort": "low" | "medium" | "high",
          "created": 1.5, "updated": 2.5,   POSIX seconds
          "model": "…",                     the key of the one asked last; may be empty
          "instructions": "",               of this chat; empty: the user's general ones
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
              "host": "",                   the computer on which, to be shown; empty for this one
              "stats": null | {…},          the numbers of `app.base.answer_events.Stats`
              "thought_s": null,            seconds of reasoning
              "thought_open": null,         whether its panel was opened or closed by hand
              "parts": [
                {
                  "kind": "reasoning" | "text" | "call" | "result" | "file" | "media" | "page",
                  "text": "…",              words; a call's arguments; what a file or result says
                  "name": "",               the function that is called, or has returned; a file's
                  "id": "",                 which call it is
                  "format_data": "",        what the model's chat format needs to say it again
                  "media_type": "",         of media, as MIME has it
                  "data": "",               of media, in base64; what a call made has its "id"
                  "facts": null | {…}       of a result, as `app.base.types.ResultFacts` has them
                }
              ]
            }
          ]
        }
      ]
    }

What may be null, empty or false may be missing. A reader passes over fields that it does not
know, and keeps parts of a kind that it does not know; what it would misunderstand gets another
version. In version 1, a part had the fields ``text``, ``channel`` ("analysis", "commentary" or
"final"), ``recipient``, ``content_type`` and ``name`` (of a file).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import Any, TextIO

from app.base.codec import FieldError, an_object, decode, decode_value, encode, hints, member
from app.base.types import Message, Part, Role
from app.exchange.foreign_chat import OmissionReason
from app.exchange.foreign_json import Foreign, Newer
from app.exchange.json_stream import JsonReader, NotJson
from app.formats.harmony import stored_parts
from app.store import ChatRow, ChatSettings, ChatTree, MessageRow, State
from app.store.rows import part_from, part_json, stats_from

FORMAT = "fireside-chats"
VERSION = 2

_Json = dict[str, Any]

_OF_CHATS: _Json = {
    "id": 0,
    "setup": ChatSettings(),
    "deleted": None,
    "tools": [],
    "remote_tools": [],
    "imported": False,
}
_OF_MESSAGES: _Json = {"chat": 0, "message": None}
"""Fields that a file has in another form or not at all, with the values used when reading.

Which tools are on is for this user to decide, so no file says it.
"""
_OLD = ("recipient", "content_type", "name")
_OF_PARTS = (*hints(Part), "channel", *_OLD)


def write(file: TextIO, trees: Iterable[ChatTree]) -> None:
    """Write chats, holding one at a time in memory."""
    head = json.dumps({"format": FORMAT, "version": VERSION})
    file.write(f'{head[:-1]}, "chats": [')
    gap = "\n"
    for tree in trees:
        file.write(gap + json.dumps(_chat_json(tree), ensure_ascii=False))
        gap = ",\n"
    file.write("\n]}\n")


def read(reader: JsonReader, left: Counter[OmissionReason] | None = None) -> Iterator[ChatTree]:
    """Yield the chats of a file, one at a time.

    ``left`` counts content in unknown fields, written by a later version. Raises FieldError, Newer,
    and what the reader raises.
    """
    version = 0
    for name in reader.members():
        if name == "version":
            version = member({name: reader.value()}, name, int)
            if version > VERSION:
                raise Newer(version, VERSION)
        elif name != "chats":
            reader.value()
        elif version < 1:
            raise FieldError("“version” must come before “chats”")
        else:
            for count, _ in enumerate(reader.items(), start=1):
                try:
                    raw = reader.value()
                    tree = _tree(raw, _part if version == 1 else part_from)
                    if left is not None:
                        left[OmissionReason.UNKNOWN] += sum(map(_says_more, raw["messages"]))
                    yield tree
                except (FieldError, NotJson) as error:
                    raise FieldError(f"chat {count}: {error}") from error
    reader.end()
    if not version:
        raise FieldError("“version” is missing")


# --- Out ----------------------------------------------------------------------------------


def _chat_json(tree: ChatTree) -> _Json:
    raw = encode(tree.chat)
    raw |= raw.pop("setup")
    messages = [_message_json(row, tree.next.get(row.id)) for row in tree.messages]
    return _without(raw, _OF_CHATS) | {"messages": messages}


def _message_json(row: MessageRow, went: int | None) -> _Json:
    raw = encode(row) | {"next": went}
    if row.state is State.STREAMING:
        raw["state"] = State.CUT_OFF
    raw["role"] = row.message.role
    raw["parts"] = [part_json(part) for part in row.message.parts]
    return _without(raw, _OF_MESSAGES)


def _without(raw: _Json, names: _Json) -> _Json:
    return {name: value for name, value in raw.items() if name not in names}


# --- In -----------------------------------------------------------------------------------


def _tree(raw: object, part: Callable[[object], Part]) -> ChatTree:
    chat = an_object(raw)
    messages: dict[int, MessageRow] = {}
    went: dict[int, int] = {}
    for count, item in enumerate(member(chat, "messages", list), start=1):
        try:
            row = _message(an_object(item), part)
            if row.id in messages:
                raise FieldError(f"duplicate ID {row.id}")
            if row.parent is not None and row.parent not in messages:
                raise FieldError("its parent is missing or comes later")
            below = decode_value(int | None, item.get("next"), "next")
        except FieldError as error:
            raise FieldError(f"message {count}: {error}") from error
        messages[row.id] = row
        if below is not None:
            went[row.id] = below
    if any(below not in messages or messages[below].parent != up for up, below in went.items()):
        raise FieldError("“next” is not one of its replies")
    head = decode(ChatRow, chat | _OF_CHATS | {"setup": decode(ChatSettings, chat | _OF_CHATS)})
    if head.leaf not in messages and (messages or head.leaf is not None):
        raise FieldError("“leaf” is not one of its messages")
    return ChatTree(head, tuple(messages.values()), went)


def _message(raw: _Json, part: Callable[[object], Part]) -> MessageRow:
    role = member(raw, "role", Role)
    if role not in (Role.USER, Role.ASSISTANT):
        raise FieldError(f"“role” is {role.value!r}")
    parts = tuple(part(each) for each in member(raw, "parts", list))
    others: _Json = {"message": Message(role, parts)}
    if isinstance(stats := raw.get("stats"), dict):
        others["stats"] = stats_from(stats)
    if raw.get("state") == State.STREAMING:  # nothing will continue it
        others["state"] = State.CUT_OFF
    return decode(MessageRow, raw | _OF_MESSAGES | others)


def _says_more(raw: _Json) -> bool:
    """Return whether a message has content in unknown fields.

    If the message has content in known fields, only whole sentences count.
    """
    message = Foreign(raw)
    parts = message.objects("parts")
    spoken = any(part.text("text").strip() for part in parts)
    for part in parts:
        part.ignore(*_OF_PARTS)
    message.ignore("next", *(field.name for field in fields(MessageRow)))
    message.ignore("role", "state")
    return any(m.unread(sentences=spoken) for m in (message, *parts))


def _part(raw: object) -> Part:
    """Return a part read from version 1 of the format."""
    found = an_object(raw)
    optional = {name: decode_value(str | None, found.get(name), name) or "" for name in _OLD}
    text, channel = member(found, "text", str), member(found, "channel", stored_parts.Channel)
    return stored_parts.from_fields({"text": text, "channel": channel, **optional})
