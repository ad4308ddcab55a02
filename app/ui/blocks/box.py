"""The protocol of everything that is painted in a message.

Coordinates are logical pixels from a box's own top left corner. Positions count selectable
characters: 0 is before the first character, ``length`` after the last; a formula counts as one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, Self

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.ui.theme import Palette

Range = tuple[int, int]
"""Positions from the first up to, not including, the second."""


class CitationLabels(Protocol):
    """What is shown of the citations in a text. ``mark`` is a whole mark, as the model wrote it."""

    def number(self, mark: str) -> int:
        """Return the number of the cited source; 0 if the citation leads nowhere."""

    def name(self, mark: str) -> str:
        """Return the accessible name: the source, or why there is none."""

    def hint(self, mark: str) -> str:
        """Return the text of the tooltip, with the cited lines."""


@dataclass(frozen=True, slots=True)
class Style:
    """The look of a message's blocks.

    ``pixels`` is the size of the text, ``colour`` the theme's name for its colour, ``mono`` whether
    it is in the font of code. On ``paper``, nothing scrolls and only links can be clicked.
    ``citations`` are what is known of those in the text.
    """

    pixels: int = 15
    colour: str = "text"
    mono: bool = False
    paper: bool = False
    citations: CitationLabels | None = None


@dataclass(frozen=True, slots=True)
class Highlights:
    """The selected and found positions of a box.

    ``current`` is the search hit among ``found`` that is being visited.
    """

    selected: Range = (0, 0)
    found: tuple[Range, ...] = ()
    current: Range = (0, 0)

    def within(self, start: int, length: int) -> Self:
        """Return the highlights of an inner box that begins at position ``start``."""

        def cut(each: Range) -> Range:
            first = min(max(each[0] - start, 0), length)
            return first, min(max(each[1] - start, first), length)

        found = tuple(r for r in map(cut, self.found) if r[0] < r[1])
        return replace(self, selected=cut(self.selected), found=found, current=cut(self.current))


@dataclass(frozen=True, slots=True)
class BoxButton:
    """A button in a box.

    ``name`` is its objectName, ``word`` its text, and ``label`` a description for tooltip and
    screen reader.
    """

    name: str
    word: str
    label: str
    rect: QRectF
    box: Box
    """The box whose `Box.act` is called with ``name`` on a click."""
    citation: str = ""
    """The mark of the citation that it is, if it is one."""
    place: int = 0
    """The position of a citation, of which a box may have many."""
    shape: QRectF | None = None
    """The chip of a citation, within ``rect``, which is as high as the line."""


class Link(NamedTuple):
    """A range of positions that is a link to an address."""

    start: int
    end: int
    address: str


class Box(ABC):
    """A block, laid out for a width.

    It is not a widget: a message has hundreds of boxes, which the widget that shows the message
    paints.
    """

    gap: int = 12
    """Pixels to the box above it; ignored for the first of a column."""
    in_rtl = False
    """Whether the box around it runs from right to left. Set it before `set_block`.

    The box itself does so, too, unless its own letters decide otherwise.
    """
    beside_mark = False
    """Whether there is a list mark beside its first line.

    If so, its lines begin at the same side as those of the box around it.
    """
    keeps_with_next = False
    """Whether it must not be the last box on a page."""

    def __init__(self, theme: Palette, style: Style) -> None:
        self.theme, self.style = theme, style
        self.length = 0
        self.width = 0.0
        self.height = 0.0

    def px(self, pixels: float) -> float:
        """Return a length in pixels of the design as one in the zoomed window."""
        return pixels * self.theme.zoom

    @property
    def baseline(self) -> float:
        """The baseline of its first line, from the top, once laid out; list marks are put on it."""
        return 1.25 * self.style.pixels

    @abstractmethod
    def set_block(self, block: Any) -> None:
        """Show a block of the class that the box is for.

        Parts that are equal to the present ones are kept. If the box was laid out, it is laid out
        again for the same width.
        """

    @abstractmethod
    def lay_out(self, width: float) -> None:
        """Set ``width`` and ``height``. For its present width, this costs nothing."""

    @abstractmethod
    def paint(self, painter: QPainter, clip: QRectF, highlights: Highlights) -> None:
        """Paint at least what is inside ``clip``.

        The painter's origin is the box's own, and its state is the same afterwards.
        """

    def page_end(self, y: float) -> float:
        """Return where a page should end that has room up to ``y``, which is inside the box.

        That is at or above ``y``, and not within a line; it may be below if there is only a gap. 0
        means before the box.
        """
        return 0.0

    def page_head(self, y: float) -> tuple[float, float] | None:
        """Return the part of the box that is repeated on a page that begins at ``y``.

        It is returned as top and bottom in the box, None if there is no such part.
        """
        return None

    @abstractmethod
    def position_at(self, point: QPointF) -> int:
        """Return the position nearest to a point, which may be outside."""

    @abstractmethod
    def rects(self, start: int, end: int) -> list[QRectF]:
        """Return the rectangles of the characters between two positions, one per line."""

    @abstractmethod
    def text(self, start: int, end: int) -> str:
        """Return the content between two positions as plain text."""

    @abstractmethod
    def markdown(self, start: int, end: int) -> str:
        """Return the content between two positions as Markdown.

        Blocks that are wholly inside are written so that they parse back equal.
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
        """Return its buttons, at their present places.

        With ``clip``, those of inner boxes that are not between its upper and lower edge may be
        left out.
        """
        return ()

    def act(self, name: str) -> str:
        """Perform the action of the button with this name.

        Return a text to be copied, or an empty one.
        """
        return ""

    def scroll(self, point: QPointF, pixels: float) -> bool:
        """Scroll horizontally at a point. Return whether anything moved."""
        return False

    def settle(self) -> None:  # noqa: B027 - most have no boxes inside
        """Place everything again after an inner box has changed its height by itself."""

    def restyle(self) -> None:  # noqa: B027 - most read them when they paint
        """Adopt the theme's changed colours."""
