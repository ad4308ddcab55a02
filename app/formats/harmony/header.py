"""Message headers, from ``<|start|>`` to ``<|message|>``, as models write them.

The documented form is ``assistant to=functions.f<|channel|>commentary <|constrain|>json``. Models
put each of these words nearly anywhere: 5 of 60 calls of a recorded gpt-oss-20b have the tool's
name where the channel belongs (github borislavmavrin/harmonyagent, tests/e2e, seen 2026-11-29). So
each word is recognised by itself, and its position only resolves ambiguities.
"""

from __future__ import annotations

import re

from app.formats.harmony.channels import Channel

CHANNELS = {channel.value: channel for channel in Channel}
OTHERS = {"user", "system", "developer", "tool"}
"""The roles other than the model's own."""
_ROLES = {"assistant", *OTHERS}
_NO_TOOLS = {"assistant", "user", "all"}  # recipients
_TYPES = {"json", "code", "text"}
_TRAINED = {"python", "browser"}  # tools whose names have no dot

_WORD = re.compile(rf"assistant(?={'|'.join(CHANNELS)})|[\w.:/=-]+|\S")
_NAME = re.compile(r"[A-Za-z_][\w.:/-]*", re.ASCII)
_DOTTED = re.compile(r"(?P<first>[A-Za-z_]\w*)(?:\.[A-Za-z_][\w-]*)+", re.ASCII)
# Without a control token at its start, text longer than this is not a header.
_HELD, _HELD_WORDS = 80, 5


def is_name(text: str) -> bool:
    """Return whether ``text`` could be the name of a tool or a channel."""
    return _NAME.fullmatch(text) is not None


def _is_tool(word: str) -> bool:
    """Return whether ``word`` can only be the name of a tool."""
    dotted = _DOTTED.fullmatch(word)
    return word in _TRAINED or (dotted is not None and dotted["first"] not in CHANNELS)


class HeaderParser:
    """A header while it is drawn: its text, in stretches between control tokens, and its fields.

    ``written``: whether the model began it with a control token. Without one, at an answer's start
    and after the end of a message, the text may be prose instead.
    """

    def __init__(self, before: str = "", *, written: bool = True) -> None:
        self.written = written
        self._stretches = [("role", before)]
        self._read(complete=False)

    def begin(self, kind: str) -> None:
        """Begin the stretch after a control token, a ``channel`` or a ``type``."""
        self.written = True
        self._stretches.append((kind, ""))

    def add(self, text: str) -> None:
        """Add text to the last stretch."""
        kind, before = self._stretches[-1]
        self._stretches[-1] = kind, before + text

    @property
    def overrun(self) -> bool:
        """Whether it must be prose: no control token began it, and it is longer than any header."""
        text = self._stretches[0][1]
        long = len(text) > _HELD or len(text.split()) > _HELD_WORDS or not text.isascii()
        return long and not self.written

    def close(self) -> None:
        """End the header at ``<|message|>``; all of its text then counts as header, not prose."""
        self._read(complete=True)

    def take_prose(self) -> str:
        """Remove and return the prose: all of each stretch from its first unknown word on."""
        self._read(complete=False)
        for at, (kind, text) in enumerate(self._stretches):
            self._stretches[at] = kind, text.removesuffix(self._prose[at])
        return "".join(self._prose)

    def _read(self, *, complete: bool) -> None:
        self.role = self.recipient = self.type = ""
        self.channel: Channel | None = None
        self.stray = ""
        """The first unknown word, if it could be the name of a tool."""
        self.stray_leads = False
        """Whether that word is where the channel belongs."""
        self.tool_speaks = False
        """Whether a tool's name is in the place of the role."""
        self._prose = [self._prose_of(kind, text, complete) for kind, text in self._stretches]

    def _prose_of(self, kind: str, text: str, complete: bool) -> str:
        """Read the fields of a stretch; return its prose."""
        addressed = False  # by a "to=" before the word
        for match in _WORD.finditer(text):
            word = match[0]
            if addressed or word.startswith("to="):
                name = word.removeprefix("to=")
                addressed = not name
                known = addressed or is_name(name)
                if known and name not in _NO_TOOLS:
                    self.recipient = self.recipient or name
            else:
                known = self._knows(kind, word, complete)
            if not known and not self.stray and is_name(word):
                self.stray, self.stray_leads = word, kind != "type" and self.channel is None
            if not known and not complete:
                return text[match.start() :]
        return ""

    def _knows(self, kind: str, word: str, complete: bool) -> bool:
        """Return whether headers have such a word; fewer words count if this may be prose."""
        low = word.lower() if self.written else word
        if low in _ROLES:
            self.role = self.role or low
        elif low in CHANNELS:
            if kind != "type" or self.channel is None:
                self.channel = CHANNELS[low]
        elif self.written and _is_tool(word):
            self.tool_speaks = self.tool_speaks or (kind == "role" and not self.role)
            self.recipient = self.recipient or word
        elif self.written and (low in _TYPES or (complete and kind == "type" and is_name(word))):
            self.type = self.type or low
        else:
            return False
        return True
