"""What stands before a message, between ``<|start|>`` and ``<|message|>``, as models write it.

By the format that is ``assistant to=functions.f<|channel|>commentary <|constrain|>json``. Models
put each of these words nearly anywhere (5 of 60 calls of a recorded gpt-oss-20b have the tool
where the channel belongs: github borislavmavrin/harmonyagent, tests/e2e, seen 2026-11-29), so
each is known by what it is, and its place only settles doubts.
"""

from __future__ import annotations

import re

from app.formats.harmony.channels import Channel

CHANNELS = {channel.value: channel for channel in Channel}
OTHERS = {"user", "system", "developer", "tool"}
"""Roles whose turns a model may make up."""
_ROLES = {"assistant", *OTHERS}
_NOBODY = {"assistant", "user", "all"}  # recipients that are no tool
_TYPES = {"json", "code", "text"}
_TRAINED = {"python", "browser"}  # tools whose names have no dot

_WORD = re.compile(rf"assistant(?={'|'.join(CHANNELS)})|[\w.:/=-]+|\S")
_NAME = re.compile(r"[A-Za-z_][\w.:/-]*", re.ASCII)
_DOTTED = re.compile(r"(?P<first>[A-Za-z_]\w*)(?:\.[A-Za-z_][\w-]*)+", re.ASCII)
# Where a header may stand unannounced, text that is longer than this is none.
_HELD, _HELD_WORDS = 80, 5


def is_name(text: str) -> bool:
    """Whether it could be the name of a tool, or of a channel."""
    return _NAME.fullmatch(text) is not None


def _is_tool(word: str) -> bool:
    """Whether it can be nothing but the name of a tool."""
    dotted = _DOTTED.fullmatch(word)
    return word in _TRAINED or (dotted is not None and dotted["first"] not in CHANNELS)


class HarmonyHeader:
    """The words of a header, in stretches that control tokens part, and what they say.

    ``written``: the model has begun it by a control token. Where one only may stand, at an
    answer's start and behind the end of a message, other text may as well.
    """

    def __init__(self, before: str = "", *, written: bool = True) -> None:
        self.written = written
        self._stretches = [("role", before)]
        self._read(whole=False)

    def begin(self, kind: str) -> None:
        """A control token: what follows is a ``channel``, or a ``type``."""
        self.written = True
        self._stretches.append((kind, ""))

    def add(self, text: str) -> None:
        """More of the last stretch."""
        kind, before = self._stretches[-1]
        self._stretches[-1] = kind, before + text

    @property
    def overrun(self) -> bool:
        """Whether there is more text than a header has, where one only may stand."""
        text = self._stretches[0][1]
        long = len(text) > _HELD or len(text.split()) > _HELD_WORDS or not text.isascii()
        return long and not self.written

    def close(self) -> None:
        """It has come to ``<|message|>``: all of it is header, whatever it says."""
        self._read(whole=True)

    def take_prose(self) -> str:
        """Takes out what is text: in each stretch, all from the first word that no header has."""
        self._read(whole=False)
        for at, (kind, text) in enumerate(self._stretches):
            self._stretches[at] = kind, text.removesuffix(self._prose[at])
        return "".join(self._prose)

    def _read(self, *, whole: bool) -> None:
        self.role = self.recipient = self.type = ""
        self.channel: Channel | None = None
        self.stray = ""
        """The first word that no header has, where it could be a tool's name."""
        self.stray_leads = False
        """Whether that stands where the channel belongs."""
        self.tool_speaks = False
        """Whether a tool has the place of the role."""
        self._prose = [self._prose_of(kind, text, whole) for kind, text in self._stretches]

    def _prose_of(self, kind: str, text: str, whole: bool) -> str:
        """Notes what a stretch says; returns what of it is text."""
        addressed = False  # by a "to=" before the word
        for match in _WORD.finditer(text):
            word = match[0]
            if addressed or word.startswith("to="):
                name = word.removeprefix("to=")
                addressed = not name
                known = addressed or is_name(name)
                if known and name not in _NOBODY:
                    self.recipient = self.recipient or name
            else:
                known = self._knows(kind, word, whole)
            if not known and not self.stray and is_name(word):
                self.stray, self.stray_leads = word, kind != "type" and self.channel is None
            if not known and not whole:
                return text[match.start() :]
        return ""

    def _knows(self, kind: str, word: str, whole: bool) -> bool:
        """Whether headers have such a word. Where none is sure to stand, fewer are trusted."""
        low = word.lower() if self.written else word
        if low in _ROLES:
            self.role = self.role or low
        elif low in CHANNELS:
            if kind != "type" or self.channel is None:
                self.channel = CHANNELS[low]
        elif self.written and _is_tool(word):
            self.tool_speaks = self.tool_speaks or (kind == "role" and not self.role)
            self.recipient = self.recipient or word
        elif self.written and (low in _TYPES or (whole and kind == "type" and is_name(word))):
            self.type = self.type or low
        else:
            return False
        return True
