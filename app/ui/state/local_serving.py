"""The local server as the window shows it: switched and asked off the GUI's thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.base.secrets import SERVER_TOKEN, SecretPlace
from app.base.types import ModelRef
from app.host import Host
from app.serving import LocalServer, ServerStatus, kept_token, new_token
from app.ui.bridge import Bridge

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The token that programs show, and where it is kept."""

    token: str = ""
    place: SecretPlace | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What the server does, which model is served, and which one is in memory."""

    status: ServerStatus
    model: ModelRef
    loaded: ModelRef | None


class LocalServing(QObject):
    """Whether the server is wanted and on, why it is not, and what it does.

    All work is done in order on one thread, since the keyring can take long. That thread, and the
    server, begin with the first use.
    """

    changed = Signal()
    loaded_found = Signal(object)
    """The ModelRef that is in memory, for whichever program, or None."""

    def __init__(self, host: Host, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._host, self._bridge = host, bridge
        self._thread: ThreadPoolExecutor | None = None
        self._asking = False  # for the status
        self._outdated = False  # since something has changed meanwhile
        self._closed = False
        self._switches = 0  # how often it was switched: only the last one counts
        self._unloads = 0  # how often the model was unloaded
        self.switching = False
        """Whether it is being switched on or off."""
        self.error: BaseException | None = None
        """Why it is off although it is wanted, or why there is no new token."""
        self.status = ServerStatus()
        self.credentials = Credentials()
        """Empty until the server is switched on."""
        self.model: ModelRef | None = None
        """The model that is served, once the server has been switched on."""

    @property
    def wanted(self) -> bool:
        """Whether the user wants it on."""
        return self._host.settings.serve

    @property
    def port(self) -> int:
        """The port that is set."""
        return self._host.settings.serve_port

    def begin(self) -> None:
        """Switch it on if it was on when Fireside was closed."""
        if self.wanted and not self._switches:
            self.start()

    def switch(self, *, on: bool) -> None:
        """Switch it on or off, and remember that for the next start."""
        self._host.change(serve=on)
        if on:
            self.start()
        else:
            self._switch(self._stop)

    def start(self) -> None:
        """Start it, once more if it is on or could not be started."""
        port = self.port
        self._switch(lambda: self._go(port))

    def choose_port(self, port: int) -> None:
        """Use another port, at once if the server is wanted."""
        if port != self.port:
            self._host.change(serve_port=port)
            if self.wanted:
                self.start()

    def renew_token(self) -> None:
        """Replace the token: programs that show the old one are refused from then on."""

        def work() -> Credentials:
            token = new_token()
            place = self._host.secrets.set(SERVER_TOKEN, token)
            self._server().set_token(token)
            return Credentials(token, place)

        def done(credentials: Credentials) -> None:
            self.error, self.credentials = None, credentials
            if self.wanted and not self.status.on:  # the old one could not be read
                self.start()
            else:
                self.changed.emit()

        self._do(work, done, self._failed)

    def stop_request(self, number: int) -> None:
        """Stop an answer to a program."""
        self._do(lambda: self._server().stop_request(number), lambda _: self.refresh())

    def refresh(self) -> None:
        """Look what the server does, unless it was never switched on, or is forbidden."""
        if self._thread is None or not self._host.policy.server:
            return
        if self._asking:
            self._outdated = True
            return
        self._asking, self._outdated = True, False
        unloads = self._unloads

        def done(found: Look) -> None:
            self._asking = False
            self._take(found, unloads)
            if self._outdated:
                self.refresh()

        self._do(self._look, done)

    def note_unloaded(self) -> None:
        """Note that the model was unloaded, which a look under way may have seen in memory."""
        self._unloads += 1

    def close(self) -> None:
        """Begin nothing new, since the window closes."""
        self._closed = True
        if self._thread:
            self._host.secrets.close()  # a keyring that hangs is not waited for
            self._thread.shutdown(cancel_futures=True)

    # --- On the thread -------------------------------------------------------------------------

    def _server(self) -> LocalServer:
        server = self._host.server
        assert server
        return server

    def _look(self) -> Look:
        loaded = self._host.engine.backend.loaded()
        return Look(self._server().status(), loaded or self._host.chosen_model(), loaded)

    def _go(self, port: int) -> Credentials:
        """Start the server with the token that is kept, or else a new one."""
        server, secrets = self._server(), self._host.secrets
        server.stop()
        token = kept_token(secrets)
        server.start(port, token)
        return Credentials(token, secrets.place(SERVER_TOKEN))

    def _stop(self) -> Credentials:
        self._server().stop()
        return Credentials()

    # --- On the GUI's thread -------------------------------------------------------------------

    def _switch(self, work: Callable[[], Credentials]) -> None:
        self._switches += 1
        switch, unloads = self._switches, self._unloads
        self.error, self.switching = None, True
        self.changed.emit()

        def done(found: tuple[Credentials, Look]) -> None:
            if switch == self._switches:
                self.switching = False
                self.credentials, look = found
                self._take(look, unloads)

        def failed(error: BaseException) -> None:
            if switch == self._switches:
                self._failed(error)

        self._do(lambda: (work(), self._look()), done, failed)

    def _take(self, look: Look, unloads: int) -> None:
        """Take over what was found by a look that began after so many times of unloading."""
        self.status, self.model = look.status, look.model
        if unloads == self._unloads:
            self.loaded_found.emit(look.loaded)
        self.changed.emit()

    def _failed(self, error: BaseException) -> None:
        self.error, self.switching = error, False
        self.changed.emit()
        self.refresh()

    def _do(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        if self._closed:
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="local server")
        self._bridge.when_done(self._thread.submit(work), done, failed or _raise)


def _raise(error: BaseException) -> None:
    raise error
