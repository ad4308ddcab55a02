"""Parsing of a message's text, complete or while it grows."""

from __future__ import annotations

from collections.abc import Sequence

from app.markdown.block_parser import BlockParser
from app.markdown.blocks import Block
from app.markdown.inline import Definitions


def parse(text: str) -> tuple[Block, ...]:
    """Return the blocks of a whole message."""
    parser = BlockParser()
    blocks = [*parser.feed(text), *parser.close()]
    return _reparse(text, parser.definitions) if parser.definitions else tuple(blocks)


class MarkdownStream:
    """A message that grows at its end.

        stream = MarkdownStream()
        first = stream.feed("Some *te")  # before `first`, nothing has changed
        show(stream.blocks[first:], at=first)
        first = stream.finish()  # the same as parse("Some *te")

    The work of an update depends on what was fed and on the block that grows, both of which are
    bounded, never on the length of the message.
    """

    def __init__(self) -> None:
        self._parser = BlockParser()
        self._source: list[str] = []
        self._blocks: list[Block] = []
        self._final = 0

    @property
    def blocks(self) -> Sequence[Block]:
        """The blocks to show so far."""
        return self._blocks

    @property
    def parsed(self) -> int:
        """Characters read so far, counting repeated reading; for tests."""
        return self._parser.work

    def feed(self, text: str) -> int:
        """Add text; return the index of the first block that changed.

        Those before it are the same objects.
        """
        self._source.append(text)
        final = self._parser.feed(text)
        first = self._show([*final, *self._parser.open_blocks()])
        self._final += len(final)
        return first

    def finish(self) -> int:
        """End the message; return the index of the first block that changed.

        If the message defines a link or a footnote, all of it is parsed again, since earlier text
        may refer to it; equal blocks stay the same objects.
        """
        tail = self._parser.close()
        if not self._parser.definitions:
            return self._show(tail)
        self._final = 0
        return self._show(_reparse("".join(self._source), self._parser.definitions))

    def _show(self, blocks: Sequence[Block]) -> int:
        """Replace the non-final blocks, keeping equal objects; return the first changed index."""
        old = self._blocks[self._final :]
        new = list(blocks)
        same = 0
        for at, (before, after) in enumerate(zip(old, new, strict=False)):
            if before == after:
                new[at] = before
                same += same == at
        self._blocks[self._final :] = new
        return self._final + same


def _reparse(text: str, definitions: Definitions) -> tuple[Block, ...]:
    """Parse a text whose definitions are known."""
    parser = BlockParser(definitions)
    return (*parser.feed(text), *parser.close())
