"""The actions that the banner and failed answers offer."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from app.base.errors import StoreDamaged
from app.ui.banner import Banner
from app.ui.models.load_recovery_controller import LoadRecoveryController
from app.ui.models.model_picker_controller import ModelPickerController
from app.ui.restart import Again
from app.ui.window.chat_navigator import ChatNavigator
from app.wording.errors import Action
from app.wording.language import tr
from app.wording.policy_words import set_by_organization


class ErrorActions(QObject):
    """A controller that performs these actions. ``chats`` is the file of the chats."""

    def __init__(
        self,
        banner: Banner,
        recovery: LoadRecoveryController,
        models: ModelPickerController,
        navigator: ChatNavigator,
        chats: Path,
        again: Again,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._banner, self._recovery, self._models = banner, recovery, models
        self._navigator, self._chats, self._again = navigator, chats, again
        banner.acted.connect(self._act_in_banner)

    def act(self, action: Action) -> None:
        """Perform an action."""
        match action:
            case Action.CHOOSE_MODEL:
                self._recovery.choose()
            case Action.GET_MODEL:
                self._models.choose_first()
            case Action.LOAD_AGAIN | Action.RETRY:
                self._recovery.again()
            case Action.USE_LESS_MEMORY:
                self._recovery.use_less()
            case Action.GO_ONLINE:
                self._go_online()
            case Action.CHANGE_KEY:
                self._models.change_key()
            case Action.NEW_CHAT:
                self._navigator.new_chat()
            case Action.REPAIR:
                self._again(StoreDamaged(self._chats, self._banner.damage))

    def _act_in_banner(self, action: Action) -> None:
        if action is not Action.GO_ONLINE:
            self.act(action)
        elif self._go_online():
            self._recovery.online()

    def _go_online(self) -> bool:
        if is_online := self._models.go_online():
            self._banner.hide()
        else:
            offline = tr("Fireside is offline.")
            self._banner.show_sentence(f"{offline} {set_by_organization()}")
        return is_online
