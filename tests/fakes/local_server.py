"""A scripted local server, for what the window shows of one."""

from __future__ import annotations

import threading
from dataclasses import replace

from app.base.errors import LocalServerPortTaken
from app.serving import LocalServer, ServedRequest, ServerParts, ServerStatus, ServingChanged


class ScriptedServer:
    """A server without a socket. Ports in ``taken`` are used by the program of that name."""

    def __init__(self, parts: ServerParts) -> None:
        self.parts = parts
        self.token = ""
        self.taken: dict[int, str] = {}
        self.may_go_on = threading.Event()
        """Cleared, starting it takes until it is set."""
        self.may_go_on.set()
        self.stopped: list[int] = []
        """The numbers of the requests that were stopped."""
        self._status = ServerStatus()

    def start(self, port: int, token: str) -> None:
        assert not self._status.on
        self.may_go_on.wait(60)
        if port in self.taken:
            raise LocalServerPortTaken(port, self.taken[port])
        self.token = token
        self._set(ServerStatus(on=True, port=port))

    def stop(self) -> None:
        if self._status.on:
            self._set(ServerStatus())

    def set_token(self, token: str) -> None:
        self.token = token

    def status(self) -> ServerStatus:
        return self._status

    def stop_request(self, number: int) -> None:
        self.stopped.append(number)
        self.show(*(each for each in self._status.requests if each.number != number))

    def show(self, *requests: ServedRequest) -> None:
        """Answer these requests from now on; those that are missing have been answered."""
        gone = {each.number for each in self._status.requests} - {each.number for each in requests}
        served = self._status.served + len(gone)
        self._set(replace(self._status, requests=requests, served=served))

    def _set(self, status: ServerStatus) -> None:
        self._status = status
        self.parts.changed(ServingChanged())


def scripted(parts: ServerParts) -> LocalServer:
    """Make one, as `app.server.open_server` does."""
    return ScriptedServer(parts)
