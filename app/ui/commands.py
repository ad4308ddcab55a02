"""What a person can have the window do: each thing with its name, its keys, and when it can be
done. The keys work anywhere in the window; Ctrl+K lists all of them by name, F1 by key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.base.settings import ThemeChoice
from app.base.types import Effort
from app.ui.window_layout import PRESET_KEYS
from app.wording.language import tr

if TYPE_CHECKING:
    from app.ui.window import Window


class Command(QAction):
    """One of them. ``group`` is the heading that it stands under."""

    def __init__(
        self,
        owner: QWidget,
        name: str,
        text: str,
        work: Callable[[], object],
        keys: tuple[str, ...],
        group: str,
        when: Callable[[], bool] | None,
    ) -> None:
        super().__init__(text, owner)
        self.setObjectName(f"{name}Command")
        self.setShortcuts(list(keys))
        self.group = group
        self._when = when
        self.triggered.connect(lambda: work())
        owner.addAction(self)
        self.refresh()

    def refresh(self) -> None:
        """Its keys are somebody else's while it cannot be done."""
        if self._when:
            self.setEnabled(self._when())


class Commands:
    """The commands of a window, in the order in which they are listed."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._group = ""
        self.all: list[Command] = []

    def group(self, heading: str) -> None:
        """What is added from now on stands under this."""
        self._group = heading

    def add(
        self,
        name: str,
        text: str,
        work: Callable[[], object],
        *keys: str,
        when: Callable[[], bool] | None = None,
    ) -> None:
        """Another one: what it is called, what it does, the keys for it (the first is shown),
        and when it can be done, if not always."""
        command = Command(self._owner, name, text, work, keys, self._group, when)
        self.all.append(command)

    def refresh(self) -> None:
        """Something has changed on which it depends what can be done."""
        for command in self.all:
            command.refresh()


def commands_of(window: Window) -> Commands:
    """All that the window can do."""
    commands = Commands(window)
    _for_chats(window, commands)
    _for_the_conversation(window, commands)
    _for_the_rest(window, commands)
    return commands


def _for_chats(window: Window, commands: Commands) -> None:
    add = commands.add
    commands.group(tr("Chat"))
    add("newChat", tr("New chat"), window.new_chat, "Ctrl+N")
    add("search", tr("Search everything"), window.searching.toggle, "Ctrl+K")
    add("filterChats", tr("Filter the list of chats"), window.filter_chats, "Ctrl+Shift+F")
    add("rename", tr("Rename the chat"), window.rename_shown, "F2", when=window.in_chat)
    order = window.order
    add("export", tr("Export the chat…"), order.export_shown, "Ctrl+Shift+E", when=window.in_chat)
    add("pin", tr("Pin or unpin the chat"), order.pin_shown, when=window.in_chat)
    add("archive", tr("Archive the chat"), order.archive_shown, when=window.in_chat)
    add("delete", tr("Delete the chat"), order.delete_shown, when=window.in_chat)
    add("away", tr("Archive and bin"), window.away.show_page)


def _for_the_conversation(window: Window, commands: Commands) -> None:
    add = commands.add
    commands.group(tr("Conversation"))
    add("attach", tr("Attach files…"), window.attachments.choose_files, "Ctrl+Shift+A")
    add(
        "find",
        tr("Find in the chat"),
        lambda: window.transcript.open_find(),
        "Ctrl+F",
        when=window.in_chat,
    )
    add(
        "findNext",
        tr("Next place"),
        lambda: window.transcript.finder.bar.next(),
        "F3",
        when=window.in_chat,
    )
    add("findPrevious", tr("Previous place"),
        lambda: window.transcript.finder.bar.previous(), "Shift+F3",
        when=window.in_chat)  # fmt: skip
    asking = window.asking
    add("stop", tr("Stop the answer"), asking.stop, "Esc", when=asking.stoppable)
    add("answerNow", tr("Answer now"), asking.hurry, "Ctrl+Return", "Ctrl+Enter", when=asking.busy)
    may_change = asking.may_change
    add("again", tr("Try the last answer again"), asking.again_last, "Ctrl+R", when=may_change)
    add("editLast", tr("Edit the last question"), asking.edit_last, "Ctrl+E", when=may_change)
    add("copyLast", tr("Copy the last answer"), asking.copy_last, "Ctrl+Shift+C", when=may_change)
    queue = asking.queue
    add("sendQueued", tr("Send what waits now"), queue.send, "Ctrl+Shift+Return", when=queue.waits)
    add("editQueued", tr("Edit what waits"), queue.edit, "Alt+Up", when=queue.waits)
    choose = window.composer.choose_effort
    add("low", tr("Effort: low"), lambda: choose(Effort.LOW), "Ctrl+1")
    add("medium", tr("Effort: medium"), lambda: choose(Effort.MEDIUM), "Ctrl+2")
    add("high", tr("Effort: high"), lambda: choose(Effort.HIGH), "Ctrl+3")
    presets = window.preset_desk
    add("choosePreset", tr("Choose a preset"), presets.pick, PRESET_KEYS)
    add("instructChat", tr("Instructions for this chat…"), presets.instruct)
    add("managePresets", tr("Manage presets…"), presets.manage)


def _for_the_rest(window: Window, commands: Commands) -> None:
    add = commands.add
    commands.group(tr("Models"))
    add("chooseModel", tr("Choose a model"), window.composer.pick_model, "Ctrl+M")
    add("getModel", tr("Get a model…"), window.model_desk.show_page)
    add("openModel", tr("Open a model file…"), window.model_desk.open_file, "Ctrl+O")
    commands.group(tr("View"))
    add("sidebar", tr("Show or hide the side bar"), window.toggle_sidebar, "Ctrl+B")
    resize = window.preferences.resize_text
    add("larger", tr("Larger text"), lambda: resize(1), "Ctrl++", "Ctrl+=")
    add("smaller", tr("Smaller text"), lambda: resize(-1), "Ctrl+-")
    add("usualSize", tr("Usual text size"), lambda: resize(0), "Ctrl+0")
    apply = window.preferences.apply_theme
    add("light", tr("Light colours"), lambda: apply(ThemeChoice.LIGHT))
    add("dark", tr("Dark colours"), lambda: apply(ThemeChoice.DARK))
    add("systemColours", tr("The system’s colours"), lambda: apply(ThemeChoice.SYSTEM))
    commands.group(tr("Fireside"))
    add("importChats", tr("Import chats…"), window.exchange.import_chats)
    add("importFolder", tr("Import a folder of chats…"), window.exchange.import_folder)
    add("exportAll", tr("Export all chats…"), window.exchange.export_all)
    add("preferences", tr("Preferences"), window.preferences.open, "Ctrl+,")
    add("keys", tr("Keyboard shortcuts"), window.searching.show_keys, "F1")
    add("about", tr("About Fireside"), window.preferences.about)
    add("quit", tr("Quit"), window.close, "Ctrl+Q")
