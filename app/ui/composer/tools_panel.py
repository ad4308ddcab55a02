"""A popup with the tools: which are on in this chat, and what each costs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPoint, Qt, Signal, SignalInstance
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.tools.browser.source import ENCYCLOPAEDIA, FOLDER
from app.tools.forbidden_tool import FORBIDDEN
from app.ui.choices import Switch
from app.ui.controls import Button, Elided, Scroll, column, muted, plain_tip
from app.ui.form_fields import heading, note
from app.ui.notice import Notice
from app.ui.state.chat_tools import ToolOffer
from app.ui.theme import Theme, font
from app.wording.language import tr
from app.wording.tool_settings import (
    SERVER,
    tokens_sentence,
    tool_explanation,
    tool_label,
    tools_elsewhere,
    tools_heading,
    unavailable_sentence,
)

_WIDTH = 400
_MOST, _LEAST = 460, 240  # pixels of the list, as far as the window has room
_KINDS = "", FOLDER, ENCYCLOPAEDIA, SERVER
"""What the keys of the tools of each section begin with, in order."""


class ToolsPanel(QFrame):
    """The list of tools, with a switch for each, and buttons that add what can be searched."""

    switched = Signal(str, bool)
    """A tool's key, and whether it is to be on."""
    proposed = Signal(str, bool)
    """The same, to be asked about with `ask` before it is done."""
    folder_wanted = Signal()
    """A folder is to be added."""
    encyclopaedia_wanted = Signal()
    manage = Signal()

    def __init__(self, theme: Theme, parent: QWidget, *, begun: bool) -> None:
        """Create the panel; ``begun``: switching a tool has its price, which is told first."""
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("toolsPanel")
        self.setAccessibleName(tr("Tools in this chat"))
        self._theme, self._parent, self._begun = theme, parent, begun
        self._rows: dict[str, ToolRow] = {}
        self._pending: tuple[str, bool] | None = None
        self._stays = True
        self._corner = QPoint()
        self.setFixedWidth(theme.px(_WIDTH))
        layout = self._layout = column(self, (18, 14, 18, 12), gap=8)
        layout.addWidget(heading(tr("Tools in this chat"), 15, 600))
        self._elsewhere = note("", "toolsElsewhere")
        self._elsewhere.hide()
        layout.addWidget(self._elsewhere)
        self._area = Scroll()
        self._area.setFixedHeight(0)
        self._list = QWidget()
        self._column = column(self._list, gap=10)
        self._sections = {kind: self._section(kind) for kind in _KINDS}
        self._area.setWidget(self._list)
        for ground in (self._area.viewport(), self._list):
            ground.setAutoFillBackground(False)
        layout.addWidget(self._area)
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
        self._manage = Button(
            theme, "manageTools", tr("Manage tools…"), text=tr("Manage tools…"), kind="small",
            clicked=lambda: self._leave_for(self.manage),
        )  # fmt: skip
        foot = QHBoxLayout()
        foot.addWidget(self._manage)
        foot.addStretch(1)
        layout.addLayout(foot)

    def _section(self, kind: str) -> ToolsSection:
        """Add a section for the tools of a kind, and return it."""
        adds = {
            FOLDER: ("addFolder", tr("Add folder…"), self.folder_wanted),
            ENCYCLOPAEDIA: (
                "addEncyclopaedia",
                tr("Add encyclopaedia…"),
                self.encyclopaedia_wanted,
            ),
        }
        section = ToolsSection(tools_heading(kind))
        if kind in adds:
            name, text, wanted = adds[kind]
            section.add_button(
                Button(
                    self._theme, name, text, text=text, kind="small",
                    clicked=lambda: self._leave_for(wanted),
                )
            )  # fmt: skip
        self._column.addWidget(section)
        return section

    def show_tools(self, offers: Sequence[ToolOffer], on: Sequence[str], elsewhere: str) -> None:
        """Show these tools, and which are on; ``elsewhere`` is the model's host, if not here."""
        self._elsewhere.setText(tools_elsewhere(elsewhere) if elsewhere else "")
        self._elsewhere.setVisible(bool(elsewhere))
        if {offer.key for offer in offers} != set(self._rows):
            self._make_rows(offers)
        allowed = not any(offer.unavailable == FORBIDDEN for offer in offers)
        for section in self._sections.values():
            if section.button:
                section.button.setEnabled(allowed)
        pending = self._pending[0] if self._pending else ""
        for offer in offers:
            row = self._rows[offer.key]
            if offer.key != pending:
                row.switch.setChecked(offer.key in on)
            row.show_offer(offer)
        self._fit()

    def propose(self, key: str, *, stay: bool) -> None:
        """Turn a tool's switch as if the user had, so that its price is told.

        Unless it is to ``stay``, the panel closes once that is decided.
        """
        self._stays = stay
        if row := self._rows.get(key):
            row.switch.setFocus(Qt.FocusReason.OtherFocusReason)
            row.switch.click()

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
        """Make rows for what is new, and remove those of what is gone."""
        keys = [offer.key for offer in offers]
        if self._pending and self._pending[0] not in keys:
            self._end_question()
        for key in set(self._rows) - set(keys):
            row = self._rows.pop(key)
            row.hide()
            row.deleteLater()
        for key in keys:
            if key not in self._rows:
                row = self._rows[key] = ToolRow(self._theme, key)
                row.switch.turned.connect(lambda on, key=key: self._turned(key, on))
                self._sections[_kind(key)].add_row(row)
        controls: list[QWidget] = []
        for kind, section in self._sections.items():
            own = [self._rows[key].switch for key in keys if _kind(key) == kind]
            section.show_rows(bool(own))
            controls += [section.button, *own] if section.button else own
        for one, other in pairwise([*controls, self._yes, self._no, self._manage]):
            self.setTabOrder(one, other)

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
        if not self._stays:
            self.close()

    def _leave_for(self, wanted: SignalInstance) -> None:
        """Close, and say what is wanted: a popup would lie above a dialog."""
        self.close()
        wanted.emit()

    def _fit(self) -> None:
        """Take the height that the content needs, with the lower edge where it was."""
        margins = self._layout.contentsMargins()
        width = self.width() - margins.left() - margins.right()
        for widget in (*self._rows.values(), *self._sections.values()):
            widget.updateGeometry()  # each tells its parent that its size may be another
        self._column.activate()
        needed = self._column.totalSizeHint().height()
        if self._column.hasHeightForWidth():
            needed = self._column.totalHeightForWidth(width)
        window = self._parent.mapToGlobal(QPoint(0, 0))
        px = self._theme.px
        room = max(px(_LEAST), self._corner.y() - window.y() - self._around())
        self._area.setFixedHeight(min(px(_MOST), room, needed))
        height = self._height()
        self.resize(self.width(), height)
        self.move(self._corner - QPoint(0, height + 6))

    def _height(self) -> int:
        self._layout.activate()
        if self._layout.hasHeightForWidth():
            return self._layout.totalHeightForWidth(self.width())
        return self._layout.totalSizeHint().height()

    def _around(self) -> int:
        """Return the height of what is around the list."""
        return self._height() - self._area.minimumHeight() + 12


def _kind(key: str) -> str:
    """Return what the key of a tool begins with; empty for one that is built in."""
    return next((kind for kind in _KINDS if kind and key.startswith(kind)), "")


class ToolsSection(QWidget):
    """The rows of one kind of tools under a heading, with a button beside it."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.button: Button | None = None
        self._column = column(self, gap=10)
        self._head = QHBoxLayout()
        self._title = heading(title, 12, 600)
        self._title.setProperty("tone", "muted")
        self._head.addWidget(self._title, 1)
        self._column.addLayout(self._head)
        if not title:
            self._title.hide()

    def add_button(self, button: Button) -> None:
        """Add a button beside the heading; the section is shown without rows, too."""
        self.button = button
        self._head.addWidget(button)

    def add_row(self, row: QWidget) -> None:
        """Add a row below the others."""
        self._column.addWidget(row)

    def show_rows(self, there: bool) -> None:
        """Show the section if it has rows, or a button to add one."""
        self.setVisible(there or self.button is not None)


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
        if offer.unavailable == FORBIDDEN:
            self.switch.setChecked(False)
        self.switch.setEnabled(not offer.unavailable or self.switch.isChecked())
        self.switch.setAccessibleDescription(" ".join(filter(None, (text, cost))))
        if reason:
            self.switch.setToolTip(plain_tip(reason))
