"""The model that is asked: where it is chosen, what is said of it, and what helps if it fails."""

from __future__ import annotations

from PySide6.QtWidgets import QMainWindow

from app.host import Host
from app.turn import ModelUnloaded, UnloadFailed
from app.ui.bridge import Bridge
from app.ui.models.gpu_build_controller import GpuBuildController
from app.ui.models.load_recovery_controller import LoadRecoveryController
from app.ui.models.model_picker_controller import ModelPickerController
from app.ui.models.models_controller import ModelsController
from app.ui.state.shared_state import SharedState
from app.ui.theme import Theme
from app.ui.window.events import ModelEvent
from app.ui.window.layout import WindowLayout
from app.ui.window.model_labels import ModelLabels
from app.wording.errors import explain


class ModelArea:
    """The controllers of the models page, the menu of models, and the cards in the sidebar."""

    def __init__(
        self,
        window: QMainWindow,
        theme: Theme,
        host: Host,
        bridge: Bridge,
        views: WindowLayout,
        state: SharedState,
    ) -> None:
        self._views, self._state = views, state
        models, pages, banner = state.models, views.pages, views.banner
        self.models_controller = ModelsController(theme, host, bridge, state.installed, window)
        views.sidebar.add_foot(self.models_controller.bar)
        self.model_picker = ModelPickerController(
            window, pages, banner, models, self.models_controller, state.installed
        )
        self._labels = ModelLabels(
            models, state.tools, state.turns, host.backend.abilities, views, window
        )
        self.load_recovery = LoadRecoveryController(
            host, bridge, pages, banner, models, state.turns, state.current, window
        )
        self.gpu_build = GpuBuildController(
            theme, host.gpu_setup, bridge, views.toast, models, self.load_recovery, window
        )
        views.sidebar.add_foot(self.gpu_build.card)
        self._connect()

    def _connect(self) -> None:
        views, state, picker = self._views, self._state, self.model_picker
        self.models_controller.bar.opened.connect(picker.show_page)
        self.models_controller.offline_changed.connect(state.tools.refresh)
        picker.turned.connect(self._page_turned)
        views.demo_line.wanted.connect(picker.choose_first)
        views.composer.model_menu_opened.connect(picker.fill)
        self.load_recovery.menu_wanted.connect(views.composer.pick_model)
        self.load_recovery.tried.connect(views.focus_editor)
        state.hardware.examined.connect(self.models_controller.examined)
        state.turns.started.connect(lambda *_: state.models.use())
        state.local_server.loaded_found.connect(state.models.find_loaded)

    def begin(self) -> None:
        """Do what can wait until the window is visible."""
        self._state.installed.look()
        self.models_controller.resume()
        self.gpu_build.begin()

    def receive(self, event: ModelEvent) -> None:
        """Show how far a model is loaded."""
        self._state.turns.receive_model(event)
        self._state.models.receive(event)

    def receive_unloaded(self, event: ModelUnloaded | UnloadFailed) -> None:
        """Show that a model was unloaded, or why not."""
        self._state.local_server.note_unloaded()
        self._state.models.receive_unloaded(event)
        if isinstance(event, UnloadFailed):
            self._views.toast.tell(explain(event.error).sentence, "alert")

    def _page_turned(self) -> None:
        if self.model_picker.shown:
            self._state.hardware.look()
