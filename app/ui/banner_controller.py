"""What the banner over the conversation says of faults, and the steps that are offered there."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.base.errors import StoreDamaged, StoreError
from app.host import Host
from app.ui.window_layout import WindowLayout
from app.wording.errors import Action, explain
from app.wording.language import tr


class BannerController(QObject):
    """Tells of errors, and takes back what the disk has made untrue."""

    models = Signal()
    """A model is to be chosen."""
    new_chat = Signal()

    def __init__(self, frame: WindowLayout, host: Host) -> None:
        super().__init__(frame)
        self._frame, self._host = frame, host
        self._damage = tr("it does not open")  # what was last heard of it
        self._refusal = ""  # what is said of something that the disk does not take
        frame.stepped.connect(self.act)

    def tell(self, error: BaseException) -> None:
        """What went wrong, and what to do."""
        if isinstance(error, StoreDamaged):
            self._damage = error.detail
        explanation = explain(error)
        self._frame.show_banner(explanation.sentence, explanation.action, explanation.detail)
        if isinstance(error, StoreError):
            self._refusal = explanation.sentence

    def disk_took(self) -> None:
        """What the disk refused before is past."""
        if self._frame.banner.label.text() == self._refusal:
            self._frame.banner.hide()

    def act(self, action: Action) -> None:
        """The person takes a step that was offered, here or in an answer."""
        match action:
            case Action.CHOOSE_MODEL:
                self.models.emit()
            case Action.NEW_CHAT:
                self.new_chat.emit()
            case Action.REPAIR:
                self._frame.again.emit(StoreDamaged(self._host.folders.chats, self._damage))
