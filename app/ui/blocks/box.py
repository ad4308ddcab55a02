"""What every block can do once it is to be shown.

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

from app.ui.theme import Theme

Range = tuple[int, int]
"""Positions from the first up to the second."""


@dataclass(frozen=True, slots=True)
class Style:
    """How the blocks of a message look: the text's size in ``pixels``, the theme's name for its
    colour, whether it is in the font of code, and whether it is for paper: there, nothing scrolls
    and nothing is clicked but links."""

    pixels: int = 15
    colour: str = "text"
    mono: bool = False
    paper: bool = False


@dataclass(frozen=True, slots=True)
class Highlights:
    """What is painted over and under a box's text: what is selected, and what was searched for,
    of which ``current`` is where the person is. In positions of the box."""

    selected: Range = (0, 0)
    found: tuple[Range, ...] = ()
    current: Range = (0, 0)

    def within(self, start: int, length: int) -> Self:
        """The same for a box that begins at position ``start`` of this one."""

        def cut(each: Range) -> Range:
            first = min(max(each[0] - start, 0), length)
            return first, min(max(each[1] - start, first), length)

        found = tuple(r for r in map(cut, self.found) if r[0] < r[1])
        return replace(self, selected=cut(self.selected), found=found, current=cut(self.current))


@dataclass(frozen=True, slots=True)
class BoxButton:
    """Where a button stands in a box: ``name`` is its objectName, ``word`` what it says, and
    ``label`` what it does."""

    name: str
    word: str
    label: str
    rect: QRectF
    box: Box
    """Which `Box.act` is to be called with ``name`` on a click."""


class Link(NamedTuple):
    """Which positions lead to an address."""

    start: int
    end: int
    address: str


class Box(ABC):
    """A block, laid out for a width. It is no widget: a message has hundreds of them, and the
    widget that shows the message paints them."""

    gap: int = 12
    """Pixels that a box wants to the one above it; the first of a column gets none."""
    around = False
    """Whether what it is in runs from right to left: so does it, where no letter of its own says
    otherwise. To be set before `set_block`."""
    held = False
    """Whether its lines begin where those of what is around it do: a mark stands there."""
    leads = False
    """It belongs to what is below it, and does not stand alone at the end of a page."""

    def __init__(self, theme: Theme, style: Style) -> None:
        self.theme, self.style = theme, style
        self.length = 0
        self.width = 0.0
        self.height = 0.0

    @property
    def baseline(self) -> float:
        """Of its first line, from the top, once it is laid out: marks stand beside it."""
        return 1.25 * self.style.pixels

    @abstractmethod
    def set_block(self, block: Any) -> None:
        """Shows a block of the same class. What is equal to what was there is not made anew.
        Where it had been laid out, it is laid out for the same width."""

    @abstractmethod
    def lay_out(self, width: float) -> None:
        """Sets ``width`` and ``height``. For the width that it has, it costs nothing."""

    @abstractmethod
    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        """Paints at least what is inside ``clip``. The painter's origin is the box's own, and its
        state is the same afterwards."""

    def page_end(self, y: float) -> float:
        """Where a page should end that has room up to ``y``, which is inside the box: at or above
        it, and through no line. It may be below where nothing is but a gap. 0 for in front of the
        box."""
        return 0.0

    def page_head(self, y: float) -> tuple[float, float] | None:
        """What stands again at the top of a page that begins at ``y``: from where to where in the
        box that is."""
        return None

    @abstractmethod
    def position_at(self, point: QPointF) -> int:
        """The position nearest to a point, which may be outside."""

    @abstractmethod
    def rects(self, start: int, end: int) -> list[QRectF]:
        """Where the characters between two positions are, a rectangle a line."""

    @abstractmethod
    def text(self, start: int, end: int) -> str:
        """What is between two positions, as plain text."""

    @abstractmethod
    def markdown(self, start: int, end: int) -> str:
        """The same as Markdown. What is wholly inside is written so that it reads back equal."""

    def link_at(self, point: QPointF) -> str:
        """The address of the link at a point; empty for none."""
        return ""

    def links(self) -> Sequence[Link]:
        """Its links, in order."""
        return ()

    def leaf_at(self, position: int) -> Range:
        """The paragraph, line of code or cell around a position: what three clicks select."""
        return 0, self.length

    def controls(self) -> Sequence[BoxButton]:
        """Its buttons, where they stand now."""
        return ()

    def act(self, name: str) -> str:
        """Does what the control of that name is for. Returns a text that is to be copied, or
        empty."""
        return ""

    def scroll(self, point: QPointF, pixels: float) -> bool:
        """Scrolls sideways what is at a point, where it can be. Whether it did."""
        return False

    def restyle(self) -> None:  # noqa: B027 - most read them when they paint
        """The theme's colours are others."""
