"""Parsing: deltas out of the tokens that a model draws."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from app.base.answer_events import Delta, StopReason
from app.base.types import Part, PartKind
from app.formats.harmony.channels import Channel, MessageHeader
from app.formats.harmony.header import OTHERS, HeaderParser, is_name
from app.formats.harmony.render import SHOWN, closing
from app.formats.harmony.vocabulary import Vocabulary

if TYPE_CHECKING:
    from app.tokenizer import Tokenizer

_LONGEST_TYPE = 20  # characters of a content type, as "json"


class _Text:
    """A decoder of tokens to text; an incomplete character waits for its other bytes."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._bytes_of = tokenizer.bytes_of
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._waits = False

    def feed(self, token: int) -> str:
        raw = self._bytes_of(token)
        if raw.isascii() and not self._waits:  # nearly always, and it takes a tenth of the time
            return raw.decode("ascii")
        text = self._decoder.decode(raw)
        self._waits = bool(self._decoder.getstate()[0])
        return text

    def finish(self) -> str:
        text = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        self._waits = False
        return text


class HarmonyParser:
    """A parser of the tokens that a model draws into deltas. See `app.formats.AnswerParser`.

    It begins after ``<|start|>assistant``, or within the last of ``parts``, if these are an answer
    that is continued. It recovers from malformed output:

    - ``<|start|>`` or ``<|channel|>`` within a message ends it, and so does ``<|constrain|>``
      if a word and ``<|message|>`` follow.
    - All text up to ``<|message|>`` is header and not shown. The name of a tool anywhere in it is
      the recipient. If ``<|message|>`` never comes, words that no header has are text.
    - A call may have no arguments. Whatever ends with ``<|call|>`` is a call, and a call may end
      with any stop.
    - Text on a missing or unknown channel is reasoning while it grows, and becomes the answer
      if the stream ends without one. Text before the first header stays reasoning if a channel
      follows.
    - A header with another role than the model's own ends the answer.
    """

    def __init__(self, vocabulary: Vocabulary, parts: tuple[Part, ...] = ()) -> None:
        self.ended = False
        """Whether the model has begun another role's turn: everything after it is ignored."""
        self.called = False
        """Whether a tool was called."""
        self.stop: StopReason | None = None
        """Why the model's turn is over; None while it goes on."""
        self._v = vocabulary
        self._fed = False
        self._text = _Text(vocabulary.tokenizer)
        self._index = len(parts) - 1
        self._header: HeaderParser | None = HeaderParser("assistant ", written=False)
        """The header that is being drawn; None within a message."""
        parts = tuple(part for part in parts if part.kind not in SHOWN)
        before = [MessageHeader.of_part(part) for part in parts]
        self._begin_part(before[-1] if parts else MessageHeader(Channel.FINAL))
        self._fresh = False  # whether the part has no text yet, and so no index
        self._held: str | None = None
        """The text after <|constrain|> within a message: a type, if <|message|> follows."""
        self._unsettled: dict[int, tuple[MessageHeader, bool]] = {}
        """Parts on an unknown channel, each with whether it comes before any header."""
        self._answered = any(h.channel is Channel.FINAL and not h.recipient for h in before)
        if parts and parts[-1].kind not in (PartKind.CALL, PartKind.RESULT):
            self._header = None

    @property
    def in_reasoning(self) -> bool:
        """Whether further text would be on the analysis channel."""
        return self._header is None and self._part.channel is Channel.ANALYSIS

    def close_reasoning(self) -> list[int]:
        """Return the tokens that open the final channel, from the reasoning or at the start.

        Empty if a header is being drawn, and on other channels.
        """
        begins = self._header is not None and not self._fed
        if not begins and not self.in_reasoning:
            return []
        return closing(self._v, in_reasoning=not begins)

    def feed(self, token: int) -> list[Delta]:
        """Return the deltas that one more token adds. Never raises, whatever the token."""
        within = self._header is None and self._held is None and not self.ended
        if within and token not in self._v.not_text:  # nearly always
            text = self._text.feed(token)
            return [self._delta(text)] if text else []
        calling = self._header is None and bool(self._part.recipient)
        deltas = self._take(token)
        self._fed = True
        if self.stop is None:
            if token in self._v.stops:
                called = calling or token == self._v.call
                self.stop = StopReason.CALL if called else StopReason.END
            elif self.ended:
                self.stop = StopReason.CALL if self.called else StopReason.END
        return deltas

    def _take(self, token: int) -> list[Delta]:
        v = self._v
        if self.ended:
            return []
        if token == v.message:
            return self._open()
        if token == v.start:
            deltas = self._close(token)
            self._header = HeaderParser()
            return deltas
        if token == v.end or token in v.stops:
            return self._close(token)
        if token == v.channel:
            deltas = self._announce() if self._header else self._close(token)
            assert self._header
            self._header.begin("channel")
            return deltas
        if token == v.constrain:
            return self._constrain()
        return self._add(self._text.feed(token))

    def finish(self) -> list[Delta]:
        """Return the deltas that were held back, and those that make parts the answer after all."""
        deltas = [] if self.ended else self._close(None)
        if not self._answered and not self.called:
            for index, (part, _) in self._unsettled.items():
                answer = MessageHeader(Channel.FINAL, content_type=part.content_type)
                deltas.append(_delta_of(index, "", answer))
        self._unsettled.clear()
        return deltas

    def _add(self, text: str) -> list[Delta]:
        if self._header is None:
            if self._held is None:
                return self._emit(text)
            self._held += text
            return self._go_on() if len(self._held) > _LONGEST_TYPE else []
        self._header.add(text)
        prose = self._header.take_prose() if self._header.overrun else ""
        if prose:
            self._begin_part(MessageHeader(Channel.ANALYSIS), bare=True)
            self._header = None
        return self._emit(prose)

    # --- A header ---------------------------------------------------------------------------

    def _announce(self) -> list[Delta]:
        """Treat the text so far as a header, since a control token follows; return its prose."""
        header = self._header
        assert header
        header.add(self._text.finish())
        if header.written:
            return []
        header.written = True
        prose = header.take_prose()
        if not _says(prose, str.isalnum):
            return []
        self._begin_part(MessageHeader(Channel.ANALYSIS), bare=True)
        return self._emit(prose)

    def _constrain(self) -> list[Delta]:
        """Handle <|constrain|>, after which a header has the content type."""
        if self._header:
            deltas = self._announce()
            self._header.begin("type")
            return deltas
        deltas = self._go_on()
        self._held = ""
        return deltas

    def _go_on(self) -> list[Delta]:
        """Continue the message: the text after <|constrain|> was not a type."""
        held, self._held = self._held or "", None
        return self._emit(held + self._text.finish())

    def _open(self) -> list[Delta]:
        """Handle <|message|>, which completes the header. It is ignored within a message."""
        deltas: list[Delta] = []
        if self._header is None:
            if self._held is None:
                return []
            kind, self._held = self._held + self._text.finish(), None
            deltas = self._close(None)
            self._header = HeaderParser()
            self._header.begin("type")
            self._header.add(kind)
        deltas += self._announce()
        header, self._header = self._header, None
        assert header
        header.close()
        if header.role in OTHERS or (header.tool_speaks and self.called):
            self.ended = True
            return deltas
        recipient = header.recipient
        if header.stray_leads and header.type and header.channel not in (None, Channel.FINAL):
            recipient = recipient or header.stray
        part = MessageHeader(header.channel or Channel.ANALYSIS, recipient, header.type)
        self._begin_part(part, known=header.channel is not None, stray=header.stray)
        return deltas

    def _abandon(self, token: int | None) -> list[Delta]:
        """End a header without <|message|>, by another control token or with the stream."""
        header, self._header = self._header, None
        assert header
        header.add(self._text.finish())
        prose = header.take_prose().strip()
        if header.written and header.role in OTHERS:
            self.ended = True
            return []
        recipient = header.recipient
        if not recipient and token == self._v.call and is_name(prose):
            recipient, prose = prose, ""
        channel = header.channel if header.written else None
        if recipient:
            said = bool(prose) or token is not None
        elif not header.written or channel is Channel.FINAL:
            said = _says(prose, str.isalnum)
        else:
            said = _says(prose, str.isalpha) and not is_name(prose)
        if not said:
            return []
        part = MessageHeader(channel or Channel.ANALYSIS, recipient, header.type)
        self._begin_part(part, bare=channel is None)
        return [*self._emit(prose), *self._end_part(token)]

    # --- A message --------------------------------------------------------------------------

    def _begin_part(
        self, part: MessageHeader, *, known: bool = True, bare: bool = False, stray: str = ""
    ) -> None:
        """Begin a part.

        ``known``: its channel is known. ``bare``: it comes before any header. ``stray``: the tool
        that is called if it ends as a call.
        """
        self._part, self._stray = part, stray
        self._told = part.kind, part.recipient, "", part.format_data
        self._known = (known and not bare) or bool(part.recipient)
        self._bare = bare
        self._fresh = True

    def _emit(self, text: str) -> list[Delta]:
        return [self._delta(text)] if text else []

    def _delta(self, text: str) -> Delta:
        """Return a delta of the part, which gets its index with the first one."""
        part = self._part
        if self._fresh:
            self._fresh = False
            self._index += 1
            if self._known:  # text before any header stays reasoning
                self._unsettled = {i: p for i, p in self._unsettled.items() if not p[1]}
            else:
                self._unsettled[self._index] = part, self._bare
            self.called = self.called or bool(part.recipient)
        if not self._answered:
            answers = part.channel is Channel.FINAL and not part.recipient
            self._answered = answers and bool(text.strip())
        return Delta(self._index, text, *self._told)

    def _close(self, token: int | None) -> list[Delta]:
        """End a message or a header."""
        header = self._header is not None
        deltas = self._abandon(token) if header else [*self._go_on(), *self._end_part(token)]
        self._header = HeaderParser(written=False)
        return deltas

    def _end_part(self, token: int | None) -> list[Delta]:
        """End a part: a call without arguments still needs a delta, and what ends as a call is one.

        A call that names no tool becomes reasoning, so that it is not shown as the answer.
        """
        part = self._part
        said = part.channel is Channel.FINAL and not self._stray  # text for the user
        if not part.recipient and token == self._v.call and not said:
            channel = part.channel if self._stray else Channel.ANALYSIS
            self._part = part = replace(part, channel=channel, recipient=self._stray)
            self._told = part.kind, part.recipient, "", part.format_data
            self._unsettled.pop(self._index, None)
            self.called = True
            return [self._delta("")] if self._stray or not self._fresh else []
        return [self._delta("")] if part.recipient and self._fresh else []


def _delta_of(index: int, text: str, header: MessageHeader) -> Delta:
    return Delta(index, text, header.kind, header.recipient, format_data=header.format_data)


def _says(text: str, means: Callable[[str], bool]) -> bool:
    """Return whether ``means`` is true of any character of a text."""
    return any(map(means, text))
