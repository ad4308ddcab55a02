"""A popup with the tools: which are on in this chat, and what each costs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.choices import Switch
from app.ui.controls import Button, Elided, Scroll, column, muted, plain_tip
from app.ui.form_fields import heading, note
from app.ui.notice import Notice
from app.ui.state.chat_tools import ToolOffer
from app.ui.theme import Theme, font
from app.wording.language import tr
from app.wording.tool_settings import (
    tokens_sentence,
    tool_explanation,
    tool_label,
    unavailable_sentence,
)

_WIDTH = 400
_MOST = 320  # pixels of the list


class ToolsPanel(QFrame):
    """The list of tools, with a switch for each."""

    switched = Signal(str, bool)
    """A tool's key, and whether it is to be on."""
    proposed = Signal(str, bool)
    """The same, to be asked about with `ask` before it is done."""
    manage = Signal()

    def __init__(self, theme: Theme, parent: QWidget, *, begun: bool) -> None:
        """Create the panel; ``begun``: switching a tool has its price, which is told first."""
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("toolsPanel")
        self.setAccessibleName(tr("Tools in this chat"))
        self._theme, self._begun = theme, begun
        self._rows: dict[str, ToolRow] = {}
        self._pending: tuple[str, bool] | None = None
        self._corner = QPoint()
        self.setFixedWidth(theme.px(_WIDTH))
        layout = self._layout = column(self, (18, 14, 18, 12), gap=8)
        layout.addWidget(heading(tr("Tools in this chat"), 15, 600))
        self._area = Scroll()
        self._list = QWidget()
        self._column = column(self._list, gap=10)
        self._area.setWidget(self._list)
        for ground in (self._area.viewport(), self._list):
            ground.setAutoFillBackground(False)
        layout.addWidget(self._area)
        self._none = note(tr("No tools are set up."), "noTools")
        layout.addWidget(self._none)
        self._question = Notice(theme, "toolCost", "retry", "accent")
        self._yes = Button(
            theme, "switchTool", tr("Switch on"), text=tr("Switch on"), kind="small",
            clicked=self._confirm,
        )  # fmt: skip
        self._no = Button(
            theme, "leaveTool", tr("Cancel"), text=tr("Cancel"), kind="small",
            clicked=self._give_up,
        )  # fmt: skip
        self._question.add_row([self._yes, self._no])
        self._question.hide()
        layout.addWidget(self._question)
        foot = QHBoxLayout()
        foot.addWidget(
            Button(
                theme, "manageTools", tr("Manage tools…"), text=tr("Manage tools…"), kind="small",
                clicked=self._manage,
            )
        )  # fmt: skip
        foot.addStretch(1)
        layout.addLayout(foot)

    def show_tools(self, offers: Sequence[ToolOffer], on: Sequence[str]) -> None:
        """Show these tools, and which are on."""
        if [offer.key for offer in offers] != list(self._rows):
            self._make_rows(offers)
        pending = self._pending[0] if self._pending else ""
        for offer in offers:
            row = self._rows[offer.key]
            if offer.key != pending:
                row.switch.setChecked(offer.key in on)
            row.show_offer(offer)
        self._none.setVisible(not offers)
        self._area.setVisible(bool(offers))
        self._fit()

    def ask(self, sentence: str) -> None:
        """Show what the proposed switch costs, with buttons to do it or to leave it."""
        if self._pending is None:
            return
        on = self._pending[1]
        label = tr("Switch on") if on else tr("Switch off")
        self._yes.setText(label)
        self._yes.setAccessibleName(f"{label}: {tool_label(self._pending[0])}")
        self._question.set_text(sentence)
        self._question.show()
        self._fit()
        self._yes.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_above(self, place: QPoint, right: int) -> None:
        """Show the panel with its lower left corner at a point, and left of ``right``."""
        self._corner = QPoint(min(place.x(), right - self.width()), place.y())
        self.show()
        self._fit()  # now that it has its fonts
        first = next((r.switch for r in self._rows.values() if r.switch.isEnabled()), None)
        (first or self).setFocus(Qt.FocusReason.PopupFocusReason)

    def _make_rows(self, offers: Sequence[ToolOffer]) -> None:
        focused = next((key for key, row in self._rows.items() if row.switch.hasFocus()), "")
        for row in self._rows.values():
            row.hide()
            row.deleteLater()
        self._rows = {offer.key: ToolRow(self._theme, offer.key) for offer in offers}
        for key, row in self._rows.items():
            self._column.addWidget(row)
            row.switch.turned.connect(lambda on, key=key: self._turned(key, on))
        if focused in self._rows:
            self._rows[focused].switch.setFocus()

    def _turned(self, key: str, on: bool) -> None:
        if self._pending and self._pending[0] != key:
            self._give_up()
        if not self._begun:
            self.switched.emit(key, on)
        elif self._pending:  # it was turned back
            self._give_up()
        else:
            self._pending = key, on
            self.proposed.emit(key, on)

    def _confirm(self) -> None:
        if self._pending:
            key, on = self._pending
            self._end_question()
            self.switched.emit(key, on)

    def _give_up(self) -> None:
        if self._pending:
            key, on = self._pending
            self._rows[key].switch.setChecked(not on)
            self._end_question()

    def _end_question(self) -> None:
        key = self._pending[0] if self._pending else ""
        self._pending = None
        if self._question.isAncestorOf(self.focusWidget() or self) and key in self._rows:
            self._rows[key].switch.setFocus(Qt.FocusReason.OtherFocusReason)
        self._question.hide()
        self._fit()

    def _manage(self) -> None:
        self.close()
        self.manage.emit()

    def _fit(self) -> None:
        """Take the height that the content needs, with the lower edge where it was."""
        margins = self._layout.contentsMargins()
        width = self.width() - margins.left() - margins.right()
        needed = self._column.heightForWidth(width)
        self._area.setFixedHeight(min(self._theme.px(_MOST), needed))
        self._layout.activate()
        height = self._layout.totalSizeHint().height()
        if self._layout.hasHeightForWidth():
            height = self._layout.totalHeightForWidth(self.width())
        self.resize(self.width(), height)
        self.move(self._corner - QPoint(0, height + 6))


class ToolRow(QWidget):
    """A tool's name, its cost, what it is for or why it cannot be used, and its switch."""

    def __init__(self, theme: Theme, key: str) -> None:
        super().__init__()
        self._key = key
        name = Elided("toolName")
        name.setFont(font(14, 550))
        name.set_text(tool_label(key))
        self._cost = muted(name="toolTokens", pixels=12)
        self._text = note("", "toolText")
        self.switch = Switch(f"toolOn:{key}", tool_label(key), on=False)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(name, 1)
        head.addWidget(self._cost)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addLayout(head)
        words.addWidget(self._text)
        row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        row.addLayout(words, 1)
        row.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_offer(self, offer: ToolOffer) -> None:
        """Show a tool's cost and state."""
        cost = tokens_sentence(offer.tokens) if offer.tokens is not None else ""
        self._cost.setText(cost)
        reason = unavailable_sentence(offer.unavailable) if offer.unavailable else ""
        text = reason or tool_explanation(offer.key, offer.state)
        self._text.setText(text)
        self.switch.setEnabled(not offer.unavailable or self.switch.isChecked())
        self.switch.setAccessibleDescription(" ".join(filter(None, (text, cost))))
        if reason:
            self.switch.setToolTip(plain_tip(reason))
