"""Harmony's channels, and the kinds of parts that they correspond to.

A part keeps in ``format_data`` what its kind does not determine about its header: nothing for
reasoning on the analysis channel and text on the final one, else the channel and the content type,
as in ``commentary`` or ``analysis json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.base.types import Part, PartKind


class Channel(StrEnum):
    """The channels: reasoning, calls and intermediate text, and the answer."""

    ANALYSIS = "analysis"
    COMMENTARY = "commentary"
    FINAL = "final"


_CHANNELS = {channel.value: channel for channel in Channel}
_USUAL = {
    PartKind.REASONING: Channel.ANALYSIS,
    PartKind.TEXT: Channel.FINAL,
    PartKind.FILE: Channel.FINAL,
}


@dataclass(frozen=True, slots=True)
class MessageHeader:
    """The fields of a message's header; ``recipient`` is the tool that it addresses."""

    channel: Channel
    recipient: str = ""
    content_type: str = ""

    @classmethod
    def of_part(cls, part: Part) -> MessageHeader:
        """Return the header of a part, whichever format generated it."""
        word, _, content_type = part.format_data.partition(" ")
        channel = _CHANNELS.get(word)
        if channel is None:  # the usual one, or another format's words
            channel, content_type = _USUAL.get(part.kind, Channel.COMMENTARY), ""
        return cls(channel, part.name if part.kind is PartKind.CALL else "", content_type)

    @property
    def kind(self) -> PartKind:
        """The kind of a part with this header."""
        if self.recipient:
            return PartKind.CALL
        return PartKind.REASONING if self.channel is Channel.ANALYSIS else PartKind.TEXT

    @property
    def format_data(self) -> str:
        """What the part's kind does not determine about the header; see the module."""
        if not self.content_type and self.channel is _USUAL.get(self.kind):
            return ""
        return f"{self.channel} {self.content_type}".rstrip()

    def part(self, text: str = "") -> Part:
        """Return a part with this header."""
        return Part(text, self.kind, self.recipient, format_data=self.format_data)
