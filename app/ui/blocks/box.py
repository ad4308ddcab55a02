"""The protocol of everything that is painted in a message.

Coordinates are logical pixels from a box's own top left corner. Positions count what can be
selected: 0 is in front of the first character, ``length`` behind the last; a formula counts as one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.ui.theme import Palette

Range = tuple[int, int]
"""Positions from the first up to, not including, the second."""


@dataclass(frozen=True, slots=True)
class Style:
    """How the blocks of a message look.

    ``pixels`` is the size of the text, ``colour`` the theme's name for its colour, ``mono`` whether
    it is in the font of code. On ``paper``, nothing scrolls and nothing is clicked but links.
    """

    pixels: int = 15
    colour: str = "text"
    mono: bool = False
    paper: bool = False


@dataclass(frozen=True, slots=True)
class Highlights:
    """The selected and found positions of a box.

    ``current`` is the one of ``found`` that the person is at.
    """

    selected: Range = (0, 0)
    found: tuple[Range, ...] = ()
    current: Range = (0, 0)

    def within(self, start: int, length: int) -> Self:
        """Return the same for a box inside that begins at position ``start``."""

        def cut(each: Range) -> Range:
            first = min(max(each[0] - start, 0), length)
            return first, min(max(each[1] - start, first), length)

        found = tuple(r for r in map(cut, self.found) if r[0] < r[1])
        return replace(self, selected=cut(self.selected), found=found, current=cut(self.current))


@dataclass(frozen=True, slots=True)
class BoxButton:
    """A button in a box.

    ``name`` is its objectName, ``word`` its text, and ``label`` what it does, for tooltip and
    screen reader.
    """

    name: str
    word: str
    label: str
    rect: QRectF
    box: Box
    """The box whose `Box.act` is called with ``name`` on a click."""


class Link(NamedTuple):
    """The positions that lead to an address."""

    start: int
    end: int
    address: str


class Box(ABC):
    """A block, laid out for a width.

    It is no widget: a message has hundreds of them, and the widget that shows the message paints
    them.
    """

    gap: int = 12
    """Pixels to the box above it; the first of a column gets none."""
    in_rtl = False
    """Whether the box around it runs from right to left: so does it, where no letter of its own
    says otherwise. To be set before `set_block`."""
    beside_mark = False
    """Whether a mark stands beside its first line, so that its lines begin at the side where those
    of the box around it do."""
    keeps_with_next = False
    """Whether it may not stand alone at the end of a page."""

    def __init__(self, theme: Palette, style: Style) -> None:
        self.theme, self.style = theme, style
        self.length = 0
        self.width = 0.0
        self.height = 0.0

    @property
    def baseline(self) -> float:
        """The baseline of its first line, from the top, once it is laid out: marks stand on it."""
        return 1.25 * self.style.pixels

    @abstractmethod
    def set_block(self, block: Any) -> None:
        """Show a block of the class that the box is for.

        What is equal to what was there is not made anew. Where the box had been laid out, it is
        laid out for the same width.
        """

    @abstractmethod
    def lay_out(self, width: float) -> None:
        """Set ``width`` and ``height``. For the width that it has, it costs nothing."""

    @abstractmethod
    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        """Paint at least what is inside ``clip``.

        The painter's origin is the box's own, and its state is the same afterwards.
        """

    def page_end(self, y: float) -> float:
        """Return where a page should end that has room up to ``y``, which is inside the box.

        That is at or above ``y``, and through no line; it may be below where nothing is but a gap.
        0 for in front of the box.
        """
        return 0.0

    def page_head(self, y: float) -> tuple[float, float] | None:
        """Return the part of the box that is repeated on a page that begins at ``y``.

        That is its top and bottom in the box; None for none.
        """
        return None

    @abstractmethod
    def position_at(self, point: QPointF) -> int:
        """Return the position nearest to a point, which may be outside."""

    @abstractmethod
    def rects(self, start: int, end: int) -> list[QRectF]:
        """Return where the characters between two positions are, a rectangle a line."""

    @abstractmethod
    def text(self, start: int, end: int) -> str:
        """Return what is between two positions, as plain text."""

    @abstractmethod
    def markdown(self, start: int, end: int) -> str:
        """Return what is between two positions, as Markdown.

        What is wholly inside is written so that it reads back equal.
        """

    def link_at(self, point: QPointF) -> str:
        """Return the address of the link at a point; empty for none."""
        return ""

    def links(self) -> Sequence[Link]:
        """Return its links, in order."""
        return ()

    def leaf_at(self, position: int) -> Range:
        """Return the paragraph, line of code or cell around a position, as a triple click does."""
        return 0, self.length

    def controls(self, clip: QRectF | None = None) -> Sequence[BoxButton]:
        """Return its buttons, where they stand now.

        With ``clip``, those out of sight may be left out: those of boxes inside it that are not
        between its upper and lower edge.
        """
        return ()

    def act(self, name: str) -> str:
        """Do what the control of that name is for.

        Return a text that is to be copied, or an empty one.
        """
        return ""

    def scroll(self, point: QPointF, pixels: float) -> bool:
        """Scroll sideways what is at a point. Return whether anything moved."""
        return False

    def settle(self) -> None:  # noqa: B027 - most have no boxes inside
        """Place everything again: a box inside has changed its height by itself."""

    def restyle(self) -> None:  # noqa: B027 - most read them when they paint
        """Take over the theme's other colours."""
