"""The tools of a chat: their menu in the composer, what they cost, and their defaults."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from app.base.types import Effort, Prompt, Request, ToolFunction, ToolNamespace
from app.formats import Abilities
from app.store import Preset
from app.tools.registry import Registry
from app.tools.tool import Call, CallContext, Proposal, Result
from app.ui.choices import Switch
from app.ui.composer.tools_panel import ToolsPanel
from app.ui.preferences.preferences_dialog import PreferencesDialog
from tests.ui.driver import STATS, Fireside, Start, answer
from tests.ui.qt import child, focused

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@dataclass
class StillTool:
    """A tool that is only declared."""

    key: str
    unavailable: str = ""
    most_calls: int = 24

    def declaration(self) -> ToolNamespace | None:
        return ToolNamespace(self.key, (ToolFunction("one"), ToolFunction("two")))

    def names(self, name: str) -> bool:
        return False

    def expect(self, context: CallContext) -> None: ...

    def propose(self, call: Call, context: CallContext) -> Proposal:
        raise NotImplementedError

    def run(
        self, proposal: Proposal, context: CallContext, cancel: threading.Event
    ) -> Iterator[str | Result]:
        raise NotImplementedError

    def forget(self, chat: int) -> None: ...

    def close(self) -> None: ...


COSTS = {"python": 187, "mcp:files": 1204, "mcp:mail": 900}


def begin(start: Start, *tools: StillTool, **settings: Any) -> Fireside:
    """Open a window with these tools, on an engine that counts them."""
    fireside = start(**settings)

    def count(request: Request, cancel: threading.Event) -> Prompt:
        tokens = sum(COSTS[tool.name] for tool in request.tools)
        return Prompt(80 + tokens, 4096, opening=70 + tokens)

    fireside.backend.count = count  # type: ignore[method-assign]
    fireside.backend.abilities = lambda model: Abilities(tools=True)  # type: ignore[method-assign]
    fireside.host.tools = Registry(lambda: tools)
    fireside.window.tools.refresh()
    shown = fireside.window.tools
    keys = [tool.key for tool in tools]
    fireside.until(lambda: [offer.key for offer in shown.offers] == keys)
    fireside.until(lambda: all(o.tokens or o.unavailable for o in shown.offers))
    return fireside


def panel(fireside: Fireside) -> ToolsPanel:
    """Open the menu by the keyboard."""
    fireside.window.activateWindow()
    fireside.until(fireside.window.isActiveWindow)
    QTest.keyClick(fireside.window, Qt.Key.Key_T, KEYS)
    return child(fireside.window, ToolsPanel, "toolsPanel")


def switch(shown: ToolsPanel, key: str) -> Switch:
    return child(shown, Switch, f"toolOn:{key}")


def tools_of(fireside: Fireside) -> tuple[str, ...]:
    return fireside.stored(lambda store: store.chats.get(fireside.chat)).setup.tools


def test_a_new_chat_has_python_and_what_is_chosen(start: Start) -> None:
    files, mail = StillTool("mcp:files"), StillTool("mcp:mail", "changed")
    fireside = begin(start, StillTool("python"), files, mail)
    button = fireside.find(QPushButton, "toolsMenu")
    assert (button.text().strip(), button.accessibleName()) == ("1", "Tools: Python")
    shown = panel(fireside)
    assert focused() is switch(shown, "python")
    on = {key: switch(shown, key).isChecked() for key in COSTS}
    assert on == {"python": True, "mcp:files": False, "mcp:mail": False}
    costs = [label.text() for label in shown.findChildren(QLabel, "toolTokens")]
    assert costs == ["187 tokens", "1,204 tokens", ""]
    assert not switch(shown, "mcp:mail").isEnabled()
    assert "Changed since you approved it. Review it in Settings." in [
        label.text() for label in shown.findChildren(QLabel, "toolText")
    ]
    QTest.keyClick(focused(), Qt.Key.Key_Tab)
    QTest.keyClick(focused(), Qt.Key.Key_Space)
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    assert button.accessibleName() == "Tools: Python, files"
    fireside.ask("pears", *answer("Pears."))
    fireside.shows("Pears.")
    fireside.idle()
    assert tools_of(fireside) == ("python", "mcp:files")
    fireside.window.new_chat()
    assert button.accessibleName() == "Tools: Python"


def test_a_chat_that_has_begun_tells_the_price_first(start: Start) -> None:
    fireside = begin(start, StillTool("python"), StillTool("mcp:files"))
    fireside.ask("pears", *answer("Pears."))
    fireside.shows("Pears.")
    fireside.idle()
    shown = panel(fireside)
    files = switch(shown, "mcp:files")
    files.turn(True)
    said = child(shown, QLabel, "toolCostText").text()
    used = STATS.prompt_tokens + STATS.generated
    assert said.startswith("The next message will process ")
    assert f" {used + COSTS['mcp:files']:,} tokens" in said
    assert said.endswith("tokens again, about 4 s.")  # 350 a second, as measured
    assert focused().objectName() == "switchTool"
    child(shown, QPushButton, "leaveTool").click()
    assert not files.isChecked()
    assert focused() is files
    assert tools_of(fireside) == ("python",)
    files.turn(True)
    child(shown, QPushButton, "switchTool").click()
    assert files.isChecked()
    assert tools_of(fireside) == ("python", "mcp:files")
    switch(shown, "python").turn(False)
    shown.close()
    assert tools_of(fireside) == ("python", "mcp:files")


def test_what_is_on_and_gone_can_be_switched_off(start: Start) -> None:
    python = StillTool("python")
    fireside = begin(start, python)
    python.unavailable = "missing"
    shown = panel(fireside)
    button = fireside.find(QPushButton, "toolsMenu")
    fireside.until(lambda: button.accessibleName() == "Tools: none")
    switch(shown, "python").turn(False)
    assert fireside.window.chat_settings.own.tools == ()
    assert not switch(shown, "python").isEnabled()


def test_the_gauge_tells_what_tools_take(start: Start) -> None:
    fireside = begin(start, StillTool("python"))
    fireside.backend.foreseen = Prompt(300, 4096, opening=257)
    fireside.type("pears")
    gauge = fireside.window.composer.gauge
    fireside.until(lambda: "Tools: 187" in gauge.accessibleDescription())
    assert "System prompt: 70" in gauge.accessibleDescription()


def test_presets_and_the_default(start: Start) -> None:
    fireside = begin(start, StillTool("python"), StillTool("mcp:files"), python=False)
    assert fireside.window.chat_settings.own.tools == ()
    preset = Preset(0, "Files", Effort.LOW, "", "Sort.", default=True, tools=("mcp:files",))
    fireside.stored(lambda store: store.presets.add([preset]))
    fireside.window.presets.refresh()
    fireside.until(lambda: fireside.window.chat_settings.own.tools == ("mcp:files",))
    fireside.ask("pears", *answer("Pears."))
    fireside.shows("Pears.")
    fireside.idle()
    assert tools_of(fireside) == ("mcp:files",)
    fireside.window.tools.switch("python", on=True)
    own = fireside.window.chat_settings.own
    assert own == replace(preset.setup, tools=("python", "mcp:files"))  # it is still that preset


def test_the_form_of_a_preset_has_them(start: Start) -> None:
    fireside = begin(start, StillTool("python"), StillTool("mcp:files"))
    preset = Preset(0, "Files", tools=("python", "mcp:gone"))
    fireside.stored(lambda store: store.presets.add([preset]))
    fireside.window.presets.refresh()
    fireside.window.preferences.open("presetsPage")
    dialog = child(fireside.window, PreferencesDialog, "preferences")
    fireside.until(lambda: dialog.findChild(Switch, "presetTool:mcp:gone"))
    names = ("python", "mcp:files", "mcp:gone")
    switches = [child(dialog, Switch, f"presetTool:{name}") for name in names]
    assert [s.isChecked() for s in switches] == [True, False, True]
    switches[1].turn(True)
    switches[2].turn(False)
    stored = fireside.stored(lambda store: store.presets.all())[0]
    assert stored.tools == ("python", "mcp:files")
    dialog.close()
