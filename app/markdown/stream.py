"""A message's text into blocks, at once or while it grows."""

from __future__ import annotations

from collections.abc import Sequence

from app.markdown.block_parser import BlockParser
from app.markdown.blocks import Block
from app.markdown.inline import Definitions


def parse(text: str) -> tuple[Block, ...]:
    """The blocks of a whole message, in order."""
    reader = BlockParser()
    blocks = [*reader.feed(text), *reader.close()]
    return _again(text, reader.names) if reader.names else tuple(blocks)


class MarkdownStream:
    """A message that grows at its end.

        stream = Stream()
        first = stream.feed("Some *te")  # before `first`, nothing has changed
        show(stream.blocks[first:], at=first)
        first = stream.finish()  # the same as parse("Some *te")

    The work of an update depends on what was fed and on the block that grows, each of which is
    bounded, never on the message.
    """

    def __init__(self) -> None:
        self._reader = BlockParser()
        self._source: list[str] = []
        self._blocks: list[Block] = []
        self._final = 0

    @property
    def blocks(self) -> Sequence[Block]:
        """All that is to be shown so far, in order."""
        return self._blocks

    @property
    def parsed(self) -> int:
        """Characters read so far; those read twice count twice."""
        return self._reader.work

    def feed(self, text: str) -> int:
        """More of the message. The index of the first block that has changed; those before it
        are the same objects."""
        self._source.append(text)
        final = self._reader.feed(text)
        first = self._show([*final, *self._reader.open()])
        self._final += len(final)
        return first

    def finish(self) -> int:
        """The end. Returns what `feed` does. Where the message defines a link or a footnote, all
        of it is read again, since what was before may refer to it; blocks that are equal stay."""
        tail = self._reader.close()
        if not self._reader.names:
            return self._show(tail)
        self._final = 0
        return self._show(_again("".join(self._source), self._reader.names))

    def _show(self, blocks: Sequence[Block]) -> int:
        """Replaces all that was not final. A block that is equal to the former stays itself."""
        old = self._blocks[self._final :]
        new = list(blocks)
        same = 0
        for at, (before, after) in enumerate(zip(old, new, strict=False)):
            if before == after:
                new[at] = before
                same += same == at
        self._blocks[self._final :] = new
        return self._final + same


def _again(text: str, names: Definitions) -> tuple[Block, ...]:
    """The blocks of a text whose definitions are known."""
    reader = BlockParser(names)
    return (*reader.feed(text), *reader.close())
