"""All state that the packages of the window share."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.host import Host
from app.ui.bridge import Bridge
from app.ui.state.chat_index import ChatIndex
from app.ui.state.chat_settings import ShownChatSettings
from app.ui.state.chat_tools import ChatTools
from app.ui.state.current_chat import CurrentChat
from app.ui.state.hardware_probe import HardwareProbe
from app.ui.state.installed_list import InstalledList
from app.ui.state.live_turns import LiveTurns
from app.ui.state.local_serving import LocalServing
from app.ui.state.model_choice import ModelChoice
from app.ui.state.preset_index import PresetIndex
from app.ui.state.source_list import SourceList
from app.ui.state.store_access import StoreAccess
from app.ui.work_thread import WorkThread


class SharedState:
    """The state of a window, each part given the earlier ones that it needs.

    ``report`` is called with errors that nobody else handles. Packages are given the parts that
    they need, rather than all of it.
    """

    def __init__(
        self,
        host: Host,
        bridge: Bridge,
        report: Callable[[BaseException], None],
        parent: QObject,
    ) -> None:
        self.background = WorkThread(bridge)
        self.store = StoreAccess(host, bridge, report)
        self.turns = LiveTurns(host.chats, parent)
        self.current = CurrentChat(self.turns)
        self.models = ModelChoice(host, parent, self.turns.waits_for)
        self.installed = InstalledList(host, bridge, parent)
        self.hardware = HardwareProbe(host, bridge, self.models, parent)
        self.local_server = LocalServing(host, bridge, parent)
        self.index = ChatIndex(self.store, parent)
        self.chat_settings = ShownChatSettings(
            self.index,
            self.models,
            self.current,
            host.settings.effort,
            python=host.settings.python,
        )
        self.presets = PresetIndex(self.store, parent)
        self.sources = SourceList(
            lambda: host.tool_parts.source_library,
            lambda: host.tool_parts.has_sources,
            host.arranging,
            bridge,
            parent,
        )
        self.sources.failed.connect(report)
        self.tools = ChatTools(
            lambda: host.tools.all(),
            lambda name: host.tool_parts.mcp.status(name),
            self.sources,
            host.tool_counter.count,
            host.jobs.submit,
            self.chat_settings,
            self.models,
            bridge,
        )
