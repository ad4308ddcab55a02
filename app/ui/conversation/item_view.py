"""The base of the widgets inside an answer: its text, calls, figures and files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtWidgets import QFrame, QWidget

from app.base.types import Part
from app.tools.tool_events import Decision
from app.ui.blocks.box import Style
from app.ui.blocks.canvas import Canvas
from app.ui.controls import Button
from app.ui.conversation.call_state import CallState
from app.ui.conversation.figure_images import FigureImages
from app.ui.conversation.sections import Section
from app.ui.theme import Theme


class AnswerParts(Protocol):
    """What the widgets inside an answer need of it."""

    theme: Theme
    pixels: int
    images: FigureImages | None

    def make_canvas(self, name: str, label: str, parent: QWidget) -> Canvas:
        """Create a canvas in a part of the answer."""

    def show_text(self, canvas: Canvas, section: Section, style: Style) -> None:
        """Show a section in a canvas."""

    def make_get_button(self, parent: QWidget) -> Button:
        """Return the button that leads from the demo model to a real one."""

    def place_changed(self, change: Callable[[], None]) -> None:
        """Change what is open in the answer, with the view in place."""

    def lay_out_again(self) -> None:
        """Place everything again, since something has another size."""

    def decide(self, consent: str, decision: Decision, words: str) -> None:
        """Answer a question about a call."""

    def stop_turn(self) -> None:
        """Stop the answer."""

    def run_again(self, call: CallState) -> None:
        """Run a call again, unless it runs already."""

    def stop_rerun(self, call: CallState) -> None:
        """Stop a call that runs again."""

    def save_file(self, part: Part) -> None:
        """Save what a call has made."""


class ItemView(QFrame):
    """A widget inside an answer; it is reused for one item after another."""

    gap = 12
    """Pixels to what follows."""

    def __init__(self, answer: AnswerParts, parent: QWidget) -> None:
        super().__init__(parent)
        self.answer = answer

    def lay_out(self, width: int) -> int:
        """Place everything for a width. Return the height."""
        raise NotImplementedError

    def stops(self) -> list[QWidget]:
        """Return the widgets in tab order."""
        raise NotImplementedError

    def set_name(self, name: str) -> None:
        """Set the objectName, by which the style sheet knows it."""
        if name != self.objectName():
            self.setObjectName(name)
            self.style().unpolish(self)
            self.style().polish(self)
