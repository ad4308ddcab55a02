"""The tools of a chat: their menu in the composer, what they cost, and their defaults."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from app.base.answer_events import Prompt
from app.base.types import Effort, ModelRef, Request, ToolFunction, ToolNamespace, ToolSource
from app.formats import Abilities
from app.store import Preset
from app.tools.registry import Registry
from app.tools.tool import Call, CallContext, Proposal, Result
from app.ui.choices import Switch
from app.ui.composer.tools_panel import ToolRow, ToolsPanel
from app.ui.preferences.preferences_dialog import PreferencesDialog
from tests.ui.driver import STATS, Fireside, Start, answer, arrived
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
        both = ToolFunction("one"), ToolFunction("two")
        if self.key.startswith(("files:", "web")):
            source = ToolSource(self.key, self.key.partition(":")[0])
            return ToolNamespace("browser", both, sources=(source,))
        return ToolNamespace(self.key, both)

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


COSTS = {"python": 187, "mcp:files": 1204, "mcp:mail": 900, "browser": 400}


def begin(start: Start, *tools: StillTool, **settings: Any) -> Fireside:
    """Open a window with these tools, on an engine that counts them."""
    fireside = start(**settings)

    def count(request: Request, cancel: threading.Event) -> Prompt:
        tokens = sum(COSTS[tool.name] for tool in request.tools)
        return Prompt(80 + tokens, 4096, opening=70 + tokens)

    fireside.backend.count = count  # type: ignore[method-assign]
    fireside.backend.abilities = lambda model: Abilities(tools=True)  # type: ignore[method-assign]
    fireside.host.tools = fireside.host.tool_counter._tools = Registry(lambda: tools)
    fireside.window.state.tools.refresh()
    shown = fireside.window.state.tools
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


def pressed(button: QWidget) -> None:
    assert button.objectName() == "switchTool"
    QTest.keyClick(button, Qt.Key.Key_Space)


def tools_of(fireside: Fireside) -> tuple[str, ...]:
    return fireside.stored(lambda store: store.chats.get(fireside.chat)).setup.tools


def test_a_new_chat_has_python_and_what_is_chosen(start: Start) -> None:
    files, mail = StillTool("mcp:files"), StillTool("mcp:mail", "changed")
    fireside = begin(start, StillTool("python"), files, mail)
    button = fireside.find(QPushButton, "toolsMenu")
    assert (button.text().strip(), button.accessibleName()) == ("1", "Tools: Python")
    shown = panel(fireside)
    assert focused() is switch(shown, "python")
    on = {tool: switch(shown, tool).isChecked() for tool in ("python", "mcp:files", "mcp:mail")}
    assert on == {"python": True, "mcp:files": False, "mcp:mail": False}
    costs = [label.text() for label in shown.findChildren(QLabel, "toolTokens")]
    assert costs == ["187 tokens", "1,204 tokens", ""]
    assert not switch(shown, "mcp:mail").isEnabled()
    assert "Changed since you approved it. Review it in Settings." in [
        label.text() for label in shown.findChildren(QLabel, "toolText")
    ]
    for _ in range(3):  # over the buttons that add folders and encyclopaedias
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
    assert fireside.window.state.chat_settings.own.tools == ()
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
    assert fireside.window.state.chat_settings.own.tools == ()
    preset = Preset(0, "Files", Effort.LOW, "", "Sort.", default=True, tools=("mcp:files",))
    fireside.stored(lambda store: store.presets.add([preset]))
    fireside.window.state.presets.refresh()
    fireside.until(lambda: fireside.window.state.chat_settings.own.tools == ("mcp:files",))
    fireside.ask("pears", *answer("Pears."))
    fireside.shows("Pears.")
    fireside.idle()
    assert tools_of(fireside) == ("mcp:files",)
    fireside.window.state.tools.switch("python", on=True)
    own = fireside.window.state.chat_settings.own
    assert own == replace(preset.setup, tools=("python", "mcp:files"))  # it is still that preset


def test_the_form_of_a_preset_has_them(start: Start) -> None:
    fireside = begin(start, StillTool("python"), StillTool("mcp:files"))
    preset = Preset(0, "Files", tools=("python", "mcp:gone"))
    fireside.stored(lambda store: store.presets.add([preset]))
    fireside.window.state.presets.refresh()
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


def test_what_sources_share_is_counted_once(start: Start) -> None:
    notes, letters = StillTool("files:Notes"), StillTool("files:Letters")
    fireside = begin(start, StillTool("python"), notes, letters, StillTool("web"))
    tools, counted = fireside.window.state.tools, fireside.backend.counted
    counted.clear()
    for key in ("files:Notes", "files:Letters", "web"):
        tools.switch(key, on=True)
    assert tools.tokens == 187 + 400
    assert tools.more_tokens("web", on=False) == 0
    tools.switch("files:Letters", on=False)
    tools.switch("web", on=False)
    assert tools.more_tokens("files:Notes", on=False) == -400
    shown = panel(fireside)
    costs = {
        row.switch.objectName(): child(row, QLabel, "toolTokens").text()
        for row in shown.findChildren(ToolRow)
    }
    assert costs == {
        "toolOn:python": "187 tokens", "toolOn:files:Notes": "400 tokens",
        "toolOn:files:Letters": "", "toolOn:web": "",
    }  # fmt: skip


def test_what_is_to_be_counted_meanwhile_is_counted_then(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another model was loaded before the tools were counted for the first, which then were not."""
    fireside = begin(start, StillTool("python"))
    tools = fireside.window.state.tools
    counts: list[Future[Mapping[str, int]]] = []

    def costs(model: ModelRef, keys: Sequence[str]) -> Future[Mapping[str, int]]:
        counts.append(Future())
        return counts[-1]

    def at_once(work: Callable[[], Any]) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work())
        return done

    monkeypatch.setattr(tools, "_costs", costs)
    monkeypatch.setattr(tools, "_work", at_once)
    tools._counted.clear()
    for _ in range(2):
        tools.refresh()
        arrived(fireside)
        assert len(counts) == 1, "one at a time"
    counts[0].set_result({})
    fireside.until(lambda: len(counts) == 2)
    counts[1].set_result({"python": 187})
    fireside.until(lambda: tools.tokens == 187)
    assert len(counts) == 2


def test_the_globe_is_off_in_each_new_chat(start: Start) -> None:
    web = StillTool("web")
    fireside = begin(start, StillTool("python"), web)
    globe = fireside.find(QPushButton, "webToggle")
    assert (globe.isChecked(), globe.toolTip()) == (False, "Web search: off (Ctrl+Shift+S)")
    globe.click()
    assert globe.isChecked()
    assert fireside.window.state.tools.on == ("python", "web")
    assert fireside.find(QPushButton, "toolsMenu").accessibleName() == "Tools: Python"
    fireside.ask("pears", *answer("Pears."))
    fireside.shows("Pears.")
    fireside.idle()
    # In a chat that has begun, the price is told first.
    QTest.keyClick(fireside.window, Qt.Key.Key_S, KEYS)
    assert globe.isChecked()
    pressed(focused())  # "Switch off"
    assert not globe.isChecked()
    globe.click()
    assert not globe.isChecked()
    pressed(focused())
    assert tools_of(fireside) == ("python", "web")
    # A preset that has it switches it on where it is chosen, but no new chat begins with it.
    preset = Preset(0, "Look up", default=True, tools=("python", "web", "files:Gone"))
    fireside.stored(lambda store: store.presets.add([preset]))
    fireside.window.state.presets.refresh()
    fireside.until(lambda: fireside.window.state.presets.rows)
    fireside.window.new_chat()
    assert not globe.isChecked()
    fireside.window.chat_area.preset_controller.choose(fireside.window.state.presets.rows[0])
    assert globe.isChecked()
    assert fireside.window.banner.label.text() == "“Look up” can’t find Gone."
    shown = panel(fireside)
    gone = switch(shown, "files:Gone")
    assert gone.isChecked()
    gone.turn(False)
    assert "files:Gone" not in fireside.window.state.tools.on
    # Offline it is off, and says why.
    web.unavailable = "offline"
    fireside.window.model_area.models_controller.offline_changed.emit()
    fireside.until(lambda: not globe.isEnabled())
    assert (globe.isChecked(), globe.toolTip()) == (
        False, "Web search: Network access is blocked."
    )  # fmt: skip
    assert not fireside.window.chat_area.tools_controller.web_usable()
