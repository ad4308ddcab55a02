"""Controller of the graphics card that is being set up while Fireside runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.engine.gpu_setup import GpuSetup
from app.ui.bridge import Bridge
from app.ui.file_manager import open_file
from app.ui.models.gpu_build_card import GpuBuildCard
from app.ui.models.load_recovery_controller import LoadRecoveryController
from app.ui.state.model_choice import ModelChoice
from app.ui.theme import Theme
from app.ui.toast import Toast, ToastAction
from app.wording.errors import Action
from app.wording.language import tr

if TYPE_CHECKING:
    from app.engine.gpu_library import GpuBuild

_BUSY_MS, _IDLE_MS = 1000, 5000  # between two looks, while something is compiled and else


class GpuBuildController(QObject):
    """A controller that shows how far the GPU library is, and offers it when it is ready.

    A model that is loaded later uses it by itself.
    """

    def __init__(
        self,
        theme: Theme,
        setup: GpuSetup,
        bridge: Bridge,
        toast: Toast,
        models: ModelChoice,
        recovery: LoadRecoveryController,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._setup, self._bridge, self._toast = setup, bridge, toast
        self._models, self._recovery = models, recovery
        self.card = GpuBuildCard(theme)
        """The card for the sidebar."""
        self.card.log_wanted.connect(self._open_log)
        self._build: GpuBuild | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)

    def begin(self) -> None:
        """Look from now on; a package has its libraries already."""
        if not getattr(sys, "frozen", False):
            self._look()

    def end(self) -> None:
        """Look no more, since the window closes."""
        self._timer.stop()

    def _look(self) -> None:
        self._bridge.when_done(self._setup.progress(), self._show, self._failed)

    def _show(self, build: GpuBuild | None) -> None:
        before, self._build = self._build, build
        self.card.show_build(build)
        self._timer.start(_BUSY_MS if build and build.running else _IDLE_MS)
        if before and before.running and build is None:
            self._bridge.when_done(
                self._setup.backends(),
                lambda found: self._offer() if before.backend in found else None,
                self._failed,
            )

    def _failed(self, error: BaseException) -> None:
        raise error

    def _offer(self) -> None:
        """Say that the card can be used, with a button if a model is loaded without it."""
        if self._models.asked is None:
            self._toast.tell(tr("Your graphics card is ready."), "check", owner=self)
            return
        words = Action.LOAD_AGAIN.words
        self._toast.tell(
            tr("Your graphics card is ready. Load the model again to use it."),
            "check",
            [ToastAction("useGpuNow", words, self._load_again)],
            owner=self,
        )

    def _load_again(self) -> None:
        self._toast.hide()
        self._recovery.reload()

    def _open_log(self) -> None:
        open_file(self._setup.log)
