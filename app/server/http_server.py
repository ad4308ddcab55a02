"""The local server: a socket at this computer's own address, and waitress behind it."""

from __future__ import annotations

import threading
from typing import Any

from app.base.errors import ServerPortTaken
from app.serving import ADDRESS, ServerParts, ServerStatus, ServingChanged

_LARGEST = 32 * 1024 * 1024  # bytes of a body


class HttpServer:
    """The server over ``parts``; see `app.serving.LocalServer`."""

    def __init__(self, parts: ServerParts) -> None:
        self._parts = parts
        self._server: Any = None  # waitress' own types are wrong
        self._thread: threading.Thread | None = None
        self._token = ""
        self._port = 0

    def start(self, port: int, token: str) -> None:
        """See `app.serving.LocalServer.start`."""
        from waitress.server import create_server

        from app.server.dialects import dialects
        from app.server.endpoints import Endpoints

        self._token, self._port = token, port
        app = Endpoints(self._parts.engine, self._parts.model, dialects())
        try:
            server: Any = create_server(
                app,
                host=ADDRESS,
                port=port,
                threads=32,
                ident=None,
                connection_limit=512,
                channel_timeout=15,
                channel_request_lookahead=1,
                asyncore_use_poll=True,
                max_request_body_size=_LARGEST,
                inbuf_overflow=_LARGEST,
                outbuf_overflow=_LARGEST,
            )
        except OSError as error:
            raise ServerPortTaken(port) from error
        self._server = server
        self._port = int(server.effective_port)
        self._thread = threading.Thread(target=server.run, name="local server", daemon=True)
        self._thread.start()
        self._parts.changed(ServingChanged())

    def stop(self) -> None:
        """See `app.serving.LocalServer.stop`."""
        if self._server and self._thread:
            server, self._server = self._server, None
            server.trigger.pull_trigger(lambda: _close(server))
            self._thread.join()
            server.task_dispatcher.shutdown()
            self._parts.changed(ServingChanged())

    def set_token(self, token: str) -> None:
        """See `app.serving.LocalServer.set_token`."""
        self._token = token

    def status(self) -> ServerStatus:
        """See `app.serving.LocalServer.status`."""
        return ServerStatus(self._server is not None, self._port)

    def stop_request(self, number: int) -> None:
        """See `app.serving.LocalServer.stop_request`."""


def _close(server: Any) -> None:
    """Close all connections, on the thread that serves them."""
    for channel in [*server.active_channels.values()]:
        channel.handle_close()
    server.close()
