"""Every command of the window, with its keys. Ctrl+K lists them by name, F1 by key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.base.settings import ThemeChoice
from app.base.types import Effort
from app.ui.commands import QUESTION_KEY, Commands
from app.ui.composer.composer import TOOLS_KEYS, WEB_KEYS
from app.ui.preferences.preferences_controller import PreferencesController
from app.ui.presets.preset_picker import PRESET_KEYS
from app.ui.state.shared_state import SharedState
from app.ui.window.chat_area import ChatArea
from app.ui.window.layout import WindowLayout
from app.ui.window.library_area import LibraryArea
from app.ui.window.model_area import ModelArea
from app.ui.window.zoom_controller import ZoomController
from app.wording.efforts import effort_command
from app.wording.language import tr


@dataclass(frozen=True, slots=True)
class CommandTargets:
    """The objects that carry out the commands."""

    layout: WindowLayout
    state: SharedState
    chat: ChatArea
    models: ModelArea
    library: LibraryArea
    preferences: PreferencesController
    zoom: ZoomController
    quit: Callable[[], object]


def add_commands(commands: Commands, to: CommandTargets) -> None:
    """Add all commands, in the order in which they are listed."""
    _add_chat(commands, to)
    _add_conversation(commands, to)
    _add_models(commands, to)
    _add_view(commands, to)
    _add_program(commands, to)


def _add_chat(commands: Commands, to: CommandTargets) -> None:
    add, layout, library = commands.add, to.layout, to.library
    chats, stored = library.chats, to.state.current.is_stored
    commands.group(tr("Chat"))
    add("newChat", tr("New chat"), to.chat.navigator.new_chat, "Ctrl+N")
    add("search", tr("Search everything"), library.palette_controller.toggle, "Ctrl+K")
    add("filterChats", tr("Filter chats"), layout.filter_chats, "Ctrl+Shift+F")
    add("rename", tr("Rename chat"), layout.rename_chat, "F2", when=stored)
    add("export", tr("Export chat…"), chats.export_shown, "Ctrl+Shift+E", when=stored)
    add("pin", tr("Pin or unpin chat"), chats.pin_shown, when=stored)
    add("archive", tr("Archive chat"), chats.archive_shown, when=stored)
    add("delete", tr("Delete chat"), chats.delete_shown, when=stored)
    add("away", tr("Archive and bin"), library.archive.show_page)


def _add_conversation(commands: Commands, to: CommandTargets) -> None:
    add, pane, chat = commands.add, to.layout.conversation, to.chat
    stored = to.state.current.is_stored
    commands.group(tr("Messages"))
    add("attach", tr("Attach files…"), chat.attachments.choose_files, "Ctrl+Shift+A")
    add("find", tr("Find in chat"), lambda: pane.transcript.open_find(), "Ctrl+F", when=stored)
    add("findNext", tr("Next match"), lambda: pane.transcript.finder.step(1), "F3", when=stored)
    add(
        "findPrevious",
        tr("Previous match"),
        lambda: pane.transcript.finder.step(-1),
        "Shift+F3",
        when=stored,
    )
    composer, hurry = chat.composer_controller, chat.composer_controller.may_hurry
    add("stop", tr("Stop answer"), composer.stop, "Esc", when=composer.stoppable)
    add("answerNow", tr("Answer now"), composer.hurry, "Ctrl+Return", "Ctrl+Enter", when=hurry)
    consents = chat.consents
    add("question", tr("Go to permission request"), consents.go, QUESTION_KEY, when=consents.waits)
    may_change = composer.may_change
    add("again", tr("Regenerate last answer"), composer.again_last, "Ctrl+R", when=may_change)
    add("editLast", tr("Edit last message"), composer.edit_last, "Ctrl+E", when=may_change)
    add("copyLast", tr("Copy last answer"), composer.copy_last, "Ctrl+Shift+C", when=may_change)
    add("deleteLast", tr("Delete last message"), composer.delete_last, when=may_change)
    queue = composer.queue
    add(
        "sendQueued",
        tr("Send queued message now"),
        queue.send,
        "Ctrl+Shift+Return",
        when=queue.waits,
    )
    add("editQueued", tr("Edit queued message"), queue.edit, "Alt+Up", when=queue.waits)
    choose = to.layout.composer.choose_effort
    for number, effort in enumerate(Effort, 1):
        add(effort, effort_command(effort), partial(choose, effort), f"Ctrl+{number}")
    tools = chat.tools_controller
    add("chooseTools", tr("Choose tools"), tools.open, TOOLS_KEYS)
    add("switchWeb", tr("Web search on or off"), tools.switch_web, WEB_KEYS, when=tools.web_usable)
    add("addFolder", tr("Add folder…"), tools.choose_folder)
    add("addEncyclopaedia", tr("Add encyclopaedia…"), tools.choose_encyclopaedia)
    presets = chat.preset_controller
    add("choosePreset", tr("Choose a preset"), presets.pick, PRESET_KEYS)
    add("instructChat", tr("Instructions for this chat…"), presets.instruct)
    add("managePresets", tr("Manage presets…"), presets.manage)


def _add_models(commands: Commands, to: CommandTargets) -> None:
    add, picker, choice = commands.add, to.models.model_picker, to.state.models
    commands.group(tr("Models"))
    add("chooseModel", tr("Choose a model"), to.layout.composer.pick_model, "Ctrl+M")
    add("getModel", tr("Get a model…"), picker.show_page)
    add("openModel", tr("Open model file…"), picker.open_file, "Ctrl+O")
    add("remoteModel", tr("Use a model on another computer…"), picker.show_elsewhere)
    add("unloadModel", tr("Unload model"), choice.unload, when=choice.can_unload)


def _add_view(commands: Commands, to: CommandTargets) -> None:
    add = commands.add
    commands.group(tr("View"))
    add("sidebar", tr("Show or hide sidebar"), to.layout.toggle_sidebar, "Ctrl+B")
    zoom = to.zoom.step
    add("zoomIn", tr("Zoom in"), lambda: zoom(1), "Ctrl++", "Ctrl+=")
    add("zoomOut", tr("Zoom out"), lambda: zoom(-1), "Ctrl+-")
    add("resetZoom", tr("Actual size"), lambda: zoom(0), "Ctrl+0")
    apply = to.preferences.apply_theme
    add("light", tr("Light theme"), lambda: apply(ThemeChoice.LIGHT))
    add("dark", tr("Dark theme"), lambda: apply(ThemeChoice.DARK))
    add("systemColours", tr("System theme"), lambda: apply(ThemeChoice.SYSTEM))


def _add_program(commands: Commands, to: CommandTargets) -> None:
    add, library = commands.add, to.library
    exchange, everything = library.exchange, library.everything
    commands.group(tr("Fireside"))
    add("importChats", tr("Import chats…"), exchange.import_chats)
    add("importFolder", tr("Import folder…"), exchange.import_folder)
    add("exportAll", tr("Export all chats…"), exchange.export_all)
    add("exportEverything", tr("Export everything…"), everything.export_all)
    add("importEverything", tr("Import everything…"), everything.import_all)
    add("removeData", tr("Remove all data…"), to.preferences.remove_data)
    add("preferences", tr("Settings"), to.preferences.open, "Ctrl+,")
    add("keys", tr("Keyboard shortcuts"), library.palette_controller.show_keys, "F1")
    add("about", tr("About Fireside"), to.preferences.about)
    add("quit", tr("Quit"), to.quit, "Ctrl+Q")
