"""Controller of the page about the local server."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer

from app.serving import model_name
from app.ui.dialogs import confirm
from app.ui.preferences.local_server_page import LocalServerPage
from app.ui.state.local_serving import LocalServing
from app.ui.state.model_choice import ModelChoice
from app.ui.theme import Theme
from app.wording.client_snippets import ServedModel
from app.wording.language import tr

_LOOK_MS = 1000  # between two looks at the figures of requests


class LocalServerController(QObject):
    """A controller that connects a `LocalServerPage` with the server.

    The figures of requests are looked up only while the page is visible.
    """

    def __init__(
        self, page: LocalServerPage, theme: Theme, serving: LocalServing, models: ModelChoice
    ) -> None:
        super().__init__(page)
        self._page, self._theme, self._serving, self._models = page, theme, serving, models
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(serving.refresh)
        page.switched.connect(lambda on: serving.switch(on=on))
        page.port_chosen.connect(serving.choose_port)
        page.retry_wanted.connect(serving.start)
        page.new_token_wanted.connect(self._ask_new_token)
        page.stopped.connect(serving.stop_request)
        page.installEventFilter(self)
        serving.changed.connect(self._show)  # methods: they end with the page
        models.changed.connect(serving.refresh)
        self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at once when the page is shown."""
        if event.type() == QEvent.Type.Show:
            self._serving.refresh()
        elif event.type() == QEvent.Type.Hide:
            self._timer.stop()
        return False

    def _show(self) -> None:
        serving = self._serving
        self._page.show_state(
            wanted=serving.wanted, switching=serving.switching, error=serving.error
        )
        self._page.show_port(serving.port)
        self._page.show_place(serving.credentials.place)
        self._page.show_server(serving.status, self._served())
        if not (serving.status.requests and self._page.isVisible()):
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def _served(self) -> ServedModel:
        status, model = self._serving.status, self._serving.model
        plan = self._models.plan_of(model) if model else None
        return ServedModel(
            status.address,
            self._serving.credentials.token,
            model_name(model) if model else "",
            plan.context if plan else 0,
        )

    def _ask_new_token(self) -> None:
        confirm(
            self._page,
            self._theme,
            tr("Create a new access token?"),
            tr("Apps that use the current one can’t connect until you give them the new one."),
            tr("Create"),
            self._serving.renew_token,
        )
