"""Controller of the models on other computers: tests them, and changes their list."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import TypeVar

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from app.base.errors import Cancelled, ModelListMissing, RemoteModelMissing, ServerUnencrypted
from app.base.secrets import SecretPlace
from app.base.types import Endpoint, ModelRef
from app.engine.remote.remote_server import RemoteServer, SavedEndpoint
from app.host import Host
from app.ui.bridge import Bridge, Newest
from app.ui.dialogs import confirm
from app.ui.models.endpoint_key_dialog import EndpointKeyDialog
from app.ui.models.endpoint_row import EndpointState
from app.ui.models.remote_pane import RemotePane
from app.ui.theme import Theme
from app.wording.answered_by import model_on_host
from app.wording.endpoint_words import found_words, unlisted_sentence
from app.wording.errors import explain
from app.wording.language import tr

T = TypeVar("T")


class EndpointController(QObject):
    """A controller that connects a `RemotePane` with the host."""

    used = Signal(object)
    """A ModelRef that is to be used."""
    changed = Signal()
    """The list has changed."""

    def __init__(self, pane: RemotePane, theme: Theme, host: Host, bridge: Bridge) -> None:
        super().__init__(pane)
        self._pane, self._theme, self._host, self._bridge = pane, theme, host, bridge
        self._states: dict[Endpoint, EndpointState] = {}
        self._asked: ModelRef | None = None
        self._stops: dict[Endpoint | None, threading.Event] = {}  # None: of the form's test
        self._look_stop = threading.Event()
        self._places = Newest(bridge)
        form = pane.form
        form.test_wanted.connect(self._try)
        form.stopped.connect(lambda: self._stop(None))
        form.added.connect(self._save)
        pane.used.connect(lambda saved: self.used.emit(saved.model))
        pane.tested.connect(self._test)
        pane.test_stopped.connect(lambda saved: self._stop(saved.endpoint))
        pane.key_wanted.connect(self._ask_key)
        pane.removal_wanted.connect(self._ask_removal)
        pane.look_wanted.connect(self._look)
        pane.look_stopped.connect(lambda: self._look_stop.set())
        pane.destroyed.connect(self._end)
        self.refresh()

    def refresh(self) -> None:
        """Show the list as it is now, and where its keys are kept."""
        endpoints = self._host.remote.endpoints.all()
        there = {each.endpoint for each in endpoints}
        self._states = {each: now for each, now in self._states.items() if each in there}
        self._show()
        places = self._host.remote.endpoint_jobs.key_places(each.url for each in there)
        self._when(places, self._show_places, by=self._places)

    def set_asked(self, model: ModelRef | None) -> None:
        """Show which model is in use."""
        if model != self._asked:
            self._asked = model
            self._show()

    def loaded(self, model: ModelRef, error: BaseException | None) -> None:
        """Show what came of the look at a model that was to be used."""
        if isinstance(model.location, Endpoint):
            sentence = explain(error).sentence if error else tr("It works.")
            self._set(model.location, said=sentence, works=error is None, testing=False)

    # --- Tests --------------------------------------------------------------------------------

    def _try(self, address: str, key: str | None, unencrypted: bool, model: str) -> None:
        """Test what was typed into the form."""
        form, stop = self._pane.form, self._begin(None)
        form.show_testing()

        def failed(error: BaseException) -> None:
            if stop is not self._stops.get(None):
                return  # it was of something else
            if isinstance(error, ServerUnencrypted):
                form.show_unencrypted(error.url)
            elif isinstance(error, ModelListMissing):
                form.show_unlisted(unlisted_sentence(error.url))
            elif isinstance(error, Cancelled):
                form.show_failed("")
            else:
                explanation = explain(error)
                form.show_failed(explanation.sentence, explanation.detail)

        def found(server: RemoteServer) -> None:
            if stop.is_set():  # something else was typed when this was on its way
                failed(Cancelled())
            else:
                form.show_found(server)

        done = self._host.remote.endpoint_jobs.find(
            address, stop, key=key, unencrypted=unencrypted, model=model
        )
        self._when(done, found, failed)

    def _test(self, saved: SavedEndpoint) -> None:
        """Test a model of the list, and note what is new about its server."""
        endpoint = saved.endpoint
        stop = self._begin(endpoint)
        self._set(endpoint, testing=True)

        def found(server: RemoteServer) -> None:
            if stop.is_set():  # the model may have been removed meanwhile
                failed(Cancelled())
                return
            served = next((each for each in server.models if each.id == endpoint.model), None)
            if served is None:
                failed(RemoteModelMissing(endpoint.url, endpoint.model))
                return
            self._set(
                endpoint,
                testing=False,
                works=True,
                said=tr("It works: {found}").format(found=found_words(server, served)),
            )
            now = replace(
                saved,
                kind=server.kind,
                version=server.version,
                context=served.context or (saved.context if served.unlisted else 0),
                unlisted=served.unlisted,
            )
            if now != saved and not saved.shared:
                self._when(self._host.remote.endpoint_jobs.learn(now), lambda _: self._saved())

        def failed(error: BaseException) -> None:
            if stop is not self._stops.get(endpoint):
                return  # it is being tested again
            said = "" if isinstance(error, Cancelled) else explain(error).sentence
            self._set(endpoint, testing=False, works=False, said=said)

        done = self._host.remote.endpoint_jobs.find(
            endpoint.url,
            stop,
            unencrypted=saved.unencrypted,
            model=endpoint.model if saved.unlisted else "",
        )
        self._when(done, found, failed)

    def _look(self) -> None:
        pane, self._look_stop = self._pane, threading.Event()
        pane.show_looking()

        def failed(error: BaseException) -> None:
            stopped = isinstance(error, Cancelled)
            pane.show_look_failed("" if stopped else explain(error).sentence)

        self._when(
            self._host.remote.endpoint_jobs.look_here(self._look_stop), pane.show_found, failed
        )

    def _begin(self, of: Endpoint | None) -> threading.Event:
        self._stop(of)
        self._stops[of] = stop = threading.Event()
        return stop

    def _stop(self, of: Endpoint | None) -> None:
        if stop := self._stops.get(of):
            stop.set()

    def _end(self) -> None:
        for stop in (*self._stops.values(), self._look_stop):
            stop.set()

    # --- The list -----------------------------------------------------------------------------

    def _save(self, saved: SavedEndpoint, key: str | None) -> None:
        def done(_: None) -> None:
            self._set(saved.endpoint, works=True, said=tr("It works."))
            self._saved()
            self._pane.show_added(saved.endpoint)

        def failed(error: BaseException) -> None:
            self._pane.form.show_fault(explain(error).sentence)

        self._when(self._host.remote.endpoint_jobs.save(saved, key), done, failed)

    def _saved(self) -> None:
        self.refresh()
        self.changed.emit()

    def ask_key(self, model: ModelRef) -> None:
        """Ask for the key of a model's server, if that is one of the list."""
        endpoint = model.location
        if isinstance(endpoint, Endpoint) and (saved := self._host.remote.endpoints.of(endpoint)):
            self._ask_key(saved)

    def _ask_key(self, saved: SavedEndpoint) -> None:
        url, endpoint = saved.endpoint.url, saved.endpoint
        place = self._states.get(endpoint, EndpointState()).place
        dialog = EndpointKeyDialog(self._theme, endpoint.host, self._pane, known=place is not None)

        def kept(place: SecretPlace | None) -> None:
            for each in self._host.remote.endpoints.all():
                if each.endpoint.url == url:  # what was said before was of another key
                    self._stop(each.endpoint)
                    self._set(each.endpoint, said="", works=False, testing=False)
            self.refresh()
            now = self._host.remote.endpoints.of(endpoint)
            if place and now:
                self._test(now)

        dialog.given.connect(
            lambda key: self._when(
                self._host.remote.endpoint_jobs.keep_key(url, key),
                kept,
                lambda error: self._set(endpoint, said=explain(error).sentence, works=False),
            )
        )
        dialog.open()

    def _ask_removal(self, saved: SavedEndpoint) -> None:
        name = model_on_host(saved.model.name, saved.endpoint.host)
        confirm(
            self._pane,
            self._theme,
            tr("Remove {name}?").format(name=name),
            tr("Your chats stay. If no other model of this server is left, its key is deleted."),
            tr("Remove"),
            lambda: self._remove(saved.endpoint),
        )

    def _remove(self, endpoint: Endpoint) -> None:
        self._stop(endpoint)

        def failed(error: BaseException) -> None:
            self._set(endpoint, said=explain(error).sentence, works=False)
            self._saved()  # its key may be all that is left

        self._when(
            self._host.remote.endpoint_jobs.remove(endpoint), lambda _: self._saved(), failed
        )

    # --- Showing ------------------------------------------------------------------------------

    def _set(self, endpoint: Endpoint, **changes: object) -> None:
        now = self._states.get(endpoint, EndpointState())
        self._states[endpoint] = replace(now, **changes)  # type: ignore[arg-type]
        self._show()

    def _show_places(self, places: dict[str, SecretPlace]) -> None:
        for saved in self._host.remote.endpoints.all():
            endpoint = saved.endpoint
            now = self._states.get(endpoint, EndpointState())
            self._states[endpoint] = replace(now, place=places.get(endpoint.url))
        self._show()

    def _show(self) -> None:
        asked = self._asked.location if self._asked else None
        states = {each: replace(now, asked=each == asked) for each, now in self._states.items()}
        if isinstance(asked, Endpoint):
            states.setdefault(asked, EndpointState(asked=True))
        self._pane.show_endpoints(self._host.remote.endpoints.all(), states)

    def _when(
        self,
        future: Future[T],
        done: Callable[[T], object],
        failed: Callable[[BaseException], object] | None = None,
        *,
        by: Newest | None = None,
    ) -> None:
        def raised(error: BaseException) -> None:
            raise error

        def deliver(result: T) -> None:
            if isValid(self._pane):
                done(result)

        def fail(error: BaseException) -> None:
            if isValid(self._pane):
                (failed or raised)(error)

        (by or self._bridge).when_done(future, deliver, fail)
