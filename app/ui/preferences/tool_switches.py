"""Switches for the tools of a preset."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.ui.choices import Switch
from app.ui.controls import column
from app.ui.form_page import FormRow
from app.ui.state.chat_tools import ChatTools
from app.wording.language import tr
from app.wording.tool_settings import tool_explanation, tool_label


class ToolSwitches(QWidget):
    """A switch for each tool that there is, and for those that are on and gone."""

    chosen = Signal(tuple)
    """The keys of the tools that are on now."""

    def __init__(self, tools: ChatTools) -> None:
        super().__init__()
        self._tools = tools
        self._on: tuple[str, ...] = ()
        self._switches: dict[str, Switch] = {}
        self._rows: list[FormRow] = []
        self._column = column(self)
        tools.changed.connect(self._refresh)  # a method: it ends with this widget

    def show_tools(self, on: Sequence[str]) -> None:
        """Show which tools are on."""
        self._on = tuple(on)
        offers = {offer.key: offer for offer in self._tools.offers}
        keys = [*offers, *(key for key in on if key not in offers)]
        if keys != list(self._switches):
            self._make_rows(keys)
        for key, switch in self._switches.items():
            switch.setChecked(key in on)

    def _refresh(self) -> None:
        self.show_tools(self._on)

    def _make_rows(self, keys: Sequence[str]) -> None:
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self._switches, self._rows = {}, []
        offers = {offer.key: offer for offer in self._tools.offers}
        for key in keys:
            switch = Switch(f"presetTool:{key}", tool_label(key), on=False)
            switch.turned.connect(lambda on, key=key: self._turn(key, on))
            offer = offers.get(key)
            why = tool_explanation(key) if offer else tr("Not set up.")
            row = FormRow(tool_label(key), why, switch)
            self._switches[key] = switch
            self._rows.append(row)
            self._column.addWidget(row)

    def _turn(self, key: str, on: bool) -> None:
        wanted = {*self._on, key} if on else {*self._on} - {key}
        self.chosen.emit(tuple(each for each in self._switches if each in wanted))
