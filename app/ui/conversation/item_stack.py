"""The parts of an answer below each other: text, calls, figures and files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from PySide6.QtWidgets import QWidget

from app.ui.conversation.call_state import CallState, MadeFile
from app.ui.conversation.call_view import CallView
from app.ui.conversation.item_view import AnswerParts, ItemView
from app.ui.conversation.made_view import MadeView
from app.ui.conversation.message_items import Item
from app.ui.conversation.section_view import SectionView

V = TypeVar("V", bound=ItemView)


class ItemStack:
    """The widgets of the parts in one place of an answer, which are reused.

    ``reasoning``: whether the place is the thought panel.
    """

    def __init__(self, answer: AnswerParts, parent: QWidget, *, reasoning: bool) -> None:
        self._answer, self._parent, self._reasoning = answer, parent, reasoning
        self._texts: list[SectionView] = []
        self._calls: list[CallView] = []
        self._made: list[MadeView] = []
        self.views: list[ItemView] = []
        """The widgets of the present parts, from top to bottom."""

    def show_items(self, items: Sequence[Item]) -> None:
        """Show these parts, with the widgets that there are."""
        texts, calls = self._of(self._texts, self._text), self._of(self._calls, self._call)
        made = self._of(self._made, lambda: MadeView(self._answer, self._parent))
        before, self.views = self.views, []
        for item in items:
            match item:
                case CallState():
                    call = next(calls)
                    call.show_call(item)
                    self.views.append(call)
                case MadeFile():
                    file = next(made)
                    file.show_made(item)
                    self.views.append(file)
                case _:
                    text = next(texts)
                    text.show_section(item)
                    self.views.append(text)
        for view in before:
            if view not in self.views:
                view.hide()

    def _of(self, known: list[V], make: Callable[[], V]) -> Iterator[V]:
        """Yield the widgets of a kind, and new ones after them."""
        yield from tuple(known)
        while True:
            known.append(make())
            yield known[-1]

    def _text(self) -> SectionView:
        return SectionView(self._answer, self._parent, reasoning=self._reasoning)

    def _call(self) -> CallView:
        return CallView(self._answer, self._parent)

    def lay_out(self, left: int, top: int, width: int) -> int:
        """Place the widgets from a point on. Return where the last one ends, or the top."""
        y = top
        gap = 0
        for view in self.views:
            y += gap
            high = view.lay_out(width)
            view.setGeometry(left, y, width, high)
            y += high
            gap = view.gap
        return y

    def stops(self) -> list[QWidget]:
        """Return the widgets in tab order."""
        return [stop for view in self.views for stop in view.stops()]

    @property
    def cards(self) -> list[CallView]:
        """The calls that ask the user something."""
        return [view for view in self.views if isinstance(view, CallView) and view.card]
