"""Harmony, the format that gpt-oss speaks: a prompt out of messages, messages out of tokens.

A prompt is a list of control ids and ordinary text, never a string that is parsed, so nothing
that a person, a file or a model wrote can become a control token. The parser is a state machine
over ids that recovers from whatever a model writes: no text is lost, no control token comes out.

Source: openai-harmony 0.0.8, whose own rendering is the reference (its documentation holds
stray lines), and whose parser raises where this one recovers.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterable
from enum import Enum, auto

from app.base.errors import NotGguf
from app.base.fence import fenced
from app.base.gguf import Header
from app.base.types import Channel, Delta, Message, Part, Request, Role
from app.tokenizer import Tokenizer

_SYSTEM = (
    "You are ChatGPT, a large language model trained by OpenAI.\n"
    "Knowledge cutoff: 2024-06\n"
    "Current date: {date}\n\n"
    "Reasoning: {effort}\n\n"
    "# Valid channels: analysis, commentary, final. Channel must be included for every message."
)


class Vocabulary:
    """A tokenizer, and the ids of Harmony's control tokens in it. Raises KeyError."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        ids = tokenizer.control
        self.start = ids["<|start|>"]
        self.end = ids["<|end|>"]
        self.message = ids["<|message|>"]
        self.channel = ids["<|channel|>"]
        self.constrain = ids["<|constrain|>"]
        self.call = ids["<|call|>"]
        self.stops = frozenset({ids["<|return|>"], self.call, ids["<|endoftext|>"]})

    @classmethod
    def from_gguf(cls, header: Header) -> Vocabulary:
        """From a header that was read with its arrays. Raises NotGguf."""
        try:
            return cls(Tokenizer.from_gguf(header))
        except KeyError:
            raise NotGguf(header.path) from None


def render(request: Request, vocabulary: Vocabulary) -> list[int]:
    """The ids to ask a model with, ending where it is to write."""
    return [token for piece in pieces(request, vocabulary) for token in piece]


def pieces(request: Request, v: Vocabulary) -> list[list[int]]:
    """The ids of `render` in pieces: the opening, one for each message, and what the model is to
    go on from."""
    *before, last = request.messages
    whole = [_opening(request, v), *(_past(message, v) for message in before)]
    if last.role is Role.USER:
        return [*whole, _past(last, v), [v.start, *v.tokenizer.encode("assistant")]]
    if last.parts:
        return [*whole, _answer(last.parts, v)[:-1], []]  # without its end, it goes on
    return [*whole, [], [v.start, *v.tokenizer.encode("assistant")]]


def pieces_ahead(request: Request, v: Vocabulary) -> list[list[int]]:
    """The same for a conversation whose next question is not asked yet: what its prompt will
    begin with. A question at its end is still being written."""
    whole = [_opening(request, v), *(_past(message, v) for message in request.messages)]
    if request.messages and request.messages[-1].role is Role.USER:
        del whole[-1][-1]
    return [*whole, []]


def _whole(role: str, text: str, v: Vocabulary) -> list[int]:
    return [v.start, *v.tokenizer.encode(role), v.message, *v.tokenizer.encode(text), v.end]


def _opening(request: Request, v: Vocabulary) -> list[int]:
    """What stands before the messages. The effort is near its start: the format wants it there,
    so another effort makes another prompt from there on."""
    system = _SYSTEM.format(date=request.today.isoformat(), effort=request.effort.value)
    ids = _whole("system", system, v)
    if request.instructions:
        ids += _whole("developer", f"# Instructions\n\n{request.instructions}", v)
    return ids


def _past(message: Message, v: Vocabulary) -> list[int]:
    """A message that is complete."""
    if message.role is Role.USER:
        return _whole("user", "\n\n".join(map(asked, message.parts)), v)
    return _answer(_without_reasoning(message), v)


def asked(part: Part) -> str:
    """What a person says, or has attached: that stands fenced under its name."""
    if not part.name:
        return part.text
    return f"{' '.join(part.name.split())}:\n{fenced(part.text)}"


def answer_now(vocabulary: Vocabulary, *, thinking: bool) -> list[int]:
    """The ids that open the final channel: out of the reasoning, or as the first of all."""
    v = vocabulary
    leave = [v.end, v.start, *v.tokenizer.encode("assistant")] if thinking else []
    return [*leave, v.channel, *v.tokenizer.encode(Channel.FINAL.value), v.message]


def _without_reasoning(message: Message) -> tuple[Part, ...]:
    """A past answer as the model is to see it: the chain of thought of a turn is dropped when
    the turn is over."""
    return tuple(part for part in message.parts if part.channel is not Channel.ANALYSIS)


def _answer(parts: Iterable[Part], v: Vocabulary) -> list[int]:
    encode = v.tokenizer.encode
    ids: list[int] = []
    for part in parts:
        recipient = f" to={part.recipient}" if part.recipient else ""
        ids += [v.start, *encode("assistant" + recipient), v.channel, *encode(part.channel.value)]
        if part.content_type:
            ids += [*encode(" "), v.constrain, *encode(part.content_type)]
        ids += [v.message, *encode(part.text), v.call if part.recipient else v.end]
    return ids


class _Text:
    """Bytes of tokens into text; half a character waits for its other half."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._bytes_of = tokenizer.bytes_of
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def feed(self, token: int) -> str:
        return self._decoder.decode(self._bytes_of(token))

    def finish(self) -> str:
        text = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        return text


class _State(Enum):
    HEADER = auto()
    """Between <|start|> and <|message|>."""
    CONTENT = auto()
    BETWEEN = auto()
    """After the end of a message."""


_CHANNELS = {channel.value: channel for channel in Channel}
_NOBODY = {"assistant", "user", "all"}  # recipients that are no tool
_ROLES = {"assistant", "user", "system", "developer", "tool"}

# A header has up to three stretches of text: before <|channel|>, behind it, and behind
# <|constrain|>. The recipient stands in the first or in the second.
_TO = r"\s*(?:to=(?P<to>[\w.:-]*)\s*)?"
_ROLE_TEXT = re.compile(rf"\s*(?P<name>(?!to=)[\w.-]+)?{_TO}(?P<rest>.*)", re.S)
_CHANNEL_TEXT = re.compile(
    rf"\s*(?P<name>(?!to=)[\w.-]+)?{_TO}(?P<type>\w+\s*$)?(?P<rest>.*)", re.S
)
# What the text so far must look like to become a header still.
_LONGEST = 160
_MAYBE_TO = r"(?:t|to|to=[\w.:-]*)?\s*"
_MAYBE_KNOWN_ROLE = re.compile(rf"\s*(?:[a-z]*|{_MAYBE_TO})")  # a channel, or a recipient
_MAYBE_ROLE = re.compile(rf"\s*[\w.-]*(?:\s+{_MAYBE_TO})?")
_MAYBE_CHANNEL = re.compile(rf"\s*[\w.-]*(?:\s+{_MAYBE_TO}\w{{0,20}}\s*)?")
_MAYBE_TYPE = re.compile(r"\s*\w*\s*")


class Parser:
    """Turns the ids that a model writes into deltas.

    It begins behind ``<|start|>assistant``, or within the last of ``parts``, where those are an
    answer that is continued. Recovery: ``<|start|>`` or ``<|channel|>`` within content ends it;
    a header without a channel, or with an unknown one, is analysis; text outside of any message,
    or in a header that never becomes one, is final.
    """

    def __init__(self, vocabulary: Vocabulary, parts: tuple[Part, ...] = ()) -> None:
        self._v = vocabulary
        self._text = _Text(vocabulary.tokenizer)
        self._index = len(parts) - 1
        # The stretches of a header; None until their control token came.
        self._role = ""
        self._channel: str | None = None
        self._type: str | None = None
        self._begin_header(role_known=True)
        self._part = Part("")
        self._fresh = False  # the part has no text yet, and so no index of its own
        if parts:
            self._part = parts[-1]
            self._state = _State.CONTENT

    @property
    def channel(self) -> Channel | None:
        """The channel of the text that comes now; None between messages."""
        return self._part.channel if self._state is _State.CONTENT else None

    def feed(self, token: int) -> list[Delta]:
        """What one more token adds. Never raises, whatever the token."""
        v = self._v
        if token == v.message:
            return self._open()
        if token == v.constrain:
            if self._state is _State.HEADER:
                self._append(self._text.finish())
                self._type = self._type or ""
            return []
        if token == v.channel and self._state is _State.HEADER and self._channel_begins():
            return []
        if token in (v.start, v.channel):
            deltas = self.finish()
            self._begin_header(role_known=token == v.channel)
            self._channel = "" if token == v.channel else None
            return deltas
        if token == v.end or token in v.stops:
            return self.finish()
        return self._add(self._text.feed(token))

    def finish(self) -> list[Delta]:
        """What is still held back when the message, or the stream, ends."""
        rest = self._text.finish()
        if self._state is _State.HEADER:
            self._append(rest)
            deltas = self._bare()
        else:
            deltas = self._emit(rest)
        self._state = _State.BETWEEN
        return deltas

    def _add(self, text: str) -> list[Delta]:
        if self._state is _State.HEADER:
            self._append(text)
            return [] if self._may_be_header() else self._bare()
        if self._state is _State.BETWEEN and text.strip():
            self._begin_part(Part(""))
        return self._emit(text) if self._state is _State.CONTENT else []

    def _emit(self, text: str) -> list[Delta]:
        if not text:
            return []
        self._index += self._fresh
        self._fresh = False
        part = self._part
        return [Delta(self._index, text, part.channel, part.recipient, part.content_type)]

    def _begin_part(self, part: Part) -> None:
        self._part = part
        self._fresh = True
        self._state = _State.CONTENT

    def _begin_header(self, *, role_known: bool) -> None:
        self._state = _State.HEADER
        self._role_known = role_known
        self._role = ""
        self._channel = None
        self._type = None

    def _channel_begins(self) -> bool:
        """<|channel|> in a header: whether it goes on. A channel that is announced again
        replaces the first, and keeps its recipient."""
        self._append(self._text.finish())
        if self._channel is not None:
            first = _CHANNEL_TEXT.fullmatch(self._channel)
            assert first is not None  # the pattern matches any text
            if first["type"] or first["rest"] or (first["name"] or "").lower() not in _CHANNELS:
                return False
            self._role += f" to={first['to']}" if first["to"] else ""
        self._channel, self._type = "", None
        return True

    def _append(self, text: str) -> None:
        """More text for the header, in the stretch where it is now."""
        if self._type is not None:
            self._type += text
        elif self._channel is not None:
            self._channel += text
        else:
            self._role += text

    def _may_be_header(self) -> bool:
        role = _MAYBE_KNOWN_ROLE if self._role_known else _MAYBE_ROLE
        stretches = (self._role, self._channel or "", self._type or "")
        return sum(map(len, stretches)) <= _LONGEST and all(
            pattern.fullmatch(text)
            for pattern, text in zip((role, _MAYBE_CHANNEL, _MAYBE_TYPE), stretches, strict=True)
        )

    def _open(self) -> list[Delta]:
        """<|message|>: the header is complete. Within content it means nothing."""
        if self._state is _State.CONTENT:
            return []
        if self._state is _State.BETWEEN:
            self._begin_header(role_known=True)
        self._append(self._text.finish())
        role = _ROLE_TEXT.fullmatch(self._role)
        channel = _CHANNEL_TEXT.fullmatch(self._channel or "")
        assert role is not None  # both patterns match any text
        assert channel is not None
        # Some models forget <|channel|> before its name.
        name = channel["name"] if self._channel is not None else role["name"]
        known = _CHANNELS.get((name or "").lower())
        recipient = channel["to"] or role["to"] or ""
        content_type = (channel["type"] if self._type is None else self._type) or ""
        part = Part(
            "",
            known or Channel.ANALYSIS,
            "" if recipient in _NOBODY else recipient,
            content_type.strip(),
        )
        forgotten = self._channel is None and known is not None
        stray = role["name"] if self._role_known and not forgotten else None
        self._begin_part(part)
        return self._emit((stray or "") + role["rest"] + channel["rest"])

    def _bare(self) -> list[Delta]:
        """The header is none: all of it is text, but for the words that only headers have."""
        role = self._role if self._role_known else _without(self._role, _ROLES)
        channel = self._channel or ""
        named = next((c for c in Channel if _without(channel, {c.value}) != channel), None)
        text = role + _without(channel, set(_CHANNELS)) + (self._type or "")
        self._begin_part(Part("", named or Channel.FINAL))
        return self._emit(_TO_NOBODY.sub("", text).lstrip())


_TO_NOBODY = re.compile(rf"^\s*to=(?:{'|'.join(sorted(_NOBODY))})\b")


def _without(text: str, words: Collection[str]) -> str:
    """``text`` without its first word, where that is one of ``words``."""
    first = re.match(r"\s*(\w+)\b ?", text)
    return text[first.end() :] if first and first[1].lower() in words else text
