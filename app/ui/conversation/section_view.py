"""Text inside an answer: reasoning, text for the user, a refusal, or something under a heading."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.blocks.box import Style
from app.ui.controls import Button, muted
from app.ui.conversation.item_view import AnswerParts, ItemView
from app.ui.conversation.sections import Section, SectionKind
from app.wording.language import tr

_NAMES = {
    SectionKind.ANSWER: "said",
    SectionKind.REASONING: "reasoned",
    SectionKind.DECLINED: "declined",
    SectionKind.NOTE: "callNote",
}


class SectionView(ItemView):
    """A section of an answer."""

    _HEADED = (14, 30, 14, 10)
    _DECLINED = (14, 8, 8, 8)

    def __init__(self, answer: AnswerParts, parent: QWidget, *, reasoning: bool) -> None:
        super().__init__(answer, parent)
        self._heading = muted(pixels=13)
        self._heading.setParent(self)
        self._heading.move(14, 8)
        self._get: Button | None = None
        name, label = (
            ("thoughtText", tr("Reasoning")) if reasoning else ("answerText", tr("Answer"))
        )
        self.canvas = answer.make_canvas(name, label, self)

    def show_section(self, section: Section) -> None:
        """Show another section, or the same one as it is now."""
        self.set_name(_NAMES.get(section.kind, "call"))
        headed = self.objectName() == "call"
        self._heading.setText(section.name if headed else "")
        self._heading.setVisible(headed)
        self._heading.adjustSize()
        declined = section.kind is SectionKind.DECLINED
        if declined and self._get is None:
            self._get = self.answer.make_get_button(self)
        if self._get:
            self._get.setVisible(declined)
        self.answer.show_text(self.canvas, section, self._style_of(section))
        self.show()

    def _style_of(self, section: Section) -> Style:
        pixels = self.answer.pixels
        match section.kind:
            case SectionKind.ANSWER:
                return Style(pixels)
            case SectionKind.DECLINED | SectionKind.REASONING:
                return Style(pixels - 1, "muted")
            case SectionKind.NOTE:
                return Style(pixels - 2, "muted")
        return Style(pixels, mono=True)

    def stops(self) -> list[QWidget]:
        return [self.canvas, *([self._get] if self._get else [])]

    def lay_out(self, width: int) -> int:
        if self._get and self.objectName() == "declined":
            return self._lay_out_declined(self._get, width)
        left, top, right, bottom = self._HEADED if self.objectName() == "call" else (0, 0, 0, 0)
        high = self.canvas.height_for(width - left - right)
        self.canvas.setGeometry(left, top, width - left - right, high)
        return top + high + bottom

    def _lay_out_declined(self, button: Button, width: int) -> int:
        """Place the sentence, and the button on its right."""
        left, top, right, bottom = self._DECLINED
        size = button.sizeHint()
        inner = max(80, width - left - right - size.width() - 12)
        high = self.canvas.height_for(inner)
        row = max(high, size.height())
        self.canvas.setGeometry(left, top + (row - high) // 2, inner, high)
        button.setGeometry(
            width - right - size.width(), top + (row - size.height()) // 2, *size.toTuple()
        )
        return top + row + bottom
