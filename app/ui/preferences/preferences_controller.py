"""What a person prefers: opens the preferences, and has the window follow them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QWidget

from app.base.settings import Settings, ThemeChoice
from app.host import Host
from app.ui.bridge import Bridge
from app.ui.conversation.conversation_pane import ConversationPane
from app.ui.state.chat_settings import ShownChatSettings
from app.ui.state.hardware_probe import HardwareProbe
from app.ui.state.model_choice import ModelChoice
from app.ui.state.preset_index import PresetIndex
from app.ui.theme import Theme

if TYPE_CHECKING:
    from app.ui.conversation.transcript import Transcript
    from app.ui.preferences.preferences_dialog import PreferencesDialog

_SMALLEST, _LARGEST = 11, 26  # pixels of the text


class PreferencesController(QObject):
    """Between the settings and what they are for."""

    instructed = Signal()
    """The instructions to the model are others."""
    export_all = Signal()
    import_chats = Signal()
    import_folder = Signal()
    again = Signal(object)
    """A Backup is to be put in the place of the chats."""

    def __init__(
        self,
        window: QWidget,
        conversation: ConversationPane,
        theme: Theme,
        host: Host,
        bridge: Bridge,
        models: ModelChoice,
        hardware: HardwareProbe,
        settings: ShownChatSettings,
        presets: PresetIndex,
    ) -> None:
        super().__init__(window)
        self._window, self._conversation = window, conversation
        self._theme, self._host, self._bridge = theme, host, bridge
        self._models, self._hardware = models, hardware
        self._settings, self._presets = settings, presets
        self._dialog: PreferencesDialog | None = None
        conversation.begun.connect(self._equip)

    def open(self, page: str = "", field: str = "") -> None:
        """Shows the preferences: the page of that name, and the keyboard is in its ``field``."""
        dialog = self._dialog or self._make()
        if page:
            dialog.show_page(page)
        dialog.show()
        dialog.activateWindow()
        if widget := dialog.findChild(QWidget, field) if field else None:
            widget.setFocus()

    def about(self) -> None:
        """Shows which Fireside this is, and what it is made of."""
        from app.ui.preferences.about_page import AboutPage

        there = self._window.findChild(QDialog, "about")
        dialog = there or AboutPage(self._theme, self._host, self._bridge, self._window)
        dialog.show()
        dialog.activateWindow()

    def close(self) -> None:
        """What is half written in them counts."""
        if self._dialog:
            self._dialog.close()

    def _make(self) -> PreferencesDialog:
        # Here: a window need not wait for them.
        from app.ui.preferences.chat_page import ChatPage
        from app.ui.preferences.data_page import DataPage
        from app.ui.preferences.diagnosis_page import DiagnosisPage
        from app.ui.preferences.general_page import GeneralPage
        from app.ui.preferences.memory_page import MemoryPage
        from app.ui.preferences.preferences_dialog import PreferencesDialog
        from app.ui.preferences.presets_page import PresetsPage

        general = GeneralPage(self._theme, self._host)
        general.instructed.connect(self.instructed)
        general.copies.connect(self._choose_copies)
        general.about.connect(self.about)
        chat = ChatPage(self._theme, self._settings)
        presets = PresetsPage(self._theme, self._presets, self._models)
        data = DataPage(self._theme, self._host, self._bridge)
        data.export_all.connect(self.export_all)
        data.import_chats.connect(self.import_chats)
        data.import_folder.connect(self.import_folder)
        data.restored.connect(self.again)
        memory = MemoryPage(self._theme, self._host, self._models, self._hardware)
        diagnosis = DiagnosisPage(self._theme, self._host, self._hardware)
        pages = (general, chat, presets, data, memory, diagnosis)
        self._dialog = dialog = PreferencesDialog(pages, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._closed)
        general.instructions.setFocus()
        return dialog

    def _closed(self) -> None:
        self._dialog = None

    def _equip(self, transcript: Transcript) -> None:
        transcript.list.set_pixels(self._host.settings.text_size)
        transcript.selection.markdown = self._host.settings.copy_markdown
        transcript.zoomed.connect(self.resize_text)

    def resize_text(self, step: int) -> None:
        """Larger, smaller, or, for 0, as it was made."""
        usual = Settings().text_size
        size = self._host.settings.text_size + step if step else usual
        size = min(max(size, _SMALLEST), _LARGEST)
        self._host.change(text_size=size)
        if self._conversation.has_transcript:
            self._conversation.transcript.list.set_pixels(size)

    def apply_theme(self, theme: ThemeChoice) -> None:
        """Other colours."""
        self._theme.choose(theme)
        self._host.change(theme=theme)

    def _choose_copies(self, markdown: bool) -> None:
        self._host.change(copy_markdown=markdown)
        if self._conversation.has_transcript:
            self._conversation.transcript.selection.markdown = markdown
