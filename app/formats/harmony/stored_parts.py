"""Parts as stored when Fireside knew only Harmony: by channel and recipient.

The store up to schema 6 and version 1 of the exported chats have this form, and importers mark an
assistant's intermediate text as Harmony does, and the server clients' calls.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.base.types import Part, PartKind
from app.formats.harmony.channels import Channel, MessageHeader

__all__ = ["ALONG_THE_WAY", "JSON_CALL", "Channel", "from_fields", "to_fields"]

ALONG_THE_WAY = Channel.COMMENTARY.value
"""The ``format_data`` of intermediate text, before the answer."""
JSON_CALL = f"{Channel.COMMENTARY} json"
"""The ``format_data`` of a function's call, as models write it."""


def to_fields(part: Part) -> dict[str, str]:
    """Return all fields of a part."""
    header = MessageHeader.of_part(part)
    file = part.kind is PartKind.FILE
    return {
        "text": part.text,
        "channel": header.channel.value,
        "recipient": header.recipient,
        "content_type": part.media_type if file else header.content_type,
        "name": part.name if file else "",
    }


def from_fields(fields: Mapping[str, str]) -> Part:
    """Return the part with these fields.

    An empty field may be missing. An unknown channel counts as the commentary.
    """
    text, recipient = fields["text"], fields.get("recipient", "")
    content_type, name = fields.get("content_type", ""), fields.get("name", "")
    if name and not recipient:
        return Part(text, PartKind.FILE, name, media_type=content_type)
    known = {str(c): c for c in Channel}.get(fields["channel"], Channel.COMMENTARY)
    return MessageHeader(known, recipient, content_type).part(text)
